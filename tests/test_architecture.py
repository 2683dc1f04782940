"""The house rules about imports, checked in a fresh interpreter and on the source."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import spotify_assets

PACKAGE = Path(spotify_assets.__file__).parent
DOMAIN = ("sources", "transforms", "skip", "generator")
"""Packages that know no orchestrator."""
LAYERS = (
    {"tables", "settings", "whole_files"},
    {"sources", "transforms", "skip", "generator", "warehouse", "lake", "figures", "charts"},
    {"stream"},
    {"assets", "checks", "automation", "instance", "partitions", "docs", "summary", "dashboard", "report"},
    {"cli", "definitions"},
)
"""A module imports from its own layer and those before it, never from those after it."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """Names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def imported_modules(path: Path) -> set[str]:
    """Names of this product's modules that a file imports, `from a.package import module` too."""
    found = imports_of(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("spotify_assets.")}


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def layer_of(part: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part in parts)


@pytest.mark.parametrize("part", DOMAIN)
def test_domain_code_imports_no_orchestrator(part: str):
    for path in (PACKAGE / part).rglob("*.py"):
        outside = {name.split(".")[0] for name in imports_of(path)}
        assert not outside & {"dagster", "dagster_dbt", "dagster_duckdb", "dagster_duckdb_polars"}, path


def test_the_warehouse_has_one_door():
    """No other package speaks to DuckDB, makes a `Database` of its own, or knows where the file is."""
    inside = {"warehouse", "settings.py"}
    wrong = []
    for path in modules():
        relative = path.relative_to(PACKAGE)
        if relative.parts[0] in inside:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        outside = {name.split(".")[0] for name in imports_of(path)} & {"duckdb", "_duckdb"}
        found = outside | named & {"warehouse_path", "serving_path"} | called & {"Database"}
        wrong += [f"{relative}: {name}" for name in sorted(found)]
    assert wrong == []


def test_paths_are_read_as_they_are_written():
    """A folder may be called `[music]`: Polars takes no path for a pattern."""
    readers = {f"{kind}_{form}" for kind in ("read", "scan") for form in ("parquet", "csv", "ipc")}
    wrong = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            of_polars = isinstance(node.func.value, ast.Name) and node.func.value.id == "pl"
            if of_polars and node.func.attr in readers - {"read_ipc"}:
                in_memory = "io.BytesIO" in ast.unparse(node.args[0])
                if not in_memory and "glob" not in {keyword.arg for keyword in node.keywords}:
                    wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert wrong == []


def test_imports_run_one_way():
    wrong = []
    for path in modules():
        relative = path.relative_to(PACKAGE)
        part = relative.parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for name in imports_of(path):
            if name.startswith("spotify_assets.") and layer_of(part_of(name)) > layer_of(part):
                wrong.append(f"{relative} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("part", DOMAIN)
def test_modules_of_domain_code_import_each_other_in_no_circle_and_draw_nothing(part: str):
    names = {
        ".".join(path.with_suffix("").relative_to(PACKAGE.parent).parts).removesuffix(".__init__"): path
        for path in (PACKAGE / part).rglob("*.py")
    }
    graph = {name: (imported_modules(path) & names.keys()) - {name} for name, path in names.items()}
    TopologicalSorter(graph).prepare()
    drawing = {name for path in names.values() for name in imports_of(path) if part_of(name) == "charts"}
    assert drawing == set()


def test_every_package_says_what_belongs_there():
    for path in PACKAGE.rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


@pytest.mark.parametrize("module", ["spotify_assets", "spotify_assets.cli", "spotify_assets.definitions"])
def test_importing_reads_no_manifest_opens_no_connection_and_stays_light(module: str, tmp_path: Path):
    script = (
        "import sys, builtins; opened = []; original = builtins.open\n"
        "def spy(file, *a, **k): opened.append(str(file)); return original(file, *a, **k)\n"
        f"builtins.open = spy; import {module}\n"
        "assert not [f for f in opened if 'manifest' in f or f.endswith('.duckdb')], opened\n"
        "heavy = {'duckdb', 'dagster_dbt', 'dbt', 'sklearn', 'lightgbm', 'altair'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
