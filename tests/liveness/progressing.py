"""Models whose liveness properties are false, with rankings of which one premise does not hold; and what is true of them."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.lassos import Case, Fair, Graph, Lassos
from verifier.kernel import (
    Bool,
    Enumeration,
    Protocol,
    Range,
    Ranks,
    Scalarset,
    Temporal,
    anything,
    budget,
    eventually,
    forall,
    guard,
    ite,
    labels,
    leads_to,
    ranks,
    set_of,
    steps,
    var,
    weak,
    when,
)
from verifier.kernel.fairness import Condition
from verifier.kernel.terms import Term
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import finite_scope


def places(where: str) -> tuple[Protocol, type, type]:
    """A protocol that is here, there or done; `where` it begins."""
    p = Protocol("places", "here and there")

    class Place(Enumeration):
        Here, There, Done = labels(3)

    @p.state
    class State:
        at: Place = var(getattr(Place, where))

    return p, Place, State


def start() -> Protocol:
    """What is pending is never true."""
    p, Place, State = places("Here")

    @p.action
    def Go(s: State) -> None:
        s.at = ite(s.at == Place.Here, Place.There, Place.Here)

    p.fairness(weak(Go))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return leads_to(s.at == Place.Here, s.at == Place.Done)

    @p.ranking("Ends")
    def Nothing(s: State) -> Ranks:
        return ranks(pending=Bool(False))

    return p


def stay() -> Protocol:
    """What is pending is left without reaching the goal."""
    p, Place, State = places("Here")

    @p.action
    def Go(s: State) -> None:
        guard("here", s.at == Place.Here)
        s.at = Place.There

    p.fairness(weak(Go))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return leads_to(s.at == Place.Here, s.at == Place.Done)

    @p.ranking("Ends")
    def Leaves(s: State) -> Ranks:
        return ranks(pending=s.at == Place.Here)

    return p


def floor() -> Protocol:
    """A number becomes smaller forever."""
    p = Protocol("floor", "down and down")
    Depth = p.search_bound("Depth", 2)

    class Level(Range, low=-Depth, high=0):
        pass

    @p.state
    class State:
        level: Level = var(0)
        done: Bool = var(False)

    @p.action
    def Down(s: State) -> None:
        budget("deep", s.level > -Depth)
        s.level -= 1

    p.fairness(weak(Down))

    @p.invariant()
    def Below(s: State) -> Bool:
        return s.level <= 0

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.done)

    @p.ranking("Ends")
    def Falls(s: State) -> Ranks:
        return ranks(s.level)

    return p


def endless() -> Protocol:
    """A set without end becomes smaller forever."""
    p = Protocol("endless", "up and up")
    Height = p.search_bound("Height", 2)

    class Level(Range, low=0, high=Height):
        pass

    @p.state
    class State:
        level: Level = var(0)
        done: Bool = var(False)

    @p.action
    def Up(s: State) -> None:
        budget("high", s.level < Height)
        s.level += 1

    p.fairness(weak(Up))

    @p.invariant()
    def Above(s: State) -> Bool:
        return s.level >= 0

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.done)

    @p.ranking("Ends")
    def Rest(s: State) -> Ranks:
        return ranks(set_of(Level, lambda v: v > s.level))

    return p


def help() -> Protocol:
    """There nothing helps."""
    p, Place, State = places("Here")

    @p.action
    def Go(s: State) -> None:
        guard("here", s.at == Place.Here)
        s.at = Place.Done

    @p.action
    def Stray(s: State) -> None:
        guard("here", s.at == Place.Here)
        s.at = Place.There

    p.fairness(weak(Go))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.at == Place.Done)

    @p.ranking("Ends")
    def Here(s: State) -> Ranks:
        return ranks(ite(s.at == Place.Here, 1, 0), helped_by=[when(weak(Go), s.at == Place.Here)])

    return p


def enabled() -> Protocol:
    """It is said to help where it is not enabled."""
    p, Place, State = places("There")

    @p.action
    def Go(s: State) -> None:
        guard("here", s.at == Place.Here)
        s.at = Place.Done

    p.fairness(weak(Go))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.at == Place.Done)

    @p.ranking("Ends")
    def Everywhere(s: State) -> Ranks:
        return ranks(helped_by=[when(weak(Go), True)])

    return p


def idle() -> Protocol:
    """What is enabled changes nothing."""
    p, Place, State = places("Here")

    @p.action
    def Idle(s: State) -> None:
        guard("always", s.at != Place.Done)

    p.fairness(weak(Idle))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.at == Place.Done)

    @p.ranking("Ends")
    def Idles(s: State) -> Ranks:
        return ranks(helped_by=[when(weak(Idle), True)])

    return p


def taken() -> Protocol:
    """The fair step leads nowhere."""
    p, Place, State = places("Here")

    @p.action
    def Flip(s: State) -> None:
        s.at = ite(s.at == Place.Here, Place.There, Place.Here)

    p.fairness(weak(Flip))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.at == Place.Done)

    @p.ranking("Ends")
    def Flips(s: State) -> Ranks:
        return ranks(helped_by=[when(weak(Flip), True)])

    return p


def larger() -> Protocol:
    """Another step makes the measure larger again."""
    p = Protocol("larger", "down and up")

    class Level(Range, low=0, high=2):
        pass

    @p.state
    class State:
        level: Level = var(1)

    @p.action
    def Down(s: State) -> None:
        guard("above", s.level > 0)
        s.level -= 1

    @p.action
    def Up(s: State) -> None:
        guard("below", s.level < 2)
        s.level += 1

    p.fairness(weak(Down))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.level == 0)

    @p.ranking("Ends")
    def Falls(s: State) -> Ranks:
        return ranks(s.level, helped_by=[when(weak(Down), True)])

    return p


def turns() -> Protocol:
    """Whose turn it is changes before anything happens."""
    p = Protocol("turns", "round and round")

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        pass

    @p.state
    class State:
        turn: Node = var(anything)
        done: Bool = var(False)

    @p.action
    def Serve(s: State, n: Node) -> None:
        guard("turn", s.turn == n)
        s.done = Bool(True)

    @p.action
    def Pass(s: State, n: Node) -> None:
        guard("waiting", ~s.done)
        s.turn = n

    p.fairness(forall(Node, lambda n: weak(Serve, n)))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.done)

    @p.ranking("Ends")
    def Turn(s: State) -> Ranks:
        return ranks(helped_by=[forall(Node, lambda m: when(weak(Serve, m), s.turn == m))])

    return p


def assumed() -> Protocol:
    """What helps is not assumed, but only of a group that it belongs to."""
    p = Protocol("assumed", "ticking")

    @p.state
    class State:
        done: Bool = var(False)
        tick: Bool = var(False)

    @p.action
    def Go(s: State) -> None:
        s.done = Bool(True)

    @p.action
    def Tick(s: State) -> None:
        s.tick = ~s.tick

    p.fairness(weak(steps(Go) | steps(Tick)))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.done)

    @p.ranking("Ends")
    def Goes(s: State) -> Ranks:
        return ranks(helped_by=[when(weak(Go), True)])

    return p


def lassos(p: Protocol) -> list[Lassos]:
    """The cases of the only liveness property, at the published sizes, as graphs for the reference."""
    machine = Machine(finite_scope(p.model()))
    [prop] = machine.model.liveness
    known = list(dict.fromkeys(machine.initial_states()))
    graph = Graph(start=list(range(len(known))))
    able: list[frozenset[object]] = []
    for state in known:
        steps_of = [(step.action, tuple(step.arguments.values()), step.state) for step in machine.steps(state) if step.fired]
        able.append(frozenset((action, given) for action, given, after in steps_of if after != state))
        known += [after for _, _, after in steps_of if after not in known]
        graph.edges.append([((action, given), known.index(after)) for action, given, after in steps_of])
    graph.able = able
    every = {label for edges in graph.edges for label, _ in edges}
    conditions = []
    for condition in prop.fair:
        for given in _bindings(machine, condition.bound):
            held = frozenset(label for label in every if _covers(condition, given, *label))
            conditions.append(Fair(condition.strong, held))

    def asks(formula: Term) -> Callable[[int, int], bool]:
        holds = machine.evaluator.compile(formula)
        return lambda state, after: bool(holds(machine.frame(known[state], known[after])))

    return [
        Lassos(graph, conditions, Case(asks(case.trigger), case.initially, asks(case.hold), tuple(map(asks, case.recur))))
        for case in prop.cases
        if not case.bound
    ]


def _covers(condition: Condition, given: dict[Term, object], action: str, arguments: tuple[object, ...]) -> bool:
    def value(term: Term) -> object:
        return given.get(term, term.data)

    return condition.covers(value, action, dict(enumerate(arguments)))  # type: ignore[arg-type]


def _bindings(machine: Machine, bound: tuple[Term, ...]) -> list[dict[Term, object]]:
    result: list[dict[Term, object]] = [{}]
    for variable in bound:
        result = [{**known, variable: value} for known in result for value in machine.scope.domain(variable.sort)]
    return result
