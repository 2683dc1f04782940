"""Undoing imports and keeping out what was erased, on the command line; with raw tables at most."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.cli import undo as undo_module
from spotify_assets.lake.due import owed
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.settings import Settings
from tests.automation.raw_tables import load
from tests.lake.exports import plays, write_json, write_zip

JANUARY = datetime(2024, 1, 10, 8)  # noqa: DTZ001
FEBRUARY = datetime(2024, 2, 10, 8)  # noqa: DTZ001


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
    assert result.exit_code == 0, result.output + str(result.exception)
    return " ".join(result.stdout.split())


def fails(*arguments: str) -> list[str]:
    """The lines of what a command says that fails."""
    result = call(*arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.stderr.splitlines()


@pytest.fixture
def inbox(data_dir: Path) -> Path:
    """Two months of anna's, and bert's of one of them under the same name."""
    write_json(data_dir / "inbox" / "anna" / "endsong_0.json", plays(JANUARY, 2))
    write_json(data_dir / "inbox" / "anna" / "endsong_1.json", plays(FEBRUARY, 2))
    write_json(data_dir / "inbox" / "bert" / "endsong_1.json", plays(FEBRUARY, 3))
    works("import")
    return data_dir / "inbox"


def receipts(data_dir: Path) -> dict[tuple[str | None, str], str]:
    return {(each.user_id, each.input_file): each.receipt_id for each in read_receipts(data_dir / "raw")}


def test_an_import_is_undone_told_and_imported_anew(inbox: Path, data_dir: Path):
    [receipt_id] = [id_ for (_, name), id_ in receipts(data_dir).items() if name == "endsong_0.json"]
    said = works("import", "--undo", "endsong_0.json")
    assert receipt_id in said
    assert "import it by its path" in said
    assert len(receipts(data_dir)) == 2
    assert f"{receipt_id} (endsong_0.json, 2 rows) was undone on 20" in works("receipt")
    assert f"{receipt_id} (endsong_0.json, 2 rows) was undone on 20" in works("receipt", receipt_id[:9])
    assert "was undone on 20" in works("import", "--undo", receipt_id)
    assert owed(data_dir / "raw") == []

    assert "Nothing new" in works("import")
    os.utime(inbox / "anna" / "endsong_0.json", (1, 1))
    assert "kept out: endsong_0.json: its import was undone; import it by its path" in works("import")
    assert "Receipt" in works("import", str(inbox / "anna" / "endsong_0.json"), "--user", "anna")
    assert "was undone" not in works("receipt")
    assert len(receipts(data_dir)) == 3


@pytest.mark.slow
def test_several_at_once_and_the_whole_of_a_zip(data_dir: Path, tmp_path: Path):
    write_zip(tmp_path / "data.zip", {"a.json": plays(JANUARY, 2), "b.json": plays(FEBRUARY, 3)})
    write_json(tmp_path / "c.json", plays(JANUARY, 4))
    write_json(tmp_path / "d.json", plays(JANUARY, 5))
    works("import", "data.zip", "c.json", "d.json")
    works("import", "--undo", "data.zip", "--undo", "c.json")
    assert [name for _, name in receipts(data_dir)] == ["d.json"]
    works("import", "data.zip", "c.json")
    works("import", "--undo", "data.zip", "c.json", "d.json")
    assert receipts(data_dir) == {}


def test_a_dry_run_undoes_nothing(inbox: Path, data_dir: Path):
    before = receipts(data_dir)
    assert "A dry run: nothing was undone." in works("import", "--undo", "endsong_0.json", "--dry-run")
    assert receipts(data_dir) == before


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("endsong_1.json", "endsong_1.json may be any of 2 imports: name one by its receipt, events-"),
        ("events", "events may be any of 3 imports"),
        ("other.json", "there is no receipt of other.json: see spotify-assets receipt"),
    ],
)
def test_what_cannot_be_undone_is_one_line(inbox: Path, data_dir: Path, word: str, says: str):
    before = receipts(data_dir)
    [line] = fails("import", "--undo", word)
    assert says in line
    assert receipts(data_dir) == before


HANGING = """
import sys, time
from spotify_assets.lake import importing

def hanging(*_):
    print("reading", flush=True)
    time.sleep(60)

importing.read_events = hanging
from spotify_assets.cli import app
app(["import", *sys.argv[1:]])
"""


@pytest.mark.slow
def test_while_an_import_is_under_way_it_says_so_and_after_a_kill_it_works(inbox: Path, data_dir: Path):
    path = write_json(data_dir / "more.json", plays(JANUARY, 9))
    command = [sys.executable, "-c", HANGING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        [line] = fails("import", "--undo", "endsong_0.json")
        assert "an import is under way" in line
        process.send_signal(signal.SIGKILL)
    works("import", "--undo", "endsong_0.json")
    assert len(receipts(data_dir)) == 2


class Killed(BaseException):
    """As if the process were killed."""


@pytest.mark.slow
def test_killed_before_the_tables_the_same_command_finishes_it(
    inbox: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = Settings(_env_file=None)
    load(settings)
    asked = []

    def killed(*_, window, **__):
        asked.append(str(window))
        raise Killed

    monkeypatch.setattr(undo_module, "run_job", killed)
    for _ in range(2):
        with pytest.raises(Killed):
            call("import", "--undo", "endsong_0.json")
    # Where partitions begin is kept, also when nothing is left of their first days.
    assert asked == ["2024-01-10 to 2024-02-10"] * 2
    assert len(receipts(data_dir)) == 2
    [due] = owed(settings.lake_dir)
    assert str(due.first) == "2024-01-10"


def test_missing_files_are_told_by_receipt(inbox: Path, data_dir: Path):
    shutil.rmtree(data_dir / "raw" / "listening_events" / "month=2024-01")
    told = call("receipt").stderr
    [line] = told.splitlines()
    assert "is no longer in the lake: import the file again" in line
    assert "--undo events-" in line


def test_an_erased_listener_stays_out_until_somebody_says_so(inbox: Path, data_dir: Path):
    path = inbox / "bert" / "endsong_1.json"
    works("erase-user", "bert", "--yes")
    assert "Nothing new" in works("import")
    os.utime(path, (1, 1))
    said = works("import")
    assert said == (
        "kept out: endsong_1.json: it was erased with its listener; only --bring-back takes it in again"
    )
    assert "Nothing new" in works("import")
    assert [user for user, _ in receipts(data_dir)] == ["anna", "anna"]
    assert call("import", str(path), "--user", "bert").exit_code == 1
    [line] = fails("import", "--bring-back")
    assert "give their paths" in line
    works("import", str(path), "--user", "bert", "--bring-back")
    assert sorted(str(user) for user, _ in receipts(data_dir)) == ["anna", "anna", "bert"]
    works("erase-user", "bert", "--yes")
    path.rename(path.with_name("again.json"))
    assert "kept out: again.json" in works("import")


def test_an_erased_export_in_another_zip_stays_out_and_the_rest_lands(inbox: Path, data_dir: Path):
    works("erase-user", "bert", "--yes")
    write_zip(inbox / "bert" / "new.zip", {"x/y.json": plays(FEBRUARY, 3), "z.json": plays(JANUARY, 7)})
    said = works("import")
    assert "kept out: new.zip/x/y.json: it was erased with its listener" in said
    assert [each.rows_in for each in read_receipts(data_dir / "raw") if each.user_id == "bert"] == [7]
