"""The stages of liveness properties at published scope, which come after those of safety: what is cheap comes first."""

from __future__ import annotations

from verifier.proof.engines.engine import Budget
from verifier.proof.engines.fair_search import FairSearch
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import EXPLICIT_STATES
from verifier.proof.strategy.stages import Stage

LIVENESS: list[Stage[FiniteTask]] = [
    Stage(
        "fair search",
        "is there a fair lasso in the graph of all states?",
        FairSearch(),
        lambda request: Budget(states=None if request.engine == "explicit" else EXPLICIT_STATES),
        lambda task, request: request.engine not in ("auto", "explicit"),
        "search",
    ),
]
