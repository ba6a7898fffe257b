"""The stages at unbounded scope: proofs hold for any size, refutations come from a finite one."""

from __future__ import annotations

from verifier.proof.engines.engine import Budget
from verifier.proof.engines.induction import Lockstep
from verifier.proof.engines.search import PROBE_STATES, QUICK_STATES, ExplicitSearch, QuickSearch
from verifier.proof.lemmas.any_size import AnySizeTask, Strengthen
from verifier.proof.lemmas.guided import GuidedClauses
from verifier.proof.lemmas.lifted import LiftedClauses
from verifier.proof.lemmas.ranking import Rank
from verifier.proof.lemmas.refuting import OtherParameters, OtherSizes, Refute, SmallerSizes
from verifier.proof.lemmas.unbounded import EFFORTS
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.stages import Stage

REFUTATION_STEPS = 50_000_000
"""The budget of a base case at published scope before the last efforts at unbounded scope, in z3's steps; a few seconds."""

GROWN_STEPS = 2_000_000
"""The budget of a base case at another size."""


def _no_lemmas(task: AnySizeTask, request: ProveRequest) -> bool:
    return not request.lemmas


def _hinted(task: AnySizeTask, request: ProveRequest) -> bool:
    """Whether the model has lemmas, which are used: what they do not prove is more often hard than without a lemma."""
    return request.hints and bool(task.quantified.model.lemmas)


GLANCE_STATES = 500
"""The budget of a first search: what it refutes is not tried to be proved."""

FEW_QUESTIONS, MORE_QUESTIONS = 4_000, 20_000
"""How many questions IC3 may ask its solvers about an instance whose clauses are read for any size: before other sources of
clauses, about a tenth of a second, and after them.
"""

UNBOUNDED: list[Stage[AnySizeTask]] = [
    Stage(
        "glance",
        "is it false at the published sizes, in very few states?",
        Refute(QuickSearch()),
        lambda request: Budget(states=GLANCE_STATES),
        phase="refute",
    ),
    Stage(
        "hand-written lemmas",
        "is it inductive with the lemmas of the model?",
        Strengthen(0),
        lambda request: Budget(depth=1),
    ),
    Stage(
        "short search",
        "is it false at the published sizes, in few states?",
        Refute(ExplicitSearch()),
        lambda request: Budget(states=PROBE_STATES),
        phase="refute",
    ),
    Stage(
        "smaller sizes",
        "is it false where ordered sorts are small, in few states?",
        SmallerSizes(),
        lambda request: Budget(states=QUICK_STATES),
        phase="refute",
    ),
    Stage(
        "other parameters",
        "is it false, if it reads parameters, at other values of them, in few states?",
        OtherParameters(),
        lambda request: Budget(states=QUICK_STATES),
        phase="refute",
    ),
    Stage(
        "inferred lemmas",
        "is it inductive with the families that are inductive at the published sizes?",
        Strengthen(0, families=True),
        lambda request: Budget(depth=1),
        _no_lemmas,
    ),
    Stage(
        "numbered clauses",
        "is it inductive with clauses that IC3 soon finds at the published sizes, where they are about numbered places?",
        LiftedClauses(numbered=True),
        lambda request: Budget(steps=FEW_QUESTIONS),
        lambda task, request: _no_lemmas(task, request) or _hinted(task, request),
    ),
    Stage(
        "clauses of small instances",
        "is it inductive with clauses that exclude what keeps it from being inductive at small sizes?",
        GuidedClauses(),
        lambda request: Budget(depth=1),
        _no_lemmas,
    ),
    Stage(
        "clauses of reachability",
        "is it inductive with the clauses that IC3 finds at the published sizes, read for any size?",
        LiftedClauses(),
        lambda request: Budget(steps=MORE_QUESTIONS),
        lambda task, request: _no_lemmas(task, request) or _hinted(task, request),
    ),
    Stage(
        "more settings",
        "is it inductive, asked in every way?",
        Strengthen(1),
        lambda request: Budget(depth=1),
    ),
    Stage(
        "short unrolling",
        "is it false at the published sizes, within k steps?",
        # A property that resists the cheaper efforts is more often false than hard to prove.
        Refute(Lockstep(induction=False)),
        lambda request: Budget(depth=request.k, steps=REFUTATION_STEPS),
        phase="refute",
    ),
    Stage(
        "effort 2",
        "is it inductive, asked in the ways that answer most, for longer?",
        Strengthen(2),
        lambda request: Budget(depth=1),
    ),
    Stage(
        "other sizes",
        "is it false at smaller or larger sizes?",
        OtherSizes(),
        lambda request: Budget(depth=min(request.k, 4), steps=GROWN_STEPS, states=PROBE_STATES),
        phase="refute",
    ),
    Stage(
        "clauses of reachability beside lemmas",
        "are the lemmas of the model enough with those that clauses of IC3 are for any size?",
        LiftedClauses(),
        lambda request: Budget(steps=MORE_QUESTIONS),
        lambda task, request: _no_lemmas(task, request) or not _hinted(task, request),
    ),
    *(
        Stage(
            f"effort {effort}",
            "is it inductive, asked in every way, for longer?",
            Strengthen(effort),
            lambda request: Budget(depth=1),
        )
        for effort in range(3, len(EFFORTS))
    ),
    Stage(
        "unrolling",
        "how far is it true at the published sizes?",
        Refute(Lockstep(induction=False), last=True),
        lambda request: Budget(depth=request.k),
        phase="refute",
    ),
]

RANKINGS: list[Stage[AnySizeTask]] = [
    Stage(
        "rankings",
        "is there a measure that fair steps make smaller, with the invariants found?",
        Rank(0),
        lambda request: Budget(),
    ),
    Stage(
        "inferred lemmas",
        "which families are inductive at the published sizes?",
        Strengthen(0, families=True),
        lambda request: Budget(depth=1),
        _no_lemmas,
    ),
    Stage(
        "rankings, in every way",
        "is there one, asked in every way?",
        Rank(len(EFFORTS) - 1),
        lambda request: Budget(),
    ),
]
"""The stages of liveness properties, which come after those of safety."""
