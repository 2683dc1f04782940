"""From sessions to playbacks: which tracks, for how long, and how each ends.

Arrays of playbacks are laid out by position: first the first playback of every session, then the second
of every session that has one, and so on, with the longest sessions first. What a listener does depends on
what they did just before, so positions are worked through one after another, but each of them for all
sessions at once on plain slices.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotify_assets.generator import planted, rng
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Choice, SkipHazard
from spotify_assets.generator.playable import Playable
from spotify_assets.generator.population import Population, choose
from spotify_assets.generator.schedule import Sessions

MAX_TRACKS = 60
"""Playbacks in the longest session."""
LENGTH_SIGMA = 0.9
"""Spread of the number of playbacks per session (log-normal)."""
MAX_GAP_MS = 2_000
"""Longest silence between two tracks of a session."""

REASONS_START = ("trackdone", "fwdbtn", "backbtn", "clickrow", "playbtn", "appload")
REASONS_END = (
    "trackdone", "fwdbtn", "backbtn", "endplay", "logout", "unexpected-exit", "unexpected-exit-while-paused",
)  # fmt: skip
"""Why playback starts and ends, in the words of Spotify's export."""

_TRACKDONE, _FWDBTN, _BACKBTN, _ENDPLAY, _LOGOUT, _EXIT, _EXIT_PAUSED = range(7)
_CLICKROW, _PLAYBTN, _APPLOAD = 3, 4, 5
_START_AFTER = np.array([_TRACKDONE, _FWDBTN, _BACKBTN, _CLICKROW, _CLICKROW, _CLICKROW, _CLICKROW], np.uint8)
"""Reason to start that follows each reason to end."""
FIRST_STARTS = (_CLICKROW, _PLAYBTN, _APPLOAD)
FIRST_START_SHARES = (0.55, 0.25, 0.20)
ABANDON_ENDS = (_LOGOUT, _ENDPLAY, _EXIT, _EXIT_PAUSED)
ABANDON_END_SHARES = (0.55, 0.25, 0.15, 0.05)


@dataclass(frozen=True)
class SessionTraits:
    """What holds for a whole session; one entry per session."""

    tracks: npt.NDArray[np.int64]
    device: npt.NDArray[np.int64]
    context: npt.NDArray[np.int64]
    shuffle: npt.NDArray[np.bool_]
    discovery: npt.NDArray[np.float32]
    eta: npt.NDArray[np.float32]
    """The session's part of the log rate of skipping."""


@dataclass(frozen=True)
class Playbacks:
    """Playbacks in the order of user and time; one entry per playback.

    `session` is an index into the sessions they were made from; reasons are indices into
    `REASONS_START` and `REASONS_END`; times are UTC milliseconds since 1970. `pause_ms` is -1 where
    nothing was paused, otherwise the moment of the pause; `add_ms` likewise for playlist additions.
    """

    session: npt.NDArray[np.int64]
    bits: rng.Bits
    track: npt.NDArray[np.int32]
    start_ms: npt.NDArray[np.int64]
    end_ms: npt.NDArray[np.int64]
    played_ms: npt.NDArray[np.int64]
    skip: npt.NDArray[np.bool_]
    reason_start: npt.NDArray[np.uint8]
    reason_end: npt.NDArray[np.uint8]
    pause_ms: npt.NDArray[np.int64]
    add_ms: npt.NDArray[np.int64]


def session_traits(
    config: GeneratorConfig, sessions: Sessions, users: Population, hazard: SkipHazard
) -> SessionTraits:
    """Length, device, context and mood of each session."""
    bits = rng.derive(sessions.key, 2)
    other = choose(rng.uniform16(bits, 0), planted.DEVICE_SHARES)
    at_primary = rng.uniform16(bits, 1) < planted.PRIMARY_DEVICE_SHARE
    device = np.where(at_primary, users.primary_device[sessions.user], other)
    context = choose(rng.uniform16(bits, 2), planted.CONTEXT_SHARES)
    shuffle = rng.uniform16(bits, 3) < np.array(planted.CONTEXT_SHUFFLE)[context]
    spread = np.exp(LENGTH_SIGMA * rng.normal(rng.derive(sessions.key, 3)) - LENGTH_SIGMA**2 / 2)
    tracks = np.clip(1 + ((config.tracks_per_session - 0.5) * spread).astype(np.int64), 1, MAX_TRACKS)
    mood = hazard.mood_sd * rng.normal(rng.derive(sessions.key, 4))
    eta = (
        users.patience[sessions.user]
        + mood
        + np.array([hazard.device[name] for name in planted.DEVICES])[device]
        + hazard.shuffle * shuffle
    )
    return SessionTraits(
        tracks=tracks,
        device=device,
        context=context,
        shuffle=shuffle,
        discovery=(users.curiosity[sessions.user] * np.array(planted.CONTEXT_DISCOVERY)[context]).astype(
            np.float32
        ),
        eta=eta.astype(np.float32),
    )


def simulate(
    sessions: Sessions,
    traits: SessionTraits,
    users: Population,
    tracks: Playable,
    seed: int,
    hazard: SkipHazard,
    choice: Choice,
) -> Playbacks:
    """Every playback of the sessions."""
    by_length = np.argsort(-traits.tracks, kind="stable")
    lengths = traits.tracks[by_length]
    positions = int(lengths[0]) if lengths.size else 0
    # How many sessions have a playback at each position, and where each position begins.
    counts = np.searchsorted(-lengths, -np.arange(positions), side="left")
    offsets = np.concatenate([[0], counts.cumsum()])
    steps = [slice(int(offsets[k]), int(offsets[k + 1])) for k in range(positions)]
    session = np.concatenate([by_length[:n] for n in counts]) if positions else np.zeros(0, np.int64)
    position = np.repeat(np.arange(positions), counts)

    bits = rng.derive(sessions.key[session], position + 16)
    plan = rng.derive(bits, 1)
    back = rng.uniform16(plan, 0) < planted.BACK_SHARE
    back[: offsets[min(2, positions)]] = False
    manual = rng.uniform16(plan, 1) < planted.MANUAL_SHARE
    track, familiar, fit = _choose_tracks(sessions, traits, users, tracks, seed, choice, session, bits)
    for k in range(2, positions):
        went_back = np.flatnonzero(back[steps[k]])
        for values in (track, familiar, fit):
            values[steps[k].start + went_back] = values[steps[k - 2].start + went_back]
    familiar |= back

    eta = (
        traits.eta[session]
        + tracks.audio_effect[track]
        + np.float32(hazard.taste) * fit
        + np.float32(hazard.familiar) * familiar
        + np.interp(np.arange(1, positions + 1), hazard.positions, hazard.position_effects).astype(np.float32)[
            position
        ]
    )
    patience_left = -np.log(rng.uniform(rng.derive(bits, 2))) * np.exp(-eta)
    duration = tracks.duration_ms[track]
    pause_at, pause_length = _planned_pauses(plan)

    played = np.empty(session.size, np.int64)
    start = np.empty(session.size, np.int64)
    end = np.empty(session.size, np.int64)
    left = np.empty(session.size, bool)
    skip = np.empty(session.size, bool)
    gap = (rng.uniform16(plan, 2) * MAX_GAP_MS).astype(np.int64)
    clock = sessions.start_ms[by_length]
    factor = np.ones(clock.size)
    after_skip, after_other = np.exp(-hazard.previous_skip), np.exp(hazard.previous_skip)
    for k, step in enumerate(steps):
        n = int(counts[k])
        length = duration[step]
        ms = _milliseconds_until(patience_left[step] * factor[:n], length, hazard)
        left[step] = ms < length
        skip[step] = ms < planted.SKIP_BEFORE * length
        played[step] = np.minimum(ms, length)
        start[step] = clock[:n]
        end[step] = start[step] + played[step] + pause_length[step] * (pause_at[step] < played[step])
        clock[:n] = end[step] + gap[step]
        factor[:n] = np.where(skip[step], after_skip, after_other)

    kept = end <= sessions.deadline_ms[session]
    last = kept.copy()
    for step, following in zip(steps, steps[1:], strict=False):
        n = following.stop - following.start
        last[step.start : step.start + n] &= ~kept[following]
    ends, abandoned = _reasons_end(left, skip, last, steps, back, manual, plan)
    skip &= ~abandoned
    starts = _reasons_start(ends, steps, manual, bits)

    paused = pause_at < played
    add = _additions(plan, familiar, skip | abandoned)
    # From the order by position to the order by session: the n-th playback of a session is n places
    # after its first.
    natural = (traits.tracks.cumsum() - traits.tracks)[session] + position
    order = np.empty_like(natural)
    order[natural] = np.arange(natural.size)
    order = order[kept[order]]
    return Playbacks(
        session=session[order],
        bits=bits[order],
        track=track[order],
        start_ms=start[order],
        end_ms=end[order],
        played_ms=played[order],
        skip=skip[order],
        reason_start=starts[order],
        reason_end=ends[order],
        pause_ms=np.where(paused, start + pause_at, -1)[order],
        add_ms=np.where(add, start + played // 2, -1)[order],
    )


def _choose_tracks(
    sessions: Sessions,
    traits: SessionTraits,
    users: Population,
    tracks: Playable,
    seed: int,
    choice: Choice,
    session: npt.NDArray[np.int64],
    bits: rng.Bits,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    """For each playback its track, whether it is from the repertoire, and how it fits the user's taste.

    A place of a repertoire holds the better fitting of two tracks drawn by popularity. Nothing is stored:
    the same user, place and season always give the same track.
    """
    draw = rng.derive(bits, 3)
    familiar = rng.uniform16(draw, 3) >= np.float32(choice.discovery_share) * traits.discovery[session]
    chance = (draw & np.uint64(0xFFFFFF)).astype(np.float64) * 2.0**-24
    place = (chance**choice.repertoire_skew * choice.repertoire).astype(np.int64)
    user = sessions.user[session]
    # Places change at different times: each has its own phase.
    phase = (place * 37 + user * 11) % choice.repertoire_days
    season = (sessions.local_date[session] + phase) // choice.repertoire_days
    repertoire = rng.bits_of(rng.key(seed, "repertoire"), user * choice.repertoire + place, season)
    source = np.where(familiar, repertoire, rng.derive(bits, 4))
    first = tracks.draw((source >> np.uint64(32)).astype(np.uint32))
    second = tracks.draw(source.astype(np.uint32))
    taste = users.taste[user]
    first_fit = np.einsum("ij,ij->i", taste, tracks.taste[first])
    second_fit = np.einsum("ij,ij->i", taste, tracks.taste[second])
    better = familiar & (second_fit > first_fit)
    return np.where(better, second, first), familiar, np.where(better, second_fit, first_fit)


def _milliseconds_until(
    spent: rng.Floats, length_ms: npt.NDArray[np.int64], hazard: SkipHazard
) -> npt.NDArray[np.int64]:
    """Milliseconds of a track until the summed baseline rate reaches `spent`; beyond its end if it never does."""
    last_ms, last_hazard = hazard.knots_seconds[-1] * 1000, hazard.knots_hazard[-1]
    early = np.interp(spent, hazard.knots_hazard, hazard.knots_seconds) * 1000
    share = (spent - last_hazard) / hazard.tail_hazard
    late = last_ms + share * np.maximum(length_ms - last_ms, 0)
    return np.where(spent < last_hazard, early, late).astype(np.int64)


def _planned_pauses(plan: rng.Bits) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Milliseconds of listening before each planned pause (beyond any track where none is), and its length."""
    share = rng.uniform16(plan, 3)
    planned = share < planted.PAUSE_SHARE
    within = rng.uniform16(rng.derive(plan, 1), 0) if planned.any() else share
    at = np.where(planned, (within * planted.PAUSE_WITHIN_SECONDS * 1000).astype(np.int64), 2**62)
    # Short pauses are common, long ones rare: the fourth power of a uniform number.
    length = ((share / planted.PAUSE_SHARE) ** 4 * planted.PAUSE_MAX_SECONDS * 1000).astype(np.int64)
    return at, np.where(planned, length, 0)


def _reasons_end(
    left: npt.NDArray[np.bool_],
    skip: npt.NDArray[np.bool_],
    last: npt.NDArray[np.bool_],
    steps: list[slice],
    back: npt.NDArray[np.bool_],
    manual: npt.NDArray[np.bool_],
    plan: rng.Bits,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Why each playback ended (what is done next names the button), and whether it was abandoned."""
    ends = np.where(left, _FWDBTN, _TRACKDONE).astype(np.uint8)
    for step, following in zip(steps, steps[1:], strict=False):
        here = slice(step.start, step.start + following.stop - following.start)
        ends[here] = np.where(left[here] & manual[following], _ENDPLAY, ends[here])
        ends[here] = np.where(left[here] & back[following], _BACKBTN, ends[here])
    stopped = np.flatnonzero(last & left)
    ends[stopped] = _FWDBTN
    bits = rng.derive(plan[stopped], 2)
    gone = (rng.uniform16(bits, 0) < planted.ABANDON_SHARE) & skip[stopped]
    how = np.array(ABANDON_ENDS, np.uint8)[choose(rng.uniform16(bits, 1), ABANDON_END_SHARES)]
    ends[stopped[gone]] = how[gone]
    abandoned = np.zeros(ends.size, dtype=bool)
    abandoned[stopped[gone]] = True
    return ends, abandoned


def _reasons_start(
    ends: npt.NDArray[np.uint8], steps: list[slice], manual: npt.NDArray[np.bool_], bits: rng.Bits
) -> npt.NDArray[np.uint8]:
    """Why each playback started: the counterpart of how the one before it ended."""
    starts = np.empty_like(ends)
    for k, step in enumerate(steps):
        if k == 0:
            chance = rng.uniform16(rng.derive(bits[step], 5), 0)
            starts[step] = np.array(FIRST_STARTS, np.uint8)[choose(chance, FIRST_START_SHARES)]
            continue
        before = ends[steps[k - 1].start :][: step.stop - step.start]
        follows = _START_AFTER[before]
        starts[step] = np.where((follows == _TRACKDONE) & manual[step], _CLICKROW, follows)
    return starts


def _additions(
    plan: rng.Bits, familiar: npt.NDArray[np.bool_], ended_early: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Which playbacks lead to the track being added to a playlist."""
    share = np.where(familiar, planted.ADD_SHARE_FAMILIAR, planted.ADD_SHARE_NEW)
    return (rng.uniform16(rng.derive(plan, 3), 0) < share) & ~ended_early
