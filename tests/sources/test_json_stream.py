"""JSON of any size and state: every element is an object with its number, or is refused with a reason."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.sources import json_stream
from spotify_assets.sources.json_stream import Batch, read_batches
from tests.examples import examples

SMALL = 64
"""Bytes of a window in which hardly an object fits, so that every seam is met."""


def whole(content: bytes, window: int = 1 << 20, array: str | None = None) -> Batch:
    """What a file holds, in one piece."""
    result = Batch()
    for batch in read_batches(io.BytesIO(content), array, window):
        result.rows += batch.rows
        result.elements += batch.elements
        result.malformed += batch.malformed
        for name, count in batch.notes.items():
            result.note(name, count)
    numbers = sorted([*result.rows, *(each.row for each in result.malformed)])
    assert numbers == list(range(1, len(numbers) + 1))
    return result


def reasons(content: bytes, window: int = 1 << 20) -> dict[int, str]:
    return {each.row: each.reason for each in whole(content, window).malformed}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=12)
    | st.sampled_from(["},{", '"},{"', "]", "\\", '\\"', "}\n{", "[{", "ü", "\U0001f3b5", "\x00", "\x1f"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=6), VALUES, max_size=5), max_size=12)


@pytest.mark.slow
@examples(300)
@given(
    OBJECTS,
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from([7, SMALL, 1 << 20]),
)
def test_any_array_is_read_whole_in_any_layout_encoding_and_window(
    objects: list[dict[str, Any]], indent: int | None, ascii_only: bool, encoding: str, window: int
):
    text = json.dumps(objects, indent=indent, ensure_ascii=ascii_only)
    found = whole(text.encode(encoding), window)
    assert found.elements == objects
    assert not found.malformed


@pytest.mark.slow
@examples(200)
@given(OBJECTS, st.sampled_from(["\n", "\r\n", "\n\n", "", " ", ",\n"]), st.sampled_from([7, SMALL, 1 << 20]))
def test_any_sequence_of_objects_is_read_whole(objects: list[dict[str, Any]], between: str, window: int):
    content = between.join(json.dumps(each, ensure_ascii=False) for each in objects).encode()
    found = whole(content, window)
    assert found.elements == objects
    assert not found.malformed


@pytest.mark.slow
@examples(200)
@given(OBJECTS.filter(bool), st.data(), st.sampled_from([7, SMALL, 1 << 20]))
def test_a_cut_file_keeps_every_object_before_the_cut_and_says_that_it_is_cut(
    objects: list[dict[str, Any]], data: st.DataObject, window: int
):
    content = json.dumps(objects, ensure_ascii=False).encode()
    cut = data.draw(st.integers(1, len(content) - 1))
    ends = [
        len(json.dumps(objects[: count + 1], ensure_ascii=False).encode()) - 1
        for count in range(len(objects))
    ]
    complete = sum(end <= cut for end in ends)
    found = whole(content[:cut], window)
    assert found.elements == objects[:complete]
    assert [each.reason for each in found.malformed] == ["cut_off"]


@examples(300)
@given(st.binary(max_size=400), st.sampled_from([7, SMALL, 1 << 20]))
def test_no_bytes_make_it_fail(content: bytes, window: int):
    whole(content, window)


@pytest.mark.slow
@examples(200)
@given(OBJECTS.filter(bool), st.data(), st.sampled_from([SMALL, 1 << 20]))
def test_a_flipped_byte_costs_little_and_never_fails(
    objects: list[dict[str, Any]], data: st.DataObject, window: int
):
    content = bytearray(json.dumps(objects, ensure_ascii=False).encode())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    whole(bytes(content), window)


def flat(count: int) -> list[dict[str, Any]]:
    return [{"number": number, "text": "x" * 20} for number in range(count)]


@pytest.mark.parametrize("window", [SMALL, 1 << 20])
@pytest.mark.parametrize(
    "broken",
    [
        '{"number": 1, "text": "no end',
        '{"number": 1 "text": "no comma"}',
        '{"number": nonsense}',
        "{number: 1}",
        '{"number": 1, "text": "a "quote" in it"}',
        '{"number": 1,}',
    ],
)
def test_a_broken_object_costs_itself_and_not_its_neighbours(broken: str, window: int):
    rows = [json.dumps(each) for each in flat(6)]
    rows[2] = broken
    found = whole(("[" + ",\n".join(rows) + "]").encode(), window)
    assert [each["number"] for each in found.elements] == [0, 1, 3, 4, 5]
    assert [(each.row, each.reason) for each in found.malformed] == [(3, "malformed_json")]
    assert found.malformed[0].text.rstrip(",\n") == broken


def test_a_broken_line_costs_itself():
    content = b'{"a": 1}\nnot json at all\n{"a": 2}\n{"a": \n{"a": 3}\n'
    found = whole(content)
    assert [each["a"] for each in found.elements] == [1, 2, 3]
    assert len(found.malformed) == 2


@pytest.mark.parametrize("window", [SMALL, 1 << 20])
def test_a_trailing_comma_is_tolerated_and_reported(window: int):
    found = whole(b'[{"a": 1}, {"a": 2},\n]', window)
    assert [each["a"] for each in found.elements] == [1, 2]
    assert not found.malformed
    assert found.notes == {"trailing_comma": 1}


def test_values_that_are_no_objects_are_refused_one_by_one():
    content = b'[1, "text", null, true, {"a": 1}, NaN, -2.5e3]'
    assert set(reasons(content).values()) == {"not_an_object"}
    assert list(reasons(content)) == [1, 2, 3, 4, 6, 7]


def test_arrays_of_arrays_are_taken_apart():
    found = whole(b'[[{"a": 1}, {"a": 2}], [[{"a": 3}]]]')
    assert [each["a"] for each in found.elements] == [1, 2, 3]
    assert not found.malformed


@pytest.mark.parametrize("window", [SMALL, 1 << 20])
@pytest.mark.parametrize(
    "content",
    [
        b'[{"a": 1}, [], {"a": 3}, [{"a": 4}], [ ]]',
        b'[{"a": 1}, [], {"a": 3}, [{"a": 4}], [[ ] ]\n]',
        b'{"a": 1}\n[]\n{"a": 3}\n{"a": 4}\n[]\n',
    ],
)
def test_an_empty_array_among_elements_is_one_of_them(content: bytes, window: int):
    found = whole(content, window)
    assert [(row, each["a"]) for row, each in zip(found.rows, found.elements, strict=True)] == [
        (1, 1),
        (3, 3),
        (4, 4),
    ]
    assert [(each.row, each.reason, each.text) for each in found.malformed] == [
        (2, "not_an_object", "[]"),
        (5, "not_an_object", "[]"),
    ]


@pytest.mark.parametrize("before", range(SMALL))
@pytest.mark.parametrize("text", ["a ] bracket", 'a "quoted" ]', "back\\slash ] and {brace}"])
def test_a_text_that_a_window_cuts_is_one_element(text: str, before: int):
    content = json.dumps([{}, "x" * before, text, {}]).encode()
    assert [json.loads(each.text) for each in whole(content, SMALL).malformed] == ["x" * before, text]


@pytest.mark.parametrize("content", [b"[]", b"[ ]\n", b"[[{}]]"])
def test_a_file_that_is_an_empty_array_has_no_elements_to_refuse(content: bytes):
    assert not whole(content).malformed


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.just([]),
)


@examples(200)
@given(
    st.lists(st.one_of(st.fixed_dictionaries({"a": VALUES, "b": st.lists(VALUES)}), VALUES), max_size=20),
    st.sampled_from([SMALL, 300, 1 << 20]),
    st.sampled_from([None, 1]),
)
def test_every_element_of_an_array_is_there_or_refused_in_its_place(
    elements: list[Any], window: int, indent: int | None
):
    found = whole(json.dumps([{}, *elements], ensure_ascii=False, indent=indent).encode(), window)
    at = dict(zip(found.rows, found.elements, strict=True))
    refused = {each.row: json.loads(each.text) for each in found.malformed}
    assert [at[row] if row in at else refused[row] for row in sorted({*at, *refused})] == [{}, *elements]
    assert all(isinstance(each, dict) for each in found.elements)


def parsed_bytes(content: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes the parser is given to read a file."""
    given_to_parser = 0
    loads = orjson.loads

    def counting(text: bytes) -> Any:
        nonlocal given_to_parser
        given_to_parser += len(text)
        return loads(text)

    monkeypatch.setattr(orjson, "loads", counting)
    whole(content, json_stream.WINDOW_BYTES)
    monkeypatch.undo()
    return given_to_parser


@pytest.mark.parametrize(
    "dirt", ["7", "null", "[]", '{"a": 1,}', '{"a": NaN}', '{"a": "\\ud83c"}', '{"a": "no end}', "{a: 1}"]
)
@pytest.mark.parametrize("every", [1_000, 50])
def test_dirt_does_not_make_its_surroundings_be_parsed_again_and_again(
    dirt: str, every: int, monkeypatch: pytest.MonkeyPatch
):
    rows = [json.dumps({"number": number, "text": "x" * 500}) for number in range(4_000)]
    clean = ("[" + ",\n".join(rows) + "]").encode()
    dirty = ("[" + ",\n".join(dirt if n % every == 7 else row for n, row in enumerate(rows)) + "]").encode()
    assert parsed_bytes(clean, monkeypatch) < 1.1 * len(clean)
    assert parsed_bytes(dirty, monkeypatch) < 5 * len(dirty)


@pytest.mark.parametrize("depth", [2_000, 200_000])
def test_deep_nesting_is_refused(depth: int):
    content = b'[{"a": 1}, {"a": ' + b"[" * depth + b"]" * depth + b'}, {"a": 2}]'
    found = whole(content)
    assert [each["a"] for each in found.elements] == [1, 2]
    assert list(reasons(content)) == [2]
    assert not whole(b"[" * depth).elements


def test_what_json_forbids_but_people_write_is_read():
    content = b'[{"a": "tab\there", "b": NaN, "c": -Infinity, "d": "\x00"}, {"a": "\\ud83c"}]'
    found = whole(content)
    assert found.elements == [{"a": "tab\there", "b": "NaN", "c": "-Infinity", "d": "\x00"}, {"a": "?"}]
    assert found.notes == {"lone_surrogates": 1}


def test_numbers_of_any_size_are_no_error():
    found = whole(b'[{"a": ' + b"9" * 400 + b'}, {"a": ' + b"9" * 10_000 + b'}, {"a": 1}]')
    assert found.elements[-1] == {"a": 1}
    alone, beside_what_json_forbids = (
        whole(b'[{"a": 12345678901234567890123' + more + b"}]").elements[0] for more in (b"", b', "b": NaN')
    )
    assert alone["a"] == beside_what_json_forbids["a"]
    for number in (b"1e999", b"-" + b"9" * 400):
        assert whole(b'[{"a": ' + number + b"}]").elements == [{"a": number.decode()}]


def test_other_encodings_are_read_row_by_row():
    rows = [b'{"a": "plain"}', '{"a": "Beyoncé"}'.encode("cp1252"), '{"a": "Björk"}'.encode()]
    found = whole(b"[" + b", ".join(rows) + b"]")
    assert [each["a"] for each in found.elements] == ["plain", "Beyoncé", "Björk"]
    assert found.notes == {"cp1252_rows": 1}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_byte_order_mark(encoding: str):
    rows = [{"name": "Sigur Rós", "other": "ただ君に晴れ"}] * 50
    assert whole(json.dumps(rows, ensure_ascii=False).encode(encoding)).elements == rows


def test_an_array_within_a_large_object_is_read_to_its_end():
    content = b'{"user": "x", "scrobbles": [{"a": 1}, {"a": 2}], "other": [{"a": 3}]}'
    for window in (40, 1 << 20):
        found = whole(content, window, array="scrobbles")
        assert [each["a"] for each in found.elements] == [1, 2]
        assert not found.malformed


class Endless(io.RawIOBase):
    """A JSON array of so many bytes that is made while it is read."""

    def __init__(self, size: int, row: bytes) -> None:
        self._parts = self._make(size, row)

    @staticmethod
    def _make(size: int, row: bytes) -> Iterator[bytes]:
        yield b"["
        for _ in range(size // len(row)):
            yield row

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        parts, missing = [], size
        while missing > 0 and (part := next(self._parts, b"")):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def peak_of(size: int, row: bytes) -> int:
    tracemalloc.start()
    for _ in read_batches(Endless(size, row), window_bytes=64 << 10):  # type: ignore[arg-type]
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [
        b'{"ts": "2024-03-01T12:00:00Z", "ms_played": 1, "name": "' + b"x" * 200 + b'"},\n',
        b'{"text": "never ends, and has },{ in it, ' + b"x" * 200,
        b"x" * 256,
        b"[" * 256,
        b'"' * 256,
        b"}" * 255 + b" ",
        b" " * 255 + b"}",
    ],
)
def test_memory_does_not_grow_with_the_file(row: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_stream, "MAX_ELEMENT_BYTES", 256 << 10)
    monkeypatch.setattr(json_stream, "BATCH_ROWS", 1_000)
    assert peak_of(6 << 20, row) < 1.5 * peak_of(2 << 20, row) + (64 << 10)
