"""How wide text is and where it breaks, where no browser says so: for cards and for paper."""

import unicodedata
from html import escape

_WIDE, _NARROW = 1.0, 0.63
"""Width of a letter of a sans-serif face in ems: of Chinese, Japanese and Korean, and of most others."""
_THIN, _BROAD = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMWG@%ODQCNHU")
_BOLD = 1.12


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide text is in a sans-serif face, rather too wide than too narrow."""
    ems = sum(map(_ems, text))
    return ems * size * (_BOLD if bold else 1.0)


def _ems(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    return 0.39 if letter in _THIN else 0.88 if letter in _BROAD else _NARROW


def cut(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """Text on one line that fits the room, with an ellipsis where it was cut."""
    line = " ".join(text.split())
    if width_of(line, size, bold=bold) <= room:
        return line
    while line and width_of(f"{line}…", size, bold=bold) > room:
        line = line[:-1]
    return f"{line.rstrip()}…"


def wrapped(text: str, size: float, room: float, *, bold: bool = False, most: int | None = None) -> list[str]:
    """Text in lines that fit the room, broken between words, and within what is longer than a line.

    Args:
        text: what is written.
        size: of the face.
        room: width of a line.
        bold: whether the face is bold.
        most: lines that there may be; the last one is cut then.
    """
    lines: list[str] = []
    left = text.split()
    while left:
        line = left.pop(0)
        while left and width_of(f"{line} {left[0]}", size, bold=bold) <= room:
            line = f"{line} {left.pop(0)}"
        end = len(line)
        while end > 1 and width_of(line[:end], size, bold=bold) > room:
            end -= 1
        if end < len(line):
            left.insert(0, line[end:])
        if most and len(lines) == most - 1:
            return [*lines, cut(" ".join([line[:end], *left]) if left else line, size, room, bold=bold)]
        lines.append(line[:end])
    return lines


def text(
    x: float,
    y: float,
    says: str,
    size: float,
    colour: str,
    *,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    """A line of text as an SVG element; `y` is its base line."""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}"{weight} text-anchor="{anchor}">'
        f"{escape(says)}</text>"
    )
