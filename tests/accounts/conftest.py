"""A test server with a clock of its own, settings that lead to it, and people who are connected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.accounts.timing import Timing
from spotify_assets.accounts.tokens import Account, TokenStore
from spotify_assets.settings import Settings
from tests.servers.spotify_api.server import CLIENT_ID, SpotifyApi, serving

START = 1_772_323_200.0
"""2026-03-01 00:00 UTC."""


@dataclass
class Clock:
    """A clock that goes on only when someone waits."""

    seconds: float = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    @property
    def timing(self) -> Timing:
        return Timing(self.now, self.sleep)


@dataclass
class World:
    """The server, the clock of both sides, and the folder of an installation."""

    api: SpotifyApi
    clock: Clock
    folder: Path

    def settings(self, **changes: Any) -> Settings:
        return Settings(**self.api.settings(self.folder / "data", **changes))

    def connect(self, *names: str) -> None:
        """Connect people, as the flow in the browser does."""
        store = TokenStore(self.settings().tokens_dir)
        for name in names:
            token = self.api.grant(name)
            until = self.clock.now() + self.api.expires_in
            store.save(Account(name, CLIENT_ID, "2026-03-01"), {**token, "expires_at": until})

    def calls(self, begins: str = "/v1/") -> list[str]:
        """The paths of the calls that were let in."""
        return [path for _, path, _ in self.api.calls if path.startswith(begins)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    clock = Clock()
    with serving(now=clock.now) as api:
        yield World(api, clock, tmp_path)
