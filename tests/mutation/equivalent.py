"""Mutants that nobody can tell from the original, each with the reason; reviewed by hand."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.operators import Mutant

FILE = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Equivalent:
    """A change known by its text, so that lines may move: `before` becomes `after` in `function`."""

    module: str
    function: str
    before: str
    after: str
    reason: str

    def is_of(self, module: str, mutant: Mutant) -> bool:
        """Whether it says that this mutant of the module changes no result."""
        ours = (self.module, self.function, self.before, self.after)
        return ours == (module, mutant.function, mutant.before, mutant.after)


def equivalents(file: Path = FILE) -> list[Equivalent]:
    """Every entry of the list.

    Raises:
        TypeError: an entry lacks a key or has an unknown one.
    """
    return [Equivalent(**entry) for entry in tomllib.loads(file.read_text()).get("equivalent", [])]
