"""The image's health check: well only where the server answers, has the assets, and its daemon is at work."""

import subprocess
import sys

import pytest
from dagster_graphql.schema import create_schema
from graphql import parse, validate

from spotify_assets.instance.healthy import ASK, ailments
from tests.e2e.server import free_port


def answer(
    *, loaded: str = "RepositoryLocation", healthy: bool = True, required: bool = True
) -> dict[str, object]:
    return {
        "workspaceOrError": {
            "locationEntries": [{"name": "spotify_assets", "locationOrLoadError": {"__typename": loaded}}]
        },
        "instance": {
            "daemonHealth": {
                "allDaemonStatuses": [
                    {"daemonType": "SENSOR", "required": True, "healthy": True},
                    {"daemonType": "QUEUED_RUN_COORDINATOR", "required": required, "healthy": healthy},
                ]
            }
        },
    }


@pytest.mark.parametrize("asked", [answer(), answer(healthy=False, required=False)])
def test_a_server_with_assets_and_the_daemons_that_it_needs_is_well(asked: dict[str, object]):
    assert ailments(asked) == []


def test_the_question_is_one_that_the_server_knows():
    assert validate(create_schema().graphql_schema, parse(ASK)) == []


def test_a_daemon_that_does_not_run_is_named():
    assert ailments(answer(healthy=False)) == ["daemon QUEUED_RUN_COORDINATOR is not running"]


@pytest.mark.parametrize("asked", [answer(loaded="PythonError"), answer() | {"workspaceOrError": {}}])
def test_a_server_without_the_assets_is_not_well(asked: dict[str, object]):
    assert ailments(asked) == ["no code location is loaded"]


def test_where_no_server_answers_it_is_one_line():
    command = [sys.executable, "-m", "spotify_assets.instance.healthy", str(free_port())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no server answers on port")
    assert len(done.stderr.splitlines()) == 1
