"""Properties of Composed with reads across a move."""

from __future__ import annotations

from verifier.encodings.composed_reads import (
    Group,
    Key,
    Node,
    Phase,
    State,
    Timestamp,
    composed_reads,
    owner,
    visible,
)
from verifier.kernel import Bool, forall, forall_in, implies, violated

composed_reads.type_ok(variables=["catalogVersion", "routes", "engineVersion", "tsCounter", "store", "written"])


@composed_reads.invariant(
    short="Composed-2",
    expected={
        "no-write-fence": violated(7),
        "open-fence": violated(8),
        "no-delta-copy": violated(7),
        "no-write-fence-no-delta-copy": violated(6),
        "no-read-fence": violated(7),
    },
)
def Composed2_ReadAcrossMove(s: State) -> Bool:
    """Every read saw the latest write up to its timestamp."""
    return s.readOK


@composed_reads.invariant(
    short="Composed-2s",
    expected={
        "no-write-fence": violated(5),
        "open-fence": violated(6),
        "no-delta-copy": violated(5),
        "no-write-fence-no-delta-copy": violated(4),
    },
)
def Composed2s_OwnerHasAll(s: State) -> Bool:
    """The owner of a key shows the latest write at every timestamp up to now."""
    return forall(Key, Timestamp, lambda k, ts: implies(
        ts <= s.tsCounter, visible(s.store[owner(s, k)][k], ts) == visible(s.written[k], ts)
    ))  # fmt: skip


@composed_reads.action_property()
def Composed_CatalogMonotonic(s: State, after: State) -> Bool:
    """The catalogue version never goes back."""
    return after.catalogVersion >= s.catalogVersion


@composed_reads.lemma("only what was written is stored or copied")
def StoredWasWritten(s: State) -> Bool:
    return forall(Group, Key, lambda g, k: s.store[g][k] <= s.written[k])


@composed_reads.lemma("writes go to the owner, and whoever becomes owner has copied them all")
def OwnerStoresAll(s: State) -> Bool:
    return forall(Key, lambda k: s.written[k] <= s.store[owner(s, k)][k])


@composed_reads.lemma("the second copy is done behind the fence, so nothing is written after it")
def CopiedStoresAll(s: State) -> Bool:
    return forall(Key, lambda k: implies(
        s.move[k].is_some & (s.move[k].value.phase == Phase.Copied),
        s.written[k] <= s.store[s.move[k].value.target][k],
    ))  # fmt: skip


@composed_reads.lemma("the clock is never behind a timestamp that it gave")
def WrittenIsPast(s: State) -> Bool:
    return forall(Key, lambda k: forall_in(s.written[k], lambda c: c <= s.tsCounter))


@composed_reads.lemma("a node routes by a version that is durable")
def RoutedIsPublished(s: State) -> Bool:
    return forall(Node, lambda n: s.engineVersion[n] <= s.catalogVersion)
