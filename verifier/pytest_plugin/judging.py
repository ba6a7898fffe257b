"""Comparison of verdicts with the model's expectations, and the report of a mismatch."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

if TYPE_CHECKING:
    from verifier.documents.nightly import Expectation
    from verifier.documents.result import Property, Result
    from verifier.pytest_plugin.collecting import PropertyTest


class Unmet(Exception):
    """An expectation that is not met: `said` in one line, `report` with all the evidence."""

    def __init__(self, said: str, report: str) -> None:
        super().__init__(said)
        self.said = said
        self.report = report


def judge(test: PropertyTest, result: Result) -> None:
    """Pass if the verdict is as expected, skip if the scope does not state the property.

    Raises:
        Unmet: the verdict is not as expected.
    """
    from verifier.jobs.nightly.expectations import compare

    entry = _entry(test, result)
    expected = _expected(test)
    difference = compare(expected, entry)
    if difference is None or (difference.kind == "open" and _may_be_open(test)):
        return
    line = f"{entry.said}, but {expected.text} is expected"
    raise Unmet(line, "\n".join([line, *str(entry).splitlines()[1:]]))


def _entry(test: PropertyTest, result: Result) -> Property:
    """The entry of the property; skips the test if the scope does not state it."""
    from verifier.documents.result import Property

    try:
        return result[test.name]
    except KeyError:
        pass
    for missing in result.not_stated:
        if test.name in (missing.name, missing.published_name):
            pytest.skip(f"not stated at {result.scope} scope: {missing.reason}")
    if test.prop.kind == "defined" and result.ended == "complete" and result.properties:
        # Definedness that was not requested by name is listed only if it is not proved.
        return Property(name=test.name, kind="defined", verdict="proved", method="with the others")
    reason = "the run was complete without it" if result.ended == "complete" else f"the run ended before ({result.ended})"
    return Property(name=test.name, kind=test.prop.kind, verdict="unknown", reason=reason)


def _expected(test: PropertyTest) -> Expectation:
    """The expectation of the model, whose numbers of steps are those of the published scope."""
    from verifier.documents.nightly import Expectation

    variant, prop = test.parent.name, test.prop
    if test.options.scope != "published":
        return Expectation(verdict=prop.expected[variant])
    steps, loop = prop.expected_steps.get(variant), prop.expected_loops.get(variant)
    return Expectation(verdict=prop.expected[variant], steps=steps, loop=loop)


def _may_be_open(test: PropertyTest) -> bool:
    """Whether the configuration allows the property to have no verdict."""
    names = {test.name, test.prop.published_name or test.name}
    called = [f"{test.parent.protocol.name}:{test.parent.name}:{name}" for name in names]
    return any(fnmatch(name, glob) for name in called for glob in test.options.open)


def representation(test: PropertyTest, said: str, report: str) -> Any:
    """A failure in the form that pytest shows and pytest-xdist sends: the report, and its first line for the summary."""
    path, line, _ = test.reportinfo()
    entry = ReprEntryNative([f"{text}\n" for text in report.splitlines()])
    where = ReprFileLocation(str(path), (line or 0) + 1, said)
    return ReprExceptionInfo(reprtraceback=ReprTraceback([entry], None, style="native"), reprcrash=where)
