"""A population with its tracks, and the rows of `raw.raw_events` that follow from it for any span of time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from spotify_assets.generator import planted, rng
from spotify_assets.generator.columns import (
    ARROW_SCHEMA,
    Texts,
    coded,
    frame_of,
    hexadecimal,
    parquet_of,
    timestamps,
)
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Behaviour
from spotify_assets.generator.playable import Playable, playable
from spotify_assets.generator.playback import (
    REASONS_END,
    REASONS_START,
    Playbacks,
    simulate,
)
from spotify_assets.generator.population import Population, population
from spotify_assets.generator.schedule import DAY_MS, EPOCH, Sessions, sessions_in
from spotify_assets.generator.session_traits import SessionTraits, session_traits
from spotify_assets.tables import ACTIONS

PLAYBACKS_AT_ONCE = 200_000
"""Playbacks simulated together, about: enough to keep numpy busy, few enough to stay in the cache."""

# Kinds of row: the n-th interaction is the action n places after `play` and `skip`.
_PLAYBACK, _PAUSE, _ADD = range(3)
_FAITHFUL, _FORGETFUL, _SILENT = range(len(planted.FLAG_MODES))
_UNFLAGGED, _FLAGGED, _NO_FLAG = range(3)


@dataclass(frozen=True)
class World:
    """A population and the tracks it plays, ready to be asked for days."""

    config: GeneratorConfig
    tracks: Playable
    users: Population
    behaviour: Behaviour

    @classmethod
    def build(
        cls, config: GeneratorConfig, tracks: pl.DataFrame, behaviour: Behaviour | None = None
    ) -> "World":
        """Prepare a catalogue frame and a population; the planted behaviour may be replaced in tests.

        Raises:
            ValueError: the catalogue frame lacks a column, or has no track that can be played.
        """
        behaviour = behaviour or Behaviour()
        return cls(
            config=config,
            tracks=playable(tracks, config, behaviour),
            users=population(config, behaviour),
            behaviour=behaviour,
        )

    def day(self, day: date) -> pl.DataFrame:
        """The events that ended on a UTC date, by user and time."""
        return self.between(*span_of(day), source_file=self.source_file(day))

    def between(self, begin_ms: int, end_ms: int, *, source_file: str) -> pl.DataFrame:
        """The events that ended from `begin_ms` to before `end_ms` (UTC since 1970), by user and time."""
        return frame_of(self.batches(begin_ms, end_ms, source_file))

    def parquet(self, day: date) -> tuple[bytes, int]:
        """The events of `day` as the content of a Parquet file, and their number."""
        return parquet_of(self.batches(*span_of(day), self.source_file(day)))

    def source_file(self, day: date) -> str:
        """What the events of a day give as their file."""
        return f"synthetic@seed{self.config.seed}/{day.isoformat()}"

    def batches(self, begin_ms: int, end_ms: int, source_file: str) -> Iterator[pa.RecordBatch]:
        """The events of a span, some users at a time; texts that repeat are dictionary-encoded."""
        per_user = self.config.sessions_per_day * self.config.tracks_per_session
        step = max(1, round(PLAYBACKS_AT_ONCE / per_user))
        rows = 0
        for first in range(0, self.config.users, step):
            user_range = first, min(first + step, self.config.users)
            sessions = sessions_in(
                self.config, self.users, self.behaviour.rhythm, user_range, (begin_ms, end_ms)
            )
            traits = session_traits(self.config, sessions, self.users, self.behaviour)
            made = simulate(
                sessions,
                traits,
                users=self.users,
                tracks=self.tracks,
                seed=self.config.seed,
                behaviour=self.behaviour,
            )
            batch = self._batch(
                sessions, traits, made, span_ms=(begin_ms, end_ms), source_file=source_file, rows_before=rows
            )
            rows += batch.num_rows
            yield batch

    def _batch(
        self,
        sessions: Sessions,
        traits: SessionTraits,
        made: Playbacks,
        *,
        span_ms: tuple[int, int],
        source_file: str,
        rows_before: int,
    ) -> pa.RecordBatch:
        """Playbacks and interactions that ended in the span, as columns of `raw.raw_events`."""
        playback, kind, started = _rows_in(made, span_ms)
        is_playback = kind == _PLAYBACK
        session = made.session[playback]
        user = sessions.user[session]
        track = made.track[playback]
        words = self._texts
        extra = self.users.place[user] * 2 + self.users.premium[user]
        nothing = np.zeros(user.size, dtype=np.int32)
        flag = self._skip_flag(made, playback, user)
        ended = np.where(is_playback, made.end_ms[playback], started)
        columns = {
            "event_id": hexadecimal(rng.derive(made.bits[playback], 64 + kind)),
            "user_id": coded(words["user_id"], user),
            "track_id": coded(words["track_id"], track),
            "started_at": timestamps(started),
            "ended_at": timestamps(ended),
            "reported_at": pa.nulls(user.size, pa.timestamp("us")),
            "event_date": pa.array((ended // DAY_MS).astype(np.int32)).view(pa.date32()),
            "action": coded(words["action"], np.where(is_playback, made.skip[playback], kind + 1)),
            "ms_played": pa.array(np.where(is_playback, made.played_ms[playback], 0)),
            "skipped": pa.array(flag == _FLAGGED, mask=(flag == _NO_FLAG) | ~is_playback),
            "reason_start": coded(words["reason_start"], made.reason_start[playback], is_playback),
            "reason_end": coded(words["reason_end"], made.reason_end[playback], is_playback),
            "device": coded(words["device"], traits.device[session]),
            "country": coded(words["country"], self.users.place[user]),
            "shuffle": pa.array(traits.shuffle[session]),
            "session_id": coded(Texts(hexadecimal(sessions.key)), session),
            "source": coded(words["source"], nothing),
            "content_type": coded(words["content_type"], nothing),
            "track_name": coded(words["track_name"], track),
            "artist_name": coded(words["artist_name"], track),
            "album_name": coded(words["album_name"], track),
            "extra": coded(words["extra"], extra * len(planted.CONTEXTS) + traits.context[session]),
            "source_file": coded(Texts.of(pa.array([source_file])), nothing),
            "source_row": pa.array(np.arange(rows_before + 1, rows_before + 1 + user.size)),
        }
        return pa.RecordBatch.from_arrays(
            [columns[field.name] for field in ARROW_SCHEMA], schema=ARROW_SCHEMA
        )

    @cached_property
    def _texts(self) -> dict[str, Texts]:
        """Every text that repeats; rows refer to it by index."""
        places = planted.PLACES
        words = {
            "action": ACTIONS,
            "reason_start": REASONS_START,
            "reason_end": REASONS_END,
            "device": planted.DEVICES,
            "country": [country for country, _, _ in places],
            "source": ["synthetic"],
            "content_type": ["music"],
            "extra": [
                json.dumps({"context": context, "subscription": subscription, "time_zone": zone})
                for _, zone, _ in places
                for subscription in ("free", "premium")
                for context in planted.CONTEXTS
            ],
        }
        columns = [self.users.user_id, *self.tracks.names.iter_columns()]
        return {name: Texts.of(pa.array(list(values))) for name, values in words.items()} | {
            column.name: Texts.of(column.to_arrow()) for column in columns
        }

    def _skip_flag(
        self, made: Playbacks, playback: npt.NDArray[np.int64], user: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """The export's own `skipped`. How far it can be trusted depends on the user."""
        mode = self.users.flag_mode[user]
        chance = rng.uniform16(made.bits[playback], 0)
        flagged = made.skip[playback] & ((mode == _FAITHFUL) | (chance < planted.FORGETFUL_TRUE))
        silent = (mode == _SILENT) & (chance < planted.SILENT_NULL)
        return np.where(silent, _NO_FLAG, np.where(flagged, _FLAGGED, _UNFLAGGED))


def _rows_in(
    made: Playbacks, span_ms: tuple[int, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """What ended in a span, by playback and then by kind: index of the playback, kind of row, start in ms."""
    played, paused, added = (
        np.flatnonzero((moment >= span_ms[0]) & (moment < span_ms[1]))
        for moment in (made.end_ms, made.pause_ms, made.add_ms)
    )
    playback = np.concatenate([played, paused, added])
    kind = np.repeat([_PLAYBACK, _PAUSE, _ADD], [played.size, paused.size, added.size])
    started = np.concatenate([made.start_ms[played], made.pause_ms[paused], made.add_ms[added]])
    # Three sorted runs: a stable sort merges them.
    order = np.argsort(playback * 4 + kind, kind="stable")
    return playback[order], kind[order], started[order]


def span_of(day: date) -> tuple[int, int]:
    """Begin and end of a UTC date in milliseconds since 1970."""
    midnight = (day - EPOCH).days * DAY_MS
    return midnight, midnight + DAY_MS
