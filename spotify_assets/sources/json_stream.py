"""From the bytes of a JSON file of any size to its elements, batch by batch.

Elements are the values of a JSON array, of arrays within it, or of a sequence (JSON lines, or objects one
after the other): brackets and commas around objects are punctuation, except that an empty array among
elements is one, so that nothing is left out of the count. A window of the file is cut after an object and
parsed as a whole; where that fails, it is parsed up to the damage, and the element there is taken alone, so
that a broken one costs itself and not its neighbours.

A reader that knows how nearly all files of its kind are written hands in a decoder of that shape: objects
have it become records, in half the time of dictionaries; one that has not makes its batch dictionaries.

Here belongs: encodings, punctuation, what is no JSON. Not here: what an object means.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, BinaryIO, NamedTuple, cast

import msgspec
import orjson

from spotify_assets.sources.json_pieces import boundary, end_of_object, members, parsed_together
from spotify_assets.sources.lenient_json import decoded, json_text, parsed_leniently
from spotify_assets.sources.text_stream import Utf8Source

WINDOW_BYTES = 512 << 10
"""Bytes of the file that are parsed at a time: what is parsed then still fits a processor's cache."""
BATCH_ROWS = 20_000
"""Rows of a batch, to which a window is added whole."""
_MOST_MALFORMED = 500
"""Refused elements after which a batch is yielded: their texts are kept."""
MAX_ELEMENT_BYTES = 8 << 20
"""Size of one object beyond which it is refused."""
MAX_ORIGINAL = 20_000
"""Characters of a refused element that are kept."""

MALFORMED_JSON = "malformed_json"
NOT_AN_OBJECT = "not_an_object"
TOO_LARGE = "too_large"
CUT_OFF = "cut_off"

_BOUNDARIES_TRIED = 8
_LEAST_REACH = 8 << 10
"""Bytes that are parsed at a time after damage; twice as many after each time that went well."""
_SINGLE_VALUE = "it is a single value, not an object"
_EMPTY_ARRAY = "it is an empty array, not an object"

_SEPARATORS = re.compile(rb"[\s,\[\]\x1e]*")
_NEXT_OBJECT = re.compile(rb'\}(?=\s*+,?+\s*+[{\]])|\n(?=\{")')
_SCALAR = re.compile(
    rb'(?:"(?:[^"\\\n]++|\\.)*+"|-?\d[\d.eE+-]*|true|false|null|NaN|-?Infinity)(?=[\s,\]]|\Z)'
)
_UNFINISHED_STRING = re.compile(rb'"(?:[^"\\\n]++|\\.)*+\\?\Z')
_GARBAGE = re.compile(rb"[^{\]\n]*")


class Malformed(NamedTuple):
    """An element that is no object: its number, reason code, what is wrong, and its text (not scrubbed)."""

    row: int
    reason: str
    detail: str
    text: str


@dataclass
class Batch:
    """Objects with their numbers in the file, from 1, what was refused in between, and counts of repairs.

    The objects are `elements`; where all of them have the shape of a decoder, `records` until `unfold`.
    """

    rows: list[int] = field(default_factory=list)
    elements: list[dict[str, object]] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    records: list[Any] = field(default_factory=list)
    _texts: list[bytes] = field(default_factory=list)

    def add_records(self, records: list[Any], text: bytes) -> None:
        """Take objects of the decoder's shape, and the array that they are read from."""
        self.records += records
        self._texts.append(text)

    def unfold(self) -> None:
        """Make the records elements, as they are written."""
        for text in self._texts:
            self.elements += orjson.loads(text)
        self.records, self._texts = [], []

    def note(self, name: str, count: int = 1) -> None:
        self.notes[name] = self.notes.get(name, 0) + count


def read_batches(
    stream: BinaryIO,
    array: str | None = None,
    window_bytes: int = WINDOW_BYTES,
    *,
    shape: "msgspec.json.Decoder[list[Any]] | None" = None,
) -> Iterator[Batch]:
    """The elements of a JSON file in its order; every batch holds some.

    With `array`, the elements of the first array under that name, which a large object around it holds.
    A batch of which all elements have the `shape` has them as records.

    Raises:
        SourceError: the stream passes a limit. Damage is no error: what comes before it is read, and one
            element is refused as `cut_off`.
    """
    source = Utf8Source(stream, window_bytes)
    scanner = _Scanner(stops_with_array=array is not None, shape=shape)
    buffer = _enter(source, array) if array else b""
    if array:
        scanner.depth = 1
    batch = Batch()
    while not (scanner.finished or source.at_end):
        buffer += source.read()
        used = scanner.take(buffer, batch, at_end=source.at_end, damage=source.damage)
        buffer = buffer[used:]
        if len(batch.rows) >= BATCH_ROWS or len(batch.malformed) >= _MOST_MALFORMED:
            yield batch
            batch = Batch()
    if batch.rows or batch.malformed or batch.notes:
        yield batch


def flattened(
    batches: Iterator[Batch], containers: Callable[[Mapping[str, object]], list[object] | None]
) -> Iterator[Batch]:
    """The batches with the members of objects that are containers in their place, numbered anew."""
    row = 0
    for batch in batches:
        flat = Batch(notes=batch.notes)
        parts: list[tuple[int, object]] = [
            *zip(batch.rows, batch.elements, strict=True),
            *((each.row, each) for each in batch.malformed),
        ]
        for _, part in sorted(parts, key=itemgetter(0)):
            if isinstance(part, Malformed):
                row += 1
                flat.malformed.append(part._replace(row=row))
                continue
            members = containers(cast("Mapping[str, object]", part))
            for member in [part] if members is None else members:
                row += 1
                if isinstance(member, dict):
                    flat.rows.append(row)
                    flat.elements.append(member)
                else:
                    text = json_text(member)[:MAX_ORIGINAL]
                    flat.malformed.append(Malformed(row, NOT_AN_OBJECT, "it is no object", text))
        yield flat


def _enter(source: Utf8Source, array: str) -> bytes:
    """The rest of the first window after the bracket that opens the array of a name."""
    head = source.read()
    opening = re.search(rb'"' + re.escape(array.encode()) + rb'"\s*:\s*\[', head)
    return head[opening.end() :] if opening else head


class _Scanner:
    """Takes elements off the front of a buffer; remembers the row number and the open brackets."""

    def __init__(
        self, *, stops_with_array: bool, shape: "msgspec.json.Decoder[list[Any]] | None" = None
    ) -> None:
        self.depth = 0
        self.finished = False
        self._shape = shape
        self._stops_with_array = stops_with_array
        self._row = 0
        self._skipping = False
        self._reach = WINDOW_BYTES
        self._just_opened = False

    def take(self, buffer: bytes, batch: Batch, *, at_end: bool, damage: str | None) -> int:
        """Move complete elements of the buffer to the batch; how many bytes were used."""
        at = 0
        while True:
            at = self._past_separators(buffer, at, batch)
            if self.finished:
                return len(buffer)
            if at >= len(buffer):
                break
            if not self._skipping:
                before, limit = at, at + self._reach
                at = self._take_quickly(buffer, at, batch, at_end=at_end)
                if at > before:
                    if limit >= len(buffer) and not at_end:
                        return at
                    continue
            after = self._take_one(buffer, at, batch, at_end)
            self._just_opened = False
            if after is None:
                if not at_end:
                    return at
                self._refuse(batch, CUT_OFF, damage or "the file ends in the middle of a row", buffer[at:])
                return len(buffer)
            at = after
        if at_end and (damage or self.depth > 0):
            self._refuse(
                batch, CUT_OFF, damage or "the file ends before its closing bracket: rows may be missing", b""
            )
        return at

    def _take_quickly(self, buffer: bytes, at: int, batch: Batch, *, at_end: bool) -> int:
        """Where the elements end that could be parsed together; where they begin if none could."""
        limit = min(at + self._reach, len(buffer))
        end: int | None
        if limit == len(buffer) and at_end:
            end = len(buffer.rstrip(b" \t\r\n,]"))
        else:
            end = boundary(buffer, at, limit)
        is_first = True
        for _ in range(_BOUNDARIES_TRIED):
            if end is None or end <= at:
                break
            text = members(buffer[at:end], in_array=self.depth > 0)
            if is_first and self._keep_records(text, batch):
                self._reach = min(2 * self._reach, WINDOW_BYTES)
                return end
            found = parsed_together(text)
            if isinstance(found, list):
                self._reach = min(2 * self._reach, WINDOW_BYTES) if is_first else _LEAST_REACH
                self._keep_all(found, batch)
                return end
            is_first = False
            self._reach = _LEAST_REACH
            end = boundary(buffer, at, min(at + found + 1, end))
        return at

    def _keep_records(self, text: bytes, batch: Batch) -> bool:
        if self._shape is None or batch.elements:
            return False
        try:
            found = self._shape.decode(b"[" + text + b"]")
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        self._just_opened = False
        first = self._row + 1
        self._row += len(found)
        batch.rows.extend(range(first, self._row + 1))
        batch.add_records(found, b"[" + text + b"]")
        return True

    def _keep_all(self, found: list[object], batch: Batch) -> None:
        batch.unfold()
        self._just_opened = False
        if set(map(type, found)) == {dict}:
            first = self._row + 1
            self._row += len(found)
            batch.rows.extend(range(first, self._row + 1))
            batch.elements.extend(cast("list[dict[str, object]]", found))
            return
        pending = found[::-1]
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                self._row += 1
                batch.rows.append(self._row)
                batch.elements.append(value)
            elif isinstance(value, list) and value:
                pending += value[::-1]
            else:
                detail = _EMPTY_ARRAY if isinstance(value, list) else _SINGLE_VALUE
                self._refuse(batch, NOT_AN_OBJECT, detail, json_text(value).encode())

    def _past_separators(self, buffer: bytes, at: int, batch: Batch) -> int:
        match = _SEPARATORS.match(buffer, at)
        end = match.end() if match else at
        punctuation = buffer[at:end].translate(None, b" \t\r\n\f\v\x1e")
        if punctuation not in (b"", b","):
            self._open_and_close(punctuation, batch)
        return end

    def _open_and_close(self, punctuation: bytes, batch: Batch) -> None:
        extra = punctuation.count(b",]") + punctuation.count(b",,")
        if extra:
            batch.note("trailing_comma", extra)
        if b"]" not in punctuation:
            opened = punctuation.count(b"[")
            self.depth += opened
            self._just_opened = self._just_opened or opened > 0
            return
        for mark in punctuation:
            if mark == ord("["):
                self.depth += 1
                self._just_opened = True
            elif mark == ord("]"):
                is_element = self.depth > 1 or self._row > 0
                if self._just_opened and is_element:
                    self._refuse(batch, NOT_AN_OBJECT, _EMPTY_ARRAY, b"[]")
                self._just_opened = False
                self.depth = max(self.depth - 1, 0)
                if self._stops_with_array and not self.depth:
                    self.finished = True
                    return

    def _take_one(self, buffer: bytes, at: int, batch: Batch, at_end: bool) -> int | None:
        """Where the element at a place ends, which is moved to the batch; None where it needs more bytes."""
        if buffer[at] != ord("{"):
            return self._take_what_is_no_object(buffer, at, batch, at_end)
        next_object = _NEXT_OBJECT.search(buffer, at)
        if next_object and self._keep(buffer[at : next_object.end()], batch):
            return next_object.end()
        end, is_broken = end_of_object(buffer, at)
        if end is not None and self._keep(buffer[at:end], batch):
            return end
        if end is None and next_object and (is_broken or (at_end and not self.depth)):
            end = next_object.end()
        elif end is None and is_broken and at_end:
            end = buffer.find(b"}", at) + 1 or len(buffer)
        if end is not None:
            return self._skip_to(buffer, at, end, batch, MALFORMED_JSON)
        if at_end or len(buffer) - at < MAX_ELEMENT_BYTES:
            return None
        return self._skip_to(buffer, at, len(buffer), batch, TOO_LARGE)

    def _skip_to(self, buffer: bytes, at: int, end: int, batch: Batch, reason: str) -> int:
        detail = {
            MALFORMED_JSON: "it is no valid JSON object",
            TOO_LARGE: f"it is larger than {MAX_ELEMENT_BYTES:,} bytes",
        }[reason]
        if not self._skipping:
            self._refuse(batch, reason, detail, buffer[at:end])
        self._skipping = reason == TOO_LARGE
        return end

    def _take_what_is_no_object(self, buffer: bytes, at: int, batch: Batch, at_end: bool) -> int | None:
        may_grow = not at_end and len(buffer) - at < MAX_ELEMENT_BYTES
        scalar = _SCALAR.match(buffer, at)
        is_cut = scalar.end() == len(buffer) if scalar else _UNFINISHED_STRING.match(buffer, at)
        if is_cut and may_grow:
            return None
        if scalar and (not is_cut or at_end):
            self._refuse(batch, NOT_AN_OBJECT, _SINGLE_VALUE, scalar[0])
            return scalar.end()
        garbage = _GARBAGE.match(buffer, at)
        end = max(garbage.end() if garbage else at, at + 1)
        if end >= len(buffer) and may_grow:
            return None
        if self._skipping:
            return end
        self._refuse(batch, MALFORMED_JSON, "it is no JSON", buffer[at:end])
        return end

    def _keep(self, text: bytes, batch: Batch) -> bool:
        found = parsed_leniently(text, batch.note)
        if found is None:
            return False
        batch.unfold()
        self._skipping = False
        self._row += 1
        batch.rows.append(self._row)
        batch.elements.append(found)
        return True

    def _refuse(self, batch: Batch, reason: str, detail: str, text: bytes) -> None:
        self._row += 1
        start = text[: 4 * MAX_ORIGINAL]
        batch.malformed.append(Malformed(self._row, reason, detail, decoded(start)[0][:MAX_ORIGINAL]))
