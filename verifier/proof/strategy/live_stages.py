"""The stages of liveness properties at published scope, which come after those of safety; cheap stages come first."""

from __future__ import annotations

from verifier.proof.engines.engine import Budget
from verifier.proof.engines.fair_search import FairSearch
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import FirstStep, Lockstep
from verifier.proof.engines.lassos import Lassos
from verifier.proof.engines.pdr import Pdr
from verifier.proof.engines.reduced import InTurn, KLiveness, LivenessToSafety
from verifier.proof.engines.search import EXPLICIT_STATES, PROBE_STATES
from verifier.proof.lemmas.inference import CheapLemmas
from verifier.proof.strategy.published_stages import SHORT_STEPS
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.stages import Stage

ROUNDS = 4
"""Up to how many rounds are counted."""

QUESTIONS = 100_000
"""How many questions property directed reachability may ask where other engines have been tried."""

INDUCTION = InTurn(FirstStep(), CheapLemmas(), Lockstep(induction=True))
"""Lemmas of a reduction relate saved values to current ones: a counter that only grows is never below its saved value."""


def _auto(request: ProveRequest) -> bool:
    return request.engine == "auto"


def _inducing(request: ProveRequest) -> bool:
    return request.engine in ("auto", "kinduction") and request.k >= 1


SEARCHED_LIVENESS: list[Stage[FiniteTask]] = [
    Stage(
        "fair search",
        "is there a fair lasso in the graph of all states?",
        FairSearch(),
        lambda request: Budget(),
        phase="search",
    ),
]
"""The stages of explicit search alone, which has no limit."""

LIVENESS: list[Stage[FiniteTask]] = [
    Stage(
        "short fair search",
        "are there few enough states to examine them all?",
        FairSearch(),
        lambda request: Budget(states=PROBE_STATES),
        lambda task, request: not _auto(request),
        "search",
        tentative=True,
    ),
    Stage(
        "fair search",
        "is there a fair lasso in the graph of all states?",
        FairSearch(),
        lambda request: Budget(states=EXPLICIT_STATES),
        lambda task, request: not _auto(request),
        "search",
    ),
    Stage(
        "lassos by unrolling",
        "is there a lasso of at most k steps, stem and loop together?",
        Lassos(),
        lambda request: Budget(depth=request.k, steps=SHORT_STEPS if _auto(request) else None),
        lambda task, request: request.engine == "pdr",
    ),
    Stage(
        "k-liveness",
        "does induction bound the rounds in which everything is seen that a violation needs again and again?",
        KLiveness(INDUCTION, ROUNDS),
        lambda request: Budget(depth=3, steps=SHORT_STEPS),
        lambda task, request: not (_auto(request) and _inducing(request)),
        tentative=True,
    ),
    Stage(
        "liveness to safety",
        "does induction exclude that a saved state is reached again, once all that a violation needs was seen?",
        LivenessToSafety(INDUCTION),
        lambda request: Budget(depth=request.k, steps=SHORT_STEPS),
        lambda task, request: not _inducing(request),
    ),
    Stage(
        "liveness to safety by pdr",
        "do clauses become an invariant that excludes it?",
        LivenessToSafety(Pdr()),
        lambda request: Budget(steps=QUESTIONS if _auto(request) else None),
        lambda task, request: request.engine not in ("auto", "pdr"),
        "pdr",
    ),
]
