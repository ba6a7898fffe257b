"""HLC: a hybrid logical clock across changes of the leader (elastickv, tla/hlc/HLC.tla, tla/lib/Raft.tla).

Every persisted write is stamped with a wall clock and a logical counter. Only the leader issues; a replicated physical
ceiling floors the wall part. The model asks whether timestamps can go back when leadership moves. Raft itself is a
black box that elects one leader for each term.
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

hlc = Protocol("hlc", "hybrid logical clock across leader changes", source="elastickv tla/hlc/HLC.tla")

MaxClockSkewMs = hlc.parameter("MaxClockSkewMs", 1, "largest difference between the wall clocks of two nodes")
HlcPhysicalWindowMs = hlc.parameter("HlcPhysicalWindowMs", 2, "how far a renewal puts the ceiling ahead of the clock")
LogicalMax = hlc.parameter("LogicalMax", 1, "largest logical value before it wraps")
MaxTerms = hlc.search_bound("MaxTerms", 2, "terms")
MaxOps = hlc.search_bound("MaxOps", 3, "issued timestamps")
MaxWallTime = hlc.search_bound("MaxWallTime", 3, "largest value of a wall clock")

hlc.assume("SkewBelowWindow", MaxClockSkewMs < HlcPhysicalWindowMs)


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
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


@hlc.state
class State:
    currentTerm: Fn[Node, Term] = var(0, "last term this node won; written, never read")
    leaderOf: Fn[Term, Option[Node]] = var(none, "winner of each term; none of term 0")
    activeTerm: Term = var(0, "latest term that has a leader; 0: none yet")
    hlcLast: Fn[Node, Timestamp] = var(Zero, "last value the node issued or observed")
    physicalCeiling: Fn[Node, Wall] = var(0, "ceiling applied on the node")
    maxAppliedHLC: Timestamp = var(Zero, "largest committed timestamp, as the replicated state machine sees it")
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


@hlc.action
def BecomeLeader_HLC(s: State, n: Node) -> None:
    """Any node wins the next term, and takes over what the state machine has applied."""
    budget("term-budget", s.activeTerm < MaxTerms)
    term = s.activeTerm + 1
    s.activeTerm = term
    s.leaderOf[term] = some(n)
    s.currentTerm[n] = term
    s.hlcLast[n] = choice("handoff", maximum(s.hlcLast[n], s.maxAppliedHLC), s.hlcLast[n])


@hlc.action
def ApplyCeiling(s: State, n: Node) -> None:
    """The leader renews the ceiling, which all nodes apply at once."""
    guard("is-leader", leader(s, n))
    ceiling = s.wallNow[n] + HlcPhysicalWindowMs
    s.physicalCeiling = fn(Node, lambda m: maximum(s.physicalCeiling[m], ceiling))


@hlc.action
def IssueTimestamp(s: State, n: Node) -> None:
    """The leader stamps a write while its wall clock is below the ceiling."""
    guard("is-leader", leader(s, n))
    budget("op-budget", s.opCount < MaxOps)
    guard("ceiling-fence", s.wallNow[n] < s.physicalCeiling[n])
    ts = following(s, n)
    s.committedTS = s.committedTS.insert(Issued(ts=ts, inTerm=LeaderTerm(s.activeTerm), node=n, seq=s.opCount))
    s.hlcLast[n] = ts
    s.maxAppliedHLC = maximum(s.maxAppliedHLC, ts)
    s.opCount += 1


@hlc.action
def TickWall(s: State, n: Node) -> None:
    """A wall clock advances, if it stays close to all others."""
    budget("wall-budget", s.wallNow[n] < MaxWallTime)
    now = s.wallNow[n] + 1
    guard("skew-ahead", forall(Node, lambda m: implies(m != n, now <= s.wallNow[m] + MaxClockSkewMs)))
    guard("skew-behind", forall(Node, lambda m: implies(m != n, s.wallNow[m] <= now + MaxClockSkewMs)))
    s.wallNow[n] = now


@hlc.constraint
def StateConstraint(s: State) -> Bool:
    """Only the conjunct about hlcLast ever prunes, after the logical part overflows on top of a high ceiling."""
    return (s.opCount <= MaxOps) & (s.activeTerm <= MaxTerms) & forall(Node, lambda n: (
        (s.wallNow[n] <= MaxWallTime)
        & (s.hlcLast[n].wall <= MaxWallTime + 2)
        & (s.physicalCeiling[n] <= MaxWallTime + HlcPhysicalWindowMs)
    ))  # fmt: skip


hlc.variant(
    "gap",
    drops=["BecomeLeader_HLC.handoff", "IssueTimestamp.ceiling-fence"],
    doc="a new leader observes nothing, and issues whatever the ceiling",
)
