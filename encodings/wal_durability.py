"""WalDurability: a write-ahead log with group commit, streaming and truncation (redis-rust, WalDurability.tla).

Entries are appended to a buffer, acknowledged after the sync of a whole batch, copied to an object store in the background,
and cut from the log where the object store has taken over. The model asks whether an acknowledged entry can get lost. Entries
are their timestamps.

As published the log is cut up to the largest entry that was streamed, whether or not the entries below it were: an acknowledged
entry is lost. Two repairs suffice, each alone: cut only what was streamed, or stream in order.
"""

from __future__ import annotations

from verifier.encodings._wal import (
    Entry,
    Log,
    Mark,
    NumberedLog,
    append_next,
    below_mark,
    crash,
    declare_parameters,
    may_sync,
    moved_mark,
    recover,
    stream,
    sync,
    truncate,
)
from verifier.kernel import Bool, Protocol, Set, choice, empty, max_of, weak

wal_durability = Protocol(
    "wal-durability",
    "a write-ahead log with group commit, streaming and truncation",
    source="redis-rust specs/tla/WalDurability.tla",
    default_variant="published",
)

declare_parameters(wal_durability, 4, "appended entries")


@wal_durability.state
class State(NumberedLog):
    """The shared variables, and no others."""


@wal_durability.action
def WalAppend(s: State) -> None:
    """An entry is appended to the buffer."""
    entry = append_next(s)
    s.acknowledged = choice("after-sync", s.acknowledged, s.acknowledged | {entry})


@wal_durability.action
def WalSync(s: State) -> None:
    """The whole batch is made durable, and then acknowledged."""
    sync(s)
    s.wal_buffer = empty


@wal_durability.action
def WalSyncFail(s: State) -> None:
    """The sync reports an error: the batch is neither durable nor acknowledged."""
    may_sync(s)
    s.acknowledged = choice("reported", s.acknowledged, s.acknowledged | s.wal_buffer.elements())
    s.wal_buffer = empty


@wal_durability.action
def StreamFlush(s: State, batch: Set[Entry]) -> None:
    """Some synced entries are copied to the object store; the log keeps them."""
    stream(s, batch)
    s.high_water_mark = choice("mark-max", moved_mark(s, batch), Mark(max_of(batch)))


def through_mark(s: Log, e: Entry) -> Bool:
    """Whether an entry is up to the mark, or only before it."""
    return choice("through-mark", below_mark(s, e), e < s.high_water_mark)


@wal_durability.action
def WalTruncate(s: State) -> None:
    """The log is cut: what is up to the mark, or what of that was streamed."""
    truncate(s, through_mark)


@wal_durability.action
def Crash(s: State) -> None:
    """The process stops, and the buffer is gone."""
    crash(s)
    s.wal_synced = choice("log-survives", s.wal_synced, empty)


@wal_durability.action
def Recover(s: State) -> None:
    """The process starts again; the log and the store are still there, and nothing is read back."""
    recover(s)


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
