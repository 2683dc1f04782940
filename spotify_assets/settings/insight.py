"""Settings of weather and costs: a part of `Settings`, which every other module reads."""

from pydantic import Field
from pydantic_settings import BaseSettings


class InsightSettings(BaseSettings):
    """What a person may change about where weather comes from, and what things cost."""

    weather_url: str = Field(
        "https://archive-api.open-meteo.com",
        description="Where hourly weather of declared places comes from.",
    )
    geocoding_url: str = Field(
        "https://geocoding-api.open-meteo.com", description="Where towns are looked up by their names."
    )
    price_cpu_hour: float = Field(
        0.04048, ge=0, description="What an hour of one processor costs, for `spotify-assets cost`."
    )
    price_memory_gb_hour: float = Field(
        0.004445, ge=0, description="What a gigabyte of memory costs for an hour."
    )
    price_storage_gb_month: float = Field(
        0.08, ge=0, description="What a gigabyte of storage costs for a month."
    )
