"""From what a person hands in (a file, a folder, a zip) to single files that can be read.

Nothing is ever unpacked under a name that an archive chooses: members are read as streams, under guards.
What is not read is refused with a reason, never skipped in silence:

- a link (in a folder or in a zip), a device, a pipe: `link`, `not_a_file`;
- a zip member with an absolute name or with `..` in it: `unsafe_name`;
- an encrypted member: `encrypted`; a compression other than deflate: `unsupported_compression`;
- a zip inside a zip inside a zip (`MAX_DEPTH`): `nested_too_deep`;
- members beyond `MAX_MEMBERS`: `too_many_members`;
- a zip that cannot be opened: `damaged_archive`; a folder or file that may not be read: `unreadable`.

A member that unpacks to too much ends in a `SourceError` while it is read (`guarded`).

Here belongs: containers and their traps. Not here: what a file means (`recognise`).
"""

import gzip
import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, cast

from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.guarded import BROKEN, BUFFER, DamagedError, guarded

MAX_DEPTH = 2
"""A zip, and the zips in it."""
MAX_MEMBERS = 20_000
MAX_NESTED_BYTES = 4 << 30
"""Size of a zip within a zip, which is copied to a temporary file to be opened."""

HELD_BYTES = 32 << 20
"""Unpacked bytes up to which a file of an archive is held, so that it is unpacked once."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_ENCRYPTED = 0x1
_DOCUMENT_MEMBERS = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
"""Members by which office documents, e-books and Java archives are told from plain zips."""


@dataclass(frozen=True)
class Refused:
    """Something handed in that is not read: its display name, a reason code, and what is wrong in words."""

    name: str
    reason: str
    words: str


@dataclass(frozen=True)
class InputFile:
    """One file to be read, on disk or inside an archive.

    `name` is for people: the path below what was handed in, with the archives on the way, as in
    `my_spotify_data.zip/MyData/Streaming_History_Audio_2024_1.json`. A trailing `/` marks a folder entry
    of a zip that has bytes of its own. `size` is in bytes, as declared, and may lie within archives.
    `path` is the file itself where it lies on disk uncompressed or is what was handed in.
    """

    name: str
    size: int
    opener: Callable[[], BinaryIO] = field(repr=False, compare=False)
    path: Path | None = None

    @property
    def base_name(self) -> str:
        """The last part of the name."""
        return PurePosixPath(self.name.rstrip("/")).name or self.name

    def open(self) -> BinaryIO:
        """A new stream of the file's bytes, from the start; the caller closes it. It may not seek.

        Raises:
            SourceError: the file cannot be read. Reading raises it as well: `DamagedError` where the bytes
                break off, else where a limit is passed.
        """
        try:
            return self.opener()
        except OSError as error:
            problem = f"the file cannot be read ({error.strerror or error})"
            raise SourceError(Path(self.name), problem, "Check that it exists and may be read") from error

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, as hexadecimal digits; read once, as a stream.

        Raises:
            SourceError: the file cannot be read. Bytes before damage count as the file.
        """
        digest = hashlib.sha256()
        with self.open() as stream:
            try:
                while block := stream.read(BUFFER):
                    digest.update(block)
            except DamagedError:
                digest.update(b"damaged")
        return digest.hexdigest()

    def head(self, size: int) -> bytes:
        """The first bytes, at most `size` of them; fewer where the file is damaged.

        Raises:
            SourceError: the file cannot be read.
        """
        parts: list[bytes] = []
        missing = size
        with self.open() as stream:
            try:
                while missing and (block := stream.read(min(missing, BUFFER))):
                    parts.append(block)
                    missing -= len(block)
            except DamagedError:
                missing = 0
        return b"".join(parts)

    def held(self) -> "InputFile":
        """The file with its bytes in memory, where it comes out of an archive and is small; else itself.

        Unpacking a history takes longer than parsing it. A file that cannot be unpacked whole stays as it
        is: whoever reads it meets the damage where it is.
        """
        if self.path is not None or self.size > HELD_BYTES:
            return self
        try:
            with self.open() as stream:
                content = stream.read(HELD_BYTES + 1)
                is_whole = len(content) <= HELD_BYTES and not stream.read(1)
        except SourceError:
            return self
        return replace(self, opener=partial(io.BytesIO, content)) if is_whole else self

    @contextmanager
    def local(self) -> Iterator[Path]:
        """The file on disk under its own base name, for readers that need to seek; a copy where it must be.

        Raises:
            SourceError: the file cannot be read.
        """
        if self.path is not None:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="spotify-assets-") as folder:
            copy = Path(folder) / self.base_name.replace("\x00", "")[-_LONGEST_NAME:]
            with self.open() as stream, copy.open("wb") as target:
                shutil.copyfileobj(stream, target, BUFFER)
            yield copy


_LONGEST_NAME = 100


def input_files(path: Path) -> Iterator[InputFile | Refused]:
    """The files of what was handed in: a file, a folder with everything below it, or a zip.

    In the order of their names. Zips and gzip files are opened wherever they are, also inside folders and,
    `MAX_DEPTH` deep, inside zips; they are told by their bytes. A link that is handed in itself is
    followed, one found on the way is refused.

    Raises:
        SourceError: there is no such file or folder.
    """
    if not path.exists():
        raise SourceError(path, "there is no such file or folder", f"Check the path: {path}")
    if path.is_dir():
        yield from _in_folder(path, f"{path.resolve().name}/")
    else:
        yield from _on_disk(path, path.name)


def _in_folder(folder: Path, prefix: str) -> Iterator[InputFile | Refused]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Refused(prefix, "unreadable", f"the folder cannot be read ({error.strerror})")
        return
    for entry in entries:
        name = prefix + printable(entry.name)
        if entry.is_symlink():
            yield Refused(name, "link", "it is a link to another place; hand in the file itself")
        elif entry.is_dir():
            yield from _in_folder(Path(entry.path), f"{name}/")
        else:
            yield from _on_disk(Path(entry.path), name)


def _on_disk(path: Path, name: str) -> Iterator[InputFile | Refused]:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            yield Refused(name, "not_a_file", "it is a device, a pipe or a socket, not a file")
            return
        opener = cast("Callable[[], BinaryIO]", partial(path.open, "rb"))
        yield from _unpacked(InputFile(name, found.st_size, opener, path), depth=1)
    except OSError as error:
        yield Refused(name, "unreadable", f"the file cannot be read ({error.strerror or error})")


def _unpacked(file: InputFile, depth: int) -> Iterator[InputFile | Refused]:
    """The file, or what is in it where it is a zip or a gzip file."""
    try:
        head = file.head(4)
    except SourceError as error:
        yield Refused(file.name, "unreadable", error.problem)
        return
    if head.startswith(_GZIP):
        yield InputFile(file.name, file.size, partial(_open_gzip, file))
    elif head in _ZIP:
        yield from _in_zip(file, depth)
    else:
        yield file


def _open_gzip(file: InputFile) -> BinaryIO:
    raw = file.open()
    unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=raw, mode="rb"))
    return guarded(unpacked, [raw], file.name, packed=file.size)


def _in_zip(file: InputFile, depth: int) -> Iterator[InputFile | Refused]:
    if depth > MAX_DEPTH:
        yield Refused(
            file.name,
            "nested_too_deep",
            f"it is a zip more than {MAX_DEPTH} zips deep; unpack the outer ones",
        )
        return
    try:
        archive = _Archive(file)
        members = archive.members()
    except BROKEN as error:
        yield Refused(file.name, "damaged_archive", f"the zip cannot be opened: {error}; download it again")
        return
    except SourceError as error:
        yield Refused(file.name, "damaged_archive", error.problem)
        return
    except (OSError, ValueError, RuntimeError) as error:
        yield Refused(file.name, "damaged_archive", f"the zip cannot be opened: {error}")
        return
    if any(member.filename in _DOCUMENT_MEMBERS for member in members[:_FIRST_MEMBERS]):
        yield file
        return
    seen: dict[str, int] = {}
    for number, member in enumerate(members):
        if number >= MAX_MEMBERS:
            words = f"the zip has {len(members):,} members; those after {MAX_MEMBERS:,} are not read"
            yield Refused(file.name, "too_many_members", words)
            return
        if member.filename.endswith("/") and not member.file_size:
            continue
        seen[member.filename] = seen.get(member.filename, 0) + 1
        again = f" ({seen[member.filename]})" if seen[member.filename] > 1 else ""
        name = f"{file.name}/{printable(member.filename) or _NAMELESS}{again}"
        refusal = _why_refused(member)
        if refusal:
            yield Refused(name, *refusal)
        else:
            opener = partial(archive.open, member, name)
            yield from _unpacked(InputFile(name, member.file_size, opener), depth + 1)


_FIRST_MEMBERS = 20
_NAMELESS = "(without a name)"


def _why_refused(member: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Reason code and words where a member is not to be read."""
    name = member.orig_filename.replace("\\", "/")
    if name.startswith("/") or PureWindowsPath(name).drive or ".." in PurePosixPath(name).parts:
        return "unsafe_name", "its name leads outside the archive; unpack the zip and hand in the folder"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "link", "it is a link to another place"
    if member.flag_bits & _ENCRYPTED:
        return "encrypted", "it is protected by a password; unpack the zip and hand in the folder"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "unsupported_compression", "it is packed by another method than deflate; unpack the zip first"
    return None


class _Archive:
    """A zip that is opened anew for each member, so that files can be read in any order, at any time."""

    def __init__(self, file: InputFile) -> None:
        self._name = file.name
        self._copy = None if file.path else _copied(file)
        self._path = file.path or Path(cast("tempfile._TemporaryFileWrapper[bytes]", self._copy).name)
        self._size = self._path.stat().st_size
        self._unpacked: dict[int, int] = {}

    def members(self) -> list[zipfile.ZipInfo]:
        with zipfile.ZipFile(self._path) as archive:
            return archive.infolist()

    def open(self, member: zipfile.ZipInfo, name: str) -> BinaryIO:
        try:
            archive = zipfile.ZipFile(self._path)
        except (*BROKEN, ValueError) as error:
            raise SourceError(
                Path(name), f"the zip cannot be opened: {error}", "Download the zip again"
            ) from error
        try:
            raw = cast("BinaryIO", archive.open(member))
        except (*BROKEN, RuntimeError, ValueError) as error:
            archive.close()
            raise SourceError(
                Path(name), f"the zip is damaged at this file: {error}", "Download the zip again"
            ) from error

        def count(read: int) -> int:
            """Bytes that the archive has given so far, each member counted once."""
            before = self._unpacked.get(member.header_offset, 0)
            self._unpacked[member.header_offset] = max(before, read)
            return sum(self._unpacked.values())

        return guarded(raw, [archive], name, packed=self._size, count=count)


def _copied(file: InputFile) -> "tempfile._TemporaryFileWrapper[bytes]":
    """A zip within a zip as a temporary file, which is removed with the last reference to it."""
    copy = tempfile.NamedTemporaryFile(prefix="spotify-assets-", suffix=".zip")  # noqa: SIM115
    with file.open() as stream:
        copied = 0
        while block := stream.read(BUFFER):
            copied += len(block)
            if copied > MAX_NESTED_BYTES:
                raise SourceError(
                    Path(file.name),
                    f"the zip in the zip is larger than {MAX_NESTED_BYTES:,} bytes",
                    "Unpack it",
                )
            copy.write(block)
    copy.flush()
    return copy


def printable(name: str) -> str:
    """A name without control characters and lone surrogates, which terminals and JSON do not take."""
    clean = name.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "�" for c in clean)
