"""What spreadsheets would do with a text, and how it is kept from them: in every CSV that is written."""

import polars as pl

FORMULA = r"^[=+\-@\t\r]"
"""How a text begins that spreadsheets would run as a formula."""


def harmless(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, with an apostrophe in front of each text that a spreadsheet would run as a formula."""
    return rows.with_columns(pl.col(pl.String).str.replace(FORMULA, "'$0"))


def harmless_sql(expression: str) -> str:
    """The same of one text, as SQL."""
    return f"regexp_replace({expression}, '({FORMULA})', '''\\1')"
