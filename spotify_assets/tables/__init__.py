"""The table catalogue: one declaration per table that the product itself writes.

From it come the DDL, the Polars schemas, the column metadata and lineage in the Dagster UI, the generated
asset checks, the dbt sources and `docs/tables.md`. A rule that a table must meet is written here and nowhere
else.

Here belongs: names, types, keys, ranges, origins and meanings of columns. Not here: how rows are made
(`sources`, `transforms`, `skip`), how they are stored (`warehouse`) or when (`automation`). Tables that
dbt builds are described in dbt's own YAML.
"""

from collections.abc import Mapping

from spotify_assets.tables.core import (
    ARTISTS,
    COUNTRIES,
    DAILY_TRACK_METRICS,
    LISTENING_HOURS,
    PLAYED_TRACKS,
    RECORDINGS,
    TRACK_ARTISTS,
    TRACK_GENRES,
    TRACKS,
    USER_PROFILES,
)
from spotify_assets.tables.events import LISTENING_EVENTS
from spotify_assets.tables.features import (
    MODEL_FEATURES,
)
from spotify_assets.tables.fields import (
    ACTIONS,
    AUDIO_FEATURES,
    CONTENT_TYPES,
    OUTCOMES,
    PLAYBACK_ACTIONS,
    SOUND,
    TRACK_ID,
)
from spotify_assets.tables.insight import UNUSUAL_LISTENING, WEATHER_EFFECTS, WEATHER_HOURS
from spotify_assets.tables.ml import (
    FEATURE_DRIFT,
    MODEL_REGISTRY,
    POPULARITY_COEFFICIENTS,
    POPULARITY_MODEL,
    SKIP_CURVES,
    SKIP_FLAG_AGREEMENT,
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    SKIP_MODEL,
    SKIP_MODEL_COEFFICIENTS,
    SKIP_PREDICTIONS,
    SKIP_SURVIVAL,
)
from spotify_assets.tables.model import (
    POLARS_TYPES,
    Column,
    DuckDBType,
    Expectation,
    Statistic,
    Table,
)
from spotify_assets.tables.ops import (
    CHECK_RESULTS,
    DUPLICATE_PLAYS,
    IMPORT_RECEIPTS,
    REJECTED_ROWS,
    ROW_COUNTS,
    RUN_COSTS,
)
from spotify_assets.tables.raw import (
    RAW_EVENTS,
    RAW_TRACKS,
)
from spotify_assets.tables.recommend import RECOMMENDATION_QUALITY, RECOMMENDATIONS

TABLES: Mapping[str, Table] = {
    table.full_name: table
    for table in (
        RAW_TRACKS,
        RAW_EVENTS,
        TRACKS,
        ARTISTS,
        TRACK_ARTISTS,
        TRACK_GENRES,
        LISTENING_EVENTS,
        COUNTRIES,
        USER_PROFILES,
        PLAYED_TRACKS,
        RECORDINGS,
        LISTENING_HOURS,
        WEATHER_HOURS,
        WEATHER_EFFECTS,
        DAILY_TRACK_METRICS,
        MODEL_FEATURES,
        SKIP_MODEL,
        SKIP_MODEL_COEFFICIENTS,
        SKIP_LADDER,
        SKIP_LADDER_COEFFICIENTS,
        FEATURE_DRIFT,
        SKIP_CURVES,
        SKIP_PREDICTIONS,
        MODEL_REGISTRY,
        SKIP_SURVIVAL,
        SKIP_FLAG_AGREEMENT,
        POPULARITY_MODEL,
        POPULARITY_COEFFICIENTS,
        RECOMMENDATIONS,
        RECOMMENDATION_QUALITY,
        UNUSUAL_LISTENING,
        IMPORT_RECEIPTS,
        REJECTED_ROWS,
        DUPLICATE_PLAYS,
        ROW_COUNTS,
        CHECK_RESULTS,
        RUN_COSTS,
    )
}
"""Every table of the catalogue, by `schema.table`."""

__all__ = [
    "ACTIONS",
    "ARTISTS",
    "AUDIO_FEATURES",
    "CHECK_RESULTS",
    "CONTENT_TYPES",
    "COUNTRIES",
    "DAILY_TRACK_METRICS",
    "DUPLICATE_PLAYS",
    "FEATURE_DRIFT",
    "IMPORT_RECEIPTS",
    "LISTENING_EVENTS",
    "LISTENING_HOURS",
    "MODEL_FEATURES",
    "MODEL_REGISTRY",
    "OUTCOMES",
    "PLAYBACK_ACTIONS",
    "PLAYED_TRACKS",
    "POLARS_TYPES",
    "POPULARITY_COEFFICIENTS",
    "POPULARITY_MODEL",
    "RAW_EVENTS",
    "RAW_TRACKS",
    "RECOMMENDATIONS",
    "RECOMMENDATION_QUALITY",
    "RECORDINGS",
    "REJECTED_ROWS",
    "ROW_COUNTS",
    "RUN_COSTS",
    "SKIP_CURVES",
    "SKIP_FLAG_AGREEMENT",
    "SKIP_LADDER",
    "SKIP_LADDER_COEFFICIENTS",
    "SKIP_MODEL",
    "SKIP_MODEL_COEFFICIENTS",
    "SKIP_PREDICTIONS",
    "SKIP_SURVIVAL",
    "SOUND",
    "TABLES",
    "TRACKS",
    "TRACK_ARTISTS",
    "TRACK_GENRES",
    "TRACK_ID",
    "UNUSUAL_LISTENING",
    "USER_PROFILES",
    "WEATHER_EFFECTS",
    "WEATHER_HOURS",
    "Column",
    "DuckDBType",
    "Expectation",
    "Statistic",
    "Table",
]
