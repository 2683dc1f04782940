"""Importing: each file of what a person hands in, recognised by its content, and landed or told why not.

What was handed in is only read. Every file on disk leaves a record under `<lake>/_imports/`, so that handing
in the same bytes again is answered at once, and so that the inbox knows what is new.

Here belongs: which file goes where, and what came of it. Not here: formats (`sources`), writing (`landing`).
"""

import fcntl
import hashlib
import json
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Lock

from spotify_assets.lake import layout
from spotify_assets.lake.events import remove_unfinished
from spotify_assets.lake.kept_out import Why, let_in, why_kept_out
from spotify_assets.lake.landing import EventFile, earlier_landing, land_catalogue, land_events, landed_before
from spotify_assets.lake.profiles import user_digest
from spotify_assets.lake.receipts import Receipt
from spotify_assets.lake.redating import finish_redating, settle
from spotify_assets.lake.side_by_side import SideBySide
from spotify_assets.sources.imports import (
    EVENT_KINDS,
    PERSONAL_KINDS,
    SHA_DIGITS,
    InputFile,
    Kind,
    Recognised,
    Refused,
    SourceError,
    input_files,
    read_events,
    recognise,
    stored_name,
)

IMPORTS = "_imports"
_LOCK = ".importing"
_HANDED_AHEAD = 4
"""Files on disk that are begun before the oldest of them is told."""
_ONE_CATALOGUE = Lock()
"""A catalogue is read as a whole, so one at a time."""


class Outcome(StrEnum):
    """What came of one file."""

    LANDED = "landed"
    LANDED_BEFORE = "landed before"
    NOT_DATA = "no listening in it"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    KEPT_OUT = "kept out"


_GOOD = frozenset({Outcome.LANDED, Outcome.LANDED_BEFORE, Outcome.KEPT_OUT})
_READ_AGAIN = frozenset({Outcome.UNKNOWN, Outcome.REFUSED, Outcome.KEPT_OUT})
"""Outcomes that are not taken from a record: another time there may be another one."""
_KEPT_OUT = {
    Why.UNDONE: "its import was undone; import it by its path to take it in again",
    Why.ERASED: "it was erased with its listener; only --bring-back takes it in again",
}


@dataclass(frozen=True)
class FileOutcome:
    """What came of one file: `words` say why, `receipt` accounts for its rows where it was landed, and
    `kept_out` says why it stays out where it does."""

    name: str
    outcome: Outcome
    words: str
    kind: Kind | None = None
    receipt: Receipt | None = None
    kept_out: Why | None = None


@dataclass(frozen=True)
class Handed:
    """One file on disk that was handed in, and what came of the files in it."""

    path: Path
    files: tuple[FileOutcome, ...]

    @property
    def is_unknown(self) -> bool:
        """Whether nothing in it could be used, and something in it should have been."""
        outcomes = {file.outcome for file in self.files}
        return not outcomes & _GOOD and bool(outcomes - {Outcome.NOT_DATA})

    @property
    def is_erased(self) -> bool:
        """Whether something in it was erased and nothing landed, so that no record may name a listener."""
        landed = any(file.receipt for file in self.files)
        return not landed and any(file.kept_out is Why.ERASED for file in self.files)


@dataclass(frozen=True)
class Wishes:
    """How to import: for which listener, and as of which day a catalogue is (None: `today`).

    Of what is kept out, the import takes in what is kept out for a reason of `lets_in`.
    """

    user_id: str
    today: date
    snapshot_date: date | None = None
    only: frozenset[Kind] = frozenset(Kind)
    lets_in: frozenset[Why] = frozenset({Why.UNDONE})


def import_path(path: Path, lake_dir: Path, wishes: Wishes) -> Iterator[Handed]:
    """Land the files of what was handed in: a file, a zip, or a folder with everything below it.

    One process imports at a time; another one waits.

    Raises:
        SourceError: there is no such file or folder.
        OSError: the lake cannot be written; the files at hand are not landed.
    """
    return import_paths([path], lake_dir, wishes)


def import_paths(paths: Iterable[Path], lake_dir: Path, wishes: Wishes) -> Iterator[Handed]:
    """Land the files of several things handed in, as `import_path` does each; none where one is not there."""
    files = [each for path in paths for each in files_below(path)]
    with alone(lake_dir), SideBySide() as threads:
        remove_unfinished(lake_dir)
        finish_redating(lake_dir)
        yield from _in_order(_import_file(file, name, lake_dir, wishes, threads) for file, name in files)
        settle(lake_dir, wishes.user_id)


def try_path(path: Path, lake_dir: Path, wishes: Wishes) -> Iterator[Handed]:
    """What `import_path` would do, with the receipts that it would write; the lake stays as it is."""
    with tempfile.TemporaryDirectory(prefix="spotify-assets-") as folder, SideBySide() as threads:
        trial = _Landing(lake_dir, Path(folder), wishes, threads)
        yield from _in_order(
            _begun(file, trial.begin(_files_in(file, name))) for file, name in files_below(path)
        )


def files_below(path: Path) -> Iterator[tuple[Path, str]]:
    """Every file of what was handed in, with its name for people; links found on the way included.

    Raises:
        SourceError: there is no such file or folder.
    """
    if not path.exists():
        raise SourceError(path, "there is no such file or folder", f"Check the path: {path}")
    if not path.is_dir():
        yield path, path.name
        return
    for each in sorted(path.iterdir()):
        if each.is_dir() and not each.is_symlink():
            yield from ((file, f"{each.name}/{name}") for file, name in files_below(each))
        else:
            yield each, each.name


def mark_of(path: Path) -> str:
    """What tells a file on disk from another version of itself, without reading it."""
    found = path.stat()
    return hashlib.sha256(f"{path.resolve()}|{found.st_size}|{found.st_mtime_ns}".encode()).hexdigest()


def known_marks(lake_dir: Path) -> set[str]:
    """The marks of all files on disk that were imported before."""
    return {mark for record in _records(lake_dir) for mark in json.loads(record.read_text())["marks"]}


def marks_of_listener(lake_dir: Path, user_id: str) -> set[str]:
    """The marks of the files on disk that were imported for a listener."""
    contents = [json.loads(record.read_text()) for record in _records(lake_dir)]
    return {mark for each in contents if each["user"] == user_digest(user_id) for mark in each["marks"]}


def forget_listener(lake_dir: Path, user_id: str) -> None:
    """Remove what the records tell about a listener; their files stay known, so that none comes back."""
    for record in _records(lake_dir):
        content = json.loads(record.read_text())
        if content["user"] == user_digest(user_id):
            _mark_of_nobody(lake_dir, content["sha256"], content["marks"])
            record.unlink()


def _mark_of_nobody(lake_dir: Path, sha256: str, marks: Iterable[str]) -> None:
    """Keep the marks of a file on disk in a record that tells nothing else."""
    record = lake_dir / IMPORTS / f"{sha256[:32]}-erased.json"
    known = json.loads(record.read_text())["marks"] if record.exists() else []
    layout.write_bytes(record, _json({"user": None, "marks": sorted({*known, *marks}), "files": []}))


def _import_file(
    path: Path, name: str, lake_dir: Path, wishes: Wishes, threads: SideBySide
) -> Callable[[], Handed]:
    """Begin to import one file on disk; what is returned waits for it, and writes its record.

    An earlier import of the same bytes is answered from its record.
    """
    files = _files_in(path, name)
    landing = _Landing(lake_dir, lake_dir, wishes, threads)
    if path.is_symlink() or not path.is_file():
        return _begun(path, landing.begin(files))
    try:
        sha256 = _sha256(path, files)
    except (OSError, SourceError) as error:
        words = f"the file cannot be read ({error})"
        return _begun(path, [FileOutcome(name, Outcome.REFUSED, words)])
    record = lake_dir / IMPORTS / f"{sha256[:32]}-{user_digest(wishes.user_id)}.json"
    known = _from_record(record, lake_dir, wishes)
    begun = _begun(path, known or landing.begin(files))

    def finish() -> Handed:
        handed = begun()
        if handed.is_erased:
            _mark_of_nobody(lake_dir, sha256, [mark_of(path)])
            return handed
        marks = json.loads(record.read_text())["marks"] if record.exists() else []
        if not known or mark_of(path) not in marks:
            content = {
                "sha256": sha256,
                "user": user_digest(wishes.user_id),
                "marks": sorted({*marks, mark_of(path)}),
                "files": [_as_recorded(file) for file in handed.files],
            }
            if not record.exists() or record.read_bytes() != _json(content):
                layout.write_bytes(record, _json(content))
        return handed

    return finish


def _in_order(begun: Iterable[Callable[[], Handed]]) -> Iterator[Handed]:
    """What came of files on disk in their order, some begun before the first of them is told."""
    waiting: deque[Callable[[], Handed]] = deque()
    for finish in begun:
        waiting.append(finish)
        if len(waiting) > _HANDED_AHEAD:
            yield waiting.popleft()()
    while waiting:
        yield waiting.popleft()()


def _begun(path: Path, files: Sequence["FileOutcome | Future[FileOutcome]"]) -> Callable[[], Handed]:
    """What waits for the files of a file on disk."""
    return lambda: Handed(path, tuple(each.result() if isinstance(each, Future) else each for each in files))


def _as_recorded(file: FileOutcome) -> dict[str, object]:
    """A file of a record: landed is landed, now or before."""
    return {
        "name": file.name,
        "outcome": Outcome.LANDED if file.receipt else file.outcome,
        "words": file.words,
        "kind": file.kind,
        "receipt": file.receipt.receipt_id if file.receipt else None,
    }


def _from_record(record: Path, lake_dir: Path, wishes: Wishes) -> tuple[FileOutcome, ...]:
    """What is known of the same bytes; nothing where they must be read again."""
    if not record.exists() or wishes.snapshot_date or wishes.only != frozenset(Kind):
        return ()
    files = []
    for each in json.loads(record.read_text())["files"]:
        if Outcome(each["outcome"]) in _READ_AGAIN:
            return ()
        receipt = earlier_landing(lake_dir, each["receipt"]) if each["receipt"] else None
        if each["receipt"] and receipt is None:
            return ()
        outcome = Outcome.LANDED_BEFORE if receipt else Outcome(each["outcome"])
        kind = Kind(each["kind"]) if each["kind"] else None
        files.append(FileOutcome(each["name"], outcome, each["words"], kind, receipt))
    return tuple(files)


def _files_in(path: Path, name: str) -> list[InputFile | Refused]:
    """The files in one file on disk: itself, or what an archive holds."""
    if path.is_symlink():
        return [Refused(name, "link", "it is a link to another place; hand in the file itself")]
    return list(input_files(path))


@dataclass(frozen=True)
class _Landing:
    """Where files go: what `lake_dir` has was landed before; `target` is written."""

    lake_dir: Path
    target: Path
    wishes: Wishes
    threads: SideBySide

    def begin(self, files: Iterable[InputFile | Refused]) -> list[FileOutcome | Future[FileOutcome]]:
        """Begin to land each file; the same bytes one after the other, so that the first is what lands."""
        return [
            FileOutcome(file.name, Outcome.REFUSED, file.words)
            if isinstance(file, Refused)
            else self._begin(file.held())
            for file in files
        ]

    def _begin(self, file: InputFile) -> FileOutcome | Future[FileOutcome]:
        """Begin to land a file; at once what comes of one that is not to be landed."""
        recognised: Recognised | None = None
        try:
            recognised = recognise(file)
            if recognised.kind is Kind.NOT_DATA:
                return FileOutcome(file.name, Outcome.NOT_DATA, recognised.why, recognised.kind)
            if recognised.kind is Kind.UNKNOWN:
                return FileOutcome(file.name, Outcome.UNKNOWN, recognised.why, recognised.kind)
            if recognised.kind not in self.wishes.only:
                words = f"it was to be {', '.join(sorted(self.wishes.only))}, but {recognised.why}"
                return FileOutcome(file.name, Outcome.REFUSED, words, recognised.kind)
            why = why_kept_out(self.lake_dir, file.sha256)
            if why and why not in self.wishes.lets_in:
                words = _KEPT_OUT[why]
                return FileOutcome(file.name, Outcome.KEPT_OUT, words, recognised.kind, kept_out=why)
            return self.threads.start(file.sha256, partial(self._land, file, recognised))
        except (SourceError, ValueError) as error:
            return _refused(file, recognised, error)

    def _land(self, file: InputFile, recognised: Recognised) -> FileOutcome:
        try:
            if recognised.kind in EVENT_KINDS:
                receipt = self._land_events(file, recognised)
            else:
                receipt = self._land_catalogue(file)
        except (SourceError, ValueError) as error:
            return _refused(file, recognised, error)
        let_in(self.target, file.sha256)
        outcome = Outcome.LANDED_BEFORE if receipt.already_landed else Outcome.LANDED
        return FileOutcome(file.name, outcome, recognised.why, recognised.kind, receipt)

    def _land_events(self, file: InputFile, recognised: Recognised) -> Receipt:
        stored = stored_name(file, recognised)
        handed_in = EventFile(
            name=file.name if stored == file.base_name else stored,
            sha256=file.sha256,
            source_file=f"{stored}@{file.sha256[:SHA_DIGITS]}",
            kind=recognised.kind,
            user_id=self.wishes.user_id if recognised.kind in PERSONAL_KINDS else None,
            dialect=recognised.dialect,
        )
        earlier = landed_before(handed_in, self.lake_dir) or landed_before(handed_in, self.target)
        if earlier:
            return earlier
        chunks = self.threads.until_stopped(read_events(file, recognised, self.wishes.user_id))
        return land_events(handed_in, chunks, self.target)

    def _land_catalogue(self, file: InputFile) -> Receipt:
        day = self.wishes.snapshot_date or self.wishes.today
        with _ONE_CATALOGUE, file.local() as path:
            return land_catalogue(path, self.target, day, known_in=self.lake_dir)


def _refused(file: InputFile, recognised: Recognised | None, error: SourceError | ValueError) -> FileOutcome:
    words = f"{error.problem}. {error.remedy}." if isinstance(error, SourceError) else str(error)
    return FileOutcome(file.name, Outcome.REFUSED, words, recognised.kind if recognised else None)


@contextmanager
def alone(lake_dir: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of importing; the operating system releases it when the process ends, however it ends.

    Raises:
        ValueError: another process has it, and this one is not to wait.
    """
    lake_dir.mkdir(parents=True, exist_ok=True)
    with (lake_dir / _LOCK).open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise ValueError("an import is under way: wait until it has ended, then try again") from None
        yield


def _records(lake_dir: Path) -> list[Path]:
    return sorted((lake_dir / IMPORTS).glob("[!.]*.json"))


def _sha256(path: Path, files: Sequence[InputFile | Refused]) -> str:
    """SHA-256 of a file on disk, worked out once where it is itself what is landed."""
    if len(files) == 1 and isinstance(files[0], InputFile) and files[0].path == path:
        return files[0].sha256
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode()
