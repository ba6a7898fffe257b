"""The formulas that are assumed first where others compare totals that the goal does not read."""

from __future__ import annotations

from verifier.kernel import Bool, Int, Protocol, Scalarset, Set, exists, forall, var
from verifier.proof.lemmas.comparable import comparable, totals


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
    """A node."""


def test_formulas_about_other_totals_come_later() -> None:
    p = Protocol("totals", "counts")

    @p.state
    class State:
        here: Set[Node] = var(set())
        there: Set[Node] = var(set())

    @p.action
    def Move(s: State, n: Node) -> None:
        s.here |= {n}
        s.there -= {n}

    @p.invariant()
    def Few(s: State) -> Bool:
        return s.here.size() <= Int(3)

    @p.invariant()
    def Both(s: State) -> Bool:
        return s.here.size() + s.there.size() <= Int(6)

    @p.invariant()
    def Other(s: State) -> Bool:
        return forall(Node, lambda n: s.here.contains(n) | exists(Node, lambda m: s.there.contains(m)) | ~s.there.contains(n))

    few, both, other = (prop.formula for prop in p.model().properties if prop.kind == "state")
    assert [len(totals(formula)) for formula in (few, both, other)] == [1, 2, 0]
    assert comparable([few, both, other], [other]) == [other]
    assert comparable([few, both, other], [few]) == [few, other]
    assert comparable([both, few], [both, other]) == [both, few]
