"""Share cards as files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from spotify_assets.charts.theme import Scheme
from spotify_assets.report.cards.drawing import SCHEMES, SHAPES, card
from spotify_assets.report.cards.faces import DESIGNS
from spotify_assets.report.language import language_of
from spotify_assets.report.recap import Asked, asked_figures
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.whole_files import replaced


@dataclass(frozen=True)
class Cards:
    """The files that were written, and a line for each design that the period has nothing of."""

    written: list[Path]
    left_out: list[str]


def write_cards(
    serving: Warehouse,
    folder: Path,
    asked: Asked,
    chosen: tuple[Sequence[str] | None, Sequence[str] | None, str] = (None, None, "light"),
    *,
    name: str = "",
    without: Collection[str] = (),
    language: str = "en",
) -> Cards:
    """Draw cards into a folder, as `<design>-<shape>-<theme>.png`.

    Args:
        serving: the published copy.
        folder: is made where it does not exist.
        asked: whose, and of which days.
        chosen: designs, shapes and the theme; None is every one of them.
        name: what the listener is called on them; empty is nothing.
        without: names of artists and tracks that stay off them.
        language: in which they speak.

    Raises:
        ValueError: as `asked_figures`, or there is no such design, shape, theme or language.
        WarehouseMissingError: as `asked_figures`.
    """
    designs, shapes, theme = chosen
    wanted = _known("design", designs, DESIGNS)
    sizes = _known("shape", shapes, SHAPES)
    [scheme] = _known("theme", [theme], SCHEMES)
    language_of(language)
    figures = asked_figures(serving, asked)
    folder.mkdir(parents=True, exist_ok=True)
    made = Cards([], [])
    for design in wanted:
        for shape in sizes:
            drawn = card(
                figures,
                design,
                shape,
                cast("Scheme", scheme),
                name=name,
                without=without,
                language=language,
            )
            if drawn is None:
                hidden = f" without {', '.join(without)}" if without else ""
                made.left_out.append(f"no card {design}: {figures.period} has nothing of it{hidden}")
                break
            path = folder / f"{design}-{shape}-{scheme}.png"
            with replaced(path) as new:
                new.write_bytes(drawn)
            made.written.append(path)
    return made


def _known(what: str, asked: Sequence[str] | None, there_are: Collection[str]) -> list[str]:
    """What is asked for of what there is; all of it where nothing is."""
    chosen = list(dict.fromkeys(asked or there_are))
    for one in chosen:
        if one not in there_are:
            raise ValueError(f"there is no {what} {one!r}; there are {', '.join(there_are)}")
    return chosen
