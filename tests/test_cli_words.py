"""What a person may write on the command line: names to the letter, words of lists, numbers and days."""

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app

LISTENERS = ("my_anna", "my-anna", "Anna", "anna", "100%", "100 percent", "=1+1", "O'Neil", "a!b", "愛" * 64)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published copy with a few listeners and one artist, whose name looks like markup; to be copied."""
    serving = tmp_path_factory.mktemp("published") / "serving.duckdb"
    with duckdb.connect(str(serving)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.user_lifetimes (user_id varchar, first_listen_date date,"
            " last_listen_date date, active_days int, longest_streak_days int, last_streak_days int,"
            " streams int, skip_rate double, tracks_streamed int, repeat_share double, ms_played bigint)"
        )
        connection.executemany(
            "insert into marts.user_lifetimes values (?, ?, ?, 1, 1, 1, 1, 0, 1, 0, 1)",
            [(name, date(2025, 1, 1), date(2025, 1, 1)) for name in LISTENERS],
        )
        connection.execute("create table marts.dim_user as select user_id from marts.user_lifetimes")
        connection.execute(
            "create table marts.dim_track as select '[red]Queen :smile:' as primary_artist_name, "
            "'T' as track_name, 'A' as album_name"
        )
    return serving


@pytest.fixture
def published(made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder above the data folder with a copy of it, to be changed."""
    serving = tmp_path / "data" / "processed" / "serving.duckdb"
    serving.parent.mkdir(parents=True)
    shutil.copyfile(made, serving)
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def refused(*arguments: str) -> str:
    """The one line that says why a command does nothing."""
    result = call(*arguments)
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    assert not result.stdout
    lines = [line for line in result.stderr.splitlines() if line.lower().startswith("error: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def listeners_of(asked: str) -> set[str]:
    result = call("query", "listener_lifetimes", "-p", f"listener={asked}", "--format", "csv", "--raw")
    assert result.exit_code == 0, result.output
    return {line.split(",")[1] for line in result.stdout.splitlines()[1:]}


@pytest.mark.parametrize("name", LISTENERS)
def test_a_query_about_a_listener_tells_of_nobody_else(published: Path, name: str):
    assert listeners_of(name) == {name}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("%", set(LISTENERS)),
        ("my%", {"my_anna", "my-anna"}),
        ("MY_ANNA", {"my_anna"}),
        ("100%t", {"100 percent"}),
        ("1%", {"100%", "100 percent"}),
        ("%nna", {"my_anna", "my-anna", "Anna", "anna"}),
    ],
)
def test_percent_stands_for_any_text_and_case_does_not_matter(published: Path, asked: str, meant: set[str]):
    assert listeners_of(asked) == meant


@pytest.mark.parametrize(
    ("parameter", "says"),
    [
        ("top=0", "a whole number from 1"),
        ("top=-5", "a whole number from 1"),
        ("top=nan", "a whole number from 1"),
        ("top=1e3", "a whole number from 1"),
        ("top=99999999999999999999", "a whole number from 1"),
        ("top=" + "9" * 5_000, "a whole number from 1"),
        ("listener=my_ann", "did you mean my_anna or my-anna"),
        ("listener=m__anna", "there is no listener 'm__anna'"),
        ("listener=", "there is no listener ''"),
        ("listener=' or 1=1 --", "there is no listener"),
        ("listener=zz%", "there is no listener 'zz%'"),
        ("listner=anna", "has no parameter listner"),
        ("listener", "write NAME=VALUE"),
    ],
)
def test_what_can_have_no_answer_is_refused(published: Path, parameter: str, says: str):
    assert says in refused("query", "listener_lifetimes", "--param", parameter)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("retention", "-p", "period=day"), "period is one of week, month"),
        (("skip_rate_by_context", "-p", "dimension=moon"), "dimension is one of position, hour"),
        (("listening_bursts", "-p", "times=nan"), "a number above 0"),
        (("listening_bursts", "-p", "times=inf"), "a number above 0"),
        (("listening_bursts", "-p", "times=0"), "a number above 0"),
        (("album_comparison", "-p", "artist=[red]Quen :smile:"), "did you mean [red]Queen :smile:?"),
        (("album_comparison", "-p", "album=B"), "there is no album 'B'"),
        (("weekly_popularity_trend", "-p", "track=B"), "there is no track 'B'"),
    ],
)
def test_words_numbers_and_names_of_other_queries(published: Path, arguments: tuple[str, ...], says: str):
    assert says in refused("query", *arguments)


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods", "feather", "txt", ""])
def test_a_file_of_no_format_is_refused_before_any_work(monkeypatch, tmp_path: Path, suffix: str):
    """There is no published copy: that would be the next thing to say."""
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / (f"x.{suffix}" if suffix else "x")
    assert "give the file a name in .csv or .parquet" in refused("export", "marts.days", "-o", str(file))
    assert "in .csv, .json or .parquet" in refused("query", "discovery", "-o", str(file))
    assert not file.exists()


@pytest.mark.parametrize("name", ["x.CSV", "x.Parquet"])
def test_the_case_of_a_suffix_does_not_matter(published: Path, name: str):
    assert call("export", "marts.dim_user", "-o", str(published / name)).exit_code == 0
    assert ((published / name).read_bytes()[:4] == b"PAR1") == (name == "x.Parquet")


def test_a_table_that_is_none_is_answered_with_the_nearest(published: Path):
    says = refused("export", "marts.dim_users", "-o", str(published / "x.csv"))
    assert "did you mean marts.dim_user or" in says


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1899-12-31", "2200-01-01"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("materialize", "--from"),
        ("materialize", "--to"),
        ("backfill", "--from"),
        ("check", "--partition"),
        ("recap", "--from"),
        ("recap", "--to"),
        ("rules", "compare", "--to"),
        ("generate", "--until"),
        ("make-export", "x", "--until"),
        ("ladder", "--cutoff"),
        ("import", "--snapshot-date"),
        ("exclude", "add", "--user", "me", "--from"),
    ],
)
def test_a_day_at_the_end_of_the_calendar_is_refused(published: Path, arguments: tuple[str, ...], day: str):
    assert f"{day} is no day of any listening" in refused(*arguments, day)


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--rate", "nan"),
        ("generate", "--rate", "inf"),
        ("generate", "--rate", "-1"),
        ("generate", "--rate", "5", "--seconds", "nan"),
        ("generate", "--days", "0"),
        ("generate", "--days", "99999999999999999999"),
        ("generate", "--users", "1000001"),
        ("generate", "--seed", "-1"),
        ("make-export", "x", "--years", "nan"),
        ("make-export", "x", "--years", "1e300"),
        ("rejected", "--limit", "-1"),
        ("rejected", "--limit", "99999999999999999999"),
        ("dashboard", "--port", "0"),
        ("docs", "--port", "65536"),
        ("up", "--port", "-1"),
    ],
)
def test_a_number_out_of_range_is_refused(published: Path, arguments: tuple[str, ...]):
    refused(*arguments)


@pytest.mark.parametrize("command", ["materialize", "backfill"])
def test_days_the_wrong_way_round_are_refused(published: Path, command: str):
    says = refused(command, "--from", "2025-03-02", "--to", "2025-03-01")
    assert "--from 2025-03-02 is after --to 2025-03-01: swap them" in says


def test_a_version(published: Path):
    assert call("--version").stdout.startswith("spotify-assets ")


def test_names_are_printed_as_they_are(published: Path):
    """Brackets are no markup, colons no emoji, and escape characters are not obeyed."""
    with duckdb.connect(str(published / "data/processed/serving.duckdb")) as connection:
        connection.execute("update marts.user_lifetimes set user_id = '[red]x[/nothing] :smile: \x1b[2J'")
    told = call("query", "listener_lifetimes", "-p", "top=1").stdout
    assert "[red]x[/nothing] :smile: �[2J" in told


def run(*arguments: str, pipe: str = "cat") -> subprocess.CompletedProcess[str]:
    """A command in a process of its own whose output goes into a pipe."""
    script = "from spotify_assets.cli import app; app()"
    command = ["bash", "-c", f'set -o pipefail; "$0" -c "$1" "${{@:2}}" | {pipe}', sys.executable, script]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_pipe_gets_whole_lines_without_colours_whatever_the_width(published: Path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    done = run("query", "listener_lifetimes", "-p", f"listener={LISTENERS[-1]}")
    assert LISTENERS[-1] in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_a_reader_that_stops_is_no_error(published: Path):
    with duckdb.connect(str(published / "data/processed/serving.duckdb")) as connection:
        connection.execute(
            "insert into marts.user_lifetimes select s.* from marts.user_lifetimes s, range(200)"
        )
    for options in ((), ("--format", "csv"), ("--format", "json")):
        done = run("query", "listener_lifetimes", "-p", "top=2000", *options, pipe="head -n 1")
        assert done.stdout
        assert done.stderr == ""
