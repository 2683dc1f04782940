"""Drawings as they were approved: the texts of each, and where its ink lies in a coarse grid without them.

A text may move and may not vanish; marks may shift by as much as the grid forgives. Where a change is meant,
`APPROVE=1 python -m pytest tests/e2e/test_look.py -k approved` writes the files of `approved/` anew: look at
their difference before it is committed.
"""

import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

FOLDER = Path(__file__).with_name("approved")
COLUMNS, ROWS = 24, 8
"""Cells of the grid of a drawing."""
FORGIVEN = 1.0
"""Mean difference of the cells of two grids, of 15, that is none."""
_WITHOUT_TEXT = "svg text { visibility: hidden !important } * { animation: none !important }"

Drawn = dict[str, dict[str, Any]]


def drawings(page: Any) -> Drawn:
    """Every visible drawing of a page, by its caption: its texts, and a line of hexadecimal digits a row."""
    figures = page.locator("figure:visible").all()
    texts = [
        sorted(one.strip() for one in figure.locator("svg:visible text").all_text_contents() if one.strip())
        for figure in figures
    ]
    page.add_style_tag(content=_WITHOUT_TEXT)
    return {
        figure.locator("figcaption").inner_text(): {
            "texts": said,
            "ink": _grid(figure.locator("svg:visible").first.screenshot()),
        }
        for figure, said in zip(figures, texts, strict=True)
    }


def _grid(png: bytes) -> list[str]:
    """How dark each cell of a picture is, from 0 (paper) to f."""
    small = Image.open(BytesIO(png)).convert("L").resize((COLUMNS, ROWS), Image.Resampling.BOX)
    cells = [f"{(255 - value) // 16:x}" for value in small.tobytes()]
    return ["".join(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)]


def differences(name: str, found: Drawn) -> list[str]:
    """How drawings differ from those approved under a name; approves them instead where that is asked for."""
    path = FOLDER / f"{name}.json"
    if os.environ.get("APPROVE"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    approved: Drawn = json.loads(path.read_text(encoding="utf-8"))
    says = [f"{caption}: not there any more" for caption in approved.keys() - found.keys()]
    for caption, drawing in found.items():
        if caption not in approved:
            says.append(f"{caption}: not approved yet")
            continue
        gone = [text for text in approved[caption]["texts"] if text not in drawing["texts"]]
        says += [f"{caption}: {text} vanished" for text in gone]
        if (far := _distance(approved[caption]["ink"], drawing["ink"])) > FORGIVEN:
            says.append(f"{caption}: its marks lie elsewhere ({far:.1f} of 15 on average)")
    return says


def _distance(one: list[str], other: list[str]) -> float:
    cells = list(zip("".join(one), "".join(other), strict=True))
    return sum(abs(int(a, 16) - int(b, 16)) for a, b in cells) / len(cells)
