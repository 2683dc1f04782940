"""Plots of popularity, of what tracks have in common, and of what is on the rise."""

from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import (
    BLUE,
    COUNT,
    GREY,
    ORANGE,
    PERCENT,
    ROW_HEIGHT,
    VERMILION,
    colours,
    dates_as_text,
    heat,
)

if TYPE_CHECKING:
    import altair as alt

SHOWN_SNAPSHOTS = 52
"""Newest snapshots whose distribution is drawn side by side: a year of weeks."""
CHANCE = 1.96
"""Trending score that two equally busy weeks exceed by chance in one case of forty."""
_DAY = "%d %b %Y"
_LABEL_LIMIT = 170
_SHARES = {"mainstream_share": "mainstream", "middle_share": "between", "niche_share": "niche"}


def popularity_over_time(rows: pl.DataFrame) -> "alt.LayerChart":
    """Mean popularity of the catalogue at each snapshot: `snapshot_date`, `tracks`, `mean_popularity`."""
    import altair as alt  # noqa: PLC0415

    base = alt.Chart(dates_as_text(rows)).encode(
        x=_time("snapshot_date"),
        y=alt.Y("mean_popularity:Q", title="Mean popularity", scale=alt.Scale(zero=False)),
        tooltip=[
            alt.Tooltip("snapshot_date:T", title="Snapshot", format=_DAY),
            alt.Tooltip("mean_popularity:Q", title="Mean popularity", format=".2f"),
            alt.Tooltip("tracks:Q", title="Tracks", format=COUNT),
        ],
    )
    return cast(
        "alt.LayerChart",
        alt.layer(
            base.mark_line(color=BLUE, strokeWidth=2), base.mark_circle(color=BLUE, size=60)
        ).properties(height=220),
    )


def popularity_distribution(rows: pl.DataFrame) -> "alt.Chart":
    """The bands of popularity of each snapshot as a heat map, the newest snapshot on the right.

    Args:
        rows: `snapshot_date`, `popularity_from`, `tracks`, `track_share`.
    """
    import altair as alt  # noqa: PLC0415

    newest = rows["snapshot_date"].unique().sort().tail(SHOWN_SNAPSHOTS)
    named = rows.filter(pl.col("snapshot_date").is_in(newest.implode())).with_columns(
        snapshot=pl.col("snapshot_date").dt.strftime(_DAY), band=_band(pl.col("popularity_from"))
    )
    order = named.sort("snapshot_date")["snapshot"].unique(maintain_order=True).to_list()
    bands = named.sort("popularity_from", descending=True)["band"].unique(maintain_order=True).to_list()
    return cast(
        "alt.Chart",
        (
            alt.Chart(named.drop("snapshot_date"))
            .mark_rect()
            .encode(
                x=alt.X("snapshot:O", title="Snapshot", sort=order, axis=alt.Axis(labelOverlap="greedy")),
                y=alt.Y("band:O", title="Popularity", sort=bands),
                color=_heat("track_share:Q", "Share of the tracks", ".0%"),
                tooltip=[
                    alt.Tooltip("snapshot:O", title="Snapshot"),
                    alt.Tooltip("band:O", title="Popularity"),
                    alt.Tooltip("tracks:Q", title="Tracks", format=COUNT),
                    alt.Tooltip("track_share:Q", title="Share", format=PERCENT),
                ],
            )
            .properties(height=ROW_HEIGHT * len(bands))
        ),
    )


def popularity_of_tracks(rows: pl.DataFrame) -> "alt.LayerChart":
    """The popularity of some tracks at each snapshot, one line each.

    Args:
        rows: `rank`, `track_name`, `artist_name`, `snapshot_date`, `popularity`; the legend goes by rank.
    """
    import altair as alt  # noqa: PLC0415

    named = dates_as_text(rows).with_columns(track=pl.format("{}. {}", "rank", "track_name"))
    names = named.sort("rank")["track"].unique(maintain_order=True).to_list()
    base = alt.Chart(named).encode(
        x=_time("snapshot_date"),
        y=alt.Y("popularity:Q", title="Popularity", scale=alt.Scale(zero=False)),
        color=alt.Color("track:N", **colours(names, legend=_tall_legend())),
        tooltip=[
            alt.Tooltip("track_name:N", title="Track"),
            alt.Tooltip("artist_name:N", title="Artist"),
            alt.Tooltip("snapshot_date:T", title="Snapshot", format=_DAY),
            alt.Tooltip("popularity:Q", title="Popularity"),
        ],
    )
    points = base.mark_point(filled=True, size=60).encode(
        shape=alt.Shape("track:N", sort=names, title=None, legend=_tall_legend())
    )
    return cast("alt.LayerChart", alt.layer(base.mark_line(strokeWidth=2), points).properties(height=280))


def length_and_popularity(rows: pl.DataFrame, step: int, longest: int) -> "alt.Chart":
    """Tracks by length and popularity as a heat map.

    Args:
        rows: `seconds_from`, `popularity_from`, `tracks`.
        step: width of a band of lengths in seconds.
        longest: where the last band begins, which stands for all longer ones.
    """
    import altair as alt  # noqa: PLC0415

    named = rows.with_columns(
        length=pl.when(pl.col("seconds_from") >= longest)
        .then(pl.format("{}+", _clock(pl.col("seconds_from"))))
        .otherwise(_clock(pl.col("seconds_from"))),
        until=_clock(pl.col("seconds_from") + step),
        band=_band(pl.col("popularity_from")),
    )
    lengths = named.sort("seconds_from")["length"].unique(maintain_order=True).to_list()
    bands = named.sort("popularity_from", descending=True)["band"].unique(maintain_order=True).to_list()
    return cast(
        "alt.Chart",
        (
            alt.Chart(named)
            .mark_rect()
            .encode(
                x=alt.X(
                    "length:O",
                    title="Length from",
                    sort=lengths,
                    axis=alt.Axis(labelAngle=0, labelOverlap=True),
                ),
                y=alt.Y("band:O", title="Popularity", sort=bands),
                color=_heat("tracks:Q", "Tracks", COUNT),
                tooltip=[
                    alt.Tooltip("length:O", title="Length from"),
                    alt.Tooltip("until:O", title="to"),
                    alt.Tooltip("band:O", title="Popularity"),
                    alt.Tooltip("tracks:Q", title="Tracks", format=COUNT),
                ],
            )
            .properties(height=ROW_HEIGHT * len(bands))
        ),
    )


def release_years(rows: pl.DataFrame) -> "alt.Chart":
    """Streams by the year in which the track came out; tracks without a known year are left out.

    Args:
        rows: `release_year`, `tracks`, `streams`, `stream_share`, `skip_rate`.
    """
    import altair as alt  # noqa: PLC0415

    known = rows.drop_nulls("release_year").with_columns(until=pl.col("release_year") + 1)
    return cast(
        "alt.Chart",
        (
            alt.Chart(known)
            .mark_bar(color=BLUE, binSpacing=0.5)
            .encode(
                x=alt.X(
                    "release_year:Q",
                    title="Year of the release",
                    scale=alt.Scale(zero=False, nice=False),
                    axis=alt.Axis(format="d", tickMinStep=1),
                ).bin("binned"),
                x2="until:Q",
                y=alt.Y("stream_share:Q", title="Share of streams", axis=alt.Axis(format=".0%")),
                tooltip=[
                    alt.Tooltip("release_year:Q", title="Year", format="d"),
                    alt.Tooltip("streams:Q", title="Streams", format=COUNT),
                    alt.Tooltip("stream_share:Q", title="Share of streams", format=PERCENT),
                    alt.Tooltip("tracks:Q", title="Tracks", format=COUNT),
                    alt.Tooltip("skip_rate:Q", title="Skip rate", format=PERCENT),
                ],
            )
            .properties(height=240)
        ),
    )


def mainstream_and_niche(rows: pl.DataFrame) -> "alt.Chart":
    """The shares of mainstream and niche by month, stacked to one.

    Args:
        rows: `event_month`, `streams`, `mean_popularity`, `mainstream_share`, `middle_share`, `niche_share`.
    """
    import altair as alt  # noqa: PLC0415

    names = list(_SHARES.values())
    long = (
        rows.with_columns(month=pl.col("event_month").dt.strftime("%b %Y"))
        .unpivot(list(_SHARES), index=["month", "event_month", "streams", "mean_popularity"])
        .with_columns(pl.col("variable").replace_strict(_SHARES), place=_places("variable", list(_SHARES)))
    )
    months = long.sort("event_month")["month"].unique(maintain_order=True).to_list()
    return cast(
        "alt.Chart",
        (
            alt.Chart(long.drop("event_month"))
            .mark_bar()
            .encode(
                x=alt.X("month:O", title=None, sort=months, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
                y=alt.Y("value:Q", title="Share of streams", axis=alt.Axis(format=".0%"), stack="zero"),
                order="place:Q",
                color=alt.Color(
                    "variable:N",
                    title=None,
                    scale=alt.Scale(domain=names, range=[BLUE, GREY, ORANGE]),
                    legend=alt.Legend(orient="bottom"),
                ),
                tooltip=[
                    alt.Tooltip("month:O", title="Month"),
                    alt.Tooltip("variable:N", title="Part"),
                    alt.Tooltip("value:Q", title="Share", format=PERCENT),
                    alt.Tooltip("mean_popularity:Q", title="Mean popularity", format=".1f"),
                    alt.Tooltip("streams:Q", title="Streams", format=COUNT),
                ],
            )
            .properties(height=260)
        ),
    )


def new_releases(rows: pl.DataFrame) -> "alt.LayerChart":
    """New releases by trending score, one bar each, with the limit of chance.

    Args:
        rows: `track_name`, `artist_name`, `release_date`, `recent_streams`, `previous_streams`,
            `recent_skip_rate`, `trending_score`, the best first.
    """
    import altair as alt  # noqa: PLC0415

    says = ["more than chance", "within chance"]
    named = dates_as_text(rows).with_columns(
        label=pl.format("{} – {}", "track_name", "artist_name"),
        says=pl.when(pl.col("trending_score") > CHANCE).then(pl.lit(says[0])).otherwise(pl.lit(says[1])),
    )
    x = alt.X("trending_score:Q", title="Trending score")
    bars = (
        alt.Chart(named)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y(
                "label:N", title=None, sort=None, axis=alt.Axis(labelLimit=_LABEL_LIMIT, labelOverlap=False)
            ),
            color=alt.Color(
                "says:N",
                title=None,
                scale=alt.Scale(domain=says, range=[VERMILION, GREY]),
                legend=alt.Legend(orient="bottom", columns=1),
            ),
            tooltip=[
                alt.Tooltip("track_name:N", title="Track"),
                alt.Tooltip("artist_name:N", title="Artist"),
                alt.Tooltip("release_date:T", title="Released", format=_DAY),
                alt.Tooltip("recent_streams:Q", title="Streams, past 7 days", format=COUNT),
                alt.Tooltip("previous_streams:Q", title="Streams, the 7 before", format=COUNT),
                alt.Tooltip("recent_skip_rate:Q", title="Skip rate, past 7 days", format=PERCENT),
                alt.Tooltip("trending_score:Q", title="Trending score", format=".2f"),
            ],
        )
    )
    chance = (
        alt.Chart(pl.DataFrame({"trending_score": [CHANCE]}))
        .mark_rule(strokeDash=[4, 3], color=GREY)
        .encode(x=x)
    )
    return cast("alt.LayerChart", alt.layer(bars, chance).properties(height=ROW_HEIGHT * rows.height))


def _band(popularity: pl.Expr) -> pl.Expr:
    """A band of popularity in words: the last one has one value more."""
    last = pl.when(popularity == 90).then(100).otherwise(popularity + 9)
    return pl.format("{}–{}", popularity, last)


def _clock(seconds: pl.Expr) -> pl.Expr:
    """Seconds as minutes and seconds, `3:30`."""
    return pl.format("{}:{}", seconds // 60, (seconds % 60).cast(pl.String).str.zfill(2))


def _places(column: str, order: list[str]) -> pl.Expr:
    """The place of a value in an order, by which Vega stacks."""
    return pl.col(column).replace_strict({name: place for place, name in enumerate(order)})


def _time(column: str) -> "alt.X":
    import altair as alt  # noqa: PLC0415

    return alt.X(
        f"{column}:T",
        title=None,
        axis=alt.Axis(format="%d %b %y", labelOverlap="greedy", labelSeparation=8, grid=False),
    )


def _heat(field: str, title: str, number_format: str) -> "alt.Color":
    import altair as alt  # noqa: PLC0415

    legend = alt.Legend(orient="bottom", format=number_format)
    return alt.Color(field, title=title, scale=heat(domainMin=0), legend=legend)


def _tall_legend() -> "alt.Legend":
    """A legend with one name to a line: names of tracks are long, and phones narrow."""
    import altair as alt  # noqa: PLC0415

    return alt.Legend(orient="bottom", columns=1, labelLimit=320)
