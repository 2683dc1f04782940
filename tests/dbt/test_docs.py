"""The documentation of the tables: one page that needs nothing else."""

import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from spotify_assets.assets.dbt_docs import build_docs
from spotify_assets.settings import Settings
from tests.e2e.browser import opened_browser

CLI = str(Path(sys.executable).with_name("spotify-assets"))


@pytest.fixture(scope="module")
def settings(built, tmp_path_factory) -> Settings:
    made = Settings(data_dir=tmp_path_factory.mktemp("data"))
    made.processed_dir.mkdir()
    shutil.copyfile(built.path, made.serving_path)
    return made


@pytest.fixture(scope="module")
def page(settings) -> Path:
    return build_docs(settings)


@pytest.mark.slow
def test_page_has_the_models_and_the_types_of_the_published_copy(page, settings):
    text = page.read_text(encoding="utf-8")
    assert "model.listening.fact_sessions" in text
    assert "metric.listening.skip_rate" in text
    assert "TIMESTAMP" in text
    assert settings.serving_path.exists()
    assert not list(page.parent.glob("*.new"))


@pytest.mark.slow
def test_page_can_be_made_before_anything_was_published(tmp_path):
    text = build_docs(Settings(data_dir=tmp_path)).read_text(encoding="utf-8")
    assert "model.listening.fact_sessions" in text


@pytest.mark.slow
def test_page_opens_without_a_network(page):
    asked: list[str] = []
    with opened_browser() as browser:
        tab = browser.new_page()
        tab.context.set_offline(True)
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(f"{page.as_uri()}#!/model/model.listening.fact_sessions")
        tab.get_by_text("never cut at midnight").first.wait_for()
    assert [url for url in asked if not url.startswith("file:")] == []


@pytest.mark.slow
def test_command_serves_the_page_on_loopback(settings, monkeypatch):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    # As a shell starts it in the background: without Ctrl-C.
    command = ["sh", "-c", "trap '' INT; exec \"$0\" docs --port 0", CLI]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            address = next(
                filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in served.stdout))
            )
            with urllib.request.urlopen(address.group()) as answer:
                assert "fact_sessions" in answer.read().decode()
            served.terminate()
            assert served.wait(30) == 0
        finally:
            served.kill()
