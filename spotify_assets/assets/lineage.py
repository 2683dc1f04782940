"""Column lineage: which columns of its inputs each column of a table is made from.

A column that has the same name in an input comes from there; what is derived is declared here. It is the
lineage of a table's definition, the same for every run. Here belongs: what the graph of assets cannot say.
"""

from collections.abc import Iterable, Mapping

import dagster as dg

from spotify_assets.tables import TABLES

_EVENTS, _RAW, _TRACKS = "core.listening_events", "raw.raw_events", "raw.raw_tracks"
_OUTCOME = (f"{_EVENTS}.outcome",)
_EARLIER_OUTCOMES = (f"{_EVENTS}.outcome", f"{_EVENTS}.user_id", f"{_EVENTS}.ended_at")

DERIVED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "core.tracks": {
        "track_name": (f"{_TRACKS}.track_name",),
        "artist_names": (f"{_TRACKS}.artists",),
        "primary_artist_id": (f"{_TRACKS}.artists",),
        "primary_artist_name": (f"{_TRACKS}.artists",),
        "artist_count": (f"{_TRACKS}.artists",),
        "popularity_spread": (f"{_TRACKS}.popularity",),
        "primary_genre": (f"{_TRACKS}.genre",),
        "genre_count": (f"{_TRACKS}.genre",),
        "source_rows": (f"{_TRACKS}.source_row",),
    },
    "core.artists": {
        "artist_id": (f"{_TRACKS}.artists",),
        "artist_name": (f"{_TRACKS}.artists",),
        "track_count": (f"{_TRACKS}.track_id",),
        "mean_popularity": (f"{_TRACKS}.popularity",),
    },
    "core.track_artists": {
        "position": (f"{_TRACKS}.artists",),
        "artist_id": (f"{_TRACKS}.artists",),
    },
    "core.track_genres": {
        "genre": (f"{_TRACKS}.genre",),
        "weight": (f"{_TRACKS}.genre",),
    },
    _EVENTS: {
        "session_id": (f"{_RAW}.user_id", f"{_RAW}.started_at", f"{_RAW}.ended_at"),
        "session_position": (f"{_RAW}.user_id", f"{_RAW}.started_at", f"{_RAW}.action"),
        "track_key": (f"{_RAW}.track_id", f"{_RAW}.track_name", f"{_RAW}.artist_name"),
        "track_duration_ms": ("core.tracks.duration_ms",),
        "filled_from": (f"{_RAW}.source",),
        "known_duration_ms": ("core.tracks.duration_ms", f"{_RAW}.ms_played", f"{_RAW}.reason_end"),
        "outcome": (
            f"{_RAW}.reason_end",
            f"{_RAW}.skipped",
            f"{_RAW}.ms_played",
            "core.tracks.duration_ms",
        ),
        "is_stream": (f"{_RAW}.ms_played", "core.tracks.duration_ms"),
    },
    "core.daily_track_metrics": {
        "plays": (f"{_EVENTS}.action",),
        "streams": (f"{_EVENTS}.is_stream",),
        "skips": _OUTCOME,
        "completes": _OUTCOME,
        "abandons": _OUTCOME,
        "unknowns": _OUTCOME,
        "skip_rate": _OUTCOME,
        "listeners": (f"{_EVENTS}.user_id",),
        "playlist_adds": (f"{_EVENTS}.action",),
        "pauses": (f"{_EVENTS}.action",),
    },
    "core.played_tracks": {"playbacks": (f"{_EVENTS}.action",)},
    "core.recordings": {
        "recording_id": ("core.tracks.isrc", "core.tracks.track_name", "core.tracks.artist_names"),
        "matched_by": ("core.tracks.isrc",),
        "catalogue_track_id": ("core.tracks.track_id",),
    },
    "core.listening_hours": {
        "hour_starts_at": (f"{_EVENTS}.started_at", f"{_EVENTS}.ended_at"),
        "local_date": (f"{_EVENTS}.ended_at", "core.user_profiles.time_zone"),
        "local_hour": (f"{_EVENTS}.ended_at", "core.user_profiles.time_zone"),
        "ms_listened": (f"{_EVENTS}.ms_played",),
        "ms_overlapping": (f"{_EVENTS}.ms_played",),
    },
    "ml.model_features": {
        "is_skip": _OUTCOME,
        "hour_utc": (f"{_EVENTS}.started_at",),
        "weekday": (f"{_EVENTS}.started_at",),
        "previous_is_skip": _EARLIER_OUTCOMES,
        "recent_skip_rate": _EARLIER_OUTCOMES,
        "gap_seconds": (f"{_EVENTS}.started_at", f"{_EVENTS}.ended_at"),
        "user_plays": (f"{_EVENTS}.user_id",),
        "user_skip_rate": _EARLIER_OUTCOMES,
        "user_track_plays": (f"{_EVENTS}.user_id", f"{_EVENTS}.track_id"),
        "user_track_skip_rate": (*_EARLIER_OUTCOMES, f"{_EVENTS}.track_id"),
        "user_artist_plays": (f"{_EVENTS}.user_id", "core.tracks.primary_artist_id"),
        "user_artist_skip_rate": (*_EARLIER_OUTCOMES, "core.tracks.primary_artist_id"),
    },
}
"""What columns are made from, by table and column, as `schema.table.column`."""


def column_lineage(
    table: str, columns: Iterable[str], inputs: Mapping[str, Iterable[str]]
) -> dg.TableColumnLineage:
    """The lineage of a table's columns; `inputs` are the columns of each table that it is made from.

    A column without an entry is made from none in particular, as keys made from whole rows are.
    """
    derived = DERIVED.get(table, {})
    deps: dict[str, list[dg.TableColumnDep]] = {}
    for column in columns:
        sources = derived.get(column) or [
            f"{name}.{column}" for name, known in sorted(inputs.items()) if column in set(known)
        ]
        if sources:
            deps[column] = [_dep(source) for source in sources]
    return dg.TableColumnLineage(deps_by_column=deps)


def with_lineage(
    spec: dg.AssetSpec, inputs: Iterable[dg.AssetKey], columns_of: Mapping[str, Iterable[str]]
) -> dg.AssetSpec:
    """The spec with its column lineage, where the columns of the table are known."""
    name = name_of(spec.key)
    if name not in columns_of:
        return spec
    known = {name_of(key): columns_of[name_of(key)] for key in inputs if name_of(key) in columns_of}
    lineage = column_lineage(name, columns_of[name], known)
    if not lineage.deps_by_column:
        return spec
    return spec.merge_attributes(metadata={"dagster/column_lineage": lineage})


def known_columns(specs: Iterable[dg.AssetSpec]) -> dict[str, list[str]]:
    """The columns of every table whose spec names them: of the catalogue, and of dbt's YAML."""
    found = {name: table.column_names for name, table in TABLES.items()}
    for spec in specs:
        schema = spec.metadata.get("dagster/column_schema")
        schema = getattr(schema, "schema", schema)
        if isinstance(schema, dg.TableSchema):
            found.setdefault(name_of(spec.key), [column.name for column in schema.columns])
    return found


def name_of(key: dg.AssetKey) -> str:
    """`schema.table` of an asset."""
    return ".".join(key.path[-2:])


def _dep(source: str) -> dg.TableColumnDep:
    table, column = source.rsplit(".", 1)
    return dg.TableColumnDep(asset_key=dg.AssetKey(table.split(".")), column_name=column)
