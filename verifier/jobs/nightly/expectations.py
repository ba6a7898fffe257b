"""Verdicts against expectations: what is met, what contradicts, what is still open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from verifier.documents import Difference, Expectation, Property, Result, Verdict

if TYPE_CHECKING:
    from verifier.jobs.nightly.plan import Planned


def differences(planned: Planned, result: Result) -> list[Difference]:
    """One difference for each expectation that the result does not meet, in the order of the expectations.

    A property that does not exist at the scope is no difference unless the suite itself expects something of it.
    """
    entries = {entry.name: entry for entry in result.properties}
    found = []
    for name, expected in planned.expected.items():
        entry = entries.get(name)
        difference = _missing(planned, result, name, expected) if entry is None else compare(expected, entry)
        if difference is not None:
            found.append(difference)
    return found


def expected_of(planned: Planned, result: Result | None) -> Mapping[str, Expectation]:
    """The expectations that apply: without those of the model's table on properties not stated at the scope."""
    if result is None or result.ended != "complete":
        return planned.expected
    named = {entry.name for entry in result.properties}
    return {name: wanted for name, wanted in planned.expected.items() if name in named or name in planned.asked}


def _missing(planned: Planned, result: Result, name: str, expected: Expectation) -> Difference | None:
    if result.ended == "complete" and name not in planned.asked:
        return None
    reason = next((entry.reason for entry in result.not_stated if entry.name == name), None)
    kind = "contradiction" if reason is not None else "open"
    found = "not stated at this scope" if reason is not None else "unknown"
    if reason is None:
        reason = why(planned, result)
    return Difference.model_validate(
        {"property": name, "kind": kind, "expected": expected.text, "found": found, "reason": reason}
    )


def why(planned: Planned, result: Result) -> str | None:
    """Why a run ended before its time; null if it did not."""
    return {
        "timeout": f"the time limit ran out ({planned.timeout:g} s)",
        "memory": f"the memory limit was reached ({planned.memory} MB)",
        "killed": "the worker process was killed by the system, most often for lack of memory",
        "interrupted": "interrupted",
    }.get(result.ended)


def verdicts_of(planned: Planned, result: Result | None) -> dict[str, Verdict]:
    """The verdicts by property; what a run that was cut off did not come to is unknown."""
    if result is None:
        return {}
    found: dict[str, Verdict] = {entry.name: entry.verdict for entry in result.properties}
    if result.ended != "complete":
        found = {**dict.fromkeys(planned.expected, "unknown"), **found}
    return found


def compare(expected: Expectation, entry: Property) -> Difference | None:
    """How a verdict differs from what was expected; None if it meets it.

    A proof meets the expectation of a bound, and so does a greater bound. A violation meets a number of steps if it has
    that many, or more while it is not known to be the shortest. A bound that reaches the steps of an expected violation
    contradicts it.
    """
    kind = _kind(expected, entry)
    if kind is None:
        return None
    return Difference.model_validate(
        {
            "property": entry.name,
            "kind": kind,
            "expected": expected.text,
            "found": found_text(entry),
            "reason": entry.reason,
        }
    )


def _kind(expected: Expectation, entry: Property) -> str | None:
    verdict = entry.verdict
    if expected.verdict == "violated":
        if verdict == "violated":
            return None if _steps_fit(expected.steps, entry) else "contradiction"
        ruled_out = verdict == "bounded" and expected.steps is not None and (entry.k or 0) >= expected.steps
        return "contradiction" if verdict == "proved" or ruled_out else "open"
    if verdict == "violated":
        return "contradiction"
    if verdict == "proved":
        return None
    if expected.verdict == "bounded" and verdict == "bounded" and (entry.k or 0) >= (expected.k or 0):
        return None
    return "open"


def _steps_fit(steps: int | None, entry: Property) -> bool:
    if steps is None or entry.steps is None:
        return True
    return entry.steps == steps if entry.shortest else entry.steps >= steps


def found_text(entry: Property) -> str:
    """A verdict in the words of an expectation."""
    if entry.verdict == "violated":
        return f"violated in {entry.steps} steps"
    return f"bounded {entry.k}" if entry.verdict == "bounded" else entry.verdict
