"""The manifest of what is published: which Parquet files there are, and of which state each is.

It is written last, in one step. While files are being replaced, a manifest without them stands in its place,
so that a publishing that is cut short is made good by the next one: a file that no manifest vouches for is
written again.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from spotify_assets import places
from spotify_assets.places import Place, StoreError

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PublishedFile:
    """One Parquet file: the state of the rows in it, how many, its size, and the publishing that wrote it."""

    fingerprint: str
    rows: int
    bytes: int
    version: int


@dataclass(frozen=True)
class PublishedManifest:
    """Everything that is published in one folder.

    `version` counts publishings; `complete` is false while one is under way, or was cut short; `files` are by
    path below the folder.
    """

    version: int = 0
    complete: bool = False
    files: Mapping[str, PublishedFile] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Place) -> Self:
        """The manifest of a folder; an empty one where there is none that can be read.

        Raises:
            StoreError: the folder is in a store that does not answer.
        """
        try:
            stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            files = {path: PublishedFile(**entry) for path, entry in stored["files"].items()}
            return cls(stored["version"], stored["complete"], files)
        except StoreError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self, folder: Place) -> None:
        """Put the manifest in place of the folder's last one, in one step."""
        places.write(folder / MANIFEST, json.dumps(asdict(self), indent=1).encode())

    def without(self, paths: Collection[str]) -> "PublishedManifest":
        """The manifest that stands while these files are replaced or removed."""
        kept = {path: file for path, file in self.files.items() if path not in paths}
        return replace(self, complete=False, files=kept)
