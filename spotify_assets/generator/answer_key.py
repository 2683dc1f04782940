"""The answer key of a dirty corpus: for every row written, what an importer ought to make of it.

It lies beside the corpus, never inside it: three Parquet files, and a JSON file with what must never get
into the lake.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import polars as pl

FILES, ROWS, PLAYS, META = "files.parquet", "rows.parquet", "plays.parquet", "key.json"


class Family(StrEnum):
    """Why a row is to be refused; readers have finer codes of their own."""

    NOT_A_PLAY = "not_a_play"
    TIME = "time"
    MS_PLAYED = "ms_played"
    TRACK = "track"
    MALFORMED = "malformed"
    CUT_OFF = "cut_off"


FILES_SCHEMA = pl.Schema(
    {"file": pl.String(), "sha256": pl.String(), "kind": pl.String(), "rows": pl.Int64(), "dirt": pl.String()}
)
"""One row per file: a zip's member is `zip/member`. `kind` is a `sources.kinds.Kind`, empty where no
one is right."""
ROWS_SCHEMA = pl.Schema(
    {
        "file": pl.String(),
        "row": pl.Int64(),
        "play_id": pl.Int64(),
        "family": pl.String(),
        "dirt": pl.String(),
    }
)
"""One row per row of a file, numbered as `raw.*` numbers it. Either `play_id`, the play that the row is of,
or, where it is to be refused, `family`. Rows of catalogues that are to be loaded have neither. `dirt` says
what is odd about it."""


@dataclass(frozen=True)
class AnswerKey:
    """What stands in a corpus. `plays` are the true plays (see `true_plays.true_plays` and
    `exports.export_plays`), with `in_catalogue`: whether a catalogue of the corpus knows the track."""

    user_id: str
    files: pl.DataFrame
    rows: pl.DataFrame
    plays: pl.DataFrame
    personal: tuple[str, ...]
    """Values of personal fields that must be nowhere in what an import writes."""

    def write(self, folder: Path) -> None:
        """Write the key into a folder of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        self.files.write_parquet(folder / FILES)
        self.rows.write_parquet(folder / ROWS)
        self.plays.write_parquet(folder / PLAYS)
        meta = {"user_id": self.user_id, "personal": list(self.personal)}
        (folder / META).write_text(json.dumps(meta, indent=2), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "AnswerKey":
        """The key that `write` wrote.

        Raises:
            FileNotFoundError: there is none.
        """
        if not (folder / META).exists():
            raise FileNotFoundError(
                f"{folder} has no answer key: make the corpus with `spotify-assets make-export` first"
            )
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        return cls(
            user_id=meta["user_id"],
            files=pl.read_parquet(folder / FILES, glob=False),
            rows=pl.read_parquet(folder / ROWS, glob=False),
            plays=pl.read_parquet(folder / PLAYS, glob=False),
            personal=tuple(meta["personal"]),
        )


@dataclass(frozen=True)
class Entry:
    """What one row of a file is: a play, or something to be refused, or neither (a catalogue's track)."""

    play_id: int | None = None
    family: Family | None = None
    dirt: str = ""


@dataclass
class KeyWriter:
    """Collects a key while files are written."""

    user_id: str
    plays: pl.DataFrame
    personal: tuple[str, ...]
    _files: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    _rows: list[tuple[str, int, int | None, str | None, str]] = field(default_factory=list)

    def add(
        self, file: str, content: bytes, kind: str, entries: Iterable[Entry] = (), dirt: str = ""
    ) -> None:
        """Note a file with the meaning of each of its rows, in their order."""
        entries = list(entries)
        self._files.append((file, hashlib.sha256(content).hexdigest(), kind, len(entries), dirt))
        self._rows.extend(
            (file, number, entry.play_id, entry.family, entry.dirt) for number, entry in enumerate(entries, 1)
        )

    def key(self) -> AnswerKey:
        """The key of all files noted so far."""
        return AnswerKey(
            user_id=self.user_id,
            files=pl.DataFrame(self._files, schema=FILES_SCHEMA, orient="row"),
            rows=pl.DataFrame(self._rows, schema=ROWS_SCHEMA, orient="row"),
            plays=self.plays,
            personal=self.personal,
        )
