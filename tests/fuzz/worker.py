"""The process that may crash: imports inputs one after the other and tells what came of each, a line each.

python -m tests.fuzz.worker SEED FIRST COUNT FOLDER
"""

import json
import sys
import traceback
from pathlib import Path

from tests.fuzz.check import check
from tests.fuzz.mutate import fuzzed
from tests.memory import peak_mb


def main() -> None:
    """Work through a range of inputs. Lines go to standard output: the number before, the result after."""
    seed, first, count = (int(argument) for argument in sys.argv[1:4])
    folder = Path(sys.argv[4])
    for number in range(first, first + count):
        made = fuzzed(seed, number)
        print(json.dumps({"number": number, "kind": made.kind, "mutation": made.mutation}), flush=True)
        failure, outcome = None, ""
        try:
            outcome = check(made, folder)
        except Exception:  # noqa: BLE001  any exception is a finding
            failure = traceback.format_exc(limit=-6)
        print(json.dumps({"outcome": outcome, "failure": failure, "peak_mb": peak_mb()}), flush=True)


if __name__ == "__main__":
    main()
