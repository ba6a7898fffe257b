"""HLC with a ceiling bump instead of a handoff (after elastickv, tla/hlc/HLC.tla, and its design document).

A new leader observes nothing of what others issued. Instead it raises the ceiling above all earlier timestamps before
it serves, and timestamps do not pass the ceiling. The model asks whether timestamps can go back when leadership moves.
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
    choice,
    fn,
    forall,
    guard,
    implies,
    ite,
    maximum,
    none,
    some,
    var,
)

hlc_ceiling = Protocol("hlc-ceiling", "hybrid logical clock with a ceiling bump", source="deeper model of HLC's fences")

MaxClockSkewMs = hlc_ceiling.parameter("MaxClockSkewMs", 1, "largest difference between the wall clocks of two nodes")
HlcPhysicalWindowMs = hlc_ceiling.parameter("HlcPhysicalWindowMs", 2, "how far a renewal puts the ceiling ahead")
LogicalMax = hlc_ceiling.parameter("LogicalMax", 0, "largest logical value before it wraps")
MaxTerms = hlc_ceiling.search_bound("MaxTerms", 2, "terms")
MaxOps = hlc_ceiling.search_bound("MaxOps", 4, "issued timestamps")
MaxWallTime = hlc_ceiling.search_bound("MaxWallTime", 2, "largest value of a wall clock")

hlc_ceiling.assume("SkewBelowWindow", MaxClockSkewMs < HlcPhysicalWindowMs)


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Term(Range, low=0, high=MaxTerms):
    """A term; 0 stands for none."""


class LeaderTerm(Term, low=1, high=MaxTerms):
    """A term that has a leader."""


class Wall(Range, low=0, high=MaxWallTime + HlcPhysicalWindowMs + MaxTerms + MaxOps):
    """A time in milliseconds; each term raises the ceiling, and each timestamp may overflow, by one."""


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


@hlc_ceiling.state
class State:
    leaderOf: Fn[Term, Option[Node]] = var(none, "winner of each term; none of term 0")
    activeTerm: Term = var(0, "latest term that has a leader; 0: none yet")
    hlcLast: Fn[Node, Timestamp] = var(Zero, "last value the node issued or observed")
    physicalCeiling: Fn[Node, Wall] = var(0, "ceiling applied on the node")
    ceilingTerm: Term = var(0, "term in which the ceiling was last renewed")
    wallNow: Fn[Node, Wall] = var(0, "wall clock")
    committedTS: IssuedSet = var(set(), "ghost: every issued timestamp")
    opCount: Operations = var(0, "issued timestamps; search bound, and number of the next")


def leader(s: State, n: Node) -> Bool:
    """Whether a node leads the active term."""
    return (s.activeTerm > 0) & (s.leaderOf[s.activeTerm] == n)


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


@hlc_ceiling.action
def BecomeLeader(s: State, n: Node) -> None:
    """Any node wins the next term, and observes nothing."""
    budget("term-budget", s.activeTerm < MaxTerms)
    term = s.activeTerm + 1
    s.activeTerm = term
    s.leaderOf[term] = some(n)


@hlc_ceiling.action
def ApplyCeiling(s: State, n: Node) -> None:
    """The leader renews the ceiling, which all nodes apply at once; the first time in a term it rises for certain."""
    guard("is-leader", leader(s, n))
    first = s.ceilingTerm < s.activeTerm
    window = s.wallNow[n] + HlcPhysicalWindowMs

    def least(m: Node) -> Wall:
        old = s.physicalCeiling[m]
        return ite(first, choice("election-bump", old + 1, old), old)

    s.physicalCeiling = fn(Node, lambda m: maximum(least(m), window))
    s.ceilingTerm = s.activeTerm


@hlc_ceiling.action
def IssueTimestamp(s: State, n: Node) -> None:
    """The leader stamps a write, if it has renewed the ceiling in its term, and stays below it."""
    guard("is-leader", leader(s, n))
    budget("op-budget", s.opCount < MaxOps)
    guard("ceiling-fence", s.wallNow[n] < s.physicalCeiling[n])
    guard("serving-fence", s.ceilingTerm == s.activeTerm)
    ts = following(s, n)
    guard("overflow-fence", ts.wall <= s.physicalCeiling[n])
    s.committedTS = s.committedTS.insert(Issued(ts=ts, inTerm=LeaderTerm(s.activeTerm), node=n, seq=s.opCount))
    s.hlcLast[n] = ts
    s.opCount += 1


@hlc_ceiling.action
def TickWall(s: State, n: Node) -> None:
    """A wall clock advances, if it stays close to all others."""
    budget("wall-budget", s.wallNow[n] < MaxWallTime)
    now = s.wallNow[n] + 1
    guard("skew-ahead", forall(Node, lambda m: implies(m != n, now <= s.wallNow[m] + MaxClockSkewMs)))
    guard("skew-behind", forall(Node, lambda m: implies(m != n, s.wallNow[m] <= now + MaxClockSkewMs)))
    s.wallNow[n] = now


hlc_ceiling.variant("no-serving-fence", drops=["IssueTimestamp.serving-fence"], doc="a new leader serves at once")
hlc_ceiling.variant(
    "no-election-bump", drops=["ApplyCeiling.election-bump"], doc="a renewal may leave the ceiling where it is"
)
hlc_ceiling.variant(
    "no-overflow-fence",
    drops=["IssueTimestamp.overflow-fence"],
    doc="the logical part may overflow past the ceiling",
)
