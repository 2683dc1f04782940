"""Slices as files: what a task signs is what is stored, with the same books, and nothing else is."""

import os
import time
import weakref
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.rows.cleaned import REJECTED_DATE, Cleaned
from spotify_assets.rows.tally import TALLY
from spotify_assets.rows.window import Window
from spotify_assets.warehouse.books import Books
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseError
from spotify_assets.warehouse.making import Part, made
from spotify_assets.warehouse.on_spark import OnSpark, spread
from spotify_assets.warehouse.slices import Slices
from spotify_assets.warehouse.staged import Signed, Staged, Staging, stage
from spotify_assets.warehouse.store import create_table, read_rows
from tests.warehouse.plays import PLAYS, plays

DAYS = [Window(date(2025, 1, day), date(2025, 1, day + 1)) for day in range(1, 5)]
REPEATED = {"event_date": [date(2025, 1, 1), date(2025, 1, 2)], "reason": ["told again", "told again"]}


def slices(make: Callable[[Window], Cleaned], *groups: list[Window]) -> Slices:
    return Slices(tuple(tuple(group) for group in groups), make)


def judged(window: Window) -> Cleaned:
    """Rows of each day but the second; one refused on the first; repeats on the first two, where they are."""
    days = [day.day for day in window.days()]
    rows = plays([(day, track, day, 0) for day in days if day != 2 for track in ("a", "b")])
    refused = pl.DataFrame(
        {
            "source_file": ["a.json"],
            "source_row": [7],
            "reason": ["no time"],
            "detail": [None],
            "original": ["{}"],
            REJECTED_DATE: [date(2025, 1, 1)],
        },
        schema_overrides={"detail": pl.String()},
    ).filter(pl.lit(1 in days))
    repeats = pl.DataFrame(REPEATED).filter(pl.col("event_date").is_in(window.days()))
    counts = {"told again": repeats.height} if repeats.height else {}
    rows_in = rows.height + refused.height + repeats.height
    return Cleaned(rows, rows_in, refused, counts, repeats if repeats.height else None)


def told(parts: list[Part]) -> Books:
    books = Books(PLAYS)
    for part in parts:
        books.add(part.group, part.account)
    return books


def as_staged(given: Slices, folder: Path) -> list[Staged]:
    staging = Staging(folder)
    signed = [Signed.from_json(each.to_json()) for each in stage(given, PLAYS, staging)]
    return [Staged(each, staging, PLAYS, None) for each in signed]


def test_no_rows_are_held_while_the_next_are_made(tmp_path: Path):
    """Of slices and of shares alike: what a task holds is one of them."""
    held: list[weakref.ref[Cleaned]] = []
    still: list[int] = []

    def noted(window: Window) -> Cleaned:
        still.append(sum(each() is not None for each in held))
        held.append(weakref.ref(rows := judged(window)))
        return rows

    def shares(window: Window, count: int) -> Generator[Cleaned, None, None]:
        yield from map(noted, [window] * count)

    given = replace(slices(noted, *([day] for day in DAYS)), make_shares=shares, shares={DAYS[2]: 3})
    assert len(as_staged(given, tmp_path)) == len(held) == 6
    assert still == [0] * 6


def test_staged_slices_are_stored_with_the_books_of_slices_made_here(tmp_path: Path):
    given = slices(judged, DAYS[:2], DAYS[2:])
    here, elsewhere = list(made(given, PLAYS)), as_staged(given, tmp_path / "staged")
    assert told(list(elsewhere)).entries == told(list(here)).entries
    for books in (told(list(elsewhere)), told(list(here))):
        assert pl.concat(books.rejected)["source_row"].to_list() == [7]
        assert pl.concat(books.duplicate_plays).height == 2
    tables = []
    both: tuple[Sequence[Part], ...] = (here, elsewhere)
    for number, parts in enumerate(both):
        database = Database(tmp_path / f"{number}.duckdb")
        with database.transaction() as connection:
            create_table(connection, PLAYS)
            for part in parts:
                part.insert(connection, PLAYS)
        with database.reader() as connection:
            tables.append(read_rows(connection, PLAYS).sort(pl.all()).rows())
    assert tables[0] == tables[1]
    assert len(tables[0]) == 6


def test_a_slice_that_is_refused_writes_nothing(tmp_path: Path):
    outside = slices(lambda _: Cleaned(plays([(4, "a", 1, 1)]), 1), DAYS[:1])
    twice = slices(lambda _: Cleaned(plays([(1, "a", 1, 1), (1, "a", 2, 1)]), 2), DAYS[:1])
    for wrong, words in ((outside, "lie outside"), (twice, "unique_key")):
        with pytest.raises(SliceRefusedError, match=words):
            as_staged(wrong, tmp_path / "staged")
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("harm", ["gone", "other"])
def test_a_file_that_is_not_the_one_that_was_signed_is_not_read(tmp_path: Path, harm: str):
    [part, *_] = as_staged(slices(judged, [DAYS[2]]), tmp_path)
    [file] = tmp_path.glob("*.parquet")
    if harm == "gone":
        file.unlink()
    else:
        plays([(3, "z", 9, 9)]).write_parquet(file)
    database = Database(tmp_path / "w.duckdb")
    with (
        pytest.raises(WarehouseError, match="not as its task wrote it"),
        database.transaction() as connection,
    ):
        create_table(connection, PLAYS)
        part.insert(connection, PLAYS)


def test_a_task_tells_what_it_read_for_each_part(tmp_path: Path):
    def read_and_judge(window: Window) -> Cleaned:
        TALLY.read += 100 * window.start.day
        return judged(window)

    given = slices(read_and_judge, *([day] for day in DAYS))
    signed = stage(given, PLAYS, Staging(tmp_path))
    assert {each.group[0]: each.rows_read for each in signed} == {day: 100 * day.start.day for day in DAYS}
    before = TALLY.read
    with InThisProcess("local", tmp_path).parts(given, PLAYS, Database(tmp_path / "w.duckdb")):
        once, twice = sum(100 * day.start.day for day in DAYS), 2
    assert TALLY.read - before == once * (twice + 1)  # both tries here, and what the driver is told of one


def test_every_attempt_has_names_of_its_own(tmp_path: Path):
    given = slices(judged, [DAYS[2]])
    one, other = Staging(tmp_path), Staging(tmp_path)
    for staging in (one, one, other):
        list(stage(given, PLAYS, staging))
    assert (len(one.files()), len(other.files())) == (2, 1)


class InThisProcess(OnSpark):
    """Spark's part done here, by a task that is done twice, as Spark may."""

    def _answers(self, given: Slices, table, staging):
        answers = []
        for group in given.groups:
            for _ in range(2):
                signed = stage(replace(given, groups=(group,)), table, staging)
                answer = {"signed": [each.to_json() for each in signed]}
            answers.append(answer)
        return answers


def test_of_tasks_that_were_done_twice_one_is_stored_and_nothing_is_left(tmp_path: Path):
    database = Database(tmp_path / "w.duckdb")
    maker = InThisProcess("local", tmp_path / "staged")
    with maker.parts(slices(judged, DAYS[2:], DAYS[:1]), PLAYS, database) as found:
        parts = list(found)
        assert [part.group[0] for part in parts] == [DAYS[0], DAYS[2]]
        with database.transaction() as connection:
            create_table(connection, PLAYS)
            for part in parts:
                part.insert(connection, PLAYS)
                assert part.account.rows_in
    with database.reader() as connection:
        assert read_rows(connection, PLAYS).height == 6
    assert list((tmp_path / "staged").iterdir()) == []


def test_what_a_run_that_died_has_left_is_removed_a_day_later(tmp_path: Path):
    folder, database = tmp_path / "staged", Database(tmp_path / "w.duckdb")
    given = slices(judged, [DAYS[2]])
    list(stage(given, PLAYS, Staging(folder)))
    [left] = folder.iterdir()
    for age, found in ((23, [left]), (25, [])):
        then = time.time() - age * 3600
        os.utime(left, (then, then))
        with InThisProcess("local", folder).parts(given, PLAYS, database):
            pass
        assert list(folder.iterdir()) == found


@pytest.mark.parametrize(
    ("lengths", "wanted", "found"),
    [
        ([4], 1, [4]),
        ([4], 3, [1, 1, 2]),
        ([4], 9, [1, 1, 1, 1]),
        ([5, 1], 3, [2, 3, 1]),
        ([], 4, []),
    ],
)
def test_groups_are_cut_until_there_are_enough(lengths: list[int], wanted: int, found: list[int]):
    days = iter([Window(date(2025, 1, day), date(2025, 1, day + 1)) for day in range(1, 20)])
    groups = [tuple(next(days) for _ in range(length)) for length in lengths]
    cut = spread(groups, wanted)
    assert [len(group) for group in cut] == found
    assert [day for group in cut for day in group] == [day for group in groups for day in group]
