"""A recap as PDF: the sections of the page on sheets of A4, drawn without a browser.

Each sheet is an SVG that becomes a page of the file, so that its letters are text in the faces of the machine
and a chart is the drawing that the page has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import say, speaking
from spotify_assets.report.lettering import cut, text, width_of, wrapped
from spotify_assets.report.parts import Picture, Section, TextTable, without_data
from spotify_assets.report.sections import parts, story_of
from spotify_assets.report.svg import drawn_at, picture_svg
from spotify_assets.report.words import headline, in_words, tiles

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 48
"""A sheet of A4 in points."""
_ROOM = _WIDTH - 2 * _MARGIN
_INK, _SOFT, _LINE, _BAR = "#1D1F24", "#5A606B", "#D9DCE1", "#CCE3F0"
_FONT = "'Source Sans 3', 'Noto Sans', 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"
_DRAWN = 720
"""Width in pixels at which charts are drawn; they are made smaller to fit the sheet."""


@dataclass(frozen=True)
class Block:
    """Something that is not broken between sheets: its height, its SVG at the top of the sheet, and whether
    what follows has to stand on the same sheet."""

    height: float
    drawn: str
    keeps_next: bool = False


def paper(figures: PersonalFigures, language: str = "en") -> bytes:
    """The recap as PDF.

    Raises:
        ModuleNotFoundError: the library that joins the sheets is not installed.
    """
    import vl_convert  # noqa: PLC0415
    from pypdf import PdfWriter  # noqa: PLC0415

    writer = PdfWriter()
    with speaking(language):
        title = headline(figures)
        for sheet in _sheets(list(_blocks(figures)), title):
            writer.append(BytesIO(vl_convert.svg_to_pdf(sheet)))
    writer.add_metadata({"/Title": title})
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _sheets(blocks: list[Block], title: str) -> Iterator[str]:
    """The blocks on as many sheets as they need, each with its number."""
    sheet: list[str] = []
    y, number = float(_MARGIN), 1
    for at, block in enumerate(blocks):
        needed = block.height + (blocks[at + 1].height if block.keeps_next and at + 1 < len(blocks) else 0)
        if sheet and y + needed > _HEIGHT - _MARGIN:
            yield _sheet(sheet, title, number)
            sheet, y, number = [], float(_MARGIN), number + 1
        sheet.append(f'<g transform="translate({_MARGIN} {y:.1f})">{block.drawn}</g>')
        y += block.height
    yield _sheet(sheet, title, number)


def _sheet(drawn: list[str], title: str, number: int) -> str:
    foot = text(_MARGIN, _HEIGHT - 24, cut(title, 8, _ROOM - 40), 8, _SOFT)
    foot += text(_WIDTH - _MARGIN, _HEIGHT - 24, str(number), 8, _SOFT, anchor="end")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="{_FONT}" color="{_INK}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#FFFFFF"/>{"".join(drawn)}{foot}</svg>'
    )


def _blocks(figures: PersonalFigures) -> Iterator[Block]:
    yield from _lines(headline(figures), 22, bold=True)
    story = story_of(figures)
    yield from _lines(story.lead or "", 15, bold=True)
    yield from _body(story)
    for tile in tiles(figures):
        change = f" ({tile.change})" if tile.change else ""
        yield from _lines(f"{tile.value} {tile.label}{change}", 11, bold=True)
    for sentence in in_words(figures):
        yield from _lines(sentence, 10)
    told = parts(figures)
    for part in told:
        shown = [section for section in part.sections if not section.nothing]
        if shown:
            yield _heading(part.title, 17)
        for section in shown:
            yield _heading(section.title, 13)
            yield from _body(section)
    nothing = without_data([section for part in told for section in part.sections])
    if nothing:
        yield _heading(say("Nothing to show"), 13)
    for line in nothing:
        yield from _lines(f"{line}.", 9)


def _body(section: Section) -> Iterator[Block]:
    for remark in section.remarks:
        yield from _lines(remark, 10)
    for picture in section.pictures:
        yield _picture(picture)
    for table in section.tables:
        if not table.folded:
            yield from _table(table)


def _heading(says: str, size: float) -> Block:
    drawn = text(0, size * 1.9, cut(says, size, _ROOM, bold=True), size, _INK, bold=True)
    return Block(size * 2.4, drawn, keeps_next=True)


def _lines(says: str, size: float, *, bold: bool = False) -> Iterator[Block]:
    for line in wrapped(says, size, _ROOM, bold=bold):
        yield Block(size * 1.45, text(0, size * 1.1, line, size, _INK, bold=bold))


def _picture(picture: Picture) -> Block:
    scale = _ROOM / _DRAWN
    placed, height = drawn_at(picture_svg(picture, _DRAWN), scale, _HEIGHT - 2 * _MARGIN - 120)
    caption = text(0, 16, cut(picture.caption, 9, _ROOM, bold=True), 9, _SOFT, bold=True)
    return Block(height + 36, f'{caption}<g transform="translate(0 22)">{placed}</g>')


def _table(table: TextTable) -> Iterator[Block]:
    widths = _widths(table)
    caption = text(0, 16, cut(table.caption, 9, _ROOM, bold=True), 9, _SOFT, bold=True)
    yield Block(22, caption, keeps_next=True)
    yield _row(table, table.columns, widths, bold=True)
    for number, row in enumerate(table.rows):
        bar = table.bars[number] if table.bars else None
        yield _row(table, _joined(row), widths, bar=bar)


def _widths(table: TextTable) -> list[float]:
    """Room for each column, by the widest of its cells; what is left over goes to the words."""
    columns = list(zip(table.columns, *(_joined(row) for row in table.rows), strict=True))
    wanted = [
        min(max(width_of(cell, 8.5, bold=True) for cell in column) + 10, _ROOM / 2) for column in columns
    ]
    over = _ROOM - sum(wanted)
    if over < 0:
        return [width * _ROOM / sum(wanted) for width in wanted]
    grow = table.words or tuple(range(len(wanted)))
    return [width + (over / len(grow) if number in grow else 0) for number, width in enumerate(wanted)]


def _joined(row: Sequence[str]) -> list[str]:
    """The cells of a row, each on one line."""
    return [" · ".join(cell.split("\n")) for cell in row]


def _row(
    table: TextTable,
    cells: Sequence[str],
    widths: list[float],
    *,
    bold: bool = False,
    bar: float | None = None,
) -> Block:
    drawn, x, size, height = [], 0.0, 8.5, 17.0
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        shown = cut(cell, size, width - 6, bold=bold)
        if number in table.words:
            if bar is not None and number == table.words[0]:
                drawn.append(
                    f'<rect x="{x}" y="1" width="{(width - 6) * bar:.1f}" height="14" fill="{_BAR}"/>'
                )
            drawn.append(text(x + 2, 12, shown, size, _SOFT if bold else _INK, bold=bold))
        else:
            ink = _SOFT if bold else _INK
            drawn.append(text(x + width - 6, 12, shown, size, ink, bold=bold, anchor="end"))
        x += width
    drawn.append(f'<rect y="{height - 0.6}" width="{_ROOM}" height="0.6" fill="{_LINE}"/>')
    return Block(height, "".join(drawn), keeps_next=bold)
