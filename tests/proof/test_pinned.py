"""A state of an instance as a witness at unbounded scope: values of every sort, which a solver need not search for."""

from __future__ import annotations

from typing import Any

import pytest

from verifier.evidence.grammar import script
from verifier.evidence.solvers import SOLVERS, Asker
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    forall,
    guard,
    implies,
    labels,
    none,
    some,
    var,
)
from verifier.kernel.model import Model
from verifier.proof.strategy.fired import fired_in, firings
from verifier.proof.strategy.unbounded_witnesses import UnboundedWitnesses, extends, witness_scripts
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
    entries = witnesses.of(Quantified(scope), support)
    assert asked == ["z3"] * 3
    for entry, plain in zip(entries, witness_scripts(Quantified(scope), support), strict=True):
        own, common = script(entry["smtlib"]), script(plain)
        assert (extends(own, common), extends(common, own)) == (True, False)
        answers = {solver: Asker().ask(solver, own, patient=False, expected="sat").answer for solver in SOLVERS}
        assert answers == dict.fromkeys(SOLVERS, Answer.SAT)
        # Every assertion of the model is still there, so nothing became easier.
        assert set(common.asserts) < set(own.asserts)


def test_values_that_no_step_has_are_no_witness(asked: list[str]) -> None:
    model = visits()
    scope = unbounded(model)
    support = [scope.model.find_property("SeenIfVisited").formula]
    found = firings(Ground(finite_scope(model)))
    # Before its first visit no node is visited again.
    found.steps["Again"] = found.starts[0], found.steps["Again"][1]  # type: ignore[index]
    witnesses = UnboundedWitnesses(scope, support, lambda: (finite_scope(model), found))
    entries = {entry["name"]: entry for entry in witnesses.of(Quantified(scope), support)}
    assert len(asked) > 3
    assert entries["invariant and Again fires"]["expected"] == "sat"
    assert Asker().ask("z3", script(entries["invariant and Again fires"]["smtlib"]), expected="sat").answer is Answer.SAT
