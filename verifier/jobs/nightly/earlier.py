"""The traces that an earlier version of a model had, next to those of tonight."""

from __future__ import annotations

from verifier.documents import Obligation, Result
from verifier.documents.nightly import EarlierTrace

# Exceptions from reading an outcome that another program wrote.
_SENSELESS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


def compares(entry: Obligation) -> bool:
    """Whether an earlier trace would be of use: a property is violated, and it is new or not as expected."""
    violated = entry.result is not None and any(one.verdict == "violated" for one in entry.result.properties)
    return violated and (not entry.cached or bool(entry.differences))


def with_earlier(entry: Obligation, stored: object) -> Obligation:
    """The obligation with the stored earlier traces of its violated properties, where they differ.

    Args:
        entry: the obligation of tonight.
        stored: an outcome of the same obligation under another key; malformed data counts as missing.
    """
    try:
        recorded = str(stored["started"])  # type: ignore[index]
        before = Result.from_document(stored["document"])  # type: ignore[index]
    except _SENSELESS:
        return entry
    known = {one.published_name or one.name: one.trace for one in before.properties if one.trace is not None}
    result = []
    for one in () if entry.result is None else entry.result.properties:
        trace = known.get(one.published_name or one.name)
        if one.trace is not None and trace is not None and trace.states != one.trace.states:
            result.append(EarlierTrace(property=one.name, recorded=recorded, trace=trace))
    return entry.model_copy(update={"earlier": tuple(result)})
