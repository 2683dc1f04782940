"""The file of rules: it reads back what was added, keeps what people wrote, and names what is wrong."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.lake.exclusions import (
    add_exclusion,
    forget_exclusions,
    read_exclusions,
    remove_exclusions,
)
from spotify_assets.transforms.exclusions import Exclusion
from tests.examples import examples

RULES = (
    Exclusion(user_id="anna", artist='The "Quoted" \\ Band = 1'),
    Exclusion(since=date(2025, 1, 1), until=datetime(2025, 2, 1, 12, tzinfo=UTC)),
    Exclusion(track="4ChVFOiAIPwnKLgWGUcErS", device="speaker", incognito=True),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exclusions.toml"


def test_no_file_no_rules(path):
    assert read_exclusions(path) == []


def test_rules_read_back_in_their_order(path):
    assert [add_exclusion(path, rule) for rule in RULES] == [1, 2, 3]
    assert read_exclusions(path) == list(RULES)


TEXT = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)


@examples(60)
@given(
    st.lists(st.builds(Exclusion, user_id=st.none() | TEXT, artist=TEXT, track=st.none() | TEXT), max_size=4)
)
def test_any_text_reads_back(tmp_path_factory, rules):
    path = tmp_path_factory.mktemp("rules") / "exclusions.toml"
    for rule in rules:
        add_exclusion(path, rule)
    assert read_exclusions(path) == rules


def test_comments_that_people_wrote_stay(path):
    path.write_text('# the flat below\n[[exclude]]\nartist = "Band" # every night\n')
    add_exclusion(path, RULES[2])
    remove_exclusions(path, {2})
    assert "# the flat below" in path.read_text()
    assert "# every night" in path.read_text()
    assert read_exclusions(path) == [Exclusion(artist="Band")]


def test_removing_by_number(path):
    for rule in RULES:
        add_exclusion(path, rule)
    remove_exclusions(path, {1, 3})
    assert read_exclusions(path) == [RULES[1]]
    with pytest.raises(ValueError, match="has no rule 2: there are 1"):
        remove_exclusions(path, {1, 2})
    assert read_exclusions(path) == [RULES[1]]


def test_rules_about_a_listener_are_forgotten(path):
    for rule in RULES:
        add_exclusion(path, rule)
    assert forget_exclusions(path, "anna") == 1
    assert forget_exclusions(path, "anna") == 0
    assert "anna" not in path.read_text()
    assert read_exclusions(path) == list(RULES[1:])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[exclude", "this is no TOML"),
        ("artist = 'x'", r"nothing else, not artist"),
        ("[exclude]\nartist = 'x'", r"holds \[\[exclude\]\] tables"),
        ("exclude = [1]", "rule 1: it is no table"),
        (
            "[[exclude]]\nartist = 'x'\n[[exclude]]\nsong = 'x'",
            "rule 2: it has song; a rule knows user, track",
        ),
        ("[[exclude]]\nartist = 5", "artist = 5 is no str"),
        ("[[exclude]]\nfrom = 'yesterday'", "from = 'yesterday' is no date"),
        ("[[exclude]]\nuser = 'anna'", "rule 1: a rule names a track"),
    ],
)
def test_what_is_wrong_is_named(path, content, says):
    path.write_text(content)
    with pytest.raises(ValueError, match=says) as caught:
        read_exclusions(path)
    assert path.name in str(caught.value)
