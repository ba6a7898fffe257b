"""Routes with explicit key ranges: what Routes-2 is about (after elastickv, tla/routes/Routes.tla and its catalogue).

A catalogue is a set of ranges `lo..hi-1`, each owned by a group. Whoever splits or moves a range works on the catalogue
that it has cached, and the write is only accepted if that is still the current version. The model asks whether every
version covers the key space without overlaps.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    budget,
    choice,
    constant,
    fn,
    guard,
    set_of,
    var,
)

routes_ranges = Protocol("routes-ranges", "route catalogue of explicit key ranges", source="deeper model of Routes-2")

LastKey = routes_ranges.parameter("LastKey", 4, "end of the key space")
MaxVersions = routes_ranges.search_bound("MaxVersions", 3, "largest catalogVersion")

routes_ranges.assume("KeySpaceIsNotEmpty", LastKey >= 1)


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Group(Scalarset, parameter="Groups", size=2, prefix="g"):
    """A Raft group; InitGroup owns the whole key space at version 0."""

    InitGroup = constant()


class Version(Range, low=0, high=MaxVersions):
    """A version of the route catalogue."""


class Point(Range, low=0, high=LastKey):
    """A key, or the end of the key space."""


class RouteRange(Record):
    """The keys from `lo` on and below `hi`, and the group that owns them."""

    lo: Point
    hi: Point
    group: Group


Whole = RouteRange(lo=Point(0), hi=Point(LastKey), group=Group.InitGroup)


@routes_ranges.state
class State:
    catalogVersion: Version = var(0, "latest durable catalogue version")
    history: Fn[Version, Set[RouteRange]] = var(
        fn(Version, lambda v: set_of(RouteRange, lambda r: (v == 0) & (r == Whole))),
        "catalogue per version; later ones are empty",
    )
    engineVersion: Fn[Node, Version] = var(0, "version each node has cached")


def cached(s: State, n: Node, r: RouteRange) -> Bool:
    """Whether a range is in the catalogue that a node has cached."""
    return s.history[s.engineVersion[n]].contains(r)


@routes_ranges.action
def SplitRange(s: State, n: Node, r: RouteRange, m: Point) -> None:
    """Replaces a range by two of the same group, in a new version that the handling node knows at once."""
    budget("version-budget", s.catalogVersion < MaxVersions)
    guard("cached", cached(s, n, r))
    guard("expected-version", s.engineVersion[n] == s.catalogVersion)
    guard("inner-point", (r.lo < m) & (m < r.hi))
    left = r.replace(hi=m)
    right = choice("right-child", r.replace(lo=m), left)
    w = s.catalogVersion + 1
    s.history[w] = (s.history[s.catalogVersion] - {r}) | {left, right}
    s.catalogVersion = w
    s.engineVersion[n] = w


@routes_ranges.action
def MoveRange(s: State, n: Node, r: RouteRange, g: Group) -> None:
    """Gives a range to another group, in a new version that the handling node knows at once."""
    budget("version-budget", s.catalogVersion < MaxVersions)
    guard("cached", cached(s, n, r))
    guard("expected-version", s.engineVersion[n] == s.catalogVersion)
    guard("other-group", g != r.group)
    w = s.catalogVersion + 1
    s.history[w] = (s.history[s.catalogVersion] - {r}) | {r.replace(group=g)}
    s.catalogVersion = w
    s.engineVersion[n] = w


@routes_ranges.action
def Sync(s: State, n: Node) -> None:
    """A node's watcher fetches the current version."""
    guard("behind", s.engineVersion[n] < s.catalogVersion)
    s.engineVersion[n] = s.catalogVersion


routes_ranges.variant(
    "stale-write",
    drops=["SplitRange.expected-version", "MoveRange.expected-version"],
    doc="a write is accepted whatever version the handling node has cached",
)
routes_ranges.variant("any-point", drops=["SplitRange.inner-point"], doc="a range may be split at any point")
routes_ranges.variant("half-split", drops=["SplitRange.right-child"], doc="a split writes its left child only")
