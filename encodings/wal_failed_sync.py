"""WAL with failed syncs: entries whose sync has failed stay in the file (after redis-rust, WalDurability.tla and wal.rs).

A sync that reports an error says nothing about the file: entries of the batch may be on disk, may become durable with the next
sync, or may be lost. Their clients receive an error. The model asks whether a write that was reported as failed can
be there after a crash, and whether one that was acknowledged is. Entries are their timestamps; nothing is streamed or cut.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Protocol,
    Range,
    Set,
    budget,
    choice,
    empty,
    guard,
    ite,
    var,
)

wal_failed_sync = Protocol(
    "wal-failed-sync",
    "a write-ahead log whose file keeps what a sync has failed for",
    source="deeper model of WalDurability, and redis-rust src/streaming/wal.rs",
    default_variant="as-coded",
)

MaxWrites = wal_failed_sync.search_bound("MaxWrites", 3, "appended entries")


class Entry(Range, low=1, high=MaxWrites):
    """An entry of the log: its timestamp."""


class Next(Range, low=1, high=MaxWrites + 1):
    """The timestamp of an entry that is still to come."""


@wal_failed_sync.state
class State:
    wal_buffer: Set[Entry] = var(set(), "appended, not yet synced")
    maybe_durable: Set[Entry] = var(set(), "entries of the file for which a sync has failed")
    wal_synced: Set[Entry] = var(set(), "entries of the file that survive a crash")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")
    failed: Set[Entry] = var(set(), "ghost: entries whose clients received an error")
    memory: Set[Entry] = var(set(), "entries that the latest recovery has read")
    crashed: Bool = var(False, "whether the process is down")
    write_counter: Next = var(1, "timestamp of the next entry")


@wal_failed_sync.action
def WalAppend(s: State) -> None:
    """An entry is appended to the file."""
    guard("up", ~s.crashed)
    budget("write-budget", s.write_counter <= MaxWrites)
    s.wal_buffer |= {Entry(s.write_counter)}
    s.write_counter += 1


@wal_failed_sync.action
def WalSync(s: State) -> None:
    """The file is made durable, with whatever an earlier sync has left in it; the batch is acknowledged."""
    guard("up", ~s.crashed)
    guard("non-empty", ~s.wal_buffer.is_empty())
    s.wal_synced = s.wal_synced | s.wal_buffer | s.maybe_durable
    s.acknowledged |= s.wal_buffer
    s.wal_buffer = empty
    s.maybe_durable = empty


@wal_failed_sync.action
def WalSyncFail(s: State) -> None:
    """The sync reports an error: the batch stays in the file, and its clients receive an error.

    Repaired by cutting the file back to where the last sync ended, which here succeeds; or by stopping the process without an
    answer, as nothing is known about the batch.
    """
    guard("up", ~s.crashed)
    guard("non-empty", ~s.wal_buffer.is_empty())
    answers = choice("answers", Bool(True), Bool(False))
    s.failed = ite(answers, s.failed | s.wal_buffer, s.failed)
    s.crashed = ~answers
    s.maybe_durable = choice("leaves-batch", s.maybe_durable | s.wal_buffer, s.maybe_durable)
    s.wal_buffer = empty


@wal_failed_sync.action
def Crash(s: State) -> None:
    """The process stops."""
    guard("up", ~s.crashed)
    s.crashed = Bool(True)


@wal_failed_sync.action
def Recover(s: State, survived: Set[Entry]) -> None:
    """The process starts again and reads the file: what was synced, and of the rest whatever has survived, which stays."""
    guard("down", s.crashed)
    guard("in-file", survived <= s.maybe_durable | s.wal_buffer)
    s.crashed = Bool(False)
    read = s.wal_synced | survived
    s.wal_synced = read
    s.memory = read
    s.wal_buffer = empty
    s.maybe_durable = empty


wal_failed_sync.variant("as-coded", doc="the batch stays in the file, and clients receive an error")
wal_failed_sync.variant(
    "cuts-back", drops=["WalSyncFail.leaves-batch"], doc="a repair: the file is cut back before clients are answered"
)
wal_failed_sync.variant("stops", drops=["WalSyncFail.answers"], doc="a repair: the process stops without an answer")
