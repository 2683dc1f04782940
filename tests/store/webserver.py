"""Dagster's webserver on an instance of a test, asked for all it tells of its runs."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.ports import answers, free_ports, wait_for

START_SECONDS = 180
_RUNS = """{ runsOrError { ... on Runs { results { runId status runConfigYaml
  tags { key value } stats { __typename } } } } }"""
_LOGS = """query ($run: ID!) { logsForRun(runId: $run) {
  __typename ... on EventConnection { events { __typename
    ... on MessageEvent { message stepKey level }
    ... on DisplayableEvent { label description metadataEntries { __typename label description
      ... on TextMetadataEntry { text } ... on JsonMetadataEntry { jsonString }
      ... on MarkdownMetadataEntry { mdStr } ... on PathMetadataEntry { path }
      ... on UrlMetadataEntry { url } } }
    ... on ErrorEvent { error { message className stack
      causes { message stack } errorChain { error { message stack } } } }
    ... on LogsCapturedEvent { fileKey stepKeys } } } } }"""
_CAPTURED = "query ($key: [String!]!) { capturedLogs(logKey: $key) { stdout stderr } }"
_INSTANCE = "{ instance { info } }"


@contextmanager
def webserver(environment: Mapping[str, str], log: Path) -> Iterator["Asked"]:
    """The webserver of an instance, without any code: it shows what runs left."""
    [port] = free_ports(1)
    program = str(Path(sys.executable).with_name("dagster-webserver"))
    command = [program, "--empty-workspace", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=dict(environment), stdout=said, stderr=said)
    try:
        wait_for(lambda: process.poll() is None and answers(port), "the webserver", START_SECONDS)
        yield Asked(f"http://127.0.0.1:{port}/graphql")
    finally:
        process.terminate()
        process.wait(60)


class Asked:
    """What the webserver answers."""

    def __init__(self, address: str) -> None:
        self._address = address

    def everything(self) -> dict[str, Any]:
        """Of the instance and of each run by its id: what GraphQL answers, captured output included."""
        found: dict[str, Any] = {"instance": self._ask(_INSTANCE)}
        for run in self._ask(_RUNS)["runsOrError"]["results"]:
            logs = self._ask(_LOGS, run=run["runId"])["logsForRun"]["events"]
            keys = {event["fileKey"] for event in logs if event.get("fileKey")}
            captured = [self._ask(_CAPTURED, key=[run["runId"], "compute_logs", key]) for key in sorted(keys)]
            found[run["runId"]] = {"run": run, "logs": logs, "captured": captured}
        return found

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self._address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return dict(found["data"])
