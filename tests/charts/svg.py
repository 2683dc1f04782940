"""Charts as text, in which tests look for words and marks."""

from typing import Any

import vl_convert

from spotify_assets.charts.theme import Scheme, to_vega_lite


def to_svg(chart: Any, scheme: Scheme = "light") -> str:
    """A chart as SVG text."""
    return str(vl_convert.vegalite_to_svg(to_vega_lite(chart, scheme)))
