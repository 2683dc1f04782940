"""Which of dbt's models code reads: the tables that its SQL names, itself or through what it calls.

A definition (a function, class or constant of a module) reads what stands in its own texts, in the SQL files
beside its module, and what the definitions that it names read.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from spotify_assets.settings import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "spotify_assets"
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
_COMMENT = re.compile("--.*")
_MART = re.compile(r"\bmarts\.(\w+)")


@dataclass
class _Module:
    """What a module defines, by name, and where the names that it imports come from.

    An imported name stands for a definition (module and name) or for a module (and no name).
    """

    path: Path
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)


def models_read_by(package: str) -> set[str]:
    """The models that the code of a package (`spotify_assets.report`) reads, in any of its definitions."""
    modules = _modules()
    left = [
        (name, definition)
        for name, module in modules.items()
        if name == package or name.startswith(f"{package}.")
        for definition in module.definitions
    ]
    seen: set[tuple[str, str]] = set()
    found: set[str] = set()
    while left:
        name, definition = left.pop()
        if (name, definition) in seen or definition not in modules[name].definitions:
            continue
        seen.add((name, definition))
        module = modules[name]
        found |= _in_files_beside(module.path)
        for statement in module.definitions[definition]:
            found |= {mart for text in _texts(statement) for mart in _MART.findall(text)}
            left += _named(statement, name, modules)
    return found & model_names()


@cache
def model_names() -> frozenset[str]:
    """Names of dbt's models and snapshots."""
    return frozenset(
        path.stem for folder in ("models", "snapshots") for path in (DBT_PROJECT / folder).rglob("*.sql")
    )


@cache
def _modules() -> dict[str, _Module]:
    """Every module of the product, by its full name."""
    paths = {_name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
    return {name: _parsed(path, set(paths)) for name, path in paths.items()}


def _name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT_ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _parsed(path: Path, known: set[str]) -> _Module:
    module = _Module(path)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for statement in tree.body:
        for name in _names_of(statement):
            module.definitions.setdefault(name, []).append(statement)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                local = alias.asname or alias.name
                module.imports[local] = (whole, None) if whole in known else (node.module, alias.name)
    return module


def _names_of(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module binds; any other statement runs when the module is run."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
    elif not isinstance(statement, ast.Import | ast.ImportFrom):
        yield "__main__"


def _named(statement: ast.stmt, module: str, modules: dict[str, _Module]) -> Iterator[tuple[str, str]]:
    """The definitions that a statement names, here or in the modules imported."""
    imports = modules[module].imports
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            target, name = imports.get(node.id, (module, node.id))
            if name:
                yield target, name
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            target, name = imports.get(node.value.id, (module, node.value.id))
            if name is None:
                yield target, node.attr


def _texts(statement: ast.stmt) -> Iterator[str]:
    """The texts of a statement without its docstrings."""
    said = {id(node.value) for node in ast.walk(statement) if isinstance(node, ast.Expr)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def _in_files_beside(path: Path) -> set[str]:
    texts = (_COMMENT.sub("", sql.read_text(encoding="utf-8")) for sql in path.parent.glob("*.sql"))
    return {mart for text in texts for mart in _MART.findall(text)}
