"""The inbox: what is new, what stays where it was put, and what is moved aside with the reason."""

import os
import time
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake.importing import ImportOptions, Outcome
from spotify_assets.lake.inbox import import_inbox, pending
from tests.lake.exports import plays, write_json, write_zip

START = datetime(2021, 5, 1, 8)  # noqa: DTZ001
OPTIONS = ImportOptions("me", date(2026, 11, 20))


@pytest.fixture
def inbox_of(make_settings):
    settings = make_settings()
    settings.inbox_dir.mkdir(parents=True)
    return settings


def test_nothing_is_pending_without_an_inbox(make_settings):
    assert pending(make_settings()) == []


def test_what_is_imported_stays_untouched_and_is_not_pending_any_more(inbox_of):
    path = write_json(inbox_of.inbox_dir / "from me" / "endsong_0.json", plays(START, 3))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert pending(inbox_of) == [path]
    [handed] = import_inbox(inbox_of, OPTIONS)
    assert handed.files[0].outcome is Outcome.LANDED
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert pending(inbox_of) == []
    assert list(import_inbox(inbox_of, OPTIONS)) == []


def test_a_file_that_grew_is_pending_again(inbox_of):
    path = write_json(inbox_of.inbox_dir / "endsong_0.json", plays(START, 3))
    list(import_inbox(inbox_of, OPTIONS))
    write_json(path, plays(START, 4))
    assert pending(inbox_of) == [path]


def test_what_nobody_knows_is_moved_aside_with_the_reason(inbox_of):
    for name in ("notes.txt", "deep/notes.txt"):
        path = inbox_of.inbox_dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"remember the milk, {name}")
    good = write_json(inbox_of.inbox_dir / "endsong_0.json", plays(START, 3))
    handed = list(import_inbox(inbox_of, OPTIONS))

    rejected = inbox_of.inbox_dir / "rejected"
    assert {each.path for each in handed} == {good, rejected / "notes.txt", rejected / "deep" / "notes.txt"}
    assert (rejected / "notes.txt").read_text() == "remember the milk, notes.txt"
    assert "notes.txt" in (rejected / "notes.txt.reason.txt").read_text()
    assert good.exists()
    assert pending(inbox_of) == []


def test_another_unknown_file_of_the_same_name_takes_none_away(inbox_of):
    for text in ("one", "two"):
        (inbox_of.inbox_dir / "notes.txt").write_text(text)
        list(import_inbox(inbox_of, OPTIONS))
    kept = {
        path.read_text()
        for path in (inbox_of.inbox_dir / "rejected").glob("notes*.txt")
        if "reason" not in path.name
    }
    assert kept == {"one", "two"}


def test_a_zip_of_which_something_was_landed_stays(inbox_of):
    path = write_zip(
        inbox_of.inbox_dir / "a.zip", {"endsong_0.json": plays(START, 3), "notes.txt": b"remember the milk"}
    )
    [handed] = import_inbox(inbox_of, OPTIONS)
    assert {file.outcome for file in handed.files} == {Outcome.LANDED, Outcome.UNKNOWN}
    assert path.exists()


def test_a_document_is_no_listening_and_stays(inbox_of):
    path = inbox_of.inbox_dir / "ReadMe.pdf"
    path.write_bytes(b"%PDF-1.4")
    [handed] = import_inbox(inbox_of, OPTIONS)
    assert handed.files[0].outcome is Outcome.NOT_DATA
    assert path.exists()
    assert pending(inbox_of) == []


@pytest.mark.parametrize(
    ("folder", "listener"),
    [
        ("", "me"),
        ("anna", "anna"),
        ("anna/MyData", "anna"),
        ("MyData", "me"),
        ("Spotify Extended Streaming History", "me"),
        ("my_spotify_data (1)", "me"),
    ],
)
def test_a_folder_names_whose_listening_it_holds_unless_an_export_named_it(inbox_of, folder, listener):
    write_json(inbox_of.inbox_dir / folder / "endsong_0.json", plays(START, 3))
    [handed] = import_inbox(inbox_of, OPTIONS)
    assert handed.files[0].outcome is Outcome.LANDED
    lake = pl.read_parquet(inbox_of.lake_dir / "listening_events" / "**" / "*.parquet")
    assert lake["user_id"].unique().to_list() == [listener]


def test_a_folder_that_names_a_person_is_refused_and_stops_no_other(inbox_of):
    write_json(inbox_of.inbox_dir / "anna@example.org" / "endsong_0.json", plays(START, 3))
    write_json(inbox_of.inbox_dir / "ben" / "endsong_0.json", plays(START, 3))
    refused, landed = import_inbox(inbox_of, OPTIONS)
    assert landed.files[0].outcome is Outcome.LANDED
    assert landed.path.parent.name == "ben"
    assert refused.path == inbox_of.inbox_dir / "rejected" / "anna@example.org" / "endsong_0.json"
    reason = refused.path.with_name("endsong_0.json.reason.txt").read_text()
    assert "e-mail address" in reason
    assert pending(inbox_of) == []


@pytest.mark.parametrize("name", [".hidden.json", "a.json.crdownload", "b.zip.part", ".git/x.json"])
def test_hidden_files_and_unfinished_downloads_wait(inbox_of, name):
    write_json(inbox_of.inbox_dir / name, plays(START, 3))
    assert pending(inbox_of) == []


def test_a_file_that_is_being_written_waits(inbox_of):
    path = write_json(inbox_of.inbox_dir / "endsong_0.json", plays(START, 3))
    assert pending(inbox_of, quiet_seconds=3_600) == []
    an_hour_ago = time.time() - 7_200
    os.utime(path, (an_hour_ago, an_hour_ago))
    assert pending(inbox_of, quiet_seconds=3_600) == [path]


def test_a_link_is_no_file_of_the_inbox(inbox_of, tmp_path: Path):
    outside = write_json(tmp_path / "outside.json", plays(START, 3))
    (inbox_of.inbox_dir / "link.json").symlink_to(outside)
    assert pending(inbox_of) == []
