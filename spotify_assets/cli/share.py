"""Links to recaps, the server that they lead to, and who may stand beside whom: share link, serve, agree."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.options import LAST_PORT, day_option, number_option
from spotify_assets.instance.signals import interruptible
from spotify_assets.settings import Settings

app = typer.Typer()
share = typer.Typer(
    no_args_is_help=True, help="Show one listener's recap to somebody, by a link that expires."
)
app.add_typer(share, name="share")
_HOST, _PORT = "127.0.0.1", 8600
_MOST_DAYS = 365


@share.command()
@says_what_is_wrong
def link(
    first: Annotated[datetime, day_option("--from", help="First day of the recap.")],
    last: Annotated[datetime, day_option("--to", help="Last day of the recap, included.")],
    user: Annotated[
        str | None, typer.Option(help="The listener; may be left out where there is only one.")
    ] = None,
    days: Annotated[
        float, number_option("--days", least=0.01, most=_MOST_DAYS, help="For how many days it opens.")
    ] = 7,
    address: Annotated[
        str, typer.Option(help="Where the server is reached: what the link begins with.")
    ] = f"http://{_HOST}:{_PORT}",
) -> None:
    """Print a link to one listener's recap of some days; it opens nothing else, and expires."""
    from spotify_assets.figures.personal import find_listener  # noqa: PLC0415
    from spotify_assets.figures.view import Period  # noqa: PLC0415
    from spotify_assets.report.link import Shared  # noqa: PLC0415
    from spotify_assets.report.sharing import PATH  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    settings = Settings()
    key = share_key(settings)
    with published_copy(settings).reader() as connection:
        listener = find_listener(connection, user)
    until = datetime.now(UTC) + timedelta(days=days)
    shared = Shared(listener.user_id, Period(first.date(), last.date()), until)
    typer.echo(f"{address.rstrip('/')}{PATH}{shared.token(key)}")


@share.command()
@says_what_is_wrong
def agree(
    user: Annotated[str, typer.Option(help="The listener who agrees.")],
    other: Annotated[str | None, typer.Option("--with", help="The listener to stand beside.")] = None,
    first: Annotated[datetime | None, day_option("--from", help="First day that is shown.")] = None,
    last: Annotated[datetime | None, day_option("--to", help="Last day, included.")] = None,
    days: Annotated[
        float, number_option("--days", least=0.01, most=_MOST_DAYS, help="For how many days it holds.")
    ] = 30,
    answer: Annotated[
        str | None, typer.Option(help="What the other listener's command printed, to agree in return.")
    ] = None,
) -> None:
    """Agree to be seen beside another listener; what the second of both prints is for recap --beside."""
    from spotify_assets.figures.view import Period  # noqa: PLC0415
    from spotify_assets.report.agreement import Consent, consent  # noqa: PLC0415

    key = share_key(Settings())
    if answer is not None:
        given = consent(answer, key)
        if given.other != user:
            raise ValueError(f"{given.giver} agreed to stand beside {given.other}, not beside {user}")
        typer.echo(given.answered(answer.strip(), key))
        return
    if other is None or first is None or last is None:
        raise ValueError("say --with, --from and --to, or --answer with what the other listener was given")
    until = datetime.now(UTC) + timedelta(days=days)
    typer.echo(Consent(user, other, Period(first.date(), last.date()), until).token(key))


@share.command()
@says_what_is_wrong
def serve(
    port: Annotated[
        int, typer.Option(min=0, max=LAST_PORT, help="Port of the server; 0 takes a free one.")
    ] = _PORT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = _HOST,
) -> None:
    """Show recaps to whoever has a link to one, until Ctrl-C; nothing else is served."""
    from spotify_assets.instance.servers import must_be_free  # noqa: PLC0415
    from spotify_assets.report.sharing import server  # noqa: PLC0415
    from spotify_assets.report.signing import checked_key  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    settings = Settings()
    key = checked_key(share_key(settings))
    must_be_free(host, port, "--port")
    with server(host, port, published_copy(settings), key) as serving:
        out.print(f"http://{host}:{serving.server_address[1]}  (Ctrl+C ends)", highlight=False)
        try:
            with interruptible():
                serving.serve_forever()
        except KeyboardInterrupt:
            out.print("Ended.")


def share_key(settings: Settings) -> str:
    """What links and consents are signed with.

    Raises:
        ValueError: it is not set.
    """
    if settings.share_key is None:
        raise ValueError(
            "SPOTIFY_SHARE_KEY is not set, so no link can be signed: take what `openssl rand -hex 32` prints"
        )
    return settings.share_key.get_secret_value()
