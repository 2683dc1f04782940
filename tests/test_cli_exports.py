"""make-export and evaluate-import as a person uses them; the import of a dirty corpus against its key."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.generator.answer_key import AnswerKey


@pytest.fixture(autouse=True)
def data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def make(folder: Path, *options: str) -> Result:
    return call(
        "make-export", str(folder), "--years", "1", "--plays", "1000", "--until", "2025-06-30", *options
    )


@pytest.mark.slow
def test_make_export_says_what_it_wrote_and_what_comes_next(tmp_path: Path, data_dir: Path):
    result = make(tmp_path / "corpus", "--user", "ann")

    assert result.exit_code == 0, result.output
    assert "2024-07-01 to 2025-06-30" in result.stdout
    assert "import" in result.stdout
    assert AnswerKey.read(tmp_path / "corpus" / "answer_key").user_id == "ann"
    assert (tmp_path / "corpus" / "inbox" / "my_spotify_data_3.zip").exists()
    assert not data_dir.exists()


@pytest.mark.slow
def test_make_export_writes_over_nothing(tmp_path: Path):
    assert make(tmp_path / "corpus").exit_code == 0
    again = make(tmp_path / "corpus")
    assert again.exit_code == 1
    assert "is not empty" in again.stderr


def test_evaluating_a_folder_without_a_key_says_how_to_make_one(tmp_path: Path):
    result = call("evaluate-import", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "make-export" in result.stderr


@pytest.mark.slow
def test_the_import_of_a_dirty_corpus_finds_nearly_every_duplicate_and_loses_no_row(
    tmp_path: Path, data_dir: Path
):
    folder = tmp_path / "corpus"
    assert call("make-export", str(folder), "--years", "3", "--plays", "6000", "--seed", "7").exit_code == 0

    result = call("evaluate-import", str(folder))

    # Exit code 1 stands for a precision or recall of dedupe below 0.999, a row that is nowhere, or an outcome
    # that is wrong.
    assert result.exit_code == 0, result.output
    assert "of these wrong: 0;" in " ".join(result.output.split())
    assert not data_dir.exists()
