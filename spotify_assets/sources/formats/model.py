"""What is said of a format of listening history, once, for all who ask."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.kinds import Chunk, Kind, Recognised

SECOND_MS, MINUTE_MS = 1_000, 60_000
Reader = Callable[[InputFile, Recognised, str, str], Iterator[Chunk]]
"""The events of a file: from it, what it was recognised as, `source_file` and the listener's pseudonym."""


@dataclass(frozen=True)
class Clock:
    """What a source knows of when a playback was heard, and how far it is believed.

    The playback ended up to `early_ms` before and up to `late_ms` after the `ended_at` that the source
    gives. A source of `starts_only` knows the moment it began, to the same precision, and not how long
    it was heard. One of `either_end` gives the start of some playbacks and the end of others.
    One that `reports` says when the service learnt of the playback: of what was played offline
    that is the moment of the upload. `trust` is its place among the sources that tell of one playback: the
    lowest keeps it. `silent` sources call every playback `play`; files and streams of events write `skip`
    for a skip, and there `play` speaks against one. `coarse_seconds` is the resolution of time stamps
    that are coarser than a second.
    """

    source: str
    trust: int
    early_ms: int = SECOND_MS
    late_ms: int = SECOND_MS
    starts_only: bool = False
    either_end: bool = False
    reports: bool = False
    silent: bool = True
    coarse_seconds: int | None = None


def _never(_: object) -> bool:
    return False


@dataclass(frozen=True)
class Format:
    """One format of listening history.

    `why` is what recognition says in words a person understands. A file of JSON is recognised by
    `is_element`, asked of its objects, one of CSV by `is_header`, asked of the names of its columns. `arrays`
    are names of the array that a large object around the rows holds them in. `personal` are fields of the
    export that never pass reading. `clock` is None where the rows themselves name their source.
    `named_by_account`: exporters put the account's name into the name of the file, which is then not kept.
    """

    kind: Kind
    why: str
    read: Reader
    clock: Clock | None
    is_element: Callable[[Mapping[str, object]], bool] = _never
    is_header: Callable[[Sequence[str]], bool] = _never
    arrays: tuple[str, ...] = ()
    personal: frozenset[str] = frozenset()
    named_by_account: bool = False
