"""What a wheel carries beside the package: the dbt project, the pages that define the words, a workspace."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("dbt_project", "docs/definitions.md", "docs/metrics.md", "workspace.yaml")
_MADE_BY_DBT = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")


class BuildWhole(build_py):
    """The package with these below `spotify_assets/shipped`; a checkout has them beside the package."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in SHIPPED:
            source, target = Path(name), Path(self.build_lib) / "spotify_assets" / "shipped" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=_MADE_BY_DBT, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)


setup(cmdclass={"build_py": BuildWhole})
