"""Settings of connected accounts: a part of `Settings`, which every other module reads."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings


class AccountSettings(BaseSettings):
    """What a person may change about services that are fetched from."""

    client_id: str | None = Field(
        None, description="Client ID of your app in Spotify's dashboard, for connected accounts."
    )
    redirect_uri: str = Field(
        "http://127.0.0.1:8898/callback",
        description="Where the browser comes back to after `connect spotify`, as the app has it.",
    )
    api_calls_per_minute: int = Field(
        180, ge=1, description="Most calls to Spotify's Web API in any minute, of all processes together."
    )
    api_batches: bool = Field(
        False, description="Whether the app may ask for many tracks at once (extended quota mode)."
    )
    poll_minutes: float = Field(
        30.0, gt=0, description="How often a connected listener is asked for what was played."
    )
    snapshot_calls_per_day: int = Field(
        5_000, ge=0, description="Most calls a UTC day for snapshots of tracks, albums and artists."
    )
    snapshot_days: int = Field(
        30, ge=1, description="Days after which what a snapshot says is old, and is asked for again."
    )
    api_url: str = Field("https://api.spotify.com/v1", description="Address of Spotify's Web API.")
    accounts_url: str = Field(
        "https://accounts.spotify.com", description="Address of Spotify's accounts service."
    )
    lastfm_api_key: SecretStr | None = Field(None, description="API key for `fetch lastfm`.")
    lastfm_host: str = Field("ws.audioscrobbler.com", description="Host of Last.fm's API.")
    listenbrainz_url: str = Field("https://api.listenbrainz.org", description="Address of ListenBrainz' API.")

    @field_validator("redirect_uri")
    @classmethod
    def _loopback(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "::1") or not parts.port:
            raise ValueError(
                f"{address} is no http address of 127.0.0.1 with a port, which is all that Spotify takes "
                "without TLS: use http://127.0.0.1:8898/callback"
            )
        return address
