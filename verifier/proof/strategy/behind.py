"""Looks behind steps that leave a range for violations of what is proved of all states within their ranges.

A proof at a finite scope says nothing of states that cannot be stored; where no range is left, there are none. Where one is,
what is false of the state behind such a step, or of the step, is violated, and the rest is not proved.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.outcomes import Violated
from verifier.proof.strategy.entries import Report
from verifier.proof.strategy.exhaustive import PROBE_STATES, decide
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations.proof import Proof
from verifier.semantics.obligations.violations import Violations


def violated_behind(
    encoding: Encoding, proofs: Sequence[Proof], engine: str, k: int, report: Report
) -> dict[str, Violated]:
    """Shortest violations of the properties that are proved: by a search, if the states are few, else within `k` steps."""
    found: dict[str, Violated] = {}
    waiting = {proof.monitor.property.name: Violations(encoding, proof.monitor) for proof in proofs}
    if engine == "auto":
        wanted = [proof.monitor.property for proof in proofs]
        outcome = decide(encoding.ground, wanted, PROBE_STATES, report)
        found.update({name: Violated(*violation) for name, violation in outcome.violations.items()})
        if outcome.complete:
            return found
    open_ = {name: violations for name, violations in waiting.items() if name not in found}
    search = LockStep(encoding, induction=False, report=lambda name, depth: report.progress("ranges", name, depth))
    outcomes = search.run(open_, k) if open_ else {}
    return {**found, **{name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Violated)}}
