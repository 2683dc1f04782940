"""Fuzzed inputs: the i-th is a function of the seed and i alone, so that any of them can be made again."""

import gzip
import io
import json
import random
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fuzz.seeds import Seed, seeds, zipped

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**40, 1e308, -0.0, 1e-320,
    "", " ", "0", "-1", "1e999", "NaN", "Infinity", "null", "true", "\x00", "\x00" * 50, "\ud800",
    "\udfff\ud800", "é" * 3, "\u202e", "\ufeff", "=cmd|' /C calc'!A0", "../../etc/passwd", "a" * 10_000,
    "9" * 5_000, "🎵", "2024-01-01", "2024-13-45T99:99:99Z", "0000-00-00T00:00:00Z", "1e10", "\r\n", '"',
    "9999-12-31T23:59:59Z", "\\", "spotify:track:", "spotify:track:0000000000000000000000", "203.0.113.9",
    [], {}, [[]], {"a": {"b": []}}, ["x", 1],
)  # fmt: skip
"""Values that break parsers."""
ODD_BYTES = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\n", b"\r", b'"', b"'", b"[", b"]", b"{", b"}", b",",
    b";", b"\t", b"\\", b"\\u", b"\\ud800", b"/*", b"NaN", b"-", b"1e", b"\xc3\x28", b"\xed\xa0\x80",
    b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\x1a", b"\x7f", b"\xf0\x9f\x8e", b"null", b"0" * 400,
)  # fmt: skip
"""Bytes that mean something to some parser."""
ODD_NAMES = (
    *("../../escape.json", "/etc/passwd", "C:\\x.json", "a" * 300, "\x00.json", "..\\..\\x", "con", "."),
    "é\u202e.json",
)
"""Names of zip members that lead elsewhere, or nowhere."""
ENCODINGS = (*("utf-8",) * 6, "utf-8-sig", "utf-16", "utf-32", "utf-16-be")
INTEGERS = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
DEEP = 20_000
"""Brackets of the deepest nesting."""


@dataclass(frozen=True)
class Fuzzed:
    """One input: what it was made from, how, its file name and its bytes."""

    kind: str
    mutation: str
    name: str
    content: bytes


def fuzzed(seed: int, number: int) -> Fuzzed:
    """The input of a number."""
    draw = random.Random(f"{seed}/{number}")
    base = draw.choice(seeds())
    mutation = draw.choice(_mutations(base))
    content = mutation(base.content, draw)
    name = base.name
    if draw.random() < 0.1:
        name = draw.choice(seeds()).name
    if draw.random() < 0.05:
        content = gzip.compress(content, mtime=0)
    elif draw.random() < 0.05:
        content = zipped({name: content})
        name = "export.zip"
    return Fuzzed(base.kind, mutation.__name__, name, content)


Mutation = Callable[[bytes, random.Random], bytes]


def _mutations(base: Seed) -> tuple[Mutation, ...]:
    """Those of bytes for all, and those that know the format twice as often."""
    anywhere: tuple[Mutation, ...] = (
        flip_bits, overwrite, cut, cut_out, insert, repeat, splice, swap, zero_out, integers,
    )  # fmt: skip
    if base.name.endswith(".zip"):
        return anywhere + 3 * (zip_member, zip_header, zip_names, zip_in_zip)
    if base.name.endswith((".json", ".jsonl", ".ndjson")):
        return anywhere + 3 * (json_value, json_keys, json_nested, json_element)
    if base.name.endswith(".csv"):
        return anywhere + 3 * (csv_field, csv_delimiters, csv_lines)
    if base.name.endswith(".gz"):
        return anywhere + 3 * (gzip_content,)
    if base.name.endswith(".parquet"):
        return anywhere + 3 * (parquet_footer,)
    return anywhere


def _place(content: bytes, draw: random.Random) -> int:
    return draw.randrange(len(content) + 1)


def flip_bits(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 4, 30)) if changed else 0):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def overwrite(content: bytes, draw: random.Random) -> bytes:
    at = _place(content, draw)
    new = draw.choice((draw.choice(ODD_BYTES), draw.randbytes(draw.randrange(1, 40))))
    return content[:at] + new + content[at + len(new) :]


def cut(content: bytes, draw: random.Random) -> bytes:
    return content[: _place(content, draw)]


def cut_out(content: bytes, draw: random.Random) -> bytes:
    a, b = sorted((_place(content, draw), _place(content, draw)))
    return content[:a] + content[b:] if draw.random() < 0.5 else content[a:b]


def insert(content: bytes, draw: random.Random) -> bytes:
    at = _place(content, draw)
    return content[:at] + b"".join(draw.choices(ODD_BYTES, k=draw.choice((1, 1, 3, 50)))) + content[at:]


def repeat(content: bytes, draw: random.Random) -> bytes:
    a = _place(content, draw)
    part = content[a : a + draw.choice((1, 10, 200))]
    return content[:a] + part * draw.choice((2, 50, 1_000)) + content[a:]


def splice(content: bytes, draw: random.Random) -> bytes:
    other = draw.choice(seeds()).content
    return content[: _place(content, draw)] + other[_place(other, draw) :]


def swap(content: bytes, draw: random.Random) -> bytes:
    a, b, c = sorted(_place(content, draw) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def zero_out(content: bytes, draw: random.Random) -> bytes:
    a = _place(content, draw)
    length = draw.choice((1, 16, 500))
    return content[:a] + bytes(min(length, len(content) - a)) + content[a + length :]


def integers(content: bytes, draw: random.Random) -> bytes:
    at = _place(content, draw)
    width, code = draw.choice(((1, "B"), (2, "<H"), (4, "<I")))
    value = draw.choice(INTEGERS) & ((1 << 8 * width) - 1)
    return content[:at] + struct.pack(code, value) + content[at + width :]


def _elements(content: bytes) -> tuple[list[Any], bool]:
    """The elements of a JSON file, and whether they stood one a line."""
    try:
        value = json.loads(content)
        return (value if isinstance(value, list) else [value]), False
    except ValueError:
        pass
    rows = []
    for line in content.splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            rows.append(line.decode("utf-8", "replace"))
    return rows, True


def _written(rows: list[Any], lines: bool, draw: random.Random) -> bytes:
    dumped = [json.dumps(row, ensure_ascii=draw.random() < 0.5) for row in rows]
    text = "\n".join(dumped) if lines else "[" + ",".join(dumped) + "]"
    return text.encode(draw.choice(ENCODINGS), "surrogatepass")


def json_value(content: bytes, draw: random.Random) -> bytes:
    rows, lines = _elements(content)
    for _ in range(draw.choice((1, 3, 20))):
        row = draw.choice(rows) if rows else None
        if isinstance(row, dict) and row:
            row[draw.choice(list(row))] = draw.choice(ODD_VALUES)
    return _written(rows, lines, draw)


def json_keys(content: bytes, draw: random.Random) -> bytes:
    rows, lines = _elements(content)
    for row in rows:
        if isinstance(row, dict) and row and draw.random() < 0.5:
            name = draw.choice(list(row))
            value = row.pop(name)
            if draw.random() < 0.5:
                odd = ("", "\x00", name.upper(), name * 50, "username", "ts", "event_id", "é")
                row[draw.choice(odd)] = value
    return _written(rows, lines, draw)


def json_nested(content: bytes, draw: random.Random) -> bytes:
    rows, lines = _elements(content)
    depth = draw.choice((5, 600, DEEP))
    mark = draw.choice(("[", '{"a":'))
    deep = mark * depth + "1" + ("]" if mark == "[" else "}") * (depth if draw.random() < 0.7 else 0)
    text = _written(rows, lines, draw)
    at = text.find(b"null")
    if at < 0 or draw.random() < 0.3:
        return deep.encode() + text
    return text[:at] + deep.encode() + text[at + 4 :]


def json_element(content: bytes, draw: random.Random) -> bytes:
    rows, lines = _elements(content)
    for _ in range(draw.choice((1, 5))):
        rows.insert(draw.randrange(len(rows) + 1), draw.choice(ODD_VALUES))
    return _written(rows, lines, draw)


def csv_field(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    for _ in range(draw.choice((1, 3, 20))):
        number = draw.randrange(len(lines))
        fields = lines[number].split(b",")
        value = draw.choice(ODD_VALUES)
        fields[draw.randrange(len(fields))] = str(value).encode("utf-8", "surrogatepass")
        lines[number] = b",".join(fields)
    return b"\n".join(lines)


def csv_delimiters(content: bytes, draw: random.Random) -> bytes:
    old = draw.choice((b",", b'"', b"\n", b"\r\n"))
    new = draw.choice((b";", b"\t", b"|", b"", b"\r", b"''", b'"', b"\x00", b",,"))
    return content.replace(old, new, draw.choice((1, 5, -1)))


def csv_lines(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines * draw.choice((1, 1, 3)))


def gzip_content(content: bytes, draw: random.Random) -> bytes:
    inner = draw.choice((flip_bits, overwrite, cut, csv_field, csv_delimiters, csv_lines))(
        gzip.decompress(content), draw
    )
    packed = gzip.compress(inner, mtime=0)
    return packed + packed if draw.random() < 0.2 else packed


def parquet_footer(content: bytes, draw: random.Random) -> bytes:
    """Damage where the schema and the offsets are."""
    if len(content) < 12:
        return content
    [size] = struct.unpack("<I", content[-8:-4])
    changed = bytearray(content)
    start = max(4, len(content) - 8 - size)
    for _ in range(draw.choice((1, 2, 8))):
        at = draw.randrange(start, len(content) - 4)
        changed[at] = draw.choice((changed[at] ^ (1 << draw.randrange(8)), draw.randrange(256)))
    return bytes(changed)


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_member(content: bytes, draw: random.Random) -> bytes:
    members = _members(content)
    for name in draw.sample(sorted(members), min(3, len(members))):
        seed = Seed("", name, members[name])
        members[name] = draw.choice(_mutations(seed))(members[name], draw)
    return zipped(members)


def zip_header(content: bytes, draw: random.Random) -> bytes:
    """Damage in local headers, in the central directory or in the end record."""
    mark = draw.choice((b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"))
    places = [i for i in range(len(content)) if content.startswith(mark, i)]
    changed = bytearray(content)
    for _ in range(draw.choice((1, 2, 6)) if places else 0):
        at = draw.choice(places) + draw.randrange(4, 46)
        if at < len(changed):
            changed[at] = draw.choice((0, 1, 8, 12, 0x7F, 0xFF, draw.randrange(256)))
    return bytes(changed)


def zip_names(content: bytes, draw: random.Random) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # names that come twice are meant
        for name, member in _members(content).items():
            info = zipfile.ZipInfo(draw.choice((name, *ODD_NAMES)), (2025, 1, 1, 0, 0, 0))
            if draw.random() < 0.2:
                info.external_attr = 0o120777 << 16
            if info.filename:
                archive.writestr(info, member)
    return buffer.getvalue()


def zip_in_zip(content: bytes, draw: random.Random) -> bytes:
    for depth in range(draw.randrange(1, 5)):
        content = zipped({f"inner{depth}.zip": content, "note.txt": b"x"})
    return content
