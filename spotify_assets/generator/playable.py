"""The tracks that listeners draw from: one row per track of a catalogue, as arrays."""

import zlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.generator import rng
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import Behaviour, Choice

TASTE_FEATURES = ("danceability", "energy", "acousticness", "valence")
"""Features in which tastes differ from user to user."""
Z_LIMIT = 3.0
"""Standardised features are clipped here, so that one odd recording does not dominate."""
QUANTILE_CELLS = 1 << 16
"""Cells of the table that turns a uniform number into a track; one per value of 16 bits."""

_USUAL_LENGTH_MS = 200_000
"""Length of tracks where a catalogue has none: the median of `catalogue.MARGINALS`."""
LEAN_STEPS = 12
EVEN_STEPS = 20
"""Halvings by which are found the leaning of ranks towards lengths, and the part of draws for all alike."""

_REQUIRED = ("track_id", "duration_ms", "popularity")


EPOCH = date(1970, 1, 1)
ALWAYS = np.iinfo(np.int32).max
"""A day, since 1970, that never comes."""


@dataclass(frozen=True)
class Availability:
    """The days (since 1970) from and to which each track can be played, and what is played in its place
    before and after: the next track that always can."""

    first_day: npt.NDArray[np.int32]
    last_day: npt.NDArray[np.int32]
    stand_in: npt.NDArray[np.int32]

    def on(self, track: npt.NDArray[np.int32], day: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Each track, or its stand-in where it cannot be played on the day."""
        there = (self.first_day[track] <= day) & (day <= self.last_day[track])
        return np.where(there, track, self.stand_in[track])


@dataclass(frozen=True)
class Playable:
    """Tracks that can be played, one per index, in the order of how often they are drawn.

    `names` has the columns `track_id`, `track_name`, `artist_name` and `album_name`. `taste` holds the
    `TASTE_FEATURES`, standardised over plays; `audio_effect` the track's part of the log rate of skipping,
    0 for the mean play. `quantiles[i]` is the (fractional) index at probability i / `QUANTILE_CELLS`.
    """

    names: pl.DataFrame
    duration_ms: npt.NDArray[np.int64]
    audio_effect: npt.NDArray[np.float32]
    taste: npt.NDArray[np.float32]
    quantiles: npt.NDArray[np.float32]
    scale: dict[str, tuple[float, float]]
    """Mean and standard deviation by which each audio feature was standardised."""
    availability: Availability | None = None
    """When each track can be played; None where all of them always can."""

    def draw(self, bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
        """One track for each 32 random bits: the high half picks a cell, the low half a point in it."""
        cell = bits >> np.uint32(16)
        point = (bits & np.uint32(0xFFFF)).astype(np.float32) * np.float32(2.0**-16)
        low = self.quantiles[cell]
        drawn: npt.NDArray[np.float32] = low + point * (self.quantiles[cell + np.uint32(1)] - low)
        return drawn.astype(np.int32)


def playable(tracks: pl.DataFrame, config: GeneratorConfig, behaviour: Behaviour) -> Playable:
    """The playable tracks of a catalogue frame (raw or clean).

    Rows of one track are merged (first values, highest popularity). Tracks without id or with length 0
    are left out; an unknown length becomes the median (200 s where none is known), an unknown feature the
    mean. `available_from` and `available_to` (UTC dates, null for no limit) say when a track can be played,
    where the frame has them.

    Raises:
        ValueError: a column that is needed is missing, or no track can be played.
    """
    hazard, choice = behaviour.hazard, behaviour.choice
    missing = [name for name in _REQUIRED if name not in tracks.columns]
    if missing:
        raise ValueError(
            f"The catalogue frame lacks {', '.join(missing)}; it has {', '.join(tracks.columns)}"
        )
    median = pl.col("duration_ms").median()
    rows = (
        tracks.filter(pl.col("track_id").is_not_null() & (pl.col("duration_ms").fill_null(1) > 0))
        .with_columns(pl.col("popularity").max().over("track_id").fill_null(0))
        .unique("track_id", keep="first", maintain_order=True)
        .with_columns(pl.col("duration_ms").fill_null(median).fill_null(_USUAL_LENGTH_MS).cast(pl.Int64))
    )
    if rows.is_empty():
        raise ValueError("The catalogue frame has no track with an id and a length above 0")

    checksums = np.array([zlib.crc32(track_id.encode()) for track_id in rows["track_id"]])
    noise = rng.normal(rng.bits_of(rng.key(config.seed, "track-rank"), checksums)) * choice.popularity_noise
    weights = draw_weights(rows.height, choice, expected_draws(config, choice))
    rows = rows[
        _order(rows["popularity"].to_numpy() + noise, rows["duration_ms"].to_numpy(), weights, choice)
    ]

    features = {name: _standardised(rows, name) for name in {*hazard.audio, *TASTE_FEATURES}}
    effect = sum((beta * features[name][0] for name, beta in hazard.audio.items()), np.zeros(rows.height))
    # The few most played tracks would otherwise set the level of skipping of the whole population.
    effect -= (weights * effect[: weights.size]).sum()
    return Playable(
        names=_names(rows),
        duration_ms=rows["duration_ms"].to_numpy(),
        audio_effect=effect.astype(np.float32),
        taste=_as_played(np.stack([features[name][0] for name in TASTE_FEATURES], axis=1), weights),
        quantiles=_quantiles(weights),
        scale={name: scale for name, (_, scale) in sorted(features.items())},
        availability=_availability(rows),
    )


def _order(
    score: npt.NDArray[np.float64],
    length_ms: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    choice: Choice,
) -> npt.NDArray[np.int64]:
    """Tracks by falling score, leaning towards longer or shorter ones until draws have the mean length.

    A handful of hits decides how long the mean play is, and with it how many skips fit into an hour; whether
    they are two or four minutes long is an accident of the catalogue.
    """
    z = np.log(length_ms)
    z = np.clip((z - z.mean()) / max(float(z.std()), 1e-9), -Z_LIMIT, Z_LIMIT)

    def leaning(points: float) -> npt.NDArray[np.int64]:
        return np.argsort(-(score + points * z), kind="stable")

    low, high = -choice.length_lean, choice.length_lean
    for _ in range(LEAN_STEPS):
        middle = (low + high) / 2
        if weights @ length_ms[leaning(middle)[: weights.size]] < choice.mean_length_ms:
            low = middle
        else:
            high = middle
    return leaning((low + high) / 2)


def _availability(rows: pl.DataFrame) -> Availability | None:
    """When each track can be played; None where no track has a limit, or every track has one."""
    if "available_from" not in rows.columns:
        return None
    limited = rows.select(
        pl.col("available_from").is_not_null() | pl.col("available_to").is_not_null()
    ).to_series()
    if not limited.any() or limited.all():
        return None
    since_1970 = (
        (rows["available_from"] - EPOCH).dt.total_days(),
        (rows["available_to"] - EPOCH).dt.total_days(),
    )
    free = np.flatnonzero(~limited.to_numpy())
    following = np.searchsorted(free, np.arange(rows.height)) % free.size
    return Availability(
        first_day=since_1970[0].fill_null(-ALWAYS).to_numpy().astype(np.int32),
        last_day=since_1970[1].fill_null(ALWAYS).to_numpy().astype(np.int32),
        stand_in=free[following].astype(np.int32),
    )


def _standardised(rows: pl.DataFrame, name: str) -> tuple[npt.NDArray[np.float64], tuple[float, float]]:
    """A feature in standard deviations from its mean, 0 where unknown, with mean and deviation."""
    values = rows[name].cast(pl.Float64).to_numpy() if name in rows.columns else np.full(rows.height, np.nan)
    if name == "tempo":
        values = np.where(values > 0, values, np.nan)
    known = values[np.isfinite(values)]
    mean, deviation = (float(known.mean()), float(known.std())) if known.size else (0.0, 0.0)
    if deviation == 0.0:
        return np.zeros(rows.height), (mean, 1.0)
    z = np.clip((np.nan_to_num(values, nan=mean) - mean) / deviation, -Z_LIMIT, Z_LIMIT)
    return z, (mean, deviation)


def _as_played(
    features: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Features (one column each) in standard deviations from the mean of what is played.

    Over plays, fit then has the same mean and spread whatever the catalogue's hits sound like.
    """
    drawn = features[: weights.size]
    mean = weights @ drawn
    deviation = np.sqrt(weights @ (drawn - mean) ** 2)
    deviation[deviation == 0] = 1.0
    scaled: npt.NDArray[np.float64] = (features - mean) / deviation
    return scaled.astype(np.float32)


def _names(rows: pl.DataFrame) -> pl.DataFrame:
    """Names as an export gives them: the track, its main artist, its album; null where unknown."""
    if "primary_artist_name" in rows.columns:
        artist = pl.col("primary_artist_name")
    elif "artists" in rows.columns:
        artist = pl.col("artists").str.split(";").list.first()
    else:
        artist = pl.lit(None, pl.String)
    return rows.select(
        "track_id",
        *(
            pl.col(name) if name in rows.columns else pl.lit(None, pl.String).alias(name)
            for name in ("track_name", "album_name")
        ),
        artist.alias("artist_name"),
    )


def expected_draws(config: GeneratorConfig, choice: Choice) -> float:
    """Draws of a track by all users together in the days over which `unplayed_share` is meant."""
    plays = config.users * config.sessions_per_day * config.tracks_per_session * choice.unplayed_days
    return plays * choice.draws_per_play


def draw_weights(tracks: int, choice: Choice, draws: float) -> npt.NDArray[np.float64]:
    """Probability of each rank that is ever drawn, such that `draws` draws leave `unplayed_share` unplayed.

    Where chance leaves fewer, the last ranks are never drawn. Where it leaves more, a part of the draws falls
    on all ranks alike, at most `evenly_at_most`.
    """
    wanted = tracks * (1 - choice.unplayed_share)

    def heard(weights: npt.NDArray[np.float64]) -> float:
        return float((1 - np.exp(-draws * weights)).sum())

    weights = _weights(tracks, choice)
    if heard(weights) < wanted:
        low, high = 0.0, choice.evenly_at_most
        for _ in range(EVEN_STEPS):
            middle = (low + high) / 2
            if heard((1 - middle) * weights + middle / tracks) < wanted:
                low = middle
            else:
                high = middle
        return (1 - high) * weights + high / tracks
    first, last = max(1, round(wanted)), tracks
    while first < last:
        ranks = (first + last) // 2
        if heard(_weights(ranks, choice)) < wanted:
            first = ranks + 1
        else:
            last = ranks
    return _weights(first, choice)


def _weights(ranks: int, choice: Choice) -> npt.NDArray[np.float64]:
    """Probability of each of the first ranks by the Zipf-Mandelbrot law."""
    weight = np.exp(-choice.zipf_exponent * np.log(np.arange(1, ranks + 1) + choice.head_ranks))
    normalised: npt.NDArray[np.float64] = weight / weight.sum()
    return normalised


def _quantiles(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The quantile function of the draw over the ranks that are ever drawn."""
    cumulative = np.concatenate([[0.0], weights.cumsum()])
    table = np.interp(np.linspace(0, 1, QUANTILE_CELLS + 1), cumulative, np.arange(cumulative.size))
    # A draw of the last point must stay below the number of ranks.
    return np.minimum(table, np.nextafter(np.float32(weights.size), np.float32(0))).astype(np.float32)
