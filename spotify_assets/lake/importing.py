"""Importing: each file of what a person hands in, recognised by its content, and landed or told why not.

What was handed in is only read. Every file on disk leaves a record under `<lake>/_imports/`, so that handing
in the same bytes again is answered at once, and so that the inbox knows what is new.

Here belongs: which file goes where, and what came of it. Not here: formats (`sources`), writing (`landing`).
"""

import json
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Lock

import polars as pl

from spotify_assets.lake import layout
from spotify_assets.lake.events import remove_unfinished
from spotify_assets.lake.handed_in import files_below, files_in, sha256_of
from spotify_assets.lake.kept_out import Why, let_in, why_kept_out
from spotify_assets.lake.landing import (
    EventFile,
    earlier_landing,
    gather,
    land_catalogue,
    landed_before,
    work_folder,
)
from spotify_assets.lake.profiles import user_digest
from spotify_assets.lake.receipts import Receipt
from spotify_assets.lake.records import as_json, mark_of, mark_of_nobody, record_path
from spotify_assets.lake.redating import finish_redating, late_rows, settle, together
from spotify_assets.lake.thread_pool import Room, SideBySide
from spotify_assets.places import Place, lock
from spotify_assets.sources.imports import (
    EVENT_KINDS,
    PERSONAL_KINDS,
    SHA_DIGITS,
    InputFile,
    Kind,
    Recognised,
    Refused,
    SourceError,
    read_events,
    recognise,
    stored_name,
)
from spotify_assets.transforms.offline_sync import NO_LATE_UPLOADS, uploaded_together

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
class ImportOptions:
    """How to import: for which listener, and as of which day a catalogue is (None: `today`).

    Of what is kept out, the import takes in what is kept out for a reason of `lets_in`.
    """

    user_id: str
    today: date
    snapshot_date: date | None = None
    only: frozenset[Kind] = frozenset(Kind)
    lets_in: frozenset[Why] = frozenset({Why.UNDONE})


def import_path(path: Path, lake_dir: Place, options: ImportOptions) -> Generator[Handed, None, None]:
    """Land the files of what was handed in: a file, a zip, or a folder with everything below it.

    One process imports at a time; another one waits.

    Raises:
        SourceError: there is no such file or folder.
        OSError: the lake cannot be written; the files at hand are not landed.
    """
    return import_paths([path], lake_dir, options)


def import_paths(
    paths: Iterable[Path], lake_dir: Place, options: ImportOptions
) -> Generator[Handed, None, None]:
    """Land the files of several things handed in, as `import_path` does each; none where one is not there."""
    files = [each for path in paths for each in files_below(path)]
    with alone(lake_dir):
        remove_unfinished(lake_dir)
        finish_redating(lake_dir)
        with _landing(lake_dir, lake_dir, options) as landing:
            begun = (_import_file(file, name, landing) for file, name in files)
            late, proven = yield from _in_order(begun, landing)
        settle(lake_dir, late, proven)


def try_path(path: Path, lake_dir: Place, options: ImportOptions) -> Iterator[Handed]:
    """What `import_path` would do, with the receipts that it would write; the lake stays as it is."""
    with (
        tempfile.TemporaryDirectory(prefix="spotify-assets-") as folder,
        _landing(lake_dir, Path(folder), options) as landing,
    ):
        files = files_below(path)
        yield from _in_order(
            (_Begun(file, landing.begin(files_in(file, name))) for file, name in files), landing
        )


@dataclass(frozen=True)
class _Read:
    """A file that was read, and is landed when the others of its import are: its rows that others may prove
    to be uploaded late, and what lands it, given what is proven."""

    late: pl.DataFrame
    land: Callable[[pl.DataFrame], FileOutcome]


@dataclass
class _Begun:
    """A file on disk that is being imported: what came of the files in it, or is to come.

    `told` does what is to be done when all of it is known.
    """

    path: Path
    files: Sequence[FileOutcome | Future[FileOutcome] | Future[FileOutcome | _Read]]
    told: Callable[[Handed], None] = lambda _: None

    def read(self) -> list[_Read]:
        """The files in it that wait for others to be read; itself waits for these."""
        return [each for each in map(_result, self.files) if isinstance(each, _Read)]

    def handed(self, proven: pl.DataFrame) -> Handed:
        """What came of all files in it; those that were read are landed, one after the other: writing keeps
        the processors busy by itself, and more of it at a time costs more of them."""
        found = [each.land(proven) if isinstance(each, _Read) else each for each in map(_result, self.files)]
        handed = Handed(self.path, tuple(found))
        self.told(handed)
        return handed


def _result(
    file: "FileOutcome | Future[FileOutcome] | Future[FileOutcome | _Read]",
) -> "FileOutcome | _Read":
    return file.result() if isinstance(file, Future) else file


def _import_file(path: Path, name: str, landing: "_Landing") -> _Begun:
    """Begin to import one file on disk; its record is written when all of it is known.

    An earlier import of the same bytes is answered from its record.
    """
    files = files_in(path, name)
    if path.is_symlink() or not path.is_file():
        return _Begun(path, landing.begin(files))
    try:
        sha256 = sha256_of(path, files)
    except (OSError, SourceError) as error:
        words = f"the file cannot be read ({error})"
        return _Begun(path, [FileOutcome(name, Outcome.REFUSED, words)])
    lake_dir, options = landing.lake_dir, landing.options
    record = record_path(lake_dir, sha256, options.user_id)
    known = _from_record(record, lake_dir, options)

    def tell(handed: Handed) -> None:
        if handed.is_erased:
            mark_of_nobody(lake_dir, sha256, [mark_of(path)])
            return
        marks = json.loads(record.read_text())["marks"] if record.exists() else []
        if not known or mark_of(path) not in marks:
            content = {
                "sha256": sha256,
                "user": user_digest(options.user_id),
                "marks": sorted({*marks, mark_of(path)}),
                "files": [_as_recorded(file) for file in handed.files],
            }
            if not record.exists() or record.read_bytes() != as_json(content):
                layout.write_bytes(record, as_json(content))

    return _Begun(path, known or landing.begin(files), tell)


def _in_order(
    begun: Iterable[_Begun], landing: "_Landing"
) -> Generator[Handed, None, tuple[dict[str, pl.DataFrame], pl.DataFrame]]:
    """What came of files on disk in their order, some begun before the first of them is told.

    From the first that waits for others on, all are told when all are read. Gives back the late rows of what
    was landed before those, by receipt, and what is proven of all.
    """
    waiting: deque[_Begun] = deque()
    for each in begun:
        waiting.append(each)
        while len(waiting) > _HANDED_AHEAD and not waiting[0].read():
            yield waiting.popleft().handed(NO_LATE_UPLOADS)
    read = [file.late for each in waiting for file in each.read()]
    landed = late_rows(landing.lake_dir, landing.options.user_id)
    proven = uploaded_together(together([*landed.values(), *read]))
    while waiting:
        yield waiting.popleft().handed(proven)
    return landed, proven


def _as_recorded(file: FileOutcome) -> dict[str, object]:
    """A file of a record: landed is landed, now or before."""
    return {
        "name": file.name,
        "outcome": Outcome.LANDED if file.receipt else file.outcome,
        "words": file.words,
        "kind": file.kind,
        "receipt": file.receipt.receipt_id if file.receipt else None,
    }


def _from_record(record: Place, lake_dir: Place, options: ImportOptions) -> tuple[FileOutcome, ...]:
    """What is known of the same bytes; nothing where they must be read again."""
    if not record.exists() or options.snapshot_date or options.only != frozenset(Kind):
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


@contextmanager
def _landing(lake_dir: Place, target: Place, options: ImportOptions) -> Iterator["_Landing"]:
    """Where files go, while they do."""
    with work_folder(target) as work, SideBySide() as threads:
        yield _Landing(lake_dir, target, options, threads, work, Room())


@dataclass(frozen=True)
class _Landing:
    """Where files go: what `lake_dir` has was landed before; `target` is written, by way of `work`."""

    lake_dir: Place
    target: Place
    options: ImportOptions
    threads: SideBySide
    work: Path
    room: Room

    def begin(self, files: Iterable[InputFile | Refused]) -> list[FileOutcome | Future[FileOutcome | _Read]]:
        """Begin to land each file; the same bytes one after the other, so that the first is what lands."""
        return [
            FileOutcome(file.name, Outcome.REFUSED, file.words)
            if isinstance(file, Refused)
            else self._begin(file.held())
            for file in files
        ]

    def _begin(self, file: InputFile) -> FileOutcome | Future[FileOutcome | _Read]:
        """Begin to land a file; at once what comes of one that is not to be landed."""
        recognised: Recognised | None = None
        try:
            recognised = recognise(file)
            if recognised.kind is Kind.NOT_DATA:
                return FileOutcome(file.name, Outcome.NOT_DATA, recognised.why, recognised.kind)
            if recognised.kind is Kind.UNKNOWN:
                return FileOutcome(file.name, Outcome.UNKNOWN, recognised.why, recognised.kind)
            if recognised.kind not in self.options.only:
                words = f"it was to be {', '.join(sorted(self.options.only))}, but {recognised.why}"
                return FileOutcome(file.name, Outcome.REFUSED, words, recognised.kind)
            why = why_kept_out(self.lake_dir, file.sha256)
            if why and why not in self.options.lets_in:
                words = _KEPT_OUT[why]
                return FileOutcome(file.name, Outcome.KEPT_OUT, words, recognised.kind, kept_out=why)
            return self.threads.start(file.sha256, partial(self._land, file, recognised))
        except (SourceError, ValueError) as error:
            return _refused(file, recognised, error)

    def _land(self, file: InputFile, recognised: Recognised) -> FileOutcome | _Read:
        try:
            if recognised.kind in EVENT_KINDS:
                return self._land_events(file, recognised)
            return self._landed(file.name, recognised, file.sha256, self._land_catalogue(file))
        except (SourceError, ValueError) as error:
            return _refused(file, recognised, error)

    def _landed(self, name: str, recognised: Recognised, sha256: str, receipt: Receipt) -> FileOutcome:
        let_in(self.target, sha256)
        outcome = Outcome.LANDED_BEFORE if receipt.already_landed else Outcome.LANDED
        return FileOutcome(name, outcome, recognised.why, recognised.kind, receipt)

    def _land_events(self, file: InputFile, recognised: Recognised) -> FileOutcome | _Read:
        stored = stored_name(file, recognised)
        handed_in = EventFile(
            name=file.name if stored == file.base_name else stored,
            sha256=file.sha256,
            source_file=f"{stored}@{file.sha256[:SHA_DIGITS]}",
            kind=recognised.kind,
            user_id=self.options.user_id if recognised.kind in PERSONAL_KINDS else None,
            dialect=recognised.dialect,
        )
        landed = partial(self._landed, file.name, recognised, file.sha256)
        earlier = landed_before(handed_in, self.lake_dir) or landed_before(handed_in, self.target)
        if earlier:
            return landed(earlier)
        chunks = self.threads.until_stopped(read_events(file, recognised, self.options.user_id))
        gathered = gather(handed_in, chunks, self.work)
        late = gathered.late()
        if late.is_empty():
            return landed(gathered.land(self.target))
        if not self.room.take(gathered.rows_in):
            gathered.set_aside()
        return _Read(late, lambda proven: landed(gathered.land(self.target, proven)))

    def _land_catalogue(self, file: InputFile) -> Receipt:
        day = self.options.snapshot_date or self.options.today
        with _ONE_CATALOGUE, file.local() as path:
            return land_catalogue(path, self.target, day, known_in=self.lake_dir)


def _refused(file: InputFile, recognised: Recognised | None, error: SourceError | ValueError) -> FileOutcome:
    words = f"{error.problem}. {error.remedy}." if isinstance(error, SourceError) else str(error)
    return FileOutcome(file.name, Outcome.REFUSED, words, recognised.kind if recognised else None)


@contextmanager
def alone(lake_dir: Place, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of importing, which is free again when the process ends, however it ends (`lock.held`).

    Raises:
        ValueError: another process has it, and this one is not to wait.
    """
    try:
        with lock.held(lake_dir / layout.LOCK, wait=wait):
            yield
    except lock.HeldByAnotherError:
        raise ValueError("an import is under way: wait until it has ended, then try again") from None
