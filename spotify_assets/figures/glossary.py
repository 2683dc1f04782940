"""What the numbers mean, in the words of docs/definitions.md and docs/metrics.md."""

from functools import cache

from spotify_assets.settings import PROJECT_FILES

FILES = ("docs/definitions.md", "docs/metrics.md")
"""Where terms are defined, in the first two columns of tables; the first file that has a term counts."""


def definition(term: str) -> str:
    """What a term means, as Markdown.

    Raises:
        KeyError: neither file defines it; the message lists the terms that they do.
    """
    known = _terms()
    if term not in known:
        raise KeyError(f"{term!r} is defined nowhere; there are {', '.join(sorted(known))}")
    return known[term]


@cache
def _terms() -> dict[str, str]:
    """Definitions by term; a row "DAU, WAU, MAU" defines the three as well."""
    found: dict[str, str] = {}
    for name in FILES:
        for line in (PROJECT_FILES / name).read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            if not line.startswith("| ") or len(cells) < 2:
                continue
            term = cells[0].split(" (`")[0]
            for one in (term, *term.split(", ")):
                found.setdefault(one, cells[1])
    return found
