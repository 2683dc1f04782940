"""A folder and an object store do the same; what people are told of a store is one line without secrets."""

import tempfile
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets import places
from spotify_assets.places import Place, StorePlace
from spotify_assets.places.store import StoreError, _told

NAMES = st.sampled_from(["a", "b", "ab", "date=2025-01-01", "date=2025-01-02", ".hidden", "_kept"])
ENDINGS = st.sampled_from([".json", ".parquet", ".json.gz"])
KEYS = st.builds(
    lambda folders, name, ending: "/".join([*folders, f"{name}{ending}"]),
    st.lists(NAMES, max_size=2),
    NAMES,
    ENDINGS,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), KEYS, st.binary(max_size=4)),
        st.tuples(st.just("create"), KEYS, st.binary(max_size=4)),
        st.tuples(st.just("remove"), KEYS, st.just(b"")),
    ),
    max_size=12,
)


def in_memory() -> StorePlace:
    return StorePlace.of(f"memory://{uuid4().hex}")


def taken(lake: Place, steps: list[tuple[str, str, bytes]]) -> list[object]:
    """Take the steps; what each of them answered."""
    told: list[object] = []
    for what, key, content in steps:
        place = lake / key
        if what == "write":
            places.write(place, content)
        elif what == "create":
            told.append(place.exists() or places.write_if_absent(place, content))
        else:
            place.unlink(missing_ok=True)
        told.append((place.exists(), place.read_bytes() if place.exists() else None))
    return told


def seen(lake: Place, keys: set[str]) -> dict[str, object]:
    """All that the interface tells of a place."""
    folders = {(lake / key).parent for key in keys} | {lake}
    found: dict[str, object] = {"below": sorted(places.within(each, lake) for each in places.below(lake))}
    for folder in folders:
        name = "" if folder == lake else places.within(folder, lake)
        found[f"files {name}"] = [each.name for each in places.files(folder)]
        found[f"begin {name}"] = [each.name for each in places.files(folder, begins="a")]
        found[f"between {name}"] = [
            each.name for each in places.files_between(folder, "a.json", "date=2025-01-01.parquet")
        ]
        found[f"below {name}"] = sorted(
            places.within(each, lake) for each in places.below(folder, begins="date=2025-01-01")
        )
    for key in keys:
        state = places.state(lake / key)
        found[f"size {key}"] = state.size if state else None
        found[f"parts {key}"] = ((lake / key).name, (lake / key).stem, (lake / key).suffix)
        found[f"parents {key}"] = [each.name for each in (lake / key).parents][: key.count("/")]
    there = {key for key in keys if (lake / key).exists()}
    found["existing"] = sorted(places.within(each, lake) for each in places.existing(lake / k for k in keys))
    found["exist"] = places.that_exist(lake, keys) == there
    read = places.read_each(sorted(lake / key for key in keys))
    found["read"] = [(places.within(place, lake), content) for place, content in read]
    return found


def without_conflicts(steps: list[tuple[str, str, bytes]]) -> list[tuple[str, str, bytes]]:
    """A folder cannot have the name of a file beside it."""
    kept: list[tuple[str, str, bytes]] = []
    for step in steps:
        files = {key for _, key, _ in kept}
        folders = {str(parent) for key in files for parent in Path(key).parents}
        own = {str(parent) for parent in Path(step[1]).parents}
        if step[1] not in folders and not own & files:
            kept.append(step)
    return kept


@given(STEPS)
def test_a_folder_and_a_store_do_the_same(steps: list[tuple[str, str, bytes]]):
    steps = without_conflicts(steps)
    keys = {key for _, key, _ in steps}
    with tempfile.TemporaryDirectory() as folder:
        local, store = Path(folder), in_memory()
        assert taken(local, steps) == taken(store, steps)
        assert seen(local, keys) == seen(store, keys)


@pytest.mark.parametrize("kind", ["folder", "store"])
def test_a_version_changes_with_what_is_written(tmp_path: Path, kind: str):
    place: Place = (tmp_path if kind == "folder" else in_memory()) / "a.json"
    assert places.state(place) is None
    places.write(place, b"1")
    before = places.state(place)
    assert before == places.state(place)
    places.write(place, b"2")
    after = places.state(place)
    assert before is not None and after is not None
    assert (before.size, after.size) == (1, 1)
    assert before.version != after.version


@pytest.mark.parametrize("kind", ["folder", "store"])
def test_tables_are_read_where_they_are(tmp_path: Path, kind: str):
    lake: Place = tmp_path / "[music]" if kind == "folder" else in_memory()
    frame = pl.DataFrame({"n": [1, 2]})
    one = places.write_parquet(lake / "date=2025-01-01" / "a.parquet", frame)
    two = places.write_parquet(lake / "date=2025-01-02" / "a.parquet", frame)
    assert places.read_parquet(one).equals(frame)
    assert places.scan_parquet([one, two]).sum().collect().item() == 6


@pytest.mark.parametrize("kind", ["folder", "store"])
def test_what_was_made_here_is_brought_and_is_here_no_more(tmp_path: Path, kind: str):
    lake: Place = tmp_path / "lake" if kind == "folder" else in_memory()
    made = {tmp_path / f"{n}": lake / "deep" / f"{n}" for n in range(40)}
    for number, path in enumerate(made):
        path.write_text(str(number))
    places.bring(made)
    assert [place.read_text() for place in made.values()] == [str(n) for n in range(40)]
    assert not any(path.exists() for path in made)
    places.remove(made.values())
    assert list(places.below(lake)) == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://", "followed by a bucket"),
        ("s3://key:secret@bucket/prefix", "credentials do not belong"),
        ("s3://bucket/prefix?secret=x", "credentials do not belong"),
        ("ftp://host/x", "no store that is known"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_what_to_do(address: str, words: str):
    with pytest.raises(ValueError, match=words) as refused:
        places.place_of(address)
    assert "key:secret" not in str(refused.value)


def test_an_address_without_a_scheme_is_a_folder(tmp_path: Path):
    assert places.place_of(str(tmp_path)) == tmp_path


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("403 Forbidden: <Code>SignatureDoesNotMatch</Code>", "the secret key is wrong"),
        ("403: <Code>InvalidAccessKeyId</Code>", "does not know the access key"),
        ("<Code>RequestTimeTooSkewed</Code>", "clock"),
        ("status code: 404 Not Found: <Code>NoSuchBucket</Code>", "no such bucket"),
        ("status code: 500 Internal Server Error: x", "500 Internal Server Error"),
        ("error sending request: operation timed out", "try again"),
    ],
)
def test_what_a_store_refuses_is_told_in_one_line_that_names_no_secret(said: str, words: str):
    request = f"{said}\n<AWSAccessKeyId>AKIAHIDDEN</AWSAccessKeyId><StringToSign>hidden</StringToSign>"
    error = _told(RuntimeError(request), "s3://bucket/prefix/raw")
    assert isinstance(error, StoreError)
    assert words in str(error)
    assert str(error).startswith("s3://bucket/prefix/raw: ")
    assert "\n" not in str(error) and "hidden" not in str(error).casefold()
