"""Small made-up listening: sessions of tracks that are numbers."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import polars as pl

from spotify_assets.recommend.listening import NEEDED_OF_TRACKS, Listening
from spotify_assets.tables import SOUND

NOON = datetime(2026, 9, 20, 12)  # noqa: DTZ001 - the warehouse's times are naive UTC
NOTHING_KNOWN = pl.DataFrame(schema={"user_id": pl.String, "track_id": pl.String})


def track_id(number: int) -> str:
    return f"{number:022d}"


def plays_of(sessions: Sequence[tuple[str, Sequence[int], datetime]]) -> pl.DataFrame:
    """Playbacks of sessions: whose, of which tracks one after another, from when."""
    rows = [
        {
            "user_id": user,
            "track_id": track_id(track),
            "session_id": f"s{number:04}",
            "started_at": start + timedelta(minutes=3 * place),
            "outcome": "complete",
        }
        for number, (user, tracks, start) in enumerate(sessions)
        for place, track in enumerate(tracks)
    ]
    return pl.DataFrame(rows)


def catalogue_of(tracks: int, sound: dict[int, float] | None = None) -> pl.DataFrame:
    """Tracks of which nothing is known but an energy of some, by number."""
    frame = pl.DataFrame({"track_id": [track_id(number) for number in range(tracks)]})
    energy = pl.Series("energy", [(sound or {}).get(number) for number in range(tracks)], dtype=pl.Float64)
    unknown = [pl.lit(None, pl.Float64).alias(name) for name in SOUND if name != "energy"]
    return frame.with_columns(
        energy,
        *unknown,
        snapshot_date=pl.lit(date(2026, 9, 1)),
        popularity=pl.lit(50),
        track_name=pl.format("Song {}", pl.col("track_id").str.strip_chars_start("0")),
        primary_artist_name=pl.lit("Band"),
    ).select(*NEEDED_OF_TRACKS, "track_name", "primary_artist_name")


def listening_of(
    plays: pl.DataFrame, catalogue: pl.DataFrame | None = None, moment: datetime = NOON + timedelta(days=1)
) -> Listening:
    """The listening before a moment."""
    tracks = catalogue_of(30) if catalogue is None else catalogue
    return Listening.before(moment, plays, NOTHING_KNOWN, tracks)
