"""dbt's exposures, `_exposures.yml`: what people use, and the models that it reads."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spotify_assets.docs.reads import DBT_PROJECT, models_read_by
from spotify_assets.docs.sources import as_yaml

EXPOSURES_FILE = DBT_PROJECT / "models" / "_exposures.yml"
_REF = re.compile(r"ref\('(\w+)'\)")


@dataclass(frozen=True)
class Exposure:
    """Something that people use: how dbt calls it, and how to find out which models it reads."""

    name: str
    label: str
    type: str
    maturity: str
    description: str
    reads: Callable[[], set[str]]


def _models_of_queries() -> set[str]:
    files = (DBT_PROJECT / "analyses").glob("*.sql")
    return {model for path in files for model in _REF.findall(path.read_text(encoding="utf-8"))}


EXPOSURES = (
    Exposure(
        "dashboard",
        "Listening dashboard",
        "dashboard",
        "medium",
        "The Streamlit pages, which read the published copy.",
        lambda: models_read_by("spotify_assets.dashboard"),
    ),
    Exposure(
        "recap",
        "Listening recap",
        "application",
        "medium",
        "The offline HTML page about one listener and a range of days, and its tables as files.",
        lambda: models_read_by("spotify_assets.report"),
    ),
    Exposure(
        "queries",
        "Ready-made queries",
        "analysis",
        "high",
        "The SQL files in `analyses/`, run by `spotify-assets query`.",
        _models_of_queries,
    ),
)


def exposures_yaml() -> str:
    """The file, as YAML."""
    head = ["# Written by `make docs` from what the code reads.", "version: 2", "", "exposures:"]
    return "\n".join([*head, *(line for exposure in EXPOSURES for line in _lines(exposure))]) + "\n"


def _lines(exposure: Exposure) -> Iterator[str]:
    yield f"  - name: {exposure.name}"
    for key in ("label", "type", "maturity", "description"):
        yield f"    {key}: {as_yaml(getattr(exposure, key))}"
    yield from ("    owner:", "      name: data", "      email: data@example.com", "    depends_on:")
    for model in sorted(exposure.reads()):
        yield f"      - ref('{model}')"
