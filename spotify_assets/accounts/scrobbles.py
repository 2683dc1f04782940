"""Scrobbles of Last.fm and ListenBrainz, fetched by their APIs from the newest that is known on.

They become a file in the listener's folder of the inbox, as an exporter would write it, and are imported
like any other. What was scrobbled in the day before the newest known is fetched again, because a phone may
send late; what comes twice counts once.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from spotify_assets.accounts.budget import DAY
from spotify_assets.accounts.errors import AccountError
from spotify_assets.accounts.state import AccountState
from spotify_assets.accounts.timing import Timing
from spotify_assets.settings import Settings

LASTFM, LISTENBRAINZ = "lastfm", "listenbrainz"
_LISTENS_AT_A_TIME = 100
"""What ListenBrainz gives at most. Source: its API's documentation."""
Scrobble = tuple[int, Mapping[str, object]]
"""The moment in seconds since 1970, and a row as the service's exporters write it."""
Fetch = Callable[[str, int], Iterator[Scrobble]]
"""The scrobbles of an account after a moment, the newest first."""


@dataclass(frozen=True)
class Fetched:
    """What was fetched: the file (None where nothing is new), how many rows it has, and the moment of the
    newest scrobble that is known now."""

    path: Path | None
    rows: int
    newest: int


def fetch_scrobbles(
    settings: Settings, service: str, account: str, user_id: str, timing: Timing | None = None
) -> Fetched:
    """Fetch the scrobbles of an account that are newer than those known of a listener, into the inbox.

    `note_fetched` is to be called when the file was imported; until then the same is fetched again.

    Raises:
        AccountError: the extra is not installed, or the service refuses.
    """
    timing = timing or Timing()
    fetch = {LASTFM: _lastfm, LISTENBRAINZ: _listenbrainz}[service](settings)
    known = _newest(AccountState(settings.accounts_dir), service, user_id)
    folder = settings.inbox_dir / user_id
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.fromtimestamp(timing.now(), UTC)
    path = folder / f"{service}-{moment:%Y%m%dT%H%M%S}.json"
    unfinished = path.with_name(f".{path.name}.part")
    rows, newest = 0, known
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write("[\n")
            for at, row in fetch(account, max(0, known - round(DAY))):
                file.write(",\n" if rows else "")
                file.write(json.dumps(row, ensure_ascii=False))
                rows, newest = rows + 1, max(newest, at)
            file.write("\n]\n")
            file.flush()
            os.fsync(file.fileno())
        if newest == known:
            return Fetched(None, 0, known)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Fetched(path, rows, newest)


def note_fetched(settings: Settings, service: str, user_id: str, newest: int) -> None:
    """Note the newest scrobble of a listener that was imported."""
    with AccountState(settings.accounts_dir).step() as connection:
        connection.execute(
            "insert into listeners (service, user_id, newest) values (?, ?, ?)"
            " on conflict (service, user_id) do update set newest = excluded.newest",
            [service, user_id, newest],
        )


def _newest(state: AccountState, service: str, user_id: str) -> int:
    with state.step() as connection:
        found = connection.execute(
            "select newest from listeners where (service, user_id) = (?, ?)", [service, user_id]
        ).fetchone()
    return int(found[0] or 0) if found else 0


def _lastfm(settings: Settings) -> Fetch:
    try:
        import pylast  # noqa: PLC0415  # an extra
    except ImportError:
        raise AccountError("fetch lastfm needs the extra: pip install 'spotify-assets[lastfm]'") from None
    if settings.lastfm_api_key is None:
        raise AccountError(
            "set SPOTIFY_LASTFM_API_KEY to a key of your own: https://www.last.fm/api/account/create"
        )
    network = pylast.LastFMNetwork(api_key=settings.lastfm_api_key.get_secret_value())
    network.ws_server = (settings.lastfm_host, "/2.0/")
    network.enable_rate_limit()

    def fetch(account: str, after: int) -> Iterator[Scrobble]:
        # Pages are counted from the newest, so what is played meanwhile must not move them.
        until = round(datetime.now(UTC).timestamp())
        try:
            for played in network.get_user(account).get_recent_tracks(
                limit=None, time_from=after + 1, time_to=until, stream=True
            ):
                at = int(played.timestamp)
                yield (
                    at,
                    {
                        "uts": at,
                        "artist": played.track.artist.name,
                        "track": played.track.title,
                        "album": played.album,
                    },
                )
        except pylast.PyLastError as error:
            raise AccountError(f"Last.fm answers: {error}") from None

    return fetch


def _listenbrainz(settings: Settings) -> Fetch:
    try:
        import liblistenbrainz  # noqa: PLC0415  # an extra
        import requests  # noqa: PLC0415  # what it is made on
    except ImportError:
        raise AccountError(
            "fetch listenbrainz needs the extra: pip install 'spotify-assets[listenbrainz]'"
        ) from None
    client = liblistenbrainz.ListenBrainz(settings.listenbrainz_url)

    def fetch(account: str, after: int) -> Iterator[Scrobble]:
        until, told = None, set[str]()
        while True:
            try:
                page = client.get_listens(account, max_ts=until, count=_LISTENS_AT_A_TIME)
            except (liblistenbrainz.errors.ListenBrainzException, requests.RequestException) as error:
                raise AccountError(f"ListenBrainz answers: {error}") from None
            rows = [(int(listen.listened_at), _listen(listen)) for listen in page if listen.listened_at]
            new = [(at, row) for at, row in rows if at > after and json.dumps(row) not in told]
            yield from new
            if not rows or rows[-1][0] <= after:
                return
            # The next page begins before `until`: of the second that this one ends in, some may be left.
            last = rows[-1][0]
            until = last + 1 if new else last
            told = {json.dumps(row) for at, row in rows if at == last}

    return fetch


def _listen(listen: object) -> Mapping[str, object]:
    """A listen as ListenBrainz exports it, without the account's name."""
    return {
        "listened_at": listen.listened_at,  # type: ignore[attr-defined]
        "track_metadata": {
            "artist_name": listen.artist_name,  # type: ignore[attr-defined]
            "track_name": listen.track_name,  # type: ignore[attr-defined]
            "release_name": listen.release_name,  # type: ignore[attr-defined]
            "additional_info": listen.additional_info,  # type: ignore[attr-defined]
        },
    }
