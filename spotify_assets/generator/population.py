"""The synthetic users: who they are, where and when they listen, what they like."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.generator import planted, rng
from spotify_assets.generator.config import MAX_SESSIONS_PER_DAY, GeneratorConfig
from spotify_assets.generator.planted import Behaviour
from spotify_assets.generator.playable import TASTE_FEATURES

ACTIVITY_LIMIT = 0.95
"""The busiest user takes this share of the chances to start a session."""

SPREAD_BY = {
    "activity": 11,
    "premium": 5,
    "device": 43,
    "patience": 19,
    "curiosity": 13,
    "place": 2,
    "chronotype": 3,
}
"""The prime by which each trait is spread over the users, see `rng.evenly`. Of 400 choices tried, the one by
which a thousand users vary least from seed to seed: premium sessions, devices' time, patience by device."""


@dataclass(frozen=True)
class Population:
    """One entry per user in each array; indices point into the tuples of `planted`."""

    user_id: pl.Series
    place: npt.NDArray[np.int64]
    premium: npt.NDArray[np.bool_]
    primary_device: npt.NDArray[np.int64]
    session_chance: npt.NDArray[np.float64]
    """Probability that one of the `MAX_SESSIONS_PER_DAY` chances of a mean day becomes a session."""
    chronotype_hours: npt.NDArray[np.float64]
    patience: npt.NDArray[np.float64]
    curiosity: npt.NDArray[np.float64]
    """Discovery relative to the mean."""
    taste: npt.NDArray[np.float32]
    """Weights of `TASTE_FEATURES`, one row per user, of unit length."""
    playlist_taste: npt.NDArray[np.float32]
    """Likewise of each of a user's playlists, which leans away from the user's taste."""
    flag_mode: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user_id)


def population(config: GeneratorConfig, behaviour: Behaviour) -> Population:
    """The users of a configuration; the i-th user depends on nothing but the seed, i and the parameters.

    What a few users would tilt is spread evenly over them rather than drawn for each: of a thousand users,
    thirty listen in a browser and twenty make a tenth of all sessions, so that chance alone would move shares
    of devices and subscriptions from seed to seed by more than their tolerance.
    """
    rhythm, hazard = behaviour.rhythm, behaviour.hazard
    index = np.arange(config.users)

    def bits(purpose: str) -> rng.Bits:
        return rng.bits_of(rng.key(config.seed, f"user/{purpose}"), index)

    def evenly(purpose: str) -> rng.Floats:
        return rng.uniform(rng.evenly(rng.key(config.seed, f"user/{purpose}"), index, SPREAD_BY[purpose]))

    deviation = rhythm.activity_sigma * rng.normal_at(evenly("activity"))
    activity = np.exp(deviation - rhythm.activity_sigma**2 / 2)
    weights = np.stack([rng.normal(bits(f"taste/{name}")) for name in TASTE_FEATURES], axis=1)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    playlist = index[:, None] * behaviour.choice.playlists + np.arange(behaviour.choice.playlists)
    lean = np.stack(
        [
            rng.normal(rng.bits_of(rng.key(config.seed, f"playlist/{name}"), playlist))
            for name in TASTE_FEATURES
        ],
        axis=2,
    )
    lean /= np.linalg.norm(lean, axis=2, keepdims=True)
    leaning = weights[:, None, :] + behaviour.choice.playlist_lean * lean
    leaning /= np.linalg.norm(leaning, axis=2, keepdims=True)
    return Population(
        user_id=user_ids(config),
        place=choose(evenly("place"), [weight for _, _, weight in planted.PLACES]),
        premium=evenly("premium") < planted.PREMIUM_SHARE,
        primary_device=choose(evenly("device"), planted.DEVICE_SHARES),
        session_chance=np.minimum(config.sessions_per_day * activity / MAX_SESSIONS_PER_DAY, ACTIVITY_LIMIT),
        chronotype_hours=rhythm.chronotype_sd_hours * rng.normal_at(evenly("chronotype")),
        patience=hazard.patience_sd * rng.normal_at(evenly("patience")),
        curiosity=2.0 * evenly("curiosity"),
        taste=weights.astype(np.float32),
        playlist_taste=leaning.astype(np.float32),
        flag_mode=choose(rng.uniform(bits("flag")), planted.FLAG_MODE_SHARES),
    )


def user_ids(config: GeneratorConfig) -> pl.Series:
    """Pseudonyms; those of another seed are other people."""
    number = pl.Series(np.arange(config.users)).cast(pl.String).str.zfill(7)
    return (pl.Series([f"synthetic-{config.seed}-"]) + number).alias("user_id")


def choose(uniforms: npt.NDArray[np.floating], weights: list[float] | tuple[float, ...]) -> rng.Ints:
    """Index of the weighted option that each uniform number falls on."""
    cumulative = np.cumsum(weights) / np.sum(weights)
    return np.minimum(np.searchsorted(cumulative, uniforms, side="right"), len(weights) - 1)
