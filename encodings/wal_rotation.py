"""WAL rotation: a group commit of redis-rust whose batch goes to two files (src/streaming/wal.rs, wal_actor.rs).

The log is a row of files. A file that is full is closed, and so is one to which a write has failed; a sync is one of the file
that is open. The model asks whether what a sync acknowledges is durable: the part of the batch in a file that was closed is
not, unless it was synced before.
"""

from __future__ import annotations

from verifier.kernel import Protocol, Range, Set, budget, choice, empty, guard, var

wal_rotation = Protocol(
    "wal-rotation",
    "a group commit whose batch goes to two files",
    source="redis-rust src/streaming/wal.rs",
    default_variant="as-coded",
)

MaxWrites = wal_rotation.search_bound("MaxWrites", 4, "appended entries")


class Entry(Range, low=1, high=MaxWrites):
    """An entry: the how manieth that was appended."""


class Next(Range, low=1, high=MaxWrites + 1):
    """The number of an entry that is still to come."""


@wal_rotation.state
class State:
    next_entry: Next = var(1, "number of the next entry")
    opened: Set[Entry] = var(set(), "entries in the open file that are not durable")
    closed: Set[Entry] = var(set(), "entries in closed files that are not durable")
    durable: Set[Entry] = var(set(), "entries that survive a crash")
    pending: Set[Entry] = var(set(), "entries whose clients wait for the sync")
    acknowledged: Set[Entry] = var(set(), "ghost: entries acknowledged to clients")
    lost: Set[Entry] = var(set(), "ghost: entries lost in crashes")


@wal_rotation.action
def Append(s: State) -> None:
    """An entry is appended to the open file, and its client waits."""
    budget("write-budget", s.next_entry <= MaxWrites)
    entry = Entry(s.next_entry)
    s.opened |= {entry}
    s.pending |= {entry}
    s.next_entry += 1


@wal_rotation.action
def Rotate(s: State) -> None:
    """The open file is closed, being full, or since a write to it has failed; another one will be opened."""
    guard("non-empty", ~s.opened.is_empty())
    kept = choice("sync-first", s.opened, s.opened - s.opened)
    s.durable |= kept
    s.closed = s.closed | (s.opened - kept)
    s.opened = empty


@wal_rotation.action
def WriteBack(s: State) -> None:
    """The operating system writes closed files back in its own time."""
    guard("non-empty", ~s.closed.is_empty())
    s.durable |= s.closed
    s.closed = empty


@wal_rotation.action
def Sync(s: State) -> None:
    """The open file is synced, and all who wait are acknowledged."""
    guard("waiting", ~s.pending.is_empty())
    s.durable |= s.opened
    s.opened = empty
    s.acknowledged |= s.pending
    s.pending = empty


@wal_rotation.action
def Crash(s: State) -> None:
    """The machine stops and starts again."""
    guard("something-to-lose", ~(s.opened | s.closed).is_empty())
    s.lost = s.lost | s.opened | s.closed
    s.opened = empty
    s.closed = empty
    s.pending = empty


wal_rotation.variant("as-coded", drops=["Rotate.sync-first"], doc="a file is closed without a sync")
wal_rotation.variant("sync-first", without=["WriteBack"], doc="a repair: a file is synced before it is closed")
