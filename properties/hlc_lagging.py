"""Properties of HLC with nodes that lag behind."""

from __future__ import annotations

from verifier.encodings.hlc_lagging import Node, State, hlc_lagging, leader
from verifier.kernel import Bool, exists_in, forall, forall_in, implies, violated

hlc_lagging.type_ok(variables=[
    "leaderOf", "activeTerm", "hlcLast", "physicalCeiling", "appliedHLC", "wallNow", "committedTS", "opCount",
])  # fmt: skip


@hlc_lagging.invariant(short="HLC-4", expected={"no-barrier": violated(5)})
def HLC4_NoRegressionAcrossTerms(s: State) -> Bool:
    """Timestamps of a later term are greater than those of an earlier term."""
    return forall_in(s.committedTS, lambda r1: forall_in(s.committedTS, lambda r2: implies(
        r1.inTerm < r2.inTerm, r1.ts < r2.ts
    )))  # fmt: skip


@hlc_lagging.action_property(short="HLC-1-step")
def HLC1_Action(s: State, after: State) -> Bool:
    """The last value of a node never goes back."""
    return forall(Node, lambda n: s.hlcLast[n] <= after.hlcLast[n])


@hlc_lagging.lemma("timestamps are issued in the active term, which only grows")
def IssuedByActiveTerm(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.inTerm <= s.activeTerm)


@hlc_lagging.lemma("each takes the number of those before it")
def IssuedIsCounted(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.seq < s.opCount)


@hlc_lagging.lemma("a node observes what it applies")
def AppliedIsObserved(s: State) -> Bool:
    return forall(Node, lambda n: s.appliedHLC[n] <= s.hlcLast[n])


@hlc_lagging.lemma("a leader that has issued in its term had applied everything before, and alone has issued since")
def IssuingLeaderKnowsMaximum(s: State) -> Bool:
    issuing = exists_in(s.committedTS, lambda r: r.inTerm == s.activeTerm)
    return implies(issuing, forall(Node, lambda n: implies(
        leader(s, n), forall_in(s.committedTS, lambda r: r.ts <= s.hlcLast[n])
    )))  # fmt: skip
