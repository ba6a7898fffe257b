"""Properties of HLC."""

from __future__ import annotations

from verifier.encodings.hlc import Node, State, hlc, leader
from verifier.kernel import Bool, forall, forall_in, implies, violated

hlc.type_ok(variables=["hlcLast", "physicalCeiling", "maxAppliedHLC", "wallNow", "committedTS", "opCount"])


@hlc.invariant(short="HLC-1")
def HLC1_PerNodeMonotonic(s: State) -> Bool:
    """The timestamps that a node issues rise."""
    return forall_in(s.committedTS, lambda r1: forall_in(s.committedTS, lambda r2: implies(
        (r1.node == r2.node) & (r1.seq < r2.seq), r1.ts < r2.ts
    )))  # fmt: skip


@hlc.action_property(short="HLC-1-step")
def HLC1_Action(s: State, after: State) -> Bool:
    """The last value of a node never goes back."""
    return forall(Node, lambda n: s.hlcLast[n] <= after.hlcLast[n])


@hlc.invariant(vacuous="it only restates that the ceiling is a natural number, as its type does")
def HLC2_NonNeg(s: State) -> Bool:
    """The ceiling is not negative."""
    return forall(Node, lambda n: s.physicalCeiling[n] >= 0)


@hlc.action_property(short="HLC-2")
def HLC2_Action(s: State, after: State) -> Bool:
    """The ceiling of a node never goes back."""
    return forall(Node, lambda n: s.physicalCeiling[n] <= after.physicalCeiling[n])


@hlc.invariant(short="HLC-3")
def HLC3_LeaderOnly(s: State) -> Bool:
    """Whoever issued a timestamp had won its term."""
    return forall_in(s.committedTS, lambda r: (r.inTerm > 0) & (s.leaderOf[r.inTerm] == r.node))


@hlc.invariant(short="HLC-4", expected={"gap": violated(4)})
def HLC4_NoRegressionAcrossTerms(s: State) -> Bool:
    """Timestamps of a later term are greater than those of an earlier term."""
    return forall_in(s.committedTS, lambda r1: forall_in(s.committedTS, lambda r2: implies(
        r1.inTerm < r2.inTerm, r1.ts < r2.ts
    )))  # fmt: skip


@hlc.lemma("timestamps are issued in the active term, which only grows")
def IssuedByActiveTerm(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.inTerm <= s.activeTerm)


@hlc.lemma("each takes the number of those before it")
def IssuedIsCounted(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.seq < s.opCount)


@hlc.lemma("the state machine keeps the maximum of the timestamps issued")
def IssuedIsApplied(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.ts <= s.maxAppliedHLC)


@hlc.lemma("the leader took over the maximum when it was elected, and alone has issued since")
def LeaderKnowsMaximum(s: State) -> Bool:
    return forall(Node, lambda n: implies(leader(s, n), s.maxAppliedHLC <= s.hlcLast[n]))


@hlc.lemma("a node's last value is at least what it issued, since it never goes back")
def IssuedIsNotAboveLast(s: State) -> Bool:
    return forall_in(s.committedTS, lambda r: r.ts <= s.hlcLast[r.node])


hlc.finding(
    "The published depth counts states",
    "A counterexample at depth 5 is announced; it has four steps. Elsewhere in the same material depths count steps.",
    command="verify prove hlc:gap --property HLC-4",
)
hlc.finding(
    "The handoff alone keeps timestamps from going back",
    "The design presents bounded skew, the handoff and the ceiling fence as necessary together. A new leader sees the true "
    "maximum within its election step, so neither the fence nor the skew bound is needed; one toggle for both hides this.",
    command="verify gaps hlc",
)
hlc.finding(
    "HLC2_NonNeg says nothing beyond its type",
    "The ceiling is a natural number by declaration.",
    command="verify prove hlc --property HLC2_NonNeg",
)
hlc.finding(
    "A deposed leader falls silent at once",
    "Whether a node leads is read from the global term, so the leader that is cut off and goes on issuing, the reason given "
    "for the fence, cannot occur: without the fence nothing breaks.",
    command="verify explore hlc --drop IssueTimestamp.ceiling-fence",
)
hlc.finding(
    "Without any skew no clock ever ticks",
    "A tick of one node alone makes a difference of 1. A review comment says that leaving the ticking node out of the check "
    "cures this; it does so for a single node only. The same 115 states are reachable whatever the clocks could show.",
    command="verify explore hlc --set MaxClockSkewMs=0 --set MaxWallTime=9",
)
