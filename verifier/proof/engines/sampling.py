"""Reachable states without a complete search: many random walks side by side, for filtering lemma candidates."""

from __future__ import annotations

import numpy as np

from verifier.proof.engines.solutions import solutions
from verifier.proof.engines.statesets import Reached, StateSet
from verifier.semantics.ground.columns import CHUNK, Program
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import States, joined
from verifier.semantics.ground.successors import Successors, evaluate

# Rounds of steps without one new state after which the walks are given up.
PATIENCE = 8


def sample(ground: Ground, count: int, seed: int = 0, *, tries: int | None = None) -> Reached:
    """At most about `count` reachable states: all states next to a number of random walks from initial states.

    A walk that ends (a deadlock, a state outside the constraint) starts again. States outside the constraint are among
    the sample, as invariants have to hold there too. The same seed gives the same states. Raises TooManyCodes instead of trying
    more than `tries` codes for initial states.
    """
    packing = Packing(ground.layout)
    random = np.random.default_rng(seed)
    starts = some_initial(packing, ground, count, tries)
    if not len(starts):
        return Reached(StateSet(packing))
    successors = Successors(ground, packing)
    constraint = Program([ground.constraint])
    walkers = max(16, min(512, count // 16))
    result, current = starts, starts[random.choice(len(starts), walkers)]
    idle = 0
    while len(result) < count and idle < PATIENCE:
        (inside,) = evaluate(packing, constraint, current)
        current = current[inside]
        steps = list(successors.expand(current).steps)
        if steps:
            rows = np.concatenate([step.rows for step in steps])
            states = joined([step.states for step in steps])
            grown = joined([result, states]).distinct()
            idle = 0 if len(grown) > len(result) else idle + 1
            result = grown
            mixed = random.permutation(len(rows))
            _, firsts = np.unique(rows[mixed], return_index=True)
            current = states[mixed[firsts]]
        else:
            idle += 1
            current = packing.empty()
        current = joined([current, starts[random.choice(len(starts), walkers - len(current))]])
    if len(result) > count:
        result = joined([result[random.choice(len(result), count, replace=False)], starts[:1]]).distinct()
    return Reached(StateSet.holding(packing, result))


def some_initial(packing: Packing, ground: Ground, count: int, tries: int | None) -> States:
    """Initial states, not many more than `count`."""
    parts, total = [packing.empty()], 0
    for states in solutions(packing, ground.initial, tries=tries):
        parts.append(states)
        total += len(states)
        if total >= min(count, CHUNK):
            break
    return joined(parts).distinct()
