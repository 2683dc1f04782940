"""Writing a recap: the page, every number of it as Parquet and CSV, and a picture of its graphs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from spotify_assets.figures.opening import compared_by_default
from spotify_assets.figures.personal import (
    PersonalFigures,
    find_listener,
    last_full,
    nothing_known,
)
from spotify_assets.figures.view import Period
from spotify_assets.report.page import rendered
from spotify_assets.report.sections import ALL_FIGURES, figures_of
from spotify_assets.report.words import in_words, title_of
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


def recap(
    serving: Warehouse,
    target: Path,
    user_id: str | None = None,
    days: tuple[date | None, date | None] = (None, None),
    compared: Period | None = None,
    *,
    alone: bool = False,
) -> Recap:
    """Write the recap of a listener to `target`, an `.html` file, with its numbers and picture beside it.

    Args:
        serving: the published copy.
        target: the page; its folder is made where it does not exist.
        user_id: the listener; None where there is only one.
        days: the first and last one; one that is None is the first or last that is known. Without both, the
            last whole calendar year with any listening, else the last such month, else all days.
        compared: None is the period before, if anything is known of all of it.
        alone: compare with nothing.

    Raises:
        ValueError: the listener is unknown or has to be chosen, nothing is known of them in the period, or
            the target is no `.html` file.
        WarehouseMissingError: nothing was published yet, or not the marts that are read.
    """
    if target.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{target}: a recap is a page, give it a name in .html")
    try:
        with serving.reader() as connection:
            listener = find_listener(connection, user_id)

            def is_empty(period: Period) -> bool:
                return nothing_known(connection, listener.user_id, period)

            chosen = _chosen(listener.known, *days, is_empty)
            if is_empty(chosen):
                raise ValueError(
                    f"nothing is known of {listener.user_id} from {chosen.first} to {chosen.last}: there are "
                    f"playbacks from {listener.known.first} to {listener.known.last}"
                )
            if compared is None and not alone:
                compared = compared_by_default(listener, chosen)
            figures = figures_of(connection, listener.user_id, chosen, compared)
    except OUTDATED_COPY as error:
        raise WarehouseMissingError(
            f"{serving} lacks what a recap reads ({str(error).splitlines()[0]}): "
            "run spotify-assets materialize"
        ) from error
    return write(figures, target)


def _chosen(
    known: Period, first: date | None, last: date | None, is_empty: Callable[[Period], bool]
) -> Period:
    if first is None and last is None:
        return last_full(known, is_empty)
    return Period(first or known.first, last or known.last)


def write(figures: PersonalFigures, target: Path) -> Recap:
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
    title = f"Listening of {figures.listener.user_id}, {title_of(figures.period)}"
    _replace(picture, to_png(poster(title, in_words(figures), figures.frames)))
    _replace(target, rendered(figures).encode())
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
