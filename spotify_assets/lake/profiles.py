"""Profiles: what listeners said about themselves when they imported, kept beside the lake's data.

One JSON file per listener under `<lake>/_users/`, named by a hash of the pseudonym, so that any pseudonym
makes a file name and none can be read off one.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from zoneinfo import available_timezones

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.places import Place, PlaceT

USERS = "_users"
_HASH_DIGITS = 16
MAX_USER_ID = 64
"""Longest pseudonym, in characters."""


@dataclass(frozen=True)
class Profile:
    """One listener: the pseudonym, the IANA zone they live by (None where they did not say), and whether
    their hours follow the country of each playback instead."""

    user_id: str
    time_zone: str | None = None
    follows_country: bool = False


def checked_user_id(user_id: str) -> str:
    """The pseudonym, trimmed.

    Raises:
        ValueError: it is empty, too long, holds control characters, or looks like an e-mail address, which
            would name a person.
    """
    trimmed = user_id.strip()
    if not trimmed or len(trimmed) > MAX_USER_ID or not trimmed.isprintable():
        raise ValueError(f"--user {user_id!r}: give a pseudonym of 1 to {MAX_USER_ID} printable characters")
    if "@" in trimmed:
        raise ValueError(f"--user {trimmed}: an e-mail address names a person; give a pseudonym, e.g. me")
    return trimmed


def checked_time_zone(name: str) -> str:
    """The name of an IANA time zone.

    Raises:
        ValueError: there is no such zone; the message names the one that differs in case alone.
    """
    known = available_timezones()
    if name in known:
        return name
    alike = next((zone for zone in known if zone.casefold() == name.casefold()), None)
    hint = f"did you mean {alike}?" if alike else "give one such as Europe/Berlin or America/New_York"
    raise ValueError(f"--timezone {name}: there is no such time zone in the IANA database; {hint}")


def user_digest(user_id: str) -> str:
    """What stands for a pseudonym in file names."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:_HASH_DIGITS]


def profile_path(lake_dir: PlaceT, user_id: str) -> PlaceT:
    """Where the profile of a listener is."""
    return lake_dir / USERS / f"{user_digest(user_id)}.json"


def write_profile(lake_dir: PlaceT, profile: Profile) -> PlaceT:
    """Store what a listener declared, in place of what they declared before."""
    content = json.dumps(asdict(profile), ensure_ascii=False, indent=2)
    return layout.write_bytes(profile_path(lake_dir, profile.user_id), content.encode())


def read_profiles(lake_dir: Place) -> list[Profile]:
    """Every listener who declared something, by pseudonym.

    Raises:
        ValueError: a file among the profiles is none; the message names it.
    """
    profiles = [_read(path) for path in places.files(lake_dir / USERS) if path.suffix == ".json"]
    return sorted(profiles, key=lambda profile: profile.user_id)


def _read(path: Place) -> Profile:
    try:
        return Profile(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: this is no profile ({error}). Remove it and declare it again.") from None
