"""One person's true listening over years: what dirty exports are made from and measured against.

The plays are those of one synthetic listener, with everything added that real histories hold beside plain
music: podcasts, audiobooks, videos, local files, plays without any identity, bursts of plays that were made
offline and synchronised at one moment, repeats within a minute, plays of no length and of hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from spotify_assets.generator import rng
from spotify_assets.generator.catalogue import BASE62, TRACK_ID_LENGTH, generate_catalogue
from spotify_assets.generator.columns import frame_of
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.schedule import DAY_MS, EPOCH
from spotify_assets.generator.world import World

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
LONGEST_WAIT_MS = 72 * HOUR_MS
"""The longest that a burst waits to be uploaded after its last play."""
LONGEST_BURST_MS = 26 * DAY_MS
"""From its first play to its last: with the wait, Spotify plays offline for at most thirty days."""
_WAITED_MS = 29 * HOUR_MS + 17 * MINUTE_MS
"""Burst after burst waits so much longer, round and round; the first is uploaded at once."""
SPAN_DAYS = 7
"""Days simulated at a time; the scheduler's sort key holds less than twelve."""
PILOT_WEEKS = 24
"""Most weeks, spread over the range, by which the sessions that a number of plays takes are measured."""
TRACKS_PER_SESSION = 12.0
MAX_SESSIONS_PER_DAY = 3.0

SPECIAL_ARTISTS = (
    "=LOVE", "TRUE", "1349", "Tyler, The Creator", "LISA", "LiSA", "null", "NaN", "-M-", "+44", "@",
    "AC/DC", 'The "Quoted" Ones', "Björk", "Sigur Rós", "宇多田ヒカル", "فيروز", "Ke$ha", "N/A",
    "Earth, Wind & Fire",
)  # fmt: skip
"""Artists whose names other tools take for a formula, a number, a boolean, nothing, or two artists."""
SPECIAL_TITLES = (
    "=1+1", "99", "False", "Don't Stop; Me Now", "Line\nBreak", "Tab\there", "Bell\u0007", "🎵🎶",
    'He said "Yes"', "NULL", "  spaced  ", "Ünïcödé", "007", "1e5", "2020-01-01", "#1", "'quoted'", "a\\b",
)  # fmt: skip
"""Titles of the same kind, with a line break, a tab and a control character."""


@dataclass(frozen=True)
class Person:
    """Whose history it is. Equal values give equal histories.

    Attributes:
        first, last: UTC dates between which the plays ended, both included.
        plays: about how many plays; it comes out within a tenth, and lower for the busiest listeners,
            who have no room for all the sessions.
        seed: everything random follows from it.
    """

    first: date
    last: date
    plays: int = 5_000
    seed: int = 7

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"The last day, {self.last}, lies before the first, {self.first}")
        if self.plays < 100:
            raise ValueError(f"A history needs at least 100 plays to hold every oddity, not {self.plays}")
        per_day = self.plays / self.days
        if per_day > MAX_SESSIONS_PER_DAY * TRACKS_PER_SESSION:
            raise ValueError(
                f"{self.plays:,} plays in {self.days:,} days are {per_day:.0f} a day, more than a listener "
                f"makes ({MAX_SESSIONS_PER_DAY * TRACKS_PER_SESSION:.0f}): take more days or fewer plays"
            )

    @property
    def days(self) -> int:
        """Number of dates."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Shares:
    """How much of a history is something else than a plain play of a track.

    The shares are of plays. Podcasts, audiobooks and rows without any URI are at the level of the two real
    exports of FACTS (534 episodes among 31,053 rows); the others are high enough to occur in a small corpus.
    """

    podcast: float = 0.02
    audiobook: float = 0.003
    video: float = 0.006
    local_file: float = 0.002
    without_identity: float = 0.002
    no_length: float = 0.015
    hours_long: int = 3
    """Plays of two to four hours, where nothing else was played."""
    repeats: float = 0.004
    """Short plays that come again within the minute, as long and of the same track."""
    burst_every: int = 1_500
    """One offline burst for about so many plays."""
    burst_plays: tuple[int, int] = (12, 80)
    incognito: float = 0.01
    unknown_country: float = 0.01
    offline_elsewhere: float = 0.03


PLAYED_TRACKS = 3_000
"""Tracks that a person plays from, unless told otherwise."""


def true_plays(
    person: Person, catalogue: pl.DataFrame | None = None, shares: Shares | None = None
) -> pl.DataFrame:
    """The true plays of a person, one row each, in the order of time.

    Args:
        person: whose.
        catalogue: the tracks they play; a catalogue of 3,000 tracks of the same seed by default.
        shares: what else there is.

    Returns:
        `play_id` (from 0), `content_type` (as in the table catalogue), `uri` (22 characters; null for local
        files and plays without identity), `title`, `creator`, `collection` (track, artist and album; episode
        and show; chapter and book), `started_ms` and `ended_ms` (UTC milliseconds since 1970 of the true
        playback, pauses included), `stamped_ms` (the moment the export stamps on it, to the second: its end,
        or the moment of synchronising for a burst), `ms_played`, `reason_start`, `reason_end`, `device`,
        `country`, `shuffle`, `skipped`, `offline`, `incognito`, `burst` (number of the burst, null outside),
        `length_ms` (of the track; null of all else).

    Raises:
        ValueError: the catalogue cannot be played.
    """
    shares = shares or Shares()
    tracks = generate_catalogue(PLAYED_TRACKS, seed=person.seed) if catalogue is None else catalogue
    plays = _plain_plays(person, _with_special_names(tracks))
    random = np.random.default_rng([person.seed, 11])
    plays = _other_content(plays, random, shares, person.seed)
    plays = _odd_lengths(plays, random, shares)
    plays = _with_repeats(plays, random, shares)
    plays = _bursts(plays, random, shares)
    count = plays.height
    return (
        plays.with_columns(
            pl.Series("incognito", random.random(count) < shares.incognito),
            pl.when(pl.Series(random.random(count) < shares.unknown_country))
            .then(pl.lit("ZZ"))
            .otherwise("country")
            .alias("country"),
            (
                pl.col("burst").is_not_null() | pl.Series(random.random(count) < shares.offline_elsewhere)
            ).alias("offline"),
        )
        .with_row_index("play_id")
        .with_columns(pl.col("play_id").cast(pl.Int64))
        .join(
            tracks.select(uri="track_id", length_ms="duration_ms").unique("uri"),
            on="uri",
            how="left",
            maintain_order="left",
        )
    )


def _with_special_names(tracks: pl.DataFrame) -> pl.DataFrame:
    """Rename popular tracks and their artists, so that awkward names are surely played."""
    popular = (
        tracks.filter(pl.col("track_name").is_not_null())
        .unique("track_id", keep="first", maintain_order=True)
        .sort("popularity", descending=True, maintain_order=True)["track_id"]
    )
    count = min(len(popular), 3 * max(len(SPECIAL_ARTISTS), len(SPECIAL_TITLES)))
    special = pl.DataFrame(
        {
            "track_id": popular.head(count),
            "_artist": [SPECIAL_ARTISTS[i % len(SPECIAL_ARTISTS)] for i in range(count)],
            "_title": [SPECIAL_TITLES[i % len(SPECIAL_TITLES)] for i in range(count)],
        }
    )
    return (
        tracks.join(special, on="track_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("_artist", "artists").alias("artists"),
            # Every third keeps its plain title, so that awkward artists have ordinary tracks as well.
            pl.when(pl.col("track_id").str.head(1).is_in(list("0369cfilorux")))
            .then("track_name")
            .otherwise(pl.coalesce("_title", "track_name"))
            .alias("track_name"),
        )
        .drop("_artist", "_title")
    )


def _plain_plays(person: Person, tracks: pl.DataFrame) -> pl.DataFrame:
    """The music plays of one listener of the generator who plays about as much as asked for."""
    sessions = min(MAX_SESSIONS_PER_DAY, person.plays / person.days / TRACKS_PER_SESSION)
    config = GeneratorConfig(
        users=1, seed=person.seed, sessions_per_day=max(0.02, sessions), tracks_per_session=TRACKS_PER_SESSION
    )
    weeks = _spans(person)
    pilot = weeks[:: -(-len(weeks) // PILOT_WEEKS)]
    made = _played(World.build(config, tracks), pilot).height
    wanted = person.plays / person.days * sum(end - begin for begin, end in pilot)
    scaled = min(MAX_SESSIONS_PER_DAY, max(0.02, config.sessions_per_day * wanted / max(1, made)))
    world = World.build(replace(config, sessions_per_day=scaled), tracks)
    events = _played(world, weeks)
    return events.select(
        pl.lit("music").alias("content_type"),
        pl.col("track_id").alias("uri"),
        pl.col("track_name").alias("title"),
        pl.col("artist_name").alias("creator"),
        pl.col("album_name").alias("collection"),
        pl.col("started_at").dt.epoch("ms").alias("started_ms"),
        pl.col("ended_at").dt.epoch("ms").alias("ended_ms"),
        (pl.col("ended_at").dt.epoch("ms") // SECOND_MS * SECOND_MS).alias("stamped_ms"),
        "ms_played",
        "reason_start",
        "reason_end",
        "device",
        "country",
        "shuffle",
        "skipped",
    ).sort("ended_ms", "started_ms", maintain_order=True)


def _spans(person: Person) -> list[tuple[int, int]]:
    """The person's days in weeks, as begin and end in days since 1970."""
    begin = (person.first - EPOCH).days
    end = begin + person.days
    return [(start, min(start + SPAN_DAYS, end)) for start in range(begin, end, SPAN_DAYS)]


def _played(world: World, spans: list[tuple[int, int]]) -> pl.DataFrame:
    batches = (
        batch for begin, end in spans for batch in world.batches(begin * DAY_MS, end * DAY_MS, "history")
    )
    return frame_of(batches).filter(pl.col("action").is_in(["play", "skip"]))


def _other_content(
    plays: pl.DataFrame, random: np.random.Generator, shares: Shares, seed: int
) -> pl.DataFrame:
    """Turn plays into episodes, chapters, videos, local files and plays without any identity."""
    kinds = ("podcast", "audiobook", "video", "local_file", "without_identity")
    bounds = np.cumsum([getattr(shares, kind) for kind in kinds])
    at = np.searchsorted(bounds, random.random(plays.height), side="right")
    other = pl.Series("other", [*kinds, None])[pl.Series(at)]
    number = random.integers(0, 40, plays.height)
    episode_ids = _ids(seed, "episode", 40 * 30)
    chapter_ids = _ids(seed, "chapter", 40 * 30)
    item = number * 30 + random.integers(0, 30, plays.height)
    frame = plays.with_columns(
        other.alias("_other"),
        pl.Series("_number", number),
        pl.Series("_item", item),
        episode_ids[pl.Series(item)].alias("_episode"),
        chapter_ids[pl.Series(item)].alias("_chapter"),
    )
    return _as_other_content(frame, kinds).drop("_other", "_number", "_item", "_episode", "_chapter")


def _as_other_content(plays: pl.DataFrame, kinds: Sequence[str]) -> pl.DataFrame:
    """What identifies each play, of the kind that `_other` says; as it is where that is null."""
    is_ = {kind: (pl.col("_other") == kind).fill_null(value=False) for kind in kinds}
    spoken = is_["podcast"] | is_["audiobook"]
    return plays.with_columns(
        content_type=pl.when(is_["podcast"])
        .then(pl.lit("podcast"))
        .when(is_["audiobook"])
        .then(pl.lit("audiobook"))
        .when(is_["video"])
        .then(pl.lit("video"))
        .when(is_["without_identity"])
        .then(pl.lit("unknown"))
        .otherwise("content_type"),
        uri=pl.when(is_["podcast"])
        .then("_episode")
        .when(is_["audiobook"])
        .then("_chapter")
        .when(is_["local_file"] | is_["without_identity"])
        .then(None)
        .otherwise("uri"),
        title=pl.when(is_["podcast"])
        .then(pl.format("Episode {}: part {}", "_item", "_number"))
        .when(is_["audiobook"])
        .then(pl.format("Chapter {}", "_item"))
        .when(is_["without_identity"])
        .then(None)
        .otherwise("title"),
        creator=pl.when(is_["podcast"])
        .then(pl.format("Show, number {}", "_number"))
        .when(is_["audiobook"])
        .then(pl.format("Book {}", "_number"))
        .when(is_["without_identity"])
        .then(None)
        .otherwise("creator"),
        collection=pl.when(spoken | is_["without_identity"]).then(None).otherwise("collection"),
    )


def _ids(seed: int, purpose: str, count: int) -> pl.Series:
    digits = np.arange(count * TRACK_ID_LENGTH).reshape(count, TRACK_ID_LENGTH)
    letters = BASE62[rng.bits_of(rng.key(seed, purpose), digits) % np.uint64(BASE62.size)]
    return pl.Series([row.tobytes().decode() for row in letters], dtype=pl.String)


def _odd_lengths(plays: pl.DataFrame, random: np.random.Generator, shares: Shares) -> pl.DataFrame:
    """Plays of no length, and plays of hours where the hours before were silent."""
    silence = plays["started_ms"] - plays["ended_ms"].shift(1)
    roomy = np.flatnonzero((silence > 5 * HOUR_MS).fill_null(value=False).to_numpy())
    long = random.choice(roomy, min(shares.hours_long, roomy.size), replace=False)
    ms = plays["ms_played"].to_numpy().copy()
    started = plays["started_ms"].to_numpy().copy()
    ms[long] = random.integers(2 * HOUR_MS, 4 * HOUR_MS, long.size)
    started[long] = plays["ended_ms"].to_numpy()[long] - ms[long]
    nothing = random.random(plays.height) < shares.no_length
    nothing[long] = False
    ms[nothing] = 0
    started[nothing] = plays["ended_ms"].to_numpy()[nothing]
    return plays.with_columns(pl.Series("ms_played", ms), pl.Series("started_ms", started))


def _with_repeats(plays: pl.DataFrame, random: np.random.Generator, shares: Shares) -> pl.DataFrame:
    """Play short ones again at once, one to three times, where the silence after them has the room."""
    ended, ms = plays["ended_ms"].to_numpy(), plays["ms_played"].to_numpy()
    following = np.append(plays["started_ms"].to_numpy()[1:], ended[-1] + HOUR_MS)
    times = 1 + random.integers(0, 3, plays.height)
    step = ms + SECOND_MS + (-ms) % SECOND_MS
    unpaused = ended - plays["started_ms"].to_numpy() < step
    fits = unpaused & (ms > 0) & (ms < 20 * SECOND_MS) & (ended + (times + 1) * step < following)
    candidates = np.flatnonzero(fits)
    wanted = min(candidates.size, max(2, round(shares.repeats * plays.height)))
    chosen = random.choice(candidates, wanted, replace=False)
    index = np.repeat(chosen, times[chosen])
    nth = 1 + np.concatenate([np.arange(times[i]) for i in chosen]) if chosen.size else np.zeros(0, int)
    shift = nth * step[index]
    again = plays[index].with_columns(
        pl.col("started_ms") + pl.Series(shift),
        pl.col("ended_ms") + pl.Series(shift),
        pl.col("stamped_ms") + pl.Series(shift),
    )
    return pl.concat([plays, again]).sort("ended_ms", "started_ms", maintain_order=True)


def _bursts(plays: pl.DataFrame, random: np.random.Generator, shares: Shares) -> pl.DataFrame:
    """Give runs of consecutive plays one stamp, up to three days after the last; repeat one of each.

    The repeat has the same track, stamp and length as another play of its burst and differs from it only by
    when it was made, which exports tell by `offline_timestamp` alone.
    """
    count = plays.height
    burst = np.full(count, -1, dtype=np.int64)
    started, ended = (plays[name].to_numpy() for name in ("started_ms", "ended_ms"))
    low, high = shares.burst_plays
    for number in range(max(1, count // shares.burst_every)):
        size = int(random.integers(low, min(high, max(low + 1, count // 4)) + 1))
        start = int(random.integers(0, max(1, count - size)))
        chosen = slice(start, start + size)
        free = (burst[chosen] < 0) & (started[chosen] > ended[chosen].max() - LONGEST_BURST_MS)
        burst[chosen][free] = number
    frame = plays.with_columns(pl.Series("burst", burst)).with_columns(
        pl.when(pl.col("burst") >= 0).then("burst").alias("burst")
    )
    # A track heard for long in a burst is played once more right after it, as with repeat-one.
    seen: set[int] = set()
    extra: list[dict[str, object]] = []
    rows = frame.filter(pl.col("burst").is_not_null() & (pl.col("content_type") == "music"))
    last_of = dict(
        frame.filter(pl.col("burst").is_not_null())
        .group_by("burst")
        .agg(pl.col("ended_ms").max())
        .iter_rows()
    )
    following = {number: _next_start(plays, moment) for number, moment in last_of.items()}
    for row in rows.iter_rows(named=True):
        number = row["burst"]
        room = following[number] - last_of[number]
        if number in seen or row["ms_played"] < 30 * SECOND_MS or room < row["ms_played"] + 10 * SECOND_MS:
            continue
        seen.add(number)
        started = last_of[number] + 2 * SECOND_MS
        extra.append(row | {"started_ms": started, "ended_ms": started + row["ms_played"]})
    frame = pl.concat([frame, pl.DataFrame(extra, schema=frame.schema)])
    in_burst = pl.col("burst").is_not_null()
    waited = pl.col("burst") * _WAITED_MS % LONGEST_WAIT_MS
    synchronised = (pl.col("ended_ms").max().over("burst") + waited) // SECOND_MS * SECOND_MS + SECOND_MS
    return frame.with_columns(
        pl.when(in_burst).then(synchronised).otherwise("stamped_ms").alias("stamped_ms")
    ).sort("ended_ms", "started_ms", maintain_order=True)


def _next_start(plays: pl.DataFrame, moment: int) -> int:
    """When the first play after a moment started."""
    position = int(plays["ended_ms"].search_sorted(moment, side="right"))
    return int(plays["started_ms"][position]) if position < plays.height else moment + HOUR_MS
