"""The errors of files that cannot be read at all."""

from collections.abc import Iterable

from spotify_assets.places import Place


class SourceError(Exception):
    """A file that no reader can take, in one line: the file, what is wrong with it and what to do.

    Rows that cannot be read are not errors: they are refused one by one, with a reason.
    """

    def __init__(self, file: Place, problem: str, remedy: str, *, name: str | None = None) -> None:
        self.file = file
        self.problem = problem
        self.remedy = remedy
        # What a library says of a file is a sentence of its own, or not.
        said = f"{name or file.name}: {problem.rstrip('. ')}. {remedy[:1].upper()}{remedy[1:]}."
        super().__init__(" ".join(said.split()))

    def named(self, name: str) -> "SourceError":
        """The same error of the file under another name, such as its path in the lake."""
        return SourceError(self.file, self.problem, self.remedy, name=name)


class SeveralSourcesError(Exception):
    """Several files that no reader can take, a line each, as `SourceError` has it."""

    def __init__(self, errors: Iterable[SourceError]) -> None:
        super().__init__("\n".join(map(str, errors)))
