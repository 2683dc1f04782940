"""What is broken is told beside the published copy, and read as it was told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.incidents import FILE, Incident, read_incidents, write_incidents

words = st.text(max_size=30)
incidents = st.builds(
    Incident,
    kind=st.sampled_from(["run", "check", "late"]),
    title=words,
    detail=words,
    assets=st.lists(words, max_size=3).map(tuple),
    partitions=words,
    run_id=st.none() | words,
    blocks=st.booleans(),
)


@given(found=st.lists(incidents, max_size=4))
def test_what_is_read_is_what_was_written_last(tmp_path_factory: pytest.TempPathFactory, found):
    folder = tmp_path_factory.mktemp("published") / "processed"
    write_incidents(folder, [])
    write_incidents(folder, found)
    standing = read_incidents(folder)
    assert standing is not None
    assert standing.incidents == tuple(found)
    assert abs(standing.told_at - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)
    assert [file.name for file in folder.iterdir()] == [FILE]


def test_nobody_looked_yet(tmp_path: Path):
    assert read_incidents(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"told_at": "x", "incidents": []}', "{" * 9])
def test_a_file_that_is_no_such_list_is_named(tmp_path: Path, content: str):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(WarehouseError, match=f"{FILE} cannot be read.*remove it"):
        read_incidents(tmp_path)
