"""Synthetic listening events, one UTC day at a time, in the shape of `raw.raw_events`.

A day follows from the configuration, the catalogue and its date alone: it comes out the same whether it
is made by itself, within a range, by one process or by several. An event belongs to the UTC date on which
it ended, so that a day begins with the tails of sessions that began the evening before.
"""

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from spotify_assets.catalog import RAW_EVENTS
from spotify_assets.generator import planted, rng
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Choice, Rhythm, SkipHazard
from spotify_assets.generator.playable import Playable, playable
from spotify_assets.generator.playback import (
    REASONS_END,
    REASONS_START,
    Playbacks,
    SessionTraits,
    session_traits,
    simulate,
)
from spotify_assets.generator.population import Population, population
from spotify_assets.generator.schedule import DAY_MS, EPOCH, Sessions, sessions_around
from spotify_assets.generator.truth import write_truth
from spotify_assets.lake import layout

__all__ = ["GeneratorConfig", "World", "generate_day", "generate_days", "write_days"]

PLAYBACKS_AT_ONCE = 200_000
"""Playbacks simulated together, about: enough to keep numpy busy, few enough to stay in the cache."""

PART_NAME = "part-synthetic.parquet"

_ACTIONS = ("play", "skip", "pause", "add_to_playlist")
_PLAYBACK_ORDER, _PAUSE_ORDER, _ADD_ORDER = 0, 1, 2
_FAITHFUL, _FORGETFUL, _SILENT = range(len(planted.FLAG_MODES))
_HEX = np.array([f"{value:04x}".encode() for value in range(1 << 16)], dtype="S4")
_HEX_DIGITS = 16


@dataclass(frozen=True)
class World:
    """A population and the tracks it plays, ready to be asked for days."""

    config: GeneratorConfig
    tracks: Playable
    users: Population
    hazard: SkipHazard
    choice: Choice
    rhythm: Rhythm

    @classmethod
    def build(
        cls,
        config: GeneratorConfig,
        tracks: pl.DataFrame,
        *,
        hazard: SkipHazard | None = None,
        choice: Choice | None = None,
        rhythm: Rhythm | None = None,
    ) -> "World":
        """Prepare a catalogue frame and a population; the planted behaviour may be replaced in tests.

        Raises:
            ValueError: the catalogue frame lacks a column, or has no track that can be played.
        """
        hazard, choice, rhythm = hazard or SkipHazard(), choice or Choice(), rhythm or Rhythm()
        return cls(
            config=config,
            tracks=playable(tracks, config, hazard, choice),
            users=population(config, rhythm, hazard),
            hazard=hazard,
            choice=choice,
            rhythm=rhythm,
        )

    def day(self, day: date) -> pl.DataFrame:
        """The events that ended on a UTC date, by user and time."""
        per_user = self.config.sessions_per_day * self.config.tracks_per_session
        step = max(1, round(PLAYBACKS_AT_ONCE / per_user))
        parts = [
            self._users_day(first, min(first + step, self.config.users), day)
            for first in range(0, self.config.users, step)
        ]
        frame = pl.concat(parts)
        return frame.with_columns(
            pl.lit(f"synthetic@seed{self.config.seed}/{day.isoformat()}").alias("source_file"),
            pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"),
        ).select(RAW_EVENTS.column_names)

    def _users_day(self, first: int, last: int, day: date) -> pl.DataFrame:
        sessions = sessions_around(self.config, self.users, self.rhythm, first, last, day)
        traits = session_traits(self.config, sessions, self.users, self.hazard)
        made = simulate(
            sessions, traits, self.users, self.tracks, self.config.seed, self.hazard, self.choice
        )
        return self._frame(sessions, traits, made, day)

    def _frame(
        self, sessions: Sessions, traits: SessionTraits, made: Playbacks, day: date
    ) -> pl.DataFrame:
        """Playbacks and interactions that ended on the day, as columns of `raw.raw_events`."""
        midnight = (day - EPOCH).days * DAY_MS

        def today(moment: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            return np.flatnonzero((moment >= midnight) & (moment < midnight + DAY_MS))

        played, paused, added = today(made.end_ms), today(made.pause_ms), today(made.add_ms)
        playback = np.concatenate([played, paused, added])
        kind = np.repeat([_PLAYBACK_ORDER, _PAUSE_ORDER, _ADD_ORDER], [played.size, paused.size, added.size])
        # Three sorted runs: a stable sort merges them.
        order = np.argsort(playback * 4 + kind, kind="stable")
        playback, kind = playback[order], kind[order]

        moments = np.concatenate([made.start_ms[played], made.pause_ms[paused], made.add_ms[added]])[order]
        is_playback = kind == _PLAYBACK_ORDER
        ended = np.where(is_playback, made.end_ms[playback], moments)
        action = np.where(is_playback, made.skip[playback], kind + 1)
        session = made.session[playback]
        user = sessions.user[session]
        track = made.track[playback]
        flag = self._skip_flag(made, playback, user, is_playback)
        words = self._words
        extra = (self.users.place[user] * 2 + self.users.premium[user]) * len(planted.CONTEXTS) + traits.context[
            session
        ]
        names = self.tracks.names[track]
        return pl.DataFrame(
            {
                "event_id": hexadecimal(rng.derive(made.bits[playback], 64 + kind)),
                "user_id": self.users.user_id[user],
                "track_id": names["track_id"],
                "started_at": timestamps(moments),
                "ended_at": timestamps(ended),
                "event_date": pl.repeat(day, user.size, dtype=pl.Date, eager=True),
                "action": words["action"][action],
                "ms_played": np.where(is_playback, made.played_ms[playback], 0),
                "skipped": words["flag"][flag],
                "reason_start": words["reason_start"][
                    np.where(is_playback, made.reason_start[playback], len(REASONS_START))
                ],
                "reason_end": words["reason_end"][
                    np.where(is_playback, made.reason_end[playback], len(REASONS_END))
                ],
                "device": words["device"][traits.device[session]],
                "country": words["country"][self.users.place[user]],
                "shuffle": traits.shuffle[session],
                "session_id": hexadecimal(sessions.key)[session],
                "source": pl.repeat("synthetic", user.size, dtype=pl.String, eager=True),
                "content_type": pl.repeat("music", user.size, dtype=pl.String, eager=True),
                "track_name": names["track_name"],
                "artist_name": names["artist_name"],
                "album_name": names["album_name"],
                "extra": words["extra"][extra],
            }
        )

    @cached_property
    def _words(self) -> dict[str, pl.Series]:
        """Every text that repeats, once; rows take it by index. The last reason is none."""
        places = planted.PLACES
        return {
            "action": pl.Series(_ACTIONS),
            "flag": pl.Series([False, True, None]),
            "reason_start": pl.Series([*REASONS_START, None]),
            "reason_end": pl.Series([*REASONS_END, None]),
            "device": pl.Series(planted.DEVICES),
            "country": pl.Series([country for country, _, _ in places]),
            "extra": pl.Series(
                [
                    json.dumps({"context": context, "subscription": subscription, "time_zone": zone})
                    for _, zone, _ in places
                    for subscription in ("free", "premium")
                    for context in planted.CONTEXTS
                ]
            ),
        }

    def _skip_flag(
        self,
        made: Playbacks,
        playback: npt.NDArray[np.int64],
        user: npt.NDArray[np.int64],
        is_playback: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.int64]:
        """The export's own `skipped`: 0 false, 1 true, 2 null. How far it can be trusted is up to the user."""
        mode = self.users.flag_mode[user]
        chance = rng.uniform16(made.bits[playback], 0)
        flagged = made.skip[playback] & ((mode == _FAITHFUL) | (chance < planted.FORGETFUL_TRUE))
        silent = (mode == _SILENT) & (chance < planted.SILENT_NULL)
        return np.where(silent | ~is_playback, 2, flagged.astype(np.int64))


def generate_day(config: GeneratorConfig, tracks: pl.DataFrame, day: date) -> pl.DataFrame:
    """The synthetic events that ended on one UTC date: one row per playback or interaction.

    Args:
        config: the population.
        tracks: a catalogue, raw or clean: `track_id`, `duration_ms` and `popularity`, and where it has
            them names and audio features; nulls are allowed.
        day: any date; the day before and the day after fit it.

    Returns:
        Exactly the columns of `raw.raw_events`, by user and time. `extra` is a JSON object with the
        session's `context`, the user's `subscription` and IANA `time_zone`.

    Raises:
        ValueError: the catalogue lacks a column, or has no track that can be played.
    """
    return World.build(config, tracks).day(day)


def generate_days(
    config: GeneratorConfig, tracks: pl.DataFrame, first: date, last: date
) -> Iterator[tuple[date, pl.DataFrame]]:
    """`generate_day` for each date from `first` to `last` (inclusive), one frame in memory at a time."""
    world = World.build(config, tracks)
    for day in dates(first, last):
        yield day, world.day(day)


def write_days(
    config: GeneratorConfig,
    tracks: pl.DataFrame,
    lake_dir: Path,
    first: date,
    last: date,
    *,
    workers: int = 1,
    on_day: Callable[[date, int], None] | None = None,
) -> int:
    """Write the days from `first` to `last` (inclusive) to the lake, and the truth they were made from.

    Each day becomes `listening_events/date=…/part-synthetic.parquet`, replacing what an earlier run
    wrote there. The files are the same for any number of workers.

    Args:
        workers: processes that make days side by side.
        on_day: called with each date, in order, and its number of events once it is written.

    Returns:
        The number of events written.

    Raises:
        ValueError: no workers, `last` before `first`, or an unusable catalogue.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    days = dates(first, last)
    write_truth(lake_dir, config, tracks)
    total = 0
    for day, rows in zip(days, _written(config, tracks, lake_dir, days, workers), strict=True):
        total += rows
        if on_day is not None:
            on_day(day, rows)
    return total


def dates(first: date, last: date) -> list[date]:
    """Every date from `first` to `last`, both included.

    Raises:
        ValueError: `last` lies before `first`.
    """
    if last < first:
        raise ValueError(f"The last day, {last}, lies before the first, {first}")
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def _written(
    config: GeneratorConfig, tracks: pl.DataFrame, lake_dir: Path, days: list[date], workers: int
) -> Iterator[int]:
    """Write each day; yields its number of events, in order."""
    if workers == 1:
        world = World.build(config, tracks)
        yield from (_write_day(world, lake_dir, day) for day in days)
        return
    # Polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (config, tracks, lake_dir)) as pool:
        yield from pool.map(_write_day_in_worker, days)


def _write_day(world: World, lake_dir: Path, day: date) -> int:
    frame = world.day(day)
    layout.write_parquet(layout.events_dir(lake_dir, day) / PART_NAME, frame)
    return frame.height


_worker: dict[str, tuple[World, Path]] = {}
"""What a worker process was started with."""


def _start_worker(config: GeneratorConfig, tracks: pl.DataFrame, lake_dir: Path) -> None:
    _worker["state"] = (World.build(config, tracks), lake_dir)


def _write_day_in_worker(day: date) -> int:
    world, lake_dir = _worker["state"]
    return _write_day(world, lake_dir, day)


def hexadecimal(bits: rng.Bits) -> pl.Series:
    """Each 64-bit number as 16 hexadecimal digits."""
    digits = _HEX[bits.byteswap().view(np.uint16).byteswap()]
    offsets = np.arange(0, (bits.size + 1) * _HEX_DIGITS, _HEX_DIGITS, dtype=np.int64)
    texts = pa.LargeStringArray.from_buffers(
        bits.size, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits))
    )
    return pl.Series(texts)


def timestamps(milliseconds: npt.NDArray[np.int64]) -> pl.Series:
    """UTC milliseconds since 1970 as naive timestamps."""
    return pl.Series(milliseconds * 1000).cast(pl.Datetime("us"))
