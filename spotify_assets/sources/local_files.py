"""What the URI of a listener's own file says of it: `spotify:local:<artist>:<album>:<title>:<seconds>`.

Exports give no other names for such files. Each part is written as in a form, a blank as `+` and other signs
as `%` and two hexadecimal digits of their bytes, and any of them may be empty. Source: Spotify's desktop
client, which writes the same URIs to playlists.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import polars as pl

_LOCAL = r"(?i)^(?:spotify:local:|https?://open\.spotify\.com/local/)"
_LOCAL_URI = re.compile(f"{_LOCAL}(.*)", re.DOTALL)
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


@dataclass(frozen=True)
class LocalFile:
    """The names in a URI of a local file; None for those that it does not tell."""

    artist: str | None = None
    album: str | None = None
    title: str | None = None


def local_file(uri: str) -> LocalFile:
    """The names in a URI; none where it is not that of a local file.

    A colon of a title that is not encoded stays in it: the first two parts are artist and album, the last
    one the seconds where it is a number or empty.
    """
    found = _LOCAL_URI.fullmatch(uri.strip())
    if not found:
        return LocalFile()
    separator = "/" if "/local/" in uri[: found.start(1)].lower() else ":"
    parts = found[1].split(separator)
    if len(parts) > 3 and re.fullmatch(r"\d*", parts[-1]):
        parts.pop()
    if len(parts) < 3:
        return LocalFile()
    artist, album, *title = parts
    return LocalFile(_decoded(artist), _decoded(album), _decoded(separator.join(title)))


def with_local_names(given: pl.DataFrame, uri: str, title: str, artist: str, album: str) -> pl.DataFrame:
    """Rows whose columns `title`, `artist` and `album` have what the local URI says where they are null."""
    is_local = pl.col(uri).str.contains(_LOCAL).fill_null(value=False)
    uris = given.filter(is_local).get_column(uri).unique().to_list()
    if not uris:
        return given
    files = [local_file(one) for one in uris]
    return given.with_columns(
        pl.coalesce(
            column,
            pl.col(uri).replace_strict(
                uris, [getattr(file, part) for file in files], default=None, return_dtype=pl.String
            ),
        ).alias(column)
        for column, part in ((title, "title"), (artist, "artist"), (album, "album"))
    )


def _decoded(part: str) -> str | None:
    """A part as text, trimmed; bytes that are no UTF-8 are taken for Windows' Western European."""
    written = unquote_to_bytes(part.replace("+", " "))
    try:
        text = written.decode()
    except UnicodeDecodeError:
        text = written.decode("cp1252", errors="replace")
    return _NO_TEXT.sub(" ", text).strip() or None
