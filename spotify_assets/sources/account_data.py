"""Streaming history of Spotify's account data export: music, podcasts, audiobooks. One row per playback.

`endTime` is the UTC minute in which playback ended, so `ended_at` is that minute, `started_at` is
`msPlayed` before it, and `extra.precision` is `minute`. Of podcasts, `track_name` is the episode and
`artist_name` the show; of audiobooks, the chapter (else the book) and the book (else the author).
`Unknown Artist` and `Unknown Track` are kept as `unknown` content without names.

Rows carry no id, so the `event_id` is made of user, minute, names and time played, and of the how many-eth
such row of the file it is: the same song twice in one minute stays two playbacks, and two exports that
overlap give the same ids. Known limit: where an export is cut into files (of 10,000 rows) between two such
rows, they count once. Numbers that went on in the next file would give a row another id in an export that is
cut elsewhere, or when a file comes alone or in another order, and count far more rows twice.
"""

from collections.abc import Iterator

import polars as pl

from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.event_rows import (
    NOT_A_PLAY,
    Occurrences,
    chunk,
    event_ids,
    int_column,
    ms_reasons,
    started_at,
    text_column,
    time_column,
    time_reasons,
)
from spotify_assets.sources.extras import extra_json, unplanned, values_of
from spotify_assets.sources.json_stream import Batch, read_batches
from spotify_assets.sources.kinds import Chunk
from spotify_assets.sources.privacy import PERSONAL_KEYS

SOURCE = "account_data"

SONG = ("trackName",)
ARTIST = ("artistName",)
EPISODE = ("episodeName",)
SHOW = ("podcastName", "showName")
CHAPTER = ("chapterName", "chapterTitle", "audiobookChapterName", "audiobookChapterTitle")
BOOK = ("audiobookName", "audiobookTitle", "bookName", "bookTitle", "audiobook")
AUTHOR = ("authorName", "audiobookAuthor", "author")
NAMES = (*SONG, *ARTIST, *EPISODE, *SHOW, *CHAPTER, *BOOK, *AUTHOR)
KNOWN = frozenset({"endTime", "msPlayed", *NAMES, *PERSONAL_KEYS})
NEEDED = frozenset({"endTime", "msPlayed"})
_UNKNOWN_NAMES = ("unknown artist", "unknown track", "unknown episode", "unknown podcast")


def read(file: InputFile, source_file: str, user_id: str) -> Iterator[Chunk]:
    """The playbacks of a file, batch by batch, as columns of `raw.raw_events`.

    Raises:
        SourceError: the file cannot be read, or passes a limit.
    """
    occurrences = Occurrences()
    with file.open() as stream:
        for batch in read_batches(stream):
            yield _chunk(batch, source_file, user_id, occurrences)


def _chunk(batch: Batch, source_file: str, user_id: str, occurrences: Occurrences) -> Chunk:
    elements = batch.elements
    extras = unplanned(elements, KNOWN)
    time = time_column("ended_at", values_of(elements, "endTime"))
    played = int_column("ms_played", values_of(elements, "msPlayed"))
    names = pl.DataFrame([text_column(name, values_of(elements, name)) for name in NAMES])
    given = names.with_columns(time.values, played.values).with_columns(_what_was_played())
    facts = given.select(
        pl.lit(user_id).alias("user"),
        pl.col("ended_at").dt.epoch("ms").alias("minute"),
        pl.coalesce("artist_name", pl.lit("")).alias("artist"),
        pl.coalesce("track_name", pl.lit("")).alias("track"),
        "content_type",
        "ms_played",
    )
    rows = given.select(
        numbered_ids(SOURCE, facts, occurrences),
        extra_json(pl.DataFrame({"precision": ["minute"] * len(elements)}, {"precision": pl.String}), extras),
        pl.col("ended_at").dt.date().alias("event_date"),
        started_at(pl.col("ended_at"), pl.col("ms_played")).alias("started_at"),
        *("ended_at", "ms_played", "content_type", "track_name", "artist_name"),
        user_id=pl.lit(user_id),
        source=pl.lit(SOURCE),
        action=pl.lit("play"),
    )
    is_play = pl.Series([not NEEDED.isdisjoint(element) for element in elements], dtype=pl.Boolean)
    reasons = [
        (NOT_A_PLAY, ~pl.lit(is_play), "it has neither endTime nor msPlayed"),
        *time_reasons(time, "endTime"),
        *ms_reasons(played, "msPlayed"),
    ]
    return chunk(rows, batch, source_file, reasons, extras)


def numbered_ids(kind: str, facts: pl.DataFrame, occurrences: Occurrences) -> pl.Series:
    """Event ids of rows that may repeat: the facts, and the how many-eth row with these facts it is."""
    number = occurrences.number(event_ids(kind, facts).to_list())
    return event_ids(kind, facts.with_columns(pl.Series("occurrence", number, dtype=pl.Int64)))


def _what_was_played() -> list[pl.Expr]:
    def first(names: tuple[str, ...]) -> pl.Expr:
        known = [
            pl.when(~pl.col(name).str.to_lowercase().is_in(_UNKNOWN_NAMES)).then(pl.col(name))
            for name in names
        ]
        return pl.coalesce(known)

    is_episode = pl.coalesce(*EPISODE, *SHOW).is_not_null()
    is_book = pl.coalesce(*CHAPTER, *BOOK, *AUTHOR).is_not_null()
    is_song = first(SONG).is_not_null()
    return [
        pl.when(is_song)
        .then(pl.lit("music"))
        .when(is_episode)
        .then(pl.lit("podcast"))
        .when(is_book)
        .then(pl.lit("audiobook"))
        .otherwise(pl.lit("unknown"))
        .alias("content_type"),
        first((*SONG, *EPISODE, *CHAPTER, *BOOK)).alias("track_name"),
        first((*ARTIST, *SHOW, *BOOK, *AUTHOR)).alias("artist_name"),
    ]
