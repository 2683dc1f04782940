"""One table of figures: what it is called, what its rows are, and the query that gives it."""

from dataclasses import dataclass
from pathlib import Path

from spotify_assets.figures.glossary import definition


@dataclass(frozen=True)
class Figure:
    """A table of figures: its name, title, grain, term in docs/metrics.md, and the query that gives it."""

    name: str
    title: str
    grain: str
    term: str
    sql: str

    @property
    def definition(self) -> str:
        """What its figures mean."""
        return definition(self.term)


def sql_beside(module: str, name: str) -> str:
    """The text of an SQL file that stands beside a module."""
    return Path(module).with_name(f"{name}.sql").read_text(encoding="utf-8")
