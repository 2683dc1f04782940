"""The same backfill by several engines: raw files → listening events → daily metrics → features.

Each module has `run(settings, window)`, which does all of the work over the lake of `settings` and says what
it cost; starting up and cleaning the catalogue are left out. The tables are left in the DuckDB file of
`settings`, or as Parquet below `PARQUET` of its data folder. Every engine keeps what it is known for: no one
is made to work in another's way.
"""

from collections.abc import Mapping

from spotify_assets.tables import DAILY_TRACK_METRICS, LISTENING_EVENTS, MODEL_FEATURES, Table

ENGINES: Mapping[str, str] = {
    "script": "one hand-written DuckDB script over all days at once",
    "assets": "the product: one Dagster run over the range, checked slice by slice",
    "stock": "the same transforms as plain assets, DuckDBPolarsIOManager on DuckDB 1.5",
    "pandas": "eager pandas, day by day, what the next day needs kept in memory",
    "spark": "PySpark local[2], Spark SQL over all days at once",
}
"""The engines by module name, the yardstick first."""
PARQUET = "tables"
"""Folder of the tables of engines that write Parquet: `<schema>.<table>/*.parquet`."""
COMPARED: tuple[Table, ...] = (LISTENING_EVENTS, DAILY_TRACK_METRICS, MODEL_FEATURES)
"""What every engine makes."""
OF_SEVERAL_SOURCES = ("reported_at", "filled_from", "known_duration_ms", "unknowns")
"""Columns that are empty or 0, or the length of the catalogue again, where one source tells everything."""
