"""What is written for people is what is so."""

import re
import tomllib

from spotify_assets.docs import TABLES_PAGE, tables_page
from spotify_assets.settings import PROJECT_ROOT, Settings


def test_the_page_of_tables_is_up_to_date():
    assert TABLES_PAGE.read_text(encoding="utf-8") == tables_page(), "run: make docs"


def test_every_direct_dependency_earns_its_place_in_a_line():
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {re.split(r"[<>=~! ]", requirement)[0] for requirement in wanted}

    page = (PROJECT_ROOT / "docs" / "dependencies.md").read_text()

    listed = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", page, re.M) for name in row.split(",")}
    assert names == listed - {"package"} - {"---"}


def test_the_readme_lists_every_setting():
    readme = (PROJECT_ROOT / "README.md").read_text()

    for name in Settings.model_fields:
        assert f"`SPOTIFY_{name.upper()}`" in readme


def test_lock_files_carry_hashes_and_name_no_index():
    for lock in PROJECT_ROOT.glob("requirements*.lock"):
        lines = lock.read_text().splitlines()
        pinned = [line for line in lines if re.match(r"^[A-Za-z0-9]", line)]
        assert pinned
        assert all("==" in line for line in pinned), lock
        assert sum("--hash=sha256:" in line for line in lines) >= len(pinned), lock
        assert not [line for line in lines if "://" in line or line.startswith("--index")], lock
