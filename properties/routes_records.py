"""Properties of Routes with a catalogue of several records."""

from __future__ import annotations

from verifier.encodings.routes_records import LastKey, Node, Point, State, routes_records
from verifier.kernel import Bool, exists_in, forall, forall_in, implies, violated

routes_records.type_ok(variables=["records", "versionKey", "committed", "pending", "engine", "crashCount"])


@routes_records.invariant(short="Routes-3a", expected={"gap": violated(2)})
def Routes3a_StoredAsIntended(s: State) -> Bool:
    """The stored catalogue is the one that was intended for the stored version."""
    return s.records == s.committed[s.versionKey]


@routes_records.invariant(short="Routes-3b", expected={"gap": violated(3)})
def Routes3b_SeenAsIntended(s: State) -> Bool:
    """A node routes by the catalogue that was intended for its version."""
    return forall(Node, lambda n: s.engine[n].ranges == s.committed[s.engine[n].version])


@routes_records.action_property(short="Routes-3c")
def Routes3c_HandlerKnows(s: State, after: State) -> Bool:
    """A node that completes a split routes by the version that it wrote."""
    return implies(
        s.pending.is_some & after.pending.is_none & (after.crashCount == s.crashCount),
        after.engine[s.pending.value.handler].version == after.versionKey,
    )


@routes_records.invariant(short="Routes-2a")
def Routes2a_WellFormed(s: State) -> Bool:
    """Every stored range has a key."""
    return forall_in(s.records, lambda r: r.lo < r.hi)


@routes_records.invariant(short="Routes-2b", expected={"gap": violated(2)})
def Routes2b_Coverage(s: State) -> Bool:
    """Every key is in some stored range."""
    return forall(Point, lambda p: implies(
        p < LastKey, exists_in(s.records, lambda r: (r.lo <= p) & (p < r.hi))
    ))  # fmt: skip


@routes_records.invariant(short="Routes-2c", expected={"gap": violated(2)})
def Routes2c_Disjoint(s: State) -> Bool:
    """No key is in two stored ranges."""
    return forall_in(s.records, lambda a: forall_in(s.records, lambda b: implies(
        (a != b) & (a.lo < a.hi) & (b.lo < b.hi), (a.hi <= b.lo) | (b.hi <= a.lo)
    )))  # fmt: skip


@routes_records.lemma("a node routes by a version that is stored")
def SeenIsPublished(s: State) -> Bool:
    return forall(Node, lambda n: s.engine[n].version <= s.versionKey)


@routes_records.lemma("a split is at an inner point")
def PendingIsInner(s: State) -> Bool:
    split = s.pending.value
    return implies(s.pending.is_some, (split.parent.lo < split.point) & (split.point < split.parent.hi))


@routes_records.lemma("a split is of a stored range, and nothing else changes what is stored")
def PendingIsStored(s: State) -> Bool:
    return implies(s.pending.is_some, s.records.contains(s.pending.value.parent))
