"""Properties of a group commit whose batch goes to two files."""

from __future__ import annotations

from verifier.encodings.wal_rotation import State, wal_rotation
from verifier.kernel import Bool, disjoint, forall_in, violated

wal_rotation.type_ok(variables=["next_entry", "opened", "closed", "durable", "pending", "acknowledged", "lost"])


@wal_rotation.invariant(expected={"as-coded": violated(3)})
def AcknowledgedDurable(s: State) -> Bool:
    """Acknowledged entries survive a crash."""
    return s.acknowledged <= s.durable


@wal_rotation.invariant(expected={"as-coded": violated(4)})
def NoneLost(s: State) -> Bool:
    """No acknowledged entry is lost."""
    return disjoint(s.acknowledged, s.lost)


@wal_rotation.lemma("who waits has an entry in the open file, or in one that was synced")
def PendingIsWritten(s: State) -> Bool:
    return s.pending <= s.opened | s.closed | s.durable


@wal_rotation.lemma("an entry is in one place")
def OnePlace(s: State) -> Bool:
    return disjoint(s.durable, s.lost) & disjoint(s.durable, s.opened) & disjoint(s.durable, s.closed)


@wal_rotation.lemma("entries are numbered, and the next one is new")
def NextIsNew(s: State) -> Bool:
    return forall_in(s.opened | s.closed | s.durable | s.lost, lambda e: e < s.next_entry)


wal_rotation.finding(
    "A batch that is spread over two files is acknowledged when only the second is durable",
    "WalRotator::rotate drops the writer of the old file without a sync, and WalRotator::sync is one of the new file alone.",
    command="verify explore wal-rotation",
)
