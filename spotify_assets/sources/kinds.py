"""What a file can be: the kinds of input, and what recognition says about one file.

Here belongs: the vocabulary that recognition (`recognise`) and the readers share. Not here: how a file is
recognised or read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from spotify_assets.rows.cleaned import Cleaned


class Kind(StrEnum):
    """What the content of a file is."""

    EXTENDED_HISTORY = "extended_history"
    """Spotify's Extended Streaming History, audio or video, of any generation."""
    ACCOUNT_MUSIC = "account_music"
    """Streaming history of Spotify's account data export: music."""
    ACCOUNT_PODCAST = "account_podcast"
    """Streaming history of Spotify's account data export: podcasts."""
    ACCOUNT_AUDIOBOOK = "account_audiobook"
    """Streaming history of Spotify's account data export: audiobooks."""
    LASTFM = "lastfm"
    """Scrobbles as the usual Last.fm exporters write them, CSV or JSON."""
    LISTENBRAINZ = "listenbrainz"
    """Listens as ListenBrainz exports them, JSON or JSON lines."""
    APPLE_MUSIC = "apple_music"
    """Apple Music's Play Activity of the privacy export, CSV."""
    YOUTUBE_MUSIC = "youtube_music"
    """YouTube Music's watch history of Google Takeout, JSON."""
    EVENTS = "events"
    """The product's own events: the columns of `raw.raw_events` as NDJSON, JSON, CSV or Parquet."""
    CATALOGUE = "catalogue"
    """A track catalogue, for `catalogue_csv.read_catalogue`."""
    NOT_DATA = "not_data"
    """Something known that holds no listening: a document, an image, other account data."""
    UNKNOWN = "unknown"
    """None of these."""


@dataclass(frozen=True)
class Recognised:
    """What a file is: its kind, `why` in words that a person understands, and how it is written.

    `dialect` holds plain JSON values for the receipt (format, encoding, generation …) and what the reader
    needs to know again (for instance the delimiter).
    """

    kind: Kind
    why: str
    dialect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk(Cleaned):
    """A part of a file as a reader yields it: `Cleaned`, and what the reader put right, counted.

    `notes` are counts by name, to be added up over the chunks for the receipt: `trailing_comma`,
    `cp1252_rows` (not UTF-8, read as Windows-1252), `lone_surrogates` (rows with half a character, read as
    `?`), `personal_fields_dropped` (keys per chunk beyond those that exports are known to have).
    """

    notes: Mapping[str, int] = field(default_factory=dict)
