"""Pairing moments with playbacks, where a moment is the start or the end of one and nothing says which.

Of a song on repeat each moment fits two playbacks: it is the end of one and the start of the next. Moments
and playbacks pair in the order of time, as many as can; among the ways to do so the likeliest is taken, by
the costs of the pairs.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class MayPair(NamedTuple):
    """A moment and a playback that may be the same, with what speaks against it."""

    moment_ms: int
    moment: str
    start_ms: int
    playback: str
    cost: int


def paired(pairs: Iterable[MayPair]) -> list[MayPair]:
    """The pairs that are taken, in which nothing comes twice. The result does not depend on their order."""
    return [taken for group in _groups(pairs) for taken in _aligned(group)]


def _groups(pairs: Iterable[MayPair]) -> list[list[MayPair]]:
    """The pairs in groups that have nothing in common."""
    by_moment: dict[str, list[MayPair]] = defaultdict(list)
    by_playback: dict[str, list[MayPair]] = defaultdict(list)
    for pair in pairs:
        by_moment[pair.moment].append(pair)
        by_playback[pair.playback].append(pair)
    groups: list[list[MayPair]] = []
    reached: set[MayPair] = set()
    for first in (pair for found in by_moment.values() for pair in found):
        if first in reached:
            continue
        group, waiting = [], [first]
        reached.add(first)
        while waiting:
            pair = waiting.pop()
            group.append(pair)
            beside = [*by_moment[pair.moment], *by_playback[pair.playback]]
            waiting += (new := [each for each in dict.fromkeys(beside) if each not in reached])
            reached.update(new)
        groups.append(group)
    return groups


def _aligned(group: Sequence[MayPair]) -> list[MayPair]:
    """The most pairs of a group that cross each other nowhere, of those the ones of least cost.

    Two sequences are aligned: `best` of so many moments and playbacks is that of one fewer of either, or of
    both and their pair.
    """
    if len(group) == 1:
        return list(group)
    moments = sorted({(pair.moment_ms, pair.moment) for pair in group})
    playbacks = sorted({(pair.start_ms, pair.playback) for pair in group})
    of = {(pair.moment, pair.playback): pair for pair in group}
    best = [[(0, 0)] * (len(playbacks) + 1) for _ in range(len(moments) + 1)]
    for row, (_, moment) in enumerate(moments, start=1):
        for column, (_, playback) in enumerate(playbacks, start=1):
            best[row][column] = max(best[row - 1][column], best[row][column - 1])
            if pair := of.get((moment, playback)):
                count, cost = best[row - 1][column - 1]
                best[row][column] = max(best[row][column], (count + 1, cost - pair.cost))
    taken, row, column = [], len(moments), len(playbacks)
    while row and column:
        if best[row][column] == best[row - 1][column]:
            row -= 1
        elif best[row][column] == best[row][column - 1]:
            column -= 1
        else:
            taken.append(of[moments[row - 1][1], playbacks[column - 1][1]])
            row, column = row - 1, column - 1
    return taken
