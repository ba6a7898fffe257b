"""Verdicts against expectations: met, contradicted, or still open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.documents import Difference, Expectation, Property, Result, Verdict

if TYPE_CHECKING:
    from verifier.jobs.nightly.plan import Planned


def differences(planned: Planned, result: Result, stopped: str | None = None) -> list[Difference]:
    """One difference for each expectation that the result does not meet, in the order of the expectations.

    `stopped` is the reason why the run ended early, if it did.

    A property that the result lists without an expectation is expected to be proved: a violated `Defined` next to a property
    that is expected to be violated is a contradiction, and so is one that only some variant states. A property that does not
    exist at the scope is not a difference unless the suite itself expects something of it.
    """
    entries = _entries(result)
    outcome = []
    for published, expected in expectations(planned, result).items():
        entry = entries.get(published)
        difference = (
            _missing(planned, result, published, expected, stopped) if entry is None else compare(expected, entry)
        )
        if difference is not None:
            outcome.append(difference)
    return outcome


def _entries(result: Result) -> dict[str, Property]:
    """The entries of a result by published name."""
    return {entry.published_name or entry.name: entry for entry in result.properties}


def expectations(planned: Planned, result: Result) -> dict[str, Expectation]:
    """Every expectation by published name, including those for entries that neither the suite nor the model mentions."""
    uncovered = [name for name in _entries(result) if name not in planned.expected]
    return {**planned.expected, **dict.fromkeys(uncovered, Expectation(verdict="proved"))}


def expected_of(planned: Planned, result: Result | None) -> dict[str, Expectation]:
    """The expectations that apply, under the names that documents use: without those of the model's table on properties
    not stated at the scope.
    """
    if result is None:
        return {_shown(planned, name): wanted for name, wanted in planned.expected.items()}
    entries = _entries(result)
    return {
        entries[name].name if name in entries else _shown(planned, name): wanted
        for name, wanted in expectations(planned, result).items()
        if result.ended != "complete" or name in entries or name in planned.asked
    }


def _shown(planned: Planned, published: str) -> str:
    """The name that documents use for a property."""
    return planned.names.get(published, published)


def _missing(
    planned: Planned, result: Result, published: str, expected: Expectation, stopped: str | None
) -> Difference | None:
    """The difference for an expectation on a property that the result does not list."""
    if result.ended == "complete" and published not in planned.asked:
        return None
    unstated = next((e.reason for e in result.not_stated if published in (e.published_name, e.name)), None)
    if _proved_silently(planned, result, published):
        if expected.verdict != "violated":
            return None
        kind, outcome, reason = "contradiction", "proved", None
    elif unstated is not None:
        kind, outcome, reason = "contradiction", "not stated at this scope", unstated
    else:
        kind, outcome, reason = "open", "unknown", stopped
    return Difference.model_validate(
        {
            "property": _shown(planned, published),
            "kind": kind,
            "expected": expected.text,
            "found": outcome,
            "reason": reason,
        }
    )


def _proved_silently(planned: Planned, result: Result, published: str) -> bool:
    """Whether a complete result lists the property only if it is not proved."""
    return result.ended == "complete" and published in planned.silent and bool(result.properties)


def verdicts_of(planned: Planned, result: Result | None) -> dict[str, Verdict]:
    """The verdicts by property; those that an interrupted run did not reach are unknown."""
    if result is None:
        return {}
    entries = _entries(result)
    outcome: dict[str, Verdict] = {entry.name: entry.verdict for entry in result.properties}
    for published in planned.expected:
        if published in entries:
            continue
        if result.ended != "complete":
            outcome[_shown(planned, published)] = "unknown"
        elif published in planned.asked and _proved_silently(planned, result, published):
            outcome[_shown(planned, published)] = "proved"
    return outcome


def compare(expected: Expectation, entry: Property) -> Difference | None:
    """The difference between a verdict and its expectation; None if it is met.

    A proof meets the expectation of a bound, and so does a greater bound. A violation meets a number of steps if it has that
    many, or if it has more and is not known to be the shortest. A bound that reaches the steps of an expected violation
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
            return None if _steps_fit(expected, entry) else "contradiction"
        ruled_out = verdict == "bounded" and expected.steps is not None and (entry.k or 0) >= expected.steps
        return "contradiction" if verdict == "proved" or ruled_out else "open"
    if verdict == "violated":
        return "contradiction"
    if verdict == "proved":
        return None
    if expected.verdict == "bounded" and verdict == "bounded" and (entry.k or 0) >= (expected.k or 0):
        return None
    return "open"


def _steps_fit(expected: Expectation, entry: Property) -> bool:
    if expected.steps is None or entry.steps is None:
        return True
    loops = (0, 0) if expected.loop is None else (expected.loop, entry.loop or 0)
    wanted, found = (expected.steps, loops[0]), (entry.steps, loops[1])
    return found == wanted if entry.shortest else found >= wanted


def found_text(entry: Property) -> str:
    """A verdict in the words of an expectation."""
    if entry.loop is not None:
        return f"violated by a lasso of stem {entry.steps}, loop {entry.loop}"
    if entry.verdict == "violated":
        return f"violated in {entry.steps} steps"
    return f"bounded {entry.k}" if entry.verdict == "bounded" else entry.verdict
