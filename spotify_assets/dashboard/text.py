"""Tables as text: headings in words, and rows as CSV."""

import polars as pl

from spotify_assets.warehouse.spreadsheets import harmless


def in_words(column: str) -> str:
    """A column's name as a heading: `plays_per_day` is Plays per day."""
    return column.replace("_", " ").capitalize()


def csv(rows: pl.DataFrame) -> str:
    """Rows as CSV; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return harmless(rows).write_csv()
