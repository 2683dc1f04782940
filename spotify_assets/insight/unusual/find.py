"""All kinds of unusual listening of a window, as rows of ml.unusual_listening."""

import hashlib
from collections.abc import Callable

import polars as pl

from spotify_assets.insight.unusual import borrowed, loops, machines, source, visitors
from spotify_assets.insight.unusual.marks import APART, RULES, in_runs, music, silence
from spotify_assets.rows.window import Window
from spotify_assets.tables import UNUSUAL_LISTENING

_WORDS = {
    "track": "{playbacks} playbacks of one track over {hours} h, untouched: {title}",
    "album": "{playbacks} playbacks of {tracks} tracks of one album over {hours} h, untouched: {title}",
    "artist": "{playbacks} playbacks of {tracks} tracks of one artist over {hours} h, untouched: {title}",
    "cut_streams": "{playbacks} playbacks of {seconds} s each over {hours} h",
    "round_the_clock": "{playbacks} playbacks over {hours} h of listening without a pause to sleep",
    "two_devices": "{playbacks} playbacks on {guest} while another device played",
    "journey": "{playbacks} playbacks in {guest}, too soon after or before another country",
    "taste": "{playbacks} playbacks over {hours} h of new artists, who sound like none of the listener's",
    "at_once": "{playbacks} playbacks that ended in the same minute",
    "silence": "nothing for {hours} h in which {missed} sessions usually begin",
}


def unusual_listening(
    window: Window,
    events: pl.DataFrame,
    hours: pl.DataFrame,
    before: visitors.Before,
    tracks: Callable[[], pl.DataFrame],
) -> pl.DataFrame:
    """What is unusual on the dates of a window. One row per episode and date.

    Args:
        window: the dates.
        events: `marks.NEEDED` of core.listening_events, also of `marks.NEIGHBOURING_DAYS` before and after.
        hours: what `source.source_gaps` takes, from `marks.HISTORY_DAYS` before to the end of the window.
        before: asks for earlier events of some listeners.
        tracks: gives the sound of tracks.
    """
    plays = music(events)
    marked = _first_of(plays, before, tracks)
    inside = plays.join(marked, on="event_id").filter(
        pl.col("event_date").is_between(window.start, window.end, closed="left")
    )
    gaps = source.source_gaps(hours).filter(
        pl.col("ended_at").dt.date().is_between(window.start, window.end, closed="left")
    )
    found = pl.concat([_episodes(inside), _gap_rows(gaps)])
    return found.sort("event_date", "started_at", "user_id", "kind")


def _first_of(
    plays: pl.DataFrame, before: visitors.Before, tracks: Callable[[], pl.DataFrame]
) -> pl.DataFrame:
    """The marks of all rules; a playback that one has marked is not shown to the next."""
    found = []
    for rule in (
        source.source_bursts,
        machines.cut_streams,
        loops.sleep_loops,
        machines.round_the_clock,
        borrowed.two_devices,
        borrowed.journeys,
        lambda left: visitors.unlike_taste(left, before, tracks),
    ):
        marked = rule(plays)
        found.append(marked)
        plays = plays.join(marked, on="event_id", how="anti", maintain_order="left")
    return pl.concat(found)


def _episodes(marked: pl.DataFrame) -> pl.DataFrame:
    by = ("user_id", "kind", "sign", "guest", "event_date")
    ordered = marked.sort(*by, "started_at", "ended_at")
    runs = in_runs(ordered, silence() > APART, by=by)
    title = pl.concat_str(
        pl.col("track_name").fill_null("a track without a name"),
        pl.col("artist_name"),
        separator=" by ",
        ignore_nulls=True,
    )
    found = runs.group_by("run", *by, maintain_order=True).agg(
        source=pl.col("source").first(),
        started_at=pl.col("started_at").min(),
        ended_at=pl.col("ended_at").max(),
        playbacks=pl.len().cast(pl.Int64),
        ms_played=pl.col("ms_played").sum(),
        tracks=pl.col("track_key").n_unique(),
        seconds=(pl.col("ms_played").median() / 1_000).round(0).cast(pl.Int64),
        title=title.mode().sort().first(),
        missed=pl.lit(None, pl.Int64),
    )
    return _told(found)


def _gap_rows(gaps: pl.DataFrame) -> pl.DataFrame:
    return _told(
        gaps.with_columns(
            *(pl.lit(None, pl.String).alias(name) for name in ("user_id", "guest", "title")),
            *(pl.lit(0, pl.Int64).alias(name) for name in ("playbacks", "ms_played", "tracks", "seconds")),
            kind=pl.lit(source.GAP),
            sign=pl.lit("silence"),
            event_date=pl.col("ended_at").dt.date(),
            missed=pl.col("missed").round(0).cast(pl.Int64),
        )
    )


def _told(found: pl.DataFrame) -> pl.DataFrame:
    """With an id for people to name it by, and with what is unusual in words."""
    rows = found.with_columns(
        hours=((pl.col("ended_at") - pl.col("started_at")).dt.total_seconds() / 3_600).round(1)
    )
    says = [_WORDS[row["sign"]].format(**row) for row in rows.iter_rows(named=True)]
    ids = [_id(row) for row in rows.iter_rows(named=True)]
    return rows.with_columns(
        says=pl.Series(says, dtype=pl.String),
        unusual_id=pl.Series(ids, dtype=pl.String),
        rule_version=pl.lit(RULES),
        device=pl.when(pl.col("sign") == "two_devices").then("guest"),
    ).select(UNUSUAL_LISTENING.column_names)


def _id(row: dict[str, object]) -> str:
    told = "/".join(
        str(row[name]) for name in ("kind", "user_id", "source", "guest", "event_date", "started_at")
    )
    return hashlib.blake2b(told.encode(), digest_size=5).hexdigest()
