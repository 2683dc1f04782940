"""What listening goes with, what is odd about it, how good recommendations are, and what runs take."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import (
    BLUE,
    GREY,
    PERCENT,
    ROW_HEIGHT,
    VERMILION,
    colours,
    dates_as_text,
    days_axis,
)

if TYPE_CHECKING:
    import altair as alt

ANSWERS = ("less", "no more than chance", "more")
"""What the answers about the weather say."""
_ANSWER_COLOURS = (BLUE, GREY, VERMILION)
_LABEL_LIMIT = 260
_MOST_TABLES = 20


def weather(rows: pl.DataFrame, words: Sequence[str] = ANSWERS) -> "alt.LayerChart":
    """Each answer with its 95 % interval, in halves of that interval, so that measures of any unit compare:
    what does not reach over the line of nothing could be chance.

    Args:
        rows: `condition`, `measure` and `answer` in words, `estimate`, `ci_low`, `ci_high` and
            `adjusted_p_value`.
        words: what the answers are called, in the order of `ANSWERS`.
    """
    import altair as alt  # noqa: PLC0415

    half = (pl.col("ci_high") - pl.col("ci_low")) / 2
    drawn = rows.filter(half > 0).with_columns(
        (pl.col(name) / half).alias(f"{name}_in_halves") for name in ("estimate", "ci_low", "ci_high")
    )
    drawn = drawn.with_columns(question=pl.format("{}: {}", "condition", "measure"))
    given = set(drawn["answer"])
    colour = {word: one for word, one in zip(words, _ANSWER_COLOURS, strict=True) if word in given}
    answers = list(colour)
    scale = alt.Scale(domain=answers, range=list(colour.values()))
    base = alt.Chart(drawn).encode(
        y=alt.Y("question:N", title=None, sort=None, axis=alt.Axis(labelLimit=_LABEL_LIMIT)),
        color=alt.Color("answer:N", title=None, scale=scale, legend=alt.Legend(orient="bottom")),
        tooltip=[
            alt.Tooltip("question:N", title="Question"),
            alt.Tooltip("estimate:Q", title="Difference", format="+.3f"),
            alt.Tooltip("ci_low:Q", title="95 % from", format="+.3f"),
            alt.Tooltip("ci_high:Q", title="95 % to", format="+.3f"),
            alt.Tooltip("adjusted_p_value:Q", title="Adjusted p", format=".3f"),
        ],
    )
    x = alt.X("estimate_in_halves:Q", title="Difference, in halves of its 95 % interval")
    shape = alt.Shape("answer:N", scale=alt.Scale(domain=answers), legend=None)
    layers = [
        alt.Chart(pl.DataFrame({"x": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=alt.X("x:Q")),
        base.mark_rule(strokeWidth=2.5).encode(
            x=alt.X("ci_low_in_halves:Q"), x2=alt.X2("ci_high_in_halves:Q")
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(x=x, shape=shape),
    ]
    return cast("alt.LayerChart", alt.layer(*layers).properties(height=ROW_HEIGHT * drawn.height))


def unusual(rows: pl.DataFrame) -> "alt.Chart":
    """Hours of unusual listening by day, a colour for each kind.

    Args:
        rows: `kind` in words, `event_date`, `playbacks` and `minutes`.
    """
    import altair as alt  # noqa: PLC0415

    drawn = dates_as_text(rows.with_columns(hours=pl.col("minutes") / 60))
    kinds = drawn["kind"].unique().sort().to_list()
    return cast(
        "alt.Chart",
        alt.Chart(drawn)
        .mark_bar(size=6)
        .encode(
            x=alt.X("event_date:T", title=None, axis=days_axis(rows["event_date"])),
            y=alt.Y("hours:Q", title="Hours", axis=alt.Axis(tickCount=4)),
            color=alt.Color("kind:N", **colours(kinds)),
            tooltip=[
                alt.Tooltip("event_date:T", title="Day", format="%A, %d %B %Y"),
                alt.Tooltip("kind:N", title="Kind"),
                alt.Tooltip("playbacks:Q", title="Playbacks", format=",.0f"),
                alt.Tooltip("hours:Q", title="Hours", format=".1f"),
            ],
        )
        .properties(height=180),
    )


def recommended(rows: pl.DataFrame) -> "alt.Chart":
    """How much more is to be said for each track than for the last of its list, as a factor of its odds.

    Args:
        rows: one list in its order: `rank`, `track_name`, `artist_name` and `score` (log-odds).
    """
    import altair as alt  # noqa: PLC0415

    drawn = rows.with_columns(
        label=pl.format("{}. {}", "rank", "track_name"), odds=(pl.col("score") - pl.col("score").min()).exp()
    )
    x = alt.X("odds:Q", title="Odds, as a multiple of the last one's", axis=alt.Axis(tickCount=4))
    tooltip = [
        alt.Tooltip("track_name:N", title="Track"),
        alt.Tooltip("artist_name:N", title="Artist"),
        alt.Tooltip("odds:Q", title="Times the last one's odds", format=".2f"),
    ]
    return _bars(drawn, x, tooltip)


def recommendation_ladder(rows: pl.DataFrame) -> "alt.LayerChart":
    """NDCG@10 of every rung with its 95 % interval, by task.

    Args:
        rows: rows of `ml.recommendation_quality` of one cut-off, in the order of the steps.
    """
    import altair as alt  # noqa: PLC0415

    rungs, tasks = (rows[name].unique(maintain_order=True).to_list() for name in ("rung", "task"))
    base = alt.Chart(rows).encode(
        y=alt.Y("rung:N", title=None, sort=rungs, axis=alt.Axis(labelLimit=_LABEL_LIMIT)),
        yOffset=alt.YOffset("task:N", sort=tasks),
        color=alt.Color("task:N", **colours(tasks)),
        tooltip=[
            alt.Tooltip("rung:N", title="Ranked by"),
            alt.Tooltip("task:N", title="Task"),
            alt.Tooltip("ndcg_10:Q", title="NDCG@10", format=".4f"),
            alt.Tooltip("ndcg_10_low:Q", title="95 % from", format=".4f"),
            alt.Tooltip("ndcg_10_high:Q", title="95 % to", format=".4f"),
            alt.Tooltip("recall_20:Q", title="Recall@20", format=PERCENT),
        ],
    )
    interval = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("ndcg_10_low:Q"), x2=alt.X2("ndcg_10_high:Q"))
    point = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("ndcg_10:Q", title="NDCG@10 on later days; 95 % interval"),
        shape=alt.Shape("task:N", sort=tasks, legend=None),
    )
    return cast("alt.LayerChart", alt.layer(interval, point).properties(height=1.6 * ROW_HEIGHT * len(rungs)))


def costs(rows: pl.DataFrame) -> "alt.Chart":
    """Processor seconds of a run, table by table, the dearest first.

    Args:
        rows: `step`, `table_name` (null for what a step does beside its tables), `cpu_seconds`,
            `wall_seconds` and `peak_memory_mb`.
    """
    import altair as alt  # noqa: PLC0415

    drawn = rows.head(_MOST_TABLES).with_columns(
        label=pl.coalesce("table_name", pl.format("{} (else)", "step"))
    )
    x = alt.X("cpu_seconds:Q", title="Processor seconds of a run", axis=alt.Axis(tickCount=5))
    tooltip = [
        alt.Tooltip("label:N", title="Table"),
        alt.Tooltip("step:N", title="Step"),
        alt.Tooltip("cpu_seconds:Q", title="Processor seconds", format=",.1f"),
        alt.Tooltip("wall_seconds:Q", title="Seconds", format=",.1f"),
        alt.Tooltip("peak_memory_mb:Q", title="Peak memory, MB", format=",.0f"),
    ]
    return _bars(drawn, x, tooltip)


def _bars(drawn: pl.DataFrame, x: "alt.X", tooltip: "list[alt.Tooltip]") -> "alt.Chart":
    """A bar for each row, by its `label`, in their order."""
    import altair as alt  # noqa: PLC0415

    y = alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=_LABEL_LIMIT))
    bars = alt.Chart(drawn).mark_bar(color=BLUE, height={"band": 0.6}).encode(x=x, y=y, tooltip=tooltip)
    return cast("alt.Chart", bars.properties(height=ROW_HEIGHT * drawn.height))
