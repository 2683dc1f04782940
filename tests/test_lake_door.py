"""Whatever touches the lake goes through `places`: the same code serves a folder and an object store.

mypy sees that a `Place` is asked only what both can do; here stands what it cannot see: settings that name
the folder, and functions of the system that take any path.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import spotify_assets

PACKAGE = Path(spotify_assets.__file__).parent
INSIDE = ("places", "settings")
KINDS = {"Place", "PlaceT", "StorePlace"}
"""What an address of the lake is annotated as."""
OF_A_FOLDER = {
    *("open", "stat", "lstat", "mkdir", "rmdir", "touch", "rename", "replace", "iterdir", "glob", "rglob"),
    *("walk", "is_dir", "write_bytes", "write_text", "resolve", "absolute", "symlink_to", "hardlink_to"),
}
"""Methods that only a local path has."""
OF_THE_SYSTEM = ("open", "Path", "os.", "shutil.", "io.", "gzip.", "tempfile.", "pl.", "pq.", "obstore.")
"""What takes a local path, or speaks to a store past `places`."""
KNOWN_TO_BE_LOCAL = {"automation/lake_watch.py": "_in_folders"}
"""The sensor sees changes by the times of folders, which a store has not; for stores it has `store_watch`."""


def outside() -> list[Path]:
    found = sorted(PACKAGE.rglob("*.py"))
    return [path for path in found if path.relative_to(PACKAGE).parts[0] not in INSIDE]


def names_the_folder(tree: ast.AST) -> Iterator[ast.expr]:
    """Where code says `settings.lake_dir`, `settings.lake_url` or `data_dir / "raw"`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"lake_dir", "lake_url"}:
            if ast.unparse(node.value).endswith("settings"):
                yield node
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            of_data = ast.unparse(node.left).endswith("data_dir")
            if of_data and ast.unparse(node.right) in {"'raw'", "'processed'"}:
                yield node


def is_of_lake(node: ast.AST, known: set[str]) -> bool:
    """Whether an expression is an address of the lake: a known name, `settings.lake`, or below one."""
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.Attribute):
        is_lake = node.attr in {"lake", "lake_processed"}
        of_settings = is_lake and "settings" in ast.unparse(node.value).lower()
        return of_settings or (node.attr == "parent" and is_of_lake(node.value, known))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return is_of_lake(node.left, known)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "with_name":
        return is_of_lake(node.func.value, known)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str":
        return is_of_lake(node.args[0], known)
    return False


def addresses(function: ast.FunctionDef) -> set[str]:
    """Names in a function that stand for addresses of the lake: what it is given, what is made of that."""
    given = [*function.args.args, *function.args.kwonlyargs, *function.args.posonlyargs]
    known = {arg.arg for arg in given if arg.annotation is not None and ast.unparse(arg.annotation) in KINDS}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                named = [(name.id, value) for name, value in pairs if isinstance(name, ast.Name)]
                known |= {name for name, value in named if is_of_lake(value, known)}
    return known


def direct_calls(tree: ast.AST, known_to_be_local: str | None = None) -> Iterator[ast.Call]:
    """Calls that treat an address of the lake as a file of this machine, but for those of one function."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        if function.name == known_to_be_local:
            continue
        known = addresses(function)
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr in OF_A_FOLDER:
                if is_of_lake(node.func.value, known):
                    yield node
            elif any(is_of_lake(each, known) for each in node.args) and is_of_system(ast.unparse(node.func)):
                yield node


def is_of_system(function: str) -> bool:
    return any(function == each or (each[-1] == "." and function.startswith(each)) for each in OF_THE_SYSTEM)


def found_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(PACKAGE).as_posix()
    wrong = [*names_the_folder(tree), *direct_calls(tree, KNOWN_TO_BE_LOCAL.get(name))]
    return [f"{name}:{node.lineno}: {ast.unparse(node)}" for node in wrong]


def test_nobody_but_places_touches_the_lake():
    assert [each for path in outside() for each in found_in(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "return self._settings.lake_dir / 'x'",
        "return Path(settings.data_dir / 'raw')",
        "return lake.iterdir()",
        "folder = lake / 'listening_events'\n    return (folder / 'x').open()",
        "return open(lake / 'x')",
        "folder, day = settings.lake, 1\n    return os.listdir(str(folder))",
        "return pl.read_parquet(lake / 'x')",
        "return shutil.rmtree((lake / 'x').parent)",
    ],
)
def test_what_touches_it_is_found(line: str):
    tree = ast.parse(f"def of(settings: Settings, lake: Place) -> object:\n    {line}\n")
    assert [*names_the_folder(tree), *direct_calls(tree)]


def test_what_goes_through_places_is_not():
    tree = ast.parse("def of(lake: Place) -> object:\n    return places.files(lake / 'x')\n")
    assert not [*names_the_folder(tree), *direct_calls(tree)]
