"""The test server says nothing that the documentation does not have: every answer has its schema."""

import json
import urllib.error
import urllib.request
from collections import deque

import pytest

from tests.servers.spotify_api.server import RECENTLY_PLAYED, SpotifyApi, _Handler, serving
from tests.servers.spotify_api.world import id_of

PATHS = (
    RECENTLY_PLAYED,
    f"{RECENTLY_PLAYED}?limit=51",
    *(f"/v1/{kind}s/{id_of(kind, 3)}" for kind in ("track", "album", "artist")),
    f"/v1/tracks/{id_of('track', 10**7)}",
    "/v1/tracks/nothing",
    f"/v1/tracks?ids={id_of('track', 3)},{id_of('track', 4)}",
    "/v1/shows/1",
    "/elsewhere",
)


def status_of(api: SpotifyApi, path: str, token: str, body: bytes | None = None) -> int:
    request = urllib.request.Request(
        f"{api.address}{path}", body, headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            json.load(answer)
            return int(answer.status)
    except urllib.error.HTTPError as error:
        json.load(error)
        return error.code


@pytest.mark.parametrize("extended", [False, True])
def test_every_kind_of_answer_agrees_with_a_schema(extended: bool):
    with serving(extended=extended) as api:
        token = str(api.grant("anna")["access_token"])
        api.person("anna").played(1_000, 3)
        statuses = {status_of(api, path, token) for path in PATHS}
        statuses |= {status_of(api, PATHS[0], "none"), status_of(api, "/api/token", token, b"")}
        api.faults["/v1/"] = deque(["429:3"])
        statuses |= {status_of(api, PATHS[0], token), status_of(api, PATHS[0], token)}
        assert statuses == {200, 400, 401, 404, 429} | ({403} if not extended else set())


def test_an_answer_that_is_compared_with_nothing_fails_its_test(monkeypatch: pytest.MonkeyPatch):
    def answers(self: _Handler, *_: object) -> None:
        self._raw(200, b"{}", {})

    monkeypatch.setattr(_Handler, "_web_api", answers)
    with pytest.raises(AssertionError, match="compared with no schema"), serving() as api:
        assert status_of(api, PATHS[0], "") == 200


def test_an_answer_that_drifts_is_not_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.servers.spotify_api.world.iso", lambda _: "yesterday")
    with pytest.raises(AssertionError, match="recently_played"), serving() as api:
        token = str(api.grant("anna")["access_token"])
        api.person("anna").played(1_000, 3)
        assert status_of(api, RECENTLY_PLAYED, token) == 500
