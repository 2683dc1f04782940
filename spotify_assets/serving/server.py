"""The connection to the Postgres that serves the marts, and its errors in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from spotify_assets.settings import Settings
from spotify_assets.warehouse.errors import WarehouseError

if TYPE_CHECKING:
    import psycopg

    Session: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

VARIABLE = "SPOTIFY_SERVING_POSTGRES_URL"
OLDEST_VERSION = 15
"""Views with the rights of whoever reads them are new in it."""
_CONNECT_SECONDS = 10
_HINTS = {
    "2BP01": "other views use it; drop those, publish again, and make them anew",
    "0A000": "other views use it; drop those, publish again, and make them anew",
    "53100": "the disk of the server is full; make room and publish again",
    "53200": "the server is out of memory; publish again when it has more",
    "53300": "the server takes no more connections; publish again later, or raise max_connections",
    "53400": "the server's own limit (temp_file_limit) is reached; raise it and publish again",
    "55P03": "somebody holds a lock longer than SPOTIFY_LOCK_TIMEOUT_SECONDS; publish when they are done",
    "42P01": "it is served once spotify-assets postgres publish has run",
    "42703": "it is served once spotify-assets postgres publish has run",
    "42501": "spotify-assets postgres roles gives the pipeline its rights",
}
"""What to do about an error, by its SQLSTATE."""


class PostgresError(WarehouseError):
    """The served warehouse cannot do what was asked; the message is one line and says what to do."""


def server_url(settings: Settings) -> str:
    """The address of the served warehouse.

    Raises:
        ValueError: none is set, or its driver is not installed.
    """
    if settings.serving_postgres_url is None:
        raise ValueError(f"{VARIABLE} is not set: write it as postgresql://user:password@host:5432/database")
    if not find_spec("psycopg"):
        raise ValueError(f"{VARIABLE} is set, but psycopg is not: pip install 'spotify-assets[postgres]'")
    return settings.serving_postgres_url.get_secret_value()


@contextmanager
def connected(url: str, doing: str) -> Iterator["Session"]:
    """A new connection whose changes all stay, or, after any exception, none.

    `doing` is what is done with it, for the message about an error. Queries name their parameters `$1`, `$2`.

    Raises:
        PostgresError: the server does not let us in, is too old, or refuses something.
    """
    import psycopg  # noqa: PLC0415 - an extra

    try:
        connection = psycopg.connect(
            url,
            connect_timeout=_CONNECT_SECONDS,
            application_name="spotify-assets",
            cursor_factory=psycopg.RawCursor,
        )
    except psycopg.Error as error:
        raise PostgresError(
            f"the Postgres of {VARIABLE} does not let us in: {_line(error)}. Start it, or mend the address"
        ) from None
    try:
        with connection:
            if connection.info.server_version < OLDEST_VERSION * 10_000:
                raise PostgresError(
                    f"the Postgres of {VARIABLE} is version {connection.info.server_version // 10_000}: "
                    f"{OLDEST_VERSION} or newer is needed"
                )
            connection.execute("set time zone 'UTC'")
            yield connection
    except psycopg.Error as error:
        hint = _HINTS.get(error.sqlstate or "", "look into the log of the server")
        raise PostgresError(f"{doing}: {_line(error)}; {hint}. What was there before stays.") from error


def _line(error: "psycopg.Error") -> str:
    """What the server says, in one line: with the details, which name what is in the way."""
    said = [error.diag.message_primary or str(error), error.diag.message_detail or ""]
    return " ".join(" ".join(said).split())
