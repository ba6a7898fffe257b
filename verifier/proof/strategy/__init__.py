"""Chooses the engines and their order, and gives the verdicts. A worker calls the functions here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.proof.strategy.requests import (
    ExploreRequest,
    GapsRequest,
    LemmasRequest,
    ProveRequest,
    RunRequest,
    ThresholdRequest,
)

if TYPE_CHECKING:
    from verifier.wire.events import Emit
    from verifier.wire.gaps import GapsDocument
    from verifier.wire.lemmas import LemmasDocument
    from verifier.wire.results import ResultDocument
    from verifier.wire.searches import ExplorationDocument, RunDocument
    from verifier.wire.thresholds import ThresholdDocument

__all__ = [
    "ExploreRequest",
    "GapsRequest",
    "LemmasRequest",
    "ProveRequest",
    "RunRequest",
    "ThresholdRequest",
    "check_lemmas",
    "explore",
    "find_gaps",
    "find_thresholds",
    "prove",
    "sample",
]


def prove(request: ProveRequest, emit: Emit) -> ResultDocument:
    """Decides the properties of a protocol and returns the `verify.result/1` document.

    Emits the plan, progress, and each property as soon as it has a verdict. Raises VerifyError for bad input.
    """
    if request.scope == "unbounded":
        from verifier.proof.strategy.unbounded import prove_unbounded

        return prove_unbounded(request, emit)
    from verifier.proof.strategy.published import prove_published

    return prove_published(request, emit)


def explore(request: ExploreRequest, emit: Emit) -> ExplorationDocument:
    """Searches all reachable states and returns the `verify.explore/1` document."""
    from verifier.proof.strategy.search import explore as run

    return run(request, emit)


def find_gaps(request: GapsRequest, emit: Emit) -> GapsDocument:
    """Leaves out each guard and choice in turn and returns the `verify.gaps/1` document."""
    from verifier.proof.strategy.gaps import find_gaps as run

    return run(request, emit)


def sample(request: RunRequest, emit: Emit) -> RunDocument:
    """Runs a protocol at random and returns the `verify.run/1` document."""
    from verifier.proof.strategy.sampling import run

    return run(request, emit)


def find_thresholds(request: ThresholdRequest, emit: Emit) -> ThresholdDocument:
    """Finds at which share each property begins to fail and returns the `verify.threshold/1` document."""
    from verifier.proof.strategy.thresholds import find_thresholds as run

    return run(request, emit)


def check_lemmas(request: LemmasRequest, emit: Emit) -> LemmasDocument:
    """Checks each hand-written lemma and each invariant by itself and returns the `verify.lemmas/1` document."""
    from verifier.proof.strategy.workbench.run import check_lemmas as run

    return run(request, emit)
