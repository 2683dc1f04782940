"""How an object store is reached, as the cloud's own tools find it: the environment, then a profile.

What is found nowhere here (the role of a machine, a container or a web identity) the library finds itself.
Secrets stay in memory: no setting of this product holds one.
"""

import configparser
import os
from pathlib import Path
from typing import Any

_PROFILE_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region": "region",
    "endpoint_url": "endpoint",
}
TIMEOUT = "60s"
CONNECT_TIMEOUT = "10s"


def client_options(root: str) -> dict[str, Any]:
    """How connections are made to the store of a URL."""
    endpoint = store_options(root).get("endpoint") or _endpoint()
    plain = {"allow_http": True} if endpoint.startswith("http://") else {}
    return {"timeout": TIMEOUT, "connect_timeout": CONNECT_TIMEOUT, **plain}


def store_options(root: str) -> dict[str, str]:
    """What a profile tells of an S3 store, where the environment tells no keys; nothing for other stores."""
    if not root.startswith("s3://"):
        return {}
    found = {} if os.environ.get("AWS_ACCESS_KEY_ID") else _profile()
    if endpoint := _endpoint():
        found["endpoint"] = endpoint
    if region := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        found["region"] = region
    return found


def s3_access(root: str) -> dict[str, str]:
    """`store_options` and the keys of the environment, for readers that do not look there themselves."""
    found = {ours: os.environ[theirs.upper()] for theirs, ours in _PROFILE_KEYS.items() if _told(theirs)}
    return found | store_options(root)


def _told(name: str) -> bool:
    return name.startswith("aws_") and bool(os.environ.get(name.upper()))


def _endpoint() -> str:
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _profile() -> dict[str, str]:
    """The profile that AWS_PROFILE names, or the default one; nothing where there is none."""
    name = os.environ.get("AWS_PROFILE") or "default"
    home = Path.home() / ".aws"
    files = {
        Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials"): name,
        Path(os.environ.get("AWS_CONFIG_FILE") or home / "config"): name
        if name == "default"
        else f"profile {name}",
    }
    found: dict[str, str] = {}
    for path, section in files.items():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except configparser.Error as error:
            # The message of the parser quotes lines, and lines hold secrets.
            raise ValueError(f"{path} is no file of profiles ({type(error).__name__})") from None
        if parser.has_section(section):
            told = parser[section]
            found |= {ours: told[theirs] for theirs, ours in _PROFILE_KEYS.items() if told.get(theirs)}
    return found
