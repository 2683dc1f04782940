"""Commands of the listening stream: stream produce, stream consume, stream status."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.files import playable_tracks
from spotify_assets.cli.options import MOST, MOST_SEED, number_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.stream.consumer import Progress

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

app = typer.Typer()
stream = typer.Typer(no_args_is_help=True)
app.add_typer(stream, name="stream", help="Listening as it happens: from Kafka to the lake.")


@stream.command()
@says_what_is_wrong
def produce(
    topic: Annotated[str | None, typer.Option(help="Topic; SPOTIFY_KAFKA_TOPIC by default.")] = None,
    rate: Annotated[
        float | None,
        number_option(
            least=0.1, most=100_000, help="Events a second, as they happen; else as fast as it goes."
        ),
    ] = None,
    users: Annotated[int, typer.Option(min=1, max=MOST, help="How many listeners, without --rate.")] = 10_000,
    count: Annotated[
        int | None, typer.Option(min=1, help="How many events; without end with --rate.")
    ] = None,
    seconds: Annotated[
        float | None, number_option(least=1, most=MOST, help="For how long; until Ctrl-C by default.")
    ] = None,
    tracks: Annotated[
        int, typer.Option(min=20, max=MOST, help="Size of the catalogue, where none is landed.")
    ] = 5_000,
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="The same seed gives the same listeners.")
    ] = 7,
) -> None:
    """Send what synthetic listeners do to a topic. Exit code 1 where a message was not taken."""
    settings = _of_topic(topic)
    _needs_client()
    from spotify_assets.generator.config import GeneratorConfig  # noqa: PLC0415
    from spotify_assets.stream.producer import produce as send  # noqa: PLC0415

    today = datetime.now(UTC).date()
    catalogue = playable_tracks(settings, today, today, tracks=tracks, seed=seed)
    with _stopped(seconds) as stop:
        delivery = send(
            settings, GeneratorConfig(seed=seed, users=users), catalogue, rate=rate, stop=stop, count=count
        )
    out.print(
        f"{settings.kafka_topic}: {delivery.sent:,} sent, {delivery.acknowledged:,} acknowledged, "
        f"{delivery.failed:,} failed, {delivery.unknown:,} without an answer.",
        highlight=False,
    )
    if delivery.acknowledged < delivery.sent:
        why = f": {delivery.problem}" if delivery.problem else ""
        raise ValueError(f"not every message was acknowledged{why}; those without an answer may have arrived")


@stream.command()
@says_what_is_wrong
def consume(
    topic: Annotated[str | None, typer.Option(help="Topic; SPOTIFY_KAFKA_TOPIC by default.")] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="First read again whatever the lake lost.")
    ] = False,
    since: Annotated[
        datetime | None, typer.Option("--from", help="First read again what the lake lost since then (UTC).")
    ] = None,
    seconds: Annotated[
        float | None, number_option(least=1, most=MOST, help="For how long; until Ctrl-C by default.")
    ] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop when the lake has what the topic had at the start.")
    ] = False,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Serve Prometheus metrics on this port of loopback.")
    ] = None,
) -> None:
    """Write a topic to the lake, each message once, until Ctrl-C. Several may share the work."""
    settings = _of_topic(topic)
    _needs_client()
    from spotify_assets.stream.consumer import LakeConsumer  # noqa: PLC0415
    from spotify_assets.stream.metrics import Metrics  # noqa: PLC0415
    from spotify_assets.stream.status import status as status_of  # noqa: PLC0415

    moment = BEGINNING if from_beginning else since
    followers = [_teller()]
    if metrics_port is not None:
        followers.append(Metrics(metrics_port).follow)

    def tell(progress: "Progress") -> None:
        for follower in followers:
            follower(progress)

    reader = LakeConsumer(
        settings,
        fills_since=moment.replace(tzinfo=UTC) if moment else None,
        told=tell,
    )
    goal = {each.partition: each.in_topic for each in status_of(settings)} if until_end else None
    with _stopped(seconds) as stop:
        out.print(f"Reading {settings.kafka_topic} from {settings.kafka_servers}.", highlight=False)
        progress = reader.run(lambda: stop() or (goal is not None and reader.has_reached(goal)))
    if progress.problem:
        raise ValueError(f"{progress.problem}; what was read and not written is read again next time")
    lost = f", {progress.lost:,} deleted by the topic before they were read" if progress.lost else ""
    out.print(
        f"{settings.kafka_topic}: {progress.rows:,} messages in {progress.batches:,} batches, "
        f"{progress.refused:,} of them refused{lost}.",
        highlight=False,
    )


@stream.command()
@says_what_is_wrong
def status(
    topic: Annotated[str | None, typer.Option(help="Topic; SPOTIFY_KAFKA_TOPIC by default.")] = None,
) -> None:
    """How far the lake is behind the topic, partition by partition."""
    settings = _of_topic(topic)
    _needs_client()
    from spotify_assets.stream.status import status as status_of  # noqa: PLC0415

    table = RichTable(title=f"{settings.kafka_topic} on {settings.kafka_servers}")
    for heading in ("partition", "in the lake", "in the topic", "lag", "refused", "left out", "lost"):
        table.add_column(heading, justify="right")
    table.add_column("newest event (UTC)")
    table.add_column("last batch (UTC)")
    for each in status_of(settings):
        offsets = (each.partition, each.in_lake, each.in_topic, each.lag)
        numbers = (*offsets, each.refused, each.left_out, each.lost)
        table.add_row(*(f"{number:,}" for number in numbers), _text(each.newest), _text(each.written))
    out.print(table)


@stream.command("let-in")
@says_what_is_wrong
def let_in(user: Annotated[str, typer.Argument(help="The listener's pseudonym.")]) -> None:
    """Take messages of an erased listener again, from now on."""
    from spotify_assets.lake.kept_out import let_listener_in  # noqa: PLC0415

    was_out = let_listener_in(Settings().lake, user)
    out.print("Their messages are taken from now on." if was_out else "Their messages were not left out.")


def _text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "–"


def _of_topic(topic: str | None) -> Settings:
    settings = Settings()
    return settings.model_copy(update={"kafka_topic": topic}) if topic else settings


def _needs_client() -> None:
    """Say what is missing where Kafka's client is not installed.

    Raises:
        ValueError: it is not.
    """
    try:
        import confluent_kafka  # noqa: F401, PLC0415
    except ImportError:
        raise ValueError("The Kafka client is not installed: pip install 'spotify-assets[stream]'") from None


def _teller() -> Callable[["Progress"], None]:
    """What prints a line when there is news."""
    before: tuple[int, str | None] = (0, None)

    def tell(progress: "Progress") -> None:
        nonlocal before
        now = (progress.batches, progress.problem)
        if now == before:
            return
        before = now
        if progress.problem:
            out.print(f"Waiting: {progress.problem}", highlight=False, soft_wrap=True)
        else:
            lag = f", {sum(progress.lags.values()):,} behind" if progress.lags else ""
            out.print(f"{progress.rows:,} messages in {progress.batches:,} batches{lag}", highlight=False)

    return tell


@contextmanager
def _stopped(seconds: float | None) -> Iterator[Callable[[], bool]]:
    """What says whether to stop: Ctrl-C or SIGTERM came, or the time is over. A second one ends at once."""
    heard = False
    until = None if seconds is None else time.monotonic() + seconds
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def hear(number: int, _: FrameType | None) -> None:
        nonlocal heard
        heard = True
        signal.signal(number, signal.SIG_DFL)

    for number in before:
        signal.signal(number, hear)
    try:
        yield lambda: heard or (until is not None and time.monotonic() >= until)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
