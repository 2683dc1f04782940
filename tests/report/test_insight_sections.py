"""What a listener's page tells of unusual listening and the weather, and where it is silent."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.view import Period
from spotify_assets.report.sections import figures_of, unusual, weather
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from tests.figures.one_listener import USERS
from tests.figures.recount import playbacks
from tests.insight.rows import unusual_rows, weather_rows


@pytest.fixture(scope="module")
def planted(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The published world with a loop on the newest day, and answers about the first listener."""
    copy = tmp_path_factory.mktemp("insight") / "serving.duckdb"
    shutil.copyfile(Settings(data_dir=published, _env_file=None).serving_path, copy)
    with duckdb.connect(str(copy)) as connection:
        for name, rows in (unusual_rows(playbacks()) | weather_rows(playbacks())).items():
            connection.register("planted", rows.to_arrow())
            connection.execute(f"insert into {name} by name select * from planted")
        connection.execute(
            "insert into marts.listening_by_weather by name "
            "select * exclude (blocks, rule_version), null::double as relative_estimate, "
            "case when is_positive then 'less' else 'no more than chance' end as answer "
            "from core.weather_effects"
        )
    yield Database(copy)


def of(planted: Database, user: str) -> PersonalFigures:
    """The figures of all days that there are."""
    days = playbacks()["event_date"]
    with planted.reader() as connection:
        return figures_of(connection, user, Period(days.min(), days.max()))  # type: ignore[arg-type]


@pytest.mark.slow
def test_unusual_listening_of_the_period_has_a_section(planted: Database):
    section = unusual.tell(of(planted, USERS[0]))
    assert section is not None
    [table] = section.tables
    [(what, _, plays, hours)] = table.rows
    assert (what, plays, hours) == ("a loop through the night", "80", "4.0")
    [picture] = section.pictures
    assert picture.draw(picture.rows).to_dict()["mark"]
    assert unusual.tell(of(planted, USERS[1])) is None


def test_the_weather_has_a_section_for_whoever_declared_a_place(planted: Database):
    section = weather.tell(of(planted, USERS[0]))
    assert section is not None
    assert section.remarks == ["Of 2 answers 1 are more than chance."]
    [table] = section.tables
    assert [row[:2] for row in table.rows] == [("when it rains", "valence")]
    [picture] = section.pictures
    assert picture.draw(picture.rows).to_dict()["layer"]
    assert weather.tell(of(planted, USERS[1])) is None
