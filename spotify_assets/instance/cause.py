"""Why a step failed, in one sentence. Not here: which failures still matter (`failed_runs`)."""

from dagster_shared.error import SerializableErrorInfo


def cause_of(error: SerializableErrorInfo | None) -> str:
    """What went wrong in a step, on one line: the first error of the chain that is not Dagster's wrapping."""
    if error is None:
        return "no error was recorded"
    while error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    message = error.message.removeprefix(f"{error.cls_name}: ").strip()
    module_and_name = message.split(": ", 1)
    if len(module_and_name) == 2 and module_and_name[0].endswith(f".{error.cls_name}"):
        message = module_and_name[1]
    return " ".join(message.split())
