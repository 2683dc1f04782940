from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from spotify_assets.settings import PROJECT_ROOT, Settings


def test_without_an_environment_everything_lies_in_the_project_folder():
    settings = Settings(_env_file=None)

    assert settings.data_dir == PROJECT_ROOT / "data"
    assert settings.grain == "day"


def test_one_variable_moves_everything_under_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path))
    settings = Settings(_env_file=None)

    paths = (settings.lake_dir, settings.warehouse_path, settings.serving_path, settings.inbox_dir)
    assert all(path.is_relative_to(tmp_path) for path in paths)


def test_dagster_home_moves_the_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "instance"))

    assert Settings(_env_file=None).dagster_home == tmp_path / "instance"


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    env_file = tmp_path / ".env"
    env_file.write_text("SPOTIFY_TRAINING_DAYS=5\nSPOTIFY_TEST_DAYS=3\n")
    monkeypatch.setenv("SPOTIFY_TEST_DAYS", "2")

    settings = Settings(_env_file=env_file)

    assert (settings.training_days, settings.test_days) == (5, 2)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SPOTIFY_PARTITION_GRAIN", "week", "day"),
        ("SPOTIFY_START_DATE", "yesterday", "date"),
        ("SPOTIFY_LOCK_TIMEOUT_SECONDS", "-1", "greater than or equal to 0"),
        ("SPOTIFY_TRAINING_DAYS", "many", "integer"),
        ("SPOTIFY_EXECUTOR", "several", "pattern"),
        ("SPOTIFY_RUN_LAUNCHER", '{"module": "dagster"}', "class"),
    ],
)
def test_a_value_that_does_not_validate_stops_and_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
):
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=problem) as caught:
        Settings(_env_file=None)

    assert name.removeprefix("SPOTIFY_").lower() in str(caught.value)


def test_a_month_starts_on_the_first(tmp_path: Path):
    with pytest.raises(ValidationError, match="use 2025-03-01"):
        Settings(_env_file=None, data_dir=tmp_path, partition_grain="month", start_date=date(2025, 3, 15))


def test_the_data_folder_says_how_long_partitions_are(tmp_path: Path):
    (tmp_path / "partitions.json").write_text('{"grain": "month", "start": "2014-05-17"}')
    assert Settings(_env_file=None, data_dir=tmp_path).grain == "month"
    assert Settings(_env_file=None, data_dir=tmp_path, partition_grain="month").grain == "month"


def test_a_setting_against_it_names_the_command(tmp_path: Path):
    (tmp_path / "partitions.json").write_text('{"grain": "month", "start": "2014-05-17"}')
    with pytest.raises(ValidationError, match="spotify-assets partitions --grain day"):
        Settings(_env_file=None, data_dir=tmp_path, partition_grain="day")


@pytest.mark.parametrize("text", ["", "[]", '{"grain": "week", "start": "2014-05-17"}', '{"grain": "day"}'])
def test_a_file_of_partitions_that_is_none_is_named(tmp_path: Path, text: str):
    (tmp_path / "partitions.json").write_text(text)
    with pytest.raises(ValidationError, match=r"partitions\.json is no"):
        Settings(_env_file=None, data_dir=tmp_path)


def test_a_start_in_the_future_is_refused():
    with pytest.raises(ValidationError, match="future"):
        Settings(_env_file=None, start_date=datetime.now(UTC).date() + timedelta(days=9))


def test_the_example_file_names_every_setting_and_its_default():
    lines = (PROJECT_ROOT / ".env.example").read_text().splitlines()
    shown = dict(line.removeprefix("#").split("=", 1) for line in lines if line.startswith("#SPOTIFY_"))

    settable = {f"SPOTIFY_{name}".upper() for name in Settings.model_fields} - {"SPOTIFY_DBT_PROJECT_DIR"}
    assert shown.keys() == settable
    shown.pop("SPOTIFY_DATA_DIR")
    defaults = Settings(_env_file=None)
    for name, value in shown.items():
        default = getattr(defaults, name.removeprefix("SPOTIFY_").lower())
        if default is None:
            continue  # the file shows an example
        assert TypeAdapter(type(default)).validate_python(value) == default


def test_a_warehouse_that_is_a_file_has_one_step_at_a_time():
    with pytest.raises(
        ValidationError, match="SPOTIFY_WAREHOUSE_STEPS is above 1, but the warehouse is a fil"
    ):
        Settings(warehouse_steps=2, _env_file=None)
