"""WalDurability: a write-ahead log with group commit, streaming and truncation (redis-rust, WalDurability.tla).

Entries are appended to a buffer, acknowledged after the sync of a whole batch, copied to an object store in the background,
and cut from the log where the object store has taken over. The model asks whether an acknowledged entry can get lost. Entries
are their timestamps.

As published the log is cut up to the largest entry that was streamed, whether or not the entries below it were: an acknowledged
entry is lost. Two repairs suffice, each alone: cut only what was streamed, or stream in order.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Protocol,
    Range,
    Sequence,
    Set,
    budget,
    choice,
    empty,
    forall,
    guard,
    implies,
    max_of,
    maximum,
    var,
    weak,
)

wal_durability = Protocol(
    "wal-durability",
    "a write-ahead log with group commit, streaming and truncation",
    source="redis-rust specs/tla/WalDurability.tla",
    default_variant="published",
)

GroupCommitBatchSize = wal_durability.parameter("GroupCommitBatchSize", 2, "largest batch of a commit, and of a flush")
MaxWrites = wal_durability.search_bound("MaxWrites", 4, "appended entries")
MaxSegments = wal_durability.search_bound("MaxSegments", 3, "with the size of batches a bound on the object store")

wal_durability.assume("BatchesHaveRoom", GroupCommitBatchSize > 0)


class Entry(Range, low=1, high=MaxWrites):
    """An entry of the log: its timestamp."""


class Mark(Range, low=0, high=MaxWrites):
    """A timestamp; 0 stands for none."""


class Next(Range, low=1, high=MaxWrites + 1):
    """The timestamp of an entry that is still to come."""


class Batch(Sequence[Entry], capacity=GroupCommitBatchSize):
    """Entries in the order in which they were appended."""


@wal_durability.state
class State:
    wal_buffer: Batch = var(empty, "appended, not yet synced")
    wal_synced: Set[Entry] = var(set(), "entries of the log that survive a crash")
    streamed_entries: Set[Entry] = var(set(), "entries in the object store")
    high_water_mark: Mark = var(0, "largest streamed entry")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")
    crashed: Bool = var(False, "whether the process is down")
    recovered: Bool = var(True, "always the negation of crashed")
    write_counter: Next = var(1, "timestamp of the next entry")


@wal_durability.action
def WalAppend(s: State) -> None:
    """An entry is appended to the buffer."""
    guard("up", ~s.crashed)
    budget("write-budget", s.write_counter <= MaxWrites)
    guard("batch-room", s.wal_buffer.length() < GroupCommitBatchSize)
    entry = Entry(s.write_counter)
    s.wal_buffer = s.wal_buffer.append(entry)
    s.write_counter += 1
    s.acknowledged = choice("after-sync", s.acknowledged, s.acknowledged | {entry})


@wal_durability.action
def WalSync(s: State) -> None:
    """The whole batch is made durable, and then acknowledged."""
    guard("up", ~s.crashed)
    guard("non-empty", s.wal_buffer.length() > 0)
    batch = s.wal_buffer.elements()
    s.wal_synced |= batch
    s.acknowledged |= batch
    s.wal_buffer = empty


@wal_durability.action
def WalSyncFail(s: State) -> None:
    """The sync reports an error: the batch is neither durable nor acknowledged."""
    guard("up", ~s.crashed)
    guard("non-empty", s.wal_buffer.length() > 0)
    s.acknowledged = choice("reported", s.acknowledged, s.acknowledged | s.wal_buffer.elements())
    s.wal_buffer = empty


@wal_durability.action
def StreamFlush(s: State, batch: Set[Entry]) -> None:
    """Some synced entries are copied to the object store; the log keeps them."""
    guard("up", ~s.crashed)
    guard("something-synced", ~s.wal_synced.is_empty())
    budget("store-budget", s.streamed_entries.size() < MaxSegments * GroupCommitBatchSize)
    guard("some", ~batch.is_empty())
    guard("synced", batch <= s.wal_synced)
    guard("batch-size", batch.size() <= GroupCommitBatchSize)
    guard("in-order", forall(Entry, Entry, lambda b, w: implies(
        batch.contains(b) & s.wal_synced.contains(w) & (w < b), batch.contains(w) | s.streamed_entries.contains(w)
    )))  # fmt: skip
    s.streamed_entries |= batch
    s.high_water_mark = choice("mark-max", Mark(maximum(s.high_water_mark, max_of(batch))), Mark(max_of(batch)))


@wal_durability.action
def WalTruncate(s: State) -> None:
    """The log is cut: what is up to the mark, or what of that was streamed."""
    guard("up", ~s.crashed)
    guard("mark-set", s.high_water_mark > 0)
    cut = s.wal_synced.where(
        lambda e: choice("through-mark", e <= s.high_water_mark, e < s.high_water_mark)
        & choice("cut-streamed", s.streamed_entries.contains(e), Bool(True))
    )
    guard("something-to-cut", ~cut.is_empty())
    s.wal_synced -= cut


@wal_durability.action
def Crash(s: State) -> None:
    """The process stops, and the buffer is gone."""
    guard("up", ~s.crashed)
    s.crashed = Bool(True)
    s.recovered = Bool(False)
    s.wal_buffer = empty
    s.wal_synced = choice("log-survives", s.wal_synced, empty)


@wal_durability.action
def Recover(s: State) -> None:
    """The process starts again; the log and the store are still there, and nothing is read back."""
    guard("down", s.crashed)
    guard("not-recovered", ~s.recovered)
    s.crashed = Bool(False)
    s.recovered = Bool(True)
    s.wal_buffer = empty


FairSpec = wal_durability.assume_fair("FairSpec", weak(WalSync), weak(Recover), weak(StreamFlush))

wal_durability.variant("published", drops=["WalTruncate.cut-streamed", "StreamFlush.in-order"], doc="as published")
wal_durability.variant("cut-streamed", drops=["StreamFlush.in-order"], doc="a repair: only what was streamed is cut")
wal_durability.variant("stream-in-order", drops=["WalTruncate.cut-streamed"], doc="a repair: the store has no gaps")
wal_durability.variant(
    "every-second",
    drops=["WalAppend.after-sync", "StreamFlush.in-order"],
    doc="clients are answered at the append, and the log is synced later: the fsync policy EverySecond",
)
wal_durability.variant(
    "no-fsync",
    drops=["WalAppend.after-sync", "StreamFlush.in-order", "FairSpec.WalSync"],
    doc="clients are answered at the append, and nobody has to sync the log: the fsync policy No",
)
wal_durability.variant(
    "reply-anyway",
    drops=["WalSyncFail.reported", "StreamFlush.in-order"],
    doc="clients are answered when the sync has failed, too, as the server does under the policy Always",
)
