"""The questions people ask: each runs by dbt and by the command and gives the same, and answers are right."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseMissingError
from spotify_assets.warehouse.queries import Query, find_query, read_queries, run_query
from tests.dbt.generated import by_recording, core_tables, standing_for
from tests.dbt.warehouse import PROJECT_DIR, DbtWarehouse, problems
from tests.insight.rows import cost_rows, unusual_rows
from tests.recommend.worlds import quality_of_recommendations

QUERIES = read_queries(PROJECT_DIR / "analyses")
DOCS = PROJECT_DIR.parent / "docs"


@pytest.fixture(scope="module")
def warehouse(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    """The generated world, with rows of the tables that queries read and no model of dbt does."""
    built = DbtWarehouse.copy_of(generated, tmp_path_factory.mktemp("queries"))
    events = core_tables()["core.listening_events"]
    for name, rows in (unusual_rows(events) | cost_rows() | quality_of_recommendations()).items():
        built.insert(name, rows)
    return built


@pytest.fixture(scope="module")
def published(warehouse: DbtWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder above `data`, in which the published copy lies; dbt keeps the warehouse itself open."""
    home = tmp_path_factory.mktemp("home")
    serving = home / "data" / "processed" / "serving.duckdb"
    serving.parent.mkdir(parents=True)
    shutil.copyfile(warehouse.path, serving)
    return home


@pytest.fixture
def serving(published: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The published copy, which the command line finds too."""
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published / "data"))
    return Database(published / "data" / "processed" / "serving.duckdb")


@pytest.fixture(scope="module")
def compiled(warehouse: DbtWarehouse) -> dict[str, str]:
    """The SQL of each analysis as dbt compiles it."""
    result = warehouse.dbt("compile", "--select", "resource_type:analysis")
    assert result.success, problems(result)
    folder = warehouse.target_path / "compiled" / "listening" / "analyses"
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.sql")}


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["query", *arguments])


def line_of_failure(result: Result) -> str:
    assert result.exit_code == 1
    [line] = [line for line in result.stderr.splitlines() if line.strip()]
    assert line.startswith("error: ")
    return line


def music() -> pl.DataFrame:
    """Music playbacks of known tracks."""
    return core_tables()["core.listening_events"].filter(
        pl.col("outcome").is_not_null(), pl.col("content_type") == "music", pl.col("track_key").is_not_null()
    )


def test_dbt_and_the_command_have_the_same_queries(compiled: dict[str, str]):
    assert compiled.keys() == QUERIES.keys()


@pytest.mark.parametrize("name", QUERIES)
def test_answer_is_that_of_the_sql_that_dbt_compiles(
    serving: Database, warehouse: DbtWarehouse, compiled: dict[str, str], name: str
):
    answer = run_query(serving, QUERIES[name])
    assert answer.height > 0
    assert_frame_equal(answer, warehouse.query(compiled[name]), check_dtypes=False)


@pytest.mark.parametrize("name", QUERIES)
def test_question_reads_as_one_and_is_in_the_docs(name: str):
    assert QUERIES[name].question.endswith("?")
    assert f"`{name}`" in (DOCS / "queries.md").read_text(encoding="utf-8")


# --- answers


def as_asked(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Playbacks with `track_id`, what one track is: its recording or its id, and `id` as it was heard."""
    key = pl.col("track_key") if by == "id" else by_recording("track_key")
    return rows.with_columns(id=pl.col("track_key"), track_id=key)


@pytest.mark.parametrize("by", ["recording", "id"])
def test_top_tracks_of_a_week_count_streams_not_skips(serving: Database, by: str):
    newest = (
        core_tables()["core.listening_events"].filter(pl.col("content_type") == "music")["event_date"].max()
    )
    assert isinstance(newest, date)
    week = music().filter(pl.col("event_date") > newest - timedelta(days=7))
    expected = (
        as_asked(week, by)
        .group_by("track_id")
        .agg(
            streams=pl.col("is_stream").sum(),
            plays=pl.len(),
            skip_rate=(pl.col("outcome") == "skip").mean().round(3),
            listeners=pl.col("user_id").n_unique(),
            track_ids=pl.col("id").n_unique(),
        )
        .sort(["streams", "plays", "track_id"], descending=[True, True, False])
        .head(10)
    )
    answer = run_query(serving, QUERIES["top_tracks_past_7_days"], {"by": by})
    assert answer["rank"].to_list() == list(range(1, 11))
    assert_frame_equal(answer.select(expected.columns), expected, check_dtypes=False)
    assert week.filter(pl.col("outcome") == "skip", ~pl.col("is_stream")).height > 0


@pytest.mark.parametrize("by", ["recording", "id"])
def test_top_tracks_of_all_days_by_recording_and_on_demand_by_id(serving: Database, by: str):
    expected = (
        as_asked(music(), by)
        .group_by("track_id")
        .agg(
            streams=pl.col("is_stream").sum(),
            plays=pl.len(),
            hours=(pl.col("ms_played").sum() / 3_600_000).round(1),
            track_ids=pl.col("id").n_unique(),
        )
        .sort(["streams", "plays", "track_id"], descending=[True, True, False])
        .head(100)
    )
    answer = run_query(serving, QUERIES["top_100_tracks"], {"by": by})
    assert answer["track_rank"].to_list() == list(range(1, 101))
    assert_frame_equal(answer.select(expected.columns), expected, check_dtypes=False)
    assert (expected["track_ids"].max() == 2) == (by == "recording")


@pytest.mark.slow
def test_by_recording_is_the_default_and_ids_of_one_are_one_row(serving: Database):
    for name in ("top_100_tracks", "skip_rate_by_track", "top_tracks_past_7_days", "top_songs_per_artist"):
        by_default = run_query(serving, QUERIES[name])
        assert_frame_equal(by_default, run_query(serving, QUERIES[name], {"by": "recording"}))
        assert not by_default.equals(run_query(serving, QUERIES[name], {"by": "id"}))
    everything = run_query(serving, QUERIES["top_100_tracks"], {"top": "1000"})
    heard = set(music()["track_key"])
    assert set(everything["track_id"]) == {standing_for()[key] for key in heard}
    assert everything["streams"].sum() == music()["is_stream"].sum()


@pytest.mark.parametrize("by", ["recording", "id"])
def test_skip_rates_of_tracks_are_of_all_their_plays(serving: Database, by: str):
    expected = (
        as_asked(music(), by)
        .group_by("track_id")
        .agg(plays=pl.len(), skip_rate=(pl.col("outcome") == "skip").mean())
        .filter(pl.col("plays") >= 60)
        .sort(["skip_rate", "plays", "track_id"], descending=[True, True, False])
        .head(20)
        .with_columns(pl.col("skip_rate").round(3))
    )
    answer = run_query(serving, QUERIES["skip_rate_by_track"], {"by": by, "least_plays": "60", "top": "20"})
    assert_frame_equal(answer.select(expected.columns), expected, check_dtypes=False)


def test_discoveries_are_of_recordings(serving: Database):
    firsts = (
        as_asked(music().filter("is_stream"), "recording")
        .group_by("user_id", "track_id")
        .agg(pl.col("ended_at").min())
        .group_by(event_month=pl.col("ended_at").dt.date().dt.month_start())
        .len()
    )
    answer = run_query(serving, QUERIES["discovery"])
    found = dict(answer.select("event_month", "first_listens").iter_rows())
    assert found == dict(firsts.iter_rows())
    lifetimes = run_query(serving, QUERIES["listener_lifetimes"], {"top": "1000"})
    assert lifetimes["tracks_streamed"].sum() == firsts["len"].sum()


def test_parameters_change_the_answer(serving: Database):
    one_day = run_query(serving, QUERIES["top_tracks_past_7_days"], {"days": "1", "top": "3"})
    newest = music().filter(pl.col("event_date") == music()["event_date"].max())
    top = (
        newest.group_by(by_recording("track_key"))
        .agg(pl.col("is_stream").sum())["is_stream"]
        .sort(descending=True)
    )
    assert one_day["streams"].to_list() == top.head(3).to_list()


def test_high_skip_high_popularity_has_tracks_of_the_top_quarters(serving: Database, warehouse: DbtWarehouse):
    judged = warehouse.query("from marts.recording_totals where plays >= 20 and popularity is not null")
    expected = judged.filter(
        pl.col("skip_rate") >= pl.col("skip_rate").quantile(0.75, "linear"),
        pl.col("popularity") >= pl.col("popularity").quantile(0.75, "linear"),
    )
    answer = run_query(serving, QUERIES["high_skip_high_popularity"])
    assert expected.height > 0
    assert set(answer["track_id"]) == set(expected["track_id"])


def test_skip_rate_by_genre_has_wilsons_interval(serving: Database):
    """Against the interval's definition: its ends are the rates that lie 1.96 standard errors away."""
    answer = run_query(serving, QUERIES["skip_rate_by_genre"])
    assert answer["skip_rate"].is_sorted(descending=True)
    for end in ("skip_rate_low", "skip_rate_high"):
        away = (pl.col("skip_rate") - pl.col(end)).abs()
        error = (pl.col(end) * (1 - pl.col(end)) / pl.col("plays")).sqrt()
        assert answer.select((away / error).is_between(1.85, 2.07).all()).item()


def test_top_songs_of_one_artist(serving: Database):
    everyone = run_query(serving, QUERIES["top_songs_per_artist"])
    last = everyone["artist_name"][-1]
    own = run_query(serving, QUERIES["top_songs_per_artist"], {"artist": last.upper(), "songs": "2"})
    assert set(own["artist_name"]) == {last}
    assert own["rank_in_artist"].to_list() == [1, 2][: own.height]


def test_duration_and_popularity_has_spearmans_correlation(serving: Database, warehouse: DbtWarehouse):
    tracks = warehouse.query(
        "from marts.recording_totals where duration_ms is not null and popularity is not null"
    )
    expected = tracks.select(pl.corr("duration_ms", "popularity", method="spearman")).item()
    answer = run_query(serving, QUERIES["duration_and_popularity"])
    assert answer["tracks"].sum() == tracks.height
    assert answer["spearman_of_all"].unique().to_list() == [pytest.approx(expected, abs=6e-4)]


def test_popularity_and_followers_has_every_artist_and_spearmans_correlation(
    serving: Database, warehouse: DbtWarehouse
):
    answer = run_query(serving, QUERIES["popularity_and_followers"])
    artists = warehouse.query(
        "select followers, popularity, streams from marts.artist_totals "
        "join marts.dim_artist using (artist_id) where artist_id <> 'unknown'"
    )
    told = artists.drop_nulls("followers")
    bands = {10 ** (len(str(max(followers, 1))) - 1) for followers in told["followers"]}
    assert answer["followers_from"].to_list() == [*sorted(bands), None]
    assert answer["artists"].sum() == artists.height
    assert answer["artists"][-1] == artists.height - told.height
    assert answer["streams"].sum() == artists["streams"].sum()
    expected = told.select(pl.corr("followers", "popularity", method="spearman")).item()
    assert answer["spearman_of_all"].unique().to_list() == [pytest.approx(expected, abs=6e-4)]


def test_shares_are_of_the_whole(serving: Database):
    """What is split adds up, but for rounding."""
    for name, column in (
        ("activity_by_country", "stream_share"),
        ("release_years", "stream_share"),
        ("listening_hours", "time_share"),
    ):
        assert run_query(serving, QUERIES[name])[column].sum() == pytest.approx(1, abs=0.005), name
    by_region = (
        run_query(serving, QUERIES["device_by_region"])
        .group_by("region")
        .agg(pl.col("share_of_region").sum())
    )
    assert by_region["share_of_region"].to_list() == pytest.approx([1.0] * by_region.height, abs=0.01)


def test_discovered_artists_are_new_to_their_listeners(serving: Database):
    newest = music()["event_date"].max()
    assert isinstance(newest, date)
    tracks = core_tables()["core.tracks"].sort("snapshot_date").unique("track_id", keep="last")
    artist = dict(tracks.select("track_id", "primary_artist_name").iter_rows()) | {None: "Finn"}
    names = [artist[track] for track in music()["track_id"]]
    firsts = (
        music()
        .with_columns(artist=pl.Series(names))
        .filter("is_stream")
        .group_by("user_id", "artist")
        .agg(pl.col("event_date").min())
        .filter(pl.col("event_date") > newest - timedelta(days=28))
    )
    answer = run_query(serving, QUERIES["discovered_artists"], {"top": "1000"})
    found = dict(answer.select("artist_name", "new_listeners").iter_rows())
    assert found == dict(firsts.group_by("artist").len().iter_rows())


# --- parameters


@pytest.mark.parametrize("value", ["'; drop table marts.track_totals; --", "O'Connor", "100%_\\"])
def test_values_are_bound_not_pasted(serving: Database, value: str):
    with pytest.raises(ValueError, match="there is no artist"):
        run_query(serving, QUERIES["album_comparison"], {"artist": value})
    assert run_query(serving, QUERIES["album_comparison"]).height > 0


def test_names_are_compared_as_dbt_compares_them(compiled: dict[str, str]):
    for name, query in QUERIES.items():
        ours, theirs = (" ".join(sql.split()) for sql in (query.sql(), compiled[name]))
        start = "case when starts_with(parameters."
        assert [part.split(" end")[0] for part in ours.split(start)[1:]] == [
            part.split(" end")[0] for part in theirs.split(start)[1:]
        ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"days": "seven"}, "days=seven: days (how many days) is a whole number from 1"),
        ({"by": "artist"}, "by=artist: by is one of recording, id"),
        ({"weeks": "7"}, "query top_tracks_past_7_days has no parameter weeks: it has days, top, by"),
    ],
)
def test_wrong_parameters_are_refused_in_words(serving: Database, given: dict[str, str], message: str):
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        run_query(serving, QUERIES["top_tracks_past_7_days"], given)


def test_a_query_that_does_not_exist_is_answered_with_similar_names():
    with pytest.raises(ValueError, match="did you mean top_100_tracks"):
        find_query(QUERIES, "top_tracks_100")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select 1", "the first line must be the question"),
        ("-- How?\nselect getvariable('days')", "write each parameter once"),
        ("-- How?\nselect * from {{ source('core', 'tracks') }}", "only ref"),
        ("-- How?\n{% if true %}select 1{% endif %}", "only ref"),
    ],
)
def test_a_file_that_is_no_query_is_refused(tmp_path: Path, text: str, message: str):
    (tmp_path / "wrong.sql").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_queries(tmp_path)


def test_without_a_published_copy_the_error_says_what_to_do(tmp_path: Path):
    with pytest.raises(WarehouseMissingError, match="does not exist yet"):
        run_query(Database(tmp_path / "serving.duckdb"), QUERIES["discovery"])
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(WarehouseMissingError, match="run spotify-assets materialize"):
        run_query(Database(tmp_path / "empty.duckdb"), QUERIES["discovery"])


# --- the command


def test_list_shows_every_query_with_its_parameters():
    result = call("--list")
    assert result.exit_code == 0, result.output
    for query in QUERIES.values():
        assert query.name in result.stdout
        for parameter in query.parameters:
            assert f"{parameter.name}={parameter.default}" in result.stdout


def test_table_on_the_terminal(serving: Database):
    result = call("top_100_tracks", "--param", "top=3")
    assert result.exit_code == 0, result.output
    assert QUERIES["top_100_tracks"].question in result.stdout
    best = run_query(serving, QUERIES["top_100_tracks"], {"top": "1"})
    assert str(best["streams"].item()) in result.stdout


@pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
def test_files_hold_the_answer(serving: Database, tmp_path: Path, format_: str):
    expected = run_query(serving, QUERIES["activity_by_country"], {"days": "10"})
    target = tmp_path / "new folder" / f"answer.{format_}"
    result = call("activity_by_country", "--param", "days=10", "--output", str(target))
    assert result.exit_code == 0, result.output
    assert f"{expected.height:,} rows" in result.stdout
    read: dict[str, Callable[[Path], pl.DataFrame]] = {
        "csv": pl.read_csv,
        "json": pl.read_json,
        "parquet": pl.read_parquet,
    }
    found = read[format_](target)
    assert_frame_equal(found, expected, check_dtypes=False)


def test_csv_and_json_on_the_terminal_are_nothing_else(serving: Database):
    expected = run_query(serving, QUERIES["discovery"])
    as_json = call("discovery", "--format", "json")
    assert [row["streams"] for row in json.loads(as_json.stdout)] == expected["streams"].to_list()
    as_csv = call("discovery", "--format", "csv")
    assert pl.read_csv(as_csv.stdout.encode())["streams"].to_list() == expected["streams"].to_list()


def test_csv_has_no_text_that_a_spreadsheet_runs(
    serving: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "dbt"
    (folder / "analyses").mkdir(parents=True)
    (folder / "analyses" / "formula.sql").write_text("-- What?\nselect '=1+1' as name, -5 as number")
    monkeypatch.setenv("SPOTIFY_DBT_PROJECT_DIR", str(folder))
    assert call("formula", "--format", "csv").stdout == "name,number\n'=1+1,-5\n"
    assert call("formula", "--format", "csv", "--raw").stdout == "name,number\n=1+1,-5\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "which query?"),
        (("nonsense-that-is-none",), "there is no query nonsense-that-is-none"),
        (("discovery", "--param", "days"), "write NAME=VALUE"),
        (("discovery", "--param", "days=3"), "it has none"),
        (("discovery", "--format", "parquet"), "needs a file"),
        (("discovery", "--output", "answer.xlsx"), "give the file a name in .csv, .json or .parquet"),
    ],
)
def test_mistakes_are_one_clear_line(serving: Database, arguments: tuple[str, ...], message: str):
    assert message in line_of_failure(call(*arguments))


def test_printed_sql_gives_the_same_answer_in_any_connection(serving: Database):
    given = ("--param", "artist=%n%", "--param", "top=5")
    printed = call("album_comparison", *given, "--sql")
    assert printed.exit_code == 0
    with duckdb.connect(str(serving.path), read_only=True) as connection:
        found = connection.sql(_last_statement(connection, printed.stdout)).pl()
    assert found.height > 0
    expected = run_query(serving, QUERIES["album_comparison"], {"artist": "%n%", "top": "5"})
    assert_frame_equal(found, expected, check_dtypes=False)


def _last_statement(connection: duckdb.DuckDBPyConnection, script: str) -> str:
    """Run all statements of a script but the last one, and give that."""
    *settings, last = connection.extract_statements(script)
    for statement in settings:
        connection.execute(statement)
    return last.query


# --- the examples of the documentation


def examples() -> list[tuple[str, str]]:
    """Code blocks of docs/queries.md: language and text."""
    parts = (DOCS / "queries.md").read_text(encoding="utf-8").split("```")[1::2]
    return [(block.split("\n", 1)[0], block.split("\n", 1)[1]) for block in parts]


@pytest.mark.parametrize(
    "code",
    [code for language, code in examples() if language == "python"],
    ids=lambda code: code.split("\n")[0],
)
def test_python_examples_run(serving: Database, code: str):
    """Each one in a process of its own, from the folder above `data`, as the page says."""
    folder = serving.path.parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_sql_example_runs(serving: Database):
    [script] = [code for language, code in examples() if language == "sql"]
    with duckdb.connect() as connection:
        script = script.replace("data/processed", str(serving.path.parent))
        last = _last_statement(connection, script)
        assert connection.execute(last).fetchall()


@pytest.mark.slow
def test_shell_examples_are_commands_that_exist(serving: Database, tmp_path: Path):
    lines = [line for language, code in examples() if language == "sh" for line in code.splitlines()]
    commands = [line.split("#")[0].strip() for line in lines if line.startswith("spotify-assets ")]
    assert commands
    for command in commands:
        arguments = [part.strip("'") for part in command.split()[1:]]
        if "-o" in arguments:
            target = arguments.index("-o") + 1
            arguments[target] = str(tmp_path / arguments[target])
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, f"{command}: {result.output}"


def test_query_is_a_value(serving: Database):
    """A query can be made without a file, as other parts of the product do."""
    asked = Query("any", "What?", (), "select count(*) as tracks from {{ ref('dim_track') }}")
    assert run_query(serving, asked)["tracks"].item() > 0
