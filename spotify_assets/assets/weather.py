"""The weather where listeners are, and what listening has to do with it, as assets.

Not here: who declared a place and what the archive says (`weather`), and the statistics (`insight.weather`).
"""

from datetime import UTC, date, datetime
from functools import partial

import dagster as dg
import polars as pl

from spotify_assets.assets.identity import AFTER_ALL
from spotify_assets.assets.spec import IO_MANAGER, about, partitioned, pool_of, reads
from spotify_assets.insight.weather import effects
from spotify_assets.insight.weather.hours import NEEDED, SOUND_MEASURES, listened_hours, with_light
from spotify_assets.partitions import windows
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import WEATHER_EFFECTS, WEATHER_HOURS
from spotify_assets.transforms.zones import with_time_zone
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices
from spotify_assets.weather.declared import DeclaredPlace, read_places
from spotify_assets.weather.kept import folder_of, kept_hours
from spotify_assets.weather.open_meteo import OpenMeteo


def weather_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The hours of declared places, and how listening goes with them. Without a place nobody is asked."""

    @dg.asset(**about(WEATHER_HOURS), **partitioned(settings), io_manager_key=IO_MANAGER)
    def weather_hours(context: dg.AssetExecutionContext) -> Slices:
        declared = {place.place_id: place for place in read_places(settings.places_path)}.values()

        def make(window: Window) -> pl.DataFrame:
            return pl.concat(
                [WEATHER_HOURS.empty(), *(hours_at(settings, place, window) for place in declared)]
            )

        return Slices.of(windows(context), make, rows={})

    @dg.asset(
        **about(WEATHER_EFFECTS),
        pool=pool_of(settings),
        io_manager_key=IO_MANAGER,
        ins={
            "listening_events": reads("core.listening_events"),
            "tracks": reads("core.tracks"),
            "weather_hours": reads("core.weather_hours"),
            "user_profiles": reads("core.user_profiles"),
        },
    )
    def weather_effects(
        listening_events: TableReader,
        tracks: TableReader,
        weather_hours: TableReader,
        user_profiles: pl.DataFrame,
    ) -> pl.DataFrame:
        declared = read_places(settings.places_path)
        if not declared:
            return WEATHER_EFFECTS.empty()
        sound = tracks.as_of(AFTER_ALL, "track_id", ["track_id", *SOUND_MEASURES])
        weather = weather_hours.read()
        heard = []
        for place in declared:
            who = pl.DataFrame({"user_id": [place.user_id]})
            events = listening_events.read(columns=NEEDED, matching=who)
            zoned = with_time_zone(events, user_profiles, settings.default_time_zone)
            here = weather.filter(pl.col("place_id") == place.place_id).rename({"hour_starts_at": "hour"})
            if events.height and here.height:
                zone = str(zoned["time_zone"].mode().sort()[0])
                heard.append(listened_hours(events, here, sound, zone, place.latitude))
        return effects.weather_effects(pl.concat(heard)) if heard else WEATHER_EFFECTS.empty()

    return [weather_hours, weather_effects]


def hours_at(settings: Settings, place: DeclaredPlace, window: Window) -> pl.DataFrame:
    """The hours of one place in a window, as core.weather_hours."""
    client = OpenMeteo(settings.weather_url, settings.geocoding_url)
    today: date = datetime.now(UTC).date()
    folder = folder_of(settings.lake, place.place_id)
    ask = partial(client.hours, place.latitude, place.longitude)
    hours = with_light(kept_hours(folder, window, ask, today), place.latitude, place.longitude)
    return hours.select(
        place_id=pl.lit(place.place_id),
        place_name=pl.lit(place.name),
        is_of_country=pl.lit(place.of_country),
        latitude=pl.lit(place.latitude),
        longitude=pl.lit(place.longitude),
        hour_starts_at="hour",
        event_date=pl.col("hour").dt.date(),
        temperature_c="temperature_c",
        rain_mm="rain_mm",
        cloud_cover="cloud_cover",
        is_daylight="is_daylight",
    )
