"""Streaming compaction: segments are merged while the buffer is flushed (redis-rust, persistence.rs and compaction.rs).

A flush loads the manifest, writes its batch as a segment, and saves the manifest with it. A compaction loads the manifest, too,
merges some of its segments into one, saves the manifest with that one in their place, and deletes them. Both run in one process,
and neither waits for the other. The model asks whether anything that was accepted gets lost without a crash, and whether all that
the manifest lists is there. Deltas are their numbers, in the order in which they were accepted; a merge forgets none.
"""

from __future__ import annotations

from verifier.encodings._streaming import Count, Id, Last, MaxIds, Number, crash, last_listed, may_push, push, recover
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Protocol,
    Set,
    budget,
    choice,
    empty,
    exists_in,
    fn,
    guard,
    ite,
    labels,
    set_of,
    var,
)

streaming_compaction = Protocol(
    "streaming-compaction",
    "segments are merged while the buffer is flushed",
    source="redis-rust src/streaming/persistence.rs, compaction.rs, manifest.rs",
    default_variant="as-coded",
)

streaming_compaction.search_bound("MaxPush", 2, "accepted deltas")
streaming_compaction.search_bound("MaxIds", 3, "segments")


class Flush(Enumeration):
    """How far the flush has come."""

    Idle, Taken, Put = labels(3)


class Compaction(Enumeration):
    """How far the compaction has come."""

    Idle, Loaded, Merged, Saved = labels(4)


@streaming_compaction.state
class State:
    buffer: Set[Number] = var(set(), "accepted, not yet taken")
    batch: Set[Number] = var(set(), "taken, not yet in a segment of the manifest")
    flush: Flush = var(Flush.Idle, "how far the flush has come")
    flush_id: Last = var(0, "identifier of the segment that is being flushed")
    flush_copy: Set[Id] = var(set(), "the manifest as the flush has loaded it")
    compaction: Compaction = var(Compaction.Idle, "how far the compaction has come")
    merged_id: Last = var(0, "identifier of the merged segment")
    compaction_copy: Set[Id] = var(set(), "the manifest as the compaction has loaded it")
    chosen: Set[Id] = var(set(), "segments that are merged")
    store: Fn[Id, Set[Number]] = var(set(), "the content of each segment; empty if there is none")
    manifest: Set[Id] = var(set(), "segments that the manifest lists")
    issued: Last = var(0, "identifiers that were ever chosen are at most this")
    pushed: Count = var(0, "how many deltas were accepted")
    crashlost: Set[Number] = var(set(), "ghost: what was lost in crashes")
    crashed: Bool = var(False, "whether the process is down")


def following(s: State) -> Last:
    """An identifier for a segment: one that nobody has used, or the next one after those of the manifest."""
    return choice("own-id", Last(s.issued + 1), Last(last_listed(s) + 1))


def end_flush(s: State) -> None:
    """Nothing is being flushed any more."""
    s.batch = empty
    s.flush_copy = empty
    s.flush_id = Last(0)
    s.flush = Flush.Idle


def end_compaction(s: State) -> None:
    """Nothing is being merged any more."""
    s.chosen = empty
    s.compaction_copy = empty
    s.merged_id = Last(0)
    s.compaction = Compaction.Idle


@streaming_compaction.action
def Push(s: State) -> None:
    """A delta is accepted."""
    may_push(s)
    push(s)


@streaming_compaction.action
def Take(s: State) -> None:
    """A flush begins: it empties the buffer, loads the manifest, and chooses an identifier."""
    guard("up", ~s.crashed)
    guard("idle", s.flush == Flush.Idle)
    guard("non-empty", ~s.buffer.is_empty())
    chosen = following(s)
    budget("id-budget", chosen <= MaxIds)
    s.batch = s.buffer
    s.buffer = empty
    s.flush_copy = s.manifest
    s.flush_id = chosen
    s.issued = ite(chosen > s.issued, chosen, s.issued)
    s.flush = Flush.Taken


@streaming_compaction.action
def Put(s: State) -> None:
    """The batch is written as a segment."""
    guard("taken", s.flush == Flush.Taken)
    s.store[Id(s.flush_id)] = s.batch
    s.flush = Flush.Put


@streaming_compaction.action
def Save(s: State) -> None:
    """The flush saves the manifest as it has loaded it, and the segment."""
    guard("put", s.flush == Flush.Put)
    guard("unchanged", s.manifest == s.flush_copy)
    s.manifest = s.flush_copy | {Id(s.flush_id)}
    end_flush(s)


@streaming_compaction.action
def Fail(s: State) -> None:
    """A flush ends without a segment, as a write fails or the manifest has changed; the batch goes back into the buffer."""
    guard("flushing", s.flush != Flush.Idle)
    s.buffer |= s.batch
    end_flush(s)


@streaming_compaction.action
def Load(s: State, some: Set[Id]) -> None:
    """A compaction begins: it loads the manifest, and chooses some of its segments and an identifier."""
    guard("up", ~s.crashed)
    guard("idle", s.compaction == Compaction.Idle)
    guard("some", ~some.is_empty())
    guard("listed", some <= s.manifest)
    chosen = following(s)
    budget("id-budget", chosen <= MaxIds)
    s.compaction_copy = s.manifest
    s.chosen = some
    s.merged_id = chosen
    s.issued = ite(chosen > s.issued, chosen, s.issued)
    s.compaction = Compaction.Loaded


@streaming_compaction.action
def Merge(s: State) -> None:
    """The segments are read, and written as one."""
    guard("loaded", s.compaction == Compaction.Loaded)
    s.store[Id(s.merged_id)] = set_of(Number, lambda n: exists_in(s.chosen, lambda i: s.store[i].contains(n)))
    s.compaction = Compaction.Merged


@streaming_compaction.action
def SaveMerged(s: State) -> None:
    """The compaction saves the manifest as it has loaded it, with the merged segment in the place of the others."""
    guard("merged", s.compaction == Compaction.Merged)
    guard("unchanged", s.manifest == s.compaction_copy)
    s.manifest = (s.compaction_copy - s.chosen) | {Id(s.merged_id)}
    s.compaction = Compaction.Saved


@streaming_compaction.action
def Delete(s: State) -> None:
    """The segments that were merged are deleted."""
    guard("saved", s.compaction == Compaction.Saved, merged=s.compaction == Compaction.Merged)
    s.store = fn(Id, lambda i: ite(s.chosen.contains(i), empty, s.store[i]))
    end_compaction(s)


@streaming_compaction.action
def GiveUp(s: State) -> None:
    """A compaction ends, as a write fails or the manifest has changed; what it has written is garbage."""
    guard("compacting", s.compaction != Compaction.Idle)
    end_compaction(s)


@streaming_compaction.action
def Crash(s: State) -> None:
    """The process stops, and what is in memory is gone."""
    crash(s, s.batch)
    end_flush(s)
    end_compaction(s)


@streaming_compaction.action
def Recover(s: State) -> None:
    """The process starts again."""
    recover(s)


OWN = ["Take.own-id", "Load.own-id"]
COMPARED = ["Save.unchanged", "SaveMerged.unchanged"]

streaming_compaction.variant(
    "as-coded",
    drops=[*OWN, *COMPARED],
    doc="both save the manifest whatever it is by then, and take the next identifier of the one that they have loaded",
)
streaming_compaction.variant(
    "compared", drops=OWN, doc="both save the manifest only if it has not changed; that alone is not enough"
)
streaming_compaction.variant("own-ids", drops=COMPARED, doc="no identifier is chosen twice; that alone is not enough")
streaming_compaction.variant(
    "repaired", doc="a repair: no identifier is chosen twice, and both save the manifest only if it has not changed"
)
