"""What the pages of the dashboard ask under each filter, and what that costs, without a browser.

    .venv/bin/python -m tests.benchmarks.page_questions --data FOLDER [--days 28 365 1000] [--pages skips …]

FOLDER is a data folder in which something is published; `tests.benchmarks.large_published` lays down a large
one. Each page is drawn by this process for each filter over the last days, with nothing kept from before:
`seconds` and `CPU s` are of all of it, `asking s` of its questions, `slowest` names the one that took
longest. A genre or an artist costs what it has of playbacks: one of each is heard most, one little (`few`).
The peak of memory is that of the process up to there.
"""

import argparse
import os
import resource
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from spotify_assets.dashboard import published
from spotify_assets.figures.view import Choices, Period, choices, known_days
from spotify_assets.warehouse.timings import QUESTIONS, read_questions
from tests.benchmarks.reporting import report
from tests.dashboard.pages import SECONDS, _script

PAGES = ("overview", "tracks", "genres", "skips", "places", "audience", "catalogue", "quality")
"""Pages that know more filters than that of the listener."""


def values(offered: Choices) -> dict[str, dict[str, str]]:
    """Filters by what they are called: none, and one of each kind."""
    genres, artists, users = list(offered.genre), list(offered.artist_id), list(offered.user_id)
    return {
        "none": {},
        "genre, most": {"genre": genres[0]},
        "genre, few": {"genre": genres[len(genres) // 2]},
        "artist, most": {"artist": artists[0]},
        "artist, few": {"artist": artists[len(artists) // 2]},
        "country": {"country": next(iter(offered.country))},
        "device": {"device": next(iter(offered.device))},
        "listener": {"user": users[len(users) // 2]},
    }


def drawn(page: str, days: Period, chosen: dict[str, str]) -> dict[str, object]:
    """What a page costs with these filters, drawn once with nothing kept."""
    from streamlit.testing.v1 import AppTest

    published._answered.cache_clear()
    published._open.__init__()  # type: ignore[misc]
    (published.own_folder() / QUESTIONS).unlink(missing_ok=True)
    app = AppTest.from_function(_script, default_timeout=SECONDS, args=(page,))
    for name, value in {"from": str(days.first), "to": str(days.last), **chosen}.items():
        app.query_params[name] = value
    began, used = time.perf_counter(), time.process_time()
    app.run()
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    if app.exception:
        raise RuntimeError(app.exception[0].message)
    asked = read_questions(published.own_folder())
    slowest = max(asked, key=lambda each: each.seconds)
    return {
        "seconds": seconds,
        "CPU s": cpu,
        "asking s": sum(each.seconds for each in asked),
        "questions": len(asked),
        "slowest": f"{slowest.name} {slowest.seconds:.2f}",
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def rows(pages: list[str], days: list[Period], filters: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """A row for each page, period and filter."""
    drawn(pages[0], days[0], {})  # imports
    return [
        {"page": page, "days": period.days, "filter": name, **drawn(page, period, chosen)}
        for page in pages
        for period in days
        for name, chosen in filters.items()
    ]


def main() -> None:
    """Measure every page under every filter."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--days", type=int, nargs="+", default=[28, 365, 10_000])
    parser.add_argument("--pages", nargs="+", default=list(PAGES), choices=PAGES)
    parser.add_argument("--filters", nargs="+")
    asked = parser.parse_args()
    data = asked.data.resolve()
    os.environ["SPOTIFY_DATA_DIR"] = str(data)
    with duckdb.connect(str(data / "processed" / "serving.duckdb"), read_only=True) as connection:
        known, filters = known_days(connection), values(choices(connection))
    assert known is not None, f"nothing is published in {data}"
    periods = [Period(max(known.first, known.last - timedelta(days - 1)), known.last) for days in asked.days]
    wanted = {name: chosen for name, chosen in filters.items() if name in (asked.filters or filters)}
    report("page-questions", {"data": str(data)}, rows(asked.pages, periods, wanted))


if __name__ == "__main__":
    main()
