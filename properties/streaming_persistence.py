"""Properties of StreamingPersistence: the published properties, and the corrected ones beside them."""

from __future__ import annotations

from verifier.encodings.streaming_persistence import (
    DeltaSize,
    MaxBufferSize,
    MaxSegments,
    SegmentId,
    Several,
    State,
    manifest_stored,
    streaming_persistence,
)
from verifier.kernel import Bool, Temporal, forall, forall_in, implies, leads_to, violated

streaming_persistence.type_ok(
    variables=[
        "buffer", "buffer_size", "segments", "next_segment_id", "manifest_segments", "manifest_generation", "object_store"
    ]
)  # fmt: skip


@streaming_persistence.invariant(
    expected={"kept": violated(2)}, bounded="it holds where the size of a delta divides the limit; WholeDeltasFit says that"
)
def WriteBufferBounded(s: State) -> Bool:
    """The buffer does not exceed its limit; true only if the size of a delta divides the limit."""
    return s.buffer_size <= MaxBufferSize


@streaming_persistence.invariant()
def SegmentIdMonotonic(s: State) -> Bool:
    """Every identifier in use is below the next one."""
    return forall_in(s.segments, lambda i: i < s.next_segment_id)


@streaming_persistence.invariant()
def ManifestConsistent(s: State) -> Bool:
    """The manifest lists segments that were written; that they exist, as its comment says, is ManifestStored."""
    return implies(~s.crashed, s.manifest_segments <= s.segments)


@streaming_persistence.invariant()
def BufferSizeConsistent(s: State) -> Bool:
    """The estimated size is that of the deltas in the buffer."""
    return s.buffer_size == s.buffer.length() * DeltaSize


@streaming_persistence.invariant(expected=dict.fromkeys(("published", "kept", "whole"), violated(1)))
def RecoveredStateValid(s: State) -> Bool:
    """After a recovery the buffer is empty; `recovered` is true in normal operation, too, so that one push refutes it."""
    return implies(s.recovered, (s.buffer.length() == 0) & (s.buffer_size == 0))


@streaming_persistence.invariant(vacuous="it says that equal identifiers imply TRUE")
def NoSegmentIdReuse(s: State) -> Bool:
    """No identifier is used twice; published as a tautology."""
    return forall(SegmentId, SegmentId, lambda a, b: implies(
        s.segments.contains(a) & s.segments.contains(b) & (a == b), Bool(True)
    ))  # fmt: skip


@streaming_persistence.invariant(expected={"published": violated(3)})
def DurabilityGuarantee(s: State) -> Bool:
    """Segments that the manifest lists are stored, once recovered; published as a temporal formula of the initial state alone."""
    return forall_in(s.manifest_segments, lambda i: implies(
        s.recovered, s.object_store[i].is_some | ~s.segments.contains(i)
    ))  # fmt: skip


@streaming_persistence.liveness(expected=dict.fromkeys(("published", "kept", "whole"), violated(5, loop=0)))
def EventualFlush(s: State) -> Temporal:
    """A buffer that is not empty is flushed, or lost in a crash."""
    return leads_to((s.buffer.length() > 0) & ~s.crashed, (s.buffer.length() == 0) | s.crashed)


@streaming_persistence.liveness(
    expected={"published": violated(4, loop=0)}, bounded="a lost segment refutes it at any size; RecoveryIfKept is what holds"
)
def RecoveryCompleteness(s: State) -> Temporal:
    """A process that is down recovers, with an empty buffer."""
    return leads_to(s.crashed & ~s.recovered, s.recovered & (s.buffer.length() == 0))


# -- corrected, and what the published properties leave out ----------------------------------------------------------


@streaming_persistence.invariant()
def BufferBound(s: State) -> Bool:
    """The buffer exceeds its limit by less than one delta."""
    return s.buffer_size < MaxBufferSize + DeltaSize


@streaming_persistence.invariant()
def WholeDeltasFit(s: State) -> Bool:
    """The buffer does not exceed its limit if that is the size of so many deltas: WriteBufferBounded, where it holds."""
    return forall(Several, lambda n: implies(s.multiple[n] == MaxBufferSize, s.buffer_size <= MaxBufferSize))


@streaming_persistence.action_property()
def RecoverStep(s: State, after: State) -> Bool:
    """A recovery ends with an empty buffer, and with every segment of the manifest."""
    return implies(
        s.crashed & ~after.crashed, (after.buffer.length() == 0) & (after.buffer_size == 0) & manifest_stored(after)
    )


@streaming_persistence.action_property()
def NoReuseStep(s: State, after: State) -> Bool:
    """A segment that was written is never replaced."""
    return forall_in(s.segments, lambda i: after.object_store[i].is_none | (after.object_store[i] == s.object_store[i]))


@streaming_persistence.action_property()
def IdStep(s: State, after: State) -> Bool:
    """The next identifier, the generation and the manifest only grow."""
    return (
        (s.next_segment_id <= after.next_segment_id)
        & (s.manifest_generation <= after.manifest_generation)
        & (s.manifest_segments <= after.manifest_segments)
    )


@streaming_persistence.action_property()
def LostStaysLost(s: State, after: State) -> Bool:
    """Once a segment of the manifest is lost, the manifest is never readable again."""
    return implies(~manifest_stored(s), ~manifest_stored(after))


@streaming_persistence.invariant(expected={"published": violated(3)})
def ManifestStored(s: State) -> Bool:
    """Every segment of the manifest is in the object store."""
    return manifest_stored(s)


@streaming_persistence.invariant()
def ManifestIsSegments(s: State) -> Bool:
    """The manifest lists what was written, from 0 on: four variables say the same."""
    return forall(SegmentId, lambda i: (
        (s.manifest_segments.contains(i) == (i < s.next_segment_id)) & (s.segments.contains(i) == (i < s.next_segment_id))
    )) & (s.manifest_generation == s.next_segment_id)  # fmt: skip


@streaming_persistence.invariant()
def StoreShape(s: State) -> Bool:
    """A cell of the object store is empty, or the segment of its number, which is not empty and counts its deltas."""
    def segment(i: SegmentId) -> Bool:
        return (
            (i < s.next_segment_id)
            & (s.object_store[i].value.id == i)
            & (s.object_store[i].value.record_count == s.object_store[i].value.deltas.length())
            & (s.object_store[i].value.record_count > 0)
        )

    return forall(SegmentId, lambda i: implies(s.object_store[i].is_some, segment(i)))


@streaming_persistence.invariant()
def CrashedIsEmpty(s: State) -> Bool:
    """A process that is down has no buffer, and has not recovered."""
    return (s.recovered == ~s.crashed) & implies(s.crashed, (s.buffer.length() == 0) & (s.buffer_size == 0))


@streaming_persistence.liveness()
def EventualFlushB(s: State) -> Temporal:
    """A buffer that is not empty is flushed, or lost in a crash, while there is room for a segment."""
    return leads_to(
        (s.buffer.length() > 0) & ~s.crashed & (s.next_segment_id < MaxSegments), (s.buffer.length() == 0) | s.crashed
    )


@streaming_persistence.liveness()
def RecoveryIfKept(s: State) -> Temporal:
    """A process that is down recovers, or a segment of the manifest is lost, which then stays so (LostStaysLost)."""
    return leads_to(s.crashed & ~s.recovered, (s.recovered & (s.buffer.length() == 0)) | ~manifest_stored(s))


@streaming_persistence.lemma("each delta that is pushed adds its size, and none is pushed at the limit")
def SizeIsMultiple(s: State) -> Bool:
    return forall(Several, lambda n: (
        implies(s.buffer.length() == n, s.buffer_size == s.multiple[n])
        & implies(s.multiple[n] == MaxBufferSize, s.buffer.length() <= n)
    ))  # fmt: skip


streaming_persistence.finding(
    "The published specification was never run",
    "NULL is not declared, and the object store is a function over all natural numbers. One push refutes RecoveredStateValid, as "
    "`recovered` is true in normal operation; NoSegmentIdReuse says that equal identifiers imply TRUE.",
    command="verify explore streaming-persistence",
)
streaming_persistence.finding(
    "The buffer exceeds its limit by up to one delta",
    "The size is compared before the push, as in the code. BufferBound is what holds.",
    command="verify explore streaming-persistence --set MaxBufferSize=3 --set DeltaSize=2 --set MaxLength=2 --set PushMax=1",
)
streaming_persistence.finding(
    "One lost segment stops recovery forever",
    "Recovery needs every segment of the manifest, as in the code, where a segment that cannot be read is an error.",
    command="verify prove streaming-persistence --property RecoveryCompleteness",
)
streaming_persistence.finding(
    "EventualFlush fails of the search bound alone",
    "Once MaxSegments segments are written nothing is flushed. Without the bound it is proved at any size.",
    command="verify prove streaming-persistence:kept --property EventualFlush",
)
