"""The MSSD reader: columns of the published schema, bad rows refused, and the ladder on top of it."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.skip.ladder import REPEAT
from spotify_assets.skip.mssd import MSSD_FEATURES, mssd_ladder, repeat_last_known_action
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.mssd import TRACK_NUMBERS, read_mssd

LOG_HEADER = (
    "session_id,session_position,session_length,track_id_clean,skip_1,skip_2,skip_3,not_skipped,context_switch,"
    "no_pause_before_play,short_pause_before_play,long_pause_before_play,hist_user_behavior_n_seekfwd,"
    "hist_user_behavior_n_seekback,hist_user_behavior_is_shuffle,hour_of_day,date,premium,context_type,"
    "hist_user_behavior_reason_start,hist_user_behavior_reason_end"
)
"""The header of log_mini.csv (arXiv:1901.09851, table 1)."""
TRACK_HEADER = (
    "track_id,duration,release_year,us_popularity_estimate,acousticness,beat_strength,bounciness,danceability,"
    "dyn_range_mean,energy,flatness,instrumentalness,key,liveness,loudness,mechanism,mode,organism,speechiness,"
    "tempo,time_signature,valence,acoustic_vector_0,acoustic_vector_1,acoustic_vector_2,acoustic_vector_3,"
    "acoustic_vector_4,acoustic_vector_5,acoustic_vector_6,acoustic_vector_7"
)
"""The header of tf_mini.csv (table 2)."""


def log_row(
    session: str, position: int, skip: str, *, length: int = 20, day: str = "2018-07-15", hour: int = 9
):
    pauses = "1,0,0" if position % 2 else "0,1,1"
    return (
        f"{session},{position},{length},t{position % 3},{skip},{skip},{skip},true,0,{pauses},0,0,true,{hour},"
        f"{day},true,editorial_playlist,trackdone,fwdbtn"
    )


def write(folder: Path, *log: str, tracks: int = 2) -> Path:
    numbers = ",".join(["0.5"] * 8)
    rows = [
        f"t{n},180.5,1999,99.5,{n / 10},.1,.2,.3,.4,.5,.6,.7,{n},.8,-6,.9,major,.1,.2,120,4,.3,{numbers}"
        for n in range(tracks)
    ]
    (folder / "log_mini.csv").write_text("\n".join([LOG_HEADER, *log]) + "\n")
    (folder / "tf_mini.csv").write_text("\n".join([TRACK_HEADER, *rows]) + "\n")
    return folder


def test_playbacks_carry_what_was_known_at_their_start(tmp_path):
    found = read_mssd(write(tmp_path, log_row("s", 1, "true"), log_row("s", 2, "false")))
    second = found.log.rows.row(1, named=True)
    assert (second["is_skip"], second["previous_is_skip"], second["recent_skip_rate"]) == (False, True, 1.0)
    assert (second["hour_of_day"], second["weekday"], second["pause_before"]) == (9, 7, "long")
    assert (second["premium"], second["shuffle"], second["context_switch"]) == (True, True, False)
    assert (second["context_type"], second["reason_start"]) == ("editorial_playlist", "trackdone")
    first = found.log.rows.row(0, named=True)
    assert (first["previous_is_skip"], first["pause_before"], first["acousticness"]) == (None, "none", 0.1)
    assert set(TRACK_NUMBERS) <= set(found.log.rows.columns)


def test_tracks_without_features_are_counted_and_kept(tmp_path):
    found = read_mssd(write(tmp_path, log_row("s", 1, "true"), log_row("s", 2, "true")))
    assert (found.tracks, found.unknown_tracks, found.log.rows.height) == (2, 1, 2)


def test_a_gap_in_the_positions_is_unknown_rather_than_bridged(tmp_path):
    found = read_mssd(write(tmp_path, log_row("s", 1, "true"), log_row("s", 3, "true")))
    assert found.log.rows["previous_is_skip"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (log_row("", 1, "true"), "missing_session"),
        (log_row("s", 0, "true"), "invalid_position"),
        (log_row("s", 1, ""), "missing_outcome"),
        (log_row("s", 1, "true", hour=24), "invalid_hour"),
        (log_row("s", 1, "true", day="15.07.2018"), "invalid_date"),
        (log_row("s", 1, "true").replace(",t1,", ",,"), "missing_track"),
    ],
)
def test_bad_rows_are_refused_with_a_reason_and_their_neighbours_stay(tmp_path, row, reason):
    log = read_mssd(write(tmp_path, log_row("a", 1, "true"), row, log_row("a", 2, "1"))).log
    [refused] = log.rejected.to_dicts()
    assert (refused["reason"], refused["source_file"], refused["source_row"]) == (reason, "log_mini.csv", 2)
    assert log.rows_in == log.rows.height + log.rejected.height == 3


def test_compressed_files_in_folders_are_read(tmp_path):
    write(tmp_path, log_row("s", 1, "true"))
    inner = tmp_path / "training_set"
    inner.mkdir()
    text = (tmp_path / "log_mini.csv").read_text().replace("\ns,", "\nother,")
    (inner / "log_0.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert sorted(read_mssd(tmp_path).log.rows["session_id"]) == ["other", "s"]


def test_what_is_missing_or_foreign_is_said(tmp_path):
    with pytest.raises(SourceError, match="is no folder"):
        read_mssd(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="holds no MSSD session log"):
        read_mssd(tmp_path)
    write(tmp_path, log_row("s", 1, "true"))
    (tmp_path / "tf_mini.csv").rename(tmp_path / "kept.txt")
    with pytest.raises(SourceError, match="holds no MSSD track features"):
        read_mssd(tmp_path)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match=r"other\.csv: has neither the columns"):
        read_mssd(tmp_path)


def test_the_features_hold_no_outcome_and_nothing_of_the_future():
    known_later = {"is_skip", "session_length", "skip_1", "skip_3", "not_skipped", "reason_end", "n_seekfwd"}
    assert not known_later & set(MSSD_FEATURES)


def simulated_sessions(folder: Path, sessions: int) -> Path:
    """Sessions of ten playbacks whose outcomes repeat with probability 0.75."""
    random = np.random.default_rng(1)
    rows = []
    for number in range(sessions):
        skip = random.random() < 0.5
        for position in range(1, 11):
            skip = skip if position == 1 or random.random() < 0.75 else not skip
            day = f"2018-07-{1 + number * 28 // sessions:02d}"
            rows.append(log_row(f"s{number:04d}", position, str(skip).lower(), length=10, day=day))
    return write(folder, *rows)


def test_the_ladder_runs_on_a_log_split_by_time(tmp_path):
    log = read_mssd(simulated_sessions(tmp_path, 400)).log.rows
    ladder = mssd_ladder(log)
    assert (ladder.train_rows, ladder.test_rows, ladder.clusters) == (3_000, 1_000, 300)
    # Nine of ten playbacks have a previous outcome, which repeats in three of four cases.
    assert ladder.rung(REPEAT, "rule").measures["accuracy"].value == pytest.approx(0.72, abs=0.05)
    assert ladder.best("logistic").measures["auc"].value > 0.65
    assert ladder.rungs[-1].name == "session"


def test_the_challenges_simplest_rule_is_judged_by_its_own_measure(tmp_path):
    """Five known tracks, five predicted: the first is right in three of four sessions."""
    log = read_mssd(simulated_sessions(tmp_path, 400)).log.rows
    accuracy, first = repeat_last_known_action(log)
    assert first == pytest.approx(0.75, abs=0.06)
    by_hand = []
    for _, session in log.group_by("session_id"):
        outcomes = session.sort("session_position")["is_skip"].to_list()
        right = [outcome == outcomes[4] for outcome in outcomes[5:]]
        by_hand.append(sum(sum(right[: n + 1]) / (n + 1) * right[n] for n in range(5)) / 5)
    assert accuracy == pytest.approx(np.mean(by_hand))
    assert isinstance(log, pl.DataFrame)


def test_one_command_shows_the_ladder_beside_the_published_figures(tmp_path):
    done = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["ladder", "--mssd", str(simulated_sessions(tmp_path, 300))]
    )
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "3,000 rows in, 0 refused; 2 tracks, 900 playbacks of tracks without features." in said
    assert "Learnt from 2,250 playbacks, judged on 750 later ones" in said
    assert "arXiv:1904.10273" in said
    assert "published 0.537" in said


def test_a_folder_without_the_data_is_one_line(tmp_path):
    done = CliRunner().invoke(app, ["ladder", "--mssd", str(tmp_path)])
    assert done.exit_code == 1
    assert "holds no MSSD session log" in done.output
