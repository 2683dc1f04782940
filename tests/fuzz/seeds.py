"""Small valid inputs of every kind, from which fuzzed ones are made."""

import gzip
import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from spotify_assets.generator.exports import INBOX, Corpus, write_corpus
from spotify_assets.generator.true_plays import Person

ROWS = 25
"""Rows kept of each file: what breaks a reader breaks it on few."""
MOST_ALIKE = 3
"""Most seeds of one kind and ending, one fewer of what holds no data: mutations make the rest."""


@dataclass(frozen=True)
class Seed:
    """One valid input: what it is, its file name and its bytes."""

    kind: str
    name: str
    content: bytes


@cache
def seeds() -> tuple[Seed, ...]:
    """One or more inputs of each kind: JSON in several dialects, CSV, Parquet, gzip, zip, and no data."""
    with tempfile.TemporaryDirectory() as folder:
        key = write_corpus(Path(folder), Corpus(Person(date(2024, 1, 1), date(2024, 12, 31), 4_000, seed=1)))
        inbox = Path(folder) / INBOX
        kinds = {row["file"]: row["kind"] for row in key.files.to_dicts()}
        found: list[Seed] = []
        for path in sorted(inbox.iterdir()):
            content = path.read_bytes()
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    members = {name: archive.read(name) for name in archive.namelist()}
                found += [
                    Seed(kinds[f"{path.name}/{name}"], Path(name).name, shortened(name, member))
                    for name, member in members.items()
                    if kinds[f"{path.name}/{name}"]
                ]
                small = {name: shortened(name, member) for name, member in members.items()}
                found.append(Seed("zip", path.name, zipped(small)))
            else:
                found.append(Seed(kinds[path.name], path.name, shortened(path.name, content)))
    return tuple(unique(found))


def unique(found: list[Seed]) -> list[Seed]:
    """The first few of each kind and ending."""
    kept: list[Seed] = []
    count: dict[tuple[str, str], int] = {}
    for seed in found:
        group = seed.kind, Path(seed.name).suffix
        count[group] = count.get(group, 0) + 1
        if count[group] <= MOST_ALIKE - (seed.kind == "not_data"):
            kept.append(seed)
    return kept


def shortened(name: str, content: bytes) -> bytes:
    """The first rows of a file, in its own dialect as far as that is simple."""
    if name.endswith(".gz"):
        return gzip.compress(shortened(name.removesuffix(".gz"), gzip.decompress(content)), mtime=0)
    if name.endswith(".json"):
        try:
            rows = json.loads(content)
        except ValueError:
            return content[:6_000]
        return json.dumps(rows[:ROWS] if isinstance(rows, list) else rows).encode()
    if name.endswith((".jsonl", ".ndjson")):
        return b"".join(content.splitlines(keepends=True)[:ROWS])
    if name.endswith(".csv"):
        size = 2 * len(b"".join(content.splitlines(keepends=True)[:ROWS]))
        return content[:size] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else content[: size // 2]
    return content


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of some members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
