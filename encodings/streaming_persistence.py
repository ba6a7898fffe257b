"""StreamingPersistence: a write buffer, segments and a manifest in an object store (redis-rust, StreamingPersistence.tla).

Deltas are collected in a buffer, the buffer is written as an immutable segment, and the manifest lists the segment. After a
crash the buffer is gone, and the state is rebuilt from the manifest. The model asks whether the buffer is bounded, whether
identifiers of segments are fresh, and whether what was flushed survives.

The published file has an undeclared NULL and a function over all natural numbers, which no search can build; here a cell of
the object store is an option, and identifiers are below MaxSegments.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Sequence,
    Set,
    anything,
    budget,
    choice,
    empty,
    forall,
    forall_in,
    guard,
    implies,
    none,
    some,
    var,
    weak,
)

streaming_persistence = Protocol(
    "streaming-persistence",
    "a write buffer, segments and a manifest in an object store",
    source="redis-rust specs/tla/StreamingPersistence.tla",
    default_variant="published",
)

MaxBufferSize = streaming_persistence.parameter("MaxBufferSize", 1, "bytes; pushing is refused from this size on")
DeltaSize = streaming_persistence.parameter("DeltaSize", 1, "bytes of every delta")
MaxDeltas = streaming_persistence.parameter("MaxDeltas", 1, "deltas that trigger a flush, in a predicate that nothing uses")
MostDeltas = streaming_persistence.parameter("MostDeltas", 2, "deltas whose size in bytes is stated without a product")
MaxSegments = streaming_persistence.search_bound("MaxSegments", 2, "segments")
PushMax = streaming_persistence.search_bound("PushMax", 3, "largest key, value and timestamp")
MaxLength = streaming_persistence.search_bound("MaxLength", 1, "deltas in the buffer; never less than backpressure admits")

streaming_persistence.assume("DeltasHaveSize", DeltaSize > 0)
streaming_persistence.assume("BufferHasSize", MaxBufferSize > 0)
streaming_persistence.assume("LengthIsNoLimit", MaxLength * DeltaSize >= MaxBufferSize)


class Number(Range, low=1, high=PushMax):
    """A key, a value or a timestamp, of which nothing but equality matters."""


class Length(Range, low=0, high=MaxLength):
    """A number of deltas."""


class Bytes(Range, low=0, high=MaxLength * DeltaSize):
    """A size in bytes."""


class Several(Range, low=0, high=MostDeltas):
    """A number of deltas of which the size in bytes is stated."""


class SegmentId(Range, low=0, high=MaxSegments - 1):
    """The identifier of a segment."""


class Count(Range, low=0, high=MaxSegments):
    """A number of segments."""


class Delta(Record):
    """A change of a key."""

    key: Number
    value: Number
    timestamp: Number


class Deltas(Sequence[Delta], capacity=MaxLength):
    """Deltas in the order in which they were pushed."""


class Segment(Record):
    """An object written to the object store in one step."""

    id: SegmentId
    deltas: Deltas
    record_count: Length


@streaming_persistence.state
class State:
    buffer: Deltas = var(empty, "accepted, not yet flushed")
    buffer_size: Bytes = var(0, "estimated bytes of the buffer")
    segments: Set[SegmentId] = var(set(), "identifiers ever written")
    next_segment_id: Count = var(0, "identifier of the next segment")
    manifest_segments: Set[SegmentId] = var(set(), "segments that the manifest lists")
    manifest_generation: Count = var(0, "how often the manifest was saved")
    object_store: Fn[SegmentId, Option[Segment]] = var(none, "segments that are there")
    crashed: Bool = var(False, "whether the process is down")
    recovered: Bool = var(True, "always the negation of crashed")
    multiple: Fn[Several, Bytes] = var(anything, "ghost: the bytes of so many deltas", rigid=True)


@streaming_persistence.axiom
def MultiplesGrow(s: State) -> Bool:
    """One delta more is DeltaSize more; so more deltas have more bytes, which no solver would find by itself.

    Said of a function, a product by a parameter is linear.
    """
    return (s.multiple[Several(0)] == 0) & forall(Several, Several, lambda m, n: (
        implies(n == m + 1, s.multiple[n] == s.multiple[m] + DeltaSize) & implies(m < n, s.multiple[m] < s.multiple[n])
    ))  # fmt: skip


def manifest_stored(s: State) -> Bool:
    """Whether every segment of the manifest is in the object store."""
    return forall_in(s.manifest_segments, lambda i: s.object_store[i].is_some)


@streaming_persistence.action
def PushDelta(s: State, key: Number, value: Number, ts: Number) -> None:
    """A delta is accepted into the buffer."""
    guard("up", ~s.crashed)
    guard("backpressure", s.buffer_size < MaxBufferSize)
    budget("length-budget", s.buffer.length() < MaxLength)
    s.buffer = s.buffer.append(Delta(key=key, value=value, timestamp=ts))
    s.buffer_size += DeltaSize


@streaming_persistence.action
def FlushBuffer(s: State) -> None:
    """The buffer becomes a segment, and the manifest lists it; all at once, and without fail."""
    guard("up", ~s.crashed)
    triggered = (s.buffer_size >= MaxBufferSize // 2) | (s.buffer.length() >= MaxDeltas)
    guard("non-empty", choice("any-time", s.buffer.length() > 0, triggered))
    budget("segment-budget", s.next_segment_id < MaxSegments)
    i = SegmentId(s.next_segment_id)
    s.object_store[i] = some(Segment(id=i, deltas=s.buffer, record_count=Length(s.buffer.length())))
    s.segments |= {i}
    s.manifest_segments = choice("list", s.manifest_segments | {i}, s.manifest_segments)
    s.next_segment_id += 1
    s.manifest_generation += 1
    s.buffer = empty
    s.buffer_size = choice("reset-size", Bytes(0), s.buffer_size)


@streaming_persistence.action
def Crash(s: State) -> None:
    """The process stops, and the buffer is gone."""
    guard("up", ~s.crashed)
    s.crashed = Bool(True)
    s.recovered = Bool(False)
    s.buffer = empty
    s.buffer_size = Bytes(0)


@streaming_persistence.action
def Recover(s: State) -> None:
    """The process starts again from the manifest, all of whose segments it reads."""
    guard("down", s.crashed)
    guard("not-recovered", ~s.recovered)
    guard("manifest-readable", manifest_stored(s))
    s.crashed = Bool(False)
    s.recovered = Bool(True)
    s.buffer = empty
    s.buffer_size = Bytes(0)
    s.next_segment_id = choice("keep-id", s.next_segment_id, Count(0))


@streaming_persistence.action
def SegmentLoss(s: State, i: SegmentId) -> None:
    """The object store loses a segment; a fault."""
    guard("written", s.segments.contains(i))
    guard("present", s.object_store[i].is_some)
    s.object_store[i] = none


streaming_persistence.fairness(weak(FlushBuffer), weak(Recover))

streaming_persistence.variant("published", without=["multiple"], doc="as published")
streaming_persistence.variant(
    "kept",
    without=["SegmentLoss", "multiple"],
    settings={"MaxBufferSize": 3, "DeltaSize": 2, "MaxLength": 2, "PushMax": 1},
    doc="the object store loses nothing; the limit of the buffer is not a multiple of the size of a delta",
)
streaming_persistence.variant(
    "whole",
    without=["SegmentLoss"],
    settings={"MaxBufferSize": 4, "DeltaSize": 2, "MaxLength": 2, "PushMax": 1},
    doc="the limit of the buffer may be a multiple of the size of a delta, which is stated without a product",
)
