"""Do recommendations reach their targets, and what do they cost?

    .venv/bin/python -m tests.benchmarks.recommend [ladders] [large]

- ladders: both ladders on the default generated listening (200 listeners, 5,000 tracks, 28 days), the mean of
  five seeds, each rung with its share of the best list's NDCG@10 and recall@20;
- large: learning from 1,000 listeners over 20,000 tracks, judging and recommending, in a process of its own.

Prints JSON. Times are those of the machine, busy or not; memory is the peak of the process, the listening
that it generates included.
"""

import argparse
import json
import subprocess
import sys
import time

import polars as pl

from spotify_assets.recommend.ladder import judge, learn
from spotify_assets.recommend.lists import recommendations
from tests.memory import peak_mb
from tests.recommend.worlds import CUTOFF, TEST, TEST_DAYS, generated, ladder_of

SEEDS = (1, 2, 3, 5, 7)
USERS, TRACKS = 1_000, 20_000


def ladders() -> list[dict[str, object]]:
    """Mean over the seeds of each measure of each rung."""
    found = pl.concat(ladder_of(generated(seed=seed)) for seed in SEEDS)
    means = found.group_by("task", "rung", maintain_order=True).mean()
    return means.with_columns(pl.selectors.float().round(4)).to_dicts()


def large() -> dict[str, float]:
    """Seconds and megabytes for a cut-off of many listeners and tracks."""
    told = generated(users=USERS, tracks=TRACKS).told
    before = peak_mb()
    start = time.perf_counter()
    learnt = learn(told, TEST.start, test_days=TEST_DAYS)
    rungs = list(judge(told, learnt, TEST))
    judged = time.perf_counter()
    lists = recommendations(told, learn(told, TEST.end, test_days=TEST_DAYS), [], CUTOFF)
    done = time.perf_counter()
    return {
        "plays": told.plays.height,
        "requests": sum(rung.requests for rung in rungs if rung.step == 1),
        "rows": lists.height,
        "seconds to learn and judge": round(judged - start, 1),
        "seconds to learn and recommend": round(done - judged, 1),
        "seconds": round(done - start, 1),
        "MB before": before,
        "MB at most": peak_mb(),
    }


def main() -> None:
    """Run what is asked for, the large one in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=["ladders", "large"], help="ladders, large")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part == "large" and not arguments.inside:
            command = [sys.executable, "-m", "tests.benchmarks.recommend", "large", "--inside"]
            subprocess.run(command, check=True)
        else:
            print(json.dumps({"ladders": ladders, "large": large}[part](), indent=2))


if __name__ == "__main__":
    main()
