"""Loading the skip package stays cheap: what it needs for training and plotting is loaded on use."""

import subprocess
import sys

HEAVY = (
    "lightgbm",
    "statsmodels",
    "sklearn",
    "scipy",
    "pandas",
    "altair",
    "vl_convert",
    "dagster",
    "threadpoolctl",
)


def test_importing_the_package_loads_no_heavy_library():
    code = (
        "import sys, spotify_assets.skip.training, spotify_assets.skip.mssd, spotify_assets.skip.published;"
        "import spotify_assets.transforms.features;"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"
