"""Which tests concern a module."""

from pathlib import Path, PurePosixPath

MODULES = (
    "transforms/hours.py",
    "transforms/identity.py",
    "transforms/features.py",
    "transforms/matching.py",
    "transforms/offline_sync.py",
    "transforms/outcomes.py",
    "transforms/overlaps.py",
    "transforms/sessions.py",
    "warehouse/store.py",
)
"""The modules that `make mutate` goes through when none is named, as paths below `spotify_assets`."""

_NAMED = {
    "transforms/matching.py": ("tests/transforms/test_overlaps_worked.py",),
    "transforms/overlaps.py": ("tests/transforms/test_matching.py",),
    "transforms/sessions.py": ("tests/transforms/test_rules.py",),
    "warehouse/store.py": ("tests/warehouse/test_slices.py", "tests/warehouse/test_migrate.py"),
}
"""Tests that concern a module although they are called otherwise."""


def concerned(module: str, root: Path) -> list[str]:
    """Test files of a module: `tests/<folder>/test_<name>*.py`, and those named for it.

    Worked examples come first, and any data last: they are quicker, and the first test that fails decides.

    Raises:
        ValueError: there is no such module, or no test concerns it.
    """
    path = PurePosixPath(module)
    if path.suffix != ".py" or not (root / "spotify_assets" / path).is_file():
        raise ValueError(f"There is no module spotify_assets/{module}; name one like {MODULES[0]}")
    folder = root / "tests" / path.parent
    called = sorted(found.relative_to(root).as_posix() for found in folder.glob(f"test_{path.stem}*.py"))
    tests = sorted([*called, *_NAMED.get(module, ())], key=lambda test: not test.endswith("_worked.py"))
    if not tests:
        raise ValueError(f"No test concerns {module}: neither {folder}/test_{path.stem}*.py nor a named one")
    return tests
