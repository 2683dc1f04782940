"""Settings of who may see what: a part of `Settings`, which every other module reads."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings


class AccessSettings(BaseSettings):
    """What a person may change about who sees the dashboard and shared recaps."""

    access_file: Path | None = Field(
        None, description="Who may see what on the dashboard; open to everybody who reaches it when unset."
    )
    login_file: Path | None = Field(
        None, description="How the dashboard logs people in: Streamlit's secrets with their section `auth`."
    )
    share_key: SecretStr | None = Field(
        None,
        description="What links to shared recaps and consents to stand side by side are signed with; another "
        "one takes all of them back.",
    )

    @field_validator("access_file", "login_file")
    @classmethod
    def _absolute_where_set(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().resolve()

    @model_validator(mode="after")
    def _login_has_both_files(self) -> Self:
        if (self.access_file is None) != (self.login_file is None):
            raise ValueError("SPOTIFY_ACCESS_FILE and SPOTIFY_LOGIN_FILE are set together or not at all")
        return self
