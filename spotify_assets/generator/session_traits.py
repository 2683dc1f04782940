"""What holds for a whole session: how long it is, on which device, in which context and mood."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotify_assets.generator import planted, rng
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Behaviour, Choice
from spotify_assets.generator.population import Population, choose
from spotify_assets.generator.schedule import Sessions

MAX_TRACKS = 60
"""Playbacks in the longest session."""
LENGTH_SIGMA = 0.9
"""Spread of the number of playbacks per session (log-normal)."""


@dataclass(frozen=True)
class SessionTraits:
    """What holds for a whole session; one entry per session."""

    tracks: npt.NDArray[np.int64]
    device: npt.NDArray[np.int64]
    context: npt.NDArray[np.int64]
    shuffle: npt.NDArray[np.bool_]
    discovery: npt.NDArray[np.float32]
    playlist: npt.NDArray[np.int64]
    """The part of the repertoire that it mostly plays."""
    eta: npt.NDArray[np.float32]
    """The session's part of the log rate of skipping."""


def session_traits(
    config: GeneratorConfig, sessions: Sessions, users: Population, behaviour: Behaviour
) -> SessionTraits:
    """Length, device, context and mood of each session."""
    hazard = behaviour.hazard
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
        playlist=playlist_of(sessions.key, behaviour.choice),
        eta=eta.astype(np.float32),
    )


def playlist_of(key: rng.Bits, choice: Choice) -> npt.NDArray[np.int64]:
    """The playlist that each session plays from, by the session's key."""
    return (rng.uniform(rng.derive(key, 5)) * choice.playlists).astype(np.int64)
