"""Why a step failed or a run ended, in one sentence. Not here: which failures still matter
(`failed_runs`).
"""

from typing import Protocol

from spotify_assets.sources.errors import SeveralSourcesError

KILLED = "The process of the run was killed; no step of it goes on."
_KILLS = (KILLED, "was terminated by signal")
"""What the product says of a run whose process was killed, and what Dagster's code server says."""


class RecordedError(Protocol):
    """An error as Dagster keeps it: its class, its message with the class before it, and what caused it."""

    @property
    def cls_name(self) -> str | None: ...

    @property
    def message(self) -> str: ...

    @property
    def cause(self) -> "RecordedError | None": ...


def cause_of(error: RecordedError | None) -> str:
    """What went wrong in a step: the first error of the chain that is not Dagster's wrapping.

    It is one line; where several files cannot be read, one line for each.
    """
    if error is None:
        return "no error was recorded"
    while error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    message = error.message.removeprefix(f"{error.cls_name}: ").strip()
    module_and_name = message.split(": ", 1)
    if len(module_and_name) == 2 and module_and_name[0].endswith(f".{error.cls_name}"):
        message = module_and_name[1]
    lines = message.splitlines() if error.cls_name == SeveralSourcesError.__name__ else [message]
    return "\n".join(" ".join(line.split()) for line in lines)


def tells_of_a_kill(message: str) -> bool:
    """Whether the message of an event says that the process of its run was killed."""
    return any(words in message for words in _KILLS)
