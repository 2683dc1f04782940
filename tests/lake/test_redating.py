"""What was heard offline is moved after its landing as well: by other files, and by a newer version."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake import layout, redating, thread_pool
from spotify_assets.lake.erasing import erase_from_lake
from spotify_assets.lake.events import EventLake
from spotify_assets.lake.importing import ImportOptions, Outcome, import_path, import_paths
from spotify_assets.lake.receipts import Receipt, read_receipts
from spotify_assets.lake.redating import migrate_lake, outdated_words
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import RAW_EVENTS
from tests.lake.exports import play, write_json, write_zip

SYNC = datetime(2024, 3, 1, 0, 30)  # noqa: DTZ001
HEARD = datetime(2024, 2, 29, 21, 0)  # noqa: DTZ001
EVERYTHING = Window(date(2024, 1, 1), date(2025, 1, 1))
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
OPTIONS = ImportOptions("anna", date(2025, 1, 1))
Row = dict[str, object]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "data" / "raw"


def offline(number: int, began: datetime, ts: datetime = SYNC, unit: int = 1) -> Row:
    stamp = (began - EPOCH) // timedelta(seconds=1) * unit
    return play(ts, number, offline=True, offline_timestamp=stamp)


def burst(count: int = 4) -> list[Row]:
    return [offline(n, HEARD + n * timedelta(minutes=4), unit=1000 if n % 2 else 1) for n in range(count)]


def imported(lake: Path, path: Path) -> list[Receipt]:
    list(import_path(path, lake, OPTIONS))
    return read_receipts(lake)


def events(lake: Path) -> pl.DataFrame:
    rows = EventLake(lake).read(EVERYTHING)
    assert "wrong_folder" not in rows.rejected["reason"]
    return rows.rows.sort("started_at", "track_id")


def starts(lake: Path) -> list[datetime]:
    return events(lake)["started_at"].to_list()


def as_landed_before(lake: Path) -> None:
    """Make a lake what the version before the rule had made of the same files."""
    for receipt in read_receipts(lake):
        files = [lake / name for name in receipt.landed_files]
        rows = pl.concat([pl.read_parquet(file, hive_partitioning=False) for file in files])
        reported = pl.coalesce("reported_at", "ended_at")
        old = rows.with_columns(
            event_id=pl.when(pl.col("reported_at").is_not_null())
            .then(pl.concat_str("event_id", reported.cast(pl.String)))
            .otherwise("event_id"),
            ended_at=reported,
            started_at=reported - pl.duration(milliseconds="ms_played"),
            event_date=reported.dt.date(),
        ).drop("reported_at")
        for file in files:
            file.unlink()
        names = []
        for key, part in old.partition_by("event_date", as_dict=True).items():
            assert isinstance(key[0], date)
            path = layout.month_dir(lake, key[0]) / f"{receipt.receipt_id}.parquet"
            known = [pl.read_parquet(path, hive_partitioning=False)] if path.exists() else []
            layout.write_parquet(path, pl.concat([*known, part]).sort("event_date", "ended_at", "source_row"))
            names.append(path.relative_to(lake).as_posix())
        dates = old["event_date"]
        before = replace(
            receipt,
            landed_files=tuple(sorted(set(names))),
            first_date=min(dates),
            last_date=max(dates),
            dialect={name: value for name, value in receipt.dialect.items() if name != "notes"},
        )
        content = json.loads(before.to_json())
        del content["time_rule"]
        layout.write_bytes(layout.receipt_path(lake, receipt.receipt_id), json.dumps(content).encode())
        layout.late_path(lake, receipt.receipt_id).unlink(missing_ok=True)


def landed_state(lake: Path) -> tuple[object, ...]:
    receipts = [replace(each, landed_at=datetime.min) for each in read_receipts(lake)]  # noqa: DTZ901
    late = sorted(path.name for path in (lake / "_late").glob("*"))
    return events(lake).to_dicts(), sorted(receipts, key=lambda each: each.receipt_id), late


class TestFilesTogether:
    def test_an_upload_in_an_audio_and_a_video_file(self, lake, tmp_path):
        audio, video = burst()[:3], burst()[3:]
        members = {"Streaming_History_Audio_2024.json": audio, "Streaming_History_Video_2024.json": video}
        receipts = imported(lake, write_zip(tmp_path / "export.zip", members))
        assert starts(lake) == [HEARD + n * timedelta(minutes=4) for n in range(4)]
        assert {each.last_date for each in receipts} == {date(2024, 2, 29)}
        told = sorted(json.dumps(each.dialect["notes"]).split(",")[0] for each in receipts)
        assert told == ['{"heard_before_reported": 1', '{"heard_before_reported": 3']

    def test_each_file_has_one_row_of_it(self, lake, tmp_path):
        for n, row in enumerate(burst(2)):
            imported(lake, write_json(tmp_path / f"endsong_{n}.json", [row]))
        assert starts(lake) == [HEARD, HEARD + timedelta(minutes=4)]

    def test_uploads_of_one_playback_in_two_exports(self, lake, tmp_path):
        imported(lake, write_json(tmp_path / "old.json", [offline(1, HEARD)]))
        assert events(lake)["reported_at"].to_list() == [None]
        later = offline(1, HEARD, SYNC + timedelta(days=4), unit=1000)
        imported(lake, write_json(tmp_path / "new.json", [later]))
        assert starts(lake) == [HEARD, HEARD]
        assert events(lake)["event_id"].n_unique() == 1

    def test_the_order_of_imports_changes_nothing(self, lake, tmp_path):
        files = [write_json(tmp_path / f"endsong_{n}.json", [row]) for n, row in enumerate(burst(3))]
        other = tmp_path / "other" / "raw"
        for file in files:
            imported(lake, file)
        for file in reversed(files):
            imported(other, file)
        assert landed_state(lake) == landed_state(other)

    def test_listeners_are_not_compared(self, lake, tmp_path):
        first, second = burst(2)
        imported(lake, write_json(tmp_path / "a.json", [first]))
        list(import_path(write_json(tmp_path / "b.json", [second]), lake, replace(OPTIONS, user_id="ben")))
        assert events(lake)["reported_at"].to_list() == [None, None]

    def test_who_is_erased_leaves_nothing_to_compare(self, lake, tmp_path):
        imported(lake, write_json(tmp_path / "a.json", burst()))
        assert list((lake / "_late").glob("*"))
        erase_from_lake(Settings(data_dir=lake.parent), "anna")
        assert not list((lake / "_late").glob("*"))


class TestAnOlderLake:
    @pytest.fixture
    def files(self, tmp_path: Path) -> list[Path]:
        online = [play(SYNC + n * timedelta(days=20), 9) for n in range(4)]
        twice = [offline(1, HEARD, SYNC + timedelta(days=days)) for days in (1, 6)]
        refused = [{"ts": "never", "ms_played": 1}]
        return [
            write_json(tmp_path / "endsong_0.json", [*burst(), *online, *twice, *refused]),
            write_json(tmp_path / "endsong_1.json", burst(5)[4:]),
        ]

    @pytest.mark.slow
    def test_migrating_gives_what_an_import_gives(self, lake, tmp_path, files):
        fresh = tmp_path / "fresh" / "raw"
        for file in files:
            imported(fresh, file)
            imported(lake, file)
        as_landed_before(lake)
        assert events(lake)["reported_at"].null_count() == events(lake).height
        assert "2 imports" in (outdated_words(lake) or "")
        done = migrate_lake(lake)
        assert landed_state(lake) == landed_state(fresh)
        assert done.rows == events(fresh)["reported_at"].count()
        assert {date(2024, 2, 29), date(2024, 3, 1)} <= done.dates
        assert outdated_words(lake) is None

    def test_months_in_which_nothing_moves_are_not_written_again(self, lake, files):
        for file in files:
            imported(lake, file)
        as_landed_before(lake)
        untouched = sorted((lake / "listening_events").glob("month=2024-04/*.parquet"))
        before = [path.stat().st_ino for path in untouched]
        migrate_lake(lake)
        assert before
        assert [path.stat().st_ino for path in untouched] == before

    def test_doing_it_again_changes_nothing(self, lake, files):
        imported(lake, files[0])
        as_landed_before(lake)
        migrate_lake(lake)
        state = landed_state(lake)
        assert migrate_lake(lake).dates == set()
        assert landed_state(lake) == state

    @pytest.mark.parametrize("files_moved", [0, 1, 2])
    def test_killed_in_the_middle_it_is_finished_by_the_next(self, lake, files, monkeypatch, files_moved):
        imported(lake, files[0])
        expected = landed_state(lake)
        as_landed_before(lake)
        replaced = Path.replace
        left = files_moved

        def killed(self: Path, target: Path) -> Path:
            nonlocal left
            if redating.READY in str(self) and "_receipts" not in str(self):
                if not left:
                    raise KeyboardInterrupt
                left -= 1
            return replaced(self, target)

        monkeypatch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            migrate_lake(lake)
        monkeypatch.undo()
        migrate_lake(lake)
        assert landed_state(lake) == expected
        assert not list(lake.glob(".*redat*"))

    def test_a_file_without_the_column_is_read_with_nothing_in_it(self, lake, files):
        imported(lake, files[0])
        as_landed_before(lake)
        imported(lake, files[1])
        assert events(lake).schema == RAW_EVENTS.polars_schema


class TestWrittenOnce:
    @pytest.fixture
    def written(self, monkeypatch) -> list[str]:
        """The landed files that are put in their place, one entry for each time."""
        found: list[str] = []
        replaced = Path.replace

        def counted(self: Path, target: Path) -> Path:
            is_hidden = any(part.startswith(".") for part in Path(target).parts)
            if Path(target).parent.name.startswith("month=") and not is_hidden:
                found.append(f"{Path(target).parent.name}/{Path(target).name}")
            return replaced(self, target)

        monkeypatch.setattr(Path, "replace", counted)
        return found

    def test_files_of_one_import_that_prove_each_other_are_written_once(self, lake, tmp_path, written):
        online = [play(SYNC + n * timedelta(days=20), 9) for n in range(3)]
        members = {
            "Streaming_History_Audio_2024.json": [*burst()[:1], *online],
            "Streaming_History_Video_2024.json": burst()[1:2],
        }
        first = write_zip(tmp_path / "a.zip", members)
        second = write_json(tmp_path / "endsong_7.json", burst(3)[2:])
        list(import_paths([first, second], lake, OPTIONS))
        assert starts(lake)[:3] == [HEARD + n * timedelta(minutes=4) for n in range(3)]
        assert (
            len(written) == len(set(written)) == sum(len(each.landed_files) for each in read_receipts(lake))
        )
        assert not list(lake.glob(".landing-*"))

    @pytest.mark.parametrize("room", [0, 3, 1_000])
    def test_rows_that_wait_on_disk_are_those_that_wait_in_memory(self, lake, tmp_path, monkeypatch, room):
        files = [write_json(tmp_path / f"{n}.json", [burst()[n], play(SYNC, 8 + n)]) for n in range(4)]
        list(import_paths(files, tmp_path / "other", OPTIONS))
        monkeypatch.setattr(thread_pool, "ROWS_WAITING", room)
        list(import_paths(files, lake, OPTIONS))
        assert landed_state(lake) == landed_state(tmp_path / "other")

    def test_an_earlier_landing_is_written_again_where_this_one_proves_it(self, lake, tmp_path, written):
        imported(lake, write_json(tmp_path / "a.json", burst(1)))
        before = set(written)
        imported(lake, write_json(tmp_path / "b.json", burst(2)[1:]))
        assert starts(lake) == [HEARD, HEARD + timedelta(minutes=4)]
        assert len(set(written) - before) == 2
        assert len(written) == len(set(written))

    def test_the_same_bytes_twice_in_one_import_wait_and_land_once(self, lake, tmp_path, written):
        files = [write_json(tmp_path / f"{name}.json", burst()) for name in "ab"]
        handed = list(import_paths(files, lake, OPTIONS))
        assert [file.outcome for each in handed for file in each.files] == [
            Outcome.LANDED,
            Outcome.LANDED_BEFORE,
        ]
        assert len(written) == len(read_receipts(lake)) == 1

    def test_left_in_the_middle_what_was_told_is_whole(self, lake, tmp_path):
        for n, row in enumerate(burst(4)):
            write_json(tmp_path / "in" / f"{n}.json", [row])
        begun = import_path(tmp_path / "in", lake, OPTIONS)
        next(begun)
        begun.close()
        assert len(read_receipts(lake)) == 1
        list(import_path(tmp_path / "in", lake, OPTIONS))
        assert starts(lake) == [HEARD + n * timedelta(minutes=4) for n in range(4)]
