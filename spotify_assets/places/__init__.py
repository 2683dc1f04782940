"""Places: addresses of files in a local folder or in an object store, and all that is done with them.

A `Place` is an address. One in a local folder is a `pathlib.Path`, one in a store a `StorePlace`
(`places.store`); `Place` has only what both can do, and what they do differently is here:

    files, folders, below       what is there
    write, write_if_absent      a whole file or none of it; only where there is none yet
    bring, copy                 a file that was made on this machine, put in its place, or copied there
    state                       size and version of a file
    read_parquet, scan_parquet  tables, from where they are
    places.lock                 one process at a time

An object store has no folders and no rename: what is read together is committed by a small file that is
written last and names the others. Nothing here knows what the files mean (`lake`).
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self, TypeGuard, TypeVar, cast

import polars as pl

from spotify_assets.places.store import SCHEMES, State, StoreError, StorePlace
from spotify_assets.whole_files import beside, replaced

__all__ = ["Place", "PlaceT", "State", "StoreError", "StorePlace"]

AT_A_TIME = 16
"""Requests to a store that are under way together."""


class Place(Protocol):
    """An address in a local folder or in an object store."""

    @property
    def name(self) -> str:
        """The last part of the address."""

    @property
    def stem(self) -> str:
        """The name without its last ending."""

    @property
    def suffix(self) -> str:
        """The last ending of the name, with its dot."""

    @property
    def parent(self) -> Self:
        """The folder that it is in."""

    @property
    def parents(self) -> Sequence[Self]:
        """The folders that it is in, the nearest first."""

    def __truediv__(self, key: str) -> Self: ...

    def __lt__(self, other: Self) -> bool: ...

    def __hash__(self) -> int: ...

    def with_name(self, name: str) -> Self:
        """The address beside it that has another name."""

    def exists(self) -> bool:
        """Whether there is a file."""

    def is_file(self) -> bool:
        """Whether there is a file."""

    def read_bytes(self) -> bytes:
        """What the file holds.

        Raises:
            FileNotFoundError: there is none.
            OSError: it cannot be read.
        """

    def read_text(self, encoding: str | None = None) -> str:
        """What the file holds, as text."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the file."""


PlaceT = TypeVar("PlaceT", bound=Place)
_T = TypeVar("_T")
_R = TypeVar("_R")


def place_of(address: str) -> Place:
    """The place of an address: a URL of an object store, or the path of a local folder.

    Raises:
        ValueError: the URL is none that can be used; the message says why.
    """
    scheme, divider, _ = address.partition("://")
    if not divider:
        return Path(address).expanduser().resolve()
    if scheme not in SCHEMES:
        raise ValueError(f"{scheme}:// is no store that is known: use a path, or {', '.join(SCHEMES)}")
    return StorePlace.of(address)


def is_local(place: Place) -> TypeGuard[Path]:
    """Whether a place is in a local folder."""
    return isinstance(place, Path)


def within(place: Place, root: Place) -> str:
    """The address of a place below another one, with `/` between its parts."""
    if isinstance(place, Path):
        return place.relative_to(str(root)).as_posix()
    assert isinstance(place, StorePlace) and isinstance(root, StorePlace)
    return place.within(root)


def files(folder: PlaceT, *, begins: str = "") -> list[PlaceT]:
    """The files directly in a folder whose names begin so, hidden ones left out; none without the folder."""
    if isinstance(folder, StorePlace):
        return sorted(each for each in folder.listed(begins) if each.name[0] != ".")
    return [each for each in _entries(folder, begins) if each.name[0] != "." and each.is_file()]


def files_between(folder: PlaceT, first: str, last: str) -> list[PlaceT]:
    """The files directly in a folder with names from one to another, both included."""
    if isinstance(folder, StorePlace):
        return sorted(folder.between(first, last))
    return [path for path in files(folder) if first <= path.name <= last]


def folders(folder: PlaceT, *, begins: str = "") -> list[PlaceT]:
    """The folders directly in a folder whose names begin so, in order; none without the folder."""
    if isinstance(folder, StorePlace):
        return sorted(folder.folders(begins))
    return [each for each in _entries(folder, begins) if _path(each).is_dir()]


def below(folder: PlaceT, *, begins: str = "") -> Iterator[PlaceT]:
    """Every file below a folder, in no order; with `begins` those in folders of it whose names begin so.

    None without the folder. A link that leads nowhere is a file, so that whoever reads it names it.
    """
    if isinstance(folder, StorePlace):
        yield from (each for each in folder.below(begins) if not begins or each.parent != folder)
        return
    for each in folders(folder, begins=begins) if begins else [folder]:
        for path in _path(each).rglob("*"):
            if path.is_file() or (path.is_symlink() and not path.exists()):
                yield cast(PlaceT, path)


def state(place: Place) -> State | None:
    """Size and version of a file; None where there is none."""
    if isinstance(place, StorePlace):
        return place.state()
    try:
        found = _path(place).stat()
    except FileNotFoundError:
        return None
    return State(found.st_size, f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}", found.st_mtime)


def _exists(place: Place) -> bool:
    return place.exists()


def state_as_listed(place: Place) -> State | None:
    """The same, as the listing told that the place is from."""
    listed = place.listed_state if isinstance(place, StorePlace) else None
    return listed or state(place)


def existing(places: Iterable[PlaceT]) -> list[PlaceT]:
    """Those of some places that have a file, in their order."""
    places = list(places)
    if all(is_local(place) for place in places):
        return [place for place in places if place.exists()]
    return [place for place, there in zip(places, each(_exists, places), strict=True) if there]


def that_exist(root: Place, names: Iterable[str]) -> set[str]:
    """Those of some files below a place, by their names in it, that are there."""
    of_place = {root / name: name for name in names}
    return {of_place[place] for place in existing(of_place)}


def read_each(found: Sequence[PlaceT]) -> Iterator[tuple[PlaceT, bytes]]:
    """Files that are there with what they hold, in their order; what was removed meanwhile is left out."""
    contents = each(_read_if_there, found) if not all(map(is_local, found)) else map(_read_if_there, found)
    for place, content in zip(found, contents, strict=True):
        if content is not None:
            yield place, content


def _read_if_there(place: Place) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None


def write(place: PlaceT, content: bytes) -> PlaceT:
    """Write a file so that a reader sees all of it or nothing, also after a crash."""
    if isinstance(place, StorePlace):
        place.put(content)
        return place
    with replaced(_in_folder(place)) as new:
        _write_through(new, content)
    return place


def write_if_absent(place: Place, content: bytes) -> bool:
    """Write a file where there is none; False, and nothing changed, where there is one."""
    if isinstance(place, StorePlace):
        return place.create(content)
    with beside(_in_folder(place)) as temporary:
        _write_through(temporary, content)
        try:
            # A link is made only where its name is free; a rename would replace what is there.
            os.link(temporary, _path(place))
        except FileExistsError:
            return False
    return True


def write_parquet(place: PlaceT, frame: pl.DataFrame) -> PlaceT:
    """Write a frame as Parquet so that a reader sees all of it or nothing."""
    if isinstance(place, StorePlace):
        with tempfile.TemporaryDirectory(prefix="spotify-assets-") as folder:
            made = Path(folder) / "made.parquet"
            frame.write_parquet(made, compression="zstd")
            place.put(made)
        return place
    with replaced(_in_folder(place)) as new:
        frame.write_parquet(new, compression="zstd")
    return place


def bring(made: Mapping[Path, Place]) -> None:
    """Put files that were made on this machine, on the disk of a local place, in their places."""
    to_store = {source: target for source, target in made.items() if isinstance(target, StorePlace)}
    each(lambda pair: pair[1].put(pair[0]), to_store.items())
    for source, target in made.items():
        if source in to_store:
            source.unlink()
        else:
            folder = _path(target).parent
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
            source.replace(_path(target))


def copy(source: Path, target: Place) -> None:
    """Copy a file of this machine so that a reader sees all of it or nothing."""
    if isinstance(target, StorePlace):
        target.put(source)
        return
    with replaced(_in_folder(target)) as new:
        shutil.copyfile(source, new)


def remove(places: Iterable[Place]) -> None:
    """Remove files; those that are not there are passed over."""
    places = list(places)
    each(lambda place: place.unlink(missing_ok=True), [each for each in places if not is_local(each)])
    for place in places:
        if is_local(place):
            place.unlink(missing_ok=True)


def remove_empty(folder: Place) -> None:
    """Remove a local folder that nothing is left in; a store has none."""
    if is_local(folder) and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@contextmanager
def work_folder(place: Place, begins: str) -> Iterator[Path]:
    """A local folder in which files of a place are made ready, on its disk where it has one.

    No reader sees it, and it is removed in the end.
    """
    if is_local(place):
        place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=begins, dir=place if is_local(place) else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_work_folders(place: Place, begins: str) -> None:
    """Remove what work folders a local place has of processes that were killed."""
    for folder in folders(place, begins=begins) if is_local(place) else ():
        shutil.rmtree(folder, ignore_errors=True)


def read_parquet(place: Place) -> pl.DataFrame:
    """The rows of a Parquet file; what folders say is no column."""
    if isinstance(place, StorePlace):
        return pl.read_parquet(place.open(), hive_partitioning=False, glob=False)
    return pl.read_parquet(_path(place), hive_partitioning=False, glob=False)


def scan_parquet(places: Sequence[Place], **options: Any) -> pl.LazyFrame:
    """The rows of Parquet files, read by column and row group when they are collected.

    `options` are those of `polars.scan_parquet`; what folders say is no column.
    """
    in_store = [place for place in places if isinstance(place, StorePlace)]
    options = {"hive_partitioning": False, **options}
    if not in_store:
        return pl.scan_parquet([_path(place) for place in places], glob=False, **options)
    if in_store[0].storage_options is None:
        in_memory: list[IO[bytes]] = [place.open() for place in in_store]
        return pl.scan_parquet(in_memory, glob=False, **options)
    return pl.scan_parquet(
        [str(place) for place in in_store],
        storage_options=in_store[0].storage_options,
        credential_provider=None,
        glob=False,
        **options,
    )


def _path(place: Place) -> Path:
    """A place in a local folder as the path that it is."""
    assert isinstance(place, Path)
    return place


def _in_folder(place: Place) -> Path:
    """The path of a file to write, whose folder is made where there is none."""
    path = _path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _entries(folder: PlaceT, begins: str) -> list[PlaceT]:
    """What is directly in a local folder and begins so, in order; nothing without the folder."""
    path = _path(folder)
    entries = sorted(each for each in path.iterdir() if each.name.startswith(begins)) if path.is_dir() else []
    return cast(list[PlaceT], entries)


def each(do: Callable[[_T], _R], things: Iterable[_T]) -> list[_R]:
    """Do something with each thing, several at a time: a store answers late, and many at once."""
    things = list(things)
    if len(things) < 2:
        return [do(thing) for thing in things]
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        return list(threads.map(do, things))


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
