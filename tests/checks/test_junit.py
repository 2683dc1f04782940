"""The XML that CI reads."""

from xml.etree import ElementTree

from spotify_assets.automation.runs import CheckOutcome, RunOutcome
from spotify_assets.checks.junit import junit_xml


def outcome(*checks: CheckOutcome, **failures: str) -> RunOutcome:
    return RunOutcome("run", success=not failures, steps=1, checks=list(checks), failures=failures)


def test_broken_checks_are_failures_warnings_are_not_and_broken_steps_are_errors():
    xml = junit_xml(
        outcome(
            CheckOutcome("core/tracks", "unique_key", passed=True, blocks=True, description=""),
            CheckOutcome("core/tracks", "ranges", passed=False, blocks=True, description='2 < 3 & "so"\x00'),
            CheckOutcome("raw/raw_events", "usual_volume", passed=False, blocks=False, description="few"),
            dbt_facts="the disk is full",
        )
    )
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(xml)}
    assert {name: suite.get("failures") for name, suite in suites.items()} == {
        "core/tracks": "1",
        "raw/raw_events": "0",
        "run": "0",
    }
    [failure] = suites["core/tracks"].iter("failure")
    assert failure.get("message") == '2 < 3 & "so"'
    assert [case.get("name") for case in suites["core/tracks"]] == ["ranges", "unique_key"]
    [warning] = suites["raw/raw_events"].iter("system-out")
    assert warning.text == "warning: few"
    [error] = suites["run"].iter("error")
    assert error.get("message") == "the disk is full"
