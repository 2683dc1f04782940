"""The house rules about imports, checked in a fresh interpreter and on the source."""

import ast
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import spotify_assets

PACKAGE = Path(spotify_assets.__file__).parent
DOMAIN = ("rows", "sources", "transforms", "skip", "insight", "recommend", "generator", "accounts")
"""Packages that know no orchestrator."""
FLOORS = (
    {"whole_files"},
    {"places"},
    {"settings", "tables", "rows", "charts"},
    {"sources"},
    {"transforms"},
    {"skip", "insight", "lake"},
    {"recommend", "instance", "accounts"},
    {"warehouse"},
    {"start_date", "serving"},
    {"generator", "partitions"},
    {"figures", "stream", "weather"},
    {"report", "summary", "docs"},
    {"assets", "dashboard"},
    {"automation"},
    {"checks"},
    {"definitions"},
    {"cli"},
)
"""A room imports from the floors below its own: nothing above it, and nothing beside it."""
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
"""Lines; of a function without its docstring and the functions inside it."""
PRIVATE = {
    "spotify_assets.assets.dbt_call",
    "spotify_assets.assets.dbt_cli",
    "spotify_assets.instance.event_log",
    "spotify_assets.instance.partition_metadata",
    "spotify_assets.instance.planned_events",
    "spotify_assets.instance.records",
    "spotify_assets.instance.workers",
    "spotify_assets.warehouse.dbt_plugin",
}
"""Modules that reach below the public interface of Dagster, of its dbt package or of dbt."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def folders() -> list[Path]:
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").relative_to(PACKAGE.parent).parts).removesuffix(".__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> set[str]:
    """Names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@cache
def house() -> Mapping[Path, frozenset[Path]]:
    """Each file of the product with those that it imports, `from a.package import module` too."""
    paths = {name_of(path): path for path in modules()}
    found = {}
    for path in paths.values():
        names = imports_of(path)
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                names |= whole
                if whole <= paths.keys():  # modules of a package, and nothing that the package itself says
                    names.discard(node.module)
        found[path] = frozenset(paths[name] for name in names & paths.keys()) - {path}
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(room: str) -> int:
    floors = [number for number, rooms in enumerate(FLOORS) if room in rooms]
    assert floors, f"{room} is on no floor of the house: give it one"
    return floors[0]


@pytest.mark.parametrize("part", DOMAIN)
def test_domain_code_imports_no_orchestrator(part: str):
    for path in (PACKAGE / part).rglob("*.py"):
        outside = {name.split(".")[0] for name in imports_of(path)}
        assert not outside & {"dagster", "dagster_dbt", "dagster_duckdb", "dagster_duckdb_polars"}, path


def test_the_warehouse_has_one_door():
    """No other package speaks to DuckDB, makes a `Database` of its own, or knows where the file is."""
    inside = {"warehouse", "settings"}
    wrong = []
    for path in modules():
        relative = path.relative_to(PACKAGE)
        if relative.parts[0] in inside:
            continue
        nodes = [*ast.walk(tree_of(path))]
        named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        calls = [node.func for node in nodes if isinstance(node, ast.Call)]
        called = {function.id for function in calls if isinstance(function, ast.Name)}
        outside = {name.split(".")[0] for name in imports_of(path)} & {"duckdb", "_duckdb"}
        found = outside | named & {"warehouse_path", "serving_path"} | called & {"Database"}
        wrong += [f"{relative}: {name}" for name in sorted(found)]
    assert wrong == []


def test_private_interfaces_are_reached_for_in_few_places():
    """Only `dagster` and `dagster_dbt` themselves are public; what is below may move with any version."""
    below = ("dagster.", "dagster_dbt.", "dagster_shared", "dbt.")
    reaching = [path for path in modules() if any(name.startswith(below) for name in imports_of(path))]
    assert {name_of(path) for path in reaching} == PRIVATE


def test_paths_are_read_as_they_are_written():
    """A folder may be called `[music]`: Polars takes no path for a pattern."""
    readers = {f"{kind}_{form}" for kind in ("read", "scan") for form in ("parquet", "csv", "ipc")}
    wrong = []
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            of_polars = isinstance(node.func.value, ast.Name) and node.func.value.id == "pl"
            if of_polars and node.func.attr in readers - {"read_ipc"}:
                in_memory = "io.BytesIO" in ast.unparse(node.args[0])
                if not in_memory and "glob" not in {keyword.arg for keyword in node.keywords}:
                    wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert wrong == []


def test_imports_run_downwards():
    arrows = [(path, other) for path, others in house().items() for other in others]
    between = [(path, other) for path, other in arrows if room_of(path) not in (room_of(other), "__init__")]
    upward = [
        f"{name_of(path)} imports {name_of(other)}"
        for path, other in between
        if floor_of(room_of(other)) >= floor_of(room_of(path))
    ]
    assert upward == []


def test_modules_import_each_other_in_no_circle():
    TopologicalSorter(house()).prepare()


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_what_stands_in_a_folder_imports_each_other_in_no_circle(folder: Path):
    """Its files, and its folders, each with all that is below it; `__init__` may offer any of them."""
    graph: dict[str, set[str]] = {}
    for path, others in house().items():
        if folder in path.parents and path != folder / "__init__.py":
            inside = {child_of(folder, other) for other in others if folder in other.parents}
            child = child_of(folder, path)
            graph[child] = graph.get(child, set()) | (inside - {child, "__init__"})
    TopologicalSorter(graph).prepare()


def child_of(folder: Path, path: Path) -> str:
    return path.relative_to(folder).parts[0].removesuffix(".py")


@pytest.mark.parametrize("part", DOMAIN)
def test_domain_code_draws_nothing(part: str):
    inside = [path for path in modules() if room_of(path) == part]
    assert not [name_of(path) for path in inside if "charts" in {room_of(other) for other in house()[path]}]


def test_every_package_says_what_belongs_there():
    for path in PACKAGE.rglob("__init__.py"):
        assert ast.get_docstring(tree_of(path)), path


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


def test_a_class_name_is_of_one_class():
    named: dict[str, list[str]] = {}
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(name_of(path))
    assert {name: where for name, where in named.items() if len(where) > 1} == {}


def test_no_file_is_longer_than_one_reads_at_a_time():
    long = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short():
    longer = [
        f"{name_of(path)}.{node.name}: {own_lines(node)}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and own_lines(node) > LONGEST_FUNCTION
    ]
    assert longer == []


def own_lines(function: ast.FunctionDef) -> int:
    lines = set(range(function.lineno, (function.end_lineno or 0) + 1))
    inner = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef)][1:]
    apart: list[ast.stmt] = [*inner]
    if ast.get_docstring(function) is not None:
        apart.append(function.body[0])
    for node in apart:
        decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        first = min([node.lineno, *(each.lineno for each in decorators)])
        lines -= set(range(first, (node.end_lineno or 0) + 1))
    return len(lines)
