"""Checks of recommendations: nothing heard, nothing kept out, nothing from the future, no worse than plain.

Each takes a relation of rows of its table and the relation's parameters.
"""

from collections.abc import Sequence

from spotify_assets.checks.bounds import Bounds
from spotify_assets.tables import LISTENING_EVENTS, PLAYBACK_ACTIONS, TRACKS
from spotify_assets.tables.recommend import NO_WORSE, NOTHING_EXCLUDED, NOTHING_HEARD, NOTHING_LATER
from spotify_assets.transforms.exclusions import excluded_tracks
from spotify_assets.warehouse.audit import Finding, stored_columns
from spotify_assets.warehouse.connection import Connection, single_row


def heard_before(connection: Connection, relation: str, parameters: Sequence[object], _: Bounds) -> Finding:
    """Whether a track that is recommended as new was played up to the cut-off."""
    if not stored_columns(connection, LISTENING_EVENTS.full_name):
        return Finding(NOTHING_HEARD.name, 0, "")
    [heard] = single_row(
        connection,
        f"""
        select count(*)
        from ({relation}) as listed
        where task = 'new' and exists (
            from {LISTENING_EVENTS.full_name} as events
            where events.user_id = listed.user_id and events.track_id = listed.track_id
                and events.event_date <= listed.cutoff_date
                and action in {PLAYBACK_ACTIONS} and content_type = 'music'
        )
        """,
        list(parameters),
    )
    detail = "tracks that are recommended as new have been played: materialise the cut-off again"
    return Finding(NOTHING_HEARD.name, heard, detail if heard else "")


def excluded(connection: Connection, relation: str, parameters: Sequence[object], bounds: Bounds) -> Finding:
    """Whether a track is recommended that a rule of the exclusions keeps out."""
    if not (bounds.exclusions and stored_columns(connection, TRACKS.full_name)):
        return Finding(NOTHING_EXCLUDED.name, 0, "")
    tracks = connection.sql(
        f"""
        select distinct track_id, track_name, primary_artist_name
        from {TRACKS.full_name}
        where track_id in (select track_id from ({relation}))
        """,
        params=list(parameters),
    ).pl()
    found = 0
    for user_id, track_id in excluded_tracks(bounds.exclusions, tracks):
        [rows] = single_row(
            connection,
            f"""
            select count(*) from ({relation})
            where track_id in (select unnest(?)) and (?::varchar is null or user_id = ?)
            """,
            [*parameters, track_id.to_list(), user_id, user_id],
        )
        found += rows
    detail = "what is recommended is excluded by now: materialise the cut-off again"
    return Finding(NOTHING_EXCLUDED.name, found, detail if found else "")


def learnt_later(connection: Connection, relation: str, parameters: Sequence[object], _: Bounds) -> Finding:
    """Whether a rung was judged on days that it may have learnt from."""
    [found] = single_row(
        connection,
        f"select count(*) from ({relation}) where test_from <= train_to or test_to > cutoff_date",
        list(parameters),
    )
    return Finding(NOTHING_LATER.name, found, "judged on days that were learnt from" if found else "")


def worse_than_baseline(
    connection: Connection, relation: str, parameters: Sequence[object], _bounds: Bounds
) -> Finding:
    """Whether the blend did worse than the plain rung of its task, by more than chance."""
    from spotify_assets.recommend.ladder import BASELINE, BLEND  # noqa: PLC0415
    from spotify_assets.recommend.report import HEADLINE  # noqa: PLC0415

    told = []
    for task, plain in BASELINE.items():
        measure, _ = HEADLINE[task]
        worse = connection.execute(
            f"""
            select blend.cutoff_date, blend.{measure}_high, base.{measure}
            from ({relation}) as blend
            join ({relation}) as base using (cutoff_date, task)
            where task = ? and blend.rung = ? and base.rung = ? and blend.{measure}_high < base.{measure}
            order by all
            """,
            [*parameters, *parameters, task, BLEND, plain],
        ).fetchall()
        told += [f"{day}, {task}: {best:.3f} at best, {value:.3f} plain" for day, best, value in worse]
    return Finding(NO_WORSE.name, len(told), "; ".join(told), warns=True)
