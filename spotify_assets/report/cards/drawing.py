"""A share card as PNG."""

from collections.abc import Collection

from spotify_assets.charts.theme import Scheme
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.cards.faces import Face, Row, face_of
from spotify_assets.report.language import speaking
from spotify_assets.report.lettering import cut, text, width_of, wrapped
from spotify_assets.report.words import title_of

SHAPES = {"tall": (1080, 1920), "wide": (1200, 630)}
"""Pixels of a card by the name of its shape: for stories, and for links."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_FONT = "'Source Sans 3', 'Noto Sans', 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"
_COLOURS: dict[Scheme, dict[str, str]] = {
    "light": {"paper": "#FFFFFF", "ink": "#1D1F24", "soft": "#5A606B", "bar": "#9CCBE8", "mark": "#D55E00"},
    "dark": {"paper": "#0E1117", "ink": "#F2F2F2", "soft": "#AAB1BD", "bar": "#2F6F9F", "mark": "#E69F00"},
}
_MARGIN = {"tall": 96, "wide": 64}


def card(
    figures: PersonalFigures,
    design: str,
    shape: str = "tall",
    scheme: Scheme = "light",
    *,
    name: str = "",
    without: Collection[str] = (),
    language: str = "en",
) -> bytes | None:
    """A card as PNG; None where the period has nothing of what the design tells.

    Args:
        figures: of the listener and period.
        design: one of `DESIGNS`.
        shape: one of `SHAPES`.
        scheme: light or dark.
        name: what the listener wants to be called on it; by default nothing.
        without: names of artists and tracks that stay off it.
        language: in which it speaks.
    """
    import vl_convert  # noqa: PLC0415

    with speaking(language):
        face = face_of(figures, design, without)
        if face is None:
            return None
        drawn = card_svg(face, title_of(figures.period), shape, scheme, name)
    return bytes(vl_convert.svg_to_png(drawn))


def card_svg(face: Face, period: str, shape: str, scheme: Scheme, name: str = "") -> str:
    """The card as SVG: words above or on the left, the list, bars or cells below or on the right, and at the
    foot whose it is and of when."""
    width, height = SHAPES[shape]
    margin, colours = _MARGIN[shape], _COLOURS[scheme]
    is_tall = shape == "tall"
    room = width - 2 * margin if is_tall else width * 0.46 - margin
    signed, foot = _signed(name, period, (margin, height - margin, room), colours, is_tall=is_tall)
    limit = height * 0.55 if is_tall else foot
    words, end = _words(face, (margin, margin, room, limit), colours, is_tall=is_tall)
    left, top = (margin, end + 80) if is_tall else (width * 0.52, margin)
    box = (left, top, width - margin - left, (foot - 20 if is_tall else height - margin) - top)
    shown = _rows(face.rows, box, colours) + _bars(face, box, colours) + _cells(face, box, colours)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONT}">'
        f'<rect width="{width}" height="{height}" fill="{colours["paper"]}"/>'
        f"{words}{shown}{signed}</svg>"
    )


Box = tuple[float, float, float, float]
"""Left, top, width and height."""


def _signed(
    name: str, period: str, place: tuple[float, float, float], colours: dict[str, str], *, is_tall: bool
) -> tuple[str, float]:
    """Whose it is, on one line, and of when, never cut; and where it begins. `place`: left, bottom, width."""
    left, bottom, room = place
    size = 44.0 if is_tall else 26.0
    lines = ([cut(name, size, room)] if name else []) + wrapped(period, size, room)
    top = bottom - len(lines) * size * 1.4
    said = [
        text(left, bottom - (len(lines) - 1 - number) * size * 1.4 - size * 0.2, line, size, colours["soft"])
        for number, line in enumerate(lines)
    ]
    return "".join(said), top


def _words(face: Face, box: Box, colours: dict[str, str], *, is_tall: bool) -> tuple[str, float]:
    """The words of a card as large as they have room, and where they end; `box`: left, top, width, end."""
    left, top, room, limit = box
    small, medium, large = (44.0, 50.0, 96.0) if is_tall else (26.0, 30.0, 54.0)
    began = top + small + (120 if is_tall else 0)
    kicker = text(left, began, cut(face.kicker, small, room), small, colours["mark"], bold=True)
    said, end = "", limit
    for shrunk in (1.0, 0.85, 0.7, 0.6, 0.5):
        size, y = large * shrunk, began + small * 0.5
        most = max(int((limit - y) / (size * 1.22)), 1) if shrunk == 0.5 else None
        said = kicker
        for line in wrapped(face.headline, size, room, bold=True, most=most):
            y += size * 1.22
            said += text(left, y, line, size, colours["ink"], bold=True)
        y += medium * 0.4 if face.lines else 0
        for sentence in face.lines:
            for line in wrapped(sentence, medium, room, most=2):
                y += medium * 1.4
                said += text(left, y, line, medium, colours["ink"])
        end = y
        if end <= limit:
            break
    return said, end


def _rows(rows: list[Row], box: Box, colours: dict[str, str]) -> str:
    """Names with their rank, of whom they are below, and what they have on the right, each over its bar."""
    if not rows:
        return ""
    left, top, width, height = box
    step = min(height / len(rows), width * 0.28)
    lines = max(len(row.label.split("\n")) for row in rows)
    size = min(step * (0.27 if lines == 1 else 0.23), width * 0.05)
    drawn = []
    for number, row in enumerate(rows):
        y, is_first = top + number * step + size, number == 0
        # A text of its own: in one with a name that runs from right to left it would change sides.
        drawn.append(text(left, y, str(row.rank), size, colours["soft"]))
        name, *of = row.label.split("\n")
        x = left + size * 1.5
        room = width - size * 2.5 - width_of(row.value, size * 0.85)
        drawn.append(text(x, y, cut(name, size, room, bold=is_first), size, colours["ink"], bold=is_first))
        drawn += [
            text(x, y + size * 1.1, cut(one, size * 0.75, room), size * 0.75, colours["soft"]) for one in of
        ]
        drawn.append(text(left + width, y, row.value, size * 0.85, colours["soft"], anchor="end"))
        under = y + size * (0.5 if lines == 1 else 1.5)
        drawn.append(
            _rect(left, under, width * row.share, step * 0.17, colours["mark" if is_first else "bar"])
        )
    return "".join(drawn)


def _bars(face: Face, box: Box, colours: dict[str, str]) -> str:
    """Bars that stand on the foot of the box, with what the first and the last are of under them."""
    if not face.bars:
        return ""
    left, top, width, height = box
    size = max(width * 0.038, 22)
    bottom = top + height - (size * 1.6 if face.ends else 0)
    height = min(bottom - top, width * 1.1) - size * 1.3
    step = min(width / len(face.bars), width / 6)
    drawn = []
    for number, (share, is_marked) in enumerate(face.bars):
        tall = max(share * height, 3)
        x, y = left + number * step, bottom - tall
        drawn.append(_rect(x, y, step * 0.8, tall, colours["mark" if is_marked else "bar"]))
        if is_marked:
            drawn.append(text(x + step * 0.4, y - 8, "▼", size, colours["mark"], anchor="middle"))
    for x, said, anchor in zip(
        (left, left + step * len(face.bars)), face.ends, ("start", "end"), strict=False
    ):
        drawn.append(text(x, bottom + size * 1.4, said, size, colours["soft"], anchor=anchor))
    return "".join(drawn)


def _cells(face: Face, box: Box, colours: dict[str, str]) -> str:
    """The field of cells as large as fits, a long one folded into bands; names beside and above it."""
    if not face.cells:
        return ""
    left, top, width, height = box
    size = min(width, height) * 0.045
    left, width = (left + size * 3.2, width - size * 3.2) if face.lines_of_cells else (left, width)
    top, height = (top + size * 1.6, height - size * 1.6) if face.columns else (top, height)
    columns = max(column for column, _, _ in face.cells) + 1
    lines = max(row for _, row, _ in face.cells) + 1
    bands = max(range(1, 7), key=lambda number: _cell(columns, lines, number, width, height))
    per_band, cell = -(-columns // bands), _cell(columns, lines, bands, width, height)
    tall = min(height / lines, cell * 1.1) if bands == 1 else cell
    wide = min(width / columns, cell * 4) if bands == 1 else cell
    folds = range(bands)
    drawn = [
        _rect(
            left + (column % per_band) * wide,
            top + ((column // per_band) * (lines + 1) + row) * tall,
            wide * 0.9,
            tall * 0.9,
            colour,
        )
        for column, row, colour in face.cells
    ]
    soft, small = colours["soft"], size if bands == 1 else min(size, tall * 0.85)
    drawn += [
        text(
            left + (column % per_band) * wide + (wide * 0.45 if bands == 1 else 0),
            top + (column // per_band) * (lines + 1) * tall - small * 0.35,
            name,
            small,
            soft,
            anchor="middle" if bands == 1 else "start",
        )
        for column, name in face.columns.items()
    ]
    drawn += [
        text(
            left - size * 0.4,
            top + (fold * (lines + 1) + row + 0.45) * tall + small * 0.35,
            name,
            small,
            soft,
            anchor="end",
        )
        for fold in folds
        for row, name in face.lines_of_cells.items()
    ]
    return "".join(drawn)


def _cell(columns: int, lines: int, bands: int, width: float, height: float) -> float:
    """How large cells can be in so many bands."""
    return min(width / -(-columns // bands), height / (bands * (lines + 1)))


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    radius = min(width, height, 12) / 4
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}" '
        f'fill="{colour}"/>'
    )
