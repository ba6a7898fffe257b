"""Runs at unbounded scope: no listing of states comes before a proof, and what is false is found at some finite size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Protocol,
    Range,
    Scalarset,
    Set,
    all_of,
    anything,
    forall,
    guard,
    implies,
    labels,
    var,
)
from verifier.kernel.errors import ModelError
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.recheck import rederive

Document = dict[str, Any]


def document(protocol: Protocol, **options: Any) -> Document:
    return dict(prove(ProveRequest(protocol, scope="unbounded", **options), lambda event: None))


def run(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    return {entry["published_name"]: entry for entry in document(protocol, **options)["properties"]}


# -- the instance comes from the solver -----------------------------------------------------------------------------


def open_numbers() -> Protocol:
    """Seven numbers that are open initially: 21 to the power of 7 candidates, most of which are not initial."""
    p = Protocol("open-numbers", "what one loses another gets")
    total = p.parameter("H", 20)

    class Stake(Range, low=0, high=total):
        """A number."""

    class State:
        pass

    State.__annotations__ = dict.fromkeys("abcdefg", Stake)
    for name in "abcdefg":
        setattr(State, name, var(anything))
    p.state(State)

    @p.initially
    def Sum(s: State) -> Bool:
        return s.a + s.b + s.c + s.d + s.e + s.f + s.g == total  # type: ignore[attr-defined, no-any-return]

    @p.action
    def Move(s: State, x: Stake) -> None:
        guard("some", x <= s.a)  # type: ignore[attr-defined]
        s.a -= x  # type: ignore[attr-defined]
        s.b += x  # type: ignore[attr-defined]

    @p.invariant()
    def Kept(s: State) -> Bool:
        return s.a + s.b + s.c + s.d + s.e + s.f + s.g == total  # type: ignore[attr-defined, no-any-return]

    return p


def test_initial_values_are_not_gone_through() -> None:
    assert {entry["verdict"] for entry in run(open_numbers()).values()} == {"proved"}


def relation() -> Protocol:
    """A relation over nodes that is open initially: any of 2 to the power of 36 values, of which a predicate admits one."""
    p = Protocol("relation", "an order that never changes")

    class Node(Scalarset, parameter="Nodes", size=6, prefix="n"):
        """A node."""

    @p.state
    class State:
        below: Fn[Node, Set[Node]] = var(anything)
        marked: Set[Node] = var(set())

    @p.initially
    def Nothing(s: State) -> Bool:
        return forall(Node, Node, lambda a, b: ~s.below[a].contains(b))

    @p.action
    def Mark(s: State, n: Node) -> None:
        guard("low", forall(Node, lambda m: ~s.below[n].contains(m)))
        s.marked |= {n}

    @p.invariant()
    def Low(s: State) -> Bool:
        return forall(Node, Node, lambda n, m: implies(s.marked.contains(n), ~s.below[n].contains(m)))

    return p


def test_nor_are_those_of_a_relation() -> None:
    assert run(relation())["Low"]["verdict"] == "proved"


def late(steps: int, *, declared: bool = False) -> Protocol:
    """`Late` fires after some steps; where there are more than the sort has values, never."""
    p = Protocol("late", "an action that takes its time")

    class N(Range, low=0, high=40):
        """A number."""

    @p.state
    class State:
        n: N = var(0)
        done: Bool = var(False)

    @p.action
    def Up(s: State) -> None:
        guard("room", s.n < 40)
        s.n += 1

    @p.action
    def Late(s: State) -> None:
        guard("late", s.n >= steps)
        s.done = Bool(True)

    if declared:
        p.never_fires("Late", "it is as it is")

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.n >= 0

    return p


@pytest.mark.parametrize("steps", [0, 5, 39])
def test_an_action_may_fire_late(steps: int) -> None:
    found = document(late(steps))
    assert not [warning for warning in found["statistics"].get("warnings", []) if "Late" in warning]


def test_one_that_never_does_is_an_error_unless_it_is_declared() -> None:
    with pytest.raises(ModelError, match="Late never fires with the sizes of the model"):
        document(late(41))
    warnings = document(late(41, declared=True))["statistics"]["warnings"]
    assert "Late cannot fire: it is as it is" in warnings


# -- what is false is found -----------------------------------------------------------------------------------------


def down() -> Protocol:
    """A position that leaves its range at an end that every size has; the only action always does."""
    p = Protocol("down", "one step too far")
    nodes = p.parameter("N", 3)

    class Node(Range, low=0, high=nodes - 1):
        """A place."""

    @p.state
    class State:
        pos: Node = var(0)

    p.type_ok(variables=["pos"])

    @p.action
    def Step(s: State, i: Node) -> None:
        guard("here", s.pos == i)
        s.pos = i - 1

    return p


def test_a_range_that_is_left_at_every_size_is_violated() -> None:
    entry = run(down())["TypeOK"]
    assert (entry["verdict"], entry["steps"], entry["reason"]) == ("violated", 1, "rebuilt at N=3")


def crowd(most: int) -> Protocol:
    """More than `most` nodes may join; the published size has three."""
    p = Protocol("crowd", "nodes join")

    class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
        """A node."""

    class Count(Range, low=0, high=9):
        """A number."""

    @p.state
    class State:
        joined: Set[Node] = var(set())
        count: Count = var(0)

    @p.action
    def Join(s: State, n: Node) -> None:
        guard("new", ~s.joined.contains(n))
        guard("counted", s.count < 9)
        s.joined |= {n}
        s.count += 1

    @p.invariant()
    def Few(s: State) -> Bool:
        return s.count <= most

    return p


@pytest.mark.parametrize(("most", "sizes", "steps"), [(0, "Nodes=3", 1), (3, "Nodes=4", 4), (4, "Nodes=5", 5)])
def test_a_violation_is_looked_for_at_larger_sizes(most: int, sizes: str, steps: int) -> None:
    entry = run(crowd(most))["Few"]
    assert (entry["verdict"], entry["steps"], entry["reason"]) == ("violated", steps, f"rebuilt at {sizes}")


# -- conjunctions ---------------------------------------------------------------------------------------------------


def ring() -> Protocol:
    """An invariant of several parts below one quantifier, each of which needs others."""
    p = Protocol("ring", "a token and who has seen it")

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        """A node."""

    class Phase(Enumeration):
        """How far a node is."""

        Idle, Ready, Done = labels(3)

    @p.state
    class State:
        phase: Fn[Node, Phase] = var(Phase.Idle)
        ready: Set[Node] = var(set())
        done: Set[Node] = var(set())

    @p.action
    def Prepare(s: State, n: Node) -> None:
        guard("idle", s.phase[n] == Phase.Idle)
        s.phase[n] = Phase.Ready
        s.ready |= {n}

    @p.action
    def Finish(s: State, n: Node) -> None:
        guard("ready", s.ready.contains(n) & ~s.done.contains(n))
        s.phase[n] = Phase.Done
        s.done |= {n}

    @p.invariant()
    def Whole(s: State) -> Bool:
        return forall(
            Node,
            lambda n: all_of(
                implies(s.phase[n] == Phase.Ready, s.ready.contains(n)),
                implies(s.phase[n] == Phase.Done, s.done.contains(n) & s.ready.contains(n)),
                implies(s.done.contains(n), s.phase[n] == Phase.Done),
            ),
        )

    return p


def test_a_conjunction_is_proved_part_by_part(tmp_path: Path) -> None:
    entry = run(ring(), certificates=str(tmp_path), properties=("Whole",))["Whole"]
    assert (entry["verdict"], entry["method"], entry["lemmas"]) == ("proved", "k-induction", [])
    certificate = json.loads(Path(entry["certificate"]).read_text(encoding="utf-8"))
    assert len(certificate["invariant"]) == 4
    assert all(check["passed"] for check in rederive(certificate, ring(), lambda text: None))
