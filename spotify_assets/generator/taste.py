"""What generated listeners are likely to play, by the planted parameters: the best that a ranking can be.

Whoever knew these chances would know who likes what, which of the tracks that a listener has played are in
their playlists, and which playlist a session plays from; not what chance still has to draw: the tracks that
come into a repertoire, and those that are come across. They belong to the answer key: nothing of the pipeline
may read them.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.generator import rng
from spotify_assets.generator.repertoire import best_fitting, seasons
from spotify_assets.generator.schedule import EPOCH
from spotify_assets.generator.session_traits import playlist_of
from spotify_assets.generator.world import World

Chances = npt.NDArray[np.float64]


@dataclass
class Oracle:
    """The chances of one world's tracks, in the order of `world.tracks`.

    How a session's chances lean is known to the day: a repertoire is taken as it is on a UTC date.
    """

    world: World
    _laws: tuple[int, Chances] | None = field(default=None, repr=False)

    def next_play(self, user: int, day: date, session_id: str, heard: npt.NDArray[np.bool_]) -> Chances:
        """The chance of each track to be the next that a user plays in a session.

        Args:
            user: index of the user.
            day: UTC date of the session.
            session_id: as the events have it.
            heard: which tracks the user has played before.
        """
        choice = self.world.behaviour.choice
        key = np.array([int(session_id, 16)], dtype=np.uint64)
        playlist = int(playlist_of(key, choice)[0])
        chance = np.zeros(choice.repertoire)
        listed = np.arange(choice.playlist_places) * choice.playlists + playlist
        chance[listed] = _skewed(choice.playlist_places, choice.repertoire_skew)
        come_across = np.zeros(choice.playlists)
        come_across[playlist] = 1.0
        return self._chances(user, day, chance, come_across, heard)

    def discovery(self, user: int, day: date, heard: npt.NDArray[np.bool_]) -> Chances:
        """The chance of each track to be the next that a user plays for the first time, up to a factor."""
        choice = self.world.behaviour.choice
        in_playlist = _skewed(choice.playlist_places, choice.repertoire_skew)
        chance = np.repeat(in_playlist / choice.playlists, choice.playlists)
        come_across = np.full(choice.playlists, 1 / choice.playlists)
        return np.where(heard, 0.0, self._chances(user, day, chance, come_across, heard))

    def _chances(
        self,
        user: int,
        day: date,
        chance: Chances,
        come_across: Chances,
        heard: npt.NDArray[np.bool_],
    ) -> Chances:
        """Places whose track has been heard count for it; others, and discoveries, by what a draw gives.

        `chance` is that of each place of the repertoire, `come_across` that of each playlist to be the one
        that what is come across fits.
        """
        world, choice = self.world, self.world.behaviour.choice
        place = np.arange(choice.repertoire)
        share = choice.discovery_share * float(world.users.curiosity[user])
        who = np.full(place.size, user)
        since_1970 = np.full(place.size, (day - EPOCH).days)
        key = rng.key(world.config.seed, "repertoire")
        source = rng.bits_of(key, who * choice.repertoire + place, seasons(who, place, since_1970, choice))
        taste = world.users.playlist_taste[user, place % choice.playlists]
        track = best_fitting(source, taste, world.tracks, since_1970, choice)
        known = heard[track]
        unknown = np.bincount(place[~known] % choice.playlists, chance[~known], choice.playlists)
        chances: Chances = ((1 - share) * unknown + share * come_across) @ self._draws_of(user)
        np.add.at(chances, track[known], (1 - share) * chance[known])
        return chances

    def _draws_of(self, user: int) -> Chances:
        """The chance of each track to fit best among those that are considered, by playlist of a user."""
        if self._laws is None or self._laws[0] != user:
            drawn = _drawn(self.world)
            fits = self.world.tracks.taste @ self.world.users.playlist_taste[user].T
            laws = np.empty(fits.T.shape)
            for playlist, fit in enumerate(fits.T):
                order = np.argsort(fit, kind="stable")
                below = np.concatenate([[0.0], np.cumsum(drawn[order])])
                laws[playlist, order] = np.diff(below**self.world.behaviour.choice.considered)
            self._laws = user, laws
        return self._laws[1]


def track_ids(world: World) -> pl.Series:
    """The tracks of a world in the order of their chances."""
    return world.tracks.names["track_id"]


def _skewed(places: int, skew: float) -> Chances:
    """The chance of each of so many places to be drawn."""
    return np.diff((np.arange(places + 1) / places) ** (1 / skew))


def _drawn(world: World) -> Chances:
    """The chance of each track to be drawn by popularity."""
    quantiles = world.tracks.quantiles.astype(np.float64)
    below = np.interp(
        np.arange(world.tracks.duration_ms.size + 1), quantiles, np.linspace(0, 1, quantiles.size)
    )
    below[-1] = 1.0
    return np.diff(below)
