"""Why a step failed, in one sentence. Not here: which failures still matter (`failed_runs`)."""

from typing import Protocol


class RecordedError(Protocol):
    """An error as Dagster keeps it: its class, its message with the class before it, and what caused it."""

    @property
    def cls_name(self) -> str | None: ...

    @property
    def message(self) -> str: ...

    @property
    def cause(self) -> "RecordedError | None": ...


def cause_of(error: RecordedError | None) -> str:
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
