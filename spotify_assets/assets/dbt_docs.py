"""The documentation of the dbt project as one page: every model, its columns, its tests and the lineage.

Here belongs: how the page is made. Not here: how it is served (`cli`), or what it says (`dbt_project`).
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from spotify_assets.assets.dbt import dbt_executable
from spotify_assets.assets.dbt_cli import dbt_variables
from spotify_assets.settings import Settings
from spotify_assets.warehouse.door import published_copy, warehouse_of
from spotify_assets.whole_files import replaced

FOLDER = "docs"
"""Folder of the page, in the data folder."""
PAGE = "index.html"
"""Name of the page: it holds everything, so that it opens from a folder and without a network."""


def build_docs(settings: Settings) -> Path:
    """Make the page, with column types from the published copy where there is one; returns where it is.

    Raises:
        RuntimeError: dbt cannot make it; the message holds what dbt said.
    """
    project = settings.dbt_project_dir
    published = published_copy(settings)
    types = ["--target", "published"] if published.exists() else ["--target", "lint", "--empty-catalog"]
    page = settings.data_dir / FOLDER / PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as target,
        dbt_variables(settings, warehouse_of(settings)) as variables,
        published.for_dbt() as serving,
    ):
        made = subprocess.run(
            [
                *(dbt_executable(), "--quiet", "docs", "generate", "--static", *types),
                *("--project-dir", project, "--profiles-dir", project),
                *("--target-path", target, "--log-path", target),
            ],
            env={**os.environ, **variables, "SPOTIFY_SERVING": serving["SPOTIFY_WAREHOUSE"]},
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"dbt cannot document {project}:\n{made.stdout}{made.stderr}")
        with replaced(page) as new:
            shutil.copyfile(Path(target) / "static_index.html", new)
    return page
