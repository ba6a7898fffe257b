"""Properties of what a process knows after it has replayed the log."""

from __future__ import annotations

from verifier.encodings.wal_replay import State, wal_replay
from verifier.kernel import Bool, forall_in, implies, violated
from verifier.properties import _wal

wal_replay.type_ok(
    variables=["wal_buffer", "wal_synced", "streamed_entries", "high_water_mark", "acknowledged", "write_counter", "memory"]
)


@wal_replay.invariant(expected={"above-mark": violated(6), "cut-streamed": violated(6)})
def MemoryComplete(s: State) -> Bool:
    """A process that is up knows every acknowledged entry."""
    return implies(s.recovered, s.acknowledged <= s.memory)


@wal_replay.invariant(expected=dict.fromkeys(("above-mark", "cut-streamed", "replay-all"), violated(4)))
def ReplayComplete(s: State) -> Bool:
    """An acknowledged entry was streamed, or is in the log above the mark: where a replay from the mark on is enough."""
    return forall_in(s.acknowledged, lambda e: (
        s.streamed_entries.contains(e) | (s.wal_synced.contains(e) & (e > s.high_water_mark))
    ))  # fmt: skip


wal_replay.invariant(expected={"above-mark": violated(5)})(_wal.AcknowledgedRecoverable)


@wal_replay.invariant()
def MemoryAcknowledged(s: State) -> Bool:
    """A process knows nothing that was not acknowledged: a failed batch does not come back."""
    return s.memory <= s.acknowledged


@wal_replay.lemma("the mark is the largest streamed entry")
def MarkIsStreamed(s: State) -> Bool:
    return _wal.largest_is_marked(s)


wal_replay.lemma(_wal.PAST)(_wal.AcknowledgedIsPast)
wal_replay.lemma(_wal.DURABLE)(_wal.DurableIsAcknowledged)
wal_replay.lemma(_wal.NEW)(_wal.BufferIsNew)


@wal_replay.lemma("a process that is down has no memory, and no buffer")
def CrashedIsEmpty(s: State) -> Bool:
    return (s.recovered == ~s.crashed) & implies(s.crashed, (s.wal_buffer.length() == 0) & s.memory.is_empty())


wal_replay.finding(
    "Replay from the mark on forgets what was never streamed",
    "recover_with_wal replays entries from the largest streamed one on; an acknowledged entry below that was not streamed is not "
    "read back, though it is in the log. The server replays the whole log, which is enough.",
    command="verify explore wal-replay:cut-streamed",
)
