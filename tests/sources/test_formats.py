"""Every format is declared once, and whoever asks finds it there."""

from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.sources.formats import CLOCKS, EVENT_KINDS, FORMATS, PERSONAL_KINDS, PERSONAL_SOURCES
from spotify_assets.sources.kinds import Kind
from spotify_assets.sources.privacy import PERSONAL_KEYS
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.transforms.features import COARSE_CLOCK_RESOLUTION_SECONDS
from spotify_assets.transforms.outcomes import SILENT_SOURCES, STARTS_ONLY
from spotify_assets.transforms.overlaps import SOURCES


def test_every_kind_that_holds_listening_has_a_format():
    assert set(FORMATS) == set(Kind) - {Kind.CATALOGUE, Kind.NOT_DATA, Kind.UNKNOWN} == EVENT_KINDS
    assert EVENT_KINDS - {Kind.EVENTS} == PERSONAL_KINDS
    assert all(one.personal >= PERSONAL_KEYS for one in FORMATS.values())


def test_what_a_format_says_of_its_clock_reaches_overlaps_outcomes_and_features():
    assert [source.source for source in SOURCES] == [
        *("extended_history", "stream", "synthetic", "apple_music", "web_api", "account_data"),
        *("listenbrainz", "lastfm", "youtube_music"),
    ]
    assert len({clock.trust for clock in CLOCKS}) == len(CLOCKS)
    assert set(STARTS_ONLY) == {"listenbrainz", "lastfm", "youtube_music"}
    assert (
        set(SILENT_SOURCES)
        == set(PERSONAL_SOURCES)
        == {one.source for one in CLOCKS}
        - {
            "stream",
            "synthetic",
        }
    )
    assert COARSE_CLOCK_RESOLUTION_SECONDS == {"account_data": 60}


def test_the_column_of_sources_names_each_of_them():
    [column] = [one for one in RAW_EVENTS.columns if one.name == "source"]
    named = column.description.split(": ")[1].rstrip(".").split(", ")
    assert set(named) == {clock.source for clock in CLOCKS} | {"unknown"}
    for model in ("intermediate/int_local_events", "marts/core/fact_listens", "staging/stg_listening_events"):
        text = (PROJECT_ROOT / "dbt_project" / "models" / f"{model}.yml").read_text(encoding="utf-8")
        assert column.description in text, model
