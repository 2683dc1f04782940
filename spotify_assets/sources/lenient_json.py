"""Single JSON values that no strict parser takes: control characters, other encodings, NaN, huge numbers.

Here belongs: one value and its text. Not here: where it begins and ends in a file (`json_stream`).
"""

import json
import math
from collections.abc import Callable

import orjson

from spotify_assets.sources.text import decode_cp1252

_LARGEST_INTEGER = 2**64 - 1
_SMALLEST_INTEGER = -(2**63)
_DIGITS_OF_INTEGERS = 20
_MAX_NESTING = 50
"""Nesting of a value beyond which its text has `null` for what is deeper."""


def json_text(value: object) -> str:
    """A JSON value as JSON text, whatever its depth: beyond `_MAX_NESTING` there is null."""
    return json.dumps(_pruned(value, _MAX_NESTING), ensure_ascii=False, default=str)


def _pruned(value: object, depth: int) -> object:
    if not isinstance(value, (dict, list)):
        return value
    if not depth:
        return None
    if isinstance(value, list):
        return [_pruned(member, depth - 1) for member in value]
    return {key: _pruned(member, depth - 1) for key, member in value.items()}


def parsed_leniently(text: bytes, note: Callable[[str], None]) -> dict[str, object] | None:
    """The object of a text, leniently: control characters, other encodings, NaN; None where it is none.

    `note` is told what was odd: `cp1252_rows`, `lone_surrogates`.
    """
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        readable, is_cp1252 = decoded(text)
        try:
            found = json.loads(
                readable, strict=False, parse_constant=str, parse_int=_integer, parse_float=_finite
            )
            if isinstance(found, dict):
                found = _without_surrogates(found, note)
        except (ValueError, RecursionError):
            return None
        if is_cp1252 and isinstance(found, dict):
            note("cp1252_rows")
    return found if isinstance(found, dict) else None


def _integer(text: str) -> int | float | str:
    """A whole number, as a float where 64 bit do not hold it: what orjson makes of it in a sound row."""
    if len(text) > _DIGITS_OF_INTEGERS:
        return _finite(text)
    number = int(text)
    return number if _SMALLEST_INTEGER <= number <= _LARGEST_INTEGER else float(text)


def _finite(text: str) -> float | str:
    """A number, as its text where it is too large for any: JSON has no word for infinity."""
    number = float(text)
    return number if math.isfinite(number) else text


def decoded(text: bytes) -> tuple[str, bool]:
    """A text, and whether it was taken for Windows-1252 because it is not UTF-8."""
    try:
        return text.decode(), False
    except UnicodeDecodeError as error:
        if error.end >= len(text) and error.reason == "unexpected end of data":
            return text.decode(errors="replace"), False
        return decode_cp1252(text), True


def _without_surrogates(found: dict[str, object], note: Callable[[str], None]) -> dict[str, object]:
    """The object with U+FFFD for halves of characters, which no UTF-8 can hold."""
    text = json.dumps(found, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        note("lone_surrogates")
        cleaned: dict[str, object] = json.loads(text.encode("utf-8", "replace"), strict=False)
        return cleaned
    return found
