"""Devices, countries, and stays in countries."""

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, hours, percent, say
from spotify_assets.report.parts import SHOWN, Chapter, Section, TextTable, empty_section, one_line

WHEREABOUTS = personal_figure(
    "whereabouts",
    "Devices and countries",
    "one row per device and country of the period",
    "devices and countries",
)
STAYS = personal_figure("stays", "Stays", "one row per stretch of dates in one country", "stays")
_CAPTIONS = {"device": "Devices", "country": "Countries"}


def tell(figures: PersonalFigures) -> Section:
    """What was listened on and where, and the journeys from country to country."""
    section = empty_section(WHEREABOUTS)
    found = figures["whereabouts"]
    if found.is_empty():
        section.nothing = say("neither device nor country is known")
        return section
    for kind, caption in _CAPTIONS.items():
        rows = [
            (
                say(row["name"]) if kind == "device" else one_line(row["name"]),
                hours(row["minutes"]),
                percent(row["minutes_share"]),
                count(row["days"]),
                day(row["first_date"]),
                day(row["last_date"]),
            )
            for row in found.filter(pl.col("kind") == kind).head(SHOWN).iter_rows(named=True)
        ]
        if rows:
            names = (
                "Device" if kind == "device" else "Country",
                "Hours played",
                "Share",
                "Days",
                "First",
                "Last",
            )
            columns = [say(name) for name in names]
            data = found.filter(pl.col("kind") == kind)
            section.tables.append(
                TextTable(caption.lower(), say(caption), columns, rows, minor=(3, 4), data=data)
            )
    if figures["stays"]["country"].n_unique() > 1:
        section.tables.append(_stays(figures["stays"]))
    return section


def _stays(stays: pl.DataFrame) -> TextTable:
    rows = [
        (
            one_line(row["country_name"]),
            day(row["first_date"]),
            day(row["last_date"]),
            count(row["days"]),
            one_line(row["artist_name"]),
        )
        for row in stays.sort("first_date", descending=True).head(SHOWN).iter_rows(named=True)
    ]
    columns = [say(name) for name in ("Country", "From", "To", "Days with listening", "Heard most")]
    caption = say("From country to country, the newest first")
    return TextTable("stays", caption, columns, rows, words=(0, 4), minor=(2,), names=(4,), data=stays)


CHAPTER = Chapter(tell, (WHEREABOUTS, STAYS))
