"""A provider of identities on loopback: it asks nobody for a password, and signs who somebody says to be."""

import json
import sys
from pathlib import Path

from tests.servers.daemon import Daemon
from tests.servers.ports import answers, free_ports, wait_for


class Provider:
    """An OpenID Connect provider with some people, each with the claims of their identity."""

    def __init__(self, folder: Path, people: dict[str, dict[str, object]]) -> None:
        [self.port] = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        told = [f"--user-claims={json.dumps({'sub': sub} | claims)}" for sub, claims in people.items()]
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", f"--port={self.port}", *told]
        self._daemon = Daemon(command, folder / "oidc.log")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._daemon.start()
        wait_for(lambda: self._daemon.runs() and answers(self.port), "the provider of identities")

    def stop(self) -> None:
        """End it."""
        self._daemon.stop()

    def login_file(self, dashboard: str) -> str:
        """What Streamlit's secrets say, so that a dashboard at an address asks here."""
        return (
            f'[auth]\nredirect_uri = "{dashboard}/oauth2callback"\n'
            'cookie_secret = "a secret of tests, and of tests only"\n'
            'client_id = "listening"\nclient_secret = "another secret of tests"\n'
            f'server_metadata_url = "{self.url}/.well-known/openid-configuration"\n'
        )
