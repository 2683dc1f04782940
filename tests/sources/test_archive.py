"""Containers: every file is found or refused with a reason, and no archive can do harm."""

import gzip
import hashlib
import io
import os
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from spotify_assets.sources import archive, guarded
from spotify_assets.sources.archive import InputFile, Refused, input_files
from spotify_assets.sources.errors import SourceError
from tests.sources.inputs import zipped


def found(path: Path) -> dict[str, bytes | str]:
    """Content of each file by its name, or the reason why it was refused."""
    result: dict[str, bytes | str] = {}
    for file in input_files(path):
        if isinstance(file, Refused):
            assert file.words
            result[file.name] = file.reason
        else:
            with file.open() as stream:
                result[file.name] = stream.read()
    return result


def test_a_file_is_found_under_its_name_with_its_digest(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"[]")
    (file,) = input_files(tmp_path / "a.json")
    assert isinstance(file, InputFile)
    assert (file.name, file.base_name, file.size) == ("a.json", "a.json", 2)
    assert file.sha256 == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


def test_a_folder_is_read_to_its_bottom_in_the_order_of_names(tmp_path: Path):
    (tmp_path / "in" / "b" / "c").mkdir(parents=True)
    (tmp_path / "in" / "b" / "c" / "2.json").write_bytes(b"2")
    (tmp_path / "in" / "a.json").write_bytes(b"1")
    (tmp_path / "in" / "z.zip").write_bytes(zipped({"MyData/1.json": b"3", "MyData/": b""}))
    assert list(found(tmp_path / "in").items()) == [
        ("in/a.json", b"1"),
        ("in/b/c/2.json", b"2"),
        ("in/z.zip/MyData/1.json", b"3"),
    ]


def test_zips_and_gzip_files_are_told_by_their_bytes_not_by_their_names(tmp_path: Path):
    (tmp_path / "export.bin").write_bytes(zipped({"a.json": b"[1]"}))
    (tmp_path / "lines").write_bytes(gzip.compress(b"{}\n"))
    (tmp_path / "false.zip").write_bytes(b"no zip at all")
    assert {Path(name).name: content for name, content in found(tmp_path).items()} == {
        "a.json": b"[1]",
        "lines": b"{}\n",
        "false.zip": b"no zip at all",
    }


def test_what_was_handed_in_must_exist(tmp_path: Path):
    with pytest.raises(SourceError, match=r"nothing\.zip: there is no such file"):
        list(input_files(tmp_path / "nothing.zip"))


def test_links_in_folders_are_not_followed_but_a_link_handed_in_is(tmp_path: Path):
    secret = tmp_path / "secret.json"
    secret.write_bytes(b"secret")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "out.json").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder)
    (folder / "dangling").symlink_to(folder / "nowhere")
    assert found(folder) == {
        "in/dangling": "link",
        "in/loop": "link",
        "in/out.json": "link",
        "in/up": "link",
    }
    assert found(folder / "out.json") == {"out.json": b"secret"}


def test_pipes_are_refused_without_being_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    (reason,) = found(tmp_path).values()
    assert reason == "not_a_file"


@pytest.mark.parametrize(
    "name", ["../up.json", "a/../../up.json", "/etc/passwd", "C:\\windows\\a.json", "..\\up.json"]
)
def test_members_whose_names_lead_outside_are_refused(tmp_path: Path, name: str):
    (tmp_path / "x.zip").write_bytes(zipped({name: b"evil", "good.json": b"[]"}))
    files = found(tmp_path / "x.zip")
    assert files.pop("x.zip/good.json") == b"[]"
    assert set(files.values()) == {"unsafe_name"}


def test_a_link_in_a_zip_is_refused(tmp_path: Path):
    link = zipfile.ZipInfo("link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as zipped_file:
        zipped_file.writestr(link, "/etc/passwd")
    assert found(tmp_path / "x.zip") == {"x.zip/link.json": "link"}


def test_members_of_one_name_are_both_read(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as zipped_file:
        zipped_file.writestr("a.json", "first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            zipped_file.writestr("a.json", "second")
    assert found(tmp_path / "x.zip") == {"x.zip/a.json": b"first", "x.zip/a.json (2)": b"second"}


def test_a_member_without_a_name_is_read(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr("a.json", b"[1]")
        made.writestr(zipfile.ZipInfo(""), b"[2]")
    assert found(tmp_path / "x.zip") == {"x.zip/a.json": b"[1]", "x.zip/(without a name)": b"[2]"}


def test_a_folder_entry_with_bytes_of_its_own_is_a_file(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as zipped_file:
        zipped_file.writestr("empty/", b"")
        zipped_file.writestr("MyData/", b"bytes")
    assert found(tmp_path / "x.zip") == {"x.zip/MyData/": b"bytes"}


def test_an_encrypted_member_is_refused(tmp_path: Path):
    content = bytearray(zipped({"a.json": b"[]"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    (tmp_path / "x.zip").write_bytes(content)
    assert found(tmp_path / "x.zip") == {"x.zip/a.json": "encrypted"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_deflated_members_are_read(tmp_path: Path, method: int):
    (tmp_path / "x.zip").write_bytes(zipped({"a.json": b"[]"}, method))
    assert found(tmp_path / "x.zip") == {"x.zip/a.json": "unsupported_compression"}


def test_a_zip_in_a_zip_is_read_and_one_deeper_is_refused(tmp_path: Path):
    inner = zipped({"a.json": b"[]"})
    middle = zipped({"inner.zip": inner})
    (tmp_path / "two.zip").write_bytes(middle)
    (tmp_path / "three.zip").write_bytes(zipped({"middle.zip": middle}))
    assert found(tmp_path / "two.zip") == {"two.zip/inner.zip/a.json": b"[]"}
    assert found(tmp_path / "three.zip") == {"three.zip/middle.zip/inner.zip": "nested_too_deep"}


def test_office_documents_are_one_file_each(tmp_path: Path):
    workbook = zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    (tmp_path / "book.xlsx").write_bytes(workbook)
    assert found(tmp_path / "book.xlsx") == {"book.xlsx": workbook}


@pytest.mark.parametrize("cut", [1, 10, 60, 200])
def test_a_cut_zip_is_refused(tmp_path: Path, cut: int):
    content = zipped({"a.json": b"[1, 2, 3]" * 50, "b.json": b"[]"})
    (tmp_path / "x.zip").write_bytes(content[:-cut])
    assert found(tmp_path / "x.zip") == {"x.zip": "damaged_archive"}


def test_many_members_are_read_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    (tmp_path / "x.zip").write_bytes(zipped({f"{n}.json": b"[]" for n in range(5)}))
    files = found(tmp_path / "x.zip")
    assert files.pop("x.zip") == "too_many_members"
    assert list(files) == ["x.zip/0.json", "x.zip/1.json", "x.zip/2.json"]


def bomb(size: int) -> bytes:
    """A gzip file of so many zero bytes, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()


def drain(file: InputFile) -> int:
    read = 0
    with file.open() as stream:
        while block := stream.read(1 << 20):
            read += len(block)
    return read


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bomb.gz", "bomb.zip"])
def test_a_bomb_is_stopped_while_it_is_read(tmp_path: Path, name: str):
    size = guarded.FREE_BYTES * 2
    if name.endswith("gz"):
        (tmp_path / name).write_bytes(bomb(size))
    else:
        with (
            zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as zipped_file,
            zipped_file.open("zeros.json", "w") as member,
        ):
            for _ in range(size >> 20):
                member.write(bytes(1 << 20))
    (file,) = input_files(tmp_path / name)
    assert isinstance(file, InputFile)
    tracemalloc.start()
    with pytest.raises(SourceError, match="zip bomb"):
        drain(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_many_members_that_are_small_each_are_a_bomb_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(guarded, "FREE_BYTES", 4 << 20)
    (tmp_path / "x.zip").write_bytes(zipped({f"{n}.json": bytes(2 << 20) for n in range(8)}))
    with pytest.raises(SourceError, match="zip bomb"):
        for file in input_files(tmp_path / "x.zip"):
            assert isinstance(file, InputFile)
            drain(file)


def test_reading_a_member_again_is_not_counted_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guarded, "FREE_BYTES", 4 << 20)
    (tmp_path / "x.zip").write_bytes(zipped({"a.json": bytes(3 << 20)}))
    (file,) = input_files(tmp_path / "x.zip")
    assert isinstance(file, InputFile)
    assert [drain(file) for _ in range(4)] == [3 << 20] * 4


def test_a_declared_size_that_lies_gives_no_more_than_it_says(tmp_path: Path):
    content = bytearray(zipped({"a.json": bytes(100_000)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(signature) + offset, 10)
    (tmp_path / "x.zip").write_bytes(content)
    (file,) = input_files(tmp_path / "x.zip")
    assert isinstance(file, InputFile)
    assert len(file.head(1 << 20)) <= 10


def test_a_damaged_member_gives_what_comes_before_the_damage(tmp_path: Path):
    packed = bytearray(gzip.compress(os.urandom(100_000)))
    (tmp_path / "cut.gz").write_bytes(packed[:50_000])
    (file,) = input_files(tmp_path / "cut.gz")
    assert isinstance(file, InputFile)
    assert 40_000 < len(file.head(1 << 20)) < 100_000
    assert len(file.sha256) == 64
    with pytest.raises(SourceError, match=r"cut\.gz: the archive is damaged"):
        drain(file)


def test_a_file_in_an_archive_can_be_had_on_disk_under_its_own_name(tmp_path: Path):
    (tmp_path / "x.zip").write_bytes(zipped({"../x/evil\x01.csv": b"no", "a/tracks.csv": b"track_id"}))
    (file,) = (each for each in input_files(tmp_path / "x.zip") if isinstance(each, InputFile))
    with file.local() as path:
        assert (path.name, path.read_bytes()) == ("tracks.csv", b"track_id")
    assert not path.exists()


def test_files_can_be_read_in_any_order_and_more_than_once(tmp_path: Path):
    nested = zipped({"c.json": b"c"})
    (tmp_path / "x.zip").write_bytes(zipped({"a.json": b"a", "b.json": b"b", "n.zip": nested}))
    files = [file for file in input_files(tmp_path / "x.zip") if isinstance(file, InputFile)]
    streams = [file.open() for file in reversed(files)]
    assert [stream.read() for stream in streams] == [b"c", b"b", b"a"]
    for stream in streams:
        stream.close()
    assert [file.head(9) for file in files] == [b"a", b"b", b"c"]


def test_names_hold_no_control_characters(tmp_path: Path):
    (tmp_path / "x.zip").write_bytes(zipped({"a\x1b[31m\n.json": b"[]"}))
    (name,) = found(tmp_path / "x.zip")
    assert name.isprintable()


def test_an_unreadable_file_is_refused_and_its_neighbours_are_read(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"[]")
    file = InputFile("gone.json", 1, lambda: io.BytesIO(b""))
    broken = InputFile("gone.json", 1, lambda: (tmp_path / "gone.json").open("rb"))
    assert file.head(1) == b""
    with pytest.raises(SourceError, match=r"gone\.json: the file cannot be read"):
        broken.head(1)


def held_in_turn(path: Path) -> list[tuple[InputFile, InputFile]]:
    return [(file, file.held()) for file in input_files(path) if isinstance(file, InputFile)]


def test_a_file_of_an_archive_is_unpacked_once_where_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "x.zip").write_bytes(zipped({"MyData/a.json": b"[1]", "b.json": b"[2]"}))
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b"[3]"))
    held = [mine for path in ("x.zip", "c.json.gz") for _, mine in held_in_turn(tmp_path / path)]
    (tmp_path / "x.zip").unlink()
    (tmp_path / "c.json.gz").unlink()
    for file, content in zip(held, (b"[1]", b"[2]", b"[3]"), strict=True):
        assert [drain(file), file.head(9)] == [3, content]
        assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_what_is_held_is_the_same_file(tmp_path: Path):
    (tmp_path / "x.zip").write_bytes(zipped({"MyData/a.json": b"[1]"}))
    [(file, held)] = held_in_turn(tmp_path / "x.zip")
    assert (held.name, held.base_name, held.size, held.path) == (file.name, "a.json", 3, None)
    with held.local() as path:
        assert path.read_bytes() == b"[1]"


def test_a_file_on_disk_is_read_where_it_is(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"[]")
    [(file, held)] = held_in_turn(tmp_path / "a.json")
    assert held is file


@pytest.mark.parametrize("name", ["x.zip", "x.json.gz"])
def test_a_large_file_is_not_held(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "HELD_BYTES", 1000)
    content = os.urandom(1001)
    packed = zipped({"a.json": content}) if name == "x.zip" else gzip.compress(content)
    (tmp_path / name).write_bytes(packed)
    [(file, held)] = held_in_turn(tmp_path / name)
    assert held is file
    assert drain(held) == 1001


def test_damage_is_met_where_it_is_also_behind_the_last_byte(tmp_path: Path):
    packed = bytearray(zipped({"a.json": b"[1, 2, 3]"}))
    for signature, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        packed[packed.index(signature) + offset] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(packed)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(os.urandom(100_000))[:50_000])
    for path in ("x.zip", "cut.gz"):
        [(file, held)] = held_in_turn(tmp_path / path)
        assert held is file
        with pytest.raises(SourceError, match="damaged"):
            drain(held)
