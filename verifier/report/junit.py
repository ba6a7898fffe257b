"""A night's run in the XML of JUnit, which every CI system shows: one test case for each obligation.

Written for the readers of Jenkins, GitLab and GitHub actions, which agree on elements and attributes but have no standard.
"""

from __future__ import annotations

from xml.etree import ElementTree

from verifier.documents.nightly import Nightly, Obligation
from verifier.kernel.characters import clean
from verifier.report.nights import described, named

# What the outcome of an obligation is called. An open one is neither a success nor a failure.
_ELEMENTS = {"contradicted": "failure", "failed": "error", "open": "skipped"}


def junit_xml(nightly: Nightly) -> str:
    """The report as JUnit XML. The same document gives the same bytes."""
    root = ElementTree.Element("testsuites", _totals(nightly))
    suite = ElementTree.SubElement(root, "testsuite", _totals(nightly))
    suite.set("skipped", str(nightly.count("open")))
    suite.set("timestamp", nightly.started[:19])
    properties = ElementTree.SubElement(suite, "properties")
    facts = {"suite": nightly.suite, "ended": nightly.ended, **nightly.versions}
    for name, value in facts.items():
        if value is not None:
            ElementTree.SubElement(properties, "property", {"name": clean(name), "value": clean(value)})
    for entry in nightly.obligations:
        _case(suite, entry)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _totals(nightly: Nightly) -> dict[str, str]:
    return {
        "name": clean(nightly.title or nightly.suite),
        "tests": str(len(nightly.obligations)),
        "failures": str(nightly.count("contradicted")),
        "errors": str(nightly.count("failed")),
        "time": f"{nightly.seconds:.3f}",
    }


def _case(suite: ElementTree.Element, entry: Obligation) -> None:
    case = ElementTree.SubElement(suite, "testcase", {"name": clean(entry.id), "classname": clean(named(entry))})
    # An obligation that was answered from the store took no time tonight.
    case.set("time", f"{0.0 if entry.cached or entry.seconds is None else entry.seconds:.3f}")
    element = _ELEMENTS.get(entry.status)
    if element is not None:
        lines = [f"{item.property or entry.id}: {described(item)}" for item in entry.differences]
        message = lines[0] if lines else entry.reason or entry.status
        outcome = ElementTree.SubElement(case, element, {"type": entry.status, "message": clean(message)})
        outcome.text = clean("\n".join([*lines, *([entry.reason] if entry.reason else [])]))
    output = ElementTree.SubElement(case, "system-out")
    output.text = clean("\n".join(f"{name}: {verdict}" for name, verdict in entry.verdicts.items()))
