"""WAL replay: what a process knows after it has replayed the write-ahead log of redis-rust (after WalDurability.tla).

A crash empties the memory; a recovery reads the object store, and replays the log from the mark on, or all of it. The model
asks whether every acknowledged entry is back then.
"""

from __future__ import annotations

from verifier.encodings._wal import (
    Entry,
    NumberedLog,
    append_next,
    crash,
    declare_parameters,
    may_sync,
    moved_mark,
    recover,
    stream,
    sync,
    truncate,
)
from verifier.kernel import Protocol, Set, choice, empty, var

wal_replay = Protocol(
    "wal-replay",
    "a write-ahead log, and what its replay brings back",
    source="deeper model of WalDurability",
    default_variant="above-mark",
)

declare_parameters(wal_replay, 4, "appended entries")


@wal_replay.state
class State(NumberedLog):
    memory: Set[Entry] = var(set(), "entries that the process knows")


@wal_replay.action
def WalAppend(s: State) -> None:
    """An entry is appended to the buffer."""
    append_next(s)


@wal_replay.action
def WalSync(s: State) -> None:
    """The whole batch is made durable, and then acknowledged."""
    s.memory |= sync(s)
    s.wal_buffer = empty


@wal_replay.action
def WalSyncFail(s: State) -> None:
    """The sync reports an error: the batch is neither durable nor acknowledged."""
    may_sync(s)
    s.wal_buffer = empty


@wal_replay.action
def StreamFlush(s: State, batch: Set[Entry]) -> None:
    """Some synced entries are copied to the object store; the log keeps them."""
    stream(s, batch)
    s.high_water_mark = moved_mark(s, batch)


@wal_replay.action
def WalTruncate(s: State) -> None:
    """The log is cut: what is up to the mark, or what of that was streamed."""
    truncate(s)


@wal_replay.action
def Crash(s: State) -> None:
    """The process stops, and the buffer is gone."""
    crash(s)
    s.memory = empty


@wal_replay.action
def Recover(s: State) -> None:
    """The process starts again: it reads the store, and replays the log."""
    recover(s)
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
