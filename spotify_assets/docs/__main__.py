"""`python -m spotify_assets.docs` writes every generated file."""

from spotify_assets.docs import GENERATED

for path, text in GENERATED.items():
    path.write_text(text(), encoding="utf-8")
