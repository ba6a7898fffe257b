"""Properties of merging segments while the buffer is flushed."""

from __future__ import annotations

from verifier.encodings._streaming import Id, Number
from verifier.encodings.streaming_compaction import Compaction, Flush, State, streaming_compaction
from verifier.kernel import Bool, exists_in, forall, forall_in, implies, one_of, violated
from verifier.properties import _streaming
from verifier.properties._streaming import none_lost, stored

streaming_compaction.type_ok(
    variables=["buffer", "batch", "flush_id", "flush_copy", "merged_id", "compaction_copy", "chosen", "store", "manifest",
               "issued", "pushed", "crashlost"]
)  # fmt: skip


@streaming_compaction.invariant(expected={"as-coded": violated(10), "compared": violated(10), "own-ids": violated(11)})
def NoSilentLoss(s: State) -> Bool:
    """An accepted delta is in memory or in a segment of the manifest, or was lost in a crash."""
    return none_lost(s, s.batch)


streaming_compaction.invariant(expected={"as-coded": violated(12), "own-ids": violated(12)})(_streaming.ManifestStored)
streaming_compaction.action_property(
    expected={"as-coded": violated(10), "compared": violated(10), "own-ids": violated(12)}
)(_streaming.Immutable)


@streaming_compaction.action_property(
    expected={"as-coded": violated(10), "compared": violated(10), "own-ids": violated(11)}
)
def StoredStaysStored(s: State, after: State) -> Bool:
    """A delta in a segment of the manifest is in one of them forever."""
    return forall(Number, lambda n: implies(stored(s, n), stored(after, n)))


OWN = ["own-ids", "repaired"]


@streaming_compaction.lemma("identifiers that are in use were chosen")
def IssuedCovers(s: State) -> Bool:
    return (
        forall_in(s.manifest | s.flush_copy | s.compaction_copy, lambda i: i <= s.issued)
        & forall(Id, lambda i: implies(~s.store[i].is_empty(), i <= s.issued))
        & (s.issued >= 0)
        & (s.flush_id <= s.issued)
        & (s.merged_id <= s.issued)
    )


@streaming_compaction.lemma("what is merged is some of the manifest that was loaded")
def ChosenWasListed(s: State) -> Bool:
    return (s.chosen <= s.compaction_copy) & ((s.compaction == Compaction.Idle) == s.chosen.is_empty())


@streaming_compaction.lemma("only a flush has a batch, and it is not empty")
def FlushHasBatch(s: State) -> Bool:
    return (s.flush == Flush.Idle) == s.batch.is_empty()


@streaming_compaction.lemma("a flush and a compaction have identifiers")
def IdsArePositive(s: State) -> Bool:
    return implies(s.flush != Flush.Idle, s.flush_id > 0) & implies(s.compaction != Compaction.Idle, s.merged_id > 0)


@streaming_compaction.lemma("an identifier is above those of the manifest that was loaded")
def IdsAreAbove(s: State) -> Bool:
    return implies(s.flush != Flush.Idle, forall_in(s.flush_copy, lambda i: i < s.flush_id)) & implies(
        s.compaction != Compaction.Idle, forall_in(s.compaction_copy, lambda i: i < s.merged_id)
    )


@streaming_compaction.lemma("nobody else has the identifier of a flush", variants=OWN)
def FlushIdIsOwn(s: State) -> Bool:
    return implies(
        s.flush != Flush.Idle,
        (s.flush_id != s.merged_id)
        & forall_in(s.manifest | s.flush_copy | s.compaction_copy, lambda i: i != s.flush_id),
    )


@streaming_compaction.lemma("nobody else has the identifier of a merged segment until it is listed", variants=OWN)
def MergedIdIsOwn(s: State) -> Bool:
    return implies(
        s.compaction != Compaction.Idle, forall_in(s.compaction_copy, lambda i: i != s.merged_id)
    ) & implies(
        one_of(s.compaction, Compaction.Loaded, Compaction.Merged),
        forall_in(s.manifest | s.flush_copy, lambda i: i != s.merged_id),
    )


@streaming_compaction.lemma("the object that was put is the batch", variants=OWN)
def PutIsBatch(s: State) -> Bool:
    return implies(s.flush == Flush.Put, s.store[Id(s.flush_id)] == s.batch)


@streaming_compaction.lemma("the merged segment has everything that it stands for", variants=OWN)
def MergedHasAll(s: State) -> Bool:
    return implies(s.compaction == Compaction.Merged, forall(Id, Number, lambda i, n: implies(
        s.chosen.contains(i) & s.store[i].contains(n), s.store[Id(s.merged_id)].contains(n)
    )))  # fmt: skip


COMPARED = ["compared", "repaired"]


@streaming_compaction.lemma("what is deleted is not listed any more, but something newer is", variants=COMPARED)
def DeletedIsUnlisted(s: State) -> Bool:
    return implies(s.compaction == Compaction.Saved, (s.chosen & s.manifest).is_empty() & forall_in(
        s.chosen, lambda i: exists_in(s.manifest, lambda j: i < j)
    ))  # fmt: skip


@streaming_compaction.lemma("the latest segment of a manifest is never older than that of a copy", variants=COMPARED)
def CopiesAreOld(s: State) -> Bool:
    return forall_in(s.flush_copy | s.compaction_copy, lambda i: exists_in(s.manifest, lambda j: i <= j))


@streaming_compaction.lemma("nothing that is being merged is taken out of the manifest", variants=COMPARED)
def ChosenIsListed(s: State) -> Bool:
    return implies(one_of(s.compaction, Compaction.Loaded, Compaction.Merged), s.chosen <= s.manifest)


@streaming_compaction.lemma("whoever is about to list a segment has written it", variants=COMPARED)
def WrittenBeforeListed(s: State) -> Bool:
    return implies(
        (s.flush == Flush.Put) & (s.flush_copy == s.manifest), ~s.store[Id(s.flush_id)].is_empty()
    ) & implies(s.compaction == Compaction.Merged, ~s.store[Id(s.merged_id)].is_empty())


streaming_compaction.finding(
    "A compaction and a flush that overlap lose what was flushed",
    "Both take the next identifier of the manifest that they have loaded, and so write one object; each saves the manifest that "
    "it has loaded, changed. To save it only if it is still the same does not help against the first.",
    command="verify explore streaming-compaction",
)
streaming_compaction.finding(
    "Identifiers of their own and a manifest that is compared suffice together",
    "Each alone does not: where the manifest is compared, one object is written twice; where no identifier is chosen twice, the "
    "later save takes the other's segment out of the manifest, or lists segments that are deleted.",
    command="verify prove streaming-compaction:repaired --scope unbounded",
)
