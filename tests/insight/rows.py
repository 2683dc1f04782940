"""Small planted rows of the tables of insight, for pages and queries that read them."""

from datetime import datetime

import polars as pl

from spotify_assets.tables import RUN_COSTS, UNUSUAL_LISTENING, WEATHER_EFFECTS


def unusual_rows(events: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """A sleep loop of the first listener on the newest day, and a silence of the source, by table."""
    day = events["event_date"].max()
    begin = datetime.combine(day, datetime.min.time())  # type: ignore[arg-type]
    shared = {"event_date": day, "source": "synthetic", "rule_version": "unusual-v1", "started_at": begin}
    rows = [
        shared
        | {"unusual_id": "a1", "kind": "sleep_loop", "sign": "track", "user_id": events["user_id"].min()}
        | {"ended_at": begin.replace(hour=4), "playbacks": 80, "ms_played": 4 * 3_600_000}
        | {"says": "80 playbacks of one track over 4.0 h, untouched: Rain by Noise"},
        shared
        | {"unusual_id": "b2", "kind": "source_gap", "sign": "silence", "ended_at": begin.replace(hour=9)}
        | {"playbacks": 0, "ms_played": 0, "says": "nothing for 9.0 h in which 31 sessions usually begin"},
    ]
    return {UNUSUAL_LISTENING.full_name: pl.DataFrame(rows, schema=UNUSUAL_LISTENING.polars_schema)}


def cost_rows() -> dict[str, pl.DataFrame]:
    """Two runs of two tables and a check, by table."""
    usual = {"wall_seconds": 10.0, "cpu_seconds": 5.0, "peak_memory_bytes": 1_000_000_000, "rows_out": 100}
    rows = [
        usual
        | {"run_id": run, "step": table or "check", "table_name": table, "stored_bytes": 500_000}
        | {"started_at": datetime(2026, 3, day)}  # noqa: DTZ001 - naive UTC
        for day, run in ((1, "a"), (2, "b"))
        for table in ("core.tracks", "raw.raw_events", None)
    ]
    return {RUN_COSTS.full_name: pl.DataFrame(rows, schema=RUN_COSTS.polars_schema)}


def weather_rows(events: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Two answers about the first listener, and one that there is too little for, by table."""
    usual = {"user_id": events["user_id"].min(), "hours": 900, "blocks": 20, "mean": 0.5, "rule_version": "v"}
    given = {"estimate": -0.1, "ci_low": -0.2, "ci_high": -0.05, "p_value": 0.001}
    rows = [
        {"condition": "rain", "measure": "valence", "adjusted_p_value": 0.01, "is_positive": True} | given,
        {"condition": "rain", "measure": "tempo", "adjusted_p_value": 0.7, "is_positive": False} | given,
        {"condition": "season", "measure": "tempo", "is_positive": False},
    ]
    made = [usual | {"compares": "one less the other"} | row for row in rows]
    return {WEATHER_EFFECTS.full_name: pl.DataFrame(made, schema=WEATHER_EFFECTS.polars_schema)}
