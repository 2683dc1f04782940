"""Answers to `recently played` as events: the rows of `raw.raw_events` with the source `web_api`.

`played_at` is sometimes the start of a playback and sometimes its end; nothing in the answer says which, so
it stands as `ended_at`, and `transforms.matching` takes it for either. How much was heard is not told:
`ms_played` is the track's length, and not more than what passed since the play before
(`extra.ms_played_from` = `length`). The service lists what was heard for 30 seconds and more.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from spotify_assets.sources.formats import WEB_API

LISTED_FROM_MS = 30_000
"""What was heard for less is not listed. Source: the API's description of the endpoint."""
_ID_DIGITS = 32
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Play:
    """One item of an answer: the UTC moment it names in milliseconds since 1970, and its row."""

    played_ms: int
    row: Mapping[str, object]

    @property
    def event_id(self) -> str:
        """The id of its row: the same item, the same id, however often it is told."""
        return str(self.row["event_id"])


def plays_of(user_id: str, items: Sequence[Any], newest: int | None) -> tuple[list[Play], int]:
    """The items of an answer as plays in the order of time, and how many items are none.

    `newest` is the moment of the newest play that is known from before.
    """
    timed = [(moment, item) for item in items if (moment := _moment(item)) is not None]
    unread = len(items) - len(timed)
    plays: list[Play] = []
    before = newest
    for moment, item in sorted(timed, key=lambda each: each[0]):
        plays.append(Play(moment, _row(user_id, item, moment, before)))
        before = moment
    return plays, unread


def _moment(item: Any) -> int | None:
    """The moment of an item; None where it is no play of a track."""
    try:
        moment = datetime.fromisoformat(item["played_at"])
        if not item["track"]["name"]:
            return None
    except (KeyError, TypeError, ValueError):
        return None
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1_000)


def _row(user_id: str, item: Mapping[str, Any], played_ms: int, before: int | None) -> dict[str, object]:
    track = item["track"]
    ended_at = datetime(1970, 1, 1) + timedelta(milliseconds=played_ms)  # noqa: DTZ001  # naive UTC
    heard = _heard(track.get("duration_ms"), None if before is None else played_ms - before)
    uri = str(track.get("uri") or track["name"])
    artists = track.get("artists") or [{}]
    extra = {
        "ms_played_from": "length" if track.get("duration_ms") else "assumed",
        "isrc": (track.get("external_ids") or {}).get("isrc"),
        "context": (item.get("context") or {}).get("type"),
    }
    facts = _SEPARATOR.join((WEB_API.source, user_id, str(played_ms), uri))
    return {
        "event_id": hashlib.sha256(facts.encode()).hexdigest()[:_ID_DIGITS],
        "user_id": user_id,
        "track_id": track.get("id") or None,
        "started_at": ended_at - timedelta(milliseconds=heard),
        "ended_at": ended_at,
        "event_date": ended_at.date(),
        "action": "play",
        "ms_played": heard,
        "source": WEB_API.source,
        "content_type": "music",
        "track_name": track["name"],
        "artist_name": artists[0].get("name"),
        "album_name": (track.get("album") or {}).get("name"),
        "extra": json.dumps({name: value for name, value in extra.items() if value}, ensure_ascii=False),
    }


def _heard(length: object, since: int | None) -> int:
    """Milliseconds heard, by the track's length and what passed since the play before.

    Where that is less than what is listed at all, one of the two moments is a start, and says nothing.
    """
    whole = length if isinstance(length, int) and length > 0 else LISTED_FROM_MS
    return whole if since is None or since < LISTED_FROM_MS else min(whole, since)
