"""The file of exclusion rules, `<data>/exclusions.toml`, which people may edit by hand.

    [[exclude]]
    user = "me"                 # whose listening; all listeners without it
    artist = "White Noise Baby" # what: track, artist, device, incognito, from and until
    from = 2025-01-01
    until = 2025-01-31          # a date is included, a moment is not

A row is excluded where every line of a rule matches it. What rules mean: `transforms.exclusions`.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path

from spotify_assets.lake.hand_written import append_table, read_tables, remove_tables
from spotify_assets.transforms.exclusions import Exclusion

_TABLE = "exclude"
_KEYS = {"user_id": "user", "since": "from", "until": "until"}
"""Names in the file that differ from those of `Exclusion`."""
_NAMES = {_KEYS.get(each.name, each.name): each.name for each in fields(Exclusion)}


def read_exclusions(path: Path) -> list[Exclusion]:
    """The rules of the file in their order; none where there is no file.

    Raises:
        ValueError: the file is no TOML, or a rule is none; the message names the file and the rule.
    """
    rules = read_tables(path, _TABLE)
    return [_rule(rule, f"{path}, rule {number}") for number, rule in enumerate(rules, start=1)]


def add_exclusion(path: Path, exclusion: Exclusion) -> int:
    """Append a rule to the file, which keeps its comments; returns the rule's number."""
    rules = len(read_exclusions(path))
    values = {key: getattr(exclusion, name) for key, name in _NAMES.items()}
    append_table(path, _TABLE, {key: value for key, value in values.items() if value not in (None, False)})
    return rules + 1


def remove_exclusions(path: Path, numbers: set[int]) -> None:
    """Remove rules by their numbers, from 1.

    Raises:
        ValueError: there is no such rule.
    """
    known = len(read_exclusions(path))
    if missing := sorted(number for number in numbers if not 1 <= number <= known):
        raise ValueError(f"{path} has no rule {missing[0]}: there are {known}")
    remove_tables(path, _TABLE, numbers)


def forget_exclusions(path: Path, user_id: str) -> int:
    """Remove the rules about a listener; returns how many there were."""
    numbers = {n for n, rule in enumerate(read_exclusions(path), start=1) if rule.user_id == user_id}
    if numbers:
        remove_exclusions(path, numbers)
    return len(numbers)


def _rule(rule: object, where: str) -> Exclusion:
    if not isinstance(rule, Mapping):
        raise ValueError(f"{where}: it is no table")
    unknown = rule.keys() - _NAMES.keys()
    if unknown:
        raise ValueError(f"{where}: it has {', '.join(sorted(unknown))}; a rule knows {', '.join(_NAMES)}")
    kinds = {"incognito": bool, "from": date, "until": date}
    for key, value in rule.items():
        if not isinstance(value, kinds.get(key, str)):
            raise ValueError(f"{where}: {key} = {value!r} is no {kinds.get(key, str).__name__}")
    try:
        return Exclusion(**{_NAMES[key]: value for key, value in rule.items()})
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
