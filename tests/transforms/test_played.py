"""What was played on a day, with names that fit."""

from datetime import date

import pytest

from spotify_assets.tables import PLAYED_TRACKS
from spotify_assets.transforms.played import played_of_pieces, played_tracks
from tests.transforms.events import Row, interaction, listening_events, playback, track


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_each_key_of_a_day_once_with_the_last_names_that_are_given(of: int):
    names: Row = {"track_name": "Old", "artist_name": "Artist", "album_name": "Single", "track_key": track(1)}
    rows = [
        playback("1", "2025-03-01 10:00", **names),
        playback("2", "2025-03-01 12:00", **names | {"track_name": "New", "album_name": None}),
        playback("3", "2025-03-01 14:00", **names | {"track_name": None, "artist_name": "Nobody"}),
        playback("4", "2025-03-02 10:00", **names),
        playback("5", "2025-03-01 16:00", track_id=None, track_key="name-1", content_type="podcast"),
        playback("6", "2025-03-01 17:00", track_id=None, track_key=None),
        interaction("7", "2025-03-01 18:00", track_key=track(2), track_id=track(2)),
    ]
    events = listening_events(*reversed(rows))
    found = played_of_pieces(events[number::of] for number in range(of))
    assert found.equals(played_tracks(events))
    assert found.schema == PLAYED_TRACKS.polars_schema
    assert found.rows() == [
        (date(2025, 3, 1), track(1), track(1), "music", "New", "Artist", None, 3),
        (date(2025, 3, 1), "name-1", None, "podcast", None, None, None, 1),
        (date(2025, 3, 2), track(1), track(1), "music", "Old", "Artist", "Single", 1),
    ]
