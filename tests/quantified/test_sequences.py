"""Sequences at unbounded scope: what lemmas over their places prove, what is refuted, what stays of capacities."""

from __future__ import annotations

from typing import Any

import pytest

from tests.quantified.brute import refuted
from tests.quantified.certified import certified
from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    Scalarset,
    Sequence,
    budget,
    empty,
    exists,
    forall,
    guard,
    implies,
    ite,
    var,
)
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.scope.unbounded import unbounded


def verdicts(protocol: Protocol, **options: Any) -> dict[str, str]:
    document = prove(ProveRequest(protocol, scope="unbounded", **options), lambda event: None)
    return {entry["published_name"]: entry["verdict"] for entry in document["properties"]}


def channel(*, counts: bool, lemma: bool = True, room: bool = True, some: bool = True) -> Protocol:
    """A sender and a receiver with a FIFO channel, whose capacity `counts` or only keeps a search finite."""
    p = Protocol("channel", "a channel")
    most = p.search_bound("Most", 3)
    size = (p.parameter if counts else p.search_bound)("Size", 2)

    class Number(Range, low=0, high=most):
        pass

    class Place(Range, low=1, high=size):
        pass

    class Channel(Sequence[Number], capacity=size):
        pass

    @p.state
    class State:
        sent: Number = var(0)
        got: Number = var(0)
        channel: Channel = var(empty)

    @p.action
    def Send(s: State) -> None:
        budget("few", s.sent < most)
        if room:
            (guard if counts else budget)("room", s.channel.length() < size)
        s.channel = s.channel.append(s.sent + 1)
        s.sent += 1

    @p.action
    def Receive(s: State) -> None:
        if some:
            guard("some", s.channel.length() > 0)
        s.got = s.channel.head()
        s.channel = s.channel.tail()

    @p.invariant()
    def GotWasSent(s: State) -> Bool:
        return s.got <= s.sent

    @p.invariant()
    def NothingIsLost(s: State) -> Bool:
        return s.sent == s.got + s.channel.length()

    @p.invariant()
    def NeverTwo(s: State) -> Bool:
        """Fails with room for two."""
        return ~exists(Place, lambda i: (i <= s.channel.length()) & (i > 1))

    if lemma:

        @p.lemma("what is in the channel follows what was received")
        def InOrder(s: State) -> Bool:
            return forall(Place, lambda i: implies(i <= s.channel.length(), s.channel.at(i) == s.got + i))

    return p


@pytest.mark.parametrize("counts", [True, False])
def test_a_lemma_over_places_proves_what_a_queue_does(counts: bool) -> None:
    made = channel(counts=counts)
    found = verdicts(made)
    assert found.pop("NeverTwo") == "violated"
    assert set(found.values()) == {"proved"}
    for size in (1, 2, 3):
        assert list(refuted(made.model(), unbounded(made.model()), set(found), {"Most": 3, "Size": size})) == []


def test_without_it_that_nothing_is_lost_is_not_claimed() -> None:
    """Clauses of a small instance are enough for the other."""
    found = verdicts(channel(counts=True, lemma=False))
    assert (found["GotWasSent"], found["NothingIsLost"]) == ("proved", "unknown")


def test_a_capacity_that_counts_can_be_exceeded_and_one_that_is_dropped_cannot() -> None:
    assert verdicts(channel(counts=True, room=False))["Range@channel"] == "violated"
    assert verdicts(channel(counts=False, room=False))["Range@channel"] == "proved"
    assert "capacity of Channel" in unbounded(channel(counts=False).model()).dropped


def test_the_head_of_an_empty_queue_is_undefined() -> None:
    assert verdicts(channel(counts=True, some=False))["Defined"] == "violated"


def network() -> Protocol:
    """A channel between any two nodes; who has answered keeps the number that was asked last."""
    p = Protocol("network", "channels between nodes")
    most = p.search_bound("Most", 1)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Number(Range, low=0, high=most):
        pass

    class Place(Range, low=1, high=2):
        pass

    class Channel(Sequence[Number], capacity=2):
        pass

    @p.state
    class State:
        last: Fn[Node, Number] = var(0)
        seen: Fn[Node, Fn[Node, Number]] = var(0)
        channel: Fn[Node, Fn[Node, Channel]] = var(empty)

    @p.action
    def Send(s: State, a: Node, b: Node, again: Bool) -> None:
        guard("room", s.channel[a][b].length() < 2)
        budget("few", s.last[a] < most)
        s.channel[a][b] = s.channel[a][b].append(ite(again, s.last[a], s.last[a] + 1))
        s.last[a] = ite(again, s.last[a], s.last[a] + 1)

    @p.action
    def Receive(s: State, a: Node, b: Node) -> None:
        guard("some", s.channel[a][b].length() > 0)
        s.seen[b][a] = s.channel[a][b].head()
        s.channel[a][b] = s.channel[a][b].tail()

    @p.invariant()
    def SeenWasSent(s: State) -> Bool:
        return forall(Node, Node, lambda a, b: s.seen[b][a] <= s.last[a])

    @p.lemma("what is on its way was sent")
    def OnItsWay(s: State) -> Bool:
        def sent(a: Node, b: Node, i: Place) -> Bool:
            return implies(i <= s.channel[a][b].length(), s.channel[a][b].at(i) <= s.last[a])

        return forall(Node, Node, Place, sent)

    return p


def test_channels_between_any_number_of_nodes() -> None:
    made = network()
    found = verdicts(made)
    assert set(found.values()) == {"proved"}
    assert list(refuted(made.model(), unbounded(made.model()), set(found), {"Nodes": 2, "Most": 1})) == []


@pytest.mark.nightly
def test_certificates_of_sequences_are_accepted_and_derived_again() -> None:
    number, wrong = certified(channel(counts=True), properties=["GotWasSent", "Range@channel"])
    assert (number >= 3, wrong) == (True, [])
    number, wrong = certified(network(), properties=["SeenWasSent"])
    assert (number >= 2, wrong) == (True, [])
