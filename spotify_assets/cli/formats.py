"""In which formats commands write answers and tables, and which one the name of a file means."""

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path


class OutputFormat(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


IN_FILES = (OutputFormat.CSV, OutputFormat.JSON, OutputFormat.PARQUET)


def format_of(file: Path, known: Collection[OutputFormat] = IN_FILES) -> OutputFormat:
    """The format that the name of a file ends in.

    Raises:
        ValueError: it ends in none that is known; the message names those.
    """
    for each in known:
        if file.suffix.casefold() == f".{each}":
            return each
    *first, last = (f".{each}" for each in known)
    raise ValueError(f"{file}: give the file a name in {', '.join(first)} or {last}")
