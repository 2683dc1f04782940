"""What is written for people is what is so."""

import re
import tomllib
from pathlib import Path

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

from spotify_assets.docs import GENERATED
from spotify_assets.docs.exposures import EXPOSURES_FILE
from spotify_assets.docs.reads import model_names, models_read_by
from spotify_assets.docs.sources import as_yaml
from spotify_assets.figures.personal_steps import STEPS, step_sql
from spotify_assets.report.sections import ALL_FIGURES
from spotify_assets.settings import PROJECT_ROOT, Settings


@pytest.mark.parametrize("path", list(GENERATED), ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path):
    assert path.read_text(encoding="utf-8") == GENERATED[path](), "run: make docs"


@pytest.mark.parametrize(
    "text",
    [
        *("Plain, with (brackets); and `ticks`.", "What: this", "`code` first", "- a list?", "a #hash"),
        *("'quoted'", "# none", "ends with:", "both \" and ': here", "ä – ü", "[x]", "{x}", "*x", "&x"),
        *("!x", "%x", "@x"),
    ],
)
def test_texts_come_back_from_yaml_as_they_were(text: str):
    assert yaml.safe_load(f"key: {as_yaml(text)}") == {"key": text}


def exposed(name: str) -> set[str]:
    exposures = yaml.safe_load(EXPOSURES_FILE.read_text(encoding="utf-8"))["exposures"]
    [found] = [each["depends_on"] for each in exposures if each["name"] == name]
    return {ref.removeprefix("ref('").removesuffix("')") for ref in found}


def test_exposures_name_every_model_that_is_read():
    analyses = (PROJECT_ROOT / "dbt_project" / "analyses").glob("*.sql")
    asked = {name for path in analyses for name in model_names() if f"ref('{name}')" in path.read_text()}
    assert exposed("queries") == asked
    with duckdb.connect() as connection:
        parsed = [
            str(connection.execute("select json_serialize_sql(?)", [sql]).fetchone())
            for sql in (*(figure.sql for figure in ALL_FIGURES), *map(step_sql, STEPS))
        ]
    marts = set(re.findall(r'"schema_name":"marts","table_name":"(\w+)"', "".join(parsed)))
    assert {"bridge_track_genre", "dim_track", "dim_user", "first_listens"} <= marts
    assert marts == exposed("recap")
    assert marts <= exposed("dashboard")


@pytest.mark.slow
def test_what_code_reads_is_what_it_calls_and_not_all_that_its_modules_hold():
    """The recap imports modules of other pages' figures, and calls a few of their functions."""
    recap, dashboard = models_read_by("spotify_assets.report"), models_read_by("spotify_assets.dashboard")
    assert recap < dashboard <= model_names()
    assert {"album_totals", "genre_skip_rates", "daily_active_users"} <= dashboard - recap


def test_every_direct_dependency_earns_its_place_in_a_line():
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {re.split(r"[<>=~! \[]", requirement)[0] for requirement in wanted}

    page = (PROJECT_ROOT / "docs" / "dependencies.md").read_text()

    listed = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", page, re.M) for name in row.split(",")}
    assert names == listed - {"package"} - {"---"}


def test_every_setting_is_listed():
    page = (PROJECT_ROOT / "docs" / "settings.md").read_text()

    for name in Settings.model_fields:
        assert f"`SPOTIFY_{name.upper()}`" in page


def test_the_readme_is_read_to_its_end():
    assert len((PROJECT_ROOT / "README.md").read_text().splitlines()) <= 150


PAGES = [PROJECT_ROOT / "README.md", PROJECT_ROOT / "CONTRIBUTING.md", *(PROJECT_ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path):
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [path for path in linked if not (page.parent / path).exists()] == []


def test_contributing_names_files_that_are_there():
    text = (PROJECT_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:spotify_assets|dbt_project|tests|docs)/[\w/.]+)`", text)
    assert named
    assert [path for path in named if not (PROJECT_ROOT / path).exists()] == []


def test_lock_files_carry_hashes_and_name_no_index():
    for lock in PROJECT_ROOT.glob("requirements*.lock"):
        lines = lock.read_text().splitlines()
        pinned = [line for line in lines if re.match(r"^[A-Za-z0-9]", line)]
        assert pinned
        assert all("==" in line for line in pinned), lock
        assert sum("--hash=sha256:" in line for line in lines) >= len(pinned), lock
        assert not [line for line in lines if "://" in line or line.startswith("--index")], lock
