"""Contents that stay out of the lake until somebody asks for them: what was undone, and what was erased.

A content is known by the SHA-256 of its bytes alone, so that it is recognised after a touch, a copy, a rename
or a move, and in any archive; one file for each under `<lake>/_kept_out/`. Nothing here tells whose it was.

A listener who was erased is known by a digest of the pseudonym, under `<lake>/_kept_out/listeners/`: their
messages stay out when a stream is read again. Who knows a pseudonym can tell by it whether it was erased; no
receipt or record has the same digest.
"""

import hashlib
import json
from enum import StrEnum

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.places import Place, PlaceT

KEPT_OUT = "_kept_out"
_DIGITS = 32
"""Hexadecimal digits of a hash that name a file: two contents share them with a probability of 2⁻¹²⁸."""


class Why(StrEnum):
    """Why a content stays out."""

    UNDONE = "undone"
    ERASED = "erased"


def keep_out(lake_dir: Place, sha256: str, why: Why) -> None:
    """Keep a content out from now on; what was erased stays erased, also where it is undone later."""
    if why_kept_out(lake_dir, sha256) not in (why, Why.ERASED):
        layout.write_bytes(_path(lake_dir, sha256), json.dumps({"why": why}).encode())


def why_kept_out(lake_dir: Place, sha256: str) -> Why | None:
    """Why a content stays out; None where it may come in."""
    try:
        content = json.loads(_path(lake_dir, sha256).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Why(content["why"])


def let_in(lake_dir: Place, sha256: str) -> None:
    """Keep a content out no longer."""
    _path(lake_dir, sha256).unlink(missing_ok=True)


def keep_listener_out(lake_dir: Place, user_id: str) -> None:
    """Keep a listener's messages out from now on."""
    path = _listeners(lake_dir) / listener_digest(user_id)
    if not path.exists():
        layout.write_bytes(path, b"")


def let_listener_in(lake_dir: Place, user_id: str) -> bool:
    """Keep a listener's messages out no longer; False where they were not."""
    path = _listeners(lake_dir) / listener_digest(user_id)
    was_out = path.exists()
    path.unlink(missing_ok=True)
    return was_out


def listeners_kept_out(lake_dir: Place) -> frozenset[str]:
    """The digests of the listeners whose messages stay out."""
    return frozenset(path.name for path in places.files(_listeners(lake_dir)))


def listener_digest(user_id: str) -> str:
    """What a listener is known by."""
    return hashlib.sha256(f"kept out\x1f{user_id.strip()}".encode("utf-8", "surrogatepass")).hexdigest()


def _listeners(lake_dir: PlaceT) -> PlaceT:
    return lake_dir / KEPT_OUT / "listeners"


def _path(lake_dir: PlaceT, sha256: str) -> PlaceT:
    return lake_dir / KEPT_OUT / f"{sha256[:_DIGITS]}.json"
