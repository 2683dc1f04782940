"""The settings of a server, read once, because reading takes 60 ms."""

from functools import cache

from spotify_assets.settings import Settings


@cache
def settings() -> Settings:
    """The settings as they were when somebody first asked."""
    return Settings()
