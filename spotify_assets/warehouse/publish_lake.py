"""The published Parquet files in the lake, for readers that are not on this machine.

The files are those of the published copy (`warehouse.publish`), at the same paths below `processed/`: hive
folders, one file for each month of a table. Only what changed is written, each file in one step, so that a
reader that lists a table sees of every month the old rows or the new, never half of it or both: names that
are new at each publishing would show a plain listing both for a while. The manifest is written last; who
wants all tables of one publishing reads a manifest that says `complete` before and after, with one version.
"""

from pathlib import Path

from spotify_assets import places
from spotify_assets.places import Place
from spotify_assets.warehouse.manifest import PublishedManifest


def publish_to_lake(processed_dir: Path, published: Place) -> tuple[str, ...]:
    """Make the published files in the lake those of a published copy; the paths that were written.

    Raises:
        OSError: a file cannot be written; doing it again goes on where it ended.
    """
    now, before = PublishedManifest.read(processed_dir), PublishedManifest.read(published)
    known = {path: (file.fingerprint, file.bytes) for path, file in before.files.items()}
    changed = sorted(path for path, f in now.files.items() if known.get(path) != (f.fingerprint, f.bytes))
    gone = sorted(before.files.keys() - now.files.keys())
    if changed or gone:
        before.without({*changed, *gone}).write(published)
        places.each(lambda path: places.copy(processed_dir / path, published / path), changed)
        places.remove(published / path for path in gone)
    now.write(published)
    return tuple(changed)
