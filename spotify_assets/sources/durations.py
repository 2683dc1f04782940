"""Lengths of tracks as people's files write them: milliseconds, seconds, `3:35`, with or without separators.

A single value cannot say what it is in: 215 is a length in seconds and nonsense in milliseconds, `215.000` is
both 215 seconds and 215,000 milliseconds. A file can, by the distribution of its values. What then cannot be
the length of a track is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

SHORTEST_MS, LONGEST_MS = 5_000, 24 * 3_600_000
"""Lengths that a track can have. Below five seconds there are single jokes and sound effects, and all the
lengths that were written in seconds; above a day nothing, while audiobooks and mixes do last ten hours."""
MILLISECONDS, SECONDS, CLOCK, UNKNOWN = "milliseconds", "seconds", "minutes:seconds", "unknown"

_PLAIN = r"^[+-]?\d+$"
_EXPONENT = r"^[+-]?\d+(?:\.\d*)?[eE][+-]?\d+$"
_ONE_MARK = r"^[+-]?\d{1,3}([.,])\d{3}$"
"""Thousands or thousandths: only the other values can tell."""
_GROUPED = (
    r"^[+-]?\d{1,3}(?:(?:,\d{3})+(?:\.0*)?|(?:\.\d{3}){2,}(?:,0*)?|(?:['\s\u{a0}\u{202f}]\d{3})+(?:[.,]0*)?)$"
)
_DECIMAL = r"^[+-]?\d*[.,]\d*$"
_FRACTION = r"[.,]\d*[1-9]\d*$"
_TIME = r"^(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d(?:\.\d+)?)$"
_SEPARATORS = r"[.,'\s\u{a0}\u{202f}]"


@dataclass(frozen=True)
class Durations:
    """The lengths of one file.

    Attributes:
        values: milliseconds, one for each value written; null where there is no length.
        unit: what the file's numbers are in: `milliseconds`, `seconds`, `minutes:seconds`, or `unknown`
            where neither gives lengths of tracks; None where nothing is written.
        unreadable: how many values are no number and no time.
        implausible: how many are, and no length of a track: below 5 seconds or above a day in that unit.
    """

    values: pl.Series
    unit: str | None
    unreadable: int
    implausible: int

    def notes(self) -> dict[str, int]:
        """Why how many rows have no length although one is written."""
        counted = {"unreadable_duration": self.unreadable, "implausible_duration": self.implausible}
        return {reason: rows for reason, rows in counted.items() if rows}


def durations(written: pl.Series, missing: Sequence[str]) -> Durations:
    """The lengths that a column of text says, by the unit that its values come in.

    They are milliseconds, as most files have them, unless the median would then be no length of a track and
    in seconds it would be one. A mark before three digits parts thousands, unless other values of the file
    have fractions or are seconds: then it is the decimal mark. `3:35` and `1:03:35` are times whatever the
    others are. `missing` is what stands, in lower case, for a value that is not there.
    """
    text = written.cast(pl.String).str.strip_chars().alias("text")
    plain = text.cast(pl.Int64, strict=False).cast(pl.Float64)
    # Nearly all values are plain: only what is left is looked at more closely, which is slower.
    left = (plain.is_null() & text.is_not_null()).arg_true()
    others = text.gather(left).to_frame()
    closer = others.select(
        given=~pl.col("text").str.to_lowercase().is_in(missing),
        number=_number(mark_is_decimal=_mark_is_decimal(plain.drop_nulls(), others)),
        time=_time(),
    )
    number = plain.scatter(left, closer["number"])
    time = (
        pl.Series("time", [None], dtype=pl.Float64)
        .new_from_index(0, text.len())
        .scatter(left, closer["time"])
    )
    unit = _unit(number) or (CLOCK if time.count() else None)
    factor = {MILLISECONDS: 1.0, SECONDS: 1_000.0}.get(unit or UNKNOWN)
    scaled = number * factor if factor else number.clear(number.len())
    found = pl.select(length=pl.coalesce(time, scaled).round()).select(
        readable=pl.lit(number.is_not_null() | time.is_not_null()),
        length=pl.when(pl.col("length").is_between(SHORTEST_MS, LONGEST_MS)).then("length").cast(pl.Int64),
    )
    return Durations(
        values=found["length"].alias(written.name),
        unit=unit,
        unreadable=int((closer["given"] & closer["number"].is_null() & closer["time"].is_null()).sum()),
        implausible=int((found["readable"] & found["length"].is_null()).sum()),
    )


def _mark_is_decimal(plain: pl.Series, others: pl.DataFrame) -> bool:
    """Whether a mark before three digits parts off thousandths.

    It does where a mark parts off other fractions elsewhere, or the numbers without one are seconds, unless
    somewhere it parts thousands twice.
    """
    value = pl.col("text")
    one, fraction = value.str.contains(_ONE_MARK), value.str.contains(_FRACTION)
    fractions, groups = others.select(
        fraction=(value.str.contains(_DECIMAL) & ~one & fraction).any(),
        groups=value.str.contains(r"^[+-]?\d{1,3}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})$").any(),
    ).row(0)
    return not groups and (bool(fractions) or _unit(plain) == SECONDS)


def _number(*, mark_is_decimal: bool) -> pl.Expr:
    """A value as a number; null where it is none."""
    value = pl.col("text")
    grouped = value.str.replace_all(_SEPARATORS, "").cast(pl.Float64, strict=False)
    whole = value.str.replace(r"^([^.]*)\.0*$", "$1").str.replace(r"^([^,]*),0*$", "$1")
    whole_of_grouped = whole.str.replace_all(_SEPARATORS, "")
    decimal = value.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    number = (
        pl.when(value.str.contains(_ONE_MARK))
        .then(decimal if mark_is_decimal else grouped)
        .when(value.str.contains(_GROUPED))
        .then(whole_of_grouped.cast(pl.Float64, strict=False))
        .when(value.str.contains(_PLAIN) | value.str.contains(_DECIMAL) | value.str.contains(_EXPONENT))
        .then(decimal)
    )
    return pl.when(number.is_finite()).then(number)


def _time() -> pl.Expr:
    """A value such as `3:35`, in milliseconds; null where it is none."""
    hours, minutes, seconds = (
        pl.col("text").str.extract(_TIME, group).cast(pl.Float64, strict=False) for group in (1, 2, 3)
    )
    return ((hours.fill_null(0) * 60 + minutes) * 60 + seconds) * 1_000


def _unit(number: pl.Series) -> str | None:
    """What numbers are in, by their median; None without a positive one."""
    median = number.filter(number > 0).median()
    if median is None:
        return None
    for unit, factor in ((MILLISECONDS, 1), (SECONDS, 1_000)):
        if SHORTEST_MS <= float(median) * factor <= LONGEST_MS:  # type: ignore[arg-type]
            return unit
    return UNKNOWN
