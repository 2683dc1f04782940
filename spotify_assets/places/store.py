"""Addresses in an object store: S3 and what speaks like it, Google's and Azure's.

obstore does the work; it and the readers of Polars stand on the same library, so one configuration serves
both. An object is whole or not there. Broken connections and answers of an overloaded server are tried again
for `RETRY_SECONDS`; what is left becomes a `StoreError` of one line, without what the library says beside it:
that names keys and signatures.
"""

import functools
import io
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Self, TypeVar

import obstore.store
from obstore.exceptions import AlreadyExistsError, GenericError

from spotify_assets.places.credentials import client_options, store_options

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES = ("s3", "gs", "az", "memory")
RETRY_SECONDS = 120
MAX_RETRIES = 1000
"""More than there is time for: the library's pauses are drawn by lot, and ten of them can be over in two
seconds, less than a gateway takes to start again."""
_PAUSE_SECONDS = 1.0
_BROKEN = "HTTP error"
"""What the library says of a connection that broke, or of which none came about."""
_CODE = re.compile(r"<Code>(\w+)</Code>|status code: (\d{3} [A-Za-z ]+)|error: ([^\n:{]{3,80})")
_P = ParamSpec("_P")
_R = TypeVar("_R")


class StoreError(OSError):
    """An object store does not do what it is asked; the message names the address and what to do."""


class State(NamedTuple):
    """Size in bytes of a file, its version, which changes with every write, and when it was written (Unix
    time, seconds, by the clock of where it lies)."""

    size: int
    version: str
    written: float


_REMEDIES = (
    ("SignatureDoesNotMatch", "the secret key is wrong: check AWS_SECRET_ACCESS_KEY or the profile"),
    ("InvalidAccessKeyId", "the store does not know the access key: check AWS_ACCESS_KEY_ID or the profile"),
    ("RequestTimeTooSkewed", "the clock of this machine differs from the store's by too much: set it"),
    ("ExpiredToken", "the credentials have expired: get new ones"),
    ("NoSuchBucket", "there is no such bucket: create it, or check SPOTIFY_LAKE_URL"),
    ("AccessDenied", "access is denied: the credentials do not allow this"),
    ("403", "access is denied: check the credentials and what they allow"),
    ("401", "the store knows no such credentials"),
)


def _told(error: BaseException, where: str) -> StoreError:
    """One line about what went wrong, without what the library tells of the request."""
    text = str(error)
    for code, words in _REMEDIES:
        if code in text:
            return StoreError(f"{where}: {words}")
    found = _CODE.search(text)
    said = next((part for part in found.groups() if part), "") if found else ""
    words = f" ({said.strip()})" if said else f" ({type(error).__name__})"
    return StoreError(f"{where}: the store cannot be reached or answers with errors{words}; try again later")


def _speaking_plainly(do: Callable[_P, _R]) -> Callable[_P, _R]:
    """Errors of the library become `StoreError` or FileNotFoundError, with the address of the place."""

    @functools.wraps(do)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        place = args[0]
        try:
            return do(*args, **kwargs)
        except StoreError:
            raise
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise _told(error, str(place)) from None
            raise FileNotFoundError(f"{place}: there is no such file") from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "obstore" and not isinstance(error, OSError):
                raise
            raise _told(error, str(place)) from None

    return wrapped


@functools.cache
def _store(root: str) -> "ObjectStore":
    """The store of a URL; one in memory is of this process alone."""
    if root.startswith("memory://"):
        return obstore.store.MemoryStore()
    options: dict[str, Any] = {"client_options": client_options(root), **store_options(root)}
    return obstore.store.from_url(
        root,
        retry_config={"max_retries": MAX_RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        **options,
    )


def _persistently(do: Callable[[], _R]) -> _R:
    """Do again what a broken connection ended.

    The library does not always: neither ask twice for what may have been done when its answer was lost, nor
    ask anew for a listing or an error whose text had begun.
    """
    until = time.monotonic() + RETRY_SECONDS
    while True:
        try:
            return do()
        except GenericError as error:
            if _BROKEN not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)


@functools.total_ordering
@dataclass(frozen=True)
class StorePlace:
    """An address in an object store: the URL of the lake, and the key below it, without a slash at its end.

    `listed_state` is what a listing told of it, which saves asking again.
    """

    root: str
    key: str = ""
    listed_state: State | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """The place of a URL.

        Raises:
            ValueError: the URL names no bucket, or has credentials in it.
        """
        scheme, _, rest = url.partition("://")
        bucket = rest.split("/")[0]
        if not bucket:
            raise ValueError(f"{scheme}:// is to be followed by a bucket and, with a slash, a prefix")
        if "@" in bucket or "?" in rest:
            raise ValueError(
                f"the URL of a {scheme} store is {scheme}://bucket/prefix; credentials do not belong in it: "
                "they come from the environment, a profile or the role of the machine"
            )
        return cls(f"{scheme}://{rest.strip('/')}")

    def __str__(self) -> str:
        return f"{self.root}/{self.key}" if self.key else self.root

    def __lt__(self, other: Self) -> bool:
        return self._parts < other._parts

    def __truediv__(self, key: str) -> Self:
        return type(self)(self.root, f"{self.key}/{key}".strip("/"))

    @property
    def _parts(self) -> list[str]:
        return [self.root, *self.key.split("/")]

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its last ending."""
        return Path(self.name).stem

    @property
    def suffix(self) -> str:
        """The last ending of the name, with its dot."""
        return Path(self.name).suffix

    @property
    def parent(self) -> Self:
        """The folder that it is in; of the root itself, the root."""
        return type(self)(self.root, self.key.rpartition("/")[0])

    @property
    def parents(self) -> Sequence[Self]:
        """The folders that it is in up to the root, the nearest first."""
        found, place = [], self
        while place.key:
            place = place.parent
            found.append(place)
        return found

    def with_name(self, name: str) -> Self:
        """The address beside it that has another name."""
        return self.parent / name

    def within(self, root: "StorePlace") -> str:
        """The key below another place.

        Raises:
            ValueError: it is not below it.
        """
        begins = f"{root.key}/" if root.key else ""
        if self.root != root.root or not self.key.startswith(begins):
            raise ValueError(f"{self} is not below {root}")
        return self.key.removeprefix(begins)

    @property
    def storage_options(self) -> dict[str, Any] | None:
        """The configuration for the readers of Polars; None where they cannot read."""
        if self.root.startswith("memory://"):
            return None
        allowed = {key: str(value).lower() for key, value in client_options(self.root).items()}
        retries = {"max_retries": MAX_RETRIES, "retry_timeout_ms": RETRY_SECONDS * 1000}
        return {**store_options(self.root), **allowed, **retries}

    def exists(self) -> bool:
        """Whether there is an object."""
        return self.state() is not None

    is_file = exists

    def state(self) -> State | None:
        """Size and version of the object as it is now; None where there is none."""
        try:
            return _state(self._head())
        except FileNotFoundError:
            return None

    @_speaking_plainly
    def _head(self) -> Any:
        _first_look(self.root)
        return _store(self.root).head(self.key)

    @_speaking_plainly
    def read_bytes(self) -> bytes:
        """What the object holds.

        Raises:
            FileNotFoundError: there is none.
            StoreError: it cannot be read.
        """
        _first_look(self.root)
        return _persistently(lambda: bytes(_store(self.root).get(self.key).bytes()))

    def read_text(self, encoding: str | None = None) -> str:
        """What the object holds, as text."""
        return self.read_bytes().decode(encoding or "utf-8")

    def open(self) -> io.BytesIO:
        """What the object holds, to be read from memory."""
        return io.BytesIO(self.read_bytes())

    @_speaking_plainly
    def put(self, content: bytes | Path) -> None:
        """Write the object, or a local file as it; what was there is replaced in one step."""
        _persistently(lambda: _store(self.root).put(self.key, content))

    @_speaking_plainly
    def create(self, content: bytes) -> bool:
        """Write the object where there is none; False where there is one.

        `content` is to be like no other's: an answer that was lost is told from somebody else's object by it.
        """
        try:
            _persistently(lambda: _store(self.root).put(self.key, content, mode="create"))
        except AlreadyExistsError:
            try:
                return self.read_bytes() == content
            except FileNotFoundError:  # somebody else's, removed meanwhile
                return False
        return True

    @_speaking_plainly
    def _delete(self) -> None:
        _persistently(lambda: _store(self.root).delete(self.key))

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object.

        Raises:
            FileNotFoundError: there is none, and that is not as it should be.
        """
        if not missing_ok and not self.exists():
            raise FileNotFoundError(f"{self}: there is no such file")
        try:
            self._delete()
        except FileNotFoundError:
            return

    def listed(self, begins: str = "") -> list[Self]:
        """The objects directly in the folder whose names begin so."""
        return [each for each in self.below(begins) if each.parent == self] if begins else self._level()[0]

    def between(self, first: str, last: str) -> list[Self]:
        """The objects directly in the folder with names from one to another, both included."""
        # What is after a name without its last character is that name, or what comes after it or before.
        end = (self / last).key
        found = itertools.takewhile(lambda each: each.key <= end, self._after((self / first[:-1]).key))
        return [each for each in found if each.parent == self and each.name >= first]

    def folders(self, begins: str = "") -> list[Self]:
        """The folders directly in the folder whose names begin so."""
        return [each for each in self._level()[1] if each.name.startswith(begins)]

    @_speaking_plainly
    def _level(self) -> tuple[list[Self], list[Self]]:
        found = _persistently(lambda: _store(self.root).list_with_delimiter(self.key or None))
        return [self._of(each) for each in found["objects"]], [
            type(self)(self.root, key) for key in found["common_prefixes"]
        ]

    def below(self, begins: str = "") -> Iterator[Self]:
        """Every object below the folder whose key below it begins so, in the order of keys."""
        # A prefix is whole parts of a key for the library, so what begins so is found by its order.
        key = f"{self.key}/{begins}".strip("/")
        found = self._after(key if begins else None)
        yield from itertools.takewhile(lambda each: each.key.startswith(key), found)

    def _after(self, key: str | None) -> Iterator[Self]:
        """Every object below the folder, in the order of keys; with `key` those that come after that."""
        page, pages = self._next(None, key)
        while page:
            yield from page
            page, pages = self._next(pages, page[-1].key)

    @_speaking_plainly
    def _next(self, pages: Any, key: str | None) -> tuple[list[Self], Any]:
        """The next page, and what gives those after it; where that breaks, a new one begins after a key."""

        def ask() -> Any:
            nonlocal pages
            asked, pages = (
                pages or _store(self.root).list(self.key or None, offset=key, chunk_size=1000),
                None,
            )
            found = next(asked, ())
            pages = asked
            return found

        return [self._of(each) for each in _persistently(ask)], pages

    def _of(self, meta: Any) -> Self:
        return type(self)(self.root, meta["path"], _state(meta))


def _state(meta: Any) -> State:
    version = str(meta["e_tag"] or meta["version"] or meta["last_modified"].timestamp())
    return State(meta["size"], version.strip('"'), meta["last_modified"].timestamp())


_looked: set[str] = set()
_looking = threading.Lock()


def _first_look(root: str) -> None:
    """Look once whether the bucket is there: asked for an object, a store says the same of a missing bucket
    as of a missing object."""
    if root in _looked:
        return
    with _looking:
        if root not in _looked:
            _persistently(lambda: next(iter(_store(root).list(None, chunk_size=1)), None))
            _looked.add(root)
