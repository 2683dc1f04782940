"""What was handed in, as files: those below a folder, and those in a file on disk."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from spotify_assets.sources.imports import InputFile, Refused, SourceError, input_files


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


def files_in(path: Path, name: str) -> list[InputFile | Refused]:
    """The files in one file on disk: itself, or what an archive holds."""
    if path.is_symlink():
        return [Refused(name, "link", "it is a link to another place; hand in the file itself")]
    return list(input_files(path))


def sha256_of(path: Path, files: Sequence[InputFile | Refused]) -> str:
    """SHA-256 of a file on disk, worked out once where it is itself what is landed."""
    if len(files) == 1 and isinstance(files[0], InputFile) and files[0].path == path:
        return files[0].sha256
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
