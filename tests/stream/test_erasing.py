"""Erasing a listener from batches: theirs is gone, the others' is there once, whatever dies when."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.lake import batches, layout
from spotify_assets.lake.batches import replace_manifest
from spotify_assets.lake.erasing import erase_from_lake
from spotify_assets.lake.erasing_batches import erase_from_batches
from spotify_assets.lake.holes import Hole, holes, next_hole
from spotify_assets.lake.kept_out import keep_listener_out, let_listener_in, listeners_kept_out
from spotify_assets.settings import Settings
from spotify_assets.sources.landed import unpacked
from tests.stream.made import DAY, ORIGIN, batch, play, read, refused

GONE = "gone"


def write_some(lake_dir: Path) -> None:
    """Two batches: of others and theirs in one hour, an hour of theirs alone, refused ones of both."""
    theirs_refused = json.dumps({"listener": GONE}).encode()
    batch(0, play("a"), play(GONE), play("b"), play(GONE, 11), theirs_refused, b"no event").write(
        lake_dir, "gzip"
    )
    batch(6, play("c"), play(GONE), theirs_refused + b"}").write(lake_dir, "zstd")


def everything(lake_dir: Path) -> bytes:
    """All that the files of the lake hold, unpacked, with their names."""
    files = [path for path in lake_dir.rglob("*") if path.is_file()]
    return b"".join(path.name.encode() + unpacked(path) for path in files)


def assert_the_others_are_there_once(lake_dir: Path) -> None:
    rows = read(lake_dir)
    others = rows.filter(rows["user_id"] != GONE).sort("source_row")
    assert others.select("user_id", "source_row").rows() == [("a", 1), ("b", 3), ("c", 7)]
    assert [row for row in refused(lake_dir) if row[1] == 6] == [(ORIGIN.source_file, 6, "malformed_json")]


def test_nothing_of_theirs_is_left_and_all_of_the_others_is(settings: Settings) -> None:
    lake_dir = settings.lake_dir
    write_some(lake_dir)
    assert GONE.encode() in everything(lake_dir)
    erased = erase_from_lake(settings, GONE)
    assert GONE.encode() not in everything(lake_dir)
    assert_the_others_are_there_once(lake_dir)
    assert read(lake_dir).height == 3
    assert erased.rows == {"events of the stream": 3, "refused messages of the stream": 2}
    assert erased.dates == {DAY}
    assert [(each.rows, each.refused, each.left_out) for each in batches.manifests(lake_dir, ORIGIN)] == [
        *((3, 1, 3), (1, 0, 2))
    ]
    assert holes(lake_dir, ORIGIN, 0, 0) == [Hole(9)]
    files = {path: path.stat().st_mtime_ns for path in lake_dir.rglob("kafka~*")}
    assert erase_from_lake(settings, GONE).rows == {}
    assert {path: path.stat().st_mtime_ns for path in lake_dir.rglob("kafka~*")} == files


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(14))
def test_a_kill_at_any_step_leaves_the_others_once(
    lake_dir: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    write_some(lake_dir)
    done = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def with_kill(*args: Any, **more: Any) -> Any:
            nonlocal done
            if done == step:
                raise Killed
            done += 1
            return function(*args, **more)

        return with_kill

    with monkeypatch.context() as patch:
        patch.setattr(layout, "write_bytes", counted(layout.write_bytes))
        patch.setattr(f"{erase_from_batches.__module__}.replace_manifest", counted(replace_manifest))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        with pytest.raises(Killed):
            erase_from_batches(lake_dir, GONE.__eq__)
    assert_the_others_are_there_once(lake_dir)
    monkeypatch.setattr(batches, "UNDER_WAY_SECONDS", -1)
    erase_from_batches(lake_dir, GONE.__eq__)
    assert_the_others_are_there_once(lake_dir)
    assert GONE.encode() not in everything(lake_dir)
    assert len(list(lake_dir.rglob("kafka~*"))) == 3


def test_who_was_erased_stays_out_until_let_in(lake_dir: Path) -> None:
    keep_listener_out(lake_dir, GONE)
    # What is kept of a refused message has no `user_id`; elsewhere they may be named.
    theirs = (play(GONE), play(f" {GONE} "), json.dumps({"listener": GONE}).encode(), b'["gone"')
    made = batch(0, play("a"), *theirs, b"no event", kept_out=listeners_kept_out(lake_dir))
    manifest = made.write(lake_dir, "gzip")
    assert manifest is not None
    assert (manifest.end, manifest.rows, manifest.refused, manifest.left_out) == (6, 2, 1, 4)
    assert GONE.encode() not in everything(lake_dir)
    assert next_hole(lake_dir, ORIGIN, 0, 6) == Hole(6)
    assert let_listener_in(lake_dir, GONE)
    assert not let_listener_in(lake_dir, GONE)
    batch(6, play(GONE), kept_out=listeners_kept_out(lake_dir)).write(lake_dir, "gzip")
    assert read(lake_dir)["user_id"].to_list() == ["a", GONE]


def test_who_is_erased_while_a_batch_is_open_is_not_in_it(settings: Settings) -> None:
    opened = batch(0, play("a"), play(GONE))
    erase_from_lake(settings, GONE)
    manifest = opened.write(settings.lake_dir, "gzip")
    assert manifest is not None
    assert (manifest.rows, manifest.left_out) == (1, 1)
    assert GONE.encode() not in everything(settings.lake_dir)
    assert read(settings.lake_dir)["user_id"].to_list() == ["a"]
