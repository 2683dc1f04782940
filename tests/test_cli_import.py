"""Importing, receipts, refused rows and exclusion rules on the command line."""

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.lake.profiles import Profile, read_profiles
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.tables import DUPLICATE_PLAYS, LISTENING_EVENTS, RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS
from tests.lake.exports import play, plays, write_json, write_zip

START = datetime(2016, 5, 1, 8)  # noqa: DTZ001


@pytest.fixture(autouse=True)
def data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "data"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def works(*arguments: str) -> str:
    """What a command prints that works, on one line."""
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def fails(*arguments: str) -> str:
    result = call(*arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return " ".join(result.stderr.split())


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Three plays and two rows that are refused, one of which begins like a formula."""
    broken = [{"ts": "never", "ms_played": 1}, {"ts": "=1+1", "ms_played": 5}]
    return write_json(tmp_path / "endsong_0.json", [*plays(START, 3), *broken])


ENDLESS = """
import sys, time
from pathlib import Path
from spotify_assets.cli import app
from spotify_assets.lake import importing

read = importing.read_events

def endless(file, *rest):
    yield from read(file, *rest)
    if file.size > 1_000:
        while not list(receipts.glob("*.json")):
            time.sleep(0.01)
        print("reading", flush=True)
        while True:
            time.sleep(0.01)
            yield from read(file, *rest)

importing.read_events = endless
receipts = Path(sys.argv.pop(1))
app(["import", *sys.argv[1:]])
"""
"""The command, with a second file that never ends once the first is landed."""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_import_and_what_was_landed_stays(tmp_path: Path, data_dir: Path, number: int):
    first = write_json(tmp_path / "a.json", [play(START, platform="ios")])
    second = write_json(tmp_path / "b.json", plays(START, 100))
    receipts = data_dir / "raw" / "_receipts"
    command = [sys.executable, "-c", ENDLESS, str(receipts), str(first), str(second)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "reading\n"
        process.send_signal(number)
        assert process.wait(30) == 130
        assert "stopped; what is finished stays" in process.stderr.read()
    assert not list((data_dir / "raw").glob(".landing-*"))
    assert [receipt.rows_in for receipt in read_receipts(data_dir / "raw")] == [1]
    works("import", str(first), str(second))
    assert sorted(receipt.rows_in for receipt in read_receipts(data_dir / "raw")) == [1, 100]


@pytest.mark.slow
def test_a_disk_that_takes_no_more_is_told_in_a_line_and_nothing_half_landed_stays(
    tmp_path: Path, data_dir: Path
):
    """No file may be larger than 12 KB: what the system says of that comes the way of a full disk."""
    write_json(tmp_path / "a.json", plays(START, 2))
    write_json(tmp_path / "b.json", plays(START, 3_000, hours=0.1))
    script = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))
from spotify_assets.cli import app
app(["import", *sys.argv[1:]])
"""
    command = [sys.executable, "-c", script, "a.json", "b.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.splitlines() == [f"error: [Errno 27] File too large: '{data_dir / 'raw'}'"]
    assert not list((data_dir / "raw").glob(".landing-*"))
    assert [receipt.rows_in for receipt in read_receipts(data_dir / "raw")] == [2]
    works("import", "a.json", "b.json")
    assert sorted(receipt.rows_in for receipt in read_receipts(data_dir / "raw")) == [2, 3_000]


class TestImport:
    def test_one_file_is_told_in_full(self, history: Path, data_dir: Path):
        told = works("import", "endsong_0.json", "--user", "anna", "--timezone", "Europe/Berlin")
        assert (
            "endsong_0.json as raw.raw_events, extended_history, 2016-05-01 to 2016-05-01, listener anna"
            in told
        )
        assert "│ in │ 5 │" in told
        assert "│ loaded │ 3 │" in told
        assert "│ rejected: unparseable_time │ 2 │" in told
        assert read_profiles(data_dir / "raw") == [Profile("anna", "Europe/Berlin")]

    def test_the_first_import_keeps_the_partitions_that_fit(self, history: Path, data_dir: Path):
        told = works("import", "endsong_0.json")
        assert "Partitions are of a day and begin on 2016-05-01." in told
        assert "spotify-assets partitions --grain month" in told
        assert json.loads((data_dir / "partitions.json").read_text()) == {
            "grain": "day",
            "start": "2016-05-01",
        }
        assert "Partitions are" not in works("import", "endsong_0.json")

    def test_a_history_of_years_is_by_month_from_its_first_import_on(self, tmp_path: Path, data_dir: Path):
        write_json(tmp_path / "years.json", plays(START, 40, hours=24 * 30))
        told = works("import", "years.json")
        assert "Partitions are of a month and begin on 2016-05-01." in told
        assert "--grain" not in told

    def test_a_grain_that_is_set_is_kept_and_another_one_is_refused(
        self, history: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("SPOTIFY_PARTITION_GRAIN", "month")
        works("import", "endsong_0.json")
        assert "Partitions are of a month" in works("partitions")
        monkeypatch.setenv("SPOTIFY_PARTITION_GRAIN", "day")
        result = call("materialize")
        [line] = [each for each in result.stderr.splitlines() if each]
        assert result.exit_code == 1
        assert "SPOTIFY_PARTITION_GRAIN is day" in line
        assert "spotify-assets partitions --grain day" in line

    def test_older_files_move_the_start_back_and_the_import_says_so(self, history: Path, tmp_path: Path):
        works("import", "endsong_0.json")
        write_json(tmp_path / "older.json", plays(START - timedelta(days=40), 2))
        assert "now begin on 2016-03-22: reload the code location" in works("import", "older.json")

    def test_a_start_that_leaves_rows_out_is_told_loudly(
        self, history: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("SPOTIFY_START_DATE", "2020-01-01")
        result = call("import", "endsong_0.json")
        assert result.exit_code == 0
        assert "lie before SPOTIFY_START_DATE (2020-01-01)" in " ".join(result.stderr.split())

    def test_several_files_are_a_table(self, tmp_path: Path, history: Path):
        write_zip(
            tmp_path / "my.zip", {"a.json": plays(START, 2), "read.pdf": b"%PDF-1.4", "milk.txt": b"milk"}
        )
        result = call("import", "my.zip", "endsong_0.json")
        told = " ".join(result.stdout.split())
        assert result.exit_code == 0, result.output
        assert "│ together │ │ 7 │ 5 │ 2 │" in told
        assert "no listening in it: my.zip/read.pdf" in told
        assert "my.zip/milk.txt" in result.stderr

    def test_a_dry_run_writes_nothing(self, history: Path, data_dir: Path):
        told = works("import", "endsong_0.json", "--dry-run", "--timezone", "Europe/Berlin")
        assert "│ loaded │ 3 │" in told
        assert "A dry run: nothing was written." in told
        assert not data_dir.exists()

    def test_without_a_path_the_inbox(self, data_dir: Path):
        assert "Nothing new in" in works("import")
        write_json(data_dir / "inbox" / "endsong_0.json", plays(START, 3))
        assert "│ loaded │ 3 │" in works("import")
        assert "Nothing new in" in works("import")

    def test_what_is_unknown_in_the_inbox_is_told_with_its_place(self, data_dir: Path):
        (data_dir / "inbox").mkdir(parents=True)
        (data_dir / "inbox" / "milk.txt").write_text("remember the milk")
        assert "milk.txt was moved to" in fails("import")
        assert (data_dir / "inbox" / "rejected" / "milk.txt.reason.txt").exists()

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("--timezone", "Europe/Berln"), "there is no such time zone"),
            (("--user", "anna@example.org"), "give a pseudonym"),
            (("--user", " "), "give a pseudonym"),
            (("--as", "tracks"), "it was to be catalogue"),
        ],
    )
    def test_what_cannot_be_is_one_line(self, history: Path, data_dir: Path, arguments, says):
        assert says in fails("import", "endsong_0.json", *arguments)
        assert read_receipts(data_dir / "raw") == []


class TestNothingUsable:
    """Exit code 1 where nothing of what was handed in could be used, as docs/importing.md says."""

    @pytest.mark.parametrize(
        "content",
        [
            {"items": [], "href": "x", "limit": 1},
            [],
            [{"ts": "never", "ms_played": 1}, {"ts": "=1+1", "ms_played": 5}],
        ],
        ids=["an empty page of the API", "no rows", "every row refused"],
    )
    def test_of_one_file(self, tmp_path: Path, content: object):
        (tmp_path / "endsong_0.json").write_text(json.dumps(content))
        assert "nothing of what was handed in could be used" in fails("import", "endsong_0.json")

    def test_of_an_unknown_file_is_said_what_would_be_taken(self, tmp_path: Path):
        (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
        result = call("import", "notes.csv")
        assert result.exit_code == 1
        assert "notes.csv: it is text, but no export or catalogue that is known" in result.stderr
        assert "docs/importing.md says where to get each" in result.stdout

    def test_of_a_zip_of_other_files(self, tmp_path: Path):
        write_zip(tmp_path / "my.zip", {"read.pdf": b"%PDF-1.4", "Playlist1.json": b'{"playlists": []}'})
        fails("import", "my.zip")

    def test_of_a_folder_without_files(self, tmp_path: Path):
        (tmp_path / "empty").mkdir()
        assert "there is no file in empty" in fails("import", "empty")

    def test_what_is_usable_or_was_landed_before_is_enough(self, tmp_path: Path, history: Path):
        (tmp_path / "api.json").write_text('{"items": [], "href": "x"}')
        works("import", "api.json", "endsong_0.json")
        works("import", "api.json", "endsong_0.json")


class TestReceipts:
    def test_none(self):
        assert "Nothing was imported yet." in works("receipt")
        assert "there is no receipt of x" in fails("receipt", "x")

    def test_all_and_one(self, history: Path, data_dir: Path, tmp_path: Path):
        works("import", "endsong_0.json")
        write_zip(tmp_path / "my.zip", {"a.json": plays(START, 2)})
        works("import", "my.zip")
        receipts = read_receipts(data_dir / "raw")
        header, first, second, total = call("receipt").stdout.splitlines()
        assert header.split() == ["receipt", "landed", "in", "loaded", "rejected", "file"]
        assert first.split()[0::2] == [receipts[0].receipt_id, "5", "2"]
        assert first.endswith("endsong_0.json")
        assert second.endswith("my.zip/a.json")
        assert total.split() == ["together", "7", "5", "2", "2", "files"]
        assert works("receipt", "--details").count("Receipt events-") == 2
        for which in (receipts[0].receipt_id, receipts[0].receipt_id[:12], "endsong_0.json", str(history)):
            assert "│ rejected: unparseable_time │ 2 │" in works("receipt", which)
        assert "my.zip/a.json" in works("receipt", "my.zip")

    def test_what_the_tables_made_of_it(self, history: Path, data_dir: Path):
        works("import", "endsong_0.json")
        [receipt] = read_receipts(data_dir / "raw")
        serving = data_dir / "processed" / "serving.duckdb"
        serving.parent.mkdir()
        publish_judgement(serving, str(receipt.source_file))
        told = works("receipt", "endsong_0.json")
        for line in (
            "│ loaded │ 3 │",
            "│ duplicate: same_event │ 1 │",
            "│ listening │ 1 │",
            "│ not materialised yet │ 1 │",
        ):
            assert line in told


def publish_judgement(serving: Path, source_file: str) -> None:
    """A published copy in which one row of a file is listening, one is a repeat, and one was not judged."""
    with duckdb.connect(str(serving)) as connection:
        for table in (RAW_EVENTS, LISTENING_EVENTS, DUPLICATE_PLAYS, REJECTED_ROWS, ROW_COUNTS):
            connection.execute(f"create schema if not exists {table.schema}; {table.ddl}")
        for row, day in ((1, "2016-05-01"), (2, "2016-05-01"), (3, "2016-05-02")):
            connection.execute(
                f"insert into {RAW_EVENTS.full_name} (event_id, event_date, source_file, source_row) "
                "values (?, ?, ?, ?)",
                [f"e{row}", day, source_file, row],
            )
        names = [column.name for column in DUPLICATE_PLAYS.columns]
        values = {
            "event_date": "2016-05-01",
            "source_file": source_file,
            "source_row": 2,
            "reason": "same_event",
        }
        connection.execute(
            f"insert into {DUPLICATE_PLAYS.full_name} values ({', '.join('?' for _ in names)})",
            [values.get(name, "x") for name in names],
        )
        connection.execute(
            f"insert into {ROW_COUNTS.full_name} values "
            "('core.listening_events', '2016-05-01', '2016-05-02', 'in', '', 2, now())"
        )


class TestRejected:
    def test_as_a_table_with_filters(self, history: Path):
        works("import", "endsong_0.json")
        assert "2 of 2 refused rows." in works("rejected")
        assert "1 of 2 refused rows." in works("rejected", "--limit", "1")
        assert "2 of 2 refused rows." in works(
            "rejected", "--file", "endsong", "--reason", "unparseable_time"
        )
        assert "0 of 0 refused rows." in works("rejected", "--file", "other")

    def test_as_csv_formulas_are_harmless_unless_asked_for(self, tmp_path: Path):
        write_json(tmp_path / "=cmd.json", [play(START), {"ts": "never", "ms_played": 1}])
        works("import", "=cmd.json")
        files = [
            [row["source_file"][:9] for row in csv.DictReader(io.StringIO(call(*arguments).stdout))]
            for arguments in (("rejected", "--format", "csv"), ("rejected", "--format", "csv", "--raw"))
        ]
        assert files == [["'=cmd.jso"], ["=cmd.json"]]

    def test_as_json_with_the_original(self, history: Path):
        works("import", "endsong_0.json")
        rows = json.loads(call("rejected", "--format", "json").stdout)
        assert [row["original"]["ts"] for row in rows] == ["never", "=1+1"]

    def test_control_characters_do_not_reach_the_terminal(self, tmp_path: Path):
        named = play(START, master_metadata_track_name="[red]\x1b[2J", ts="never")
        write_json(tmp_path / "a.json", [play(START), named])
        works("import", "a.json")
        assert "\x1b" not in call("rejected").stdout


class TestExclude:
    def test_add_list_remove(self, data_dir: Path):
        assert "Nothing is excluded." in works("exclude", "list")
        told = works(
            "exclude",
            "add",
            "--user",
            "anna",
            "--artist",
            "Band",
            "--from",
            "2025-01-01",
            "--until",
            "2025-01-31",
        )
        assert "Rule 1 is in" in told
        works("exclude", "add", "--incognito")
        assert "│ 1 │ anna │ │ Band │ 2025-01-01 │ 2025-01-31 │ │ │" in works("exclude", "list")
        works("exclude", "remove", "1")
        assert "only these" in works("exclude", "list")
        assert "anna" not in (data_dir / "exclusions.toml").read_text()

    def test_a_rule_for_everything_is_refused(self):
        assert "names a track" in fails("exclude", "add", "--user", "anna")
        assert "has no rule 1" in fails("exclude", "remove", "1")
