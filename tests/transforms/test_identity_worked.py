"""Recordings of a few tracks, worked out by hand: lengths, popularity, credits, and what people say."""

import polars as pl

from spotify_assets.sources.recordings_toml import Overrides
from spotify_assets.transforms.identity import match_rates
from tests.transforms.events import track
from tests.transforms.test_identity import found, groups, heard, known


def catalogue_track(frame: pl.DataFrame, key: str) -> str | None:
    """The catalogue's track that a key is of."""
    of_key: dict[str, str | None] = dict(frame.select("track_key", "catalogue_track_id").iter_rows())
    return of_key[key]


def matched(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.select("track_key", "matched_by").iter_rows())


def test_two_seconds_from_the_shortest_are_one_recording_and_lengths_never_chain():
    def of_lengths(*lengths: int | None) -> set[frozenset[str]]:
        return groups(found(*(known(track(n), duration_ms=ms) for n, ms in enumerate(lengths, 1))))

    one, two, three = track(1), track(2), track(3)
    assert of_lengths(180_000, 182_000) == {frozenset([one, two])}
    assert of_lengths(180_000, 182_001) == {frozenset([one]), frozenset([two])}
    assert of_lengths(184_000, 182_000, 180_000) == {frozenset([one]), frozenset([two, three])}
    assert of_lengths(180_000, 183_000, 185_000) == {frozenset([one]), frozenset([two, three])}


def test_a_played_name_is_the_most_popular_track_and_of_equals_the_smallest_id():
    def of(*popularity: int | None) -> str | None:
        lengths = [
            known(track(n), popularity=points, duration_ms=100_000 * n)
            for n, points in enumerate(popularity, 1)
        ]
        return catalogue_track(found(*lengths, heard("name-1")), "name-1")

    assert of(10, 60, 30) == track(2)
    assert of(None, 0, None) == track(2)
    assert of(None, None) == track(1)
    assert of(5, 60, 60) == track(2)


def test_of_tracks_that_are_one_the_most_popular_stands_for_what_is_played_by_name():
    rows = [known(track(1), popularity=None), known(track(2), popularity=0), known(track(3), popularity=0)]
    frame = found(*rows, heard("name-1"))
    assert groups(frame) == {frozenset([track(1), track(2), track(3), "name-1"])}
    assert catalogue_track(frame, "name-1") == track(2)
    # A track of the catalogue stands for itself.
    assert [catalogue_track(frame, track(n)) for n in (1, 2, 3)] == [track(1), track(2), track(3)]


def test_a_track_without_an_isrc_joins_the_smallest_id_of_equally_popular_ones():
    rows = [known(track(n), isrc=f"USABC123456{n}", popularity=points) for n, points in ((1, None), (2, 0))]
    assert frozenset([track(2), track(3)]) in groups(found(*rows, known(track(3))))
    alike = [known(track(n), isrc=f"USABC123456{n}", popularity=7) for n in (1, 2)]
    assert frozenset([track(1), track(3)]) in groups(found(*alike, known(track(3))))


def test_each_track_says_by_what_it_was_matched():
    frame = found(
        known(track(1), "By code", isrc="USABC1234567"),
        known(track(2), "Other spelling", isrc="USABC1234567"),
        known(track(3), "By length"),
        known(track(4), "By length", duration_ms=181_000),
        known(track(5), "By name"),
        heard("name-5", "By name"),
        known(track(6), "Nobody else"),
        known(track(7), "Its own code", isrc="USABC1234599"),
        known(track(10), "Code and length", isrc="USABC1234588"),
        known(track(11), "Code and length"),
        heard("name-8", "Played twice"),
        heard("name-9", "Played twice"),
    )
    assert matched(frame) == {
        track(1): "isrc",
        track(2): "isrc",
        track(3): "names_and_length",
        track(4): "names_and_length",
        track(5): "names",
        "name-5": "names",
        track(6): "alone",
        track(7): "alone",
        track(10): "names_and_length",
        track(11): "names_and_length",
        "name-8": "names",
        "name-9": "names",
    }


def test_without_title_or_artist_nothing_is_the_same():
    rows = [heard("name-1", "Song", None), heard("name-2", "Song", None)]
    assert len(groups(found(*rows, known(track(1))))) == 3
    assert len(groups(found(heard("name-1", None), heard("name-2", None)))) == 2
    untitled = [known(track(n)) | {"track_name": None} for n in (1, 2)]
    assert len(groups(found(*untitled))) == 2
    assert set(matched(found(*untitled)).values()) == {"alone"}


def test_a_played_name_joins_its_own_credit_before_the_main_artist_alone():
    guest = known(track(1), "Song", "Artist; Guest", popularity=99)
    alone = known(track(2), popularity=1)
    frame = found(
        guest,
        alone,
        heard("name-1"),
        heard("name-2", "Song (feat. Guest)"),
        heard("name-3", "Song (feat. X)"),
    )
    assert catalogue_track(frame, "name-1") == track(2)
    assert catalogue_track(frame, "name-2") == track(1)
    assert catalogue_track(frame, "name-3") is None
    assert catalogue_track(found(guest, heard("name-1")), "name-1") == track(1)


def test_what_is_said_to_be_the_same_chains_and_what_differs_anyway_is_not_by_hand():
    rows = [known(track(n), f"Name {n}") for n in (1, 2, 3, 4)]
    chained = found(*rows, overrides=Overrides(same=((track(2), track(3)), (track(3), track(1)))))
    assert groups(chained) == {frozenset([track(1), track(2), track(3)]), frozenset([track(4)])}
    assert set(chained.filter(pl.col("track_key") != track(4))["recording_id"]) == {track(1)}
    apart = found(*rows, overrides=Overrides(different=((track(1), track(2)),)))
    assert set(matched(apart).values()) == {"alone"}
    # Two pairs of one recording: each second track leaves for itself.
    same = [known(track(n)) for n in (1, 2, 3)]
    split = found(*same, overrides=Overrides(different=((track(1), track(2)), (track(1), track(3)))))
    assert groups(split) == {frozenset([track(n)]) for n in (1, 2, 3)}


def test_what_is_said_to_be_the_same_twice_is_no_contradiction():
    rows = [known(track(n), f"Name {n}") for n in (1, 2)]
    frame = found(*rows, overrides=Overrides(same=((track(1), track(2)), (track(2), track(1)))))
    assert groups(frame) == {frozenset([track(1), track(2)])}


def test_plays_that_nothing_is_known_of_count_as_not_in_the_catalogue():
    plays = pl.DataFrame({"track_key": [track(1), "name-9"], "playbacks": [1, 3]})
    rates = match_rates(found(known(track(1))), plays)
    assert rates["plays in the catalogue by id"] == rates["plays in the catalogue by id or identity"] == 0.25
