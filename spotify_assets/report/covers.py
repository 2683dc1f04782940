"""Cover art from a folder of the listener's own; nothing is ever fetched."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_KINDS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
MOST_BYTES = 100_000
"""Of one picture; larger ones are left out, so that a page of them can be sent."""
_NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|]')
"""What file systems do not take, which stands as _ in the names of files."""
_shown: ContextVar[Mapping[str, Path] | None] = ContextVar("covers", default=None)


@contextmanager
def covers_of(folder: Path | None) -> Iterator[None]:
    """Show covers of a folder, within the block: files named `<artist> - <album>`, in any case of letters.

    Without a folder, or where it does not exist, there are none.
    """
    files = sorted(folder.iterdir()) if folder and folder.is_dir() else []
    token = _shown.set({file.stem.casefold(): file for file in files if file.suffix.lower() in _KINDS})
    try:
        yield
    finally:
        _shown.reset(token)


def cover(artist: str | None, album: str | None) -> str | None:
    """The cover of an album as an address that has the picture in it; None where there is none."""
    name = _NOT_IN_NAMES.sub("_", f"{artist} - {album}").casefold()
    file = (_shown.get() or {}).get(name)
    if file is None or file.stat().st_size > MOST_BYTES:
        return None
    kind = _KINDS[file.suffix.lower()]
    return f"data:image/{kind};base64,{b64encode(file.read_bytes()).decode()}"
