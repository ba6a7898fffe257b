"""A protocol over names that have an order: compared, chosen by it, in ordered records, as indices."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    anything,
    exists,
    fn,
    forall,
    guard,
    implies,
    max_of,
    maximum,
    min_of,
    none,
    set_of,
    some,
    var,
)


def least() -> Protocol:
    """Whoever has heard of all elects the least name; ballots are ordered by round, then by name."""
    p = Protocol("least", "the least name wins")

    class Node(Scalarset, parameter="Nodes", size=3, prefix="n", ordered=True):
        """A node."""

    class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
        """A key, of no order."""

    class Count(Range, low=0, high=1):
        """A round."""

    class Ballot(Record, ordered=True):
        """A ballot."""

        count: Count
        node: Node

    @p.state
    class State:
        seen: Fn[Node, Set[Node]] = var(fn(Node, lambda n: set_of(Node, lambda m: m == n)), "of whom a node has heard")
        leader: Fn[Node, Option[Node]] = var(none, "whom it has elected")
        tag: Option[Key] = var(none, "some key")
        best: Ballot = var(anything, "the best ballot")

    @p.initially
    def Lowest(s: State) -> Bool:
        return forall(Node, lambda n: s.best.node <= n)

    @p.action
    def Hear(s: State, a: Node, b: Node) -> None:
        guard("other", a != b)
        s.seen[a] = s.seen[a] | {b}

    @p.action
    def Tag(s: State, k: Key) -> None:
        s.tag = some(k)

    @p.action
    def Elect(s: State, a: Node) -> None:
        guard("all", forall(Node, lambda n: s.seen[a].contains(n)))
        s.leader[a] = some(min_of(s.seen[a]))

    @p.action
    def Raise(s: State, n: Node) -> None:
        guard("heard-of", s.seen[n].contains(max_of(s.seen[s.best.node])))
        s.best = s.best.replace(node=maximum(n, s.best.node))

    @p.invariant()
    def OfItself(s: State) -> Bool:
        return forall(Node, lambda n: s.seen[n].contains(n))

    @p.invariant()
    def Below(s: State) -> Bool:
        def below(n: Node) -> Set[Node]:
            return s.seen[n].where(lambda m: m < n)

        return forall(Node, lambda n: below(n).is_empty() | (max_of(below(n)) < n))

    @p.invariant()
    def OneLeader(s: State) -> Bool:
        return forall(Node, Node, lambda a, b: implies(s.leader[a].is_some & s.leader[b].is_some, s.leader[a] == s.leader[b]))

    @p.invariant()
    def Least(s: State) -> Bool:
        return forall(Node, Node, lambda a, b: implies(s.leader[a].is_some, s.leader[a].value <= b))

    @p.invariant()
    def Never(s: State) -> Bool:
        """False once the best ballot is of the last name."""
        return exists(Node, lambda a: Ballot(count=s.best.count, node=a) > s.best)

    @p.action_property()
    def Up(s: State, after: State) -> Bool:
        return (s.best <= after.best) & ~(after.best < s.best)

    return p


ALL: dict[str, Protocol] = {"least": least()}
