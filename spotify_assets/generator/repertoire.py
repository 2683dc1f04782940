"""What listeners return to: playlists whose places hold a track for a season, and how it comes into one."""

import numpy as np
import numpy.typing as npt

from spotify_assets.generator import rng
from spotify_assets.generator.planted import Choice
from spotify_assets.generator.playable import Playable


def places(draw: rng.Bits, playlist: npt.NDArray[np.int64], choice: Choice) -> npt.NDArray[np.int64]:
    """The place of the repertoire that each draw falls on: one of the session's playlist."""
    chance = (draw & np.uint64(0xFFFFFF)).astype(np.float64) * 2.0**-24
    nth = (chance**choice.repertoire_skew * choice.playlist_places).astype(np.int64)
    return nth * choice.playlists + playlist


def seasons(
    user: npt.NDArray[np.int64],
    place: npt.NDArray[np.int64],
    local_date: npt.NDArray[np.int64],
    choice: Choice,
) -> npt.NDArray[np.int64]:
    """Which of its tracks a place of a repertoire holds; places change at different times."""
    phase = (place * 37 + user * 11) % choice.repertoire_days
    return (local_date + phase) // choice.repertoire_days


def best_fitting(
    source: rng.Bits,
    taste: npt.NDArray[np.float32],
    tracks: Playable,
    day: npt.NDArray[np.int64],
    choice: Choice,
) -> npt.NDArray[np.int32]:
    """Of `considered` tracks drawn by popularity the one that fits a taste best.

    Each row of `taste` is for the source of its place; a track stands in for one that cannot be played on the
    day, in days since 1970.
    """
    for nth in range(choice.considered):
        bits = rng.derive(source, nth // 2)
        half = bits >> np.uint64(32) if nth % 2 == 0 else bits
        track = tracks.draw(half.astype(np.uint32))
        if tracks.availability is not None:
            track = tracks.availability.on(track, day)
        fit = np.einsum("ij,ij->i", taste, tracks.taste[track])
        if nth == 0:
            chosen, best = track, fit
        else:
            better = fit > best
            chosen, best = np.where(better, track, chosen), np.where(better, fit, best)
    return chosen
