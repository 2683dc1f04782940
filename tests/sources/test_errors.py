"""An error about a file is two sentences in one line."""

from pathlib import Path

import pytest

from spotify_assets.sources.errors import SourceError


@pytest.mark.parametrize("said", ["no magic bytes", "No magic\nbytes.", "no magic bytes. "])
def test_what_is_wrong_and_what_to_do_are_a_sentence_each(said: str) -> None:
    error = SourceError(Path("lake/day.parquet"), f"cannot be read: {said}", "write the file again")
    assert str(error).lower() == "day.parquet: cannot be read: no magic bytes. write the file again."
    assert str(error).endswith(". Write the file again.")
    assert str(error.named("raw/day.parquet")).startswith("raw/day.parquet: cannot be read")
