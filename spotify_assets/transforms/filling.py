"""What a row that stays takes from the rows that it stands for.

A field that the row lacks (`FILLED`) is taken from the first of them that has it, in the order in which they
are trusted: repeats of the same event by file and row, other exports of the same source, then other sources
in the order in which they are believed. Nothing that is there is replaced, and no time: when a playback
began and ended and how much of it was heard stay as the row says. `filled_from` keeps which field came from
which source.
"""

from collections.abc import Sequence

import polars as pl

UNKNOWN_COUNTRY = "ZZ"
"""Spotify's own code for a country it does not know."""
UNKNOWN_CONTENT = "unknown"

FILLED = (
    *("track_id", "track_name", "artist_name", "album_name", "content_type", "country", "device"),
    *("reason_start", "reason_end", "skipped", "shuffle"),
)
"""Fields that are filled."""
FILLED_FROM = "filled_from"
"""Column with a JSON object: for each filled field the source that it came from. Null where none was."""

_NOTHING = {"country": UNKNOWN_COUNTRY, "content_type": UNKNOWN_CONTENT}
"""What stands for nothing in fields that are never null."""


def lacks(column: str) -> pl.Expr:
    """Whether a row says nothing in a field."""
    empty = pl.col(column).is_null()
    return empty | (pl.col(column) == _NOTHING[column]) if column in _NOTHING else empty


def filled(rows: pl.DataFrame, losers: pl.DataFrame, trust: Sequence[str]) -> pl.DataFrame:
    """The rows with what they lack from the rows that they stand for. Order and other columns are kept.

    `losers` have `kept_event_id`, their `source`, the columns `trust` by which the first is trusted most,
    and those of `FILLED` that are known of them.
    """
    if FILLED_FROM not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias(FILLED_FROM))
    columns = [name for name in FILLED if name in rows.columns and name in losers.columns]
    if losers.is_empty() or not columns:
        return rows
    wanted = rows.select(kept_event_id="event_id", **{f"_lacks_{name}": lacks(name) for name in columns})
    gives = {name: pl.col(f"_lacks_{name}") & ~lacks(name) for name in columns}
    useful = (
        losers.select(*dict.fromkeys(("kept_event_id", "source", *trust, *columns)))
        .join(wanted, on="kept_event_id")
        .filter(pl.any_horizontal(gives.values()))
    )
    if useful.is_empty():
        return rows
    best = (
        useful.sort(*trust)
        .group_by("kept_event_id")
        .agg(
            *(pl.col(name).filter(gives[name]).first().alias(f"_{name}") for name in columns),
            *(pl.col("source").filter(gives[name]).first().alias(f"_from_{name}") for name in columns),
        )
    )
    told = [
        pl.when(pl.col(f"_from_{name}").is_not_null()).then(pl.format(f'"{name}":"{{}}"', f"_from_{name}"))
        for name in columns
    ]
    before = pl.col(FILLED_FROM).str.strip_prefix("{").str.strip_suffix("}")
    members = pl.concat_str(before, *told, separator=",", ignore_nulls=True)
    return (
        rows.join(best, left_on="event_id", right_on="kept_event_id", how="left", maintain_order="left")
        .with_columns(
            *(
                pl.when(pl.col(f"_{name}").is_not_null()).then(f"_{name}").otherwise(name).alias(name)
                for name in columns
            ),
            pl.when(members != "").then(pl.format("{{{}}}", members)).alias(FILLED_FROM),
        )
        .select(rows.columns)
    )
