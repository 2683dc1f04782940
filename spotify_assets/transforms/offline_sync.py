"""Songs on repeat while offline: several playbacks that the export gives one end and one length.

What is played offline reaches Spotify at the next synchronisation, and the export's `ts` is then the same for
all of it. A song on repeat gives rows that agree in user, URI, `ts` and `ms_played`, by which copies of one
playback are told. Only `offline_timestamp`, the moment at which each really began, differs.
"""

import hashlib
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

import polars as pl

SOURCE = "extended_history"
LONGEST_OFFLINE = timedelta(days=30)
"""Downloads stop playing after so long without a connection. Source: Spotify support, "Download music"."""
CLOCK_ERROR = timedelta(minutes=1)
"""How much later than its own end a playback may seem to have begun."""
RESOLUTION = timedelta(seconds=1)
"""`offline_timestamp` is exact to the second."""
ID_DIGITS = 32


def with_offline_plays_apart(raw: pl.DataFrame) -> pl.DataFrame:
    """The raw events with an `event_id` of its own for each playback of a song on repeat while offline.

    Among rows of one `event_id`, those that began at least `ms_played` after the first of them are another
    playback, those at least `ms_played` after that a third, and so on; moments are cut to the second, so that
    a repeat may seem to begin up to a second early. The first keeps the id. A row without
    a plausible `offline_timestamp` (none, or not within 30 days before its end) proves nothing and goes with
    the first. All rows of an id have one `ts` and so lie in one slice: the result depends neither on their
    order nor on slicing, and a row that comes twice changes nothing.
    """
    if raw.filter(pl.col("source") == SOURCE).is_empty():
        return raw
    marked = raw.with_row_index("_at")
    repeated = marked.filter((pl.col("source") == SOURCE) & pl.col("event_id").is_duplicated())
    if repeated.is_empty():
        return raw
    began = pl.col("extra").str.json_path_match("$.offline_timestamp")
    rows = repeated.select(
        "_at",
        "event_id",
        "ms_played",
        "ended_at",
        began=began.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", strict=False),
    )
    is_plausible = pl.col("began").is_between(
        pl.col("ended_at") - LONGEST_OFFLINE, pl.col("ended_at") + CLOCK_ERROR
    )
    timed = rows.filter(is_plausible).sort("event_id", "began", "_at")
    renamed = dict(_later_plays(timed))
    if not renamed:
        return raw
    ids = pl.DataFrame(
        {"_at": list(renamed), "_id": list(renamed.values())}, schema_overrides={"_at": pl.UInt32}
    )
    return (
        marked.join(ids, on="_at", how="left", maintain_order="left")
        .with_columns(event_id=pl.coalesce("_id", "event_id"))
        .drop("_at", "_id")
    )


def _later_plays(timed: pl.DataFrame) -> list[tuple[int, str]]:
    """The rows that are not of the first playback of their id, with the id of theirs."""
    found: list[tuple[int, str]] = []
    columns = timed.select("event_id", "_at", "ms_played", "began").iter_rows()
    for event_id, plays in groupby(columns, key=itemgetter(0)):
        start: datetime | None = None
        new_id: str | None = None
        for _, at, ms_played, began in plays:
            if start is None:
                start = began
            elif began - start >= max(timedelta(milliseconds=ms_played or 0) - RESOLUTION, RESOLUTION):
                start = began
                facts = f"{event_id}\x1f{began.isoformat()}"
                new_id = hashlib.sha256(facts.encode()).hexdigest()[:ID_DIGITS]
            if new_id is not None:
                found.append((at, new_id))
    return found
