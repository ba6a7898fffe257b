"""A proof at any size of some properties: the others are not put beside them unless they are needed."""

from __future__ import annotations

from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, budget, exists, forall, implies, var
from verifier.proof.strategy import ProveRequest, prove
from verifier.wire.results import ResultDocument


def numbered() -> Protocol:
    """Nodes that count; one property needs another, as a lemma does, and one needs none."""
    p = Protocol("numbered", "nodes that count")
    most = p.search_bound("Most", 3)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Count(Range, low=0, high=most):
        pass

    @p.state
    class State:
        count: Fn[Node, Count] = var(0)
        copy: Fn[Node, Count] = var(0)
        shown: Fn[Node, Count] = var(0)

    @p.action
    def Add(s: State, n: Node) -> None:
        budget("room", s.count[n] < most)
        s.count[n] += 1

    @p.action
    def Copy(s: State, n: Node) -> None:
        s.copy[n] = s.count[n]

    @p.action
    def Show(s: State, n: Node) -> None:
        s.shown[n] = s.copy[n]

    @p.invariant()
    def CopyIsBehind(s: State) -> Bool:
        return forall(Node, lambda n: s.copy[n] <= s.count[n])

    @p.invariant()
    def ShownIsBehind(s: State) -> Bool:
        return forall(Node, lambda n: s.shown[n] <= s.count[n])

    @p.invariant()
    def SomeIsBehind(s: State) -> Bool:
        return exists(Node, lambda n: s.copy[n] <= s.count[n])

    @p.invariant()
    def SumIsNatural(s: State) -> Bool:
        return forall(Node, lambda n: s.count[n] + s.copy[n] >= 0)

    @p.lemma("what is shown and copied is behind")
    def BothAreBehind(s: State) -> Bool:
        return forall(Node, Node, lambda n, m: implies(n == m, s.shown[n] <= s.count[m]))

    return p


def asked(document: ResultDocument) -> set[str]:
    """What the consecution of some action was asked about."""
    obligations = document["statistics"]["obligations"]
    return {one["about"] for one in obligations if one["obligation"].startswith("consecution")}


def run(*properties: str) -> ResultDocument:
    request = ProveRequest(numbered(), scope="unbounded", properties=properties, explain=True)
    return prove(request, lambda event: None)


def test_what_is_not_asked_for_is_not_tried() -> None:
    document = run("SomeIsBehind")
    [entry] = document["properties"]
    assert entry["verdict"] == "proved"
    about = asked(document)
    assert "SomeIsBehind" in about
    assert not about & {"ShownIsBehind", "CopyIsBehind"}
    # The lemma needs a property that was left out, which is not a fault of the lemma: nobody looks for one.
    assert "lemmas" not in document["statistics"]["phases"]


def test_what_is_needed_is_tried_after_all() -> None:
    document = run("ShownIsBehind")
    [entry] = document["properties"]
    assert (entry["verdict"], entry["method"]) == ("proved", "lemmas")
    assert "CopyIsBehind" in asked(document)


def test_ranges_are_put_beside_what_is_asked_for() -> None:
    document = run("SumIsNatural")
    [entry] = document["properties"]
    assert entry["verdict"] == "proved"
    about = asked(document)
    assert {"SumIsNatural", "Range@count"} <= about
    assert not about & {"ShownIsBehind", "CopyIsBehind"}
