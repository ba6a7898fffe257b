"""Properties of a write-ahead log whose stamps arrive out of order."""

from __future__ import annotations

from verifier.encodings.wal_stamps import Entry, State, wal_stamps
from verifier.kernel import Bool, forall_in, implies, violated

wal_stamps.type_ok(variables=["wal_buffer", "wal_synced", "streamed_entries", "high_water_mark", "acknowledged", "issued"])


@wal_stamps.invariant(expected={"stream-in-order": violated(6)})
def AcknowledgedRecoverable(s: State) -> Bool:
    """Every acknowledged entry is in the log or in the object store."""
    return s.acknowledged <= s.wal_synced | s.streamed_entries


@wal_stamps.invariant()
def BufferNotAcknowledged(s: State) -> Bool:
    """Nothing in the buffer is acknowledged."""
    return forall_in(s.wal_buffer, lambda e: ~s.acknowledged.contains(e))


@wal_stamps.invariant()
def HwmExact(s: State) -> Bool:
    """The mark is the largest streamed entry, and 0 if there is none."""
    largest = s.streamed_entries.contains(Entry(s.high_water_mark))
    return forall_in(s.streamed_entries, lambda e: e <= s.high_water_mark) & ((s.high_water_mark == 0) | largest)


@wal_stamps.action_property()
def BatchStep(s: State, after: State) -> Bool:
    """A group commit is all or nothing."""
    added = after.wal_synced - s.wal_synced
    return added.is_empty() | (added == s.wal_buffer.elements())


@wal_stamps.action_property(expected={"stream-in-order": violated(6)})
def CutSafeStep(s: State, after: State) -> Bool:
    """Entries that leave the log are in the object store."""
    return s.wal_synced - after.wal_synced <= s.streamed_entries


@wal_stamps.invariant(expected={"cut-streamed": violated(4), "stream-in-order": violated(5)})
def CoveredBelowMark(s: State) -> Bool:
    """Entries of the log up to the mark were streamed."""
    return forall_in(s.wal_synced, lambda e: implies(e <= s.high_water_mark, s.streamed_entries.contains(e)))


@wal_stamps.lemma("an append takes its timestamp out of those that are new")
def InUse(s: State) -> Bool:
    return (s.acknowledged <= s.issued) & forall_in(s.wal_buffer, lambda e: s.issued.contains(e))


@wal_stamps.lemma("a sync acknowledges what it makes durable, and only that is streamed")
def DurableIsAcknowledged(s: State) -> Bool:
    return (s.wal_synced <= s.acknowledged) & (s.streamed_entries <= s.acknowledged)
