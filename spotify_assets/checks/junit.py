"""What checks found as JUnit XML, which CI systems read: a suite per table, a case per check."""

from xml.etree import ElementTree

from spotify_assets.automation.runs import CheckOutcome, RunOutcome


def junit_xml(outcome: RunOutcome) -> bytes:
    """The outcome of a run of checks. A check that only warns is a passed case with its words as output."""
    suites = ElementTree.Element("testsuites", name="spotify-assets check")
    by_asset: dict[str, list[CheckOutcome]] = {}
    for check in outcome.checks:
        by_asset.setdefault(check.asset, []).append(check)
    for asset, checks in sorted(by_asset.items()):
        broken = sum(not check.passed and check.blocks for check in checks)
        suite = ElementTree.SubElement(
            suites, "testsuite", name=asset, tests=str(len(checks)), failures=str(broken), errors="0"
        )
        for check in sorted(checks, key=lambda check: check.check):
            case = ElementTree.SubElement(suite, "testcase", classname=asset, name=check.check)
            if check.passed:
                continue
            if check.blocks:
                ElementTree.SubElement(case, "failure", message=_printable(check.description))
            else:
                ElementTree.SubElement(case, "system-out").text = f"warning: {_printable(check.description)}"
    if outcome.failures:
        count = str(len(outcome.failures))
        suite = ElementTree.SubElement(
            suites, "testsuite", name="run", tests=count, failures="0", errors=count
        )
        for step, cause in sorted(outcome.failures.items()):
            case = ElementTree.SubElement(suite, "testcase", classname="run", name=step)
            ElementTree.SubElement(case, "error", message=_printable(cause))
    return bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))


def _printable(text: str) -> str:
    """The text without the control characters that XML has no place for."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t")
