"""How well an importer did on a dirty corpus: its answers against the key, as precision and recall.

Four questions: was each file recognised for what it is, was each row refused that had to be and no other,
does each play count once, and is it known how it ended, and rightly so. Rows are known by the SHA-256 of
their file and their number in it.
"""

from dataclasses import dataclass

import polars as pl

from spotify_assets.generator.answer_key import AnswerKey
from spotify_assets.transforms.lengths import LEAST_HEARD_MS
from spotify_assets.transforms.outcomes import COMPLETE_SHARE, FINISHED_REASONS, USER_REASONS

SHA_DIGITS = 12
LOST = "lost: neither landed nor refused"
_ROW = ["sha", "row"]
SECOND_MS = 1_000
MINUTE_MS = 60_000
TO_THE_MINUTE = ("account_music", "account_podcast", "account_audiobook")
"""Kinds whose rows know the minute alone: rows of plays that agree in everything such a row says cannot be
told apart, and which of them is dropped for which of the plays does not matter."""
WITH_REASONS = ("extended_history", "events")
"""Kinds whose rows say why a play ended."""
UNDECIDED_REASONS = ("endplay",)
"""Reasons that are a skip or none, by what followed."""
LONGEST_TRACK_MS = 3_600_000
COMPLETE, UNKNOWN = "complete", "unknown"
SOURCE_ORDER = ("extended_history", "events", "account_music", "account_podcast", "account_audiobook")
"""Kinds of which a row is the one to keep, in this order; others come after them."""


@dataclass(frozen=True)
class Answers:
    """What an importer made of a corpus.

    Attributes:
        files: `file` (as in the key) and `kind` of each file.
        landed: `source_file`, `source_row` and `event_id` of each event that was landed, by the ids that
            `dropped` and `listening` use.
        catalogue: `source_file` and `source_row` of each landed row of a catalogue (raw.raw_tracks).
        rejected: `source_file`, `source_row` and `reason` of each refused row, wherever it was refused.
        dropped: `source_file`, `source_row`, `event_id`, `kept_event_id` and `reason` of each duplicate
            (ops.duplicate_plays).
        listening: `event_id`, `started_at`, `reported_at` and `outcome` of each play that counts
            (core.listening_events).
    """

    files: pl.DataFrame
    landed: pl.DataFrame
    catalogue: pl.DataFrame
    rejected: pl.DataFrame
    dropped: pl.DataFrame
    listening: pl.DataFrame


@dataclass(frozen=True)
class Quality:
    """The figures. `recognition` has one row per kind of file, `rejection` one per family of reasons and
    one for all, `dedupe` one per kind of file and one for all; `plays` counts true plays by what became of
    them; `offline` counts those of the extended history that were uploaded later than heard, those of them
    within a second of the true start, and the others that were moved all the same; `outcomes` counts those
    that count by whether it is known how they ended; `mistakes` names each wrong row."""

    recognition: pl.DataFrame
    rejection: pl.DataFrame
    dedupe: pl.DataFrame
    plays: dict[str, int]
    offline: dict[str, int]
    outcomes: dict[str, int]
    mistakes: pl.DataFrame

    @property
    def offline_share(self) -> float:
        """The share of offline plays within a second of their true start; 1 without any."""
        plays = self.offline["offline plays"]
        return self.offline["within a second"] / plays if plays else 1.0

    @property
    def unaccounted(self) -> int:
        """How many rows are neither landed nor refused."""
        return self.mistakes.filter(pl.col("mistake") == LOST).height


def quality(key: AnswerKey, answers: Answers) -> Quality:
    """Compare an importer's answers with the key.

    Precision of dedupe is the share of dropped rows that are of the same play as the row they were dropped
    for; recall is the share of superfluous rows (all but one of each play) that were dropped. Precision of
    rejection is the share of refused rows that had to be refused; recall the share of those that were.
    """
    rows = _key_rows(key)
    rejected = _by_sha(answers.rejected, "reason").unique(_ROW, keep="first", maintain_order=True)
    judged = rows.join(rejected, on=_ROW, how="left", maintain_order="left")
    loaded = _loaded(judged, answers, key.plays)
    counted = _counted(loaded)
    ends = _ends(counted, key.plays, _lengths_told(rows, key.plays), answers)
    mistakes = (
        *(_wrong_rejections(judged), _unaccounted(judged, answers), _wrong_plays(loaded, counted)),
        _wrong_outcomes(ends),
    )
    return Quality(
        recognition=_recognition(key, answers),
        rejection=_rejection(judged),
        dedupe=_dedupe(loaded, counted),
        plays=_what_became_of_plays(loaded, counted, answers),
        offline=_offline(counted, key, answers),
        outcomes={
            "known": ends.filter(pl.col("outcome") != UNKNOWN).height,
            "wrong": ends.filter("wrong").height,
            "unknown": ends.filter(pl.col("outcome") == UNKNOWN).height,
        },
        mistakes=pl.concat(mistakes),
    )


def _key_rows(key: AnswerKey) -> pl.DataFrame:
    """Every distinct row of the corpus; of equal files the first counts."""
    files = key.files.select(
        "file", "kind", sha=pl.col("sha256").str.head(SHA_DIGITS), order=pl.int_range(pl.len())
    ).unique("sha", keep="first", maintain_order=True)
    return key.rows.join(files, on="file", how="inner", maintain_order="left").rename({"dirt": "what"})


def _by_sha(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return rows.select(
        *columns, sha=pl.col("source_file").str.split("@").list.last(), row=pl.col("source_row")
    )


def _recognition(key: AnswerKey, answers: Answers) -> pl.DataFrame:
    """One row per kind: files of it, those recognised as it, those rightly so."""
    truth = key.files.filter(pl.col("kind") != "").select("file", truth="kind")
    said = answers.files.select("file", said="kind")
    both = truth.join(said, on="file", how="left").with_columns(pl.col("said").fill_null("not read"))
    right = both.filter(pl.col("truth") == pl.col("said")).group_by(kind="truth").agg(right=pl.len())
    return (
        both.group_by(kind="truth")
        .agg(files=pl.len())
        .join(both.group_by(kind="said").agg(recognised=pl.len()), on="kind", how="full", coalesce=True)
        .join(right, on="kind", how="left")
        .with_columns(pl.col("files", "recognised", "right").fill_null(0).cast(pl.Int64))
        .with_columns(
            precision=pl.col("right") / pl.col("recognised"), recall=pl.col("right") / pl.col("files")
        )
        .sort("kind")
    )


def _rejection(judged: pl.DataFrame) -> pl.DataFrame:
    """One row per family: rows planted, rows refused, reasons given; and one for all with the precision."""
    refused = pl.col("reason").is_not_null()
    families = (
        judged.filter(pl.col("family").is_not_null())
        .group_by("family")
        .agg(
            planted=pl.len().cast(pl.Int64),
            refused=refused.sum().cast(pl.Int64),
            reasons=pl.col("reason").drop_nulls().unique().sort().str.join(", "),
        )
        .sort("family")
    )
    every = judged.select(
        family=pl.lit("all"),
        planted=pl.col("family").is_not_null().sum().cast(pl.Int64),
        refused=(refused & pl.col("family").is_not_null()).sum().cast(pl.Int64),
        reasons=pl.lit(""),
        wrongly=(refused & pl.col("family").is_null()).sum().cast(pl.Int64),
    )
    return pl.concat([families, every], how="diagonal").with_columns(
        precision=pl.col("refused") / (pl.col("refused") + pl.col("wrongly")),
        recall=pl.col("refused") / pl.col("planted"),
    )


def _wrong_rejections(judged: pl.DataFrame) -> pl.DataFrame:
    must, was = pl.col("family").is_not_null(), pl.col("reason").is_not_null()
    wrong = judged.filter(must != was)
    return wrong.select(
        "file",
        "row",
        "what",
        mistake=pl.when(must)
        .then(pl.format("not refused ({})", "family"))
        .otherwise(pl.format("refused as {}", "reason")),
    )


def _unaccounted(judged: pl.DataFrame, answers: Answers) -> pl.DataFrame:
    """Rows that are neither landed nor refused."""
    landed = pl.concat([_by_sha(answers.landed), _by_sha(answers.catalogue)])
    lost = judged.filter(pl.col("reason").is_null()).join(landed, on=_ROW, how="anti")
    return lost.select("file", "row", "what", mistake=pl.lit(LOST))


def _loaded(judged: pl.DataFrame, answers: Answers, plays: pl.DataFrame) -> pl.DataFrame:
    """The landed rows of plays that were not refused, whether each was `dropped`, and `right`ly so."""
    rows = (
        _by_sha(answers.landed, "event_id")
        .join(judged.filter(pl.col("reason").is_null()), on=_ROW, how="inner")
        .join(_dropped(answers), on=_ROW, how="left")
        .filter(pl.col("play_id").is_not_null())
    )
    # The row that an event id stands for is the one that was not dropped as the same event.
    winners = (
        rows.filter(pl.col("kept_event_id").is_null() | (pl.col("kept_event_id") != pl.col("event_id")))
        .unique("event_id", keep="first")
        .select(kept_event_id="event_id", kept_play="play_id")
    )
    says = pl.struct("title", "creator", pl.col("stamped_ms") // MINUTE_MS, "ms_played")
    alike = plays.select("play_id", alike=says.rank("dense"))
    same = pl.col("kept_play") == pl.col("play_id")
    return (
        rows.join(winners, on="kept_event_id", how="left")
        .join(alike, on="play_id", how="left")
        .join(alike.rename({"play_id": "kept_play", "alike": "kept_alike"}), on="kept_play", how="left")
        .with_columns(
            dropped=pl.col("kept_event_id").is_not_null(),
            right=(
                same | (pl.col("kind").is_in(TO_THE_MINUTE) & (pl.col("alike") == pl.col("kept_alike")))
            ).fill_null(value=False),
        )
    )


def _counted(loaded: pl.DataFrame) -> pl.DataFrame:
    """The rows that count, those first that are the ones to keep; `again` where their play counts already."""
    order = pl.col("kind").replace_strict(
        list(SOURCE_ORDER), list(range(len(SOURCE_ORDER))), default=len(SOURCE_ORDER), return_dtype=pl.Int64
    )
    counted = loaded.filter(~pl.col("dropped")).sort(order, "order", "row")
    return counted.with_columns(again=~pl.col("play_id").is_first_distinct())


def _dedupe(loaded: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """One row per kind of file and one for all."""
    missed = counted.group_by("kind").agg(missed=pl.col("again").sum().cast(pl.Int64))
    by_kind = (
        loaded.group_by("kind")
        .agg(
            rows=pl.len().cast(pl.Int64),
            dropped=pl.col("dropped").sum().cast(pl.Int64),
            rightly=(pl.col("dropped") & pl.col("right")).sum().cast(pl.Int64),
        )
        .join(missed, on="kind", how="left")
        .with_columns(pl.col("missed").fill_null(0))
        .sort("kind")
    )
    every = by_kind.select(pl.lit("all").alias("kind"), pl.col("rows", "dropped", "rightly", "missed").sum())
    needed = pl.col("rightly") + pl.col("missed")
    return pl.concat([by_kind, every]).with_columns(
        precision=pl.when(pl.col("dropped") > 0).then(pl.col("rightly") / pl.col("dropped")),
        recall=pl.when(needed > 0).then(pl.col("rightly") / needed),
    )


def _wrong_plays(loaded: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    for_play = pl.col("kept_play").cast(pl.String).fill_null("nobody knows which")
    return pl.concat(
        [
            loaded.filter(pl.col("dropped") & ~pl.col("right")).select(
                "file",
                "row",
                "what",
                mistake=pl.format("play {} dropped as {} for play {}", "play_id", "why", for_play),
            ),
            counted.filter("again").select(
                "file", "row", "what", mistake=pl.format("play {} counted again", "play_id")
            ),
        ]
    )


def _what_became_of_plays(loaded: pl.DataFrame, counted: pl.DataFrame, answers: Answers) -> dict[str, int]:
    times = counted.group_by("play_id").len()["len"]
    return {
        "in the files": loaded["play_id"].n_unique(),
        "counted": answers.listening["event_id"].n_unique(),
        "counted once": times.filter(times == 1).len(),
        "counted more than once": times.filter(times > 1).len(),
        "lost": loaded.join(counted, on="play_id", how="anti")["play_id"].n_unique(),
    }


def _offline(counted: pl.DataFrame, key: AnswerKey, answers: Answers) -> dict[str, int]:
    told = (
        counted.filter(pl.col("kind") == "extended_history")
        .unique("play_id", keep="first", maintain_order=True)
        .select("play_id", "event_id")
        .join(answers.listening, on="event_id")
        .join(key.plays.select("play_id", "burst", "started_ms"), on="play_id")
    )
    offline = pl.col("burst").is_not_null()
    off_by = (pl.col("started_at").dt.epoch("ms") - pl.col("started_ms")).abs()
    counts = told.select(
        offline.sum(),
        (offline & (off_by <= SECOND_MS)).sum().alias("near"),
        (~offline & pl.col("reported_at").is_not_null()).sum().alias("moved"),
    ).row(0)
    return dict(zip(("offline plays", "within a second", "others moved"), counts, strict=True))


def _lengths_told(rows: pl.DataFrame, plays: pl.DataFrame) -> pl.Series:
    """The ids of the tracks whose length a file tells: a catalogue that has them, or a history by a play that
    ended by itself after half a minute or more."""
    finished = pl.col("reason_end").is_in(FINISHED_REASONS) & (pl.col("ms_played") >= LEAST_HEARD_MS)
    by_itself = plays.filter(finished).join(
        rows.filter(pl.col("kind").is_in(WITH_REASONS), pl.col("family").is_null()), on="play_id", how="semi"
    )
    return pl.concat([plays.filter("in_catalogue"), by_itself])["uri"].drop_nulls().unique()


def _ends(counted: pl.DataFrame, plays: pl.DataFrame, told: pl.Series, answers: Answers) -> pl.DataFrame:
    """The plays that count with their `outcome` and whether it is `wrong`.

    Where the row has a reason, the outcome is that of the reason, of tracks whose length is `told` until 95 %
    of it; elsewhere, and after `endplay`, it is complete or not, by the true reason and length. Plays of
    which nothing was heard, or hours of one track, have no true end to compare with.
    """
    finished = pl.col("reason_end").is_in(FINISHED_REASONS)
    heard_whole = (pl.col("ms_played") >= COMPLETE_SHARE * pl.col("length_ms")).fill_null(value=False)
    length_is_told = pl.col("uri").is_in(told.implode()).fill_null(value=False)
    true = plays.select(
        "play_id",
        true_ms="ms_played",
        decided=~pl.col("reason_end").is_in(UNDECIDED_REASONS),
        complete=finished | heard_whole,
        complete_as_told=finished | (heard_whole & length_is_told),
        early=pl.when(pl.col("reason_end").is_in(USER_REASONS))
        .then(pl.lit("skip"))
        .otherwise(pl.lit("abandoned")),
    )
    says_why = pl.col("kind").is_in(WITH_REASONS)
    complete = pl.when(says_why).then("complete_as_told").otherwise("complete")
    differs = pl.when(says_why, "decided").then(pl.col("outcome") != pl.col("truth"))
    return (
        counted.join(answers.listening.unique("event_id"), on="event_id")
        .join(true, on="play_id")
        .with_columns(truth=pl.when(complete).then(pl.lit(COMPLETE)).otherwise("early"))
        .with_columns(
            wrong=(pl.col("outcome") != UNKNOWN)
            & pl.col("true_ms").is_between(1, LONGEST_TRACK_MS)
            & differs.otherwise((pl.col("outcome") == COMPLETE) != (pl.col("truth") == COMPLETE))
        )
    )


def _wrong_outcomes(ends: pl.DataFrame) -> pl.DataFrame:
    return ends.filter("wrong").select(
        "file", "row", "what", mistake=pl.format("outcome is {}, not {}", "outcome", "truth")
    )


def _dropped(answers: Answers) -> pl.DataFrame:
    return _by_sha(answers.dropped, "kept_event_id", "reason").rename({"reason": "why"})
