"""Initial states point by point: those that going through all candidates finds, also where predicates read whole functions."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from tests.models.constructs import ALL, relay
from verifier.kernel import Bool, Fn, Option, Protocol, Range, Scalarset, anything, exists, fn, forall, implies, var
from verifier.kernel.errors import UsageError
from verifier.semantics.concrete import pointwise
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.pointwise import Pointwise
from verifier.semantics.scope import FrozenMap, finite_scope


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Bit(Range, low=0, high=1):
    """A bit."""


class Level(Range, low=0, high=2):
    """The distance from a root."""


def whole() -> Protocol:
    """Predicates that read functions at points, as wholes, and through others."""
    p = Protocol("whole", "functions")

    @p.state
    class State:
        f: Fn[Node, Bit] = var(anything)
        g: Fn[Node, Bit] = var(anything)
        h: Fn[Node, Fn[Node, Bit]] = var(anything)
        some: Node = var(anything)
        told: Bool = var(False)

    @p.initially
    def Alike(s: State) -> Bool:
        return s.f == s.g

    @p.initially
    def Row(s: State) -> Bool:
        return exists(Node, lambda n: s.h[n] == fn(Node, lambda m: s.f[m]))

    @p.initially
    def At(s: State) -> Bool:
        return forall(Node, lambda n: implies(s.h[n][n] == 0, s.f[n] == 0)) & (s.f[s.some] == 1)

    @p.invariant()
    def Anything(s: State) -> Bool:
        return s.told | ~s.told

    return p


def parents(*, guarded: bool) -> Protocol:
    """A predicate with a use that may be undefined, and is in some candidates unless it is guarded, before others without."""
    p = Protocol("parents", "a forest")

    @p.state
    class State:
        parent: Fn[Node, Option[Node]] = var(anything)
        level: Fn[Node, Level] = var(anything)
        root: Option[Node] = var(anything)

    @p.initially
    def Below(s: State) -> Bool:
        def below(n: Node) -> Bool:
            less = s.level[s.parent[n].value] < s.level[n]
            return implies(s.parent[n].is_some, less) if guarded else less | (s.level[n] == 0)

        return forall(Node, below)

    @p.initially
    def Alone(s: State) -> Bool:
        return forall(Node, lambda n: implies(s.parent[n].is_none, s.level[n] == 2))

    @p.initially
    def Rooted(s: State) -> Bool:
        return forall(Node, lambda n: (s.level[n] > 0) | (s.root.is_some & (s.root.value == n)))

    @p.invariant()
    def Anything(s: State) -> Bool:
        return s.root.is_some | s.root.is_none

    return p


def both(p: Protocol) -> tuple[set[FrozenMap], set[FrozenMap]]:
    machine = Machine(finite_scope(p.model()))
    given = {v.name: machine.initial_value(v) for v in machine.model.variables if v.initial is not None}
    return set(Pointwise(machine, FrozenMap(given)).states()), set(machine.initial_states())


@pytest.mark.parametrize("p", [whole(), parents(guarded=True), parents(guarded=False), *ALL.values()], ids=lambda p: p.name)
def test_the_same_states_are_found(p: Protocol) -> None:
    found, wanted = both(p)
    assert found == wanted
    assert wanted


def test_a_candidate_for_which_a_predicate_has_no_value_is_not_initial() -> None:
    assert any(None in state["parent"].values() for state in both(parents(guarded=True))[0])
    assert not any(None in state["parent"].values() for state in both(parents(guarded=False))[0])


def test_a_use_that_may_be_undefined_does_not_keep_predicates_from_excluding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "TRIED", 2_000)
    machine = Machine(finite_scope(parents(guarded=True).model(), {"Nodes": 6}))
    assert len(list(islice(machine.initial_states(), 5))) == 5


def test_that_functions_are_compared_before_they_are_whole_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "_pointwise", lambda formula: True)
    found, wanted = both(whole())
    assert found != wanted


def ring(nodes: int) -> Machine:
    """An order of nodes in a ring, as a relation between three of them."""
    p = Protocol("cyclic", "a ring")

    @p.state
    class State:
        btw: Fn[Node, Fn[Node, Fn[Node, Bool]]] = var(anything, rigid=True)

    @p.axiom
    def Cyclic(s: State) -> Bool:
        return forall(Node, Node, Node, lambda a, b, c: implies(s.btw[a][b][c], s.btw[b][c][a]))

    @p.axiom
    def Antisymmetric(s: State) -> Bool:
        return forall(Node, Node, Node, lambda a, b, c: implies(s.btw[a][b][c], ~s.btw[a][c][b]))

    @p.axiom
    def Total(s: State) -> Bool:
        return forall(
            Node, Node, Node, lambda a, b, c: s.btw[a][b][c] | s.btw[a][c][b] | (a == b) | (b == c) | (a == c)
        )

    @p.invariant()
    def Anything(s: State) -> Bool:
        return forall(Node, lambda a: ~s.btw[a][a][a])

    return Machine(finite_scope(p.model(), {"Nodes": nodes}))


def test_what_axioms_leave_of_very_many_candidates_is_found() -> None:
    assert len(list(ring(3).initial_states())) == 2
    assert len(list(islice(ring(4).initial_states(), 5))) == 5
    assert list(ring(3).undefined_starts()) == []


def test_a_search_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "TRIED", 50)
    with pytest.raises(UsageError, match="too many initial values"):
        list(ring(4).initial_states())


def test_the_relay_is_drawn_in_part() -> None:
    machine: Any = Machine(finite_scope(relay().model(), {"Stops": 6}))
    assert len(list(islice(machine.initial_states(), 3))) == 3
