"""WAL replay: what a process knows after it has replayed the write-ahead log of redis-rust (after WalDurability.tla).

A crash empties the memory; a recovery reads the object store, and replays the log from the mark on, or all of it. The model
asks whether every acknowledged entry is back then.
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
)

wal_replay = Protocol(
    "wal-replay",
    "a write-ahead log, and what its replay brings back",
    source="deeper model of WalDurability",
    default_variant="above-mark",
)

GroupCommitBatchSize = wal_replay.parameter("GroupCommitBatchSize", 2, "largest batch of a commit, and of a flush")
MaxWrites = wal_replay.search_bound("MaxWrites", 4, "appended entries")
MaxSegments = wal_replay.search_bound("MaxSegments", 3, "with the size of batches a bound on the object store")

wal_replay.assume("BatchesHaveRoom", GroupCommitBatchSize > 0)


class Entry(Range, low=1, high=MaxWrites):
    """An entry of the log: its timestamp."""


class Mark(Range, low=0, high=MaxWrites):
    """A timestamp; 0 stands for none."""


class Next(Range, low=1, high=MaxWrites + 1):
    """The timestamp of an entry that is still to come."""


class Batch(Sequence[Entry], capacity=GroupCommitBatchSize):
    """Entries in the order in which they were appended."""


@wal_replay.state
class State:
    wal_buffer: Batch = var(empty, "appended, not yet synced")
    wal_synced: Set[Entry] = var(set(), "entries of the log that survive a crash")
    streamed_entries: Set[Entry] = var(set(), "entries in the object store")
    high_water_mark: Mark = var(0, "largest streamed entry")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")
    crashed: Bool = var(False, "whether the process is down")
    recovered: Bool = var(True, "always the negation of crashed")
    write_counter: Next = var(1, "timestamp of the next entry")
    memory: Set[Entry] = var(set(), "entries that the process knows")


@wal_replay.action
def WalAppend(s: State) -> None:
    """An entry is appended to the buffer."""
    guard("up", ~s.crashed)
    budget("write-budget", s.write_counter <= MaxWrites)
    guard("batch-room", s.wal_buffer.length() < GroupCommitBatchSize)
    entry = Entry(s.write_counter)
    s.wal_buffer = s.wal_buffer.append(entry)
    s.write_counter += 1


@wal_replay.action
def WalSync(s: State) -> None:
    """The whole batch is made durable, and then acknowledged."""
    guard("up", ~s.crashed)
    guard("non-empty", s.wal_buffer.length() > 0)
    batch = s.wal_buffer.elements()
    s.wal_synced |= batch
    s.acknowledged |= batch
    s.memory |= batch
    s.wal_buffer = empty


@wal_replay.action
def WalSyncFail(s: State) -> None:
    """The sync reports an error: the batch is neither durable nor acknowledged."""
    guard("up", ~s.crashed)
    guard("non-empty", s.wal_buffer.length() > 0)
    s.wal_buffer = empty


@wal_replay.action
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
    s.high_water_mark = Mark(maximum(s.high_water_mark, max_of(batch)))


@wal_replay.action
def WalTruncate(s: State) -> None:
    """The log is cut: what is up to the mark, or what of that was streamed."""
    guard("up", ~s.crashed)
    guard("mark-set", s.high_water_mark > 0)
    cut = s.wal_synced.where(
        lambda e: (e <= s.high_water_mark) & choice("cut-streamed", s.streamed_entries.contains(e), Bool(True))
    )
    guard("something-to-cut", ~cut.is_empty())
    s.wal_synced -= cut


@wal_replay.action
def Crash(s: State) -> None:
    """The process stops, and the buffer is gone."""
    guard("up", ~s.crashed)
    s.crashed = Bool(True)
    s.recovered = Bool(False)
    s.wal_buffer = empty
    s.memory = empty


@wal_replay.action
def Recover(s: State) -> None:
    """The process starts again: it reads the store, and replays the log."""
    guard("down", s.crashed)
    guard("not-recovered", ~s.recovered)
    s.crashed = Bool(False)
    s.recovered = Bool(True)
    s.wal_buffer = empty
    replayed = choice("replay-all", s.wal_synced, s.wal_synced.where(lambda e: e > s.high_water_mark))
    s.memory = s.streamed_entries | replayed


wal_replay.variant(
    "above-mark",
    drops=["Recover.replay-all", "WalTruncate.cut-streamed", "StreamFlush.in-order"],
    doc="as published, and replay begins above the mark",
)
wal_replay.variant(
    "cut-streamed",
    drops=["Recover.replay-all", "StreamFlush.in-order"],
    doc="only what was streamed is cut, and replay begins above the mark",
)
wal_replay.variant(
    "replay-all", drops=["StreamFlush.in-order"], doc="a repair: only what was streamed is cut, and all is replayed"
)
wal_replay.variant(
    "stream-in-order",
    drops=["Recover.replay-all", "WalTruncate.cut-streamed"],
    doc="a repair: the store has no gaps, so that replay may begin above the mark",
)
