"""The runner of mutants: what it changes, what it says of a weak test, that it leaves the source alone."""

from pathlib import Path

import pytest

from tests.mutation import runner
from tests.mutation.equivalent import Equivalent, equivalents
from tests.mutation.modules import MODULES, concerned
from tests.mutation.operators import mutants
from tests.mutation.runner import PACKAGE, ROOT, run, sample

PRICE = '''"""Prices."""


def price(age: int, coupons: list[int]) -> int:
    """What somebody of that age pays."""
    full = 10
    if age < 18:
        full -= 4
    return full - max(coupons, default=0)
'''
WEAK = """from spotify_assets.shop import price


def test_children_pay_less():
    assert price(3, [1, 2]) == 4


def test_grown_ups():
    assert price(40, [2, 1]) == 8
"""
BOUND = ("if age < 18:", "if age <= 18:")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project of one function whose tests never ask about the eighteenth birthday."""
    for name, text in (
        (f"{PACKAGE}/__init__.py", ""),
        (f"{PACKAGE}/shop.py", PRICE),
        ("tests/test_shop.py", WEAK),
    ):
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "shop"


def changes(source: str) -> set[tuple[str, str]]:
    return {(mutant.before, mutant.after) for mutant in mutants(source)}


@pytest.mark.slow
def test_a_weak_test_lets_the_bound_through_and_the_source_stays(shop: Path):
    tried = [BOUND, ("if age < 18:", "if (not (age < 18)):"), ("full -= 4", "full += 4")]
    drawn = [
        (mutant, reason)
        for mutant, reason in sample("shop.py", PRICE, [], 100, 1)
        if (mutant.before, mutant.after) in tried
    ]
    results = list(run("shop.py", drawn, root=shop, jobs=2))
    assert {(r.mutant.before, r.mutant.after): r.how for r in results} == dict(
        zip(tried, ("survived", "failed", "failed"), strict=True)
    )
    assert (shop / PACKAGE / "shop.py").read_text() == PRICE


@pytest.mark.slow
def test_a_mutant_that_never_ends_is_stopped(shop: Path, monkeypatch: pytest.MonkeyPatch):
    endless = PRICE.replace("    full = 10\n", "    full = 10\n    while age < 0:\n        pass\n")
    (shop / PACKAGE / "shop.py").write_text(endless)
    monkeypatch.setattr(runner, "LEAST_SECONDS", 1)
    monkeypatch.setattr(runner, "TIMES_AS_LONG", 1)
    drawn = [d for d in sample("shop.py", endless, [], 100, 1) if d[0].after == "while (not (age < 0)):"]
    [result] = run("shop.py", drawn, root=shop)
    assert (result.killed, result.how) == (True, "time limit")


@pytest.mark.slow
def test_tests_that_fail_without_any_change_judge_nothing(shop: Path):
    (shop / "tests" / "test_shop.py").write_text("def test_nothing():\n    assert False\n")
    with pytest.raises(RuntimeError, match="must pass before"):
        list(run("shop.py", sample("shop.py", PRICE, [], 1, 1), root=shop))


def test_what_is_listed_as_equivalent_is_drawn_beside_the_count_with_its_reason():
    listed = Equivalent("shop.py", "price", *BOUND, "nobody is eighteen")
    drawn = sample("shop.py", PRICE, [listed], 100, 1)
    assert [(m.before, m.after) for m, reason in drawn if reason == listed.reason] == [BOUND]
    assert sum(reason is None for _, reason in drawn) == len(mutants(PRICE)) - 1
    for count in range(1, 8):
        of_count = sample("shop.py", PRICE, [listed], count, 1)
        assert of_count == drawn[: len(of_count)]
        assert sum(reason is None for _, reason in of_count) == count


@pytest.mark.slow
def test_a_seed_gives_one_sample():
    source = (ROOT / PACKAGE / "transforms/hours.py").read_text()
    assert sample("m", source, [], 40, 1) == sample("m", source, [], 40, 1)
    assert sample("m", source, [], 40, 1) != sample("m", source, [], 40, 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = a <= b", "x = a < b"),
        ("x = a != b", "x = a == b"),
        ("x = a not in b", "x = a in b"),
        ("x = (a) + (b)", "x = (a) - (b)"),
        ("x = a // b", "x = a * b"),
        ("x += a", "x -= a"),
        ("x = a and b", "x = a or b"),
        ("x = (a > 1) & b", "x = (a > 1) | b"),
        ("x = not a", "x = a"),
        ("x = ~a", "x = a"),
        ("x = 1 if a else 2", "x = 1 if (not (a)) else 2"),
        ("x = [y for y in z if y]", "x = [y for y in z if (not (y))]"),
        ("x = True", "x = False"),
        ("x = 7", "x = 8"),
        ("x = 7", "x = 6"),
        ("x = min(a, b)", "x = max(a, b)"),
        ("x = pl.any_horizontal(a)", "x = pl.all_horizontal(a)"),
        ("x = a.sort('b')", "x = a"),
        ("x = a.join(b, how='left')", 'x = a.join(b, how="inner")'),
        ("x = a.is_between(1, 2, closed='left')", 'x = a.is_between(1, 2, closed="right")'),
        ("f(x)", "pass"),
        ("x = 'é', a < b", "x = 'é', a <= b"),
        ("x = f'select {a} from b where c >= ?'", "x = f'select {a} from b where c > ?'"),
        ("x = f'({a} and {b} from c)'", "x = f'({a} or {b} from c)'"),
    ],
)
def test_one_thing_is_changed(before: str, after: str):
    assert (before, after) in changes(before)


def test_types_docstrings_assertions_and_messages_are_left_alone():
    assert not changes('"""1 < 2."""\nx: tuple[1] | None\nassert 1 < 2\nraise ValueError(1 < 2)\n')


@pytest.mark.slow
def test_every_module_has_tests_and_every_listed_equivalent_still_is_a_mutant():
    assert all(concerned(module, ROOT) for module in MODULES)
    of_module = {
        module: mutants((ROOT / PACKAGE / module).read_text())
        for module in {listed.module for listed in equivalents()}
    }
    for listed in equivalents():
        assert any(listed.is_of(listed.module, mutant) for mutant in of_module[listed.module]), listed
        assert listed.reason
