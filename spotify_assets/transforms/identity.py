"""What was played, and which tracks are one recording.

A recording stands in Spotify under several ids: on the single, the album and the compilation. Tracks of the
catalogue are one recording

- by their ISRC, where both have one: equal is the same, different is another, unless their names tell
  different takes;
- else by title, all artists and length, which differ by at most `LENGTH_TOLERANCE_MS` within a recording.

A played track that the catalogue lacks has names and no length. It is the catalogue's recording of its title
and artists; where there are several of different lengths, that of the most popular track. The names of
`transforms.names` decide: a live take is another recording than the studio's, whichever word says so, in
the title or in the name of the album.

People may overrule it: `Overrides` names tracks that are the same, and pairs that are not.
"""

import hashlib
import itertools
from collections.abc import Iterable

import polars as pl

from spotify_assets.sources.recordings_toml import NO_OVERRIDES, Overrides
from spotify_assets.tables import RECORDINGS
from spotify_assets.transforms import names

NAME_KEY_DIGITS = 16
"""Hexadecimal digits of the hash in a track key: 64 bits, as artist ids have."""
LENGTH_TOLERANCE_MS = 2_000
"""How much the lengths of one recording's tracks differ at most: silence at the ends is cut differently."""

_SEPARATOR = "\x1f"
"""Stands between artist and track name in what is hashed: no name has it."""


def with_track_key(events: pl.DataFrame) -> pl.DataFrame:
    """Add `track_key`, what was played. One row per event, order kept.

    The Spotify track id; where there is none, `name-` and the first 16 hexadecimal digits of the SHA-256 of
    artist and track name (Unicode NFC, trimmed, case as it is); null where neither is known.
    """
    if not events["track_id"].null_count():
        return events.with_columns(track_key="track_id")
    written = [
        pl.col(name).str.normalize("NFC").str.strip_chars().fill_null("")
        for name in ("artist_name", "track_name")
    ]
    named = events.with_columns(_names=pl.concat_str(written, separator=_SEPARATOR))
    without_id = named.filter(pl.col("track_id").is_null(), pl.col("_names") != _SEPARATOR)
    distinct = without_id["_names"].unique().to_list()
    keys = [f"name-{hashlib.sha256(name.encode()).hexdigest()[:NAME_KEY_DIGITS]}" for name in distinct]
    by_name = pl.col("_names").replace_strict(distinct, keys, default=None, return_dtype=pl.String)
    return named.with_columns(track_key=pl.coalesce("track_id", by_name)).drop("_names")


CATALOGUE_COLUMNS = (
    *("track_id", "track_name", "artist_names", "album_name", "isrc", "popularity", "duration_ms"),
)
PLAYED_COLUMNS = ("track_key", "track_id", "track_name", "artist_name", "album_name")
"""Columns of core.tracks and core.played_tracks that recordings are made from."""


def recordings(
    catalogue: pl.DataFrame, played: pl.DataFrame, overrides: Overrides = NO_OVERRIDES
) -> pl.DataFrame:
    """The recording of every track of the catalogue and every played one. One row per track key.

    `catalogue` holds each track once, as its newest snapshot has it (`track_id`, `track_name`,
    `artist_names`, `album_name`, `isrc`, `popularity`, `duration_ms`); `played` each track key once, as it
    was last played (`track_key`, `track_id`, `track_name`, `artist_name`, `album_name`).

    Raises:
        ValueError: the overrides contradict each other.
    """
    known = _grouped(_catalogue_rows(catalogue))
    other = _played_rows(played).join(known, on="track_key", how="anti")
    rows = pl.concat([known, _joined_by_name(other, known)], how="diagonal")
    return (
        _overruled(rows, overrides)
        .with_columns(
            recording_id=pl.col("track_key").min().over("group"),
            matched_by=pl.when((pl.len().over("group") > 1) | (pl.col("matched_by") == "manual"))
            .then("matched_by")
            .otherwise(pl.lit("alone")),
            catalogue_track_id=pl.coalesce("catalogue_track_id", _most_popular().over("group")),
        )
        .select(RECORDINGS.column_names)
        .sort("track_key")
    )


def _most_popular() -> pl.Expr:
    """The catalogue's most popular track of a group; the smallest id of several."""
    in_catalogue = pl.col("catalogue_track_id").is_not_null()
    popularity = pl.col("popularity").fill_null(-1)
    return (
        pl.col("catalogue_track_id")
        .filter(in_catalogue)
        .sort_by(
            popularity.filter(in_catalogue),
            pl.col("track_key").filter(in_catalogue),
            descending=[True, False],
        )
        .first()
    )


def _catalogue_rows(catalogue: pl.DataFrame) -> pl.DataFrame:
    artists = pl.col("artist_names").str.normalize("NFKC").str.split("; ")
    return _with_names(
        catalogue.select(
            "track_id",
            "track_name",
            "artist_names",
            "album_name",
            "isrc",
            "popularity",
            "duration_ms",
            track_key="track_id",
            catalogue_track_id="track_id",
            main_artist=artists.list.first(),
            artists=artists,
        )
    )


def _played_rows(played: pl.DataFrame) -> pl.DataFrame:
    artist = names.artist_name("artist_name")
    return _with_names(
        played.select(
            "track_key",
            "track_id",
            "track_name",
            "album_name",
            artist_names="artist_name",
            main_artist=artist,
            artists=pl.concat_list(artist).list.drop_nulls(),
        )
    )


def _with_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what recordings are told apart by: `title` with the take that only the album tells, `credit`."""
    told_by_title = names.takes("remark") != ""
    return (
        rows.with_columns(remark=names.remark("track_name"))
        .with_columns(
            isrc=_isrc() if "isrc" in rows.columns else pl.lit(None, pl.String),
            title=names.title("track_name"),
            take=names.takes("track_name"),
            album_take=pl.when(told_by_title).then(pl.lit("")).otherwise(names.takes("album_name")),
            featured=names.featured("track_name"),
        )
        .with_columns(
            credit=pl.concat_list("artists", "featured").list.unique().list.sort().list.join(_SEPARATOR),
            names_artist=pl.col("featured").list.len() > 0,
        )
        .drop("remark", "artists", "featured")
    )


def _isrc() -> pl.Expr:
    """The ISRC in capitals without its hyphens; null where it is none (ISO 3901: 12 letters and digits)."""
    bare = pl.col("isrc").str.to_uppercase().str.replace_all("[^A-Z0-9]", "")
    return pl.when(bare.str.contains("^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$")).then(bare)


_NAMES = ["title", "album_take", "main_artist"]


def _grouped(rows: pl.DataFrame) -> pl.DataFrame:
    """Catalogue rows with `group`, the smallest key of those that are one recording, and `matched_by`.

    Rows of an ISRC are a group. A row without one joins the groups of its names and length: the most
    popular row's that has an ISRC, else that of the other rows without.
    """
    of_isrc = pl.col("track_key").min().over("isrc", "take")
    rows = _with_length_class(
        rows.with_columns(isrc_group=pl.when(pl.col("isrc").is_not_null()).then(of_isrc))
    )
    alike = [*_NAMES, "credit", "length_class"]
    by_popularity = [pl.col("popularity").fill_null(-1), pl.col("track_key")]
    joined = (
        pl.col("isrc_group")
        .sort_by(by_popularity, descending=[True, False])
        .first(ignore_nulls=True)
        .over(alike)
    )
    without = pl.col("isrc_group").is_null()
    first_without = pl.col("track_key").filter(without).min().over(alike)
    nameless = pl.col("title").is_null()
    group = (
        pl.when(~without)
        .then("isrc_group")
        .when(nameless)
        .then("track_key")
        .otherwise(pl.coalesce(joined, first_without))
    )
    shares_isrc = ~without & (pl.len().over("isrc_group") > 1)
    return rows.with_columns(group=group).with_columns(
        matched_by=pl.when(shares_isrc)
        .then(pl.lit("isrc"))
        .when((pl.len().over("group", *alike) > 1) & ~nameless)
        .then(pl.lit("names_and_length"))
        .otherwise(pl.lit("names")),
    )


def _with_length_class(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `length_class`: rows of equal names in the same class differ by the tolerance at most.

    The shortest row of those names opens a class and takes all within the tolerance of it; then the
    shortest of the others does, and so on: lengths never chain. Rows without a length are a class of their
    own (null): of which of several lengths they are nobody knows.
    """
    alike = [*_NAMES, "credit"]
    classes: list[pl.DataFrame] = []
    left = rows.filter(pl.col("duration_ms").is_not_null()).select("track_key", "duration_ms", *alike)
    while left.height:
        shortest = pl.col("duration_ms").min().over(alike)
        left = left.with_columns(length_class=shortest)
        within = pl.col("duration_ms") <= pl.col("length_class") + LENGTH_TOLERANCE_MS
        classes.append(left.filter(within).select("track_key", "length_class"))
        left = left.filter(~within)
    found = pl.concat(classes) if classes else left.select("track_key", length_class="duration_ms")
    return rows.join(found, on="track_key", how="left", maintain_order="left")


def _joined_by_name(other: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Played rows, which have no length, with the `group` of the catalogue that their names belong to.

    A name that tells of featured artists wants the same credit; the others have the main artist alone.
    Rows that the catalogue has no recording of are one recording where all their names agree.
    """
    by_popularity = known.sort(pl.col("popularity").fill_null(-1), "track_key", descending=[True, False])
    of_credit = by_popularity.unique([*_NAMES, "credit"], keep="first").select(
        *_NAMES, "credit", group_of_credit="group"
    )
    of_artist = by_popularity.unique(_NAMES, keep="first").select(*_NAMES, group_of_artist="group")
    named = pl.col("title").is_not_null() & pl.col("main_artist").is_not_null()
    return (
        other.join(of_credit, on=[*_NAMES, "credit"], how="left", maintain_order="left")
        .join(of_artist, on=_NAMES, how="left", maintain_order="left")
        .with_columns(
            group=pl.when(~named)
            .then("track_key")
            .otherwise(
                pl.coalesce(
                    "group_of_credit",
                    pl.when(~pl.col("names_artist")).then("group_of_artist"),
                    pl.col("track_key").min().over(*_NAMES, "credit"),
                )
            ),
            matched_by=pl.lit("names"),
        )
        .drop("group_of_credit", "group_of_artist")
    )


def _overruled(rows: pl.DataFrame, overrides: Overrides) -> pl.DataFrame:
    """Groups after what a person said: of pairs that differ the second leaves, then what is the same unites.

    Raises:
        ValueError: what is said to be the same is in one recording with a track that is said to differ.
    """
    said = {*itertools.chain(*overrides.same, *overrides.different)}
    named = rows.filter(pl.col("track_key").is_in(said))
    group: dict[str, str] = dict(named.select("track_key", "group").iter_rows())
    different = [pair for pair in overrides.different if set(pair) <= group.keys()]
    same = [present for keys in overrides.same if len(present := [k for k in keys if k in group]) > 1]
    by_hand = {*itertools.chain(*same)}
    for one, other in different:
        if group[one] == group[other]:
            group[other] = other + _SEPARATOR
            by_hand.add(other)
    united = _Union()
    for keys in same:
        united.unite([group[key] for key in keys])
    for one, other in different:
        if united.leader(group[one]) == united.leader(group[other]):
            raise ValueError(
                f"{one} and {other} are said to be different recordings, and the same as others that are one"
            )
    of_key = pl.col("track_key").replace_strict(
        list(group), list(group.values()), default=pl.col("group"), return_dtype=pl.String
    )
    leaders = {label: united.leader(label) for label in [*group.values()]}
    return rows.with_columns(group=of_key).with_columns(
        group=pl.col("group").replace(leaders),
        matched_by=pl.when(pl.col("track_key").is_in(by_hand)).then(pl.lit("manual")).otherwise("matched_by"),
    )


class _Union:
    """Labels, some of which are one."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def leader(self, label: str) -> str:
        """The label that stands for all that are one with this one."""
        while label in self._above:
            label = self._above[label]
        return label

    def unite(self, labels: Iterable[str]) -> None:
        """Make labels one."""
        first, *others = sorted({self.leader(label) for label in labels})
        self._above |= dict.fromkeys(others, first)


def match_rates(found: pl.DataFrame, plays: pl.DataFrame) -> dict[str, float]:
    """What share of plays and of the tracks played the catalogue knows: by their id, and by identity as well.

    `found` are recordings; `plays` has `track_key` and `playbacks`, any number of rows per key. Between 0 and
    1; empty where nothing was played.
    """
    played = plays.group_by("track_key").agg(pl.col("playbacks").sum())
    if played.is_empty():
        return {}
    by_id = (pl.col("catalogue_track_id") == pl.col("track_key")).fill_null(value=False)
    by_identity = pl.col("catalogue_track_id").is_not_null()
    playbacks = pl.col("playbacks")
    rates = played.join(found, on="track_key", how="left").select(
        by_id.mean().alias("tracks in the catalogue by id"),
        by_identity.mean().alias("tracks in the catalogue by id or identity"),
        (playbacks.filter(by_id).sum() / playbacks.sum()).alias("plays in the catalogue by id"),
        (playbacks.filter(by_identity).sum() / playbacks.sum()).alias(
            "plays in the catalogue by id or identity"
        ),
    )
    return rates.row(0, named=True)
