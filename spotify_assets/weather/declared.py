"""The file of declared places, `<data>/places.toml`, which people may edit by hand.

    [[place]]
    user = "me"
    city = "Hamburg"
    latitude = 53.55
    longitude = 9.99

    [[place]]
    user = "ben"
    country = "DE"              # the principal town of the country's main time zone

Places are kept to the hundredth of a degree, a kilometre: the weather is of a town, not of a house.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from spotify_assets.lake.hand_written import append_table, read_tables, remove_tables
from spotify_assets.transforms.towns import towns
from spotify_assets.transforms.zones import countries

_TABLE = "place"


@dataclass(frozen=True)
class DeclaredPlace:
    """Where a listener is: a name for people, degrees, and whether it stands for a whole country."""

    user_id: str
    name: str
    latitude: float
    longitude: float
    of_country: bool = False

    def __post_init__(self) -> None:
        """Keep a town's precision.

        Raises:
            ValueError: it is no place on earth.
        """
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError(f"latitude {self.latitude}, longitude {self.longitude} is nowhere on earth")
        object.__setattr__(self, "latitude", round(float(self.latitude), 2))
        object.__setattr__(self, "longitude", round(float(self.longitude), 2))

    @property
    def place_id(self) -> str:
        """The place without the listener."""
        return f"{self.latitude:.2f},{self.longitude:.2f}"

    @classmethod
    def in_country(cls, user_id: str, country: str) -> "DeclaredPlace":
        """The principal town of a country's main time zone, mostly its capital.

        Raises:
            ValueError: there is no such country.
        """
        main = countries().filter(pl.col("country") == country).select("country", "country_name", "time_zone")
        found = towns().join(main, on=["country", "time_zone"])
        if found.is_empty():
            raise ValueError(f"country {country} is none of ISO 3166-1 alpha-2: give one such as DE")
        row = found.row(0, named=True)
        town = row["time_zone"].rsplit("/", 1)[-1].replace("_", " ")
        return cls(
            user_id, f"{town} for {row['country_name']}", row["latitude"], row["longitude"], of_country=True
        )


def read_places(path: Path) -> list[DeclaredPlace]:
    """The places of the file in their order, one a listener; none where there is no file.

    Raises:
        ValueError: the file is no TOML, or a place is none; the message names the file and the place.
    """
    tables = read_tables(path, _TABLE)
    found = [_place(table, f"{path}, place {number}") for number, table in enumerate(tables, start=1)]
    users = [place.user_id for place in found]
    if twice := sorted({user for user in users if users.count(user) > 1}):
        raise ValueError(f"{path}: {twice[0]} has several places; keep one")
    return found


def declare(path: Path, user_id: str, **declared: str | float) -> DeclaredPlace:
    """Write where a listener is, in place of what was declared before; the file keeps its comments.

    Raises:
        ValueError: it is no place.
    """
    made = _place({"user": user_id, **declared}, "the place")
    forget_place(path, user_id)
    append_table(path, _TABLE, {"user": user_id, **declared})
    return made


def forget_place(path: Path, user_id: str) -> int:
    """Remove the place of a listener; returns how many there were."""
    users = [place.user_id for place in read_places(path)]
    if user_id not in users:
        return 0
    remove_tables(path, _TABLE, [users.index(user_id) + 1])
    return 1


def _place(table: object, where: str) -> DeclaredPlace:
    if not isinstance(table, Mapping):
        raise ValueError(f"{where}: it is no table")
    town, country = {"user", "city", "latitude", "longitude"}, {"user", "country"}
    if table.keys() not in (town, country):
        raise ValueError(f"{where}: it has user and country, or {', '.join(sorted(town))}")
    texts = [table["user"], table.get("city", table.get("country"))]
    numbers = [table.get("latitude", 0.0), table.get("longitude", 0.0)]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise ValueError(f"{where}: user, city and country are texts")
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
        raise ValueError(f"{where}: latitude and longitude are degrees")
    try:
        if table.keys() == country:
            return DeclaredPlace.in_country(table["user"], table["country"])
        return DeclaredPlace(table["user"], table["city"], *numbers)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
