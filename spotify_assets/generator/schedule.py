"""When sessions begin and by when they must be over.

A session belongs to the local date on which it begins and follows from (seed, user, local date, chance)
alone. To know the sessions of a span of UTC time, the local dates from the day before its first day to the
day after its last are enough for every time zone, because no session is longer than `MAX_SESSION_HOURS`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from spotify_assets.generator import planted, rng
from spotify_assets.generator.config import MAX_SESSIONS_PER_DAY, GeneratorConfig
from spotify_assets.generator.planted import Rhythm
from spotify_assets.generator.population import Population

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
EPOCH = date(1970, 1, 1)

MAX_SESSION_HOURS = 4
"""No playback of a session ends later than this after its start."""
MIN_SPACING_MINUTES = 60
"""A session that would begin sooner after another begins is left out."""
MIN_GAP_MINUTES = 31
"""Silence between two sessions: more than the 30 minutes that would make them one."""
LAST_WEEKDAY = 4


@dataclass(frozen=True)
class Sessions:
    """Sessions in the order of user and start; one entry per session in each array."""

    user: npt.NDArray[np.int64]
    key: rng.Bits
    local_date: npt.NDArray[np.int64]
    """Days since 1970-01-01 of the local date on which it begins."""
    start_ms: npt.NDArray[np.int64]
    """UTC milliseconds since 1970."""
    deadline_ms: npt.NDArray[np.int64]
    """UTC milliseconds by which its last playback has ended."""

    def __len__(self) -> int:
        return int(self.user.size)


def sessions_in(
    config: GeneratorConfig,
    users: Population,
    rhythm: Rhythm,
    user_range: tuple[int, int],
    span_ms: tuple[int, int],
) -> Sessions:
    """Sessions with a playback that may end in a span of time.

    Args:
        user_range: first user, and the one after the last.
        span_ms: begin and (exclusive) end in UTC milliseconds since 1970, a week apart at most.
    """
    begin, end = span_ms
    user = np.arange(*user_range)
    local = np.arange(begin // DAY_MS - 1, (end - 1) // DAY_MS + 2)
    shape = (user.size, local.size, MAX_SESSIONS_PER_DAY)
    grid_user = np.broadcast_to(user[:, None, None], shape)
    grid_date = np.broadcast_to(local[None, :, None], shape)
    grid_slot = np.broadcast_to(np.arange(MAX_SESSIONS_PER_DAY)[None, None, :], shape)
    keys = rng.bits_of(rng.key(config.seed, "session"), grid_user, grid_date, grid_slot)

    weekend = (grid_date + 3) % 7 > LAST_WEEKDAY
    factor = rhythm.weekend_factor
    mean_factor = (5 + 2 * factor) / 7
    chance = users.session_chance[grid_user] * np.where(weekend, factor, 1.0) / mean_factor
    begins = rng.uniform(keys) < chance
    user, dates, keys, weekend = grid_user[begins], grid_date[begins], keys[begins], weekend[begins]

    hours = _hours(rhythm, rng.uniform(rng.derive(keys, 1)), weekend) + users.chronotype_hours[user]
    offsets = _utc_offsets(local)[users.place[user], dates - local[0]]
    start = dates * DAY_MS + (hours % 24.0 * HOUR_MS).astype(np.int64) - offsets

    # The milliseconds of less than twelve days take 30 bits.
    order = np.argsort((user << 30) + start - (local[0] - 1) * DAY_MS, kind="stable")
    user, start, dates, keys = user[order], start[order], dates[order], keys[order]
    soon = np.zeros(user.size, dtype=bool)
    soon[1:] = (user[1:] == user[:-1]) & (np.diff(start) < MIN_SPACING_MINUTES * MINUTE_MS)
    user, start, dates, keys = user[~soon], start[~soon], dates[~soon], keys[~soon]

    deadline = start + MAX_SESSION_HOURS * HOUR_MS
    same_user = user[1:] == user[:-1]
    before_next = start[1:] - MIN_GAP_MINUTES * MINUTE_MS
    deadline[:-1] = np.where(same_user, np.minimum(deadline[:-1], before_next), deadline[:-1])

    here = (deadline >= begin) & (start < end)
    return Sessions(user[here], keys[here], dates[here], start[here], deadline[here])


def _hours(rhythm: Rhythm, uniforms: rng.Floats, weekend: npt.NDArray[np.bool_]) -> rng.Floats:
    """Local hour (with fraction) of each start, by the hourly weights of its kind of day."""
    hours: list[rng.Floats] = []
    for weights in (rhythm.weekday_hours, rhythm.weekend_hours):
        cumulative = np.concatenate([[0.0], np.cumsum(weights) / np.sum(weights)])
        hours.append(np.interp(uniforms, cumulative, np.arange(25.0)))
    return np.where(weekend, hours[1], hours[0])


def _utc_offsets(local_dates: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Milliseconds that each place is ahead of UTC at noon of each local date.

    One offset per local day keeps the order of starts within it on the two days a year when clocks
    change; a start before the change is then an hour off the wall clock, which nobody can see.
    """
    offsets = np.empty((len(planted.PLACES), local_dates.size), dtype=np.int64)
    for j, ordinal in enumerate(local_dates):
        noon = datetime.combine(EPOCH + timedelta(days=int(ordinal)), time(12), tzinfo=UTC)
        for i, (_, zone, _) in enumerate(planted.PLACES):
            offset = noon.replace(tzinfo=_zone(zone)).utcoffset() or timedelta(0)
            offsets[i, j] = round(offset.total_seconds() * 1000)
    return offsets


@cache
def _zone(name: str) -> ZoneInfo:
    """Places have more zones than the eight that `ZoneInfo` keeps."""
    return ZoneInfo(name)
