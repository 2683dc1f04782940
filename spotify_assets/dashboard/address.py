"""Filters as the query parameters of a URL, so that a view can be shared, and back, whatever they hold.

`from` and `to` are days, `compare` is `before`, `year`, `none` or a period such as `2025-01-01..2025-01-31`;
`user`, `genre`, `artist`, `country` and `device` are values. What is at its default is not in the URL.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from spotify_assets.figures.view import Choices, Filters, Period, period_of

Comparison = Literal["before", "year", "none"]
DEFAULT_COMPARISON: Comparison = "before"

VALUES = {
    "user": "user_id",
    "genre": "genre",
    "artist": "artist_id",
    "country": "country",
    "device": "device",
}
"""Names in the URL of the filters beside the periods."""
NAMES = ("from", "to", "compare", *VALUES)
"""All names of filters in the URL; pages have further ones of their own."""


def compared_with(text: str, period: Period) -> Period | None:
    """The period that `compare` stands for.

    Raises:
        ValueError: it is neither one of the words nor a period.
    """
    if text == "none":
        return None
    if text == "before":
        return period.before()
    return period.a_year_before() if text == "year" else period_of(text)


def read(
    parameters: Mapping[str, str], known: Period, choices: Choices, default: Period | None = None
) -> tuple[Filters, list[str]]:
    """The filters that a URL asks for, and a sentence about each parameter that could not be followed.

    A compared period that begins before the data is none: half of a period is no fair comparison.

    Args:
        parameters: of the URL, by name; those that are no filters are left alone.
        known: the days that there is listening of.
        choices: the values that there are.
        default: the period where the URL names none; by default that of the known days.
    """
    complaints: list[str] = []
    period = _period(parameters, default or known.default(), known, complaints)
    comparison = parameters.get("compare", DEFAULT_COMPARISON)
    try:
        compared = compared_with(comparison, period)
    except (ValueError, OverflowError):
        complaints.append(
            f"The address says compare={comparison}, which is none of before, year, none or a period like "
            "2025-01-01..2025-01-31. The period before is compared."
        )
        compared = period.before()
    if compared and compared.first < known.first:
        compared = None
    values: dict[str, str] = {}
    for name, field in VALUES.items():
        value = parameters.get(name)
        if value is None:
            continue
        if value in getattr(choices, field):
            values[field] = value
        else:
            complaints.append(
                f"The address says {name}={value}, which nobody has heard of here. It is left out."
            )
    return Filters(period, compared, **values), complaints


def _period(parameters: Mapping[str, str], default: Period, known: Period, complaints: list[str]) -> Period:
    days = {"from": default.first, "to": default.last}
    for name, shown in tuple(days.items()):
        text = parameters.get(name)
        if text is None:
            continue
        try:
            days[name] = date.fromisoformat(text)
        except ValueError:
            complaints.append(
                f"The address says {name}={text}, which is no day like 2025-01-31. {shown} is shown."
            )
    first, last = days["from"], days["to"]
    if "to" in parameters and "from" not in parameters:
        first = min(first, last)
    if last < first:
        complaints.append(f"The address asks for {first} to {last}, which ends before it begins.")
        return default
    asked = Period(first, last)
    if asked.last < known.first or known.last < asked.first:
        complaints.append(f"There is no listening from {asked.first} to {asked.last}, only {_said(known)}.")
        return default
    return Period(max(first, known.first), min(last, known.last))


def _said(period: Period) -> str:
    return f"from {period.first} to {period.last}"


def written(
    filters: Filters, comparison: str, known: Period, default: Period | None = None
) -> dict[str, str]:
    """The parameters that say the filters, without those at their default.

    Args:
        filters: the view.
        comparison: a `Comparison`, or the compared period itself.
        known: the days that there is listening of.
        default: the period that is not written; by default that of the known days.
    """
    parameters = {}
    if filters.period != (default or known.default()):
        parameters = {"from": str(filters.period.first), "to": str(filters.period.last)}
    if comparison != DEFAULT_COMPARISON:
        parameters["compare"] = comparison
    chosen = filters.chosen
    return parameters | {name: chosen[field] for name, field in VALUES.items() if field in chosen}
