"""Properties of WalDurability: the published properties, and the corrected ones beside them."""

from __future__ import annotations

from verifier.encodings._wal import Entry
from verifier.encodings.wal_durability import FairSpec, State, wal_durability
from verifier.kernel import Bool, Temporal, forall, forall_in, implies, leads_to, violated
from verifier.properties import _wal

wal_durability.type_ok(
    variables=["wal_buffer", "wal_synced", "streamed_entries", "high_water_mark", "acknowledged", "write_counter"]
)


LATE = dict.fromkeys(("every-second", "no-fsync"), violated(1))


def mark_consistent(s: State) -> Bool:
    """Whether the mark is at least every streamed entry, and 0 if there is none."""
    return forall_in(s.streamed_entries, lambda e: e <= s.high_water_mark) & implies(
        s.streamed_entries.is_empty(), s.high_water_mark == 0
    )


LOST = {"published": violated(5), **LATE, "reply-anyway": violated(2)}

wal_durability.invariant(expected=LOST)(_wal.AcknowledgedRecoverable)


@wal_durability.invariant(expected=LOST)
def RecoveryCompleteness(s: State) -> Bool:
    """The same, but only while the process is up."""
    return implies(s.recovered, _wal.AcknowledgedRecoverable(s))


wal_durability.invariant(expected=LATE)(_wal.BufferNotAcknowledged)


@wal_durability.invariant()
def HighWaterMarkConsistent(s: State) -> Bool:
    """The mark is at least every streamed entry, and 0 if there is none."""
    return mark_consistent(s)


@wal_durability.invariant(vacuous="it only restates the type of the counter")
def WriteCounterMonotonic(s: State) -> Bool:
    """The counter is at least 1; that it does not fall is CounterStep."""
    return s.write_counter >= 1


@wal_durability.invariant(expected=LOST)
def AllInvariants(s: State) -> Bool:
    """The conjunction of the published invariants."""
    kept = _wal.AcknowledgedRecoverable(s) & _wal.BufferNotAcknowledged(s)
    return kept & mark_consistent(s) & (s.write_counter >= 1)


_FAILED = dict.fromkeys(("published", "cut-streamed", "stream-in-order"), violated(2, loop=0))


@wal_durability.liveness(under=FairSpec, expected=_FAILED, bounded="a failed sync refutes it at any size")
def EventualDurability(s: State) -> Temporal:
    """An entry in the buffer is acknowledged, or the process crashes; a failed sync refutes it."""
    return forall(Entry, lambda e: leads_to(
        s.wal_buffer.contains(e) & ~s.crashed, s.acknowledged.contains(e) | s.crashed
    ))  # fmt: skip


_STOPS = dict.fromkeys(
    ("published", "cut-streamed", "stream-in-order", "every-second", "no-fsync", "reply-anyway"), violated(1, loop=0)
)


@wal_durability.liveness(under=[], expected=_STOPS, bounded="without fairness a run may stop at any size")
def RecoveryTerminates(s: State) -> Temporal:
    """A process that is down recovers; the recommended configuration assumes no fairness, so that it may not."""
    return leads_to(s.crashed, s.recovered)


# -- corrected, and what the published properties leave out ----------------------------------------------------------


@wal_durability.invariant()
def HwmExact(s: State) -> Bool:
    """The mark is the largest streamed entry, and 0 if there is none."""
    return mark_consistent(s) & (s.streamed_entries.is_empty() | s.streamed_entries.contains(Entry(s.high_water_mark)))


@wal_durability.action_property()
def HwmStep(s: State, after: State) -> Bool:
    """The mark never falls."""
    return s.high_water_mark <= after.high_water_mark


@wal_durability.action_property()
def CounterStep(s: State, after: State) -> Bool:
    """The counter never falls."""
    return s.write_counter <= after.write_counter


@wal_durability.action_property()
def AckStep(s: State, after: State) -> Bool:
    """Acknowledged entries stay acknowledged."""
    return s.acknowledged <= after.acknowledged


wal_durability.action_property()(_wal.BatchStep)
wal_durability.action_property(expected={"published": violated(5)})(_wal.CutSafeStep)
wal_durability.invariant(
    expected=dict.fromkeys(("published", "cut-streamed", "every-second", "no-fsync", "reply-anyway"), violated(4))
)(_wal.CoveredBelowMark)


@wal_durability.liveness(under=FairSpec)
def RecoveryTerminatesFair(s: State) -> Temporal:
    """A process that is down recovers, if recovery is fair."""
    return leads_to(s.crashed, s.recovered)


@wal_durability.liveness(
    under=FairSpec,
    expected={
        "published": violated(5, loop=0),
        "every-second": violated(2, loop=0),
        "no-fsync": violated(1, loop=0),
        "reply-anyway": violated(2, loop=0),
    },
    bounded="among endless writes a flush that is only fair as a whole may pass over an entry forever",
)
def EventualStreamingC(s: State) -> Temporal:
    """An acknowledged entry is streamed, or the process crashes; published as a formula that no tool accepts."""
    return forall(Entry, lambda e: leads_to(
        s.acknowledged.contains(e) & ~s.crashed, s.streamed_entries.contains(e) | s.crashed
    ))  # fmt: skip


@wal_durability.liveness(under=FairSpec, expected={"no-fsync": violated(1, loop=0)})
def BufferDrains(s: State) -> Temporal:
    """A buffer that is not empty is emptied."""
    return leads_to(s.wal_buffer.length() > 0, s.wal_buffer.length() == 0)


wal_durability.lemma(_wal.PAST)(_wal.AcknowledgedIsPast)
wal_durability.lemma(_wal.DURABLE)(_wal.DurableIsAcknowledged)
wal_durability.lemma(_wal.NEW)(_wal.BufferIsNew)


@wal_durability.lemma("a crash empties the buffer")
def CrashedIsEmpty(s: State) -> Bool:
    return (s.recovered == ~s.crashed) & implies(s.crashed, s.wal_buffer.length() == 0)


wal_durability.finding(
    "Truncation loses acknowledged entries",
    "The log is cut up to the largest streamed entry, whether or not the entries below were streamed. Cutting only what was "
    "streamed suffices, and so does streaming in order, if stamps come in order.",
    command="verify explore wal-durability",
)
wal_durability.finding(
    "A failed sync is acknowledged, too",
    "Even under the fsync policy Always the client gets its reply when the sync has failed.",
    command="verify explore wal-durability:reply-anyway",
)
wal_durability.finding(
    "EventualStreaming cannot be checked, RecoveryTerminates is false as configured",
    "The first quantifies over a variable outside the temporal operator. The recommended configuration has no fairness, so "
    "that a process that is down may stay so.",
    command="verify prove wal-durability --property RecoveryTerminates",
)
