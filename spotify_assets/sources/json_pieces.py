"""Where objects begin and end in the bytes of JSON, and several of them parsed at once.

Not here: which bytes are looked at, and what becomes of damage (`json_stream`).
"""

import re

import orjson

_BRACES_TRIED = 256
_NEW_LINE = re.compile(rb"\}([ \t\r]*+)\n([ \t\r\n]*+)\{")
_TOKEN = re.compile(
    rb"""
    \s*+ (?: ([{\[]) | ([}\]]) | ([,:])
    | (?: "(?:[^"\\]++|\\.)*+" | true | false | null | NaN | -?Infinity | -?[\d.][\d.eE+-]*+ )
      \s*+ (?=[,:}\]]|\Z) )
    """,
    re.DOTALL | re.VERBOSE,
)
"""One token of JSON: a bracket that opens, one that closes, punctuation, or a value with what may follow."""
_UNFINISHED = re.compile(rb'\s*+(?:"(?:[^"\\]++|\\.)*+\\?|[\w.+-]*+)\Z', re.DOTALL)
"""What a token that the end of the buffer cuts looks like."""


def boundary(buffer: bytes, start: int, limit: int) -> int | None:
    """The last place before a limit, and after the start, where an object may begin after another one."""
    opening = limit
    for _ in range(_BRACES_TRIED):
        opening = buffer.rfind(b"{", start + 1, opening)
        if opening < 0:
            break
        if buffer[max(start, opening - 64) : opening].rstrip().endswith((b"}", b"},")):
            return opening
    return None


def members(piece: bytes, *, in_array: bool) -> bytes:
    """A piece of an array or of a sequence as what stands between the brackets of an array."""
    text = piece.rstrip(b" \t\r\n,")
    return text if in_array else _NEW_LINE.sub(rb"},\1\2{", text)


def parsed_together(text: bytes) -> list[object] | int:
    """The elements of what `members` gave, or the place at which it cannot be parsed."""
    try:
        found: list[object] = orjson.loads(b"[" + text + b"]")
    except orjson.JSONDecodeError as error:
        return max(_bytes_before(text, error) - 1, 0)
    return found


def _bytes_before(text: bytes, error: orjson.JSONDecodeError) -> int:
    """How many bytes of `[` and a text were parsed before an error, whose place is counted in characters."""
    if text.isascii():
        return error.pos
    if error.doc:
        return len(error.doc[: error.pos].encode())
    try:
        text.decode()
    except UnicodeDecodeError as undecodable:
        return undecodable.start + 1
    return error.pos


def end_of_object(buffer: bytes, at: int) -> tuple[int | None, bool]:
    """Where the object at a place ends, and whether it cannot be JSON whatever follows.

    Only what tells a lost quote or bracket soon is looked at: what may stand beside what.
    """
    brackets = bytearray()
    after_comma = False
    while match := _TOKEN.match(buffer, at):
        at = match.end()
        opening, closing = match[1], match[2]
        if opening:
            if after_comma and brackets.endswith(b"{"):
                return None, True
            brackets += opening
        elif closing:
            if brackets.pop() != {b"}": ord("{"), b"]": ord("[")}[closing]:
                return None, True
            if not brackets:
                return at, False
        after_comma = match[3] == b","
    return None, _UNFINISHED.match(buffer, at) is None
