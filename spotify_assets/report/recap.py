"""Writing a recap: the page, every number of it as Parquet and CSV, and a picture of its graphs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from spotify_assets.figures.opening import compared_by_default
from spotify_assets.figures.personal import (
    PersonalFigures,
    figures_beside,
    find_listener,
    last_full,
    nothing_known,
)
from spotify_assets.figures.said import said_period
from spotify_assets.figures.view import Period
from spotify_assets.report.agreement import Agreement
from spotify_assets.report.language import ENGLISH, language_of, speaking
from spotify_assets.report.page import rendered
from spotify_assets.report.playlists import playlists
from spotify_assets.report.sections import ALL_FIGURES, figures_of
from spotify_assets.report.words import headline, in_words
from spotify_assets.warehouse.connection import OUTDATED_COPY
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import WarehouseMissingError
from spotify_assets.warehouse.spreadsheets import harmless
from spotify_assets.whole_files import replaced

DATA = "_data"
"""What the folder of the numbers adds to the name of the page."""


@dataclass(frozen=True)
class Recap:
    """What was written, and the figures that are in it."""

    page: Path
    picture: Path
    data: Path
    figures: PersonalFigures


@dataclass(frozen=True)
class Asked:
    """What is asked of a listener.

    Attributes:
        user_id: the listener; None where there is only one.
        first: the first day; None is the first that is known.
        last: the last day; None is the last that is known. Without both, the last whole calendar year with
            any listening, else the last such month, else all days.
        said: the days in words, as `figures.said` takes them, instead of both.
        compared: None is the period before, if anything is known of all of it.
        alone: compare with nothing.
        agreed: with whom the listener is shown side by side; the days are those that both agreed to.
    """

    user_id: str | None = None
    first: date | None = None
    last: date | None = None
    said: str | None = None
    compared: Period | None = None
    alone: bool = False
    agreed: Agreement | None = None


def asked_figures(serving: Warehouse, asked: Asked) -> PersonalFigures:
    """The figures of what is asked.

    Raises:
        ValueError: the listener is unknown or has to be chosen, or nothing is known of them in the period.
        WarehouseMissingError: nothing was published yet, or not the marts that are read.
    """
    try:
        with serving.reader() as connection:
            listener = find_listener(connection, asked.user_id)

            def is_empty(period: Period) -> bool:
                return nothing_known(connection, listener.user_id, period)

            chosen = _chosen(asked, listener.known, is_empty)
            if is_empty(chosen):
                raise ValueError(
                    f"nothing is known of {listener.user_id} from {chosen.first} to {chosen.last}: there are "
                    f"playbacks from {listener.known.first} to {listener.known.last}"
                )
            compared = asked.compared
            if compared is None and not asked.alone:
                compared = compared_by_default(listener, chosen)
            other = None
            if asked.agreed:
                beside = asked.agreed.other_than(listener.user_id)
                other = figures_beside(connection, beside, asked.agreed.period)
            return figures_of(connection, listener.user_id, chosen, compared, other)
    except OUTDATED_COPY as error:
        raise WarehouseMissingError(
            f"{serving} lacks what a recap reads ({str(error).splitlines()[0]}): "
            "run spotify-assets materialize"
        ) from error


def recap(
    serving: Warehouse, target: Path, asked: Asked, language: str = ENGLISH, covers: Path | None = None
) -> Recap:
    """Write the recap of a listener to `target`, an `.html` file, with its numbers and picture beside it.

    Args:
        serving: the published copy.
        target: the page; its folder is made where it does not exist.
        asked: whose, and of which days.
        language: of the page.
        covers: a folder of cover art; None where there is none.

    Raises:
        ValueError: as `asked_figures`, or the target is no `.html` file, or nobody knows the language.
        WarehouseMissingError: as `asked_figures`.
    """
    if target.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{target}: a recap is a page, give it a name in .html")
    language_of(language)
    return write(asked_figures(serving, asked), target, language, covers)


def write_pdf(made: Recap, language: str = ENGLISH) -> Path:
    """Write a recap as PDF beside its page; returns its path.

    Raises:
        ModuleNotFoundError: as `paper.paper`.
    """
    from spotify_assets.report.paper import paper  # noqa: PLC0415

    target = made.page.with_suffix(".pdf")
    _replace(target, paper(made.figures, language))
    return target


def _chosen(asked: Asked, known: Period, is_empty: Callable[[Period], bool]) -> Period:
    if asked.agreed:
        return asked.agreed.period
    if asked.said is not None:
        return said_period(asked.said, known, datetime.now(UTC).date())
    if asked.first is None and asked.last is None:
        return last_full(known, is_empty)
    return Period(asked.first or known.first, asked.last or known.last)


def write(
    figures: PersonalFigures, target: Path, language: str = ENGLISH, covers: Path | None = None
) -> Recap:
    """Write figures as page, numbers and picture; each file is replaced in one step."""
    from spotify_assets.charts.poster import poster  # noqa: PLC0415
    from spotify_assets.charts.theme import to_png  # noqa: PLC0415

    data = target.with_name(f"{target.stem}{DATA}")
    picture = target.with_suffix(".png")
    data.mkdir(parents=True, exist_ok=True)
    for name, frame in figures.frames.items():
        _replace(data / f"{name}.parquet", frame)
        _replace(data / f"{name}.csv", frame)
    _replace(data / "figures.csv", _about())
    for name, (m3u8, uris) in playlists(figures).items():
        _replace(data / f"{name}.m3u8", m3u8.encode())
        _replace(data / f"{name}_uris.csv", uris)
    with speaking(language):
        _replace(picture, to_png(poster(headline(figures), in_words(figures), figures.frames)))
    _replace(target, rendered(figures, language, covers).encode())
    return Recap(target, picture, data, figures)


def _about() -> pl.DataFrame:
    """One row per figure: what its rows and numbers are."""
    return pl.DataFrame(
        [(one.name, one.title, one.grain, one.definition) for one in ALL_FIGURES],
        schema=["figure", "title", "grain", "definition"],
        orient="row",
    )


def _replace(path: Path, content: bytes | pl.DataFrame) -> None:
    with replaced(path) as new:
        if isinstance(content, bytes):
            new.write_bytes(content)
        elif path.suffix == ".csv":
            harmless(content).write_csv(new)
        else:
            content.write_parquet(new)
