"""Results and nights in the XML of JUnit, which every CI system shows: a test case for each property, or each obligation.

Written for the parsers of Jenkins, GitLab and GitHub actions, which agree on elements and attributes but have no standard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from verifier.kernel.characters import clean
from verifier.report.nights import described
from verifier.report.nights import named as model
from verifier.report.phrases import scope
from verifier.report.problems import about, found, problems

if TYPE_CHECKING:
    from verifier.documents.nightly import Nightly, Obligation
    from verifier.documents.result import Property, Result, Results

# The name of an obligation's outcome. An open one is neither a success nor a failure.
_OUTCOMES = {"contradicted": Failure, "failed": Error, "open": Skipped}


def junit_of_results(result: Result | Results) -> str:
    """A test suite for each protocol, with a test case for each property: a violated one fails, an open one is skipped."""
    return _document("verify prove", [_of_result(one) for one in result.results])


def junit_xml(nightly: Nightly) -> str:
    """The report of a night: one suite, with a test case for each obligation. The same document gives the same bytes."""
    facts = {"suite": nightly.suite, "ended": nightly.ended, **nightly.versions}
    name = nightly.title or nightly.suite
    suite = _suite(name, facts, [_of_obligation(entry) for entry in nightly.obligations])
    suite.timestamp = nightly.started[:19]
    # The obligations run in parallel.
    suite.time = round(nightly.seconds, 3)
    return _document(name, [suite])


def _of_result(result: Result) -> TestSuite:
    sizes = scope(result.scope, result.parameters)
    facts = {"scope": result.scope, "sizes": sizes, "model_digest": result.model_digest, "ended": result.ended}
    messages = {one.name: one.message for one in problems(result)}
    # The seconds of an entry count from the start of the run.
    began = 0.0
    cases = []
    for entry in result.properties:
        ended = entry.seconds or began
        cases.append(_of_property(result, entry, messages.get(entry.name, ""), max(0.0, ended - began)))
        began = max(began, ended)
    suite = _suite(about(result), {**facts, **result.versions}, cases)
    suite.time = round(result.seconds or 0.0, 3)
    return suite


def _of_property(result: Result, entry: Property, message: str, seconds: float) -> TestCase:
    lines = message.splitlines()
    sentence = " ".join(entry.doc.split())
    short = f"{entry.name} {found(entry)}" + (f": {sentence}" if sentence else "")
    outcome: FinalResult | None
    match entry.verdict:
        case "proved":
            outcome = None
        case "violated":
            outcome = Failure(short, entry.verdict)
        case _:
            outcome = Skipped(short, entry.verdict)
    how = entry.method if outcome is None else None
    at = None if entry.at is None else entry.at.text
    said = [found(entry) + (f" by {how}" if how else ""), sentence, at]
    return _case(entry.name, about(result), seconds, outcome, lines, [*filter(None, said)])


def _of_obligation(entry: Obligation) -> TestCase:
    kind = _OUTCOMES.get(entry.status)
    # An obligation answered from the store took no time tonight.
    seconds = 0.0 if entry.cached or entry.seconds is None else entry.seconds
    lines = []
    for item in entry.differences:
        lines.append(f"{item.property or entry.id}: {described(item)}")
        lines += filter(None, [" ".join(item.doc.split()), *(item.explanation or ()), item.command])
    message = lines[0] if lines else entry.reason or entry.status
    outcome = None if kind is None else kind(clean(message), entry.status)
    lines += [entry.reason] if entry.reason else []
    verdicts = [f"{name}: {verdict}" for name, verdict in entry.verdicts.items()]
    return _case(entry.id, model(entry), seconds, outcome, lines, verdicts)


def _case(
    name: str,
    model: str,
    seconds: float,
    outcome: FinalResult | None,
    lines: Sequence[str],
    output: Sequence[str],
) -> TestCase:
    case = TestCase(clean(name), clean(model), round(seconds, 3))
    if outcome is not None:
        outcome.message = clean(outcome.message)
        outcome.text = clean("\n".join(lines))
        case.result = [outcome]
    case.system_out = clean("\n".join(output))
    return case


def _suite(name: str, facts: Mapping[str, str | None], cases: list[TestCase]) -> TestSuite:
    suite = TestSuite(clean(name))
    for fact, value in facts.items():
        if value is not None:
            suite.add_property(clean(fact), clean(value))
    suite.add_testcases(cases)
    return suite


def _document(name: str, suites: Sequence[TestSuite]) -> str:
    times = [suite.time for suite in suites]
    document = JUnitXml(clean(name))
    for suite in suites:
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    document.time = round(sum(times), 3)
    root = ElementTree.fromstring(document.tostring())  # type: ignore[no-untyped-call]
    for element, seconds in zip(root.iter("testsuite"), times, strict=True):
        element.set("time", f"{seconds:.3f}")
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'
