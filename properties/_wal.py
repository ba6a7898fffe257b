"""Formulas that the models of the write-ahead log share: properties of the log, the store and the mark, and lemmas."""

from __future__ import annotations

from verifier.encodings._wal import Entry, Log, NumberedLog
from verifier.kernel import Bool, forall, forall_in, implies


def AcknowledgedRecoverable(s: Log) -> Bool:
    """Every acknowledged entry is in the log or in the object store."""
    return s.acknowledged <= s.wal_synced | s.streamed_entries


def BufferNotAcknowledged(s: Log) -> Bool:
    """Nothing in the buffer is acknowledged."""
    return forall_in(s.wal_buffer, lambda e: ~s.acknowledged.contains(e))


def CoveredBelowMark(s: Log) -> Bool:
    """Entries of the log up to the mark were streamed; only the repair that streams in order needs that."""
    return forall_in(s.wal_synced, lambda e: implies(e <= s.high_water_mark, s.streamed_entries.contains(e)))


def largest_is_marked(s: Log) -> Bool:
    """Whether the mark is the largest streamed entry, and 0 if there is none."""
    largest = s.streamed_entries.contains(Entry(s.high_water_mark))
    return forall_in(s.streamed_entries, lambda e: e <= s.high_water_mark) & ((s.high_water_mark == 0) | largest)


def BatchStep(s: Log, after: Log) -> Bool:
    """A group commit is all or nothing."""
    added = after.wal_synced - s.wal_synced
    return added.is_empty() | (added == s.wal_buffer.elements())


def CutSafeStep(s: Log, after: Log) -> Bool:
    """Entries that leave the log are in the object store."""
    return s.wal_synced - after.wal_synced <= s.streamed_entries


DURABLE = "a sync acknowledges what it makes durable, and only that is streamed"


def DurableIsAcknowledged(s: Log) -> Bool:
    return (s.wal_synced <= s.acknowledged) & (s.streamed_entries <= s.acknowledged)


PAST = "every acknowledged entry has its timestamp from the counter"


def AcknowledgedIsPast(s: NumberedLog) -> Bool:
    return forall_in(s.acknowledged, lambda e: e < s.write_counter)


NEW = "timestamps are handed out in the order of the log, and the buffer has the latest"


def BufferIsNew(s: NumberedLog) -> Bool:
    return forall_in(s.wal_buffer, lambda b: (b < s.write_counter) & forall(Entry, lambda e: implies(
        s.wal_synced.contains(e) | s.streamed_entries.contains(e), e < b
    )))  # fmt: skip
