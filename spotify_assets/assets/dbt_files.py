"""The files of the dbt project. Not here: what dbt makes of them (`dbt`), which takes seconds to import."""

from collections.abc import Iterator
from pathlib import Path

_MADE_BY_DBT = frozenset({"target", "logs", "dbt_packages"})


def manifest_of(project_dir: Path) -> Path:
    """Where dbt writes what it read of a project."""
    return project_dir / "target" / "manifest.json"


def project_files(project_dir: Path) -> Iterator[Path]:
    """Every file of a project that a person wrote."""
    for path in project_dir.iterdir():
        if path.name not in _MADE_BY_DBT:
            yield from (file for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
