"""The stages at published scope, except explicit search alone; cheap stages come first."""

from __future__ import annotations

from verifier.proof.engines.bounded import BoundedUnrolling
from verifier.proof.engines.circuit import Circuit
from verifier.proof.engines.engine import Budget
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import FirstStep, Lockstep
from verifier.proof.engines.pdr import Pdr
from verifier.proof.engines.search import (
    EXPLICIT_STATES,
    PROBE_STATES,
    QUICK_STATES,
    ExplicitSearch,
    QuickSearch,
    RandomWalks,
    all_states,
)
from verifier.proof.engines.slices import OnSlices
from verifier.proof.engines.validity import Validity, Values
from verifier.proof.lemmas.inference import CheapLemmas, HarderLemmas, SampledLemmas, WrittenLemmas, are_put_off
from verifier.proof.strategy.every_size import DecideByEverySize, is_large
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.stages import Stage

FIRST_STEPS = 5_000_000
"""The budget of the first induction step of each property, in z3's steps, before the states are searched; about a second."""

EASY_STEPS = 500_000
"""The budget of each question of the first lemmas, in z3's steps, before violations are searched for; a tenth of a second."""

LEMMA_STEPS = 5_000_000
"""The budget of each question of the first lemmas, in z3's steps, before all states are searched; about a second."""

SHORT_STEPS = 2_000_000
"""The budget of each question of an unrolling, in z3's steps, before all states are searched."""

LONG_STEPS = 20_000_000
"""The budget of each question of an unrolling, in z3's steps, before a search takes all memory that it may; a few seconds."""

MORE_STATES = 500_000
"""How many states are searched before lemmas are filtered on samples, which takes longer."""


ORDERED_QUESTIONS = 6_000
"""How many questions IC3 may ask its solvers first, where its clauses go along an order; about two seconds."""

PDR_QUESTIONS = 10_000
"""How many questions IC3 may ask its solvers before all states are searched; a few seconds."""

WALKED_STATES = 300_000
"""How many states random walks pass; about a second."""


def _auto(request: ProveRequest) -> bool:
    return request.engine == "auto"


def _inducing(request: ProveRequest) -> bool:
    return request.engine in ("auto", "kinduction") and request.k >= 1


def _grown(task: FiniteTask, request: ProveRequest) -> bool:
    """Whether a proof for any size may be cheaper than one at this size."""
    return _auto(request) and _inducing(request) and request.lemmas and is_large(task)


def _ordered(task: FiniteTask) -> bool:
    """Whether IC3 is likely to be quick: whole families of its clauses go along an order."""
    from verifier.proof.engines.seeding import orders
    from verifier.semantics.ground.facts import Facts

    return bool(orders(Facts(task.ground.layout)))


def _probed(task: FiniteTask) -> bool:
    return task.explored is not None


LAW: list[Stage[FiniteTask]] = [
    Stage(
        "circuit",
        "what does the circuit exclude by itself?",
        Circuit(),
        lambda request: Budget(),
    ),
    Stage(
        "validity",
        "do any values falsify it?",
        Validity(),
        lambda request: Budget(steps=FIRST_STEPS if _auto(request) else None),
        tentative=True,
    ),
    Stage(
        "values",
        "are there few enough values to try them all where a solver finds it hard?",
        Values(),
        lambda request: Budget(),
        lambda task, request: not _auto(request),
        "search",
        tentative=True,
    ),
    Stage(
        "validity, for longer",
        "do any values falsify it?",
        Validity(),
        lambda request: Budget(),
        lambda task, request: not _auto(request),
        tentative=True,
    ),
    Stage(
        "unrolling",
        "does it hold initially, and is there no step?",
        Lockstep(induction=True),
        lambda request: Budget(depth=1),
    ),
]
"""The stages of a law, whose values are the initial states of a model without steps."""

PUBLISHED: list[Stage[FiniteTask]] = [
    Stage(
        "circuit",
        "what does the circuit exclude by itself?",
        Circuit(),
        lambda request: Budget(),
    ),
    Stage(
        "any size",
        "is it proved for any size, where this one is large?",
        DecideByEverySize(),
        lambda request: Budget(),
        lambda task, request: not _grown(task, request) or _ordered(task),
    ),
    Stage(
        "first induction",
        "is it violated in an initial state; is it inductive as it stands?",
        FirstStep(),
        lambda request: Budget(depth=int(_inducing(request)), steps=FIRST_STEPS if _auto(request) else None),
    ),
    Stage(
        "reachability along orders",
        "do clauses along ordered sorts, perhaps those of a smaller instance, soon become an invariant?",
        Pdr(),
        lambda request: Budget(steps=ORDERED_QUESTIONS),
        lambda task, request: not (_auto(request) and request.lemmas and _ordered(task)),
        "pdr",
        tentative=True,
    ),
    Stage(
        "any size after reachability",
        "is it proved for any size, where this one is large and IC3 along orders did not prove it?",
        DecideByEverySize(),
        lambda request: Budget(),
        lambda task, request: not (_grown(task, request) and _ordered(task)),
    ),
    Stage(
        "short search after a hard step",
        "are there few enough states to examine them all where a solver finds it hard?",
        ExplicitSearch(),
        lambda request: Budget(states=PROBE_STATES),
        lambda task, request: not (_auto(request) and _inducing(request) and task.given_up),
        "search",
        tentative=True,
    ),
    Stage(
        "hand-written lemmas",
        "is it inductive with the lemmas of the model?",
        WrittenLemmas(),
        lambda request: Budget(depth=1, steps=EASY_STEPS if _auto(request) else None),
        lambda task, request: not (_inducing(request) and request.lemmas and request.hints),
    ),
    Stage(
        "cheap lemmas",
        "is it inductive with the first family of inferred lemmas?",
        CheapLemmas(),
        lambda request: Budget(depth=1, steps=EASY_STEPS if _auto(request) else None),
        lambda task, request: not (_inducing(request) and request.lemmas) or are_put_off(task),
    ),
    Stage(
        "quick search of slices",
        "is it violated in few states of the part of the model that it depends on?",
        OnSlices(QuickSearch()),
        lambda request: Budget(states=QUICK_STATES),
        # For all properties there are many slices, and together they take longer than they save.
        lambda task, request: not (_auto(request) and _inducing(request) and request.lemmas and request.properties)
        or _probed(task),
        "search",
        tentative=True,
    ),
    Stage(
        "quick search",
        "is it violated in few states?",
        QuickSearch(),
        lambda request: Budget(states=PROBE_STATES),
        lambda task, request: not (_auto(request) and _inducing(request) and request.lemmas) or _probed(task),
        "search",
        tentative=True,
    ),
    Stage(
        "harder lemmas",
        "is it inductive with the lemmas that a solver could not filter at once?",
        HarderLemmas(),
        lambda request: Budget(depth=1, steps=LEMMA_STEPS),
        lambda task, request: not (_auto(request) and _inducing(request) and request.lemmas),
    ),
    Stage(
        "short search",
        "are there only few states?",
        ExplicitSearch(),
        lambda request: Budget(states=PROBE_STATES),
        lambda task, request: not (_auto(request) and _inducing(request) and request.lemmas) or _probed(task),
        "search",
        tentative=True,
    ),
    Stage(
        "short search of slices",
        "are there not too many states of the part of the model that it depends on?",
        OnSlices(ExplicitSearch()),
        lambda request: Budget(states=MORE_STATES),
        lambda task, request: not _auto(request) or not _probed(task),
        "search",
        tentative=True,
    ),
    Stage(
        "longer search",
        "are there not too many states?",
        ExplicitSearch(),
        lambda request: Budget(states=MORE_STATES),
        lambda task, request: not _auto(request) or not _probed(task),
        "search",
        tentative=True,
    ),
    Stage(
        "random walks",
        "do walks meet a violation that is deeper than all that was searched?",
        RandomWalks(),
        lambda request: Budget(depth=request.k, states=WALKED_STATES),
        lambda task, request: not _auto(request) or not _probed(task),
        "search",
        tentative=True,
    ),
    Stage(
        "inferred lemmas",
        "is it inductive with the other families, filtered on samples?",
        SampledLemmas(),
        lambda request: Budget(depth=1),
        lambda task, request: not (_inducing(request) and request.lemmas),
    ),
    Stage(
        "short unrolling",
        "does a counterexample or induction come at once?",
        Lockstep(induction=True),
        lambda request: Budget(depth=request.k, steps=SHORT_STEPS),
        lambda task, request: not _auto(request),
        tentative=True,
    ),
    Stage(
        "slices",
        "do all states of the part of the model that it depends on decide it?",
        OnSlices(ExplicitSearch()),
        lambda request: Budget(states=EXPLICIT_STATES),
        lambda task, request: not _auto(request),
        "search",
        tentative=True,
    ),
    Stage(
        "short reachability",
        "do clauses that exclude counterexamples to induction soon become an invariant?",
        Pdr(),
        lambda request: Budget(steps=PDR_QUESTIONS),
        lambda task, request: not _auto(request),
        "pdr",
        tentative=True,
    ),
    Stage(
        "long search",
        "what do all states say?",
        ExplicitSearch(),
        lambda request: Budget(states=EXPLICIT_STATES),
        lambda task, request: not _auto(request),
        "search",
        tentative=True,
    ),
    Stage(
        "longer unrolling",
        "does a counterexample or induction come before all memory is taken?",
        Lockstep(induction=True),
        lambda request: Budget(depth=request.k, steps=LONG_STEPS),
        lambda task, request: not _auto(request),
        tentative=True,
    ),
    Stage(
        "full search of slices",
        "do the states of the part of the model that it depends on fit in memory?",
        OnSlices(ExplicitSearch()),
        lambda request: all_states(request.deadline, request.processor),
        lambda task, request: not _auto(request),
        "search",
        tentative=True,
    ),
    Stage(
        "full search",
        "do all states fit in memory?",
        ExplicitSearch(),
        lambda request: all_states(request.deadline, request.processor),
        lambda task, request: not _auto(request),
        "search",
    ),
    Stage(
        "unrolling",
        "which comes first: the shortest counterexample, or the depth at which induction closes?",
        Lockstep(induction=True),
        lambda request: Budget(depth=request.k),
        lambda task, request: request.engine not in ("auto", "kinduction"),
    ),
    Stage(
        "property directed reachability",
        "do clauses that exclude counterexamples to induction become an invariant?",
        Pdr(),
        lambda request: Budget(),
        lambda task, request: request.engine != "pdr",
        "pdr",
    ),
    Stage(
        "bounded unrolling",
        "is there a counterexample of at most k steps?",
        BoundedUnrolling(),
        lambda request: Budget(depth=request.k),
        lambda task, request: request.engine != "bmc",
    ),
]
