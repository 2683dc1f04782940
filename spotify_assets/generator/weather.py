"""Planted weather: made-up hours of a made-up town, listeners whom rain makes sad, and the answer key.

The town lies in the middle of the Atlantic, where nobody declares a place, so that what is made up and what
an archive told never meet. Hours follow from the seed and their date, as events do.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.generator import rng
from spotify_assets.lake import layout
from spotify_assets.places import PlaceT

TOWN, LATITUDE, LONGITUDE = "Made-up Haven", 48.0, -30.0
DECLARING = 50
"""Listeners who declare that they live there, at most."""
RAIN_MM = 0.5
"""Of a wet hour; others have none."""
SAD_SHARE = 0.07
"""Of the catalogue, the tracks of least valence, which are sad."""
CHANCE = 0.35
"""Of a play in a session that begins in a wet hour to be of a sad track, whatever else would be played."""
_HOUR_MS = 3_600_000
KEY_SCHEMA = pl.Schema({"condition": pl.String(), "measure": pl.String(), "sign": pl.Int64()})
"""One row per planted effect; what goes along with it (energy, with valence) is not in it."""


@dataclass(frozen=True)
class RainMood:
    """What rain makes of listening: `wet` are the hours since 1970 in which it rains.

    A listener is as patient with a sad track as with what they would else hear.
    """

    wet: npt.NDArray[np.int64]
    chance: float = CHANCE

    def instead(
        self,
        track: npt.NDArray[np.int32],
        begun_ms: npt.NDArray[np.int64],
        bits: rng.Bits,
        valence: npt.NDArray[np.float32],
    ) -> npt.NDArray[np.int32]:
        """The tracks of plays whose sessions began at `begun_ms`, sad ones where rain makes them so.

        `valence` is that of every track that there is.
        """
        sad = np.argsort(valence, kind="stable")[: max(20, round(SAD_SHARE * valence.size))]
        gloomy = np.isin(begun_ms // _HOUR_MS, self.wet) & (rng.uniform16(bits, 0) < self.chance)
        drawn = sad[(rng.uniform16(bits, 1) * sad.size).astype(np.int64)]
        return np.where(gloomy, drawn, track).astype(np.int32)


def made_hours(seed: int, first: date, last: date) -> pl.DataFrame:
    """The hours of the town: rain that lasts for hours and days, warm summers and afternoons.

    One row per hour from `first` to `last`, both included: `hour` (UTC), `temperature_c`, `rain_mm`,
    `cloud_cover`, as the archive has them.
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    hours = np.arange(24)
    frames = []
    for day in days:
        # What lasts is a sum over three days, each of which is drawn for itself. Rain and warmth are drawn
        # apart: else what rain does would be found of warmth.
        about = [_drawn(seed, day + timedelta(days=n)).normal(size=2) for n in (-1, 0, 1)]
        rain, warmth = np.sum(about, axis=0)
        noise = _drawn(seed, day, 24).normal(size=(2, 24))
        season = np.cos(2 * np.pi * day.timetuple().tm_yday / 365)
        of_day = np.cos(2 * np.pi * (hours - 3) / 24)
        wet = rain + noise[0] > 1.5
        frames.append(
            pl.DataFrame(
                {
                    "hour": [datetime.combine(day, time(hour)) for hour in range(24)],
                    "temperature_c": (10 - 10 * season - 4 * of_day - 2 * warmth + noise[1]).round(1),
                    "rain_mm": np.where(wet, RAIN_MM, 0.0),
                    "cloud_cover": np.where(wet, 90.0, 20.0),
                }
            )
        )
    return pl.concat(frames)


def rain_mood(hours: pl.DataFrame, chance: float = CHANCE) -> RainMood:
    """The mood that goes with made-up hours."""
    wet = hours.filter(pl.col("rain_mm") > 0)["hour"].dt.epoch("s") // 3_600
    return RainMood(wet.to_numpy(), chance)


def key_path(lake_dir: PlaceT, seed: int) -> PlaceT:
    """Where the answer key of a seed stands: beside the data, in a folder that no reader takes for data."""
    return lake_dir / "_truth" / f"weather-seed{seed}.parquet"


def write_key(lake_dir: PlaceT, seed: int) -> PlaceT:
    """Write the answer key beside the data; returns its path."""
    key = pl.DataFrame([("rain", "valence", -1)], schema=KEY_SCHEMA, orient="row")
    return layout.write_parquet(key_path(lake_dir, seed), key)


def _drawn(seed: int, day: date, purpose: int = 0) -> np.random.Generator:
    return np.random.default_rng([seed, day.toordinal(), 31, purpose])
