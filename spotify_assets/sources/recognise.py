"""What a file is, told by its first bytes: never by its name.

JSON that nobody knows is no data where no object in it has both a moment and something that can be played,
as the many other files of an account's export have not; else it is unknown, and so are rows of tracks, which
a catalogue would have.

Here belongs: telling kinds apart, with a reason in words. Not here: reading rows.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import polars as pl

from spotify_assets.sources.archive import InputFile, printable
from spotify_assets.sources.catalogue_columns import catalogue_shape, describes_tracks
from spotify_assets.sources.delimited import DELIMITERS, header_of, read_delimited
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.formats import FORMATS
from spotify_assets.sources.formats.own_events import are_of_events
from spotify_assets.sources.json_stream import read_batches
from spotify_assets.sources.kinds import Kind, Recognised
from spotify_assets.sources.privacy import scrub_text
from spotify_assets.sources.scrobble_layouts import contained, lastfm_columns, lastfm_layout
from spotify_assets.sources.text import APPLE_DOUBLE, LFS_POINTER, Text, decode
from spotify_assets.sources.text_stream import as_utf8, codec_of

HEAD_BYTES = 256 << 10
"""Bytes from the start of a file by which it is recognised."""
MAX_HEAD_BYTES = 4 << 20
"""Bytes that are looked at where the first object is longer than that."""
_ELEMENTS_JUDGED = 200

_NOT_DATA: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a sound or image file"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (APPLE_DOUBLE, "a macOS companion file without data"),
    (b"\x00\x00\x00\x01Bud1", "a macOS folder setting"),
    (b"crc\x00", "a checksum file"),
    (b"{\\rtf", "a text document (RTF)"),
)
_UNREAD: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "an office document or an archive in zip form", "save its sheet as CSV UTF-8"),
    (b"PK\x05\x06", "an empty zip", "download it again"),
    (b"\x1f\x8b", "a gzip archive in a gzip archive", "unpack it"),
    (b"BZh", "a bzip2 archive", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\xfd7zXZ", "an xz archive", "unpack it"),
    (b"SQLite format 3", "a SQLite database", "export its table as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old office document", "save its sheet as CSV UTF-8"),
    (LFS_POINTER, "a Git LFS pointer, not the file it stands for", "fetch the file with `git lfs pull`"),
)
_TAR_MAGIC = (257, b"ustar")

_ACCOUNT_FILES: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(keys.split()), what)
    for keys, what in (
        ("playlists", "playlists"),
        ("searchQuery", "search queries"),
        ("searchTime", "search queries"),
        ("tracks albums", "the library"),
        ("inferences", "inferences about the listener"),
        ("username email", "the account's own data"),
        ("followerCount", "followers"),
        ("userIsFollowing", "followers"),
        ("userIsBlocking", "followers"),
        ("creationDate", "payments or account data"),
        ("payment_methods", "payments"),
        ("payment_method", "payments"),
        ("displayName", "the account's identity"),
        ("identifierType", "identifiers"),
        ("familyDuoData", "the family plan"),
        ("yearMetrics", "the yearly recap"),
        ("topArtists yearMetrics", "the yearly recap"),
        ("podcastInteractivityRatedShow", "podcast ratings"),
        ("stats highlights", "the sound capsule"),
        ("timestamp_utc", "technical log data"),
        ("message_country_code", "technical log data"),
        ("context_time", "technical log data"),
        ("score recording_mbid", "ListenBrainz feedback"),
        ("user_id username", "the account's own data"),
        ("blurb_content", "pinned recordings"),
        ("customer_service_history", "letters to customer service"),
    )
)
"""Keys by which the other files of Spotify's and ListenBrainz' exports are told."""


def recognise(file: InputFile) -> Recognised:
    """What a file is, by its content. Reads its beginning only.

    Raises:
        SourceError: the file cannot be read.
    """
    head = file.head(HEAD_BYTES)
    found = _by_bytes(file, head) or _by_text(file, head)
    if found.kind is Kind.UNKNOWN and file.name.endswith("/"):
        return Recognised(Kind.NOT_DATA, "a folder entry of the archive with bytes of its own")
    return found


def _by_bytes(file: InputFile, head: bytes) -> Recognised | None:
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        what = "empty" if not head else "filled with nothing"
        return Recognised(Kind.NOT_DATA, f"the file is {what}")
    for signature, what in _NOT_DATA:
        if head.startswith(signature):
            return Recognised(Kind.NOT_DATA, what)
    for signature, what, remedy in _UNREAD:
        if head.startswith(signature):
            return _unknown(f"it is {what}: {remedy}")
    at, magic = _TAR_MAGIC
    if head[at : at + len(magic)] == magic:
        return _unknown("it is a tar archive: unpack it")
    if head.startswith(b"PAR1"):
        return _parquet(file)
    return None


def _by_text(file: InputFile, head: bytes) -> Recognised:
    text = as_utf8(head)
    start = text.lstrip()[:1]
    if start in (b"{", b"["):
        return _json(file, head)
    if start == b"<":
        return _unknown("it is a web page or XML: download the export itself, while signed in")
    if len(_CONTROL.findall(text)) > _MOST_CONTROLS * len(text):
        return _unknown("it is binary, and no format that is known")
    return _delimited(file, text, codec_of(head)[0])


def _unknown(why: str) -> Recognised:
    return Recognised(Kind.UNKNOWN, why)


def _parquet(file: InputFile) -> Recognised:
    import pyarrow as pa  # noqa: PLC0415  # heavy, and few files are Parquet
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with file.local() as path, pq.ParquetFile(path) as parquet:
            columns = set(parquet.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError) as error:
        return _unknown(f"it is a damaged Parquet file: {error}"[:_LONGEST_WHY])
    if are_of_events(columns):
        return Recognised(Kind.EVENTS, "Parquet with the columns of events", {"format": "parquet"})
    return _unknown("it is Parquet without the columns of events; a catalogue must be CSV")


_LONGEST_WHY = 300


_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.02
"""Share of control characters beyond which a file is no text."""


def _json(file: InputFile, head: bytes) -> Recognised:
    elements = _first_elements(head)
    array = None if elements else _array_within(head)
    if array:
        elements = _first_elements(head, array)
    if not elements and len(head) == HEAD_BYTES:
        elements = _first_elements(file.head(MAX_HEAD_BYTES))
    if not elements:
        compact = as_utf8(head).strip()
        if len(compact) < _EMPTY_BYTES and not compact.strip(b"[]{} \t\r\n,"):
            return Recognised(Kind.NOT_DATA, "JSON without any rows")
        return _unknown("it is JSON, but none of its rows could be read")
    dialect: dict[str, object] = {"format": "json", "encoding": codec_of(head)[0] or "utf-8"}
    if array:
        dialect["array"] = array
    votes = Counter(_kind_of(element) for element in elements[:_ELEMENTS_JUDGED])
    kinds = [kind for kind, _ in votes.most_common() if kind is not None]
    if not kinds:
        return _other_json(_as_written(elements, head))
    kind = kinds[0]
    if kind is Kind.EXTENDED_HISTORY:
        dialect["generation"] = _generation(set().union(*elements))
    return Recognised(kind, FORMATS[kind].why, dialect)


_EMPTY_BYTES = 1024


_FIRST_ARRAY = re.compile(rb'\s*\{\s*"([^"\\]{1,80})"\s*:\s*\[')
"""How an object begins whose first member is an array."""


def _first_elements(head: bytes, array: str | None = None) -> list[dict[str, object]]:
    batches = read_batches(io.BytesIO(head), array)
    elements = [element for batch in batches for element in batch.elements]
    return [member for element in elements for member in _members(element)]


def _members(element: dict[str, object]) -> list[dict[str, object]]:
    members = contained(element)
    return [element] if members is None else [m for m in members if isinstance(m, dict)]


def _array_within(head: bytes) -> str | None:
    """The name of the array that a large object holds the rows in."""
    text = as_utf8(head)
    if not text.lstrip().startswith(b"{"):
        return None
    found = re.search(
        rb'"('
        + b"|".join(name.encode() for one in FORMATS.values() for name in one.arrays)
        + rb')"\s*:\s*\[',
        text,
    )
    return found[1].decode() if found else None


def _kind_of(element: Mapping[str, object]) -> Kind | None:
    return next((kind for kind, one in FORMATS.items() if one.is_element(element)), None)


def _generation(keys: set[str]) -> str:
    """The years in which Spotify wrote such rows, by the keys that came and went."""
    if any(key.startswith("audiobook_") for key in keys):
        return "since 2025"
    if keys & {"ip_addr_decrypted", "user_agent_decrypted"}:
        return "before 2024"
    return "2024"


def _other_json(elements: list[dict[str, object]]) -> Recognised:
    keys = set().union(*elements[:_ELEMENTS_JUDGED])
    if not keys:
        return Recognised(Kind.NOT_DATA, "JSON without any rows")
    for marks, what in _ACCOUNT_FILES:
        if marks <= keys:
            return Recognised(Kind.NOT_DATA, f"an export's file of {what}, which holds no listening")
    named = ", ".join(sorted(keys)[:_KEYS_NAMED])
    if not any(_may_be_played(each) for each in _objects_in(elements)) and not _may_be_catalogue(elements):
        words = f"JSON that tells of nothing played at a time; it has {named}"
        return Recognised(Kind.NOT_DATA, words[:_LONGEST_WHY])
    return _unknown(
        f"it is JSON whose rows are no playbacks that are known; they have {named}"[:_LONGEST_WHY]
    )


def _as_written(elements: list[dict[str, object]], head: bytes) -> list[dict[str, object]]:
    """The elements; where they are the start of an object too long to be read, as members of that object."""
    opening = _FIRST_ARRAY.match(as_utf8(head))
    name = opening[1].decode(errors="replace") if opening else None
    return elements if name is None or name in elements[0] else [{name: elements}]


def _objects_in(elements: list[dict[str, object]]) -> Iterator[Mapping[str, object]]:
    """The objects among the elements and in them, outermost first, as many as are judged."""
    level: list[object] = list(elements)
    for _ in range(_LEVELS_JUDGED):
        level = level[:_OBJECTS_JUDGED]
        yield from (each for each in level if isinstance(each, dict))
        level = [
            member
            for each in level
            if isinstance(each, (dict, list))
            for member in (each.values() if isinstance(each, dict) else each)
            if isinstance(member, (dict, list))
        ]


def _may_be_played(element: Mapping[str, object]) -> bool:
    """Whether an object names a moment and something that can be played, as what tells of listening must."""
    words = {word.lower() for key in element for word in _WORD.findall(key)}
    is_timed = not words.isdisjoint(_TIMES) or any(_is_moment(value) for value in element.values())
    return is_timed and not words.isdisjoint(_PLAYABLE)


def _is_moment(value: object) -> bool:
    return isinstance(value, (str, int)) and _MOMENT.match(str(value)) is not None


def _may_be_catalogue(elements: list[dict[str, object]]) -> bool:
    """Whether the rows themselves, not lists in one object, are of tracks."""
    return any(
        not _TRACKS.isdisjoint(_WORD.findall(key.lower()))
        for each in elements
        for key in each
        if not isinstance(each[key], (dict, list))
    )


_LEVELS_JUDGED = 6
_OBJECTS_JUDGED = 2_000
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2} [A-Z][a-z]{2} \d{4}|[1-9]\d{8,13}$")
"""A date, or seconds or milliseconds since 1970."""
_TIMES = frozenset(("ts", "time", "timestamp", "date", "datetime", "uts", "when", "at"))
_TRACKS = frozenset(("track", "tracks", "song", "songs", "title"))
_PLAYABLE = _TRACKS | frozenset(
    """
    artist artists episode episodes podcast show album audiobook chapter uri played playback listened
    listening stream streamed media music video watched heard ms
    """.split()  # noqa: SIM905  # a list of quoted words is harder to read
)
_KEYS_NAMED = 8
_FIRST_BYTES = 80


def _delimited(file: InputFile, text: bytes, codec: str | None) -> Recognised:
    try:
        decoded = decode(Path(file.name), text.replace(b"\x00", b" "))
    except SourceError as error:
        return _unknown(error.problem)
    best: Recognised | None = None
    for delimiter in DELIMITERS:
        header, _ = header_of(decoded, delimiter)
        dialect = {"format": "csv", "delimiter": delimiter, "encoding": codec or decoded.encoding}
        for kind, one in FORMATS.items():
            if one.is_header(header):
                return Recognised(kind, f"CSV, {one.why}", dialect)
        shape = catalogue_shape(header, partial(_rows, decoded, delimiter))
        if lastfm_columns(header) and not (shape and describes_tracks(header)):
            return Recognised(
                Kind.LASTFM, "CSV with artist, track and the time of a scrobble: Last.fm", dialect
            )
        if shape:
            best = best or Recognised(Kind.CATALOGUE, f"CSV of tracks ({shape})", dialect | {"shape": shape})
        layout = lastfm_layout(header)
        if layout:
            best = best or Recognised(
                Kind.LASTFM,
                "records of artist, track and the time of a scrobble, without a header: Last.fm",
                dialect | {"columns": list(layout)},
            )
    if best:
        return best
    first = scrub_text(decoded.content[:_FIRST_BYTES].split(b"\n", 1)[0].decode(errors="replace"))
    return _unknown(
        f"it is text, but no export or catalogue that is known; it begins with '{printable(first)}'"
    )


def _rows(text: Text, delimiter: str) -> pl.DataFrame:
    return read_delimited(text, delimiter).rows
