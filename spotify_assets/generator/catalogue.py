"""A synthetic track catalogue in the shape, and with the oddities, of the public Kaggle export.

Marginal distributions and rank correlations of the audio features are those measured in a 10,000-row
sample of the "Spotify Tracks Dataset" (114,000 rows, a track repeated once per genre).
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
from faker import Faker

from spotify_assets.generator import rng
from spotify_assets.lake import layout
from spotify_assets.places import PlaceT
from spotify_assets.tables import AUDIO_FEATURES, RAW_TRACKS

MIN_TRACKS = 20
"""Below this there is no room for every oddity beside ordinary tracks."""

BASE62 = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
TRACK_ID_LENGTH = 22

GENRES = (
    "acoustic", "afrobeat", "ambient", "blues", "chill", "classical", "club", "country", "dance",
    "disco", "drum-and-bass", "edm", "electronic", "emo", "folk", "funk", "gospel", "grunge", "guitar",
    "hard-rock", "heavy-metal", "hip-hop", "house", "indie-pop", "j-pop", "jazz", "k-pop", "latin",
    "metal", "opera", "piano", "pop", "punk", "r-n-b", "reggae", "reggaeton", "rock", "salsa", "show-tunes",
    "sleep", "soul", "techno", "trance", "world-music",
)  # fmt: skip
"""Genres of the Kaggle export (a part of its 114)."""

QUANTILES = (0.0, 0.01, 0.05, 0.15, 0.25, 0.5, 0.75, 0.85, 0.95, 0.99, 1.0)
"""Where `MARGINALS` is measured."""

MARGINALS: dict[str, tuple[float, ...]] = {
    "popularity": (0, 0, 0, 1, 17, 34, 50, 58, 69, 79, 97),
    "duration_ms": (30e3, 62e3, 112e3, 148e3, 167e3, 200e3, 233e3, 252e3, 298e3, 385e3, 900e3),
    "danceability": (0.0513, 0.138, 0.248, 0.378, 0.452, 0.574, 0.691, 0.748, 0.823, 0.901, 0.975),
    "energy": (0.00002, 0.0386, 0.159, 0.347, 0.469, 0.687, 0.856, 0.918, 0.972, 0.995, 1.0),
    "loudness": (-41.53, -27.02, -17.64, -12.17, -9.991, -6.961, -4.973, -4.123, -2.92, -1.745, 1.7),
    "speechiness": (0.0227, 0.0258, 0.0284, 0.0322, 0.0361, 0.0491, 0.0859, 0.129, 0.267, 0.546, 0.962),
    "acousticness": (0, 0.000006, 0.00013, 0.0031, 0.0163, 0.169, 0.601, 0.795, 0.948, 0.991, 0.996),
    "instrumentalness": (0, 0, 0, 0, 0, 0.000044, 0.0491, 0.588, 0.901, 0.954, 0.999),
    "liveness": (0.0137, 0.0398, 0.0586, 0.083, 0.0982, 0.133, 0.281, 0.357, 0.694, 0.949, 0.992),
    "valence": (0, 0.0355, 0.0709, 0.174, 0.253, 0.463, 0.683, 0.783, 0.914, 0.965, 0.992),
    "tempo": (48.28, 67.04, 77.67, 90.17, 99.95, 122.4, 140.6, 155.1, 175.5, 193.9, 243.4),
}
"""Values at `QUANTILES`, measured in the sample; lengths are shortened, most of all the longest, because the
sample's hour-long mixes are not what people skip through: Lamere's figures imply two minutes per play."""

CORRELATIONS = np.array(
    [
        [1.00, 0.04, 0.04, -0.02, 0.06, -0.06, 0.01, -0.09, -0.01, -0.03, 0.02],
        [0.04, 1.00, -0.09, 0.10, 0.02, -0.14, -0.16, 0.12, -0.02, -0.18, 0.04],
        [0.04, -0.09, 1.00, 0.02, 0.10, 0.14, -0.04, -0.14, -0.16, 0.46, -0.08],
        [-0.02, 0.10, 0.02, 1.00, 0.75, 0.37, -0.71, -0.02, 0.18, 0.18, 0.24],
        [0.06, 0.02, 0.10, 0.75, 1.00, 0.24, -0.54, -0.28, 0.11, 0.20, 0.19],
        [-0.06, -0.14, 0.14, 0.37, 0.24, 1.00, -0.23, -0.05, 0.11, 0.09, 0.12],
        [0.01, -0.16, -0.04, -0.71, -0.54, -0.23, 1.00, -0.09, -0.03, 0.00, -0.22],
        [-0.09, 0.12, -0.14, -0.02, -0.28, -0.05, -0.09, 1.00, -0.10, -0.32, -0.01],
        [-0.01, -0.02, -0.16, 0.18, 0.11, 0.11, -0.03, -0.10, 1.00, 0.01, 0.01],
        [-0.03, -0.18, 0.46, 0.18, 0.20, 0.09, 0.00, -0.32, 0.01, 1.00, 0.04],
        [0.02, 0.04, -0.08, 0.24, 0.19, 0.12, -0.22, -0.01, 0.01, 0.04, 1.00],
    ]
)
"""Rank correlations of the columns of `MARGINALS`, in their order, measured in the sample."""

GENRE_VARIANCE = 0.4
"""Share of a feature's variance that lies between genres; 0.1 to 0.5 by feature in the sample."""

HIT_LENGTH_MS = 200_000
HIT_LENGTH_SHRINK = 0.7
"""Hits are of radio length: at popularity 100 a track's length differs from it by so much less."""

KEY_SHARES = (0.114, 0.097, 0.10, 0.032, 0.078, 0.083, 0.069, 0.115, 0.065, 0.101, 0.065, 0.081)
MAJOR_SHARE = 0.635
EXPLICIT_SHARE = 0.083
TIME_SIGNATURES = (1, 3, 4, 5)
TIME_SIGNATURE_SHARES = (0.008, 0.076, 0.901, 0.015)
"""Shares of key 0 to 11, of major tracks, of explicit tracks and of beats per bar, from the sample."""

NO_TEMPO_SHARE = 0.0014
"""Tracks whose analysis found no beat (tempo 0 and time signature 0): 14 of 10,000 in the sample."""
GENRE_COUNT_SHARES = (0.82, 0.14, 0.04)
"""Tracks listed under one, two and three genres; 114,000 rows of the export hold 89,741 tracks."""
REPEATED_SHARE = 0.004
"""Rows that stand there twice, genre and all: 450 of the export's 114,000."""
DISAGREEING_SHARE = 0.05
"""Repeated tracks whose rows differ in popularity."""
ARTIST_COUNT_SHARES = (0.74, 0.18, 0.055, 0.025)
"""Tracks that credit one to four artists, from the sample."""
TRACKS_PER_ARTIST = 4
COMMA_ARTIST_EVERY = 100
"""One artist name in so many contains a comma (26 of 10,000 rows of the sample do)."""
TRACKS_PER_ALBUM = 5

FOLLOWERS_LEAST, FOLLOWERS_DECADE, FOLLOWERS_SPREAD = 1.5, 18.0, 0.4
"""Common logarithm of an artist's followers at popularity 0, points of popularity for ten times as many, and
the logarithm's standard deviation around that: some millions at 90, some thousands at 40. Plausible, no
published ones."""

FIRST_YEAR, LAST_YEAR = 1960, 2024
RELEASE_WORDS = 400
"""How many given names and words the vocabulary of titles and artists has."""


def generate_catalogue(tracks: int, *, seed: int) -> pl.DataFrame:
    """A synthetic catalogue export: one row per track and genre.

    Args:
        tracks: number of distinct track ids, among them one without name, artists, album and length.
        seed: the same seed and size give the same frame.

    Returns:
        The columns of `raw.raw_tracks` without `snapshot_date` and `source_file`, with `source_row`
        1 to n, sorted by genre as the export is. As in the export some tracks stand there two or three
        times, a few of those with disagreeing popularity, a few rows are there twice, a few tracks have
        tempo and time signature 0, and one has nothing but an id and audio features.

    Raises:
        ValueError: fewer than `MIN_TRACKS` tracks.
    """
    if tracks < MIN_TRACKS:
        raise ValueError(f"A catalogue needs at least {MIN_TRACKS} tracks to hold every oddity, not {tracks}")
    random = np.random.default_rng([seed, 1])
    genre = random.integers(0, len(GENRES), tracks)
    frame = pl.DataFrame({"track_id": track_ids(tracks, seed)}).with_columns(
        *_names(random, tracks, seed),
        *_features(random, genre),
    )
    nameless = int(random.integers(0, tracks))
    at = pl.int_range(pl.len()) == nameless
    frame = frame.with_columns(
        *(pl.when(~at).then(pl.col(c)).alias(c) for c in ("track_name", "artists", "album_name")),
        pl.when(at).then(0).otherwise("duration_ms").alias("duration_ms"),
        pl.when(at).then(0).otherwise("popularity").alias("popularity"),
    )
    return _one_row_per_genre(random, _with_followers(frame, seed), genre)


def write_catalogue(lake_dir: PlaceT, frame: pl.DataFrame, snapshot_date: date, seed: int) -> PlaceT:
    """Write a generated catalogue as one snapshot of the lake; returns the file's path.

    The file has every column of `raw.raw_tracks`; its `source_file` names the seed.
    """
    rows = frame.with_columns(
        pl.lit(snapshot_date).alias("snapshot_date"),
        pl.lit(f"synthetic-tracks@seed{seed}").alias("source_file"),
    ).match_to_schema(RAW_TRACKS.polars_schema)
    path = layout.tracks_dir(lake_dir, snapshot_date) / f"part-synthetic-seed{seed}.parquet"
    return layout.write_parquet(path, rows.select(RAW_TRACKS.column_names))


def track_ids(count: int, seed: int) -> pl.Series:
    """Distinct ids of 22 base-62 characters; the i-th id depends on nothing but seed and i."""
    digits = np.arange(count * TRACK_ID_LENGTH).reshape(count, TRACK_ID_LENGTH)
    letters = BASE62[rng.bits_of(rng.key(seed, "track-id"), digits) % np.uint64(BASE62.size)]
    return pl.Series("track_id", [row.tobytes().decode() for row in letters], dtype=pl.String)


def _features(random: np.random.Generator, genre: npt.NDArray[np.int64]) -> list[pl.Series]:
    """Popularity, length and audio features: a Gaussian copula with the measured marginals."""
    count = genre.size
    factor = np.linalg.cholesky(CORRELATIONS)
    between = random.standard_normal((len(GENRES), len(MARGINALS))) @ factor.T
    within = random.standard_normal((count, len(MARGINALS))) @ factor.T
    latent = np.sqrt(GENRE_VARIANCE) * between[genre] + np.sqrt(1 - GENRE_VARIANCE) * within
    ranks = (latent.argsort(axis=0).argsort(axis=0) + 0.5) / count
    values = {
        name: np.interp(ranks[:, i], QUANTILES, marginal)
        for i, (name, marginal) in enumerate(MARGINALS.items())
    }
    shrink = 1 - HIT_LENGTH_SHRINK * values["popularity"] / 100
    values["duration_ms"] = HIT_LENGTH_MS + (values["duration_ms"] - HIT_LENGTH_MS) * shrink
    no_beat = random.choice(count, max(1, round(NO_TEMPO_SHARE * count)), replace=False)
    values["tempo"][no_beat] = 0.0
    signature = random.choice(TIME_SIGNATURES, count, p=TIME_SIGNATURE_SHARES)
    signature[no_beat] = 0
    columns: dict[str, npt.NDArray[np.generic]] = {
        "popularity": values["popularity"].round().astype(np.int64),
        "duration_ms": values["duration_ms"].round().astype(np.int64),
        "explicit": random.random(count) < EXPLICIT_SHARE,
        "key": random.choice(12, count, p=np.array(KEY_SHARES) / sum(KEY_SHARES)),
        "mode": (random.random(count) < MAJOR_SHARE).astype(np.int64),
        "time_signature": signature,
    }
    columns |= {name: values[name].round(6) for name in AUDIO_FEATURES if name in values}
    return [pl.Series(name, column) for name, column in columns.items()]


def _names(random: np.random.Generator, tracks: int, seed: int) -> list[pl.Series]:
    """Titles, credited artists, albums, release dates as written, and recording codes."""
    fake = Faker("en_US")
    fake.seed_instance(seed)
    words = [fake.unique.word().title() for _ in range(RELEASE_WORDS)]
    people = [f"{fake.first_name()} {fake.last_name()}" for _ in range(RELEASE_WORDS)]

    artist_count = max(4, tracks // TRACKS_PER_ARTIST)
    artists = [_artist_name(random, i, words, people) for i in range(artist_count)]
    # A few artists make many tracks: squaring a uniform number crowds the first names.
    main = (random.random(tracks) ** 2 * artist_count).astype(np.int64)
    credited = random.choice(4, tracks, p=ARTIST_COUNT_SHARES) + 1
    offsets = random.integers(1, artist_count, (tracks, 3)).cumsum(axis=1)
    listed = [
        ";".join(dict.fromkeys(artists[j % artist_count] for j in (m, *(m + o[: n - 1]))))
        for m, n, o in zip(main, credited, offsets, strict=True)
    ]

    album = main * 1000 + random.integers(0, 1 + np.bincount(main)[main] // TRACKS_PER_ALBUM)
    _, album_index = np.unique(album, return_inverse=True)
    albums = _titles(random, int(album_index.max()) + 1, words)
    # Catalogues lean to recent years: the cube crowds the end of the range.
    year = LAST_YEAR - ((LAST_YEAR - FIRST_YEAR) * random.random(len(albums)) ** 3).astype(np.int64)
    month, day = random.integers(1, 13, len(albums)), random.integers(1, 29, len(albums))
    length = random.choice((4, 7, 10), len(albums), p=(0.08, 0.02, 0.9))
    released = [f"{y}-{m:02}-{d:02}"[:n] for y, m, d, n in zip(year, month, day, length, strict=True)]
    codes = random.permutation(tracks)
    return [
        pl.Series("track_name", _titles(random, tracks, words)),
        pl.Series("artists", listed),
        pl.Series("album_name", [albums[i] for i in album_index]),
        pl.Series("release_date", [released[i] for i in album_index]),
        pl.Series(
            "isrc",
            [
                f"QZS{c // 100_000:02}{year[a] % 100:02}{c % 100_000:05}"
                for a, c in zip(album_index, codes, strict=True)
            ],
        ),
    ]


def _artist_name(random: np.random.Generator, index: int, words: list[str], people: list[str]) -> str:
    """A person's or a band's name; two artists may share one, as in real catalogues."""
    first, second, third = (words[i] for i in random.integers(0, len(words), 3))
    if index % COMMA_ARTIST_EVERY == 0:
        return f"{first}, {second} & {third}"
    if random.random() < 0.6:
        return people[int(random.integers(0, len(people)))]
    return f"The {first} {second}" if random.random() < 0.3 else f"{first} {second}"


def _titles(random: np.random.Generator, count: int, words: list[str]) -> list[str]:
    """Titles of one to four words."""
    picked = random.integers(0, len(words), (count, 4))
    lengths = random.integers(1, 5, count)
    return [" ".join(words[i] for i in row[:n]) for row, n in zip(picked, lengths, strict=True)]


def _with_followers(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """With the popularity and the followers of each track's first artist, which go together."""
    artist = pl.col("artists").str.extract("^([^;]+)")
    popularity = pl.when(artist.is_not_null()).then(pl.col("popularity").max().over(artist))
    noise = pl.Series("noise", np.random.default_rng([seed, 2]).normal(0.0, FOLLOWERS_SPREAD, frame.height))
    of_artist = pl.col("noise").first().over(artist)
    followers = pl.lit(10.0) ** (FOLLOWERS_LEAST + popularity / FOLLOWERS_DECADE + of_artist)
    return (
        frame.with_columns(noise)
        .with_columns(artist_popularity=popularity, artist_followers=followers.round().cast(pl.Int64))
        .drop("noise")
    )


def _one_row_per_genre(
    random: np.random.Generator, frame: pl.DataFrame, genre: npt.NDArray[np.int64]
) -> pl.DataFrame:
    """Repeat tracks under their further genres, some with another popularity, and number the rows."""
    tracks = frame.height
    genres = random.choice((1, 2, 3), tracks, p=GENRE_COUNT_SHARES)
    named = frame["track_name"].is_not_null().to_numpy()
    genres = np.where(named, genres, 1)
    # However small the catalogue, at least one track stands there twice with two popularities.
    example = int(np.flatnonzero(named)[0])
    genres[example] = max(2, genres[example])
    row_track = np.repeat(np.arange(tracks), genres)
    nth = np.arange(row_track.size) - np.repeat(genres.cumsum() - genres, genres)
    row_genre = (genre[row_track] + nth * (1 + row_track % 7)) % len(GENRES)
    disagrees = random.random(tracks) < DISAGREEING_SHARE
    disagrees[example] = True
    shift = np.where(disagrees[row_track] & (nth > 0), 1 + row_track % 3, 0)
    rows = frame[row_track].with_columns(
        genre=pl.Series(np.array(GENRES)[row_genre]),
        popularity=pl.when(pl.col("popularity") > 50)
        .then(pl.col("popularity") - pl.Series(shift))
        .otherwise(pl.col("popularity") + pl.Series(shift)),
        extra=pl.lit(None, pl.String),
    )
    may_repeat = np.flatnonzero(rows["track_name"].is_not_null())
    repeated = may_repeat[random.random(may_repeat.size) < REPEATED_SHARE]
    repeated = repeated if repeated.size else may_repeat[:1]
    rows = pl.concat([rows, rows[repeated]])
    rows = rows.sort("genre", maintain_order=True).with_row_index("source_row", offset=1)
    schema = {
        name: kind
        for name, kind in RAW_TRACKS.polars_schema.items()
        if name not in ("snapshot_date", "source_file")
    }
    return rows.select(pl.col(name).cast(kind) for name, kind in schema.items())
