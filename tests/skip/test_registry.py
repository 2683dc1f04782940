"""The feature registry agrees with the catalogue, and nothing in it says how the playback itself ended."""

from spotify_assets.catalog import LISTENING_EVENTS, MODEL_FEATURES, TABLES, TRACKS
from spotify_assets.skip.model import MODEL_TERMS
from spotify_assets.skip.registry import FEATURES, IDENTIFIERS, LABEL, OUTCOME_COLUMNS

ALLOWED_SUBJECTS = {
    TRACKS.full_name: {"track"},
    LISTENING_EVENTS.full_name: {"playback", "previous playback"},
}


def test_every_column_is_an_identifier_the_label_or_a_registered_feature():
    assert sorted([*IDENTIFIERS, LABEL, *FEATURES]) == sorted(MODEL_FEATURES.column_names)


def test_names_and_descriptions_are_those_of_the_catalogue():
    described = {column.name: column.description for column in MODEL_FEATURES.columns}
    for name, feature in FEATURES.items():
        assert feature.name == name
        assert feature.description == described[name]


def test_every_source_is_a_column_of_the_catalogue():
    for feature in FEATURES.values():
        table, column = feature.source.rsplit(".", 1)
        assert column in TABLES[table].column_names
        assert feature.of in ALLOWED_SUBJECTS[table]


def test_everything_is_known_before_the_start_and_nothing_comes_from_the_outcome_of_the_playback():
    assert set(OUTCOME_COLUMNS) < set(LISTENING_EVENTS.column_names)
    for feature in FEATURES.values():
        assert feature.known == "before start"
        if feature.of == "playback":
            assert feature.source.rsplit(".", 1)[1] not in OUTCOME_COLUMNS


def test_only_the_previous_outcome_is_read_from_an_outcome():
    from_outcomes = [f.name for f in FEATURES.values() if f.source.rsplit(".", 1)[1] in OUTCOME_COLUMNS]
    assert from_outcomes == ["previous_is_skip"]
    assert FEATURES["previous_is_skip"].of == "previous playback"


def test_the_model_uses_registered_features_only():
    assert set(MODEL_TERMS) <= set(FEATURES)
