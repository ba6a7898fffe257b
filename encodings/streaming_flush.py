"""Streaming flush: the write buffer of redis-rust, flushed in three steps, with content (after StreamingPersistence.tla).

A flush takes the buffer, puts a segment into the object store and saves the manifest; each step can fail, and a crash can come
between. The model asks whether an accepted delta can get lost without a crash, and whether the manifest can go back. Deltas are
their numbers, in the order in which they were accepted.
"""

from __future__ import annotations

from verifier.encodings._streaming import Count, Id, Last, MaxIds, Number, crash, last_listed, may_push, push, recover
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Set,
    budget,
    choice,
    empty,
    guard,
    ite,
    labels,
    none,
    one_of,
    some,
    strong,
    var,
    weak,
)

streaming_flush = Protocol("streaming-flush", "a flush in three steps", source="deeper model of StreamingPersistence")

streaming_flush.search_bound("MaxPush", 3, "accepted deltas")
streaming_flush.search_bound("MaxIds", 3, "segments")
Cap = streaming_flush.search_bound("Cap", 2, "deltas in the buffer")


class Next(Range, low=1, high=MaxIds + 1):
    """The identifier of a segment that is still to come."""


class Phase(Enumeration):
    """How far the flush has come."""

    Idle, Taken, Put = labels(3)


@streaming_flush.state
class State:
    buffer: Set[Number] = var(set(), "accepted, not yet taken")
    inflight: Set[Number] = var(set(), "taken, not yet in a segment of the manifest")
    phase: Phase = var(Phase.Idle, "how far the flush has come")
    id: Last = var(0, "identifier of the segment that is being written")
    store: Fn[Id, Set[Number]] = var(set(), "the content of each segment; empty if there is none")
    manifest: Set[Id] = var(set(), "segments that the manifest lists")
    pushed: Count = var(0, "how many deltas were accepted")
    crashlost: Set[Number] = var(set(), "ghost: what was lost in crashes")
    crashed: Bool = var(False, "whether the process is down")
    counter: Next = var(1, "a counter of identifiers that a crash resets")
    loaded: Option[Set[Id]] = var(none, "the compactor's copy of the manifest")


@streaming_flush.action
def Push(s: State) -> None:
    """A delta is accepted."""
    may_push(s)
    budget("capacity", s.buffer.size() < Cap)
    push(s)


@streaming_flush.action
def Take(s: State) -> None:
    """A flush begins: it empties the buffer and chooses an identifier."""
    guard("up", ~s.crashed)
    guard("idle", s.phase == Phase.Idle)
    guard("non-empty", ~s.buffer.is_empty())
    following = choice("id-from-manifest", Last(last_listed(s) + 1), Last(s.counter))
    budget("id-budget", following <= MaxIds)
    s.inflight = s.buffer
    s.buffer = empty
    s.id = following
    s.counter += 1
    s.phase = Phase.Taken


@streaming_flush.action
def Put(s: State) -> None:
    """The segment is written."""
    guard("taken", s.phase == Phase.Taken, saved=s.phase == Phase.Put)
    s.store[Id(s.id)] = s.inflight
    following = choice("before-save", Phase.Put, Phase.Idle)
    s.inflight = ite(following == Phase.Idle, empty, s.inflight)
    s.phase = following


@streaming_flush.action
def Save(s: State) -> None:
    """The manifest is saved with the segment."""
    guard("put", s.phase == Phase.Put, taken=s.phase == Phase.Taken)
    s.manifest |= {Id(s.id)}
    following = choice("after-put", Phase.Idle, Phase.Put)
    s.inflight = ite(following == Phase.Idle, empty, s.inflight)
    s.phase = following


@streaming_flush.action
def Fail(s: State) -> None:
    """A write fails, and the flush ends; the batch goes back into the buffer."""
    guard("flushing", one_of(s.phase, Phase.Taken, Phase.Put))
    s.buffer = choice("return-batch", s.buffer | s.inflight, s.buffer)
    s.inflight = empty
    s.phase = Phase.Idle


@streaming_flush.action
def Crash(s: State) -> None:
    """The process stops, and what is in memory is gone."""
    crash(s, s.inflight)
    s.inflight = empty
    s.phase = Phase.Idle
    s.id = Last(0)
    s.counter = Next(1)
    s.loaded = none


@streaming_flush.action
def Recover(s: State) -> None:
    """The process starts again."""
    recover(s)


@streaming_flush.action
def CompactLoad(s: State) -> None:
    """A compactor loads the manifest."""
    guard("up", ~s.crashed)
    guard("free", s.loaded.is_none)
    s.loaded = some(s.manifest)


@streaming_flush.action
def CompactSave(s: State) -> None:
    """The compactor saves its copy, if the manifest is still what was loaded."""
    guard("loaded", s.loaded.is_some)
    guard("unchanged", s.manifest == s.loaded.value)
    s.manifest = s.loaded.value
    s.loaded = none


@streaming_flush.action
def CompactDiscard(s: State) -> None:
    """The compactor throws its copy away, since the manifest has changed."""
    guard("loaded", s.loaded.is_some)
    guard("changed", s.manifest != s.loaded.value)
    s.loaded = none


Unfailing = streaming_flush.assume_fair("Unfailing", strong(Take), strong(Put), strong(Save))
Weak = streaming_flush.assume_fair("Weak", weak(Take), weak(Put), weak(Save))

COMPACTOR = ["CompactLoad", "CompactSave", "CompactDiscard", "loaded"]

streaming_flush.variant("safe", without=[*COMPACTOR, "counter"], doc="a flush that fails returns its batch")
streaming_flush.variant(
    "as-coded", drops=["Fail.return-batch"], without=[*COMPACTOR, "counter"], doc="a flush that fails drops its batch"
)
streaming_flush.variant(
    "volatile-id", drops=["Take.id-from-manifest"], without=COMPACTOR, doc="identifiers begin again at 1 after a crash"
)
streaming_flush.variant(
    "manifest-first",
    drops=["Put.before-save", "Save.after-put"],
    replaces={"Put.taken": "saved", "Save.put": "taken"},
    without=[*COMPACTOR, "counter"],
    doc="the manifest is saved before the segment is written",
)
streaming_flush.variant(
    "blind-compactor",
    drops=["CompactSave.unchanged"],
    without=["CompactDiscard", "counter"],
    doc="a compactor saves its copy of the manifest, even if the manifest has changed since",
)
streaming_flush.variant("compactor", without=["counter"], doc="a compactor saves the manifest if it has not changed")
