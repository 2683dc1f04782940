"""Checks that learn: silent at first, quiet about the usual, loud about what was planted."""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from spotify_assets.checks.learned import learned, learned_names
from spotify_assets.rows.window import Window
from spotify_assets.tables import LISTENING_EVENTS, RAW_EVENTS, ROW_COUNTS, TABLES
from spotify_assets.warehouse.audit import Finding
from spotify_assets.warehouse.store import create_table

START = date(2025, 1, 6)
TODAY = START + timedelta(days=100)
USUAL = 400
"""Plays of a usual day."""
LEARNING = sorted(name for name, table in TABLES.items() if table.statistics or table.refuses_rows)


def rows_of(
    day: date, plays: int = USUAL, skip_share: float = 0.4, unknown: float = 0.1, ms_played: int = 150_000
) -> pl.DataFrame:
    """A day of listening of which only what the checks look at is filled in; numbers vary a little by day."""
    count = plays + day.toordinal() % 7 * 4 if plays else 0
    position = pl.int_range(count, eager=True)
    return pl.DataFrame(
        {
            "event_date": [day] * count,
            "content_type": ["music"] * count,
            "action": ["play"] * count,
            "track_id": ["a" * 22] * count,
            "ms_played": [ms_played] * count,
            "outcome": position.map_elements(
                lambda n: "skip" if n < skip_share * count else "complete", return_dtype=pl.String
            ),
            "track_duration_ms": position.map_elements(
                lambda n: None if n < unknown * count else 200_000, return_dtype=pl.Int64
            ),
        }
    )


class Stored:
    """The two event tables and the books, in memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        for table in (LISTENING_EVENTS, RAW_EVENTS, ROW_COUNTS):
            create_table(connection, table)
            for column in table.columns:
                if not column.nullable:
                    connection.execute(f"alter table {table.full_name} alter {column.name} drop not null")

    def add(self, day: date, **planted: float) -> None:
        frame = rows_of(day, **planted)  # type: ignore[arg-type]
        self.connection.register("frame", frame)
        self.connection.execute("insert into core.listening_events by name select * from frame")
        self.connection.unregister("frame")

    def history(self, days: int = 56) -> date:
        """Usual days from the start; returns the day after them."""
        for number in range(days):
            self.add(START + timedelta(days=number))
        return START + timedelta(days=days)

    def judge(self, day: date, today: date = TODAY) -> dict[str, Finding]:
        window = Window(day, day + timedelta(days=1))
        found = learned(self.connection, LISTENING_EVENTS, window, today)
        return {finding.check: finding for finding in found}


@pytest.fixture
def stored() -> Iterator[Stored]:
    with duckdb.connect() as connection:
        yield Stored(connection)


def failed(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if not finding.passed}


def test_the_first_days_are_silent_and_say_so(stored: Stored):
    stored.add(START, plays=5)
    found = stored.judge(START)
    assert failed(found) == set()
    assert found["usual_volume"].detail == "not enough history"


def test_a_usual_day_passes(stored: Stored):
    day = stored.history()
    stored.add(day)
    found = stored.judge(day)
    assert failed(found) == set()
    assert found["usual_volume"].detail == ""


@pytest.mark.parametrize(
    ("planted", "check"),
    [
        ({"plays": 40}, "usual_volume"),
        ({"plays": 4_000}, "usual_volume"),
        ({"skip_share": 0.9}, "usual_skip_rate"),
        ({"unknown": 0.5}, "usual_unknown_tracks"),
        ({"ms_played": 15_000}, "usual_ms_played"),
    ],
)
def test_what_was_planted_is_found_and_nothing_else(stored: Stored, planted: dict[str, float], check: str):
    day = stored.history()
    stored.add(day, **planted)
    found = stored.judge(day)
    assert failed(found) == {check}
    assert found[check].warns
    assert found[check].detail.startswith(f"{day}: ")
    assert "usually" in found[check].detail


def test_a_day_without_any_row_is_unusual_once_it_is_over(stored: Stored):
    day = stored.history()
    assert failed(stored.judge(day)) == {"usual_volume"}
    assert failed(stored.judge(day, today=day)) == set()


def test_skipped_videos_are_no_skips_of_music(stored: Stored):
    day = stored.history()
    stored.add(day)
    stored.connection.execute(
        "insert into core.listening_events by name "
        "select * replace ('video' as content_type, 'skip' as outcome) "
        f"from core.listening_events where event_date = date '{day}'"
    )
    assert "usual_skip_rate" not in failed(stored.judge(day))


def test_a_few_odd_days_in_history_change_nothing(stored: Stored):
    day = stored.history(days=49)
    stored.add(day, plays=10 * USUAL)
    week_later = day + timedelta(days=7)
    for number in range(1, 7):
        stored.add(day + timedelta(days=number))
    stored.add(week_later)
    assert failed(stored.judge(week_later)) == set()


def test_weekdays_are_compared_with_themselves(stored: Stored):
    for number in range(56):
        day = START + timedelta(days=number)
        stored.add(day, plays=4 * USUAL if day.weekday() == 5 else USUAL)
    saturday = next(d for d in (START + timedelta(days=56 + n) for n in range(7)) if d.weekday() == 5)
    stored.add(saturday, plays=4 * USUAL)
    assert failed(stored.judge(saturday)) == set()


def test_a_range_names_its_odd_days(stored: Stored):
    day = stored.history()
    stored.add(day)
    stored.add(day + timedelta(days=1), plays=3)
    window = Window(day, day + timedelta(days=2))
    [volume] = [
        f for f in learned(stored.connection, LISTENING_EVENTS, window, TODAY) if f.check == "usual_volume"
    ]
    assert volume.failing_rows == 1
    assert volume.detail.startswith(str(day + timedelta(days=1)))


def test_a_growing_share_of_refused_rows_is_told(stored: Stored):
    for number in range(57):
        day = START + timedelta(days=number)
        refused = 300 if number == 56 else 5
        for outcome, rows in (("in", 1_000), ("rejected", refused), ("loaded", 1_000 - refused)):
            stored.connection.execute(
                "insert into ops.row_counts by name "
                "select ? as table_name, ? as slice_date, ? as outcome, ? as rows",
                [RAW_EVENTS.full_name, day, outcome, rows],
            )
    day = START + timedelta(days=56)
    window = Window(day, day + timedelta(days=1))
    found = {f.check: f for f in learned(stored.connection, RAW_EVENTS, window, TODAY)}
    assert not found["usual_rejections"].passed
    assert found["usual_rejections"].detail == f"{day}: 30.0%, usually 0.5%"


@pytest.mark.parametrize("name", LEARNING)
def test_tables_that_do_not_exist_yet_are_silent(name: str):
    with duckdb.connect() as connection:
        found = learned(connection, TABLES[name], None)
    assert [finding.check for finding in found] == list(learned_names(TABLES[name]))
    assert all(finding.passed for finding in found)
