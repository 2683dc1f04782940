"""What a listener may want to hear, by the published copy: the newest lists, or what sounds like a track."""

import re
from collections.abc import Sequence

import polars as pl

from spotify_assets.figures.personal import find_listener
from spotify_assets.figures.recommended_lists import newest_lists
from spotify_assets.recommend.alike import sounding_like
from spotify_assets.recommend.listening import NEEDED_OF_TRACKS
from spotify_assets.tables import LISTENING_EVENTS, TRACK_ID, TRACKS
from spotify_assets.transforms.exclusions import Exclusion, excluded_tracks
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import no_such

_ID = re.compile(rf"(?:spotify:track:|https://open\.spotify\.com/(?:\S*/)?track/)?({TRACK_ID})(?:\?\S*)?")
_NAMED = ("track_id", "track_name", "primary_artist_name")


def recommended(
    serving: Warehouse,
    user_id: str | None,
    *,
    new: bool = False,
    like: str | None = None,
    rules: Sequence[Exclusion] = (),
    limit: int = 20,
) -> pl.DataFrame:
    """The tracks for a listener, the best first: `rank`, `track_id`, `track_name`, `artist_name`, `reason`.

    Args:
        serving: the published copy.
        user_id: the listener; None where there is only one.
        new: only what they never played.
        like: only what sounds like this track: an id, a URI, an address or a name.
        rules: what they keep out, which may have come after the lists were made.
        limit: how many tracks at most.

    Raises:
        ValueError: the listener or the track is unknown, or there is no list of the listener.
        WarehouseMissingError: nothing was published yet.
    """
    with serving.reader() as connection:
        user = find_listener(connection, user_id).user_id
        tracks = _tracks(connection)
        found = (
            _of_cutoff(connection, user, "new" if new else "next")
            if like is None
            else _alike(connection, user, _track_of(like, tracks), tracks, new=new)
        )
    kept_out = [ids for whose, ids in excluded_tracks(rules, tracks) if whose in (None, user)]
    for ids in kept_out:
        found = found.filter(~pl.col("track_id").is_in(ids.implode()))
    named = tracks.select("track_id", "track_name", artist_name="primary_artist_name")
    return (
        found.head(limit)
        .join(named, on="track_id", how="left", maintain_order="left")
        .select(
            pl.int_range(1, pl.len() + 1).alias("rank"),
            "track_id",
            pl.coalesce("track_name", "track_id").alias("track_name"),
            "artist_name",
            "reason",
        )
    )


def _tracks(connection: Connection) -> pl.DataFrame:
    """The newest row of each track of the catalogue."""
    columns = ", ".join(dict.fromkeys((*NEEDED_OF_TRACKS, *_NAMED)))
    if not is_stored(connection, TRACKS):
        return TRACKS.empty()
    return connection.sql(
        f"select {columns} from {TRACKS.full_name} "
        "qualify row_number() over (partition by track_id order by snapshot_date desc) = 1"
    ).pl()


def _of_cutoff(connection: Connection, user: str, task: str) -> pl.DataFrame:
    """The newest list of a listener."""
    rows = newest_lists(connection, user).filter(pl.col("task") == task)
    if rows.is_empty():
        raise ValueError(
            f"there is no list for {user}: it takes music with track ids in the last weeks before a cut-off; "
            "run spotify-assets materialize"
        )
    return rows.select("track_id", "reason")


def _alike(
    connection: Connection, user: str, track_id: str, tracks: pl.DataFrame, *, new: bool
) -> pl.DataFrame:
    """What sounds like a track, the nearest first."""
    [name] = tracks.filter(pl.col("track_id") == track_id)["track_name"]
    near = sounding_like(track_id, tracks).with_columns(
        reason=pl.format(f"sounds like {name or track_id}: {{}} apart", pl.col("distance").round(2))
    )
    if new:
        heard = connection.sql(
            f"select distinct track_id from {LISTENING_EVENTS.full_name} "
            "where user_id = $user and track_id is not null",
            params={"user": user},
        ).pl()
        near = near.join(heard, on="track_id", how="anti", maintain_order="left")
    return near.select("track_id", "reason")


def _track_of(text: str, tracks: pl.DataFrame) -> str:
    """The id of the track that a person means; of several of one name the most popular.

    Raises:
        ValueError: the catalogue has none of it.
    """
    found = _ID.fullmatch(text)
    same = (
        pl.col("track_id") == found[1] if found else pl.col("track_name").str.to_lowercase() == text.lower()
    )
    rows = tracks.filter(same).sort("popularity", "track_id", descending=[True, False], nulls_last=True)
    if rows.is_empty():
        names = tracks["track_name"].drop_nulls().unique().sort().to_list()
        raise no_such("track", text, names, asked=f"--like {text}")
    return str(rows["track_id"][0])
