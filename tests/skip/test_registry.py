"""The feature registry agrees with the catalogue, and nothing in it says how the playback itself ended."""

from spotify_assets.skip.model import MODEL_TERMS
from spotify_assets.skip.registry import FEATURES, GROUPS, IDENTIFIERS, LABEL
from spotify_assets.tables import LISTENING_EVENTS, MODEL_FEATURES, TABLES, TRACKS

OUTCOME_COLUMNS = (
    "event_id",
    "event_date",
    "ended_at",
    "action",
    "ms_played",
    "skipped",
    "reason_end",
    "outcome",
    "is_stream",
)
"""Columns of `core.listening_events` that say how the playback itself ended, or are derived from that."""

ALLOWED_SUBJECTS = {
    TRACKS.full_name: {"track"},
    LISTENING_EVENTS.full_name: {"playback", "previous playback", "earlier playbacks"},
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


def test_what_is_known_of_a_feature_is_known_before_the_outcome_of_the_playback():
    assert set(OUTCOME_COLUMNS) < set(LISTENING_EVENTS.column_names)
    for feature in FEATURES.values():
        column = feature.source.rsplit(".", 1)[1]
        if feature.of == "playback":
            assert feature.known == "at the start"
            assert column not in OUTCOME_COLUMNS
        elif feature.of == "track":
            assert feature.known == "catalogue of the day of the start"
        else:
            assert feature.known == "earlier playbacks that were over"
            assert column in OUTCOME_COLUMNS


def test_every_group_of_the_ladder_has_features():
    assert {feature.group for feature in FEATURES.values()} == set(GROUPS)


def test_the_model_uses_registered_features_only():
    assert set(MODEL_TERMS) <= set(FEATURES)
