"""A write-ahead log with group commit, streaming and truncation: the common part of its models.

Entries, which are their timestamps, are appended to a buffer, acknowledged after the sync of a whole batch, copied to an object
store in the background, and cut from the log where the object store has taken over.
"""

from __future__ import annotations

from collections.abc import Callable

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
from verifier.lib.parameters import parameter_called

GroupCommitBatchSize = parameter_called("GroupCommitBatchSize")
MaxWrites = parameter_called("MaxWrites")
MaxSegments = parameter_called("MaxSegments")


def declare_parameters(p: Protocol, writes: int, meaning: str) -> None:
    """Declares the parameters of a model; MaxWrites has a default and a meaning of its own in each."""
    p.parameter("GroupCommitBatchSize", 2, "largest batch of a commit, and of a flush")
    p.search_bound("MaxWrites", writes, meaning)
    p.search_bound("MaxSegments", 3, "with the size of batches a bound on the object store")
    p.assume("BatchesHaveRoom", GroupCommitBatchSize > 0)


class Entry(Range, low=1, high=MaxWrites):
    """An entry of the log: its timestamp."""


class Mark(Range, low=0, high=MaxWrites):
    """A timestamp; 0 stands for none."""


class Next(Range, low=1, high=MaxWrites + 1):
    """The timestamp of an entry that is still to come."""


class Batch(Sequence[Entry], capacity=GroupCommitBatchSize):
    """Entries in the order in which they were appended."""


class Log:
    """The state that all models have."""

    wal_buffer: Batch = var(empty, "appended, not yet synced")
    wal_synced: Set[Entry] = var(set(), "entries of the log that survive a crash")
    streamed_entries: Set[Entry] = var(set(), "entries in the object store")
    high_water_mark: Mark = var(0, "largest streamed entry")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")
    crashed: Bool = var(False, "whether the process is down")
    recovered: Bool = var(True, "always the negation of crashed")


class NumberedLog(Log):
    """The state where timestamps come in the order of the log."""

    write_counter: Next = var(1, "timestamp of the next entry")


def append(s: Log, entry: Entry) -> None:
    """An entry is appended to the buffer, where there is room."""
    guard("batch-room", s.wal_buffer.length() < GroupCommitBatchSize)
    s.wal_buffer = s.wal_buffer.append(entry)


def append_next(s: NumberedLog) -> Entry:
    """The next entry is appended to the buffer."""
    guard("up", ~s.crashed)
    budget("write-budget", s.write_counter <= MaxWrites)
    entry = Entry(s.write_counter)
    append(s, entry)
    s.write_counter += 1
    return entry


def may_sync(s: Log) -> None:
    """The guards of a sync, whether it succeeds or fails."""
    guard("up", ~s.crashed)
    guard("non-empty", s.wal_buffer.length() > 0)


def sync(s: Log) -> Set[Entry]:
    """The whole batch is made durable, and then acknowledged; to empty the buffer is left to the model."""
    may_sync(s)
    batch = s.wal_buffer.elements()
    s.wal_synced |= batch
    s.acknowledged |= batch
    return batch


def stream(s: Log, batch: Set[Entry]) -> None:
    """Some synced entries are copied to the object store; the log keeps them. To move the mark is left to the model."""
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


def moved_mark(s: Log, batch: Set[Entry]) -> Mark:
    """The mark after a batch was streamed."""
    return Mark(maximum(s.high_water_mark, max_of(batch)))


def below_mark(s: Log, e: Entry) -> Bool:
    """Whether the mark is at or after an entry."""
    return e <= s.high_water_mark


def truncate(s: Log, reached: Callable[[Log, Entry], Bool] = below_mark) -> None:
    """The log is cut: what the mark has reached, or what of that was streamed."""
    guard("up", ~s.crashed)
    guard("mark-set", s.high_water_mark > 0)
    cut = s.wal_synced.where(
        lambda e: reached(s, e) & choice("cut-streamed", s.streamed_entries.contains(e), Bool(True))
    )
    guard("something-to-cut", ~cut.is_empty())
    s.wal_synced -= cut


def crash(s: Log) -> None:
    """The process stops, and the buffer is gone."""
    guard("up", ~s.crashed)
    s.crashed = Bool(True)
    s.recovered = Bool(False)
    s.wal_buffer = empty


def recover(s: Log) -> None:
    """The process starts again; the log and the store are still there, and nothing is read back."""
    guard("down", s.crashed)
    guard("not-recovered", ~s.recovered)
    s.crashed = Bool(False)
    s.recovered = Bool(True)
    s.wal_buffer = empty
