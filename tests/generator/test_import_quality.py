"""Precision and recall against an answer key, on answers whose mistakes are counted by hand."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest

from spotify_assets.generator.answer_key import FILES_SCHEMA, ROWS_SCHEMA, AnswerKey, Family
from spotify_assets.generator.import_quality import LOST, Answers, quality

OLD, NEW, ACCOUNT, LASTFM = "a" * 64, "b" * 64, "c" * 64, "d" * 64
FILES = {"old.json": OLD, "new.json": NEW, "account.json": ACCOUNT, "lastfm.csv": LASTFM}
KINDS = ("extended_history", "extended_history", "account_music", "lastfm")
Refused = tuple[str, int, str]
Dropped = tuple[str, int, str, str]


@pytest.fixture
def key() -> AnswerKey:
    """Play 1 in four files, plays 2 and 3 in two; 2 and 3 look alike to the minute. One row is no play."""
    rows = [
        ("old.json", 1, 1, None),
        ("old.json", 2, None, Family.TIME),
        ("new.json", 1, 1, None),
        ("new.json", 2, 2, None),
        ("new.json", 3, 3, None),
        ("account.json", 1, 1, None),
        ("account.json", 2, 2, None),
        ("account.json", 3, 3, None),
        ("lastfm.csv", 1, 1, None),
    ]
    plays = pl.DataFrame(
        {
            "play_id": [1, 2, 3],
            "title": ["One", "Same", "Same"],
            "creator": ["A", "B", "B"],
            "stamped_ms": [600_000, 1_200_000, 1_210_000],
            "ms_played": [30_000, 5_000, 5_000],
            "reason_end": ["trackdone", "fwdbtn", "logout"],
            "started_ms": [500_000, 1_170_000, 1_205_000],
            "burst": [0, 0, None],
            "length_ms": [30_000, 200_000, None],
            "uri": ["1", "2", "3"],
            "in_catalogue": [True, True, False],
        }
    )
    return AnswerKey(
        user_id="me",
        files=pl.DataFrame(
            [(name, sha, kind, 0, "") for (name, sha), kind in zip(FILES.items(), KINDS, strict=True)],
            schema=FILES_SCHEMA,
            orient="row",
        ),
        rows=pl.DataFrame([(*row, "") for row in rows], schema=ROWS_SCHEMA, orient="row"),
        plays=plays,
        personal=(),
    )


IDS = {
    ("old.json", 1): "e1", ("new.json", 1): "e1", ("new.json", 2): "e2", ("new.json", 3): "e3",
    ("account.json", 1): "a1", ("account.json", 2): "a2", ("account.json", 3): "a3", ("lastfm.csv", 1): "l1",
}  # fmt: skip
RIGHT: tuple[Dropped, ...] = (
    ("old.json", 1, "e1", "same_event"),
    ("account.json", 1, "e1", "overlap"),
    ("account.json", 2, "e2", "overlap"),
    ("account.json", 3, "e3", "overlap"),
    ("lastfm.csv", 1, "e1", "overlap"),
)


def source(file: str) -> str:
    return f"{file}@{FILES[file][:12]}"


def answers(
    dropped: Sequence[Dropped] = RIGHT,
    refused: Sequence[Refused] = (("old.json", 2, "bad_time"),),
    missing: Sequence[tuple[str, int]] = (),
    kinds: dict[str, str] | None = None,
    outcomes: dict[str, str] | None = None,
) -> Answers:
    """The answers of an importer that is right but for what is changed."""
    gone = {(file, row) for file, row, _ in refused} | set(missing)
    landed = [(source(file), row, event) for (file, row), event in IDS.items() if (file, row) not in gone]
    out = {(file, row) for file, row, _, _ in dropped}
    said = dict(zip(FILES, KINDS, strict=True)) | (kinds or {})
    return Answers(
        files=pl.DataFrame(list(said.items()), schema=["file", "kind"], orient="row"),
        landed=pl.DataFrame(landed, schema=["source_file", "source_row", "event_id"], orient="row"),
        catalogue=pl.DataFrame(schema={"source_file": pl.String, "source_row": pl.Int64}),
        rejected=pl.DataFrame(
            [(source(file), row, reason) for file, row, reason in refused],
            schema={"source_file": pl.String, "source_row": pl.Int64, "reason": pl.String},
            orient="row",
        ),
        dropped=pl.DataFrame(
            [(source(file), row, IDS[file, row], kept, why) for file, row, kept, why in dropped],
            schema={
                "source_file": pl.String,
                "source_row": pl.Int64,
                "event_id": pl.String,
                "kept_event_id": pl.String,
                "reason": pl.String,
            },
            orient="row",
        ),
        listening=_listening({IDS[each] for each in IDS if each not in gone | out}, outcomes or {}),
    )


def _listening(event_ids: set[str], outcomes: dict[str, str]) -> pl.DataFrame:
    right = {"e2": "skip", "e3": "abandoned", "a2": "skip", "a3": "abandoned"} | outcomes
    return pl.DataFrame(
        {"event_id": sorted(event_ids), "outcome": [right.get(e, "complete") for e in sorted(event_ids)]}
    ).with_columns(
        started_at=pl.from_epoch(pl.lit(1_170_500), "ms").cast(pl.Datetime("us")),
        reported_at=pl.when(pl.col("event_id") == "e3").then(pl.datetime(2024, 1, 1)),
    )


def overall(frame: pl.DataFrame) -> dict[str, float]:
    return frame.select("precision", "recall").row(-1, named=True)


def test_right_answers_are_perfect(key):
    found = quality(key, answers())
    assert overall(found.dedupe) == {"precision": 1, "recall": 1}
    assert overall(found.rejection) == {"precision": 1, "recall": 1}
    assert found.recognition["precision"].to_list() == found.recognition["recall"].to_list() == [1, 1, 1]
    assert found.mistakes.is_empty()
    assert found.plays == {
        "in the files": 3,
        "counted": 3,
        "counted once": 3,
        "counted more than once": 0,
        "lost": 0,
    }


def test_outcomes_are_judged_by_the_reason_where_the_row_has_one(key):
    assert quality(key, answers()).outcomes == {"known": 3, "wrong": 0, "unknown": 0}
    found = quality(key, answers(outcomes={"e1": "abandoned", "e2": "abandoned", "e3": "unknown"}))
    assert found.outcomes == {"known": 2, "wrong": 2, "unknown": 1}
    assert [mistake for *_, mistake in found.mistakes.rows()] == [
        "outcome is abandoned, not complete",
        "outcome is abandoned, not skip",
    ]


@pytest.mark.parametrize(
    ("uris", "in_catalogue", "own_play_ms", "right"),
    [
        (["1", "2", "3"], [False, True, False], 30_000, "complete"),
        (["1", "2", "3"], [True, False, True], 30_000, "skip"),
        (["2", "2", "3"], [False, False, False], 30_000, "complete"),
        (["2", "2", "3"], [False, False, False], 29_999, "skip"),
        ([None, None, "3"], [False, False, False], 30_000, "skip"),
    ],
)
def test_a_late_end_by_the_user_is_complete_where_a_file_tells_the_length(
    key, uris, in_catalogue, own_play_ms, right
):
    """Play 2 was ended by the user at 97 % of its track; only what a file tells can be known."""
    key = replace(
        key,
        plays=key.plays.with_columns(
            pl.Series("uri", uris, dtype=pl.String),
            pl.Series("in_catalogue", in_catalogue),
            pl.Series("ms_played", [own_play_ms, 195_000, 5_000]),
        ),
    )
    for said in ("complete", "skip", "abandoned"):
        wrong = quality(key, answers(outcomes={"e2": said})).outcomes["wrong"]
        assert wrong == (said != right)


def test_an_account_row_tells_no_length_because_it_says_of_no_play_that_it_ended_by_itself(key):
    key = replace(
        key,
        plays=key.plays.with_columns(
            pl.Series("uri", ["2", "2", "3"]),
            pl.lit(value=False).alias("in_catalogue"),
            pl.Series("ms_played", [30_000, 195_000, 5_000]),
        ),
        rows=key.rows.filter(
            (pl.col("play_id") != 1).fill_null(value=True) | (pl.col("file") == "account.json")
        ),
    )
    missing = [("old.json", 1), ("new.json", 1), ("lastfm.csv", 1)]
    dropped = [row for row in RIGHT if row[2] != "e1"]
    found = quality(key, answers(dropped, missing=missing, outcomes={"e2": "skip"}))
    assert found.outcomes["wrong"] == 0


def test_outcomes_without_a_reason_are_complete_or_not(key):
    told = {("account.json", 2), ("account.json", 3), ("new.json", 2), ("new.json", 3)}
    alone = [row for row in RIGHT if row[:2] not in told]
    missing = [("new.json", 2), ("new.json", 3)]
    swapped = {"a2": "abandoned", "a3": "skip"}
    assert quality(key, answers(alone, missing=missing, outcomes=swapped)).outcomes["wrong"] == 0
    finished = {"a2": "complete", "a3": "unknown"}
    assert quality(key, answers(alone, missing=missing, outcomes=finished)).outcomes == {
        "known": 2,
        "wrong": 1,
        "unknown": 1,
    }


def test_a_duplicate_that_stays_costs_recall_of_its_kind(key):
    found = quality(key, answers(dropped=RIGHT[:-1]))
    assert overall(found.dedupe) == {"precision": 1, "recall": pytest.approx(4 / 5)}
    assert found.dedupe.filter(pl.col("kind") == "lastfm")["recall"].to_list() == [0]
    assert found.plays["counted more than once"] == 1
    assert found.mistakes.rows() == [("lastfm.csv", 1, "", "play 1 counted again")]


def test_a_play_dropped_for_another_costs_precision_and_is_lost(key):
    merged = (*RIGHT, ("new.json", 3, "e2", "same_event"))
    found = quality(key, answers(dropped=merged))
    assert overall(found.dedupe)["precision"] == pytest.approx(5 / 6)
    assert found.plays["lost"] == 1
    assert ("new.json", 3, "", "play 3 dropped as same_event for play 2") in found.mistakes.rows()


def test_rows_that_know_the_minute_alone_may_be_dropped_for_either_of_two_plays(key):
    swapped = [
        (file, row, {("account.json", 2): "e3", ("account.json", 3): "e2"}.get((file, row), kept), why)
        for file, row, kept, why in RIGHT
    ]
    assert overall(quality(key, answers(dropped=swapped)).dedupe) == {"precision": 1, "recall": 1}
    wrong = [(file, row, "e2" if file == "account.json" else kept, why) for file, row, kept, why in RIGHT]
    assert overall(quality(key, answers(dropped=wrong)).dedupe)["precision"] == pytest.approx(4 / 5)


def test_a_good_row_refused_costs_precision_and_a_bad_one_landed_costs_recall(key):
    found = quality(key, answers(dropped=(), refused=(("new.json", 2, "too_short"),)))
    assert overall(found.rejection) == {"precision": 0, "recall": 0}
    mistakes = dict(found.mistakes.select(pl.concat_str("file", "row"), "mistake").iter_rows())
    assert mistakes["new.json2"] == "refused as too_short"
    assert mistakes["old.json2"] == LOST


def test_a_row_that_is_nowhere_is_lost(key):
    found = quality(key, answers(missing=[("lastfm.csv", 1)], dropped=RIGHT[:-1]))
    assert found.unaccounted == 1
    assert found.mistakes.rows() == [("lastfm.csv", 1, "", LOST)]


def test_a_file_taken_for_something_else_costs_both_kinds(key):
    found = quality(key, answers(kinds={"lastfm.csv": "account_music"}))
    by_kind = {row["kind"]: (row["precision"], row["recall"]) for row in found.recognition.to_dicts()}
    assert by_kind["account_music"] == (0.5, 1)
    assert by_kind["lastfm"][1] == 0


def test_offline_plays_are_judged_by_when_they_were_heard(key):
    found = quality(key, answers())
    assert found.offline == {"offline plays": 2, "within a second": 1, "others moved": 1}
    assert found.offline_share == 0.5
