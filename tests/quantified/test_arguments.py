"""Actions that are given sets and functions, at unbounded scope: what is proved, what is refuted, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models import batches
from tests.quantified.brute import refuted
from tests.quantified.certified import certified
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Protocol,
    Quorums,
    Range,
    Scalarset,
    Set,
    budget,
    exists,
    fn,
    forall,
    forall_in,
    guard,
    max_of,
    var,
    witness,
)
from verifier.kernel.errors import ModelError
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.scope.unbounded import unbounded


def verdicts(protocol: Protocol, **options: Any) -> dict[str, str]:
    document = prove(ProveRequest(protocol, scope="unbounded", **options), lambda event: None)
    return {entry["published_name"]: entry["verdict"] for entry in document["properties"]}


def log() -> Protocol:
    """A log whose buffer is written in batches, and a table of who has seen how much."""
    p = Protocol("batched-log", "a log that is written in batches")
    most = p.search_bound("MaxWrites", 2)

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        pass

    class Entry(Range, low=1, high=most):
        pass

    class Counter(Range, low=1, high=most + 1):
        pass

    @p.state
    class State:
        buffer: Set[Entry] = var(set())
        stored: Set[Entry] = var(set())
        counter: Counter = var(1)
        seen: Fn[Node, Set[Entry]] = var(set())

    @p.action
    def Append(s: State) -> None:
        budget("few", s.counter <= most)
        s.buffer |= {s.counter}
        s.counter += 1

    @p.action
    def Flush(s: State, batch: Set[Entry]) -> None:
        guard("buffered", batch <= s.buffer)
        s.stored |= batch
        s.buffer -= batch

    @p.action
    def Show(s: State, what: Fn[Node, Set[Entry]]) -> None:
        guard("stored", forall(Node, lambda n: what[n] <= s.stored))
        s.seen = what

    @p.invariant()
    def SeenIsStored(s: State) -> Bool:
        return forall(Node, lambda n: s.seen[n] <= s.stored)

    @p.invariant()
    def NotBoth(s: State) -> Bool:
        return (s.stored & s.buffer).is_empty()

    @p.invariant()
    def AllAreWritten(s: State) -> Bool:
        return forall_in(s.stored | s.buffer, lambda e: e < s.counter)

    @p.invariant()
    def NobodySees(s: State) -> Bool:
        """Fails once something was shown."""
        return forall(Node, lambda n: s.seen[n].is_empty())

    return p


def test_batches_are_proved_and_refuted_for_any_size() -> None:
    made = log()
    found = verdicts(made)
    assert found.pop("NobodySees") == "violated"
    assert set(found.values()) == {"proved"}
    claimed = set(found)
    for sizes in ({"Nodes": 1, "MaxWrites": 2}, {"Nodes": 2, "MaxWrites": 1}):
        assert list(refuted(made.model(), unbounded(made.model()), claimed, sizes)) == []


@pytest.mark.full
def test_certificates_of_batches_are_accepted_and_derived_again() -> None:
    number, wrong = certified(log(), properties=["SeenIsStored", "NotBoth"])
    assert (number >= 2, wrong) == (True, [])


def one_action(declare: Any) -> Protocol:
    p = Protocol("given", "an action and what it is given")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Level(Range, low=0, high=2):
        pass

    class Quorum(Quorums[Node]):
        pass

    class State:
        at: Fn[Node, Level] = var(0)
        top: Level = var(0)

    p.state(State)
    declare(p, State, Node, Level)
    return p


def test_what_an_argument_leaves_undefined_is_not_proved() -> None:
    def declare(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Take(s: state, levels: Set[level]) -> None:
            s.top = max_of(levels)

    def guarded(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Take(s: state, levels: Set[level]) -> None:
            guard("some", ~levels.is_empty())
            s.top = max_of(levels)

    assert verdicts(one_action(declare), properties=["Defined"])["Defined"] != "proved"
    assert set(verdicts(one_action(guarded)).values()) == {"proved"}


def test_what_a_function_holds_is_within_its_range() -> None:
    def declare(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Take(s: state, to: Fn[node, level], n: node) -> None:
            s.at = to
            s.top = to[n]

    def beyond(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Take(s: state, to: Fn[node, level]) -> None:
            s.at = fn(node, lambda n: to[n] + 1)

    assert set(verdicts(one_action(declare)).values()) == {"proved"}
    assert verdicts(one_action(beyond))["Range@at"] == "violated"


def test_an_invariant_that_an_argument_breaks_for_one_action_is_not_proved_by_another_s() -> None:
    """The arguments of two actions of one name and sort are different constants."""

    def declare(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Lower(s: state, to: Fn[node, level]) -> None:
            guard("none", forall(node, lambda n: to[n] == 0))
            s.at = to

        @p.action
        def Raise(s: state, to: Fn[node, level]) -> None:
            s.at = to

        @p.invariant()
        def Low(s: Any) -> Bool:
            return forall(node, lambda n: s.at[n] == 0)

    assert verdicts(one_action(declare))["Low"] == "violated"


def test_quantifiers_over_sets_are_refused_with_the_way_out() -> None:
    def declare(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Take(s: state) -> None:
            guard("any", exists(Set[node], lambda ns: ~ns.is_empty()))

    with pytest.raises(
        ModelError, match=r"guard Take.any has no meaning .* ns runs over Set\[Node\], .* quantify over"
    ) as error:
        unbounded(one_action(declare).model())
    assert error.value.source == 'guard("any", exists(Set[node], lambda ns: ~ns.is_empty()))'


def test_a_witness_that_is_a_set_is_refused_with_the_way_out() -> None:
    def declare(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Take(s: state) -> None:
            guard("any", ~witness("ns", Set[node]).is_empty())

    with pytest.raises(ModelError, match="witness ns of Take has no meaning") as error:
        unbounded(one_action(declare).model())
    assert error.value.hint == "make it an argument of the action"


def test_whether_an_action_with_such_an_argument_is_enabled_is_not_stated() -> None:
    [found] = unbounded(batches.batches().model()).not_stated
    assert found.name == "CanBeServed"
    assert "`enabled` does not ask for such an action" in found.reason


def test_sets_of_sets_are_refused_as_arguments_too() -> None:
    def declare(p: Protocol, state: Any, node: Any, level: Any) -> None:
        @p.action
        def Take(s: state, groups: Set[Set[node]]) -> None:
            guard("some", ~groups.is_empty())

        @p.invariant()
        def Counts(s: Any) -> Bool:
            return Int(0) <= s.top

    with pytest.raises(ModelError, match=r"argument groups of Take has no meaning .* a set of Set\[Node\]"):
        unbounded(one_action(declare).model())
