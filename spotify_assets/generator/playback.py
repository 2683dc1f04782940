"""From sessions to playbacks: which tracks, for how long, and how each ends.

Arrays of playbacks are laid out by position: first the first playback of every session, then the second
of every session that has one, and so on, with the longest sessions first. What a listener does depends on
what they did just before, so positions are worked through one after another, but each of them for all
sessions at once on plain slices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spotify_assets.generator import planted, rng
from spotify_assets.generator.planted import Behaviour, SkipHazard
from spotify_assets.generator.playable import TASTE_FEATURES, Playable
from spotify_assets.generator.population import Population, choose
from spotify_assets.generator.repertoire import best_fitting, places, seasons
from spotify_assets.generator.schedule import DAY_MS, Sessions
from spotify_assets.generator.session_traits import SessionTraits

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

NEVER = -1
"""Stands for the moment of what does not happen."""
_NO_PAUSE = 2**62
_BACK_STEPS = 2
_FIRST_PLAYBACK = 16
"""Number of a session's first playback among what is derived from the session's key."""


@dataclass(frozen=True)
class Playbacks:
    """Playbacks in the order of user and time; one entry per playback.

    `session` is an index into the sessions they were made from; reasons are indices into
    `REASONS_START` and `REASONS_END`; times are UTC milliseconds since 1970. `pause_ms` is the moment of a
    pause and `add_ms` that of an addition to a playlist, `NEVER` where there is none.
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


@dataclass(frozen=True)
class _Layout:
    """Playbacks by position: the longest sessions first at every position."""

    by_length: npt.NDArray[np.int64]
    """Sessions, the longest first."""
    steps: list[slice]
    """Where each position stands in arrays of playbacks."""
    session: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
    """Of each playback, from 0."""

    @classmethod
    def of(cls, tracks: npt.NDArray[np.int64]) -> "_Layout":
        by_length = np.argsort(-tracks, kind="stable")
        positions = int(tracks.max(initial=0))
        counts = np.searchsorted(-tracks[by_length], -np.arange(positions), side="left")
        ends = counts.cumsum()
        return cls(
            by_length=by_length,
            steps=[slice(int(end - count), int(end)) for count, end in zip(counts, ends, strict=True)],
            session=np.concatenate([by_length[:0], *(by_length[:count] for count in counts)]),
            position=np.repeat(np.arange(positions), counts),
        )

    def pairs(self) -> Iterator[tuple[slice, slice]]:
        """For each position but the last: the playbacks that have one after them, and those after them."""
        for step, following in pairwise(self.steps):
            yield slice(step.start, step.start + following.stop - following.start), following


@dataclass(frozen=True)
class _Plan:
    """What would happen to each playback whatever its outcome."""

    back: npt.NDArray[np.bool_]
    """It is a step back to the track before the previous one."""
    manual: npt.NDArray[np.bool_]
    """It is picked by hand."""
    gap: npt.NDArray[np.int64]
    """Silence after it, ms."""
    pause_at: npt.NDArray[np.int64]
    """Listening before a pause, ms; longer than any track where there is none."""
    pause_length: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Tracks:
    """Which track each playback is of, whether the user knows it, and how it fits their taste."""

    track: npt.NDArray[np.int32]
    familiar: npt.NDArray[np.bool_]
    fit: npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Timeline:
    """When each playback begins and ends (UTC ms) and how much was heard."""

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    played: npt.NDArray[np.int64]
    left: npt.NDArray[np.bool_]
    """The user left before the end."""
    skip: npt.NDArray[np.bool_]
    """They left early enough to call it a skip."""


def simulate(
    sessions: Sessions,
    traits: SessionTraits,
    *,
    users: Population,
    tracks: Playable,
    seed: int,
    behaviour: Behaviour,
) -> Playbacks:
    """Every playback of the sessions."""
    layout = _Layout.of(traits.tracks)
    bits = rng.derive(sessions.key[layout.session], layout.position + _FIRST_PLAYBACK)
    plan = _plan(_plan_bits(bits), layout)
    chosen = _choose_tracks(
        sessions,
        traits,
        layout,
        bits=bits,
        plan=plan,
        users=users,
        tracks=tracks,
        seed=seed,
        behaviour=behaviour,
    )
    eta = _static_eta(traits, layout, chosen, tracks, behaviour.hazard)
    patience_left = -np.log(rng.uniform(rng.derive(bits, 2))) * np.exp(-eta)
    length = tracks.duration_ms[chosen.track]
    line = _play(
        sessions.start_ms,
        layout,
        plan,
        patience_left=patience_left,
        length=length,
        hazard=behaviour.hazard,
    )
    return _before_deadline(sessions, traits, layout, bits=bits, plan=plan, chosen=chosen, line=line)


def _before_deadline(
    sessions: Sessions,
    traits: SessionTraits,
    layout: _Layout,
    *,
    bits: rng.Bits,
    plan: _Plan,
    chosen: _Tracks,
    line: _Timeline,
) -> Playbacks:
    """What ends in time, with its reasons, in the order by session."""
    plan_bits = _plan_bits(bits)
    kept = line.end <= sessions.deadline_ms[layout.session]
    last = kept.copy()
    for here, following in layout.pairs():
        last[here] &= ~kept[following]
    ends, abandoned = _reasons_end(line, last, layout, plan, plan_bits)
    starts = _reasons_start(ends, layout, plan, bits)
    skip = line.skip & ~abandoned
    paused = plan.pause_at < line.played
    added = _additions(plan_bits, chosen.familiar, skip | abandoned)

    # From the order by position to the order by session: the n-th playback of a session is n places
    # after its first.
    natural = (traits.tracks.cumsum() - traits.tracks)[layout.session] + layout.position
    order = np.empty_like(natural)
    order[natural] = np.arange(natural.size)
    order = order[kept[order]]
    return Playbacks(
        session=layout.session[order],
        bits=bits[order],
        track=chosen.track[order],
        start_ms=line.start[order],
        end_ms=line.end[order],
        played_ms=line.played[order],
        skip=skip[order],
        reason_start=starts[order],
        reason_end=ends[order],
        pause_ms=np.where(paused, line.start + plan.pause_at, NEVER)[order],
        add_ms=np.where(added, line.start + line.played // 2, NEVER)[order],
    )


def _plan_bits(bits: rng.Bits) -> rng.Bits:
    return rng.derive(bits, 1)


def _plan(bits: rng.Bits, layout: _Layout) -> _Plan:
    back = (rng.uniform16(bits, 0) < planted.BACK_SHARE) & (layout.position >= _BACK_STEPS)
    share = rng.uniform16(bits, 3)
    planned = share < planted.PAUSE_SHARE
    within = rng.uniform16(rng.derive(bits, 1), 0)
    # Short pauses are common, long ones rare: the fourth power of a uniform number.
    pause = (share / planted.PAUSE_SHARE) ** 4 * planted.PAUSE_MAX_SECONDS * 1000
    return _Plan(
        back=back,
        manual=rng.uniform16(bits, 1) < planted.MANUAL_SHARE,
        gap=(rng.uniform16(bits, 2) * MAX_GAP_MS).astype(np.int64),
        pause_at=np.where(
            planned, (within * planted.PAUSE_WITHIN_SECONDS * 1000).astype(np.int64), _NO_PAUSE
        ),
        pause_length=np.where(planned, pause, 0).astype(np.int64),
    )


def _choose_tracks(
    sessions: Sessions,
    traits: SessionTraits,
    layout: _Layout,
    *,
    bits: rng.Bits,
    plan: _Plan,
    users: Population,
    tracks: Playable,
    seed: int,
    behaviour: Behaviour,
) -> _Tracks:
    """Draw the tracks: from the user's repertoire, or anew from the catalogue.

    Nothing is stored: the same user, place and season always give the same track.
    """
    choice = behaviour.choice
    draw = rng.derive(bits, 3)
    discovery = np.float32(choice.discovery_share) * traits.discovery[layout.session]
    familiar = rng.uniform16(draw, 3) >= discovery
    user = sessions.user[layout.session]
    playlist = traits.playlist[layout.session]
    place = places(draw, playlist, choice)
    season = seasons(user, place, sessions.local_date[layout.session], choice)
    repertoire = rng.bits_of(rng.key(seed, "repertoire"), user * choice.repertoire + place, season)
    source = np.where(familiar, repertoire, rng.derive(bits, 4))
    day = (sessions.start_ms // DAY_MS)[layout.session]
    track = best_fitting(source, users.playlist_taste[user, playlist], tracks, day, choice)
    fit = np.einsum("ij,ij->i", users.taste[user], tracks.taste[track])
    if behaviour.mood is not None:
        begun = sessions.start_ms[layout.session]
        valence = tracks.taste[:, TASTE_FEATURES.index("valence")]
        track = behaviour.mood.instead(track, begun, rng.derive(bits, 6), valence)
    chosen = _Tracks(track, familiar, fit)
    for step, before in zip(layout.steps[_BACK_STEPS:], layout.steps, strict=False):
        went_back = np.flatnonzero(plan.back[step])
        for values in (chosen.track, chosen.fit):
            values[step.start + went_back] = values[before.start + went_back]
    familiar |= plan.back
    return chosen


def _static_eta(
    traits: SessionTraits, layout: _Layout, chosen: _Tracks, tracks: Playable, hazard: SkipHazard
) -> npt.NDArray[np.float32]:
    """The part of the log rate of skipping that does not depend on what happened before."""
    by_position = np.interp(
        np.arange(1, len(layout.steps) + 1), hazard.positions, hazard.position_effects
    ).astype(np.float32)
    return (
        traits.eta[layout.session]
        + by_position[layout.position]
        + tracks.audio_effect[chosen.track]
        + np.float32(hazard.taste) * chosen.fit
        + np.float32(hazard.familiar) * chosen.familiar
    )


def _play(
    start_ms: npt.NDArray[np.int64],
    layout: _Layout,
    plan: _Plan,
    *,
    patience_left: rng.Floats,
    length: npt.NDArray[np.int64],
    hazard: SkipHazard,
) -> _Timeline:
    """Work through the positions: each outcome moves the clock and the mood for the next."""
    line = _Timeline(
        start=np.empty_like(length),
        end=np.empty_like(length),
        played=np.empty_like(length),
        left=np.empty(length.size, dtype=bool),
        skip=np.empty(length.size, dtype=bool),
    )
    clock = start_ms[layout.by_length]
    factor = np.ones(clock.size)
    after_skip, after_other = np.exp(-hazard.previous_skip), np.exp(hazard.previous_skip)
    for step in layout.steps:
        n = step.stop - step.start
        ms = _milliseconds_until(patience_left[step] * factor[:n], length[step], hazard)
        line.left[step] = ms < length[step]
        line.skip[step] = ms < planted.SKIP_BEFORE * length[step]
        line.played[step] = np.minimum(ms, length[step])
        line.start[step] = clock[:n]
        paused = plan.pause_length[step] * (plan.pause_at[step] < line.played[step])
        line.end[step] = clock[:n] + line.played[step] + paused
        clock[:n] = line.end[step] + plan.gap[step]
        factor[:n] = np.where(line.skip[step], after_skip, after_other)
    return line


def _milliseconds_until(
    spent: rng.Floats, length_ms: npt.NDArray[np.int64], hazard: SkipHazard
) -> npt.NDArray[np.int64]:
    """Milliseconds of a track until the summed baseline rate is `spent`; beyond its end if it never is."""
    last_ms, last_hazard = hazard.knots_seconds[-1] * 1000, hazard.knots_hazard[-1]
    early = np.interp(spent, hazard.knots_hazard, hazard.knots_seconds) * 1000
    share = (spent - last_hazard) / hazard.tail_hazard
    late = last_ms + share * np.maximum(length_ms - last_ms, 0)
    return np.where(spent < last_hazard, early, late).astype(np.int64)


def _reasons_end(
    line: _Timeline, last: npt.NDArray[np.bool_], layout: _Layout, plan: _Plan, plan_bits: rng.Bits
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Why each playback ended (what is done next names the button), and whether it was abandoned."""
    ends = np.where(line.left, _FWDBTN, _TRACKDONE).astype(np.uint8)
    for here, following in layout.pairs():
        left = line.left[here]
        ends[here] = np.where(left & plan.manual[following], _ENDPLAY, ends[here])
        ends[here] = np.where(left & plan.back[following], _BACKBTN, ends[here])
    stopped = np.flatnonzero(last & line.left)
    ends[stopped] = _FWDBTN
    bits = rng.derive(plan_bits[stopped], 2)
    gone = (rng.uniform16(bits, 0) < planted.ABANDON_SHARE) & line.skip[stopped]
    how = np.array(ABANDON_ENDS, np.uint8)[choose(rng.uniform16(bits, 1), ABANDON_END_SHARES)]
    ends[stopped[gone]] = how[gone]
    abandoned = np.zeros(ends.size, dtype=bool)
    abandoned[stopped[gone]] = True
    return ends, abandoned


def _reasons_start(
    ends: npt.NDArray[np.uint8], layout: _Layout, plan: _Plan, bits: rng.Bits
) -> npt.NDArray[np.uint8]:
    """Why each playback started: the counterpart of how the one before it ended."""
    starts = np.empty_like(ends)
    first = layout.steps[0] if layout.steps else slice(0, 0)
    chance = rng.uniform16(rng.derive(bits[first], 5), 0)
    starts[first] = np.array(FIRST_STARTS, np.uint8)[choose(chance, FIRST_START_SHARES)]
    for here, following in layout.pairs():
        follows = _START_AFTER[ends[here]]
        starts[following] = np.where((follows == _TRACKDONE) & plan.manual[following], _CLICKROW, follows)
    return starts


def _additions(
    plan_bits: rng.Bits, familiar: npt.NDArray[np.bool_], ended_early: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Which playbacks lead to the track being added to a playlist."""
    share = np.where(familiar, planted.ADD_SHARE_FAMILIAR, planted.ADD_SHARE_NEW)
    return (rng.uniform16(rng.derive(plan_bits, 3), 0) < share) & ~ended_early
