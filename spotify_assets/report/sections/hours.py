"""The week by hour."""

from spotify_assets.charts import personal as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import WEEKDAYS, decimal, say
from spotify_assets.report.parts import Chapter, Picture, Section, section_of

_WEEK = 7


def tell(figures: PersonalFigures) -> Section:
    """Minutes of each hour of the week, and the hour with most of them."""
    section = section_of("hours")
    if figures.period.days >= _WEEK:
        section.pictures = [
            Picture(
                "hours",
                say("Minutes listened"),
                figures["hours"],
                charts.hours_of_week,
                "minutes_listened",
                ("local_weekday", "local_hour"),
            )
        ]
    rows = figures.of_period("hours").sort("minutes_listened", descending=True)
    most = rows.row(0, named=True)
    if most["minutes_listened"]:
        listener = figures.listener
        section.remarks = [
            say(
                "Most was heard on {weekday}s from {hour}:00: {minutes} minutes. "
                "The clock is that of {zone} ({why}).",
                weekday=say(WEEKDAYS[most["local_weekday"] - 1]),
                hour=str(most["local_hour"]),
                minutes=decimal(most["minutes_listened"], 0),
                zone=listener.time_zone,
                why=_zone_from(listener.time_zone_source),
            )
        ]
    return section


def _zone_from(source: str) -> str:
    if source == "declared":
        return say("which the listener declared")
    if source == "country":
        return say("the main zone of the country of most playbacks")
    return say("the default, because no zone and no country is known")


CHAPTER = Chapter(tell)
