"""Commands of connected accounts: connect, disconnect, and fetch, from Spotify and other services."""

import os
import webbrowser
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import labelled, say_error, says_what_is_wrong, stoppable, tell_partitions
from spotify_assets.cli.console import out
from spotify_assets.cli.imports import Expected, import_fetched
from spotify_assets.cli.options import day_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.accounts.authorising import Request
    from spotify_assets.accounts.polling import Polled
    from spotify_assets.accounts.snapshots import Snapshotted

WITHDRAW = "https://www.spotify.com/account/apps"
"""Where a listener takes an app's access back; the API has no call for it."""

app = typer.Typer()
connecting = typer.Typer(no_args_is_help=True)
app.add_typer(
    connecting, name="connect", help="Let listening arrive by itself: connect a listener's account."
)
fetching = typer.Typer(no_args_is_help=True)
app.add_typer(fetching, name="fetch", help="Fetch listening and catalogues from the services' APIs.")

_User = Annotated[str, typer.Option(help="Whose listening it is: a pseudonym, never a name.")]


class FetchedPart(StrEnum):
    """What `fetch spotify --only` may fetch."""

    PLAYS = "plays"
    SNAPSHOTS = "snapshots"


@connecting.command("spotify")
@says_what_is_wrong
def connect_spotify(
    user: _User = "me",
    paste: Annotated[
        bool,
        typer.Option("--paste", help="The browser is on another machine: paste the address that it ends at."),
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address to open.")] = False,
) -> None:
    """Connect a listener's Spotify account, asking for nothing but what was played lately."""
    from spotify_assets.accounts.authorising import ask, connect  # noqa: PLC0415
    from spotify_assets.lake.profiles import checked_user_id  # noqa: PLC0415

    settings = Settings()
    user_id = checked_user_id(user)
    request = ask(settings)
    out.print("Open this address, and agree there:", highlight=False)
    out.print(request.address, soft_wrap=True, highlight=False)
    if paste or "SSH_CONNECTION" in os.environ:
        answer = typer.prompt("The address that the browser ended at", hide_input=True)
    else:
        answer = _by_loopback(request, opens=not no_browser)
    connect(settings, request, answer, user_id)
    out.print(f"{user_id} is connected. Next: spotify-assets fetch spotify", highlight=False)


def _by_loopback(request: "Request", *, opens: bool) -> str:
    from spotify_assets.accounts.connecting import Loopback  # noqa: PLC0415

    with stoppable(), Loopback(request) as loopback:
        if opens:
            webbrowser.open(request.address)
        return loopback.wait()


@connecting.command("list")
@says_what_is_wrong
def list_accounts() -> None:
    """The connected listeners, and what is to be done about them."""
    from spotify_assets.accounts.polling import standing  # noqa: PLC0415

    found = standing(Settings())
    if not found:
        out.print("Nobody is connected: spotify-assets connect spotify")
        return
    table = RichTable("listener", "connected", "newest play", "to do")
    for each in found:
        newest = f"{each.newest:%Y-%m-%d %H:%M} UTC" if each.newest else ""
        table.add_row(each.user_id, each.connected_at[:10], newest, each.problem or "")
    out.print(table)


@connecting.command("acknowledge")
@says_what_is_wrong
def acknowledge_overruns(user: _User = "me") -> None:
    """Take it as it is that plays may be missing, because more was played than Spotify keeps."""
    from spotify_assets.accounts.overruns import acknowledge, overruns  # noqa: PLC0415

    settings = Settings()
    known = [each for each in overruns(settings) if each.user_id == user]
    if not acknowledge(settings, user) or not known:
        out.print(f"No plays of {user} are known to be missing.", highlight=False)
        return
    for each in known:
        out.print(f"Acknowledged: plays of {user} may be missing from {each.between}.", highlight=False)


@app.command()
@says_what_is_wrong
def disconnect(
    service: Annotated[str, typer.Argument(help="spotify")],
    user: _User = "me",
) -> None:
    """Forget a listener's tokens. What was fetched stays; erase-user removes that too."""
    from spotify_assets.accounts.forgetting import forget_account  # noqa: PLC0415

    if service != "spotify":
        raise ValueError(f"{service} is no service that accounts are connected to: give spotify")
    if not forget_account(Settings(), user):
        raise ValueError(f"{user} is not connected")
    out.print(
        f"{user} is disconnected and the tokens are deleted. Spotify has no call by which an app gives its "
        f"access back: remove it at {WITHDRAW}",
        soft_wrap=True,
        highlight=False,
    )


@fetching.command("spotify")
@says_what_is_wrong
def fetch_spotify(
    user: Annotated[str | None, typer.Option(help="Only this listener's plays.")] = None,
    only: Annotated[FetchedPart | None, typer.Option(help="Fetch nothing else: plays or snapshots.")] = None,
) -> None:
    """What connected listeners played lately, and snapshots of what was heard."""
    from spotify_assets.accounts.polling import connected, poll  # noqa: PLC0415
    from spotify_assets.accounts.snapshots import snapshot  # noqa: PLC0415
    from spotify_assets.warehouse.heard import heard_tracks, known_of  # noqa: PLC0415

    settings = Settings()
    if not connected(settings):
        raise ValueError("nobody is connected: spotify-assets connect spotify")
    failed = False
    with stoppable():
        if only is not FetchedPart.SNAPSHOTS:
            with out.status("Asking for plays"):
                polled = poll(settings, only=user, all_now=True)
            failed = _tell_polled(polled)
        if only is not FetchedPart.PLAYS:
            with out.status("Asking for snapshots"):
                taken = snapshot(settings, heard_tracks(settings), known=partial(known_of, settings))
            _tell_snapshots(taken)
    tell_partitions(settings)
    out.print("Next: spotify-assets materialize")
    if failed:
        raise typer.Exit(1)


def _tell_polled(polled: "Polled") -> bool:
    """Print what came of asking listeners; whether somebody is to do something."""
    out.print(f"Asked {polled.listeners:,} listeners: {polled.plays:,} plays are new.", highlight=False)
    for name in polled.overrun:
        words = (
            f"{name}: more was played than Spotify keeps (50 plays), so some may be missing until the export "
            "is imported (spotify-assets failing says when); a smaller SPOTIFY_POLL_MINUTES asks more often"
        )
        out.print(labelled("warning", "yellow", words))
    if polled.left:
        out.print(polled.left, highlight=False, soft_wrap=True)
    for name, problem in polled.problems.items():
        say_error(f"{name}: {problem}")
    return bool(polled.problems)


def _tell_snapshots(taken: "Snapshotted") -> None:
    answered = sum(taken.answered.values())
    out.print(
        f"Made {taken.calls:,} calls for snapshots: {answered:,} answers, {taken.not_there:,} of them that "
        f"there is no such thing. {taken.saved:,} needed no call, because their answer is not old.",
        highlight=False,
        soft_wrap=True,
    )
    for day, tracks in sorted(taken.landed.items()):
        out.print(f"Landed {tracks:,} tracks as the catalogue of {day}.", highlight=False)
    if taken.absent:
        out.print(f"Not told by the API: {_counted(taken.absent)}.", highlight=False, soft_wrap=True)
    if taken.left:
        out.print(taken.left, highlight=False, soft_wrap=True)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} of {count:,} tracks" for name, count in sorted(counts.items()))


@fetching.command("kaggle")
@says_what_is_wrong
def fetch_kaggle_dataset(
    dataset: Annotated[
        str,
        typer.Argument(help="spotify-tracks, 600k-tracks, spotify-songs, spotify-features, or OWNER/NAME."),
    ] = "spotify-tracks",
    snapshot_date: Annotated[
        datetime | None, day_option(help="Day the catalogue was exported; today by default.")
    ] = None,
) -> None:
    """Download a track catalogue from Kaggle, and import it."""
    from spotify_assets.accounts.kaggle import fetch_kaggle  # noqa: PLC0415

    with stoppable(), out.status(f"Fetching {dataset}"):
        folder = fetch_kaggle(dataset)
    import_fetched(Settings(), folder, "me", snapshot_date, Expected.TRACKS)


@fetching.command("lastfm")
@says_what_is_wrong
def fetch_lastfm(
    account: Annotated[str, typer.Argument(help="The account's name at Last.fm; it is not kept.")],
    user: _User = "me",
) -> None:
    """Fetch scrobbles from Last.fm that are newer than those known, and import them."""
    _fetch_scrobbles("lastfm", account, user)


@fetching.command("listenbrainz")
@says_what_is_wrong
def fetch_listenbrainz(
    account: Annotated[str, typer.Argument(help="The account's name at ListenBrainz; it is not kept.")],
    user: _User = "me",
) -> None:
    """Fetch listens from ListenBrainz that are newer than those known, and import them."""
    _fetch_scrobbles("listenbrainz", account, user)


def _fetch_scrobbles(service: str, account: str, user: str) -> None:
    from spotify_assets.accounts.scrobbles import fetch_scrobbles, note_fetched  # noqa: PLC0415
    from spotify_assets.lake.profiles import checked_user_id  # noqa: PLC0415

    settings = Settings()
    user_id = checked_user_id(user)
    with stoppable(), out.status(f"Fetching from {service}"):
        fetched = fetch_scrobbles(settings, service, account, user_id)
    if fetched.path is None:
        out.print("Nothing is new.")
        return
    import_fetched(settings, fetched.path, user_id, None, Expected.PLAYS)
    note_fetched(settings, service, user_id, fetched.newest)
