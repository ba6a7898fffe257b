"""Torn records: what a write-ahead log brings back whose last record was not written as a whole (after redis-rust, wal.rs).

The log is a sequence of records. An append writes a record, which is whole only after a second step; a sync makes the log
durable so far, and acknowledges it. A crash keeps some prefix, not shorter than the last sync, whose last record may be torn.
A recovery reads up to the first record that is not whole, and cuts the log there. Streamed records may be cut off at the front.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Protocol,
    Range,
    Record,
    Sequence,
    Set,
    budget,
    choice,
    empty,
    exists_upto,
    forall_upto,
    guard,
    implies,
    set_of,
    tabulate,
    var,
)

wal_torn = Protocol("wal-torn", "a write-ahead log whose last record may be torn", source="redis-rust src/streaming/wal.rs")

MaxWrites = wal_torn.search_bound("MaxWrites", 3, "appended entries")


class Entry(Range, low=1, high=MaxWrites):
    """An entry: the how manieth that was appended."""


class Next(Range, low=1, high=MaxWrites + 1):
    """The number of an entry that is still to come."""


class Length(Range, low=0, high=MaxWrites):
    """A number of records."""


class Stored(Record):
    """A record of the log."""

    entry: Entry
    whole: Bool


class Log(Sequence[Stored], capacity=MaxWrites):
    """Records in the order in which they were appended."""


@wal_torn.state
class State:
    log: Log = var(empty, "the log, as it stands in the file")
    synced: Length = var(0, "how much of it survives a crash")
    next_entry: Next = var(1, "number of the next entry")
    written: Set[Entry] = var(set(), "ghost: entries that were appended as a whole")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")
    streamed: Set[Entry] = var(set(), "entries in the object store")
    recovered: Set[Entry] = var(set(), "the entries that the last recovery read")
    writing: Bool = var(False, "whether the last record is being written")
    crashed: Bool = var(False, "whether the process is down")


@wal_torn.action
def AppendBegin(s: State) -> None:
    """A record is being written."""
    guard("up", ~s.crashed)
    guard("at-rest", ~s.writing)
    budget("write-budget", s.next_entry <= MaxWrites)
    s.log = s.log.append(Stored(entry=Entry(s.next_entry), whole=Bool(False)))
    s.next_entry += 1
    s.writing = Bool(True)


@wal_torn.action
def AppendEnd(s: State) -> None:
    """It is written."""
    guard("up", ~s.crashed)
    guard("writing", s.writing)
    s.written |= {s.log.last().entry}
    s.log = s.log.put(s.log.length(), s.log.last().replace(whole=Bool(True)))
    s.writing = Bool(False)


@wal_torn.action
def Sync(s: State) -> None:
    """Entries appended since the last sync become durable and are acknowledged."""
    guard("up", ~s.crashed)
    guard("new", s.synced < s.log.length())
    guard("whole", ~s.writing)
    s.acknowledged |= set_of(Entry, lambda e: exists_upto(
        s.log.length(), lambda i: (i > s.synced) & (s.log.at(i).entry == e)
    ))  # fmt: skip
    s.synced = Length(s.log.length())


@wal_torn.action
def Stream(s: State, e: Entry) -> None:
    """An acknowledged entry is copied to the object store."""
    guard("up", ~s.crashed)
    guard("acknowledged", s.acknowledged.contains(e))
    s.streamed |= {e}


@wal_torn.action
def CutFront(s: State) -> None:
    """The oldest record is cut off, as it was streamed."""
    guard("up", ~s.crashed)
    guard("synced", s.synced > 0)
    guard("whole", s.log.head().whole)
    guard("streamed", s.streamed.contains(s.log.head().entry))
    s.log = s.log.tail()
    s.synced -= 1


@wal_torn.action
def Crash(s: State, kept: Length, torn: Bool) -> None:
    """The process stops; a prefix of the log is left, whose last record may be torn unless it was synced."""
    guard("up", ~s.crashed)
    guard("durable", (s.synced <= kept) & (kept <= s.log.length()))
    guard("tears-the-last", implies(torn, s.synced < kept))
    s.crashed = Bool(True)
    s.writing = Bool(False)
    s.recovered = empty
    s.log = tabulate(Log, kept, lambda i: Stored(
        entry=s.log.at(i).entry, whole=s.log.at(i).whole & ~(torn & (i == kept))
    ))  # fmt: skip


@wal_torn.action
def Recover(s: State, n: Length) -> None:
    """The process starts again: it reads the log up to the first record that is not whole, and cuts it there."""
    guard("down", s.crashed)
    guard("length", n <= s.log.length())
    guard("whole", forall_upto(n, lambda i: s.log.at(i).whole))
    guard("torn-next", (n == s.log.length()) | ~s.log.at(n + 1).whole)
    s.crashed = Bool(False)
    s.recovered = set_of(Entry, lambda e: exists_upto(s.log.length(), lambda i: (
        (s.log.at(i).entry == e) & choice("checked", s.log.at(i).whole, Bool(True)) & choice("stops", i <= n, Bool(True))
    )))  # fmt: skip
    left = choice("cuts", n, s.log.length())
    s.log = tabulate(Log, left, lambda i: s.log.at(i))
    s.synced = Length(left)


wal_torn.variant(
    "skips", drops=["Recover.stops", "Recover.cuts"], doc="a recovery skips records that are not whole, and cuts nothing"
)
wal_torn.variant("early-ack", drops=["Sync.whole"], doc="a record is acknowledged before it is whole")
