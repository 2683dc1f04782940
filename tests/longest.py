"""The modules that take longest, and why: they begin first, so that at the end no worker waits."""

LONGEST = (
    "test_undo_end_to_end.py",  # the whole graph, again after each undoing
    "automation/test_operator_day.py",  # eight days of a warehouse, with what goes wrong in them
    "dbt/test_incremental.py",  # dbt's marts, built day by day and at once
    "test_end_to_end.py",  # the whole graph
    "accounts/test_month.py",  # a month of calls, and processes that are killed
    "test_accounts_end_to_end.py",
    "test_odd_places.py",
    "insight/test_planted.py",  # twenty generated worlds
    "test_offline_end_to_end.py",
    "test_import_end_to_end.py",
    "dbt/test_docs.py",
    "test_wheel.py",  # the package in an environment of its own
    "transforms/test_overlaps.py",
    "test_one_door.py",
    "report/test_keeping.py",  # forty cards, drawn
    "report/test_recap.py",
    "dbt/test_former_names.py",
    "dbt/test_planted_faults.py",
)


def place_of(nodeid: str) -> int:
    """The place of a test's module among them; one behind all others for those that are not long."""
    module = nodeid.partition("::")[0].removeprefix("tests/")
    return LONGEST.index(module) if module in LONGEST else len(LONGEST)
