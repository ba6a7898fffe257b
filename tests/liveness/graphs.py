"""Random graphs as models: one variable says where one is, an action for each label goes along edges."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.fuzz.lassos import Case, Fair, Graph, Lassos
from verifier.kernel import Bool, Int, Protocol, Range, guard, var
from verifier.kernel.properties import Property
from verifier.semantics.ground import liveness
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

LABELS = "ABC"


@dataclass
class Example:
    """A random graph with conditions of fairness and a case, for the reference and for the product."""

    graph: Graph
    fairness: list[Fair]
    case: Case
    ground: Ground
    liveness: liveness.Liveness

    @property
    def lassos(self) -> Lassos:
        """The reference."""
        return Lassos(self.graph, self.fairness, self.case)


def modelled(graph: Graph) -> Ground:
    """The ground of a graph; a negative number of a state to go to is a state outside the constraint."""
    p = Protocol("graph", "made by chance")
    size = len(graph.edges)

    class Place(Range, low=-1, high=size - 1):
        pass

    @p.state
    class State:
        at: Place = var(0, doc="where one is")

    def declare(label: str) -> None:
        def step(s: State, to: Place) -> None:
            allowed = Bool(False)
            for state, edges in enumerate(graph.edges):
                for one, after in edges:
                    if one == label:
                        allowed = allowed | ((s.at == Int(state)) & (to == Int(after)))
            guard("edge", allowed)
            s.at = to

        step.__name__ = label
        step.__annotations__ = {"s": State, "to": Place, "return": None}
        p.action(step)

    for label in LABELS:
        declare(label)

    @p.constraint
    def Inside(s: State) -> Bool:
        return s.at >= 0

    return Ground(finite_scope(p.model()))


def example(seed: int) -> Example:
    """The example of a seed."""
    rng = random.Random(seed)
    size = rng.randint(1, 5)
    graph = Graph(start=[0])
    outer = []
    for _ in range(size):
        given = [(rng.choice(LABELS), rng.randrange(size) if rng.random() < 0.95 else -1) for _ in range(rng.randint(0, 3))]
        outer.append(sorted(set(given)))
    graph.able = [frozenset(label for label, after in edges if after != at) for at, edges in enumerate(outer)]
    graph.edges = outer
    ground = modelled(graph)
    graph.edges = [[edge for edge in edges if edge[1] >= 0] for edges in outer]
    fairness = [Fair(rng.random() < 0.5, frozenset(rng.sample(LABELS, rng.randint(1, 2)))) for _ in range(rng.randint(0, 2))]
    some = [frozenset(state for state in range(size) if rng.random() < 0.6) for _ in range(2)]
    form = rng.choice(("eventually", "leads to", "eventually always", "leads to always", "of steps"))
    case = {
        "eventually": Case(lambda s, t: True, True, lambda s, t: s in some[0]),
        "leads to": Case(lambda s, t: s in some[0] and s in some[1], False, lambda s, t: s in some[0]),
        "eventually always": Case(lambda s, t: True, False, lambda s, t: True, (lambda s, t: s in some[0],)),
        "leads to always": Case(lambda s, t: s in some[1], False, lambda s, t: True, (lambda s, t: s in some[0],)),
        "of steps": Case(lambda s, t: s != t and t in some[1], False, lambda s, t: s == t or t in some[0]),
    }[form]

    at, to = ground.field_node(0), ground.field_node(0, 1)

    def within(node: Node, states: frozenset[int]) -> Node:
        return ground.circuit.or_(ground.circuit.eq(node, ground.circuit.int(state)) for state in sorted(states))

    circuit, same = ground.circuit, ground.circuit.eq(at, to)
    one, other = within(at, some[0]), within(at, some[1])
    nodes = {
        "eventually": (circuit.true, one, ()),
        "leads to": (circuit.and_((one, other)), one, ()),
        "eventually always": (circuit.true, circuit.true, (one,)),
        "leads to always": (other, circuit.true, (one,)),
        "of steps": (
            circuit.and_((circuit.not_(same), within(to, some[1]))), circuit.or_((same, within(to, some[0]))), ()
        ),
    }[form]
    trigger, hold, recur = nodes
    stated = liveness.Case("", 0, (), trigger, case.initially, hold, recur)
    conditions = []
    for number, fair in enumerate(fairness):
        instances = [i for i in ground.instances if i.action.name in fair.labels]
        enabled = circuit.or_(liveness.changing(ground, i) for i in instances)
        conditions.append(liveness.Fairness(f"F{number}", fair.strong, frozenset(i.number for i in instances), enabled))
    prop = Property("Progress", "liveness")
    return Example(graph, fairness, case, ground, liveness.Liveness(prop, (stated,), tuple(conditions)))
