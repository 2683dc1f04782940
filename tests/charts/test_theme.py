"""The scale of heat maps: nothing is the lightest colour, and more is always darker."""

from datetime import date

import polars as pl

from spotify_assets.charts.personal import calendar
from spotify_assets.charts.theme import HEAT


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, 0 to 1 (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_nothing_is_the_lightest_and_more_is_darker():
    shades = [luminance(colour) for colour in HEAT]
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) == len(shades)
    near_black = luminance("#0E1117")
    assert (shades[-1] + 0.05) / (near_black + 0.05) >= 3  # what is most stands out on dark paper too


def test_the_calendar_begins_its_scale_at_nothing():
    days = pl.DataFrame(
        {
            "period": ["asked"] * 2,
            "local_date": [date(2025, 1, 1), date(2025, 1, 2)],
            "minutes_listened": [30.0, 60.0],
            "streams": [3, 5],
        }
    )
    scale = calendar(days).to_dict(validate=False)["encoding"]["color"]["scale"]
    assert scale["range"] == list(HEAT)
    assert scale["domainMin"] == 0
