"""Properties of MVCC with HLC's clock and ceiling."""

from __future__ import annotations

from verifier.encodings.mvcc_ceiling import Key, Node, State, mvcc_ceiling
from verifier.kernel import Bool, forall, forall_in, violated

mvcc_ceiling.type_ok(variables=[
    "leaderOf", "activeTerm", "hlcLast", "physicalCeiling", "maxAppliedHLC", "wallNow", "versions", "opCount",
])  # fmt: skip


@mvcc_ceiling.invariant(short="MVCC-2a", expected={"no-floor": violated(3)})
def MVCC2a_NotBelowCeiling(s: State) -> Bool:
    """No version is below the ceiling at its issue: the published text."""
    return forall(Key, lambda k: forall_in(s.versions[k], lambda v: v.ts.wall >= v.ceilingAtIssue))


@mvcc_ceiling.invariant(short="MVCC-2b", expected={"no-overflow-fence": violated(5)})
def MVCC2b_NotAboveCeiling(s: State) -> Bool:
    """No version is above the ceiling at its issue: the published heading."""
    return forall(Key, lambda k: forall_in(s.versions[k], lambda v: v.ts.wall <= v.ceilingAtIssue))


@mvcc_ceiling.action_property(short="HLC-1-step")
def HLC1_Action(s: State, after: State) -> Bool:
    """The last value of a node never goes back."""
    return forall(Node, lambda n: s.hlcLast[n] <= after.hlcLast[n])
