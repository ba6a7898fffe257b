"""Properties of a flush in three steps."""

from __future__ import annotations

from verifier.encodings._streaming import Id, MaxIds, Number
from verifier.encodings.streaming_flush import Phase, State, Unfailing, Weak, streaming_flush
from verifier.kernel import Bool, Temporal, forall, forall_in, implies, leads_to, violated
from verifier.properties import _streaming
from verifier.properties._streaming import none_lost, stored

streaming_flush.type_ok(variables=["buffer", "inflight", "id", "store", "manifest", "pushed", "crashlost"])


@streaming_flush.invariant(
    expected={"as-coded": violated(3), "volatile-id": violated(9), "blind-compactor": violated(6)}
)
def NoSilentLoss(s: State) -> Bool:
    """An accepted delta is in memory or in a segment of the manifest, or was lost in a crash."""
    return none_lost(s, s.inflight)


streaming_flush.invariant(expected={"manifest-first": violated(3)})(_streaming.ManifestStored)
streaming_flush.action_property(expected={"volatile-id": violated(9), "manifest-first": violated(4)})(_streaming.Immutable)


@streaming_flush.action_property(expected={"blind-compactor": violated(6)})
def ManifestGrows(s: State, after: State) -> Bool:
    """The manifest loses no segment."""
    return s.manifest <= after.manifest


@streaming_flush.liveness(
    under=Unfailing,
    expected={"as-coded": violated(3, loop=0), "volatile-id": violated(7, loop=0), "blind-compactor": violated(6, loop=0)},
)
def EventuallyStored(s: State) -> Temporal:
    """An accepted delta is stored in the end, or lost in a crash, while there are identifiers, if writes do not fail forever.

    Where identifiers come from a counter, failed flushes use them up: there the bound of the search refutes it.
    """
    return forall(Number, lambda n: leads_to(
        n <= s.pushed, stored(s, n) | s.crashlost.contains(n) | s.manifest.contains(Id(MaxIds))
    ))  # fmt: skip


_ENDLESS = dict.fromkeys(("safe", "manifest-first", "blind-compactor", "compactor"), violated(2, loop=2))


@streaming_flush.liveness(
    under=Weak, expected={**_ENDLESS, "as-coded": violated(3, loop=0), "volatile-id": violated(7, loop=0)}
)
def EventuallyStoredWeak(s: State) -> Temporal:
    """The same where writes may fail forever, which weak fairness admits: it is violated."""
    return forall(Number, lambda n: leads_to(
        n <= s.pushed, stored(s, n) | s.crashlost.contains(n) | s.manifest.contains(Id(MaxIds))
    ))  # fmt: skip


@streaming_flush.lemma(
    "an identifier is taken that is above all of the manifest", variants=("safe", "as-coded", "blind-compactor", "compactor")
)
def IdIsNew(s: State) -> Bool:
    return (s.phase == Phase.Idle) | ((s.id > 0) & forall_in(s.manifest, lambda i: i < s.id))


@streaming_flush.lemma("an identifier is above all of the manifest until it is listed", variants=["manifest-first"])
def TakenIsNew(s: State) -> Bool:
    return implies(s.phase == Phase.Taken, (s.id > 0) & forall_in(s.manifest, lambda i: i < s.id))


@streaming_flush.lemma("the manifest is saved first, and lists whatever is stored", variants=["manifest-first"])
def StoredIsListed(s: State) -> Bool:
    return forall(Id, lambda i: implies(~s.store[i].is_empty(), s.manifest.contains(i)))


@streaming_flush.lemma("a segment that is listed and not yet written is empty", variants=["manifest-first"])
def ListedIsUnwritten(s: State) -> Bool:
    return implies(s.phase == Phase.Put, (s.id > 0) & s.manifest.contains(Id(s.id)) & s.store[Id(s.id)].is_empty())


@streaming_flush.lemma("only a flush has a batch, and it is not empty")
def FlushHasBatch(s: State) -> Bool:
    return (s.phase == Phase.Idle) == s.inflight.is_empty()


@streaming_flush.lemma(
    "the object that was put is the batch", variants=("safe", "as-coded", "volatile-id", "blind-compactor", "compactor")
)
def PutIsBatch(s: State) -> Bool:
    return implies(s.phase == Phase.Put, s.store[Id(s.id)] == s.inflight)


streaming_flush.finding(
    "A flush that fails drops its batch",
    "The buffer is emptied before the segment is written. If that fails, or saving the manifest does, the batch is gone, without "
    "a crash.",
    command="verify explore streaming-flush:as-coded",
)
streaming_flush.finding(
    "A compactor that races a flush takes its segment out of the manifest",
    "Both load, change and save the manifest. To save it only if it is still what was loaded suffices, if that is one atomic "
    "step.",
    command="verify explore streaming-flush:blind-compactor",
)
streaming_flush.finding(
    "Numbering segments from 1 after a crash overwrites what the manifest lists",
    "The older write_buffer.rs does so; persistence.rs, which the server uses, takes the number from the manifest.",
    command="verify explore streaming-flush:volatile-id",
)
