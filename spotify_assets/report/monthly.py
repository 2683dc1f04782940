"""The recaps of a month: whose they are, where they lie, and how those of a listener are removed."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from spotify_assets.figures.personal import listeners_of, nothing_known
from spotify_assets.figures.view import Period
from spotify_assets.lake.profiles import user_digest
from spotify_assets.report.recap import Asked, Recap, recap
from spotify_assets.warehouse.connection import OUTDATED_COPY
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import WarehouseMissingError

RECAPS = "recaps"
"""Folder of the recaps, in that of the reports."""
PAGE = "recap.html"
_LONGEST_NAME = 200
"""Bytes of a folder's name from which a hash stands for the pseudonym; most file systems take 255."""


def monthly_recaps(
    serving: Warehouse,
    reports_dir: Path,
    month: Period,
    listeners: Sequence[str] | None,
    covers: Path | None = None,
) -> list[Recap]:
    """Write the recaps of a month, each in a folder of its own; those of the month that are there go.

    Args:
        serving: the published copy.
        reports_dir: the folder of the reports.
        month: its first and last day.
        listeners: whose; None for those who brought a history of their own, else the most active one.
        covers: a folder of cover art; None where there is none.

    Raises:
        WarehouseMissingError: nothing was published yet, or not the marts that are read.
    """
    try:
        with serving.reader() as connection:
            chosen = listeners_of(connection, month) if listeners is None else listeners
            heard = [user for user in chosen if not nothing_known(connection, user, month)]
    except OUTDATED_COPY as error:
        raise WarehouseMissingError(
            f"{serving} lacks what a recap reads ({str(error).splitlines()[0]}): "
            "run spotify-assets materialize"
        ) from error
    folder = reports_dir / RECAPS / f"month={month.first:%Y-%m}"
    shutil.rmtree(folder, ignore_errors=True)
    return [
        recap(serving, folder / _folder_of(user) / PAGE, Asked(user, month.first, month.last), covers=covers)
        for user in heard
    ]


def remove_recaps(reports_dir: Path, user_id: str) -> int:
    """Remove every recap of a listener; returns how many there were."""
    theirs = sorted((reports_dir / RECAPS).glob(f"month=*/{_escaped(_folder_of(user_id))}"))
    for folder in theirs:
        shutil.rmtree(folder)
    return len(theirs)


def _folder_of(user_id: str) -> str:
    """A name that any file system takes and that leads nowhere else."""
    written = "user=" + quote(user_id, safe="")
    return written if len(written) <= _LONGEST_NAME else f"user={user_digest(user_id)}"


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
