"""Properties that the models of streaming share: what is accepted is kept, and what is listed is there."""

from __future__ import annotations

from verifier.encodings._streaming import Number, Streaming
from verifier.kernel import Bool, Set, exists_in, forall, forall_in, implies


def stored(s: Streaming, n: Number) -> Bool:
    """Whether a segment of the manifest holds a delta."""
    return exists_in(s.manifest, lambda i: s.store[i].contains(n))


def none_lost(s: Streaming, taken: Set[Number]) -> Bool:
    """Whether every accepted delta is in the buffer, taken, or stored, or was lost in a crash."""
    return forall(Number, lambda n: implies(
        n <= s.pushed, s.buffer.contains(n) | taken.contains(n) | s.crashlost.contains(n) | stored(s, n)
    ))  # fmt: skip


def ManifestStored(s: Streaming) -> Bool:
    """Every segment of the manifest is there: recovery stops at one that is not."""
    return forall_in(s.manifest, lambda i: ~s.store[i].is_empty())


def Immutable(s: Streaming, after: Streaming) -> Bool:
    """A segment of the manifest does not change."""
    return forall_in(s.manifest, lambda i: after.store[i] == s.store[i])
