"""The Music Streaming Sessions Dataset: Spotify's session logs and track features (arXiv:1901.09851).

A folder holds CSV files, plain or gzipped, which are told apart by their columns: session logs (`log_*.csv`,
one row per playback, sessions of 10 to 20) and track features (`tf_*.csv`, one row per track). There are no
users, no clock times below the hour and no milliseconds played.

`skip_2` is the outcome of the challenge, "the track was only played briefly". What else says how a playback
ended (`skip_1`, `skip_3`, `not_skipped`, `hist_user_behavior_reason_end`, `hist_user_behavior_n_seekfwd`,
`hist_user_behavior_n_seekback`) and what only the future knows (`session_length`) is read no further than
that outcome.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.rejects import reject
from spotify_assets.sources.errors import SourceError

LOG_COLUMNS = (
    "session_id",
    "session_position",
    "session_length",
    "track_id_clean",
    "skip_2",
    "context_switch",
    "no_pause_before_play",
    "short_pause_before_play",
    "long_pause_before_play",
    "hist_user_behavior_is_shuffle",
    "hour_of_day",
    "date",
    "premium",
    "context_type",
    "hist_user_behavior_reason_start",
)
"""Columns of the session logs that are read."""

ACOUSTIC_VECTOR = tuple(f"acoustic_vector_{place}" for place in range(8))
TRACK_NUMBERS = (
    "duration",
    "release_year",
    "us_popularity_estimate",
    "acousticness",
    "beat_strength",
    "bounciness",
    "danceability",
    "dyn_range_mean",
    "energy",
    "flatness",
    "instrumentalness",
    "liveness",
    "loudness",
    "mechanism",
    "organism",
    "speechiness",
    "tempo",
    "valence",
    *ACOUSTIC_VECTOR,
)
"""Columns of the track features that are numbers; `duration` in seconds."""
TRACK_CATEGORIES = ("key", "mode", "time_signature")

RECENT_PLAYBACKS = 5
"""Playbacks of the session whose outcomes make up `recent_skip_rate`, as in `ml.model_features`."""

_TRUTH = {"true": True, "false": False, "1": True, "0": False}
_POSITION, _HOUR = "session_position", "hour_of_day"


@dataclass(frozen=True)
class Mssd:
    """What a folder holds: playbacks with track features, and the account of the logs' rows.

    `log` has one row per playback: `session_id`, `session_position`, `session_length`, `track_id`, `date`,
    `is_skip`, what was known at its start (`hour_of_day`, `weekday`, `premium`, `shuffle`, `context_type`,
    `context_switch`, `pause_before`, `reason_start`), what was known of those before it in the session
    (`previous_is_skip`, `recent_skip_rate`), and the track's features. `unknown_tracks` counts the rows
    whose track has no features; their features are null.
    """

    log: Cleaned
    tracks: int
    unknown_tracks: int


def read_mssd(folder: Path) -> Mssd:
    """Read every session log and track feature file of a folder and the folders below it.

    Rows without a session, a track, a position, a date, an hour or an outcome are refused with a reason. One
    track is kept once.

    Raises:
        SourceError: the folder holds no log or no track features, or a file of neither kind's columns.
    """
    logs, features = _files(folder)
    tracks = pl.concat([_read_tracks(path) for path in features]).unique("track_id", keep="first")
    raw = pl.concat([_read_log(path, path.relative_to(folder).as_posix()) for path in logs])
    judged = reject(raw, _REASONS)
    playbacks = _with_previous(_converted(judged.kept)).join(tracks, on="track_id", how="left")
    unknown = playbacks["duration"].null_count()
    log = Cleaned(playbacks, rows_in=raw.height, rejected=judged.rejected)
    return Mssd(log, tracks.height, unknown)


def _files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Paths of the session logs and of the track features, by name."""
    if not folder.is_dir():
        raise SourceError(folder, "is no folder", "name the folder that holds the MSSD's CSV files")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith((".csv", ".csv.gz")) and not path.name.startswith(".")
    )
    logs, features = [], []
    for path in found:
        columns = set(_read(path, rows=0).columns)
        if set(LOG_COLUMNS) <= columns:
            logs.append(path)
        elif {"track_id", *TRACK_NUMBERS, *TRACK_CATEGORIES} <= columns:
            features.append(path)
        else:
            raise SourceError(
                path,
                "has neither the columns of an MSSD session log nor those of its track features",
                "move it out of the folder, or compare its header with arXiv:1901.09851, tables 1 and 2",
            )
    for kind, paths, example in (
        ("session log", logs, "log_mini.csv"),
        ("track features", features, "tf_mini.csv"),
    ):
        if not paths:
            raise SourceError(folder, f"holds no MSSD {kind}", f"put the {kind} beside it, e.g. {example}")
    return logs, features


def _read(path: Path, rows: int | None = None) -> pl.DataFrame:
    """A file's columns as text."""
    try:
        return pl.read_csv(path, glob=False, infer_schema=False, n_rows=rows)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(path, f"cannot be read as CSV: {error}", "download it again") from error


def _read_tracks(path: Path) -> pl.DataFrame:
    rows = _read(path)
    return rows.select(
        "track_id",
        *(pl.col(name).cast(pl.Float64, strict=False) for name in TRACK_NUMBERS),
        *TRACK_CATEGORIES,
    )


def _read_log(path: Path, name: str) -> pl.DataFrame:
    return (
        _read(path)
        .select(LOG_COLUMNS)
        .with_row_index("source_row", offset=1)
        .with_columns(pl.col("source_row").cast(pl.Int64), source_file=pl.lit(name))
    )


def _is_blank(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.strip_chars() == ""


def _flag(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean)


def _whole(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64, strict=False)


_REASONS: dict[str, tuple[pl.Expr, pl.Expr | str]] = {
    "missing_session": (_is_blank("session_id"), "session_id is empty"),
    "missing_track": (_is_blank("track_id_clean"), "track_id_clean is empty"),
    "invalid_position": (
        ~(_whole(_POSITION) >= 1).fill_null(value=False),
        pl.format("session_position '{}' is no whole number from 1", pl.col(_POSITION).fill_null("")),
    ),
    "invalid_hour": (
        ~_whole(_HOUR).is_between(0, 23).fill_null(value=False),
        pl.format("hour_of_day '{}' is no hour from 0 to 23", pl.col(_HOUR).fill_null("")),
    ),
    "invalid_date": (
        pl.col("date").str.to_date("%Y-%m-%d", strict=False).is_null(),
        pl.format("date '{}' is no date (YYYY-MM-DD)", pl.col("date").fill_null("")),
    ),
    "missing_outcome": (
        _flag("skip_2").is_null(),
        pl.format("skip_2 '{}' is neither true nor false", pl.col("skip_2").fill_null("")),
    ),
}
"""Why a row is refused, in the order in which the reasons are tried."""


def _converted(rows: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("date").str.to_date("%Y-%m-%d")
    pause = (
        pl.when(_flag("long_pause_before_play"))
        .then(pl.lit("long"))
        .when(_flag("short_pause_before_play"))
        .then(pl.lit("short"))
        .when(_flag("no_pause_before_play"))
        .then(pl.lit("none"))
    )
    return rows.select(
        "session_id",
        _whole(_POSITION),
        _whole("session_length"),
        day,
        _whole(_HOUR),
        "context_type",
        track_id="track_id_clean",
        is_skip=_flag("skip_2"),
        weekday=day.dt.weekday(),
        premium=_flag("premium"),
        shuffle=_flag("hist_user_behavior_is_shuffle"),
        context_switch=_flag("context_switch"),
        pause_before=pause,
        reason_start="hist_user_behavior_reason_start",
    )


def _with_previous(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what was known of the playbacks before each in its session; a gap in the positions is unknown."""

    def was_skip(steps: int) -> pl.Expr:
        in_place = pl.col(_POSITION).shift(steps).over("session_id") == pl.col(_POSITION) - steps
        return pl.when(in_place).then(pl.col("is_skip").shift(steps).over("session_id"))

    recent = [was_skip(steps).cast(pl.Float64) for steps in range(1, RECENT_PLAYBACKS + 1)]
    return rows.sort("session_id", _POSITION).with_columns(
        previous_is_skip=was_skip(1), recent_skip_rate=pl.mean_horizontal(recent, ignore_nulls=True)
    )
