"""A simulated time of listening: what people play, what a server lists of it, and outages of both sides."""

import random
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from spotify_assets import places
from spotify_assets.accounts.polling import poll
from spotify_assets.lake import layout
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.transforms.events import listening_events
from tests.accounts.conftest import START, World
from tests.servers.spotify_api.world import duration_ms, id_of
from tests.transforms.events import Row, playback, raw_events

TICK_MINUTES = 10
"""How often the schedule ticks."""
LONG = [song for song in range(900) if duration_ms(song) >= 215_000]
NO_TRACKS = pl.DataFrame(schema={"track_id": pl.String, "snapshot_date": pl.Date, "duration_ms": pl.Int64})


HEAVINESS = ((8.0, 15.9), (17.0, 4.0), (7.5, 1.5), (21.0, 0.75))
"""When people begin to listen, as an hour of the day, and for how many hours, by turns: all day, evenings, on
the way, before sleep."""


@dataclass
class Told:
    """What came of it: plays made, of them those that are listed, those that arrived, and what the rows of
    the lake and of the export that comes later make of them: `kept`, and `kept_of_history` of the export.
    """

    made: int
    listed: int
    arrived: int
    overrun: int
    calls: int
    kept: int
    kept_of_history: int

    @property
    def precision(self) -> float:
        """Of the playbacks that count those that were made."""
        return self.kept_of_history / self.kept

    @property
    def recall(self) -> float:
        """Of those that were made those that count."""
        return self.kept_of_history / self.made


def listen(
    world: World, name: str, days: int, chance: random.Random, heaviness: tuple[float, float] = HEAVINESS[0]
) -> list[Row]:
    """Let a person listen for some days, and give the rows of the export that they ask for in the end.

    They listen nearly without a pause. Moments are starts and ends by turns.
    """
    first_hour, hours = heaviness
    person = world.api.person(name)
    rows: list[Row] = []
    for day in range(days):
        moment = START + (day * 24 + first_hour) * 3_600 + chance.uniform(0, 600)
        song = chance.choice(LONG)
        while moment < START + (day * 24 + first_hour + hours) * 3_600:
            song = song if chance.random() < 0.15 else chance.choice(LONG)
            seconds = chance.uniform(2, 28) if chance.random() < 0.08 else duration_ms(song) / 1_000
            end = moment + seconds
            if seconds >= 30:
                told = moment if chance.random() < 0.3 else end
                person.played(round((told + chance.uniform(-2, 2)) * 1_000), song, round((end + 2.5) * 1_000))
            rows.append(_row(f"{name}-{len(rows)}", name, song, end, seconds))
            moment = end + chance.choice([0.0, 0.0, 1.0, 25.0, 90.0])
    return rows


def _row(event_id: str, name: str, song: int, end: float, seconds: float) -> Row:
    ended_at = datetime.fromtimestamp(end, UTC).replace(microsecond=0, tzinfo=None)
    names = {"track_name": f"Song {song}", "artist_name": f'Artist {song % 90}; "the {song % 90}th"'}
    row = playback(
        event_id, ended_at=ended_at, started_at=ended_at - timedelta(seconds=seconds), user_id=name
    )
    return row | names | {"track_id": id_of("track", song), "ms_played": round(seconds * 1_000)}


def simulate(world: World, days: int, listeners: int, seed: int) -> Told:
    """Poll people of different heaviness for some days, then reconcile with their exports.

    About every third day this machine is off for up to three hours, and as often the service fails as long.
    """
    chance = random.Random(seed)
    people = [f"listener-{number}" for number in range(listeners)]
    history = [
        row
        for number, name in enumerate(people)
        for row in listen(world, name, days, chance, HEAVINESS[number % len(HEAVINESS)])
    ]
    world.connect(*people)
    settings, overrun, calls = world.settings(), 0, 0
    down_until = broken_until = 0.0
    for tick in range(days * 24 * 60 // TICK_MINUTES + 1):
        world.clock.seconds = max(world.clock.seconds, START + tick * TICK_MINUTES * 60)
        now = world.clock.seconds
        if chance.random() < 1 / 430:
            down_until = now + chance.uniform(1, 3) * 3_600  # this machine is off
        if chance.random() < 1 / 430 and now > down_until + 3 * 3_600:
            broken_until = now + chance.uniform(1, 3) * 3_600  # the service fails
        if now < down_until:
            continue
        world.api.faults["/v1/"] = deque(["503"] * 60 if now < broken_until else [])
        told = poll(settings, world.clock.timing)
        overrun, calls = overrun + len(told.overrun), calls + told.calls
    world.api.faults.clear()
    arrived = landed(world)
    kept = reconciled(history, arrived)
    return Told(
        made=len(history),
        listed=sum(len(person.plays) for person in world.api.people.values()),
        arrived=arrived.height,
        overrun=overrun,
        calls=calls,
        kept=kept.height,
        kept_of_history=kept.filter(pl.col("source") == "extended_history").height,
    )


def landed(world: World) -> pl.DataFrame:
    """The rows that the lake has, as the tables read them; each event once, as they keep it."""
    lake = world.settings().lake
    paths = [path for path in places.below(lake / layout.EVENTS) if layout.is_data(path.name)]
    read = read_landed(sorted(paths), RAW_EVENTS, lake)
    assert read.rejected.is_empty()
    return read.rows.unique("event_id").sort("user_id", "ended_at")


def reconciled(history: list[Row], arrived: pl.DataFrame) -> pl.DataFrame:
    """The playbacks that count, of an export and of what was polled."""
    rows = pl.concat([raw_events(*history), arrived.select(raw_events().columns)])
    return listening_events(rows, lambda _: raw_events(), NO_TRACKS, lambda _: raw_events()).rows
