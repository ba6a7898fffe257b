"""Properties of HLC with a ceiling bump instead of a handoff."""

from __future__ import annotations

from verifier.encodings.hlc_ceiling import Node, State, hlc_ceiling
from verifier.kernel import Bool, forall, forall_in, implies, violated

hlc_ceiling.type_ok(variables=[
    "leaderOf", "activeTerm", "hlcLast", "physicalCeiling", "ceilingTerm", "wallNow", "committedTS", "opCount",
])  # fmt: skip


@hlc_ceiling.invariant(
    short="HLC-4",
    expected={"no-serving-fence": violated(5), "no-election-bump": violated(6), "no-overflow-fence": violated(7)},
)
def HLC4_NoRegressionAcrossTerms(s: State) -> Bool:
    """Timestamps of a later term are greater than those of an earlier term."""
    return forall_in(s.committedTS, lambda r1: forall_in(s.committedTS, lambda r2: implies(
        r1.inTerm < r2.inTerm, r1.ts < r2.ts
    )))  # fmt: skip


@hlc_ceiling.action_property(short="HLC-1-step")
def HLC1_Action(s: State, after: State) -> Bool:
    """The last value of a node never goes back."""
    return forall(Node, lambda n: s.hlcLast[n] <= after.hlcLast[n])


@hlc_ceiling.action_property(short="HLC-2")
def HLC2_Action(s: State, after: State) -> Bool:
    """The ceiling of a node never goes back."""
    return forall(Node, lambda n: s.physicalCeiling[n] <= after.physicalCeiling[n])


@hlc_ceiling.lemma("all nodes apply a ceiling at once")
def CeilingIsCommon(s: State) -> Bool:
    return forall(Node, Node, lambda n, m: s.physicalCeiling[n] == s.physicalCeiling[m])


@hlc_ceiling.lemma("the ceiling is renewed in the active term, which only grows")
def CeilingByActiveTerm(s: State) -> Bool:
    return s.ceilingTerm <= s.activeTerm


@hlc_ceiling.lemma("timestamps are issued in terms that have renewed the ceiling")
def IssuedAfterRenewal(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.inTerm <= s.ceilingTerm)


@hlc_ceiling.lemma("each takes the number of those before it")
def IssuedIsCounted(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.seq < s.opCount)


@hlc_ceiling.lemma("timestamps are issued up to the ceiling, which only rises")
def IssuedUpToCeiling(s: State) -> Bool:
    return forall(Node, lambda n: forall_in(s.committedTS, lambda r: r.ts.wall <= s.physicalCeiling[n]))


@hlc_ceiling.lemma("the first renewal of a term puts the ceiling above all that earlier terms issued")
def EarlierIsBelowCeiling(s: State) -> Bool:
    return forall(Node, lambda n: forall_in(s.committedTS, lambda r: implies(
        r.inTerm < s.ceilingTerm, r.ts.wall < s.physicalCeiling[n]
    )))  # fmt: skip
