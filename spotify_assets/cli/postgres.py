"""Commands about the served warehouse: postgres with publish, roles and declare."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.settings import Settings

app = typer.Typer()
postgres = typer.Typer(
    no_args_is_help=True, help="The Postgres that serves the marts: its rows and its roles."
)
app.add_typer(postgres, name="postgres")


@postgres.command()
@says_what_is_wrong
def publish() -> None:
    """Bring the Postgres up to date from the published copy, as each run does by itself."""
    from spotify_assets.serving.publishing import publish_published_copy  # noqa: PLC0415

    done = publish_published_copy(Settings())
    changed = ", ".join(f"{name} ({rows:,})" for name, rows in done.written.items()) or "nothing had changed"
    out.print(
        f"{sum(done.rows.values()):,} rows in {len(done.rows)} tables are served. Written: {changed}.",
        soft_wrap=True,
        highlight=False,
    )


@postgres.command()
@says_what_is_wrong
def roles(
    admin_url: Annotated[
        str | None,
        typer.Option(
            envvar="SPOTIFY_SERVING_POSTGRES_ADMIN_URL",
            help="Address with a login that may create roles; by default that of the settings.",
        ),
    ] = None,
) -> None:
    """Create the roles of the Postgres and give them their rights; may be done again at any time."""
    from spotify_assets.serving.roles import LISTENER, PIPELINE, READER, create_roles  # noqa: PLC0415
    from spotify_assets.serving.server import server_url  # noqa: PLC0415

    new = create_roles(admin_url or server_url(Settings()))
    out.print(f"Created: {', '.join(new)}." if new else "The roles are there, with their rights.")
    out.print(
        f"Make logins as members of one: {PIPELINE} publishes, {READER} reads everything, {LISTENER} sees "
        "the rows of the listener whom it has declared.",
        soft_wrap=True,
    )


@postgres.command()
@says_what_is_wrong
def declare(
    listener: Annotated[str, typer.Argument(help="The listener's pseudonym.")],
    days: Annotated[int, typer.Option(min=1, max=3_660, help="For how many days it holds.")] = 30,
) -> None:
    """Print what a session of a listener sets listening.declared to; who has it sees what they heard."""
    from spotify_assets.serving.roles import declare as signed  # noqa: PLC0415
    from spotify_assets.serving.server import server_url  # noqa: PLC0415

    typer.echo(signed(server_url(Settings()), listener, datetime.now(UTC) + timedelta(days=days)))
