"""The books of the calls: how many were made for what, what came of them, and how many were saved."""

from datetime import timedelta

from spotify_assets.accounts.budget import ANSWERED, BEGUN, FAILED, NOT_THERE, REFUSED, SAVED, TOLD_TO_WAIT
from spotify_assets.accounts.state import STATE, AccountState
from spotify_assets.accounts.timing import Timing
from spotify_assets.settings import Settings

DAYS = 30


def calls_by_day(settings: Settings, timing: Timing | None = None) -> list[dict[str, str | int]]:
    """The calls of the last `DAYS` UTC dates, the newest first. One row per date and purpose.

    `begun`, `answered`, `not_there`, `told_to_wait` (429), `failed` (refused ones too), and `saved`: what was
    not asked for, because its answer is not old.
    """
    if not (settings.accounts_dir / STATE).exists():
        return []
    since = (timing or Timing()).today() - timedelta(days=DAYS)
    with AccountState(settings.accounts_dir).step() as connection:
        rows = connection.execute(
            "select day, purpose, outcome, sum(calls) from calls where day > ?"
            " group by day, purpose, outcome order by day desc, purpose",
            [since.isoformat()],
        ).fetchall()
    found: dict[tuple[str, str], dict[str, int]] = {}
    for day, purpose, outcome, calls in rows:
        found.setdefault((day, purpose), {})[outcome] = calls
    return [
        {
            "day": day,
            "purpose": purpose,
            "begun": counts.get(BEGUN, 0),
            "answered": counts.get(ANSWERED, 0),
            "not_there": counts.get(NOT_THERE, 0),
            "told_to_wait": counts.get(TOLD_TO_WAIT, 0),
            "failed": counts.get(FAILED, 0) + counts.get(REFUSED, 0),
            "saved": counts.get(SAVED, 0),
        }
        for (day, purpose), counts in found.items()
    ]
