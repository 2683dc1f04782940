"""Counting what was over before a moment, and not before another one, for many moments and keys at once.

Ends and moments are put in the order of time once, whatever they are counted by. For each kind of key they
are then sorted as single whole numbers, the key above the place in time, which takes a fraction of the time
of sorting rows, and a running total is read off at the moments.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Whole = npt.NDArray[np.int64]
_MOST_BITS = 63


@dataclass(frozen=True)
class Spans:
    """For each span the plays and skips that ended in it, its first moment included and its last one not.

    `spans` has `since` and `until` and `ends` has `at`, all of them moments, with `plays` and `skips`.
    """

    spans: pl.DataFrame
    ends: pl.DataFrame

    def counted(self, keys: Iterable[pl.Series]) -> Iterator[pl.DataFrame]:
        """`plays` and `skips` of each span, in order, for one kind of key after the other.

        A kind is the keys of the spans and then of the ends, as whole numbers from 0 up; what has no key
        counts nowhere, and a span without one has 0.
        """
        in_time, spans = self._in_time(), self.spans.height
        weights = [_padded(self.ends[name], 2 * spans) for name in ("plays", "skips")]
        for of_kind in keys:
            places = _by_key(pl.concat([of_kind.head(spans), of_kind]), in_time)
            plays, skips = (self._between(places, weight) for weight in weights)
            yield pl.DataFrame({"plays": plays, "skips": skips})

    def _in_time(self) -> Whole:
        """Numbers of the first moments, the last moments and the ends, in the order of time.

        At equal times an end comes last: what ended at that very moment was not over before it.
        """
        moments = pl.concat([self.spans["since"], self.spans["until"]]).dt.epoch("us") * 2
        ends = self.ends["at"].dt.epoch("us") * 2 + 1
        return pl.concat([moments, ends]).arg_sort().to_numpy().astype(np.int64)

    def _between(self, places: Whole, weight: Whole) -> Whole:
        so_far = np.zeros_like(weight)
        so_far[places] = np.cumsum(weight[places])
        spans = self.spans.height
        return so_far[spans : 2 * spans] - so_far[:spans]


def _padded(counts: pl.Series, before: int) -> Whole:
    """Counts with so many zeros before them."""
    return np.concatenate([np.zeros(before, np.int64), counts.cast(pl.Int64).to_numpy()])


def _by_key(keys: pl.Series, in_time: Whole) -> Whole:
    """The numbers of what has a key, in the order of keys and, within each, of time."""
    bits = len(in_time).bit_length()
    if (keys.max() or 0) >> (_MOST_BITS - bits):  # type: ignore[operator]
        keys = keys.rank("dense")
    of_places = keys.cast(pl.Int64).gather(in_time)
    packed = of_places * (1 << bits) + pl.Series(np.arange(len(in_time), dtype=np.int64))
    found: Whole = in_time[packed.drop_nulls().sort().to_numpy() & ((1 << bits) - 1)]
    return found
