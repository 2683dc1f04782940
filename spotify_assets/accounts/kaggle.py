"""Catalogues from Kaggle, by its own client, which knows where the token is and downloads a version once."""

import logging
import re
from pathlib import Path

from spotify_assets.accounts.errors import AccountError

CATALOGUES = {
    "spotify-tracks": "maharshipandya/-spotify-tracks-dataset",
    "600k-tracks": "yamaerenay/spotify-dataset-19212020-600k-tracks",
    "spotify-songs": "joebeachcapital/30000-spotify-songs",
    "spotify-features": "zaheenhamidani/ultimate-spotify-tracks-db",
}
"""The catalogues that are known by heart (`sources.catalogue_columns`), by a short name and by Kaggle's."""
_HANDLE = re.compile(r"[\w-]+/[\w-]+(/versions/\d+)?")


def handle_of(dataset: str) -> str:
    """Kaggle's name of a dataset: one of `CATALOGUES`, or OWNER/NAME as it is.

    Raises:
        AccountError: it is neither.
    """
    if dataset in CATALOGUES:
        return CATALOGUES[dataset]
    if not _HANDLE.fullmatch(dataset):
        raise AccountError(f"{dataset} is no dataset: give OWNER/NAME, or one of {', '.join(CATALOGUES)}")
    return dataset


def fetch_kaggle(dataset: str) -> Path:
    """The folder with the files of a dataset's newest version, downloaded where it is not there yet.

    Raises:
        AccountError: the extra is not installed, or Kaggle refuses.
    """
    handle = handle_of(dataset)
    try:
        import kagglehub  # noqa: PLC0415  # an extra
    except ImportError:
        raise AccountError("fetch kaggle needs the extra: pip install 'spotify-assets[kaggle]'") from None
    logging.getLogger("kagglehub").setLevel(logging.ERROR)  # it has a console of its own
    try:
        return Path(kagglehub.dataset_download(handle))
    except Exception as error:  # noqa: BLE001  # its client raises what its own clients raise
        words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise AccountError(
            f"Kaggle did not give {handle}: {words}. A token comes from kaggle.com/settings and lies in "
            "~/.kaggle/access_token, ~/.kaggle/kaggle.json or the environment"
        ) from None
