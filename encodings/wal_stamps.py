"""WAL stamps: the write-ahead log of redis-rust where stamps arrive out of order (after WalDurability.tla).

Several shards share one log and one mark, and each hands out timestamps of its own, so that an entry may be appended after one
with a later timestamp. The model asks which repairs of truncation survive that: cutting only what was streamed does, streaming
in order does not.
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

wal_stamps = Protocol(
    "wal-stamps",
    "a write-ahead log whose stamps arrive out of order",
    source="deeper model of WalDurability",
    default_variant="cut-streamed",
)

GroupCommitBatchSize = wal_stamps.parameter("GroupCommitBatchSize", 2, "largest batch of a commit, and of a flush")
MaxWrites = wal_stamps.search_bound("MaxWrites", 3, "largest timestamp")
MaxSegments = wal_stamps.search_bound("MaxSegments", 3, "with the size of batches a bound on the object store")

wal_stamps.assume("BatchesHaveRoom", GroupCommitBatchSize > 0)


class Entry(Range, low=1, high=MaxWrites):
    """An entry of the log: its timestamp."""


class Mark(Range, low=0, high=MaxWrites):
    """A timestamp; 0 stands for none."""


class Batch(Sequence[Entry], capacity=GroupCommitBatchSize):
    """Entries in the order in which they were appended."""


@wal_stamps.state
class State:
    wal_buffer: Batch = var(empty, "appended, not yet synced")
    wal_synced: Set[Entry] = var(set(), "entries of the log that survive a crash")
    streamed_entries: Set[Entry] = var(set(), "entries in the object store")
    high_water_mark: Mark = var(0, "largest streamed entry")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")
    crashed: Bool = var(False, "whether the process is down")
    recovered: Bool = var(True, "always the negation of crashed")
    issued: Set[Entry] = var(set(), "timestamps in use")


@wal_stamps.action
def WalAppend(s: State, entry: Entry) -> None:
    """An entry is appended to the buffer, with any timestamp that is not in use."""
    guard("up", ~s.crashed)
    guard("new", ~s.issued.contains(entry))
    guard("batch-room", s.wal_buffer.length() < GroupCommitBatchSize)
    s.wal_buffer = s.wal_buffer.append(entry)
    s.issued |= {entry}


@wal_stamps.action
def WalSync(s: State) -> None:
    """The whole batch is made durable, and then acknowledged."""
    guard("up", ~s.crashed)
    guard("non-empty", s.wal_buffer.length() > 0)
    batch = s.wal_buffer.elements()
    s.wal_synced |= batch
    s.acknowledged |= batch
    s.wal_buffer = empty


@wal_stamps.action
def WalSyncFail(s: State) -> None:
    """The sync reports an error: the batch is neither durable nor acknowledged."""
    guard("up", ~s.crashed)
    guard("non-empty", s.wal_buffer.length() > 0)
    s.wal_buffer = empty


@wal_stamps.action
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


@wal_stamps.action
def WalTruncate(s: State) -> None:
    """The log is cut: what is up to the mark, or what of that was streamed."""
    guard("up", ~s.crashed)
    guard("mark-set", s.high_water_mark > 0)
    cut = s.wal_synced.where(
        lambda e: (e <= s.high_water_mark) & choice("cut-streamed", s.streamed_entries.contains(e), Bool(True))
    )
    guard("something-to-cut", ~cut.is_empty())
    s.wal_synced -= cut


@wal_stamps.action
def Crash(s: State) -> None:
    """The process stops, and the buffer is gone."""
    guard("up", ~s.crashed)
    s.crashed = Bool(True)
    s.recovered = Bool(False)
    s.wal_buffer = empty


@wal_stamps.action
def Recover(s: State) -> None:
    """The process starts again; the log and the store are still there, and nothing is read back."""
    guard("down", s.crashed)
    guard("not-recovered", ~s.recovered)
    s.crashed = Bool(False)
    s.recovered = Bool(True)
    s.wal_buffer = empty


wal_stamps.variant("cut-streamed", drops=["StreamFlush.in-order"], doc="a repair: only what was streamed is cut")
wal_stamps.variant("stream-in-order", drops=["WalTruncate.cut-streamed"], doc="no repair here: what is streamed has no gaps yet")
