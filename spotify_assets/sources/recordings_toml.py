"""`recordings.toml`: what a person says about recordings that the rules of identity get wrong.

    same = [["4uLU6hMCjMI75M1A2tKUQC", "spotify:track:7GhIk7Il098yCjg4BQjzvb"]]
    different = [["4uLU6hMCjMI75M1A2tKUQC", "name-5c8a0d7e1f2b3c4d"]]

A track is named by its Spotify id, URI or address, or by its `track_key`. Each entry of `same` lists tracks
that are one recording, each entry of `different` two that are not.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from spotify_assets.sources.errors import SourceError
from spotify_assets.tables import TRACK_ID

_KEY = re.compile(
    rf"(?:spotify:track:|https?://open\.spotify\.com/(?:\S*/)?track/)?(?P<id>{TRACK_ID})(?:\?\S*)?|(?P<name>name-[0-9a-f]+)"
)


@dataclass(frozen=True)
class Overrides:
    """What a person says about recordings, by track key: groups that are one, and pairs that are not."""

    same: tuple[tuple[str, ...], ...] = ()
    different: tuple[tuple[str, str], ...] = ()


NO_OVERRIDES = Overrides()


def read_overrides(path: Path) -> Overrides:
    """What the file says; nothing where there is none.

    Raises:
        SourceError: it is no TOML file, or an entry is not what it should be; the message quotes the entry.
    """
    if not path.exists():
        return NO_OVERRIDES
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(path, f"this is no TOML file ({error})", "Correct the line, or remove it") from None
    unknown = said.keys() - {"same", "different"}
    if unknown:
        raise SourceError(path, f"`{min(unknown)}` means nothing here", "Use `same` and `different`")
    different = _groups(path, "different", said.get("different", []))
    for entry in different:
        if len(entry) != 2:
            raise SourceError(
                path, f"an entry of `different` lists {len(entry)} tracks: {list(entry)}", "Name exactly two"
            )
    return Overrides(
        same=_groups(path, "same", said.get("same", [])),
        different=tuple((one, other) for one, other in different),
    )


def _groups(path: Path, name: str, entries: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, list) for entry in entries):
        raise SourceError(
            path, f"`{name}` is no list of lists of tracks", f'Write {name} = [["<track>", "<track>"]]'
        )
    groups = tuple(tuple(dict.fromkeys(_key(path, track) for track in entry)) for entry in entries)
    for entry in groups:
        if len(entry) < 2:
            raise SourceError(
                path,
                f"an entry of `{name}` lists one track: {list(entry)}",
                "Name at least two different ones",
            )
    return groups


def _key(path: Path, track: object) -> str:
    found = _KEY.fullmatch(track.strip()) if isinstance(track, str) else None
    if found is None:
        raise SourceError(
            path,
            f"{track!r} is no track",
            "Use a Spotify id, URI or address, or the track_key of core.recordings",
        )
    return found["id"] or found["name"]
