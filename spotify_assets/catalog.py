"""The tables, under the name that other modules still import them by."""

from spotify_assets.tables import *  # noqa: F403
