"""How synthetic listeners behave: the planted parameters, and where their targets come from.

Two kinds of number stand here. Some are published figures (their source is named). The others are
calibrated: chosen so that the events reproduce the published figures, which `fidelity` measures.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spotify_assets.generator.weather import RainMood

Hours = tuple[float, ...]


@dataclass(frozen=True)
class SkipHazard:
    """The rate at which a listener skips, per second of a track.

    The rate is a baseline over seconds times `exp(eta)`; `eta` adds up everything known about the
    listener, the track and the session so far. A skip happens at the first second where the summed rate
    passes an exponential draw, if that lies before `SKIP_BEFORE` of the track's length.
    """

    knots_seconds: tuple[float, ...] = (0.0, 5.0, 10.0, 30.0)
    knots_hazard: tuple[float, ...] = (0.0, 0.347, 0.452, 0.607)
    """Summed baseline rate at each knot."""
    tail_hazard: float = 0.521
    """Summed baseline rate from the last knot to the end of the track, however long it is."""

    positions: tuple[int, ...] = (1, 2, 3, 4, 8, 12, 20, 30)
    position_effects: tuple[float, ...] = (-0.435, 0.075, 0.045, 0.095, 0.09, 0.015, 0.075, -0.25)
    """Added to `eta` by position in the session; linear in between, constant after the last. It falls
    beyond the 20 that MSSD publishes, so that all plays together come to Lamere's share of skips."""

    previous_skip: float = 0.66
    """Added after a skip, subtracted after any other outcome."""
    patience_sd: float = 0.35
    """Spread of a user's own tendency to skip."""
    mood_sd: float = 0.35
    """Spread of a session's tendency to skip."""
    familiar: float = -0.25
    """Added for a track from the user's repertoire."""
    shuffle: float = 0.10
    taste: float = -0.30
    """Times the fit between the user's taste and the track, which has standard deviation 1 over draws."""
    device: dict[str, float] = field(
        default_factory=lambda: {"mobile": 0.06, "desktop": -0.24, "tablet": 0.33, "web": 0.25}
    )
    audio: dict[str, float] = field(
        default_factory=lambda: {
            "danceability": -0.12,
            "energy": -0.10,
            "speechiness": 0.12,
            "instrumentalness": 0.14,
            "liveness": 0.08,
            "valence": -0.10,
            "tempo": 0.08,
            "popularity": -0.12,
        }
    )
    """Per standard deviation of the feature over the catalogue's tracks, clipped at three."""


SKIP_BEFORE = 0.95
"""A track left before this share of its length is skipped; later counts as complete (DESIGN of `outcome`)."""


@dataclass(frozen=True)
class Choice:
    """Which tracks are played."""

    zipf_exponent: float = 1.34
    """Draws of a track fall with this power of its rank. Plays, which repeat what was drawn, fall with a
    flatter one (KONECT lastfm_song: s = 1.09)."""
    head_ranks: float = 4.3
    """Flattens the first ranks (Zipf-Mandelbrot offset), as no chart gives one song a tenth of all plays."""
    unplayed_share: float = 0.248
    """Tracks that nobody plays in `unplayed_days` days (Luminate 2023: 24.8 %). As many of the last ranks
    are never drawn as chance leaves to fill; where chance leaves out more by itself, as in large catalogues,
    some draws fall on all ranks alike."""
    evenly_at_most: float = 0.1
    """The largest part of draws that may."""
    unplayed_days: int = 28
    popularity_noise: float = 8.0
    """Standard deviation, in points of popularity, of what moves a track's rank away from its popularity."""
    mean_length_ms: float = 212_000
    """Mean length of what is drawn: Lamere's 48.6 % and 14.65 an hour imply two minutes per play."""
    length_lean: float = 12.0
    """Points of popularity, per standard deviation of the log length, by which ranks may lean to reach it."""
    repertoire: int = 180
    """Tracks that a user returns to."""
    repertoire_skew: float = 1.6
    """Power of the uniform draw of a place in the repertoire; above 1 the first places are favourites."""
    considered: int = 6
    """Tracks drawn by popularity, of which the one that best fits the taste of the session's playlist is
    played: in the repertoire, and of what is come across."""
    playlists: int = 15
    """Parts of a repertoire, all of one size. A session plays from one of them, and what it comes across fits
    that one."""
    playlist_lean: float = 0.45
    """How far what a playlist holds leans away from the listener's taste, of length 1."""
    repertoire_days: int = 90
    """Days after which a place of the repertoire is taken by another track."""
    discovery_share: float = 0.205
    """Plays from outside the repertoire; with the repertoire's size it sets the repeat share
    (KONECT lastfm: 77 %)."""
    draws_per_play: float = 0.44
    """Places of a repertoire and discoveries that come up in `unplayed_days` days, per play."""

    @property
    def playlist_places(self) -> int:
        """Places of a repertoire that are in one playlist."""
        return self.repertoire // self.playlists


@dataclass(frozen=True)
class Rhythm:
    """When people listen, in their local time."""

    weekday_hours: Hours = (
        2.00, 0.80, 0.50, 0.95, 1.10, 1.48, 2.28, 3.61, 4.88, 5.69, 5.13, 4.33,
        4.22, 4.42, 4.72, 5.13, 5.64, 6.57, 7.81, 7.57, 6.42, 5.76, 5.00, 3.69,
    )  # fmt: skip
    weekend_hours: Hours = (
        2.60, 1.25, 0.70, 1.05, 1.20, 1.35, 1.86, 2.69, 3.90, 5.28, 5.65, 4.85,
        4.74, 4.74, 4.94, 5.25, 5.57, 6.20, 7.05, 6.90, 6.14, 5.79, 5.23, 4.45,
    )  # fmt: skip
    """Relative number of sessions begun in each local hour: trough at 02, peaks at 09-10 and 18-19
    (Zhang et al. 2013), mean 14.2 and sd 6.0 of the hour of play (MSSD mini set)."""
    weekend_factor: float = 1.15
    """Sessions begun on a weekend day, relative to a weekday."""
    chronotype_sd_hours: float = 0.5
    """How far a user's day is shifted."""
    activity_sigma: float = 0.5
    """Spread of users' sessions per day (log-normal)."""


@dataclass(frozen=True)
class Behaviour:
    """Everything planted that a test may want to replace."""

    hazard: SkipHazard = field(default_factory=SkipHazard)
    choice: Choice = field(default_factory=Choice)
    rhythm: Rhythm = field(default_factory=Rhythm)
    mood: "RainMood | None" = None
    """What rain makes of listening; nothing by default."""


DEVICES = ("mobile", "desktop", "tablet", "web")
DEVICE_SHARES = (0.450, 0.395, 0.122, 0.033)
"""Of sessions, such that listening *time* divides as 42, 45, 10 and 3 % (Spotify via press, 2015)."""
PRIMARY_DEVICE_SHARE = 0.7
"""Sessions on the device that the user prefers."""

PREMIUM_SHARE = 0.816
"""Premium listeners (premium sessions: 81.6 %, arXiv:1904.10273)."""

CONTEXTS = ("user_collection", "editorial_playlist", "catalog", "personalized_playlist", "radio", "charts")
CONTEXT_SHARES = (0.42, 0.20, 0.20, 0.08, 0.07, 0.03)
CONTEXT_SHUFFLE = (0.55, 0.20, 0.11, 0.15, 0.00, 0.15)
"""Where a session plays from (context types of MSSD), how often, and how often with shuffle on; together
30.9 % (MSSD mini set)."""
CONTEXT_DISCOVERY = (0.5, 1.4, 1.0, 1.6, 2.0, 1.4)
"""Discovery relative to the mean, by context."""

PLACES = (
    ("US", "America/New_York", 13.0),
    ("US", "America/Chicago", 8.0),
    ("US", "America/Denver", 3.0),
    ("US", "America/Los_Angeles", 7.0),
    ("BR", "America/Sao_Paulo", 9.0),
    ("MX", "America/Mexico_City", 7.0),
    ("GB", "Europe/London", 8.0),
    ("DE", "Europe/Berlin", 7.0),
    ("FR", "Europe/Paris", 4.0),
    ("ES", "Europe/Madrid", 4.0),
    ("IT", "Europe/Rome", 3.0),
    ("SE", "Europe/Stockholm", 3.0),
    ("PL", "Europe/Warsaw", 3.0),
    ("TR", "Europe/Istanbul", 3.0),
    ("IN", "Asia/Kolkata", 5.0),
    ("ID", "Asia/Jakarta", 4.0),
    ("PH", "Asia/Manila", 3.0),
    ("JP", "Asia/Tokyo", 3.0),
    ("AU", "Australia/Sydney", 3.0),
)
"""Country, IANA time zone and relative number of users: a plausible spread over UTC offsets, no published
one."""

FLAG_MODES = ("faithful", "forgetful", "silent")
FLAG_MODE_SHARES = (0.6, 0.3, 0.1)
FORGETFUL_TRUE = 0.33
"""A forgetful account flags a third of its skips: one real account has 9,266 `fwdbtn` ends, 6,224 of them
`skipped=false`."""
SILENT_NULL = 0.98
"""A silent account's flag is null for 98 % of rows, as one real account's is."""

PAUSE_SHARE = 0.06
"""Playbacks in which a pause is planned; it happens if the listener stays until then."""
PAUSE_WITHIN_SECONDS = 180
PAUSE_MAX_SECONDS = 600
"""A pause ends within ten minutes, so that it never ends the session (30 minutes)."""
ADD_SHARE_FAMILIAR = 0.005
ADD_SHARE_NEW = 0.06
"""Completed playbacks that end up in a playlist."""
MANUAL_SHARE = 0.10
"""Tracks picked by hand (`clickrow`) rather than next in line."""
BACK_SHARE = 0.02
"""Tracks that are a step back to the one before the previous."""
ABANDON_SHARE = 0.35
"""Sessions whose last track, when left early, is not followed by a skip but by the end of listening."""
