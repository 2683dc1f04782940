"""Commands of the stream that need no cluster: errors in one line, and letting an erased listener in."""

import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.lake.kept_out import keep_listener_out, listeners_kept_out
from spotify_assets.settings import Settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("SPOTIFY_KAFKA_SERVERS", raising=False)


@pytest.mark.parametrize(
    "words", [["status"], ["consume"], ["consume", "--from-beginning"], ["produce", "--count", "1"]]
)
def test_without_a_cluster_it_says_which_setting_is_missing(words: list[str]) -> None:
    result = CliRunner().invoke(app, ["stream", *words])
    assert result.exit_code == 1
    assert "No Kafka cluster is set: set SPOTIFY_KAFKA_SERVERS" in result.output


def test_an_erased_listener_is_let_in_once(settings: Settings) -> None:
    keep_listener_out(settings.lake_dir, "gone")
    assert len(listeners_kept_out(settings.lake_dir)) == 1
    for words in ("Their messages are taken from now on.", "Their messages were not left out."):
        assert words in CliRunner().invoke(app, ["stream", "let-in", "gone"]).output
        assert listeners_kept_out(settings.lake_dir) == frozenset()
