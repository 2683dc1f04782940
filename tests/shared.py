"""What takes long to make and is only read: made once in a test run, by the worker that asks first."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from spotify_assets.places.lock import held


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name, which all workers have in common; whoever comes meanwhile waits for it.

    It is made elsewhere and copied: dbt keeps the file of a warehouse that it built open, locked for others.
    """
    base = factory.getbasetemp()
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = common / f"shared-{name}"
    with held(common / f"shared-{name}.lock"):
        if not folder.exists():
            made = factory.mktemp(name)
            make(made)
            shutil.copytree(made, folder.with_suffix(".new"), ignore=shutil.ignore_patterns("*.wal"))
            folder.with_suffix(".new").rename(folder)
    return folder
