"""Fair cycles: in which strongly connected components of a graph an infinite behaviour can stay that is fair.

Strong fairness (Streett's condition) as in Emerson and Lei, "Modalities for model checking", 1987: a component that asks for a
step which is not in it is searched again without the states that ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verifier.proof.engines.graphs import Graph
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array
from verifier.semantics.ground.liveness import Fairness, reads_next
from verifier.semantics.ground.states import Bools


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """A goal that must be met again and again: a visit to one of some nodes, or one of some steps.

    `unless`: it need not happen where none of these nodes is visited (strong fairness).
    """

    nodes: Bools | None
    steps: Bools | None
    unless: Bools | None = None

    def on_steps(self, graph: Graph) -> Bools:
        """Of each step whether it is one, or leads to one of the nodes."""
        result = np.zeros(len(graph.source), np.bool_) if self.steps is None else self.steps.copy()
        if self.nodes is not None:
            result |= self.nodes[graph.target]
        return result


def fair_goal(graph: Graph, condition: Fairness) -> Goal:
    """The goal of a condition of fairness."""
    numbers = np.fromiter(condition.instances, np.int32, len(condition.instances))
    taken = np.isin(graph.instance, numbers)
    enabled = graph.of_states[condition.enabled.index]
    return Goal(None, taken, enabled) if condition.strong else Goal(~enabled, taken)


def recurring(graph: Graph, node: Node) -> Goal:
    """The goal of a node of a case that holds infinitely often."""
    if reads_next(node):
        return Goal(None, graph.of_steps[node.index])
    return Goal(graph.of_states[node.index], None)


def fair_components(graph: Graph, inside: Bools, allowed: Bools, goals: Sequence[Goal]) -> Array:
    """Of each node the number of a component within some nodes and steps whose goals all can be met; -1: it is in none."""
    result = np.full(graph.count, -1, np.int32)
    remaining, number = inside, 0
    while remaining.any():
        component = graph.components(remaining, allowed)
        count = int(component.max(initial=-1)) + 1
        if not count:
            break
        good, fit = np.ones(count, np.bool_), np.ones(count, np.bool_)
        there, back = component[graph.source], component[graph.target]
        within = allowed & (there == back) & (there >= 0)
        left_out = np.zeros(graph.count, np.bool_)
        for goal in goals:
            met = np.zeros(count, np.bool_)
            if goal.nodes is not None:
                met[component[goal.nodes & (component >= 0)]] = True
            if goal.steps is not None:
                met[there[goal.steps & within]] = True
            if goal.unless is None:
                fit &= met
            else:
                asked = np.zeros(count, np.bool_)
                asked[component[goal.unless & (component >= 0)]] = True
                missed = asked & ~met
                good &= ~missed
                left_out |= goal.unless & (component >= 0) & missed[component]
        numbers = np.where(good & fit, np.arange(number, number + count), -1)
        members = component >= 0
        result[members] = np.where(result[members] >= 0, result[members], numbers[component[members]])
        number += count
        again = fit & ~good
        remaining = members & again[component] & ~left_out
    return result


def stays_fair(graph: Graph, inside: Bools, goals: Sequence[Goal]) -> Bools:
    """The nodes in which a behaviour can stay forever."""
    result = inside.copy()
    for goal in goals:
        if goal.unless is not None:
            result &= ~goal.unless
        elif goal.nodes is not None:
            result &= goal.nodes
        else:
            result[:] = False
    return result
