"""From the bytes of a file that claims to be text to UTF-8, or to a clear refusal.

Here belongs: what a file is made of (text or not, which encoding). Not here: rows and columns
(`delimited`) and what they mean (`catalogue_csv`).
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from spotify_assets.places import Place
from spotify_assets.sources.errors import SourceError

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
APPLE_DOUBLE = b"\x00\x05\x16\x07"

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a PNG image", "Hand in the CSV file itself"),
    (b"\xff\xd8\xff", "a JPEG image", "Hand in the CSV file itself"),
    (b"GIF8", "a GIF image", "Hand in the CSV file itself"),
    (b"%PDF", "a PDF document", "Hand in the CSV file itself"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "Unpack it, or save the sheet as CSV UTF-8"),
    (b"PK\x05\x06", "an empty zip archive", "Download the file again"),
    (b"\x1f\x8b", "a gzip archive", "Unpack it with `gunzip` and hand in the CSV file"),
    (b"BZh", "a bzip2 archive", "Unpack it with `bunzip2` and hand in the CSV file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "Unpack it with `unzstd` and hand in the CSV file"),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it and hand in the CSV file"),
    (b"PAR1", "a Parquet file", "Export it as CSV"),
    (b"SQLite format 3", "a SQLite database", "Export its track table as CSV"),
    (APPLE_DOUBLE, "a macOS companion file without data", "Hand in the file without the leading `._`"),
    (LFS_POINTER, "a Git LFS pointer, not the file it stands for", "Fetch the file with `git lfs pull`"),
)
_MARKUP: tuple[tuple[bytes, str, str], ...] = (
    (b"{", "JSON, not CSV", "Convert it to CSV with one column per field"),
    (b"[", "JSON, not CSV", "Convert it to CSV with one column per field"),
    (b"<", "a web page or XML, not CSV", "Download the file itself, while signed in"),
)
_UTF16_SAMPLE = 4096
_UTF16_MIN_ZEROS = 0.4
"""Share of zero bytes in every second place that tells UTF-16 of mostly Latin text from binary data."""
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Text:
    """A text file as UTF-8.

    `cut` says that the bytes end inside a character. `guessed_lines` are the numbers, from 0, of lines
    that are not in the encoding of the rest.
    """

    content: bytes
    encoding: str
    bom: bool = False
    cut: bool = False
    guessed_lines: frozenset[int] = frozenset()


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that holds some.

    Raises:
        SourceError: the file is missing, cannot be read or is empty.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise SourceError(path, "there is no such file", f"Check the path: {path}") from None
    except PermissionError:
        raise SourceError(
            path, "the file may not be read", "Give this user read permission, e.g. `chmod u+r`"
        ) from None
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})"
        raise SourceError(path, problem, "Copy it to a local disk first") from error
    if not content.strip():
        raise SourceError(path, "the file is empty", "Download or export it again")
    return content


def decode(path: Place, content: bytes) -> Text:
    """The text of a file as UTF-8, whatever it was written in.

    UTF-8 and UTF-16 are recognised by their byte order mark or by being valid; anything else that is text
    is taken as Windows-1252, the usual encoding of what is left. A file that is UTF-8 but for single
    lines stays UTF-8, and those lines are named.

    Raises:
        SourceError: the bytes are not text.
    """
    for signature, what, remedy in _SIGNATURES:
        if content.startswith(signature):
            raise SourceError(path, f"the file is {what}", remedy)
    utf16 = _utf16_codec(content)
    if utf16 is not None:
        text = _from_utf16(path, content, utf16)
    elif b"\x00" in content:
        raise SourceError(path, "the file is binary, not text", "Hand in a CSV file")
    else:
        bom = content.startswith(codecs.BOM_UTF8)
        text = _from_bytes(content.removeprefix(codecs.BOM_UTF8), bom)
    start = text.content[:_CHUNK].lstrip()
    for mark, what, remedy in _MARKUP:
        if start.startswith(mark):
            raise SourceError(path, f"the file is {what}", remedy)
    return text


def _utf16_codec(content: bytes) -> str | None:
    if content.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if content.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    sample = content[:_UTF16_SAMPLE]
    for codec, offset in (("utf-16-le", 1), ("utf-16-be", 0)):
        high, low = sample[offset::2], sample[1 - offset :: 2]
        if high.count(0) > _UTF16_MIN_ZEROS * len(high) and not low.count(0):
            return codec
    return None


def _from_utf16(path: Place, content: bytes, codec: str) -> Text:
    bom = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    body = content[2:] if bom else content
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        decoded = decoder.decode(body)
    except UnicodeDecodeError:
        raise SourceError(path, "the file is not valid UTF-16", "Save it as CSV UTF-8") from None
    cut = bool(decoder.getstate()[0])
    return Text(decoded.encode(), codec, bom=bom, cut=cut)


def _from_bytes(content: bytes, bom: bool) -> Text:
    pending = _bytes_of_a_cut_character(content)
    if pending == 0:
        return Text(content, "utf-8", bom=bom)
    if pending is not None:
        return Text(content[:-pending], "utf-8", bom=bom, cut=True)
    lines = content.split(b"\n")
    invalid = {number for number, line in enumerate(lines) if not _is_utf8(line)}
    valid = sum(not line.isascii() for line in lines) - len(invalid)
    if bom or valid > len(invalid):
        for number in invalid:
            lines[number] = decode_cp1252(lines[number]).encode()
        return Text(b"\n".join(lines), "utf-8", bom=bom, guessed_lines=frozenset(invalid))
    return Text(decode_cp1252(content).encode(), "cp1252")


def _bytes_of_a_cut_character(content: bytes) -> int | None:
    """How many bytes of an unfinished character end the text (0 if none); None if it is not UTF-8."""
    if content.isascii():
        return 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _CHUNK):
            decoder.decode(content[start : start + _CHUNK])
    except UnicodeDecodeError:
        return None
    return len(decoder.getstate()[0])


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def decode_cp1252(content: bytes) -> str:
    """Windows-1252 as browsers read it: the five bytes it leaves undefined are control characters.

    Source: WHATWG Encoding Standard, index windows-1252.
    """
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1").translate(_C1_AS_CP1252)


def undo_double_encoding(text: str) -> str | None:
    """The text that was encoded as UTF-8, misread as Windows-1252 and encoded again; None if it was not.

    Plain ASCII is never affected, hence None.
    """
    try:
        original = bytes(_TO_CP1252[character] for character in text).decode()
    except (KeyError, UnicodeDecodeError):
        return None
    return None if original == text else original


def _cp1252_character(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_CP1252 = [_cp1252_character(byte) for byte in range(256)]
_C1_AS_CP1252 = {byte: _CP1252[byte] for byte in range(0x80, 0xA0)}
_TO_CP1252 = {chr(byte): byte for byte in range(256)} | {
    character: byte for byte, character in enumerate(_CP1252)
}
