"""The language of a page: its words, numbers and days. English stands in the code; others are a file each.

`language/<code>.toml` has the words of another language: `[words]` by the English ones, `[definitions]` by
the name of the figure, `[charts]` for what stands in drawings, `[numbers]` and `[days]` for how they are
written.
"""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("language")
ENGLISH = "en"
NOTHING = "–"
"""What stands where a number is not known."""
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Language:
    """How a language says things.

    Attributes:
        code: as in HTML.
        words: by the English ones.
        definitions: of figures, by their names.
        charts: what stands in drawings, by the English words.
        thousands: what parts thousands.
        point: what parts the whole from its tenths.
        day: a day, of `{day}`, `{month}` (in words) and `{year}`.
    """

    code: str = ENGLISH
    words: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    charts: Mapping[str, str] = field(default_factory=dict)
    thousands: str = ","
    point: str = "."
    day: str = "{day} {month} {year}"


_ENGLISH = Language()
_spoken: ContextVar[Language | None] = ContextVar("spoken", default=None)


def languages() -> list[str]:
    """The codes of all languages that there are."""
    return sorted([ENGLISH, *(path.stem for path in FOLDER.glob("*.toml"))])


@cache
def language_of(code: str) -> Language:
    """A language by its code.

    Raises:
        ValueError: there is none of that code; the message names those that there are.
    """
    if code == ENGLISH:
        return _ENGLISH
    if code not in languages():
        raise ValueError(f"no words are known of the language {code!r}; there are {', '.join(languages())}")
    read = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    return Language(
        code, read["words"], read["definitions"], read["charts"], **read["numbers"], **read["days"]
    )


def spoken() -> Language:
    """The language in which things are said now."""
    return _spoken.get() or _ENGLISH


@contextmanager
def speaking(code: str) -> Iterator[Language]:
    """Say everything in a language, within the block."""
    token = _spoken.set(language_of(code))
    try:
        yield spoken()
    finally:
        _spoken.reset(token)


def say(english: str, **values: Any) -> str:
    """Words in the language that is spoken, with values for what stands in braces.

    Whole numbers are written as people of the language do; all else is text.
    """
    words = spoken().words.get(english, english)
    written = {name: count(one) if isinstance(one, int) else one for name, one in values.items()}
    return words.format(**written) if written else words


def many(number: int, one: str, more: str) -> str:
    """A number of things: `one` or `more` of them, both with `{n}`."""
    return say(one if number == 1 else more, n=number)


def decimal(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """A number with so many decimals; a dash where it is not known."""
    if value is None:
        return NOTHING
    language = spoken()
    written = f"{value:{'+' if signed else ''},.{digits}f}"
    return written.translate(str.maketrans(",.", f"{language.thousands}{language.point}"))


def count(value: float | None) -> str:
    """A number of things, with a decimal where it has parts."""
    return decimal(value, 0 if value is None or isinstance(value, int) else 1)


def percent(value: float | None, *, signed: bool = False) -> str:
    """A share; a dash where it is not known."""
    return NOTHING if value is None else f"{decimal(100 * value, signed=signed)}%"


def points(value: float) -> str:
    """A change of a share in percentage points."""
    return say("{points} points", points=decimal(100 * value, signed=True))


def hours(minutes: float | None) -> str:
    """Minutes as hours."""
    return decimal(None if minutes is None else minutes / 60)


def month_name(month: int) -> str:
    """A month by its name."""
    return say(MONTHS[month - 1])


def day(on: date | None) -> str:
    """A day as people write it; a dash where there is none."""
    if on is None:
        return NOTHING
    return spoken().day.format(day=on.day, month=month_name(on.month), year=on.year)
