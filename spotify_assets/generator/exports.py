"""One person's listening as the files that services hand out, with planted dirt and an answer key.

`write_corpus` makes a folder to import: zips of Spotify's extended history and account data asked for at
several dates, so that they overlap, Last.fm and ListenBrainz exports of the same listening, event files of
the product's own, catalogues in the four Kaggle shapes, and things that hold no data. The key goes into a
folder of its own.

Here belongs: which files there are. Not here: what was listened to (`true_plays`), how each service writes
its files (`spotify_files`, `other_files`), and what is wrong with files in general (`dirt`).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from spotify_assets.generator.answer_key import AnswerKey, KeyWriter
from spotify_assets.generator.catalogue_files import known_tracks, write_catalogues
from spotify_assets.generator.desk import DAY_MS, Desk
from spotify_assets.generator.dirt import Personal, Rates
from spotify_assets.generator.other_files import (
    write_events,
    write_lastfm,
    write_listenbrainz,
    write_what_holds_no_data,
)
from spotify_assets.generator.spotify_files import (
    ACCOUNT_DAYS,
    OFFLINE_AS_USUAL,
    OFFLINE_OTHER_UNIT,
    Export,
    write_account,
    write_history,
)
from spotify_assets.generator.true_plays import SECOND_MS, Person, true_plays

INBOX, ANSWER_KEY = "inbox", "answer_key"
"""Folders of a corpus."""
FEWEST_ACCOUNT_ONLY = 3
NEAR_DUPLICATE_MS = 5 * SECOND_MS
"""Shorter plays get no near-duplicate: a second's difference of `offline_timestamp` makes them two plays."""


@dataclass(frozen=True)
class Corpus:
    """What to write. Equal values give equal files.

    Attributes:
        person: whose listening.
        histories: the extended histories that were asked for; None for three, of which each covers all
            before it.
        accounts: last days of the account data exports.
        others: whether to add scrobbles, own events, catalogues and files without data.
        rates: how much dirt.
        user_id: the pseudonym the files are to be imported under.
    """

    person: Person
    histories: tuple[Export, ...] | None = None
    accounts: tuple[date, ...] | None = None
    others: bool = True
    rates: Rates = field(default_factory=Rates)
    user_id: str = "me"

    def history_exports(self) -> tuple[Export, ...]:
        """The extended histories, in the order in which they were asked for."""
        if self.histories is not None:
            return self.histories
        first, days = self.person.first, self.person.days
        return tuple(
            Export(first, first + timedelta(days=int(days * share) - 1), generation)
            for share, generation in ((0.5, "endsong"), (0.8, "2023"), (1.0, "2025"))
        )

    def account_ends(self) -> tuple[date, ...]:
        """The last days of the account data exports."""
        if self.accounts is not None:
            return self.accounts
        return (self.person.last - timedelta(days=self.person.days // 8), self.person.last)


def five_exports(person: Person) -> Corpus:
    """A long history in five extended exports, of which the last two overlap by a fifth of the time."""
    bounds = ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.9), (0.7, 1.0))
    day = [
        (
            person.first + timedelta(days=int(person.days * low)),
            person.first + timedelta(days=int(person.days * high) - 1),
        )
        for low, high in bounds
    ]
    generations = ("endsong", "endsong", "2023", "2023", "2025")
    return Corpus(
        person,
        histories=tuple(Export(*days, generation) for days, generation in zip(day, generations, strict=True)),
        accounts=(),
        others=False,
    )


def write_corpus(folder: Path, corpus: Corpus) -> AnswerKey:
    """Write a corpus to `folder/inbox` and its key to `folder/answer_key`; returns the key.

    Raises:
        FileExistsError: there is something at `folder/inbox`; nothing of it is touched.
    """
    inbox = folder / INBOX
    if inbox.exists() and any(inbox.iterdir()):
        raise FileExistsError(f"{inbox} is not empty: choose another folder, or remove it first")
    inbox.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng([corpus.person.seed, 21])
    tracks = known_tracks(corpus.person.seed)
    known = tracks if corpus.others else tracks.clear()
    plays = export_plays(corpus.person, random, corpus.rates).with_columns(
        in_catalogue=pl.col("uri").is_in(known["track_id"].implode()).fill_null(value=False)
    )
    personal = Personal.of(corpus.person.seed)
    key = KeyWriter(corpus.user_id, plays, personal.values())
    desk = Desk(inbox, plays, personal, corpus.rates, random, key)
    exports = corpus.history_exports()
    for number, export in enumerate(exports):
        write_history(desk, number, export, newest=number + 1 == len(exports))
    for number, last in enumerate(corpus.account_ends()):
        write_account(desk, number, last)
    if corpus.others:
        write_lastfm(desk)
        write_listenbrainz(desk)
        write_events(desk, corpus.person.last)
        write_catalogues(desk, known)
        write_what_holds_no_data(desk)
    made = key.key()
    made.write(folder / ANSWER_KEY)
    return made


def export_plays(person: Person, random: np.random.Generator, rates: Rates) -> pl.DataFrame:
    """The true plays of a person with what holds for a play in every export of it.

    Added are `ambiguous` (another play has the same identity, stamp and length), `offline_how` (what stands
    in its offline timestamp), `again_ms` (the moment of its second upload, to the second; null without one),
    `identical` and `near_duplicate` (the export tells it twice) and `account_only` (the extended history
    lacks it). Some tracks change their name halfway. What exports tell differently is in `_told_differently`.
    """
    plays = true_plays(person)
    count = plays.height
    ambiguous = pl.len().over("uri", "title", "stamped_ms", "ms_played") > 1
    draws = np.cumsum(
        [
            rates.offline_zero,
            rates.offline_null,
            rates.offline_days_off,
            rates.offline_seconds_and_ms_mixed,
        ]
    )
    how = np.searchsorted(draws, random.random(count), side="right")
    in_burst = plays["burst"].is_not_null().to_numpy()
    how[in_burst & (how != OFFLINE_OTHER_UNIT)] = OFFLINE_AS_USUAL
    renamed = random.random(count) < rates.renamed
    tracks = (
        plays.filter(pl.Series(renamed))["uri"]
        .drop_nulls()
        .unique(maintain_order=True)
        .head(max(1, round(rates.renamed * plays["uri"].n_unique())))
    )
    middle = plays["stamped_ms"].median()
    return _told_differently(plays, person.seed, rates).with_columns(
        ambiguous=ambiguous,
        offline_how=pl.Series(how),
        again_ms=_second_uploads(plays, random, rates),
        identical=pl.Series(random.random(count) < rates.identical) & ~ambiguous,
        near_duplicate=pl.Series(random.random(count) < rates.near_duplicate)
        & ~ambiguous
        & (pl.col("ms_played") >= NEAR_DUPLICATE_MS),
        account_only=pl.int_range(count).is_in(_account_only(plays, random, rates).implode()),
        title=pl.when(
            pl.col("uri").is_in(tracks.implode())
            & (pl.col("stamped_ms") > middle)
            & (pl.col("content_type") == "music")
        )
        .then(pl.format("{} - 2011 Remaster", "title"))
        .otherwise("title"),
    )


def _told_differently(plays: pl.DataFrame, seed: int, rates: Rates) -> pl.DataFrame:
    """Add `album_artist`, whom Spotify's exports name; and for the newest extended history `relinked` (the
    other id, null where it is the same), `names_lost` and `fraction_ms` (what it tells below a second)."""
    random = np.random.default_rng([seed, 22])
    is_track = (pl.col("content_type") == "music") & pl.col("uri").is_not_null()
    tracks = plays.filter(is_track).select("uri").unique(maintain_order=True)
    draws = pl.from_numpy(random.random((tracks.height, 4)), schema=["artist", "album", "id", "names"])
    fraction = pl.Series(random.random(plays.height) < rates.fractions)
    compiled = pl.when(pl.col("album") < 0.5).then(pl.lit("Various Artists")).otherwise(pl.lit("DJ Host"))
    other = pl.concat([tracks, draws], how="horizontal").select(
        "uri",
        album_artist=pl.when(pl.col("artist") < rates.album_artist).then(compiled),
        relinked=pl.when(pl.col("id") < rates.relinked).then(pl.col("uri").str.reverse()),
        names_lost=pl.col("names") < rates.names_lost,
    )
    return plays.join(other, on="uri", how="left", maintain_order="left").with_columns(
        album_artist=pl.coalesce("album_artist", "creator"),
        names_lost=pl.col("names_lost").fill_null(value=False),
        fraction_ms=pl.when(fraction).then(250).otherwise(0),
    )


def _second_uploads(plays: pl.DataFrame, random: np.random.Generator, rates: Rates) -> pl.Expr:
    """When plays of bursts are uploaded once more, one to nine days after the first time."""
    later = pl.Series(random.integers(DAY_MS // SECOND_MS, 9 * DAY_MS // SECOND_MS, plays.height) * SECOND_MS)
    again = pl.Series(random.random(plays.height) < rates.uploaded_again)
    return pl.when(again & pl.col("burst").is_not_null()).then(pl.col("stamped_ms") + later)


def _account_only(plays: pl.DataFrame, random: np.random.Generator, rates: Rates) -> pl.Series:
    """Which plays of the last months the extended history lacks, some at least."""
    latest = pl.col("stamped_ms").max() - (ACCOUNT_DAYS // 2) * DAY_MS
    is_plain = (pl.col("content_type") == "music") & pl.col("uri").is_not_null() & pl.col("burst").is_null()
    at = plays.select(pl.arg_where(is_plain & (pl.col("stamped_ms") > latest))).to_series()
    wanted = min(len(at), max(FEWEST_ACCOUNT_ONLY, round(rates.account_only * len(at))))
    return pl.Series(random.choice(at.to_numpy(), wanted, replace=False), dtype=pl.Int64)
