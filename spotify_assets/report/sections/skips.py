"""How playbacks end, and what is skipped most."""

from spotify_assets.charts import personal as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.report.language import count, percent, say
from spotify_assets.report.parts import SHOWN, Chapter, Picture, Section, TextTable, one_line, section_of
from spotify_assets.report.words import no_music, unknown_of


def tell(figures: PersonalFigures) -> Section:
    """The ways to end as parts of one whole, and the artists that are skipped most."""
    section = section_of("skips")
    if not figures.totals()["plays"]:
        section.nothing = no_music()
        return section
    section.pictures = [Picture("skips", say("Share of plays"), figures["skips"], charts.endings)]
    endings = figures.of_period("skips")
    rows = [
        (say(ending), count(plays), percent(share))
        for ending, plays, share in endings.select("ending", "plays", "share").iter_rows()
    ]
    columns = [say(name) for name in ("Ending", "Plays", "Share")]
    section.tables = [TextTable("skips", say("Numbers"), columns, rows, data=endings, folded=True)]
    unknown = unknown_of(figures)
    section.remarks = [unknown] if unknown else []
    most = figures["skipped_artists"]
    if most.height:
        skipped = [
            (one_line(name), count(plays), count(skips), percent(rate))
            for name, plays, skips, rate in most.head(SHOWN)
            .select("artist_name", "plays", "skips", "skip_rate")
            .iter_rows()
        ]
        title = next(one.title for one in FIGURES if one.name == "skipped_artists")
        columns = [say(name) for name in ("Artist", "Plays", "Skips", "Skip rate")]
        data = most.drop("artist_id")
        section.tables.append(TextTable("skipped_artists", say(title), columns, skipped, data=data))
    return section


CHAPTER = Chapter(tell)
