"""MVCC with HLC's clock and ceiling: what MVCC-2 is about (after elastickv, tla/mvcc/MVCC.tla and tla/hlc/HLC.tla).

A write is stamped by the leader: below the ceiling its wall part is floored to it; at or above the ceiling, and where
the logical part would overflow past it, the leader refuses. The model asks whether the wall part of every version is
the ceiling at its issue.
"""

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

mvcc_ceiling = Protocol("mvcc-ceiling", "versions stamped under a physical ceiling", source="deeper model of MVCC-2")

MaxClockSkewMs = mvcc_ceiling.parameter("MaxClockSkewMs", 1, "largest difference between the wall clocks of two nodes")
HlcPhysicalWindowMs = mvcc_ceiling.parameter("HlcPhysicalWindowMs", 2, "how far a renewal puts the ceiling ahead")
LogicalMax = mvcc_ceiling.parameter("LogicalMax", 1, "largest logical value before it wraps")
MaxTerms = mvcc_ceiling.search_bound("MaxTerms", 2, "terms")
MaxOps = mvcc_ceiling.search_bound("MaxOps", 4, "writes")
MaxWallTime = mvcc_ceiling.search_bound("MaxWallTime", 2, "largest value of a wall clock")

mvcc_ceiling.assume("SkewBelowWindow", MaxClockSkewMs < HlcPhysicalWindowMs)


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Key(Scalarset, parameter="Keys", size=1, prefix="k"):
    """A key."""


class Val(Scalarset, parameter="Vals", size=1, prefix="v"):
    """A value."""


class Term(Range, low=0, high=MaxTerms):
    """A term; 0 stands for none."""


class Wall(Range, low=0, high=MaxWallTime + HlcPhysicalWindowMs + MaxOps):
    """A time in milliseconds; a write moves the clock past the ceiling by one at most."""


class Ceiling(Wall, low=0, high=MaxWallTime + HlcPhysicalWindowMs):
    """A physical ceiling; 0 stands for none."""


class Logical(Range, low=0, high=LogicalMax):
    """A logical counter."""


class Operations(Range, low=0, high=MaxOps):
    """A number of writes."""


class Timestamp(Record, ordered=True):
    """A hybrid timestamp, ordered by wall part, then logical part."""

    wall: Wall
    logical: Logical


class Version(Record):
    """A version of a key; the ceiling at its issue is a ghost."""

    ts: Timestamp
    value: Val
    ceilingAtIssue: Ceiling


Zero = Timestamp(wall=Wall(0), logical=Logical(0))


@mvcc_ceiling.state
class State:
    leaderOf: Fn[Term, Option[Node]] = var(none, "winner of each term; none of term 0")
    activeTerm: Term = var(0, "latest term that has a leader; 0: none yet")
    hlcLast: Fn[Node, Timestamp] = var(Zero, "last value the node issued or observed")
    physicalCeiling: Fn[Node, Ceiling] = var(0, "ceiling applied on the node")
    maxAppliedHLC: Timestamp = var(Zero, "largest committed timestamp, as the replicated state machine sees it")
    wallNow: Fn[Node, Wall] = var(0, "wall clock")
    versions: Fn[Key, Set[Version]] = var(set(), "the store")
    opCount: Operations = var(0, "search bound only")


def leader(s: State, n: Node) -> Bool:
    """Whether a node leads the active term."""
    return (s.activeTerm > 0) & (s.leaderOf[s.activeTerm] == n)


def following(last: Timestamp, floored: Wall) -> Timestamp:
    """The next timestamp after `last`, not below a wall time."""
    return ite(
        floored > last.wall,
        Timestamp(wall=floored, logical=Logical(0)),
        ite(
            last.logical < LogicalMax,
            last.replace(logical=last.logical + 1),
            Timestamp(wall=last.wall + 1, logical=Logical(0)),
        ),
    )


@mvcc_ceiling.action
def BecomeLeader(s: State, n: Node) -> None:
    """Any node wins the next term, and takes over what the state machine has applied."""
    budget("term-budget", s.activeTerm < MaxTerms)
    term = s.activeTerm + 1
    s.activeTerm = term
    s.leaderOf[term] = some(n)
    s.hlcLast[n] = choice("handoff", maximum(s.hlcLast[n], s.maxAppliedHLC), s.hlcLast[n])


@mvcc_ceiling.action
def ApplyCeiling(s: State, n: Node) -> None:
    """The leader renews the ceiling, which all nodes apply at once."""
    guard("is-leader", leader(s, n))
    ceiling = Ceiling(s.wallNow[n] + HlcPhysicalWindowMs)
    s.physicalCeiling = fn(Node, lambda m: maximum(s.physicalCeiling[m], ceiling))


@mvcc_ceiling.action
def TickWall(s: State, n: Node) -> None:
    """A wall clock advances, if it stays close to all others."""
    budget("wall-budget", s.wallNow[n] < MaxWallTime)
    now = s.wallNow[n] + 1
    guard("skew-ahead", forall(Node, lambda m: implies(m != n, now <= s.wallNow[m] + MaxClockSkewMs)))
    guard("skew-behind", forall(Node, lambda m: implies(m != n, s.wallNow[m] <= now + MaxClockSkewMs)))
    s.wallNow[n] = now


@mvcc_ceiling.action
def Write(s: State, n: Node, k: Key, v: Val) -> None:
    """The leader stamps and stores a version, unless its clock or the timestamp has passed the ceiling."""
    guard("is-leader", leader(s, n))
    budget("op-budget", s.opCount < MaxOps)
    ceiling = s.physicalCeiling[n]
    guard("ceiling-known", ceiling > 0)
    guard("ceiling-fence", s.wallNow[n] < ceiling)
    floored = choice("floor-at-ceiling", maximum(s.wallNow[n], ceiling), s.wallNow[n])
    ts = following(s.hlcLast[n], floored)
    guard("overflow-fence", ts.wall <= ceiling)
    s.versions[k] |= {Version(ts=ts, value=v, ceilingAtIssue=ceiling)}
    s.hlcLast[n] = ts
    s.maxAppliedHLC = maximum(s.maxAppliedHLC, ts)
    s.opCount += 1


mvcc_ceiling.variant("no-floor", drops=["Write.floor-at-ceiling"], doc="the wall part may stay below the ceiling")
mvcc_ceiling.variant(
    "no-overflow-fence", drops=["Write.overflow-fence"], doc="the logical part may overflow past the ceiling"
)
