"""Where the actions of an instance fire: a state and arguments for each, from a search of its first states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.kernel.errors import VerifyError
from verifier.proof.strategy.witnesses import Firings
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import FiniteScope

STATES = 50_000
"""How many states are searched."""


def fired_in(ground: Ground) -> tuple[FiniteScope, Firings]:
    """An instance, and where its actions fire."""
    return ground.scope, firings(ground)


def firings(ground: Ground) -> Firings:
    """Some initial state, and for each action that fires in a state that the search meets the first such state."""
    from verifier.proof.engines.explicit import explore
    from verifier.semantics.ground.columns import Program, chunks
    from verifier.semantics.ground.successors import evaluate

    try:
        reached = explore(ground, [], max_states=STATES).reached
    except VerifyError:
        return Firings()
    decode, packing = ground.layout.decode, reached.packing
    starts: list[Mapping[str, Any]] = []

    def inside(fires: Node) -> Node:
        return ground.circuit.and_((fires, ground.constraint))

    steps: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    for states in reached.parts:
        if not starts:
            starts = [decode(packing.codes(states[:1])[0])]
        for part in chunks(states):
            waiting = [one for one in ground.instances if one.action.name not in steps]
            if not waiting:
                return Firings(starts, steps)
            result = evaluate(packing, Program([inside(one.storable) for one in waiting]), part)
            for instance, holds in zip(waiting, result, strict=True):
                if instance.action.name not in steps and holds.any():
                    place = int(holds.argmax())
                    steps[instance.action.name] = decode(packing.codes(part[place : place + 1])[0]), instance.arguments
    return Firings(starts, steps)
