"""HLC with nodes that lag behind: what the handoff of a new leader is about (after elastickv, tla/hlc/HLC.tla).

There is no maximum that everybody sees: each node applies what is committed in its own time. A leader issues for the
first time in its term only after it has applied everything. The model asks whether timestamps can go back when
leadership moves.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    budget,
    exists_in,
    fn,
    forall,
    guard,
    implies,
    ite,
    max_of,
    maximum,
    none,
    set_of,
    some,
    var,
)

hlc_lagging = Protocol("hlc-lagging", "hybrid logical clock with lagging nodes", source="deeper model of HLC's handoff")

MaxClockSkewMs = hlc_lagging.parameter("MaxClockSkewMs", 1, "largest difference between the wall clocks of two nodes")
HlcPhysicalWindowMs = hlc_lagging.parameter("HlcPhysicalWindowMs", 2, "how far a renewal puts the ceiling ahead")
LogicalMax = hlc_lagging.parameter("LogicalMax", 1, "largest logical value before it wraps")
MaxTerms = hlc_lagging.search_bound("MaxTerms", 2, "terms")
MaxOps = hlc_lagging.search_bound("MaxOps", 3, "issued timestamps")
MaxWallTime = hlc_lagging.search_bound("MaxWallTime", 3, "largest value of a wall clock")

hlc_lagging.assume("SkewBelowWindow", MaxClockSkewMs < HlcPhysicalWindowMs)


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Term(Range, low=0, high=MaxTerms):
    """A term; 0 stands for none."""


class LeaderTerm(Term, low=1, high=MaxTerms):
    """A term that has a leader."""


class Wall(Range, low=0, high=MaxWallTime + maximum(HlcPhysicalWindowMs, 3)):
    """A time in milliseconds, one step beyond what the state constraint admits."""


class Logical(Range, low=0, high=LogicalMax):
    """A logical counter."""


class Operations(Range, low=0, high=MaxOps):
    """A number of issued timestamps."""


class Timestamp(Record, ordered=True):
    """A hybrid timestamp, ordered by wall part, then logical part."""

    wall: Wall
    logical: Logical


class Issued(Record):
    """An issued timestamp: in which term, by which node, as the how manieth."""

    ts: Timestamp
    inTerm: LeaderTerm
    node: Node
    seq: Operations


class IssuedSet(KeyedSet[Issued], key="seq"):
    """Issued timestamps, at most one of each number."""


Zero = Timestamp(wall=Wall(0), logical=Logical(0))


@hlc_lagging.state
class State:
    leaderOf: Fn[Term, Option[Node]] = var(none, "winner of each term; none of term 0")
    activeTerm: Term = var(0, "latest term that has a leader; 0: none yet")
    hlcLast: Fn[Node, Timestamp] = var(Zero, "last value the node issued or observed")
    physicalCeiling: Fn[Node, Wall] = var(0, "ceiling applied on the node")
    appliedHLC: Fn[Node, Timestamp] = var(Zero, "largest committed timestamp that the node has applied")
    wallNow: Fn[Node, Wall] = var(0, "wall clock")
    committedTS: IssuedSet = var(set(), "every issued timestamp")
    opCount: Operations = var(0, "issued timestamps; search bound, and number of the next")


def leader(s: State, n: Node) -> Bool:
    """Whether a node leads the active term."""
    return (s.activeTerm > 0) & (s.leaderOf[s.activeTerm] == n)


def largest(s: State) -> Timestamp:
    """The largest committed timestamp; zero if there is none."""
    return max_of(set_of(Timestamp, lambda ts: (ts == Zero) | exists_in(s.committedTS, lambda r: ts == r.ts)))


def following(s: State, n: Node) -> Timestamp:
    """The next timestamp of a node: always above its last, and not below its wall clock and ceiling."""
    last, floored = s.hlcLast[n], maximum(s.wallNow[n], s.physicalCeiling[n])
    return ite(
        floored > last.wall,
        Timestamp(wall=floored, logical=Logical(0)),
        ite(
            last.logical < LogicalMax,
            last.replace(logical=last.logical + 1),
            Timestamp(wall=last.wall + 1, logical=Logical(0)),
        ),
    )


@hlc_lagging.action
def BecomeLeader(s: State, n: Node) -> None:
    """Any node wins the next term, and takes over what it has applied itself."""
    budget("term-budget", s.activeTerm < MaxTerms)
    term = s.activeTerm + 1
    s.activeTerm = term
    s.leaderOf[term] = some(n)
    s.hlcLast[n] = maximum(s.hlcLast[n], s.appliedHLC[n])


@hlc_lagging.action
def Apply(s: State, n: Node) -> None:
    """A node applies all that is committed."""
    guard("behind", s.appliedHLC[n] < largest(s))
    s.appliedHLC[n] = largest(s)
    s.hlcLast[n] = maximum(s.hlcLast[n], largest(s))


@hlc_lagging.action
def ApplyCeiling(s: State, n: Node) -> None:
    """The leader renews the ceiling, which all nodes apply at once."""
    guard("is-leader", leader(s, n))
    ceiling = s.wallNow[n] + HlcPhysicalWindowMs
    s.physicalCeiling = fn(Node, lambda m: maximum(s.physicalCeiling[m], ceiling))


@hlc_lagging.action
def IssueTimestamp(s: State, n: Node) -> None:
    """The leader stamps a write, once it has applied everything, or has issued in its term before."""
    guard("is-leader", leader(s, n))
    budget("op-budget", s.opCount < MaxOps)
    guard("ceiling-fence", s.wallNow[n] < s.physicalCeiling[n])
    issuing = exists_in(s.committedTS, lambda r: r.inTerm == s.activeTerm)
    guard("apply-barrier", (s.appliedHLC[n] == largest(s)) | issuing)
    ts = following(s, n)
    s.committedTS = s.committedTS.insert(Issued(ts=ts, inTerm=LeaderTerm(s.activeTerm), node=n, seq=s.opCount))
    s.hlcLast[n] = ts
    s.opCount += 1


@hlc_lagging.action
def TickWall(s: State, n: Node) -> None:
    """A wall clock advances, if it stays close to all others."""
    budget("wall-budget", s.wallNow[n] < MaxWallTime)
    now = s.wallNow[n] + 1
    guard("skew-ahead", forall(Node, lambda m: implies(m != n, now <= s.wallNow[m] + MaxClockSkewMs)))
    guard("skew-behind", forall(Node, lambda m: implies(m != n, s.wallNow[m] <= now + MaxClockSkewMs)))
    s.wallNow[n] = now


@hlc_lagging.constraint
def StateConstraint(s: State) -> Bool:
    return forall(Node, lambda n: s.hlcLast[n].wall <= MaxWallTime + 2)


hlc_lagging.variant("no-barrier", drops=["IssueTimestamp.apply-barrier"], doc="a new leader need not have applied all")
