"""Dirty exports: what stands in the files is what the key says, and every kind of dirt is there."""

import csv
import gzip
import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from spotify_assets.generator.answer_key import AnswerKey, Family
from spotify_assets.generator.exports import ANSWER_KEY, INBOX, Corpus, five_exports, write_corpus
from spotify_assets.generator.true_plays import Person, Shares

URIS = ("spotify_track_uri", "spotify_episode_uri", "audiobook_chapter_uri")
FILE_DIRT = ("bom", "utf-16", "trailing comma", "cut off", "one object a line", "indented, crlf, escaped")
ROW_DIRT = (
    *("identical row", "near-duplicate", "burst", "number as text", "other time shape", "no playback"),
    *("album artist", "relinked", "names lost", "fraction of a second", "local file", "uploaded again"),
)
PERSON = Person(date(2022, 1, 1), date(2024, 12, 31), plays=4_000, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("corpus")
    write_corpus(made, Corpus(PERSON))
    return made


@pytest.fixture(scope="module")
def key(folder: Path) -> AnswerKey:
    return AnswerKey.read(folder / ANSWER_KEY)


@pytest.fixture(scope="module")
def contents(folder: Path) -> dict[str, bytes]:
    """Every file of the corpus by its name in the key, unpacked."""
    found: dict[str, bytes] = {}
    for path in sorted((folder / INBOX).iterdir()):
        content = path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                found |= {f"{path.name}/{info.filename}": archive.read(info) for info in archive.infolist()}
        else:
            found[path.name] = gzip.decompress(content) if path.suffix == ".gz" else content
    return found


def decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    return content.decode("utf-8-sig")


def elements(content: bytes) -> Iterator[Any]:
    """The complete elements of a JSON array, in whichever way it is broken."""
    text = decoded(content)
    decoder = json.JSONDecoder()
    position = 0
    text = text.strip()
    is_array = text.startswith("[")
    position = 1 if is_array else 0
    while True:
        while position < len(text) and text[position] in " ,\r\n\t":
            position += 1
        if position >= len(text) or text[position] == "]":
            return
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            return
        yield value


def rows_of(key: AnswerKey, file: str) -> list[dict[str, Any]]:
    return key.rows.filter(pl.col("file") == file).sort("row").to_dicts()


def of_kind(key: AnswerKey, *kinds: str) -> list[str]:
    return key.files.filter(pl.col("kind").is_in(kinds))["file"].to_list()


def moment(text: str) -> int:
    """Milliseconds since 1970 of a time that may be written in several ways."""
    tidy = text.replace(" UTC", "").replace("Z", "").replace("+00:00", "").replace(" ", "T")
    return round(datetime.fromisoformat(tidy).replace(tzinfo=UTC).timestamp() * 1000)


def test_the_key_knows_every_file_by_its_bytes(key, contents):
    assert set(key.files["file"]) == set(contents)
    for file, sha256 in key.files.select("file", "sha256").iter_rows():
        assert hashlib.sha256(contents[file]).hexdigest() == sha256


def test_rows_of_the_extended_history_are_the_plays_the_key_names(key, contents):
    plays = {play["play_id"]: play for play in key.plays.to_dicts()}
    compared = 0
    for file in of_kind(key, "extended_history"):
        meant = rows_of(key, file)
        written = list(elements(contents[file]))
        cut = [row for row in meant if row["family"] == Family.CUT_OFF]
        assert len(written) == len(meant) - len(cut), file
        for row, entry in zip(written, meant, strict=False):
            if entry["play_id"] is None:
                continue
            play = plays[entry["play_id"]]
            again = entry["dirt"] == "uploaded again"
            assert moment(row["ts"]) // 1000 * 1000 == play["again_ms" if again else "stamped_ms"]
            assert int(row["ms_played"]) == play["ms_played"]
            uri = (
                row.get("spotify_track_uri")
                or row.get("spotify_episode_uri")
                or row.get("audiobook_chapter_uri")
            )
            if not (uri or "").startswith("spotify:local:"):
                assert (uri or ":").rsplit(":", 1)[1] in {play["uri"] or "", play["relinked"]}
            compared += 1
    assert compared > 8_000


def test_refused_rows_are_really_no_playbacks(key, contents):
    for file in of_kind(key, "extended_history"):
        for row, entry in zip(elements(contents[file]), rows_of(key, file), strict=False):
            if entry["family"] == Family.NOT_A_PLAY:
                assert not isinstance(row, dict) or "ts" not in row
            if entry["family"] == Family.TIME:
                try:
                    year = datetime.fromtimestamp(moment(row["ts"]) / 1000, UTC).year
                except (KeyError, AttributeError, ValueError):
                    continue
                assert not 2006 <= year <= 2030
            if entry["family"] == Family.MS_PLAYED:
                assert not str(row.get("ms_played")).isdigit() or int(row["ms_played"]) > 10**20


def test_account_rows_are_plays_of_its_year_to_the_minute_once_each(key, contents):
    plays = {play["play_id"]: play for play in key.plays.to_dicts()}
    files = of_kind(key, "account_music", "account_podcast", "account_audiobook")
    assert len(files) == 6
    for file in files:
        meant = rows_of(key, file)
        written = list(elements(contents[file]))
        assert len(written) == len(meant)
        assert len({row["play_id"] for row in meant}) == len(meant)
        for row, entry in zip(written, meant, strict=True):
            play = plays[entry["play_id"]]
            assert row["msPlayed"] == play["ms_played"]
            assert moment(row["endTime"]) == play["stamped_ms"] // 60_000 * 60_000


def test_some_plays_are_in_the_account_data_alone(key):
    kinds = key.rows.join(key.files.select("file", "kind"), on="file").filter(pl.col("play_id").is_not_null())
    extended = set(kinds.filter(pl.col("kind") == "extended_history")["play_id"])
    account = set(kinds.filter(pl.col("kind").str.starts_with("account"))["play_id"])
    assert account - extended
    assert account & extended


def test_scrobbles_lie_within_seconds_of_the_start(key, contents):
    plays = {play["play_id"]: play for play in key.plays.to_dicts()}
    file = next(name for name in of_kind(key, "lastfm") if name.startswith("Priv4te"))
    rows = list(csv.DictReader(io.StringIO(decoded(contents[file]))))
    meant = rows_of(key, file)
    assert len(rows) == len(meant) > 500
    for row, entry in zip(rows, meant, strict=True):
        assert abs(int(row["uts"]) - plays[entry["play_id"]]["started_ms"] / 1000) <= 2


def test_no_personal_value_stands_anywhere_but_in_the_files_that_have_such_fields(key, contents):
    everything = b"".join(contents.values()).decode("utf-8", "replace")
    missing = [value for value in key.personal if value not in everything]
    assert missing == []
    catalogues = b"".join(contents[file] for file in of_kind(key, "catalogue", "events"))
    assert not [value for value in key.personal if value.encode() in catalogues]


def test_every_kind_of_dirt_is_there(key, contents):
    found = Counter(key.files["dirt"].to_list())
    for dirt in (
        "bom",
        "utf-16",
        "trailing comma",
        "cut off",
        "one object a line",
        "indented, crlf, escaped",
    ):
        assert found[dirt], dirt
    labels = Counter(label for labels in key.rows["dirt"] for label in labels.split(", "))
    for label in ROW_DIRT:
        assert labels[label], label
    assert {"ts absent", "ts 1970-01-01T00:00:00Z", "ms_played None"} <= set(labels)
    rows = [row for file in of_kind(key, "extended_history") for row in elements(contents[file])]
    history = [row for row in rows if isinstance(row, dict)]
    stamps = [row.get("offline_timestamp") for row in history]
    assert None in stamps
    assert 0 in stamps
    known = [stamp for stamp in stamps if stamp]
    assert min(known) < 10**11 < max(known)
    assert any(row.get("conn_country") == "ZZ" for row in history)
    assert any(row.get("reason_start") == "" for row in history)
    assert any("episode_name" not in row for row in history)
    assert any(row.get("audiobook_title") for row in history)
    names = {row.get("master_metadata_album_artist_name") for row in history}
    assert {"=LOVE", "TRUE", "1349", "LISA", "LiSA"} <= names
    by_uri: dict[str, set[str]] = {}
    for row in history:
        if row.get("spotify_track_uri") and row.get("master_metadata_track_name"):
            by_uri.setdefault(row["spotify_track_uri"], set()).add(row["master_metadata_track_name"])
    assert max(map(len, by_uri.values())) > 1


def test_plays_do_not_overlap_and_repeats_are_there(key):
    plays = key.plays
    assert (plays["ended_ms"] >= plays["started_ms"]).all()
    assert (plays["ended_ms"] - plays["started_ms"] >= plays["ms_played"]).all()
    gap = plays.sort("started_ms").select(pl.col("started_ms") - pl.col("ended_ms").shift(1))
    assert (gap.to_series().drop_nulls() >= 0).all()
    same_minute = (
        plays.filter(pl.col("uri").is_not_null())
        .group_by("uri", "ms_played", pl.col("stamped_ms") // 60_000)
        .len()
    )
    assert (same_minute["len"] > 1).sum() > 5


def test_a_burst_has_one_stamp_and_holds_a_repeat_that_only_its_own_time_tells_apart(key):
    plays = key.plays
    bursts = plays.filter(pl.col("burst").is_not_null())
    sizes = bursts.group_by("burst").agg(pl.len(), pl.col("stamped_ms").n_unique())
    assert (sizes["stamped_ms"] == 1).all()
    assert sizes["len"].max() >= Shares().burst_plays[0]
    music = bursts.filter((pl.col("content_type") == "music") & (pl.col("ms_played") > 0))
    twins = music.group_by("uri", "stamped_ms", "ms_played").agg(pl.len(), pl.col("started_ms").sort())
    twins = twins.filter(pl.col("len") > 1)
    assert twins.height > 0
    apart = twins.select(pl.col("started_ms").list.diff().list.min(), "ms_played")
    assert (apart["started_ms"] >= apart["ms_played"]).all()
    elsewhere = plays.filter(pl.col("burst").is_null() & pl.col("uri").is_not_null())
    assert elsewhere.select("uri", "stamped_ms", "ms_played").is_duplicated().sum() == 0


@pytest.mark.slow
def test_the_same_person_gives_the_same_bytes(folder, tmp_path):
    write_corpus(tmp_path, Corpus(PERSON))
    for path in (folder / INBOX).iterdir():
        assert path.read_bytes() == (tmp_path / INBOX / path.name).read_bytes(), path.name


@pytest.mark.slow
def test_five_exports_of_which_the_last_two_overlap(tmp_path):
    key = write_corpus(tmp_path, five_exports(PERSON))
    rows = key.rows.filter(pl.col("play_id").is_not_null()).with_columns(
        pl.col("file").str.split("/").list.first().alias("zip")
    )
    plays = {zip_name: set(part["play_id"]) for (zip_name,), part in rows.group_by("zip")}
    assert len(plays) == 5
    shared = {(a[-5], b[-5]) for a in plays for b in plays if a < b and plays[a] & plays[b]}
    assert shared == {("4", "5")}
    everything = set(key.plays.filter(~pl.col("account_only"))["play_id"])
    missing = everything - set().union(*plays.values())
    # Only what stood after the cut of a file is in none of them.
    assert bool(missing) == (key.rows["family"] == Family.CUT_OFF).any()
    assert len(missing) < 0.1 * len(everything)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / INBOX).mkdir()
    (tmp_path / INBOX / "mine.json").write_text("[]")
    with pytest.raises(FileExistsError, match="is not empty"):
        write_corpus(tmp_path, Corpus(PERSON))
    assert (tmp_path / INBOX / "mine.json").read_text() == "[]"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"plays": 10}, "at least 100 plays"),
        ({"plays": 100_000}, "more than a listener makes"),
        ({"last": date(2021, 1, 1)}, "lies before the first"),
    ],
)
def test_an_impossible_person_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Person(**({"first": PERSON.first, "last": PERSON.last, "plays": 500} | changes))


def test_a_folder_without_a_key_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="make-export"):
        AnswerKey.read(tmp_path)
