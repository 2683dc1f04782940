"""A wheel is whole: installed without the checkout, the commands that people begin with work."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from spotify_assets.settings import PROJECT_ROOT

BUILT_FROM = (
    *("spotify_assets", "dbt_project", "docs", "pyproject.toml", "setup.py", "MANIFEST.in"),
    *("README.md", "LICENSE", "workspace.yaml"),
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "target", "logs")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left beside the sources."""
    folder = tmp_path_factory.mktemp("build")
    for name in BUILT_FROM:
        if (PROJECT_ROOT / name).is_dir():
            shutil.copytree(PROJECT_ROOT / name, folder / "source" / name, ignore=LEFT_OUT)
        else:
            shutil.copy(PROJECT_ROOT / name, folder / "source" / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, folder / "source")
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a command of an environment that has the wheel and our dependencies, in a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    environment, here = folder / "environment", folder / "here"
    here.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = next(environment.glob("lib/python*/site-packages"))
    # A path that is named in a .pth file has none of its own read, so the checkout is not found through it.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip("--python", environment / "bin" / "python", "install", "--no-index", "--no-deps", wheel)
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("SPOTIFY_", "DAGSTER_"))
    }
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"  # where dbt is

    def run(*command: str) -> str:
        done = subprocess.run(
            [environment / "bin" / command[0], *command[1:]],
            cwd=here,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run.here = here  # type: ignore[attr-defined]
    return run


def pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *map(str, arguments)]
    subprocess.run(command, check=True)


def test_everything_that_is_read_is_in_the_wheel(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    package = PROJECT_ROOT / "spotify_assets"
    ours = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    tracked = subprocess.run(
        ["git", "ls-files", "dbt_project"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert ours - held == set()
    assert {f"spotify_assets/shipped/{name}" for name in tracked} - held == set()
    assert not [name for name in held if "/target/" in name]


def test_it_is_the_installed_package_that_runs(run: Callable[..., str]):
    assert "environment" in run("python", "-c", "import spotify_assets; print(spotify_assets.__file__)")


def test_the_demo_and_a_recap_work_without_the_checkout(run: Callable[..., str]):
    """Some minutes: it installs, generates, builds, tests and publishes a whole warehouse."""
    assert "odds of being skipped" in " ".join(run("spotify-assets", "demo", "--users", "40").split())
    run("spotify-assets", "recap", "--user", "synthetic-7-0000015", "-o", "recap.html")
    page = (run.here / "recap.html").read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert "hours on the clock" in page
    assert (run.here / "data" / "processed" / "serving.duckdb").exists()  # type: ignore[attr-defined]
    assert "top_tracks_past_7_days" in run("spotify-assets", "query", "--list")
