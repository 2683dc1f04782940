"""Every word of page, recap and cards is known in every language, and numbers are written as in it."""

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from spotify_assets.figures.personal import figures_beside
from spotify_assets.figures.view import Period
from spotify_assets.report import language as spoken
from spotify_assets.report.cards.faces import DESIGNS, face_of
from spotify_assets.report.language import count, day, decimal, language_of, languages, percent, say, speaking
from spotify_assets.report.page import rendered
from spotify_assets.report.sections import figures_of
from spotify_assets.warehouse.database import Database
from tests.figures.one_listener import BEFORE, BUSIEST, DECLARED
from tests.figures.recount import FEBRUARY
from tests.report import listeners as world

PERIODS = {
    world.YEARS: Period(world.FIRST, world.LAST),
    world.MONTH: Period(date(2025, 11, 1), date(2025, 11, 30)),
    world.DAY: Period(date(2025, 12, 30), date(2025, 12, 30)),
    world.PODCASTS: Period(date(2025, 1, 1), date(2025, 10, 27)),
}
FOREIGN = [code for code in languages() if code != "en"]


class Asked(dict[str, str]):
    """Words that remember which were asked for in vain."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__(words)
        self.missing: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self.missing.add(key)
        return super().get(key, default)


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
@pytest.mark.parametrize("code", FOREIGN)
def test_every_word_that_is_said_is_known(listeners: Database, connection, monkeypatch, code):
    language = language_of(code)
    words, definitions = Asked(language.words), Asked(language.definitions)
    heard = replace(language, words=words, definitions=definitions)
    monkeypatch.setattr(spoken, "language_of", lambda _: heard)
    other = figures_beside(connection, DECLARED, FEBRUARY)
    told = [figures_of(connection, BUSIEST, FEBRUARY, BEFORE, other)]
    with listeners.reader() as of_four:
        told += [figures_of(of_four, user, period) for user, period in PERIODS.items()]
    for figures in told:
        rendered(figures, code)
        with speaking(code):
            for design in DESIGNS:
                face_of(figures, design)
    assert words.missing == set()
    assert definitions.missing == set()


@pytest.mark.parametrize("code", FOREIGN)
def test_words_in_other_words_have_the_same_values(code):
    fields = string.Formatter().parse
    for english, other in language_of(code).words.items():
        assert {name for _, name, _, _ in fields(english) if name} == {
            name for _, name, _, _ in fields(other) if name
        }, english


def test_numbers_and_days_are_written_as_in_the_language():
    with speaking("de"):
        assert (count(1_234_567), decimal(1234.56), percent(0.125)) == ("1.234.567", "1.234,6", "12,5%")
        assert day(date(2025, 3, 9)) == "9. März 2025"
        assert say("{n} days", n=12_000) == "12.000 Tagen"
    assert (count(1_234_567), percent(0.125), day(date(2025, 3, 9))) == ("1,234,567", "12.5%", "9 March 2025")


@pytest.mark.slow
def test_the_page_says_in_which_language_it_is(listeners: Database):
    with listeners.reader() as connection:
        figures = figures_of(connection, world.MONTH, PERIODS[world.MONTH])
    page = rendered(figures, "de")
    assert '<html lang="de">' in page
    assert "Meistgehörte Titel" in page
    said = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert not re.findall(r"\b(Top tracks|Streams of|What the|Longest|Hours listened|Mon|Tue)\b", said)
    assert '<html lang="en">' in rendered(figures)
