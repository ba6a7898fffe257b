"""WAL shards: the write-ahead log of redis-rust with several shards on one log (after WalDurability.tla and wal_actor.rs).

Each shard stamps its entries with a clock of its own; all append to one log, which is cut up to a mark. The model asks what the
mark has to be. One mark for all shards loses acknowledged entries, even where the store has no gaps: an entry of another shard
may have the same stamp. A mark for each shard does not, nor does cutting only what was streamed.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    budget,
    choice,
    empty,
    fn,
    forall,
    guard,
    implies,
    ite,
    maximum,
    var,
)

wal_shards = Protocol(
    "wal-shards",
    "several shards on one write-ahead log",
    source="redis-rust src/streaming/wal_actor.rs",
    default_variant="one-mark",
)

MaxTime = wal_shards.search_bound("MaxTime", 2, "largest stamp")


class Shard(Scalarset, parameter="Shards", size=2, prefix="s"):
    """A shard."""


class Time(Range, low=1, high=MaxTime):
    """The stamp of an entry."""


class Clock(Range, low=0, high=MaxTime):
    """A stamp; 0 stands for none."""


class Entry(Record):
    """An entry of the log."""

    shard: Shard
    time: Time


@wal_shards.state
class State:
    clock: Fn[Shard, Clock] = var(0, "stamp that each shard gave last")
    buffer: Set[Entry] = var(set(), "appended, not yet synced")
    synced: Set[Entry] = var(set(), "entries of the log that survive a crash")
    streamed: Set[Entry] = var(set(), "entries in the object store")
    mark: Fn[Shard, Clock] = var(0, "largest streamed stamp, of each shard or of all")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")


@wal_shards.action
def Append(s: State, h: Shard) -> None:
    """A shard appends an entry, with its next stamp."""
    budget("time-budget", s.clock[h] < MaxTime)
    time = s.clock[h] + 1
    s.buffer |= {Entry(shard=h, time=Time(time))}
    s.clock[h] = Clock(time)


@wal_shards.action
def Sync(s: State) -> None:
    """The whole batch is made durable, and then acknowledged."""
    guard("non-empty", ~s.buffer.is_empty())
    s.synced |= s.buffer
    s.acknowledged |= s.buffer
    s.buffer = empty


@wal_shards.action
def Stream(s: State, e: Entry) -> None:
    """A synced entry is copied to the object store, after all that are older: of its shard, or of all shards."""
    guard("synced", s.synced.contains(e))
    guard(
        "in-order",
        forall(Entry, lambda w: implies(
            s.synced.contains(w) & (w.shard == e.shard) & (w.time < e.time), s.streamed.contains(w)
        )),
        of_all=forall(Entry, lambda w: implies(s.synced.contains(w) & (w.time < e.time), s.streamed.contains(w))),
    )  # fmt: skip
    s.streamed |= {e}
    concerned = fn(Shard, lambda h: choice("mark-per-shard", h == e.shard, Bool(True)))
    s.mark = fn(Shard, lambda h: ite(concerned[h], Clock(maximum(s.mark[h], e.time)), s.mark[h]))


@wal_shards.action
def Truncate(s: State) -> None:
    """The log is cut up to the mark."""
    cut = s.synced.where(
        lambda e: (e.time <= s.mark[e.shard]) & choice("cut-streamed", s.streamed.contains(e), Bool(True))
    )
    guard("something-to-cut", ~cut.is_empty())
    s.synced -= cut


@wal_shards.action
def Crash(s: State) -> None:
    """The process stops and starts again; the buffer is gone, and the clocks go on."""
    guard("non-empty", ~s.buffer.is_empty())
    s.buffer = empty


wal_shards.variant(
    "one-mark",
    drops=["Stream.mark-per-shard", "Truncate.cut-streamed"],
    replaces={"Stream.in-order": "of_all"},
    doc="as coded: one mark for all shards; the store has no gaps",
)
wal_shards.variant("mark-per-shard", drops=["Truncate.cut-streamed"], doc="a repair: each shard has a mark")
wal_shards.variant(
    "cut-streamed", drops=["Stream.mark-per-shard", "Stream.in-order"], doc="a repair: only what was streamed is cut"
)
