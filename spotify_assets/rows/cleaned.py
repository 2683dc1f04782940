"""What a cleaning step returns: the rows it keeps, and an account of every row it does not."""

from dataclasses import dataclass, field

import polars as pl

REJECTED_SCHEMA = pl.Schema(
    {
        "source_file": pl.String(),
        "source_row": pl.Int64(),
        "reason": pl.String(),
        "detail": pl.String(),
        "original": pl.String(),
    }
)
"""Columns of refused rows; they become `ops.rejected_rows` with the table and slice added."""
REJECTED_DATE = "rejected_date"
"""Column that refused rows may have beside these: the partition date of each."""


def no_rejects() -> pl.DataFrame:
    """A frame of refused rows without any."""
    return pl.DataFrame(schema=REJECTED_SCHEMA)


@dataclass(frozen=True)
class Cleaned:
    """The outcome of cleaning one slice.

    `rows_in` = rows loaded + rows of `rejected` + the sum of `duplicates`. `loaded` is the number of input
    rows that the kept rows stand for where that differs from `rows.height` (it does not, by default).
    """

    rows: pl.DataFrame
    rows_in: int
    rejected: pl.DataFrame = field(default_factory=no_rejects)
    duplicates: dict[str, int] = field(default_factory=dict)
    """Rows dropped because another row stands for them, by reason code."""
    duplicate_plays: pl.DataFrame | None = None
    """The dropped repeats of playbacks themselves, as `ops.duplicate_plays`, where the table has any."""
