"""How long a track is: the catalogue's word, what refutes it, and what a listener's own plays tell."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from spotify_assets.tables import TRACKS
from spotify_assets.transforms.lengths import (
    NEEDED_OF_TRACKS,
    LengthSources,
    named_lengths,
    own_lengths,
    with_known_duration,
)
from tests.transforms.events import Row, at, playback, raw_events, track

REFUTED = pl.Schema({"track_id": pl.String(), "duration_ms": pl.Int64()})


def told(seconds: float, day: int = 1, hour: int = 12, **changes: Any) -> Row:
    """A playback of the account data: names, and neither id nor reason."""
    named = {"track_id": None, "artist_name": "Ada", "track_name": "One", "reason_end": None}
    start = f"2025-03-{day:02} {hour}:00"
    changes = named | {"source": "account_data", "reason_start": None} | changes
    return playback(f"{day}-{hour}-{seconds}-{changes['track_name']}", start, seconds, **changes)


def heard(seconds: float, day: int = 1, reason: str = "trackdone", **changes: Any) -> Row:
    """A playback of the extended history: an id and a reason."""
    said = {"track_id": track(1), "source": "extended_history", "reason_end": reason}
    return told(seconds, day, **(said | changes))


def own(*rows: Row) -> list[int]:
    """The lengths that rows of one listener tell of `One` by Ada, in milliseconds."""
    found = own_lengths(raw_events(*rows))
    return found.filter(pl.col("track_name") == "One")["duration_ms"].to_list()


def test_plays_that_agree_to_the_second_tell_the_length():
    assert own(told(200, 1), told(200.9, 2), told(3, 3), told(1.5, 4)) == [200_900]
    assert own(told(200, 1), told(201, 2)) == [201_000]
    assert own(told(200, 1), told(201.001, 2)) == []


@pytest.mark.parametrize("seconds", [3, 29.999])
def test_plays_of_less_than_half_a_minute_tell_nothing_however_many_agree(seconds):
    assert own(*(told(seconds, day) for day in range(1, 9))) == []
    assert own(*(told(30, day) for day in range(1, 3))) == [30_000]


def test_one_play_tells_nothing_unless_it_ended_by_itself():
    assert own(told(200)) == []
    assert own(told(200, reason_end="trackdone", source="extended_history")) == [200_000]
    assert own(told(3, reason_end="trackdone")) == []


def test_a_play_that_the_user_ended_tells_nothing():
    ended: Row = {"reason_end": "fwdbtn", "source": "extended_history"}
    assert own(told(200, 1, **ended), told(200, 2, **ended)) == []
    assert own(told(200, 1, skipped=True), told(200, 2)) == []
    assert own(told(200, 1, action="skip"), told(200, 2)) == []
    assert own(told(200, 1, action="pause"), told(200, 2)) == []
    # One that goes beyond says that the track is longer.
    finished = told(60, 2, reason_end="trackdone")
    assert own(finished) == [60_000]
    assert own(finished, told(150, 1, **ended)) == []


def test_fewer_plays_go_beyond_a_length_than_agree_on_it():
    agreed = [told(200, 1), told(200, 2)]
    assert own(*agreed, told(420, 3)) == [200_000]
    assert own(*agreed, told(420, 3), told(300, 4)) == []
    assert own(*agreed, told(200, 5), told(420, 3), told(300, 4)) == [200_000]


def test_of_several_lengths_the_one_with_the_most_plays_counts():
    three, two = [told(100, day) for day in (1, 2, 3)], [told(200, day) for day in (4, 5)]
    assert own(*three, *two) == [100_000]
    assert own(*three, *two, told(200, 6)) == [200_000]
    assert own(*three, heard(200, 4), heard(200, 5)) == [200_000]
    assert own(told(100, 1), told(100, 2), heard(200, 3)) == [100_000]


def test_a_play_of_hours_that_ended_by_itself_is_no_length_beside_plays_that_agree():
    hours = heard(3 * 3600, 9)
    assert own(hours) == [3 * 3_600_000]
    assert own(hours, told(200, 1), told(200, 2)) == [200_000]
    assert own(hours, heard(200, 1), heard(200, 2)) == [200_000]
    assert known(told(3, 5), lengths=[200_000], plays=[hours]) == [200_000]
    assert known(told(3, 5), lengths=[None], plays=[hours], tracks=catalogue((1, "Ada", "One", 200_000))) == [
        200_000
    ]


def test_a_play_that_two_rows_tell_of_counts_once():
    moment: Row = {"ended_at": at("2025-03-01 12:03:20"), "started_at": at("2025-03-01 12:00:00")}
    account: Row = {"ended_at": at("2025-03-01 12:03:00"), "started_at": at("2025-03-01 11:59:40")}
    assert own(told(200, **account), told(200, hour=13, **account)) == []
    skipped = told(200, reason_end="fwdbtn", source="extended_history", **moment)
    assert own(told(200, **account), skipped, told(200, 2)) == []
    finished = told(200, reason_end="trackdone", source="extended_history", **moment)
    assert own(told(200, **account), finished) == [200_000]


def test_scrobbles_tell_no_length_because_what_was_heard_is_assumed():
    assert own(told(200, 1, source="lastfm"), told(200, 2, source="lastfm")) == []
    assert own(told(200, 1, source="listenbrainz"), told(200, 2)) == []


def test_no_track_lasts_longer_than_a_day():
    assert own(told(86_400, 1), told(86_400, 2)) == [86_400_000]
    assert own(told(86_401, 1), told(86_401, 2)) == []


def test_each_listener_and_track_has_a_length_of_its_own():
    rows = raw_events(
        told(200, 1),
        told(200, 2),
        told(100, 3, track_name="Two"),
        told(100, 4, track_name="Two"),
        told(200, 5, user_id="ben"),
        told(50, 6, user_id="ben"),
    )
    found = own_lengths(rows).drop("plays").sort("track_name").rows()
    assert found == [("anna", "Ada", "One", 200_000), ("anna", "Ada", "Two", 100_000)]
    assert own_lengths(rows.clear()).is_empty()


def catalogue(*tracks: tuple[int, str, str, int]) -> pl.DataFrame:
    """Tracks by number, artist, name and length, as columns of core.tracks; each newer than those before."""
    days = pl.date_range(at("2025-01-01"), at("2025-01-31"), eager=True).head(len(tracks))
    return pl.DataFrame(
        {
            "track_id": [track(number) for number, *_ in tracks],
            "snapshot_date": days,
            "track_name": [name for _, _, name, _ in tracks],
            "primary_artist_name": [artist for _, artist, _, _ in tracks],
            "duration_ms": [length for *_, length in tracks],
        },
        schema_overrides={name: TRACKS.polars_schema[name] for name in NEEDED_OF_TRACKS},
    )


def test_the_catalogue_knows_a_length_by_names_where_its_tracks_agree():
    tracks = catalogue(
        (1, "Ada", "One", 200_000),
        (2, "Ada", "One", 202_000),
        (3, "Ada", "Two", 200_000),
        (4, "Ada", "Two", 202_001),
        (5, "Ben", "One", 215),
        (5, "Ben", "One", 215_000),
        (6, "Cleo", "One", 215_000),
        (6, "Cleo", "One", 215),
    )
    assert sorted(named_lengths(tracks).rows()) == [("Ada", "One", 202_000), ("Ben", "One", 215_000)]


def known(
    *rows: Row,
    lengths: Sequence[int | None],
    plays: Sequence[Row] = (),
    tracks: pl.DataFrame | None = None,
    refuted: Sequence[tuple[str, int]] = (),
) -> list[int | None]:
    """The known length of each row, whose length by the track's id is given."""
    sources = LengthSources(
        plays=lambda named: raw_events(*plays).join(named, on=named.columns, how="semi"),
        tracks=lambda named: (tracks if tracks is not None else catalogue()).join(
            named, on=named.columns, how="semi"
        ),
        refuted=lambda: pl.DataFrame(list(refuted), schema=REFUTED, orient="row"),
    )
    events = raw_events(*rows).with_columns(track_duration_ms=pl.Series(lengths, dtype=pl.Int64))
    return with_known_duration(events, sources)["known_duration_ms"].to_list()


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (None, None),
        (215, None),
        (4_999, None),
        (5_000, 5_000),
        (86_400_000, 86_400_000),
        (86_400_001, None),
    ],
)
def test_an_impossible_length_is_none(length, expected):
    assert known(playback(), lengths=[length]) == [expected]
    events = raw_events(playback()).with_columns(track_duration_ms=pl.lit(length, pl.Int64))
    assert with_known_duration(events)["known_duration_ms"].to_list() == [expected]


def test_a_refuted_length_is_none():
    rows = [playback("e1", reason_end="fwdbtn"), playback("e2", track_id=track(2))]
    assert known(*rows, lengths=[20_000, 20_000], refuted=[(track(1), 20_000)]) == [None, 20_000]
    # The snapshot of another day has another length.
    assert known(*rows, lengths=[200_000, 20_000], refuted=[(track(1), 20_000)]) == [200_000, 20_000]


def test_without_a_word_on_the_end_a_length_is_looked_for_by_the_names():
    plays = [told(200, 1), told(200, 2)]
    tracks = catalogue((1, "Ada", "One", 205_000))
    row = told(3, 5)
    assert known(row, lengths=[None]) == [None]
    assert known(row, lengths=[None], plays=plays) == [200_000]
    assert known(row, lengths=[None], plays=plays, tracks=tracks) == [205_000]
    assert known(row, lengths=[210_000], plays=plays, tracks=tracks) == [210_000]
    assert known(told(3, 5, user_id="ben"), lengths=[None], plays=plays) == [None]
    assert known(told(3, 5, track_name=None), lengths=[None], plays=plays) == [None]


def test_own_plays_outweigh_a_catalogue_that_they_go_far_beyond():
    plays = [told(200, 1), told(200, 2)]
    assert known(told(3, 5), lengths=[130_000], plays=plays) == [200_000]
    assert known(told(3, 5), lengths=[134_000], plays=plays) == [134_000]
    assert known(told(3, 5), lengths=[None], plays=plays, tracks=catalogue((1, "Ada", "One", 20_000))) == [
        200_000
    ]


def test_where_the_source_says_how_it_ended_the_names_are_not_asked():
    plays = [told(200, 1), told(200, 2)]
    rows = [told(199, 5, reason_end="fwdbtn"), told(199, 6, skipped=False), told(199, 7, action="pause")]
    assert known(*rows, lengths=[None, None, None], plays=plays) == [None, None, None]


@pytest.mark.parametrize("reason", ["fwdbtn", "endplay", "logout", "unknown"])
def test_a_late_end_is_judged_by_own_plays_of_the_same_id(reason):
    late = heard(195, 5, reason)
    assert known(late, lengths=[None], plays=[late]) == [None]
    assert known(late, lengths=[None], plays=[late, heard(200)]) == [200_000]
    # Names change, and one name stands for several tracks.
    renamed = heard(200, track_name="One - 2011 Remaster")
    assert known(late, lengths=[None], plays=[late, renamed]) == [200_000]
    assert known(late, lengths=[None], plays=[late, heard(200, track_id=track(2))]) == [None]
    assert known(late, lengths=[None], plays=[late, heard(200, user_id="ben")]) == [None]
    # The catalogue knows better, unless it is refuted.
    assert known(late, lengths=[210_000], plays=[late, heard(200)]) == [210_000]
    refuted = [(track(1), 20_000)]
    assert known(late, lengths=[20_000], plays=[late, heard(200)], refuted=refuted) == [200_000]


def test_an_early_end_is_not_looked_up_because_no_own_length_is_so_short():
    asked: list[pl.DataFrame] = []

    def plays(wanted: pl.DataFrame) -> pl.DataFrame:
        asked.append(wanted)
        return raw_events(heard(30)).join(wanted, on=wanted.columns, how="semi")

    sources = LengthSources(plays=plays, tracks=lambda _: catalogue(), refuted=REFUTED.to_frame)

    def found(*rows: Row) -> list[int | None]:
        events = raw_events(*rows).with_columns(track_duration_ms=pl.lit(None, pl.Int64))
        return with_known_duration(events, sources)["known_duration_ms"].to_list()

    rows = [heard(28.499, 5, "fwdbtn"), heard(30), heard(30, 6, "fwdbtn", track_id=None)]
    assert found(*rows) == [None, None, None]
    assert asked == []
    assert found(heard(28.5, 5, "fwdbtn"), heard(28.5, 6, "fwdbtn")) == [30_000, 30_000]
    assert [wanted.rows() for wanted in asked] == [[("anna", track(1))]]


@pytest.mark.parametrize("content_type", ["podcast", "audiobook"])
def test_what_is_heard_in_pieces_has_no_length_of_own_plays(content_type):
    assert own(told(200, 1), told(200, 2, content_type=content_type)) == []
    assert own(heard(200, content_type=content_type)) == []
    assert own(heard(200, content_type="video")) == [200_000]
