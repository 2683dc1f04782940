"""A share card as PNG."""

from spotify_assets.charts.theme import Scheme
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.cards.faces import DESIGNS, Face
from spotify_assets.report.language import speaking
from spotify_assets.report.lettering import cut, text, wrapped
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
    language: str = "en",
) -> bytes | None:
    """A card as PNG; None where the period has nothing of what the design tells.

    Args:
        figures: of the listener and period.
        design: one of `DESIGNS`.
        shape: one of `SHAPES`.
        scheme: light or dark.
        name: what the listener wants to be called on it; by default nothing.
        language: in which it speaks.
    """
    import vl_convert  # noqa: PLC0415

    with speaking(language):
        face = DESIGNS[design](figures)
        if face is None:
            return None
        drawn = card_svg(face, title_of(figures.period), shape, scheme, name)
    return bytes(vl_convert.svg_to_png(drawn))


def card_svg(face: Face, period: str, shape: str, scheme: Scheme, name: str = "") -> str:
    """The card as SVG: words above or on the left, the list, bars or cells below or on the right."""
    width, height = SHAPES[shape]
    margin, colours = _MARGIN[shape], _COLOURS[scheme]
    is_tall = shape == "tall"
    room = width - 2 * margin if is_tall else width * 0.46 - margin
    under = f"{name} · {period}" if name else period
    words, end = _words(face, under, margin, room, colours, is_tall=is_tall)
    left, top = (margin, end + 70) if is_tall else (width * 0.52, margin)
    box = (left, top, width - margin - left, height - margin - top)
    shown = _rows(face, box, colours) + _bars(face, box, colours) + _cells(face, box, colours)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONT}">'
        f'<rect width="{width}" height="{height}" fill="{colours["paper"]}"/>'
        f"{words}{shown}</svg>"
    )


def _words(
    face: Face, under: str, margin: float, room: float, colours: dict[str, str], *, is_tall: bool
) -> tuple[str, float]:
    """The words of a card, and where they end."""
    small, medium, large = (44.0, 50.0, 88.0) if is_tall else (26.0, 28.0, 46.0)
    y = margin + small + (120 if is_tall else 0)
    said = [text(margin, y, cut(face.kicker, small, room), small, colours["mark"], bold=True)]
    most = 7 if is_tall else 5
    size, lines = _fitting(face.headline, large, room, most)
    for line in lines:
        y += size * 1.25
        said.append(text(margin, y, line, size, colours["ink"], bold=True))
    for sentence in face.lines:
        for line in wrapped(sentence, medium, room, most=2):
            y += medium * 1.45
            said.append(text(margin, y, line, medium, colours["ink"]))
    for line in wrapped(under, small, room, most=2):
        y += small * 1.6
        said.append(text(margin, y, line, small, colours["soft"]))
    return "".join(said), y


def _fitting(headline: str, largest: float, room: float, most: int) -> tuple[float, list[str]]:
    """The largest size of a headline that needs no more lines than there may be, and the lines."""
    for size in (largest, largest * 0.8, largest * 0.65):
        lines = wrapped(headline, size, room, bold=True)
        if len(lines) <= most:
            return size, lines
    return size, wrapped(headline, size, room, bold=True, most=most + 2)


Box = tuple[float, float, float, float]
"""Left, top, width and height."""


def _rows(face: Face, box: Box, colours: dict[str, str]) -> str:
    if not face.rows:
        return ""
    left, top, width, height = box
    step = min(height / len(face.rows), width * 0.22)
    size = step * 0.28
    drawn = []
    for number, (label, value, share) in enumerate(face.rows):
        y = top + number * step
        name = cut(f"{number + 1}  {label}", size, width * 0.66)
        drawn.append(text(left, y + size, name, size, colours["ink"], bold=number == 0))
        drawn.append(text(left + width, y + size, value, size * 0.85, colours["soft"], anchor="end"))
        drawn.append(
            _rect(left, y + size * 1.5, width * share, step * 0.2, colours["mark" if number == 0 else "bar"])
        )
    return "".join(drawn)


def _bars(face: Face, box: Box, colours: dict[str, str]) -> str:
    if not face.bars:
        return ""
    left, top, width, height = box
    height = min(height, width * 0.9)
    step = min(width / len(face.bars), width / 6)
    drawn = []
    for number, (share, is_marked) in enumerate(face.bars):
        tall = max(share * (height - 30), 3)
        x, y = left + number * step, top + height - tall
        drawn.append(_rect(x, y, step * 0.8, tall, colours["mark" if is_marked else "bar"]))
        if is_marked:
            drawn.append(text(x + step * 0.4, y - 8, "▼", 22, colours["mark"], anchor="middle"))
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
    soft = colours["soft"]
    drawn += [
        text(left + (column + 0.45) * wide, top - size * 0.5, name, size, soft, anchor="middle")
        for column, name in face.columns.items()
    ]
    drawn += [
        text(left - size * 0.4, top + row * tall + size, name, size, soft, anchor="end")
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
