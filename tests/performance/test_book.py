"""The book of instructions: the same work counts the same, more of it is told, and so is what is missing."""

import sys
from pathlib import Path

import pytest

from tests.performance import book
from tests.performance.counted import START
from tests.performance.work import Work

LOOPS = """
import ctypes, sys
callgrind = ctypes.CDLL(sys.argv[2])
for name, times in (("a", 20_000), ("a again", 20_000), ("a fifth more", 24_000)):
    callgrind.begin()
    sum(n for n in range(times))
    callgrind.end(name.encode())
"""


def test_a_loss_is_told_with_its_figures_and_a_gain_is_none():
    before = {"cleaning": 100.0, "storing": 50.0, "reading": 10.0}
    now = {"cleaning": 116.0, "storing": 57.0, "reading": 5.0}
    assert book.losses(before, now) == ["cleaning: 116.0 million instructions, 16% more than 100.0"]
    assert book.losses(before, before) == []


def test_a_piece_that_is_new_or_gone_is_told():
    assert book.losses({"cleaning": 1.0}, {"storing": 1.0}) == [
        "cleaning: not counted, but noted",
        "storing: counted, but not noted",
    ]


def test_the_book_has_each_piece(tmp_path: Path):
    assert set(book.noted()) == {START, *Work(tmp_path).pieces}


@pytest.mark.slow
@pytest.mark.skipif(bool(book.missing()), reason="valgrind or a C compiler is not installed")
def test_the_same_work_counts_the_same_and_a_fifth_more_is_a_loss(tmp_path: Path):
    program = tmp_path / "loops.py"
    program.write_text(LOOPS)
    found = book.in_callgrind([sys.executable, str(program), str(tmp_path)], tmp_path)
    assert list(found) == ["a", "a again", "a fifth more"]
    once, again, more = found.values()
    assert once > 0.5
    assert again == pytest.approx(once, rel=0.02)
    assert book.losses({"a": once}, {"a": again}) == []
    assert len(book.losses({"a": once}, {"a": more})) == 1
