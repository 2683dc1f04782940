"""Two listeners side by side: where both agreed, of those days, with numbers counted from playbacks."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.figures.personal import OF_OTHER, PersonalFigures, figures_beside
from spotify_assets.figures.view import Period
from spotify_assets.report.agreement import Agreement, Consent, agreement, consent
from spotify_assets.report.page import rendered
from spotify_assets.report.paper import paper
from spotify_assets.report.sections import figures_of
from spotify_assets.report.signing import LinkExpiredError, LinkRefusedError
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from tests.figures.one_listener import BUSIEST, DECLARED, USERS, theirs
from tests.figures.recount import FEBRUARY

KEY = "k" * 32
THIRD = next(user for user in USERS if user not in (DECLARED, BUSIEST))
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
MINE = Consent(DECLARED, BUSIEST, FEBRUARY, SOON)
RETURNED = Consent(BUSIEST, DECLARED, FEBRUARY, SOON)


def both(one: Consent, two: Consent, key: str = KEY) -> str:
    return f"{one.token(key)}~{two.token(key)}"


@given(
    names=st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=2, unique=True),
    first=st.dates(date(1970, 1, 1), date(2100, 1, 1)),
    days=st.integers(0, 4000),
)
def test_an_answered_consent_is_an_agreement_of_both(names: list[str], first: date, days: int):
    given = Consent(names[0], names[1], Period(first, first + timedelta(days=days)), SOON)
    token = given.token(KEY)
    assert consent(token, KEY) == given
    found = agreement(given.answered(token, KEY), KEY)
    assert found == Agreement((names[0], names[1]), given.period, SOON)
    assert (found.other_than(names[0]), found.other_than(names[1])) == (names[1], names[0])


def changed(token: str) -> str:
    """The token, saying something else under the same signature."""
    return token[:-1] + ("A" if token[-1] != "A" else "Q")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        MINE.token(KEY),
        both(MINE, MINE),
        both(MINE, replace(RETURNED, giver="another")),
        both(MINE, replace(RETURNED, other="another")),
        both(MINE, replace(RETURNED, period=Period(date(2025, 2, 1), date(2025, 2, 2)))),
        both(MINE, RETURNED, "K" * 32),
        f"{MINE.token(KEY)}~{RETURNED.token('K' * 32)}",
        f"{MINE.token(KEY)}~{changed(RETURNED.token(KEY))}",
        both(MINE, RETURNED) + "~" + MINE.token(KEY),
    ],
)
def test_what_not_both_agreed_to_is_refused(text: str):
    with pytest.raises(LinkRefusedError):
        agreement(text, KEY)


def test_an_agreement_ends_when_the_first_of_both_consents_does():
    later = replace(RETURNED, until=SOON + timedelta(days=9))
    assert agreement(both(MINE, later), KEY).until == SOON
    with pytest.raises(LinkExpiredError):
        agreement(both(MINE, later), KEY, SOON)


def test_nobody_stands_beside_themselves():
    with pytest.raises(ValueError, match="themselves"):
        replace(MINE, other=DECLARED).token(KEY)


@pytest.fixture(scope="module")
def copy(published: Path) -> Database:
    return Database(Settings(data_dir=published, _env_file=None).serving_path)


@pytest.fixture(scope="module")
def figures(copy: Database) -> PersonalFigures:
    with copy.reader() as connection:
        other = figures_beside(connection, BUSIEST, FEBRUARY)
        return figures_of(connection, DECLARED, FEBRUARY, None, other)


def streams_by_artist(user: str) -> Counter[str]:
    credited = pl.coalesce("catalogue_artist", "artist_name")
    return Counter(theirs(user, FEBRUARY).filter("is_stream").select(credited).drop_nulls().to_series())


@pytest.mark.slow
def test_what_is_in_common_is_the_sum_of_the_smaller_shares(figures):
    mine, yours = streams_by_artist(DECLARED), streams_by_artist(BUSIEST)
    wanted = {
        artist: min(mine[artist] / mine.total(), yours[artist] / yours.total())
        for artist in mine.keys() & yours.keys()
    }
    names = figures["beside_names"].filter(pl.col("kind") == "artist", pl.col("share_in_common") > 0)
    assert len(wanted) > 3
    assert dict(names.select("artist_name", "share_in_common").iter_rows()) == pytest.approx(wanted)
    said = re.search(r"have ([\d.]+)% of their streams in common by artist", rendered(figures))
    assert said
    assert float(said[1]) == pytest.approx(100 * sum(wanted.values()), abs=0.05)


@pytest.mark.slow
def test_the_figures_of_both_are_those_that_each_has(figures, copy):
    with copy.reader() as connection:
        alone = [figures_of(connection, user, FEBRUARY).totals() for user in (DECLARED, BUSIEST)]
    for row, totals in zip(figures["beside"].to_dicts(), alone, strict=True):
        assert all(row[name] == totals[name] for name in row.keys() - {"is_other"})


def test_no_more_of_the_other_is_read_than_was_agreed(copy):
    with copy.reader() as connection:
        other = figures_beside(connection, BUSIEST, FEBRUARY)
    assert set(other.frames) == set(OF_OTHER)


@pytest.mark.slow
def test_alone_there_is_no_such_section(copy, figures):
    with copy.reader() as connection:
        alone = figures_of(connection, DECLARED, FEBRUARY)
    assert 'id="beside"' in rendered(figures)
    assert 'id="beside"' not in rendered(alone)
    assert alone["beside"].is_empty()
    assert alone["beside_names"].is_empty()
    assert len(paper(figures)) > len(paper(alone))


def call(published: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    monkeypatch.setenv("SPOTIFY_SHARE_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "500")
    return CliRunner().invoke(app, list(arguments)).output.strip()


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_the_commands_of_both_lead_to_a_recap(published, monkeypatch, tmp_path):
    days = ("--from", str(FEBRUARY.first), "--to", str(FEBRUARY.last))
    first = call(published, monkeypatch, "share", "agree", "--user", DECLARED, "--with", BUSIEST, *days)
    agreed = call(published, monkeypatch, "share", "agree", "--user", BUSIEST, "--answer", first)
    page = tmp_path / "recap.html"
    said = call(published, monkeypatch, "recap", "--user", BUSIEST, "--beside", agreed, "-o", str(page))
    assert f"{BUSIEST}, {FEBRUARY}" in said
    assert f"{BUSIEST} and {DECLARED} have" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("share", "agree", "--user", "me"), "say --with, --from and --to"),
        (
            ("share", "agree", "--user", "another", "--answer", MINE.token(KEY)),
            f"beside {BUSIEST}, not",
        ),
        (("recap", "--beside", MINE.token(KEY)), "not as it was given out"),
        (("recap", "--beside", both(MINE, RETURNED), "--period", "2024"), "days that both agreed to"),
        (("recap", "--beside", both(MINE, RETURNED), "--user", THIRD), "agreed to be seen side by side"),
    ],
)
def test_what_was_not_agreed_is_told_in_a_line(published, monkeypatch, tmp_path, arguments, says):
    monkeypatch.chdir(tmp_path)
    assert says in call(published, monkeypatch, *arguments)
    assert not list(tmp_path.iterdir())
