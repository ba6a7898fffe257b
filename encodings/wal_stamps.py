"""WAL stamps: the write-ahead log of redis-rust where stamps arrive out of order (after WalDurability.tla).

Several shards share one log and one mark, and each hands out timestamps of its own, so that an entry may be appended after one
with a later timestamp. The model asks which repairs of truncation survive that: cutting only what was streamed does, streaming
in order does not.
"""

from __future__ import annotations

from verifier.encodings._wal import (
    Entry,
    Log,
    append,
    crash,
    declare_parameters,
    may_sync,
    moved_mark,
    recover,
    stream,
    sync,
    truncate,
)
from verifier.kernel import Protocol, Set, empty, guard, var

wal_stamps = Protocol(
    "wal-stamps",
    "a write-ahead log whose stamps arrive out of order",
    source="deeper model of WalDurability",
    default_variant="cut-streamed",
)

declare_parameters(wal_stamps, 3, "largest timestamp")


@wal_stamps.state
class State(Log):
    issued: Set[Entry] = var(set(), "timestamps in use")


@wal_stamps.action
def WalAppend(s: State, entry: Entry) -> None:
    """An entry is appended to the buffer, with any timestamp that is not in use."""
    guard("up", ~s.crashed)
    guard("new", ~s.issued.contains(entry))
    append(s, entry)
    s.issued |= {entry}


@wal_stamps.action
def WalSync(s: State) -> None:
    """The whole batch is made durable, and then acknowledged."""
    sync(s)
    s.wal_buffer = empty


@wal_stamps.action
def WalSyncFail(s: State) -> None:
    """The sync reports an error: the batch is neither durable nor acknowledged."""
    may_sync(s)
    s.wal_buffer = empty


@wal_stamps.action
def StreamFlush(s: State, batch: Set[Entry]) -> None:
    """Some synced entries are copied to the object store; the log keeps them."""
    stream(s, batch)
    s.high_water_mark = moved_mark(s, batch)


@wal_stamps.action
def WalTruncate(s: State) -> None:
    """The log is cut: what is up to the mark, or what of that was streamed."""
    truncate(s)


@wal_stamps.action
def Crash(s: State) -> None:
    """The process stops, and the buffer is gone."""
    crash(s)


@wal_stamps.action
def Recover(s: State) -> None:
    """The process starts again; the log and the store are still there, and nothing is read back."""
    recover(s)


wal_stamps.variant("cut-streamed", drops=["StreamFlush.in-order"], doc="a repair: only what was streamed is cut")
wal_stamps.variant("stream-in-order", drops=["WalTruncate.cut-streamed"], doc="no repair here: what is streamed has no gaps yet")
