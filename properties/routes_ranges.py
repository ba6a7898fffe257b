"""Properties of Routes with explicit key ranges."""

from __future__ import annotations

from verifier.encodings.routes_ranges import LastKey, Node, Point, State, Version, routes_ranges
from verifier.kernel import Bool, exists_in, forall, forall_in, implies, violated

routes_ranges.type_ok(variables=["catalogVersion", "history", "engineVersion"])


@routes_ranges.invariant(short="Routes-2a", expected={"any-point": violated(1)})
def Routes2a_WellFormed(s: State) -> Bool:
    """Every range of every version has a key."""
    return forall(Version, lambda v: forall_in(s.history[v], lambda r: r.lo < r.hi))


@routes_ranges.invariant(short="Routes-2b", expected={"half-split": violated(1)})
def Routes2b_Coverage(s: State) -> Bool:
    """Every key is in some range of every version."""
    return forall(Version, Point, lambda v, p: implies(
        (v <= s.catalogVersion) & (p < LastKey), exists_in(s.history[v], lambda r: (r.lo <= p) & (p < r.hi))
    ))  # fmt: skip


@routes_ranges.invariant(short="Routes-2c", expected={"stale-write": violated(2), "any-point": violated(2)})
def Routes2c_Disjoint(s: State) -> Bool:
    """No key is in two ranges of a version."""
    return forall(Version, lambda v: forall_in(s.history[v], lambda a: forall_in(s.history[v], lambda b: implies(
        (a != b) & (a.lo < a.hi) & (b.lo < b.hi), (a.hi <= b.lo) | (b.hi <= a.lo)
    ))))  # fmt: skip


@routes_ranges.action_property(short="Routes-1-step")
def Routes1_Action(s: State, after: State) -> Bool:
    """The catalogue version never goes back."""
    return after.catalogVersion >= s.catalogVersion


@routes_ranges.lemma("a node caches a version that is durable")
def CachedIsPublished(s: State) -> Bool:
    return forall(Node, lambda n: s.engineVersion[n] <= s.catalogVersion)
