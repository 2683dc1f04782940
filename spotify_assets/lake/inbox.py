"""The inbox: `data/inbox/`, where people drop files of any kind.

A folder in it is named after a listener, whose listening the files below it are; what lies in the inbox
itself, or in a folder as Spotify's exports unpack to, belongs to the listener that the import is for.

What is recognised stays where it was put, untouched; it is known by its record (`importing`). What nobody
knows is moved to `data/inbox/rejected/`, with the reason in a `.reason.txt` beside it. Originals hold
personal fields, so they are never copied anywhere else.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from spotify_assets.lake import layout
from spotify_assets.lake.importing import (
    FileOutcome,
    Handed,
    ImportOptions,
    Outcome,
    import_paths,
)
from spotify_assets.lake.profiles import checked_user_id
from spotify_assets.lake.records import known_marks, mark_of
from spotify_assets.settings import Settings

REJECTED = "rejected"
EXPORT_FOLDERS = (
    "mydata",
    "my_spotify_data",
    "spotify account data",
    "spotify extended streaming history",
)
"""How the folders begin, in lower case, that Spotify's zips unpack to: they name no listener."""
_REASON = ".reason.txt"
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp")
"""How the names of files end that a browser is still writing."""


def pending(settings: Settings, quiet_seconds: float = 0) -> list[Path]:
    """The files of the inbox that were not imported yet, in the order of their names.

    A file that was written to within the last `quiet_seconds` may still be on its way, and waits. Hidden
    files and unfinished downloads do not count.
    """
    inbox = settings.inbox_dir
    if not inbox.is_dir():
        return []
    known = known_marks(settings.lake)
    latest = time.time() - quiet_seconds
    return [
        path
        for path in sorted(inbox.rglob("*"))
        if _may_be_imported(path, inbox) and path.stat().st_mtime <= latest and mark_of(path) not in known
    ]


def import_inbox(settings: Settings, options: ImportOptions, quiet_seconds: float = 0) -> Iterator[Handed]:
    """Import what is pending, listener by listener; what is unknown is moved aside with the reason.

    What lies in a folder that cannot name a listener is moved aside as well. What was undone or erased stays
    out, and lies where it is: nobody asked for it by its path.

    Raises:
        OSError: the lake or the inbox cannot be written.
    """
    settings.inbox_dir.mkdir(parents=True, exist_ok=True)
    options = replace(options, lets_in=frozenset())
    of_listener: dict[ImportOptions, list[Path]] = {}
    for path in pending(settings, quiet_seconds):
        try:
            of_listener.setdefault(options_for(path, settings.inbox_dir, options), []).append(path)
        except ValueError as error:
            refused = FileOutcome(path.name, Outcome.REFUSED, str(error))
            yield _moved_aside(Handed(path, (refused,)), settings.inbox_dir)
    for theirs, paths in of_listener.items():
        for handed in import_paths(paths, settings.lake, theirs):
            yield _moved_aside(handed, settings.inbox_dir) if handed.is_unknown else handed


def options_for(path: Path, inbox_dir: Path, options: ImportOptions) -> ImportOptions:
    """The options for a file of the inbox: those given, for the listener that its folder names.

    Raises:
        ValueError: the name of the folder cannot be a pseudonym; the message says why.
    """
    folder, *below = path.relative_to(inbox_dir).parts
    if not below or folder.casefold().startswith(EXPORT_FOLDERS):
        return options
    try:
        return replace(options, user_id=checked_user_id(folder))
    except ValueError as error:
        raise ValueError(f"the folder {inbox_dir.name}/{folder} is to name its listener: {error}") from None


def files_with_marks(inbox_dir: Path, marks: set[str]) -> list[Path]:
    """The files of the inbox that have one of the marks."""
    return [path for path in sorted(inbox_dir.rglob("*")) if path.is_file() and mark_of(path) in marks]


def _may_be_imported(path: Path, inbox_dir: Path) -> bool:
    parts = path.relative_to(inbox_dir).parts
    hidden = any(part.startswith(".") for part in parts)
    return (
        parts[0] != REJECTED
        and not hidden
        and not path.name.lower().endswith(_UNFINISHED)
        and path.is_file()
        and not path.is_symlink()
    )


def _moved_aside(handed: Handed, inbox_dir: Path) -> Handed:
    target = _free(inbox_dir / REJECTED / handed.path.relative_to(inbox_dir))
    target.parent.mkdir(parents=True, exist_ok=True)
    reasons = [f"{file.name}: {file.words}" for file in handed.files if file.outcome != Outcome.NOT_DATA]
    layout.write_bytes(target.with_name(target.name + _REASON), "\n".join([*reasons, ""]).encode())
    handed.path.replace(target)
    return Handed(target, handed.files)


def _free(path: Path) -> Path:
    """The path, or the next one like it that is not taken."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
