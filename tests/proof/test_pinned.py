"""A state of an instance as a witness at unbounded scope: values of every sort, which a solver need not search for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from verifier.evidence.grammar import script
from verifier.evidence.solvers import SOLVERS, Asker, Said
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    KeyedSet,
    Option,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    forall,
    guard,
    implies,
    labels,
    none,
    some,
    sum_of,
    var,
)
from verifier.kernel.model import Model
from verifier.proof.strategy.fired import fired_in, firings
from verifier.proof.strategy.unbounded_witnesses import Search, UnboundedWitnesses, extends, witness_scripts
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.unbounded import unbounded


def visits() -> Model:
    """A node that has been visited often is the last one."""
    p = Protocol("visits", "nodes are visited")
    limit = p.parameter("Limit", 3)

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        pass

    class Count(Range, low=0, high=limit):
        pass

    class Mode(Enumeration):
        Idle, Busy = labels(2)

    class Stay(Record):
        node: Node
        mode: Mode

    @p.state
    class State:
        visited: Fn[Node, Count] = var(0)
        seen: Set[Node] = var(set())
        counts: Set[Count] = var(set())
        last: Option[Stay] = var(none)
        table: Fn[Node, Set[Node]] = var(set())
        mode: Fn[Node, Mode] = var(Mode.Idle)

    @p.action
    def Visit(s: State, n: Node) -> None:
        guard("few", s.visited[n] < limit)
        s.counts |= {s.visited[n]}
        s.table[n] = s.seen
        s.visited[n] += 1
        s.seen |= {n}
        s.mode[n] = Mode.Busy
        s.last = some(Stay(node=n, mode=Mode.Busy))

    @p.action
    def Again(s: State, n: Node) -> None:
        guard("seen", s.seen.contains(n))
        guard("often", s.visited[n] == limit)
        guard("last", s.last.is_some)
        s.last = none

    @p.invariant()
    def SeenIfVisited(s: State) -> Bool:
        return forall(Node, lambda n: implies(s.visited[n] > Int(0), s.seen.contains(n)))

    return p.model()


def elections() -> Model:
    """A quorum elects a leader, and commands are logged; every kind of sort, a number of elements and a sum."""
    p = Protocol("elections", "a quorum elects a leader, which logs commands")
    limit = p.parameter("Limit", 2)

    class Node(Scalarset, parameter="Nodes", size=3, prefix="n", ordered=True):
        pass

    class Quorum(Quorums[Node]):
        pass

    class Count(Range, low=0, high=limit):
        pass

    class Entry(Record):
        number: Count
        node: Node

    class Entries(KeyedSet[Entry], key="number"):
        pass

    class Log(Sequence[Node], capacity=limit):
        pass

    @p.state
    class State:
        voted: Set[Node] = var(set())
        leader: Option[Node] = var(none)
        logged: Fn[Node, Count] = var(0)
        entries: Entries = var(set())
        log: Log = var(())

    @p.action
    def Vote(s: State, n: Node) -> None:
        guard("next", forall(Node, lambda m: implies(m < n, s.voted.contains(m))))
        s.voted |= {n}

    @p.action
    def Elect(s: State, n: Node, q: Quorum) -> None:
        guard("open", s.leader.is_none)
        guard("elected", forall(Node, lambda m: implies(q.contains(m), s.voted.contains(m))))
        s.leader = some(n)

    @p.action
    def Write(s: State, n: Node) -> None:
        guard("leads", s.leader == n)
        guard("room", (s.log.length() < limit) & (s.logged[n] < limit))
        guard("few", sum_of(Node, lambda m: s.logged[m]) <= limit)
        s.entries = s.entries.insert(Entry(number=s.logged[n], node=n))
        s.log = s.log.append(n)
        s.logged[n] += 1

    @p.invariant()
    def LeaderVotedFor(s: State) -> Bool:
        return implies(s.leader.is_some, s.voted.size() >= Int(1))

    return p.model()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The solvers that are asked, one after the other."""
    result: list[str] = []
    ask = Asker.ask

    def noted(self: Asker, solver: str, *given: Any, **options: Any) -> Any:
        result.append(solver)
        return ask(self, solver, *given, **options)

    monkeypatch.setattr(Asker, "ask", noted)
    return result


def test_the_search_tells_where_each_action_fires() -> None:
    found = firings(Ground(finite_scope(visits())))
    assert found.starts
    before, arguments = found.steps["Again"]
    assert before["visited"][arguments["n"]] == 3


def test_the_values_of_an_instance_are_a_witness_that_both_solvers_find_at_once(asked: list[str]) -> None:
    model = visits()
    scope = unbounded(model)
    support = [scope.model.find_property("SeenIfVisited").formula]
    witnesses = UnboundedWitnesses(scope, support, lambda: fired_in(Ground(finite_scope(model))))
    entries = witnesses.of(support)
    assert asked == ["z3"] * 3
    for entry, plain in zip(entries, witness_scripts(Quantified(scope), support), strict=True):
        own, common = script(entry["smtlib"]), script(plain)
        assert (extends(own, common), extends(common, own)) == (True, False)
        answers = {solver: Asker().ask(solver, own, patient=False, expected="sat").answer for solver in SOLVERS}
        assert answers == dict.fromkeys(SOLVERS, Answer.SAT)
        # Every assertion of the model is still there, so nothing became easier.
        assert set(common.asserts) < set(own.asserts)


@pytest.mark.parametrize("made", [visits, elections])
def test_every_symbol_of_a_witness_has_a_definition(made: Callable[[], Model]) -> None:
    """Wherever one has none, a solver has to search for its values."""
    model = made()
    scope = unbounded(model)
    support = [prop.formula for prop in scope.model.properties if prop.kind == "state"]
    witnesses = UnboundedWitnesses(scope, support, lambda: fired_in(Ground(finite_scope(model))))
    fires = [entry for entry in witnesses.of(support) if entry["action"] is not None]
    assert len(fires) == len(model.actions)
    for entry in fires:
        declared = set(re.findall(r"\(declare-fun (\S+) ", entry["smtlib"]))
        open_to_choice = {name for name in declared if name.startswith(("size.", "default."))}
        defined = set(re.findall(r"\(= \(?([a-z]+\.[^\s()]+)", entry["smtlib"]))
        assert declared - open_to_choice <= defined, entry["name"]
        own = script(entry["smtlib"])
        answers = {solver: Asker().ask(solver, own, patient=False, expected="sat").answer for solver in SOLVERS}
        assert answers == dict.fromkeys(SOLVERS, Answer.SAT)


@pytest.mark.parametrize("answers", [("unknown", "unknown", "sat"), ("unknown", "sat"), ("unsat",)])
def test_z3_is_asked_about_values_with_patience_after_both_solvers_were_asked_briefly(
    answers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    def said(self: Asker, solver: str, *given: Any, patient: bool = True, **options: Any) -> Said:
        asked.append((solver, patient))
        return Said(Answer(answers[len(asked) - 1]))

    monkeypatch.setattr(Asker, "ask", said)
    assert Search().satisfied("(assert true)") == (answers[-1] == "sat")
    assert asked == [("z3", False), ("cvc5", False), ("z3", True)][: len(answers)]


def test_values_that_no_step_has_are_no_witness(asked: list[str]) -> None:
    model = visits()
    scope = unbounded(model)
    support = [scope.model.find_property("SeenIfVisited").formula]
    found = firings(Ground(finite_scope(model)))
    # Before its first visit no node is visited again.
    found.steps["Again"] = found.starts[0], found.steps["Again"][1]  # type: ignore[index]
    witnesses = UnboundedWitnesses(scope, support, lambda: (finite_scope(model), found))
    entries = {entry["name"]: entry for entry in witnesses.of(support)}
    assert len(asked) > 3
    assert entries["invariant and Again fires"]["expected"] == "sat"
    assert Asker().ask("z3", script(entries["invariant and Again fires"]["smtlib"]), expected="sat").answer is Answer.SAT
