"""Files of TOML tables of one kind that people may edit by hand: read, and changed so that comments stay."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import tomlkit

from spotify_assets.lake import layout


def read_tables(path: Path, kind: str) -> list[object]:
    """The `[[kind]]` tables of a file in their order; none where there is no file.

    Raises:
        ValueError: the file is no TOML, or holds something else; the message names the file.
    """
    if not path.exists():
        return []
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: this is no TOML: {error}") from None
    tables = content.pop(kind, [])
    if content or not isinstance(tables, list):
        raise ValueError(f"{path}: it holds [[{kind}]] tables and nothing else, not {', '.join(content)}")
    return tables


def append_table(path: Path, kind: str, values: Mapping[str, object]) -> None:
    """Add a table at the end of a file that `read_tables` can read."""
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, value)
    document.setdefault(kind, tomlkit.aot()).append(table)
    layout.write_bytes(path, tomlkit.dumps(document).encode())


def remove_tables(path: Path, kind: str, numbers: Iterable[int]) -> None:
    """Remove tables by their numbers, from 1."""
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    for number in sorted(numbers, reverse=True):
        del document[kind][number - 1]
    layout.write_bytes(path, tomlkit.dumps(document).encode())
