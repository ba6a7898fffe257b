"""Properties of a write-ahead log whose file keeps what a sync has failed for."""

from __future__ import annotations

from verifier.encodings.wal_failed_sync import State, wal_failed_sync
from verifier.kernel import Bool, forall_in, implies, violated

wal_failed_sync.type_ok(
    variables=["wal_buffer", "maybe_durable", "wal_synced", "acknowledged", "failed", "memory", "write_counter"]
)


@wal_failed_sync.invariant(expected={"as-coded": violated(4)})
def FailedStaysAway(s: State) -> Bool:
    """No write that was reported as failed is read back after a crash."""
    return (s.failed & s.memory).is_empty()


@wal_failed_sync.invariant(expected={"as-coded": violated(4)})
def FailedIsNotDurable(s: State) -> Bool:
    """No write that was reported as failed becomes durable; the next sync makes it so, without a crash."""
    return (s.failed & s.wal_synced).is_empty()


@wal_failed_sync.invariant()
def AnsweredOnce(s: State) -> Bool:
    """No write is both acknowledged and reported as failed."""
    return (s.failed & s.acknowledged).is_empty()


@wal_failed_sync.invariant()
def AcknowledgedDurable(s: State) -> Bool:
    """Every acknowledged write survives a crash."""
    return s.acknowledged <= s.wal_synced


@wal_failed_sync.action_property()
def RecoverStep(s: State, after: State) -> Bool:
    """A recovery reads every acknowledged write."""
    return implies(s.crashed & ~after.crashed, s.acknowledged <= after.memory)


@wal_failed_sync.invariant()
def RecoveredAppended(s: State) -> Bool:
    """No write is read back that was never appended: that holds however syncs fail."""
    return forall_in(s.memory, lambda e: e < s.write_counter)


@wal_failed_sync.lemma("every entry has its timestamp from the counter")
def EntriesArePast(s: State) -> Bool:
    return forall_in(
        s.wal_buffer | s.maybe_durable | s.wal_synced | s.failed | s.acknowledged, lambda e: e < s.write_counter
    )


@wal_failed_sync.lemma("a batch is answered once, and durable only then")
def BufferIsUnanswered(s: State) -> Bool:
    return (s.wal_buffer & (s.failed | s.acknowledged | s.wal_synced)).is_empty()


@wal_failed_sync.lemma("a recovery reads what is durable")
def MemoryIsDurable(s: State) -> Bool:
    return s.memory <= s.wal_synced


wal_failed_sync.finding(
    "A write that was reported as failed comes back",
    "A failed sync leaves its batch in the file, where a crash may spare it, and the next sync makes it durable. Clients that "
    "write it again write it twice. Cutting the file back before the answer suffices, and so does stopping without one.",
    command="verify explore wal-failed-sync",
)
