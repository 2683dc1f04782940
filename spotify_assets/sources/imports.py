"""The one door for people's own files: what was handed in, what each file is, and the events in it.

    for file in input_files(path):            # a file, a folder, a zip; or Refused with a reason
        recognised = recognise(file)          # by content
        if recognised.kind in EVENT_KINDS:
            for chunk in read_events(file, recognised, user_id): ...
        elif recognised.kind is Kind.CATALOGUE:
            with file.local() as path: read_catalogue(path)

`recognise` and `read_events` raise nothing but `SourceError` whatever the bytes are; a file of which even
one chunk raises is to be refused as a whole. Memory does not grow with the size of the file.

Here belongs: the door; which reader reads which kind is said in `formats`. Not here: landing (`lake`) and
matching of plays that came twice (`transforms`).
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from spotify_assets.sources.archive import InputFile, Refused, input_files
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.formats import EVENT_KINDS, FORMATS, PERSONAL_KINDS
from spotify_assets.sources.guarded import DamagedError
from spotify_assets.sources.kinds import Chunk, Kind, Recognised
from spotify_assets.sources.recognise import recognise

__all__ = [
    "EVENT_KINDS",
    "PERSONAL_KINDS",
    "Chunk",
    "DamagedError",
    "InputFile",
    "Kind",
    "Recognised",
    "Refused",
    "SourceError",
    "input_files",
    "read_events",
    "recognise",
    "stored_name",
]

SHA_DIGITS = 12
_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".gz")


def stored_name(file: InputFile, recognised: Recognised) -> str:
    """The name of a file that may be stored: its base name, or its kind where names tell who somebody is."""
    known = FORMATS.get(recognised.kind)
    if known is None or not known.named_by_account:
        return file.base_name
    suffixes = [suffix.lower() for suffix in PurePosixPath(file.base_name).suffixes]
    return recognised.kind.value + "".join(suffix for suffix in suffixes if suffix in _SUFFIXES)


def read_events(file: InputFile, recognised: Recognised, user_id: str) -> Iterator[Chunk]:
    """The events of a file, chunk by chunk. Rows have the columns of `raw.raw_events`, one per playback.

    `user_id` is the listener's pseudonym; a user name in the file is never read. Events of the product's
    own keep the pseudonym they carry. `source_file` is `stored_name`, `@` and 12 digits of the SHA-256,
    `source_row` counts the file's rows (JSON elements, lines, records) from 1, those refused included.
    Each chunk balances: `rows_in` = rows + rejected. Chunks come in the order of the file; their number and
    size may change. Refused rows carry the row as JSON without personal fields.

    Raises:
        SourceError: the file cannot be read, or passes a limit.
        ValueError: the kind has no events (`EVENT_KINDS`).
    """
    source_file = f"{stored_name(file, recognised)}@{file.sha256[:SHA_DIGITS]}"
    known = FORMATS.get(recognised.kind)
    if known is None:
        raise ValueError(f"{file.name} is {recognised.kind.value}, which has no events")
    return known.read(file, recognised, source_file, user_id)
