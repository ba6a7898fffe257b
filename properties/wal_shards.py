"""Properties of several shards on one log."""

from __future__ import annotations

from verifier.encodings.wal_shards import Entry, Shard, State, Time, wal_shards
from verifier.kernel import Bool, forall, forall_in, implies, violated

wal_shards.type_ok(variables=["clock", "buffer", "synced", "streamed", "mark", "acknowledged"])


@wal_shards.invariant(expected={"one-mark": violated(5)})
def AcknowledgedRecoverable(s: State) -> Bool:
    """Every acknowledged entry is in the log or in the object store."""
    return s.acknowledged <= s.synced | s.streamed


@wal_shards.invariant(expected={"one-mark": violated(4), "cut-streamed": violated(4)})
def CoveredBelowMark(s: State) -> Bool:
    """Entries of the log up to the mark were streamed."""
    return forall_in(s.synced, lambda e: implies(e.time <= s.mark[e.shard], s.streamed.contains(e)))


@wal_shards.lemma("a shard stamps entries in their order, and the buffer has the latest")
def BufferIsNew(s: State) -> Bool:
    return forall_in(s.buffer, lambda b: (b.time <= s.clock[b.shard]) & forall_in(
        s.synced | s.streamed, lambda e: implies(e.shard == b.shard, e.time < b.time)
    ))  # fmt: skip


@wal_shards.lemma("only what was stamped is durable")
def DurableIsPast(s: State) -> Bool:
    return forall_in(s.synced | s.streamed, lambda e: e.time <= s.clock[e.shard])


@wal_shards.lemma("the mark of a shard is that of an entry of its own; where there is one mark for all, it is not")
def MarkIsOwn(s: State) -> Bool:
    return forall(Shard, lambda h: (s.mark[h] == 0) | s.streamed.contains(Entry(shard=h, time=Time(s.mark[h]))))


wal_shards.finding(
    "One mark for several shards loses acknowledged entries",
    "Each shard stamps with its own clock, so that stamps repeat. A mark for each shard suffices, or cutting only what was "
    "streamed.",
    command="verify explore wal-shards",
)
