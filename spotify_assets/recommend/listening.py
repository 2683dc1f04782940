"""What recommendations are learnt from: who played what, when, beside what else, and how it sounds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse  # type: ignore[import-untyped]

from spotify_assets.tables import SOUND

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Sparse = Any
"""A `scipy.sparse.csr_matrix`, which has no types."""

NEEDED_OF_TRACKS = ("track_id", "snapshot_date", "popularity", *SOUND)
NEEDED_OF_PLAYS = ("user_id", "track_id", "session_id", "started_at")
HALF_LIFE_DAYS = 30
"""After so many days a play counts half as much for what a listener likes."""
_Z_LIMIT = 3.0


@dataclass(frozen=True)
class Catalogue:
    """The tracks that can be recommended, one per index, by track id.

    `sound` holds `SOUND` in standard deviations from the catalogue's mean, 0 where unknown; `popularity` is
    Spotify's, 0 where unknown.
    """

    track_id: pl.Series
    sound: Floats
    popularity: Floats

    @classmethod
    def of(cls, tracks: pl.DataFrame, played: pl.Series) -> "Catalogue":
        """The tracks of a catalogue, and those that were played and are not in it.

        Args:
            tracks: `NEEDED_OF_TRACKS`; of several rows of a track the newest counts.
            played: track ids.
        """
        ids = pl.concat([tracks["track_id"], played]).unique().sort().alias("track_id")
        known = tracks.select(NEEDED_OF_TRACKS).sort("snapshot_date").unique("track_id", keep="last")
        rows = ids.to_frame().join(known, on="track_id", how="left", maintain_order="left")
        sound = rows.select(pl.col(SOUND).cast(pl.Float64)).to_numpy()
        sound = np.where(np.isfinite(sound), sound, np.nan)
        counted = np.maximum(np.isfinite(sound).sum(axis=0), 1)
        mean = np.nansum(sound, axis=0) / counted
        deviation = np.sqrt(np.nansum((sound - mean) ** 2, axis=0) / counted)
        deviation[deviation == 0] = 1.0
        z = np.clip(np.nan_to_num((sound - mean) / deviation), -_Z_LIMIT, _Z_LIMIT)
        popularity = rows["popularity"].fill_null(0).cast(pl.Float32).to_numpy()
        return cls(ids, z.astype(np.float32), popularity)

    def __len__(self) -> int:
        return len(self.track_id)

    def places(self, track_id: pl.Series) -> Ints:
        """The index of each track id, all of which are there."""
        return self.track_id.search_sorted(track_id).to_numpy().astype(np.int64)


@dataclass(frozen=True)
class Listening:
    """Who played what before a moment, as sparse matrices over the tracks of a catalogue.

    `plays` has a row per listener: their plays of each track, fading with `HALF_LIFE_DAYS`. `heard` is the
    same without fading, and with what they played before the listening that is learnt from. `sessions` has a
    row per session, 1 for each of its tracks; `session_user` says whose it is. `popularity` counts each
    track's plays by all.
    """

    users: pl.Series
    tracks: Catalogue
    plays: Sparse
    heard: Sparse
    sessions: Sparse
    session_user: Ints
    popularity: Floats

    @classmethod
    def before(
        cls, moment: datetime, plays: pl.DataFrame, known: pl.DataFrame, tracks: pl.DataFrame
    ) -> "Listening":
        """The listening before a moment; what comes after it is left out.

        Args:
            moment: UTC.
            plays: playbacks of music, `NEEDED_OF_PLAYS`.
            known: `user_id` and `track_id` of what was played earlier, which is not new to those listeners.
            tracks: a catalogue, `NEEDED_OF_TRACKS`.
        """
        rows = plays.filter(pl.col("started_at") < moment)
        earlier = known.join(rows.select("user_id").unique(), on="user_id", how="semi")
        catalogue = Catalogue.of(tracks, pl.concat([rows["track_id"], earlier["track_id"]]))
        users = rows["user_id"].unique().sort()
        user = numbers(rows["user_id"], users)
        track = catalogue.places(rows["track_id"])
        age = (moment - rows["started_at"]).dt.total_seconds().to_numpy() / 86_400
        sessions = rows["session_id"].unique().sort()
        session = numbers(rows["session_id"], sessions)
        session_user = np.zeros(len(sessions), dtype=np.int64)
        session_user[session] = user
        shape = len(users), len(catalogue)
        known_before = cells(numbers(earlier["user_id"], users), catalogue.places(earlier["track_id"]), shape)
        return cls(
            users=users,
            tracks=catalogue,
            plays=cells(user, track, shape, 0.5 ** (age / HALF_LIFE_DAYS)),
            heard=ones(cells(user, track, shape) + known_before),
            sessions=ones(cells(session, track, (len(sessions), len(catalogue)))),
            session_user=session_user,
            popularity=np.bincount(track, minlength=len(catalogue)).astype(np.float32),
        )


def cells(
    row: Ints, column: Ints, shape: tuple[int, int], values: npt.NDArray[np.floating] | None = None
) -> Sparse:
    """A sparse matrix in which the values of one cell, by default 1 each, add up."""
    data = np.ones(row.size, np.float32) if values is None else values.astype(np.float32)
    return sparse.csr_matrix((data, (row, column)), shape=shape, dtype=np.float32)


def ones(matrix: Sparse) -> Sparse:
    """The same cells, each 1."""
    flat = matrix.copy()
    flat.data[:] = 1
    return flat


def numbers(values: pl.Series, sorted_values: pl.Series) -> Ints:
    """The index of each value."""
    return sorted_values.search_sorted(values).to_numpy().astype(np.int64)
