"""Explicit search alone, at published scope: neither the search nor what is said of its verdicts asks a solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.kernel.properties import DEFINED
from verifier.proof.engines.outcomes import Violated
from verifier.proof.strategy.begun import begin
from verifier.proof.strategy.entries import Emit, Report
from verifier.proof.strategy.exhaustive import EXPLICIT_STATES, decide, never_enabled, some_initial_state
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.vacuity import SEARCHED_STATES, Vacuity
from verifier.proof.strategy.verdicts import Verdicts
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.proof import Proof

if TYPE_CHECKING:
    from verifier.wire.documents import ResultDocument, Statistics


def prove_searched(request: ProveRequest, emit: Emit) -> ResultDocument:
    """Decides the properties by searching all states; see `verifier.proof.strategy.prove`."""
    run = begin(request, emit, "numpy")
    report, clock = run.report, run.report.clock
    with clock.phase("encode"):
        ground = Ground(run.scope)
    verdicts = Verdicts(ground, run.selected, report, request)
    with clock.phase("search"):
        outcome = decide(ground, verdicts.watched, None, report)
    with clock.phase("vacuity"):
        start = some_initial_state(ground)
        vacuity = Vacuity(ground, run.selected, start, searched=lambda: EXPLICIT_STATES if outcome.complete else SEARCHED_STATES)
        report.vacuity, report.remark = vacuity.of, vacuity.remark
    if outcome.complete:
        verdicts.exhaustive = {"states": outcome.distinct, "digest": outcome.reached.digest()}
        for action in never_enabled(ground, outcome.reached):
            verdicts.cannot_fire(action)
    outside = ", ".join(sorted(ground.starts.outside))
    for found in verdicts.watched:
        watched, depth = monitor(ground, found), outcome.depths[found.name]
        if found.name in outcome.violations:
            verdicts.violated(found, Violated(*outcome.violations[found.name]))
        elif outcome.initial and watched.is_never_bad() and found.kind != "range":
            verdicts.proved(Proof(watched, "trivial", 0))
        elif outcome.complete:
            verdicts.proved(Proof(watched, "exhaustive", depth))
        elif outside:
            verdicts.open(found, 0, f"an initial value is out of range: {outside}", bounded=True)
        elif not outcome.initial and DEFINED in outcome.violations:
            verdicts.open(found, -1, ground.starts.nothing, bounded=False)
        else:
            verdicts.open(found, depth, f"explicit search stopped at {outcome.distinct:,} states", bounded=False)
    verdicts.settle_resting()
    verdicts.certify(lambda: report.document(_statistics(verdicts, report, ground)))
    return report.document(_statistics(verdicts, report, ground))


def _statistics(verdicts: Verdicts, report: Report, ground: Ground) -> Statistics:
    statistics: Statistics = {
        "phases": report.clock.phases,
        "queries": 0,
        "fields": len(ground.layout.fields),
        "instances": len(ground.instances),
        "nodes": len(ground.circuit),
        "engines": {found.short or found.name: ["explicit search"] for found in verdicts.watched},
        "lemmas": verdicts.served,
        "exhaustive": verdicts.exhaustive,
    }
    if verdicts.warnings:
        statistics["warnings"] = verdicts.warnings
    return statistics
