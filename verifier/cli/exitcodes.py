"""Exit codes, and which of them wins when several apply: internal, interrupted, usage, violated, timeout,
open, success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.documents import Exploration, Gaps, Lemmas, Nightly, Replayed, Result, Results, Thresholds

SUCCESS = 0
VIOLATED = 1
USAGE = 2
OPEN = 3
INTERNAL = 70
TIMEOUT = 124
INTERRUPTED = 130

# The contract's order of precedence, the strongest first.
PRECEDENCE = (INTERNAL, INTERRUPTED, USAGE, VIOLATED, TIMEOUT, OPEN, SUCCESS)


def strongest(*codes: int) -> int:
    """The exit code that stands for all of `codes`; success if there are none."""
    return min(codes, key=PRECEDENCE.index, default=SUCCESS)


def of_end(ended: str) -> int:
    """The exit code of a run that was cut off before anything was violated."""
    return {"complete": SUCCESS, "timeout": TIMEOUT, "interrupted": INTERRUPTED}.get(ended, OPEN)


def of_result(result: Result | Results) -> int:
    """The exit code of verdicts."""
    codes = []
    for one in result.results:
        open_ = [entry for entry in one.properties if entry.verdict in ("bounded", "unknown")]
        if one.violations:
            codes.append(VIOLATED)
        if one.ended == "interrupted":
            codes.append(INTERRUPTED)
        if one.ended == "timeout" and (not one.properties or any(entry.verdict == "unknown" for entry in open_)):
            codes.append(TIMEOUT)
        # No verdict at all (no property is stated at this scope) is not a proof.
        if open_ or one.ended != "complete" or not one.properties:
            codes.append(OPEN)
    return strongest(*codes)


def of_search(search: Exploration) -> int:
    """The exit code of an explicit search."""
    codes = [VIOLATED] if search.violations else []
    if search.ended == "interrupted":
        codes.append(INTERRUPTED)
    if search.ended == "timeout":
        codes.append(TIMEOUT)
    if search.ended != "complete" or not search.complete:
        codes.append(OPEN)
    return strongest(*codes)


def of_gaps(gaps: Gaps) -> int:
    """The exit code of leaving out guards: success if the work was done, whatever the outcome."""
    return of_end(gaps.ended)


def of_lemmas(lemmas: Lemmas) -> int:
    """The exit code of a check of lemmas: 1 if one is false, 3 if one lacks the checked property, or may lack it."""
    codes = [VIOLATED] if lemmas.false else []
    codes.append(of_end(lemmas.ended))
    if not lemmas.lemmas or not all(entry.good for entry in lemmas.lemmas):
        codes.append(OPEN)
    return strongest(*codes)


def of_thresholds(thresholds: Thresholds) -> int:
    """The exit code of thresholds: 3 if anything about one is unknown."""
    known = all(entry.known and (entry.fraction is None or entry.steps is not None) for entry in thresholds.thresholds)
    return strongest(of_end(thresholds.ended), SUCCESS if known else OPEN)


def of_nightly(report: Nightly) -> int:
    """The exit code of a suite: 1 if a verdict contradicts its expectation, 3 if an expectation is still open."""
    internal = any(entry.failure == "internal" for entry in report.obligations)
    codes = {"met": SUCCESS, "open": OPEN, "contradicted": VIOLATED, "failed": INTERNAL if internal else USAGE}
    return strongest(codes[report.standing], of_end(report.ended))


def of_replay(replayed: Replayed) -> int:
    """The exit code of a re-executed trace: success if it is valid and violates its property."""
    return SUCCESS if replayed.confirmed else VIOLATED
