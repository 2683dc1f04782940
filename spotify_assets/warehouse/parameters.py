"""What a query may be told: of which type, in which range, and of whom or what there is any listening.

A value that can have no answer is refused in words, so that an empty answer always means that there is none.
Here belongs: judging what a person wrote. Not here: the queries (`queries`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from spotify_assets.warehouse.errors import no_such

Value = int | float | str
Ask = Callable[[str, Sequence[object]], list[tuple[Any, ...]]]
"""Answers SQL, whose parameters are `$1` and `$2`, by its rows."""

LEAST, MOST = 1, 1_000_000
"""Range of whole numbers: days, weeks, rows, plays."""
_WORDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "by": ("recording", "id"),
        "period": ("week", "month"),
        "dimension": ("position", "hour", "device", "shuffle", "reason_start"),
    }
)
"""Parameters that are one word of a list."""
_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "listener": ("listener", "select distinct user_id from marts.dim_user order by 1"),
        "artist": ("artist", "select distinct primary_artist_name from marts.dim_track order by 1"),
        "album": ("album", "select distinct album_name from marts.dim_track order by 1"),
        "track": ("track", "select distinct track_name from marts.dim_track order by 1"),
        "zone": ("time zone", "select distinct time_zone from marts.daily_hour_metrics order by 1"),
    }
)
"""Parameters that are a name or a pattern of names: what it is, and the names that there are."""
ANY = "%"
"""Stands for any text in a name."""
EXACTLY = "="
"""What a name begins with that is meant to the letter, in SQL."""


@dataclass(frozen=True)
class Parameter:
    """What a query may be told: its name, its default, which gives its type, and its meaning."""

    name: str
    default: Value
    meaning: str

    def value_of(self, text: str) -> Value:
        """The value that a person wrote.

        Raises:
            ValueError: it is not of the parameter's type, out of range, or no word of its list.
        """
        if isinstance(self.default, str):
            return self._word(text)
        whole = isinstance(self.default, int)
        kind = (
            f"a whole number from {LEAST:,} to {MOST:,}" if whole else f"a number above 0, at most {MOST:,}"
        )
        try:
            value = type(self.default)(text)
            if not (LEAST if whole else 0) <= value <= MOST or value == 0:  # so is what is no number, nan
                raise ValueError("out of range")
        except ValueError:
            raise ValueError(f"{self.name}={text}: {self.name} ({self.meaning}) is {kind}") from None
        return value

    def _word(self, text: str) -> str:
        words = _WORDS.get(self.name)
        if words is None:
            return text
        if text.casefold() not in words:
            raise ValueError(f"{self.name}={text}: {self.name} is one of {', '.join(words)}")
        return text.casefold()


def meant(ask: Ask, name: str, text: str) -> str:
    """What is bound for a name that a person wrote: to the letter where there is that very name, whatever
    signs are in it, else the pattern. `ask` answers SQL with its parameters, from where the query is asked.

    Raises:
        ValueError: no name is like it; the message names the nearest.
        whatever `ask` does where the names are not published.
    """
    if name not in _NAMES or text == ANY:
        return text
    what, names = _NAMES[name]
    pattern = text.replace("!", "!!").replace("_", "!_")
    [(exact, alike)] = ask(
        "select count(*) filter (where name = $1), count(*) filter (where name ilike $2 escape '!') "
        f"from ({names}) as names(name)",
        [text, pattern],
    )
    if exact:
        return EXACTLY + text
    if alike:
        return text
    known = [known for (known,) in ask(names, []) if known is not None]
    raise no_such(what, text, known, asked=f"{name}={text}")
