from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from spotify_assets.partitions import around, as_window, keys_of, lookback, partitions, windows
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings

MakeSettings = Callable[..., Settings]
TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(("grain", "key"), [("day", "%Y-%m-%d"), ("month", "%Y-%m-01")])
def test_partitions_run_from_the_start_date_to_today_included(
    make_settings: MakeSettings, grain: str, key: str
):
    definition = partitions(make_settings(partition_grain=grain, start_date=date(2025, 3, 1)))

    assert definition.get_first_partition_key() == "2025-03-01"
    assert definition.get_last_partition_key() == f"{TODAY:{key}}"


def test_a_window_touches_the_partitions_that_its_days_are_in(make_settings: MakeSettings):
    window = Window(date(2025, 3, 31), date(2025, 4, 2))

    assert keys_of(make_settings(), window) == ("2025-03-31", "2025-04-01")
    assert keys_of(make_settings(partition_grain="month"), window) == ("2025-03-01", "2025-04-01")


@pytest.mark.parametrize(
    "window",
    [
        Window(date(2024, 12, 31), date(2025, 1, 2)),
        Window(TODAY, TODAY + timedelta(days=2)),
        Window(date(2025, 2, 1), date(2025, 2, 1)),
    ],
)
def test_a_window_outside_the_partitions_is_refused_with_what_to_do(
    make_settings: MakeSettings, window: Window
):
    with pytest.raises(ValueError, match=r"outside the configured partitions.*SPOTIFY_START_DATE"):
        keys_of(make_settings(), window)


@pytest.mark.parametrize(
    ("grain", "days", "partitions_before"),
    [("day", 1, 1), ("day", 27, 27), ("month", 1, 1), ("month", 29, 2)],
)
def test_looking_back_reaches_at_least_so_many_days(
    make_settings: MakeSettings, grain: str, days: int, partitions_before: int
):
    settings = make_settings(partition_grain=grain)
    definition = partitions(settings)
    key = definition.get_partition_keys()[6]
    upstream = lookback(settings, days).get_upstream_mapped_partitions_result_for_partitions(
        definition.subset_with_partition_keys([key]), definition, definition
    )
    wanted = min(partitions_before, 6) + 1
    assert len(list(upstream.partitions_subset.get_partition_keys())) == wanted


@pytest.mark.parametrize("grain", ["day", "month"])
@pytest.mark.parametrize(("at", "reached"), [(3, (2, 5)), (-1, (-2, None))])
def test_looking_around_reaches_both_sides_and_waits_for_no_partition_to_come(
    make_settings: MakeSettings, grain: str, at: int, reached: tuple[int, int | None]
):
    settings = make_settings(partition_grain=grain)
    definition = partitions(settings)
    keys = list(definition.get_partition_keys())
    upstream = around(settings, 1).get_upstream_mapped_partitions_result_for_partitions(
        definition.subset_with_partition_keys([keys[at]]), definition, definition
    )
    assert list(upstream.partitions_subset.get_partition_keys()) == keys[slice(*reached)]
    assert upstream.required_but_nonexistent_subset.is_empty


def test_a_range_run_is_handed_its_windows_in_order(make_settings: MakeSettings):
    settings = make_settings()
    seen: list[Window] = []

    @dg.asset(partitions_def=partitions(settings), backfill_policy=dg.BackfillPolicy.single_run())
    def table(context: dg.AssetExecutionContext) -> None:
        seen.extend(windows(context))

    dg.materialize(
        [table],
        tags={
            "dagster/asset_partition_range_start": "2025-02-27",
            "dagster/asset_partition_range_end": "2025-03-02",
        },
    )

    days = [date(2025, 2, 27), date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 2)]
    assert seen == [Window(day, day + timedelta(days=1)) for day in days]


def test_windows_are_utc_dates(make_settings: MakeSettings):
    definition = partitions(make_settings(partition_grain="month"))

    window = as_window(definition.time_window_for_partition_key("2025-02-01"))

    assert window == Window(date(2025, 2, 1), date(2025, 3, 1))
    assert len(window.days()) == 28
