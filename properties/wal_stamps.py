"""Properties of a write-ahead log whose stamps arrive out of order."""

from __future__ import annotations

from verifier.encodings.wal_stamps import State, wal_stamps
from verifier.kernel import Bool, forall_in, violated
from verifier.properties import _wal

wal_stamps.type_ok(variables=["wal_buffer", "wal_synced", "streamed_entries", "high_water_mark", "acknowledged", "issued"])


wal_stamps.invariant(expected={"stream-in-order": violated(6)})(_wal.AcknowledgedRecoverable)
wal_stamps.invariant()(_wal.BufferNotAcknowledged)


@wal_stamps.invariant()
def HwmExact(s: State) -> Bool:
    """The mark is the largest streamed entry, and 0 if there is none."""
    return _wal.largest_is_marked(s)


wal_stamps.action_property()(_wal.BatchStep)
wal_stamps.action_property(expected={"stream-in-order": violated(6)})(_wal.CutSafeStep)
wal_stamps.invariant(expected={"cut-streamed": violated(4), "stream-in-order": violated(5)})(_wal.CoveredBelowMark)


@wal_stamps.lemma("an append takes its timestamp out of those that are new")
def InUse(s: State) -> Bool:
    return (s.acknowledged <= s.issued) & forall_in(s.wal_buffer, lambda e: s.issued.contains(e))


wal_stamps.lemma(_wal.DURABLE)(_wal.DurableIsAcknowledged)
