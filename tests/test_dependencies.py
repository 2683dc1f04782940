"""What is imported is declared, and what is declared is used: by name, against `pyproject.toml`."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from spotify_assets.settings import PROJECT_ROOT
from tests.test_architecture import PACKAGE, imports_of

PROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_DEVELOPERS = {"bench", "build", "dev"}
NOT_IMPORTED = {
    "dagster-postgres": "named in the instance's configuration",
    "dagster-webserver": "started as a program",
    "dbt-core": "started as a program",
    "duckdb-extension-ducklake": "loaded by DuckDB",
    "duckdb-extension-httpfs": "loaded by DuckDB",
    "duckdb-extension-postgres-scanner": "loaded by DuckDB",
}
"""Packages of a user that no module imports, and why they are there."""


def names(requirements: list[str]) -> set[str]:
    """The packages of some requirements, by their normal names."""
    return {re.split(r"[^\w.-]", each, maxsplit=1)[0].lower().replace("_", "-") for each in requirements}


def imported(folder: Path) -> set[str]:
    """The packages of other makers that the modules of a folder import, wherever in them."""
    modules = {name.split(".")[0] for path in folder.rglob("*.py") for name in imports_of(path)}
    others = modules - set(sys.stdlib_module_names) - {"spotify_assets", "tests", "dagster_tests"}
    by_module = packages_distributions()
    return {_package(module, by_module.get(module, [module])) for module in others}


def _package(module: str, makers: list[str]) -> str:
    """The package that a module is from; where several share one, the one that is called like it."""
    named = [maker.lower().replace("_", "-") for maker in makers]
    return module.lower().replace("_", "-") if module.lower().replace("_", "-") in named else named[0]


def test_what_the_product_imports_is_what_it_declares():
    of_users = [each for name, extra in EXTRAS.items() if name not in FOR_DEVELOPERS for each in extra]
    declared = names([*PROJECT["dependencies"], *of_users])
    found = imported(PACKAGE)
    assert found - declared == set()
    assert declared - found == NOT_IMPORTED.keys()


@pytest.mark.parametrize("folder", ["tests"])
def test_what_the_tests_import_is_declared_for_those_who_develop(folder: str):
    declared = names([*PROJECT["dependencies"], *EXTRAS["dev"], *EXTRAS["bench"]])
    assert imported(PROJECT_ROOT / folder) - declared == set()


def test_every_declared_package_has_its_line_in_the_documentation():
    page = (PROJECT_ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    told = {name for line in page.splitlines() if line.startswith("|") for name in re.split(r"[|,]", line)}
    declared = names([*PROJECT["dependencies"], *(each for extra in EXTRAS.values() for each in extra)])
    assert declared - {name.strip() for name in told} == set()
