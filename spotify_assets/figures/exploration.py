"""What is odd about the listening: gaps, bursts, overlaps, unknown tracks, flags that disagree.

The questions are SQL files in `dbt_project/analyses/`, so that the command line, the notebook and any DuckDB
shell ask the same ones; here belongs only which of them explore quality, and how Python asks them.
"""

import polars as pl

from spotify_assets.settings import Settings
from spotify_assets.warehouse.door import published_copy
from spotify_assets.warehouse.parameters import Value
from spotify_assets.warehouse.queries import find_query, read_queries, run_query

EXPLORATIONS = (
    "listening_gaps",
    "listening_bursts",
    "overlapping_playbacks",
    "unknown_tracks",
    "skip_flag_disagreement",
)
"""Names of the questions, in the order in which the notebook asks them."""


def explore(settings: Settings, name: str, **parameters: Value) -> pl.DataFrame:
    """The answer to one of the questions, from the published copy.

    Raises:
        ValueError: there is no such question, or it has no such parameter.
        WarehouseMissingError: nothing was published yet, or not the tables that the question reads.
    """
    if name not in EXPLORATIONS:
        raise ValueError(f"{name} explores nothing: choose one of {', '.join(EXPLORATIONS)}")
    query = find_query(read_queries(settings.dbt_project_dir / "analyses"), name)
    return run_query(published_copy(settings), query, {key: str(value) for key, value in parameters.items()})
