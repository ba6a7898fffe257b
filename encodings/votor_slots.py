"""Votor for any number of slots and blocks: which certificates there can be, given what holds in every single slot.

The exclusions of one slot (Lemmas 21, 24, 25, 26), honest votes behind certificates (27) and votes along parents (28) are
guards. `votor`, `votor-ledger` and `votor-classes` prove those of one slot of the votes. That honest votes follow parents is an
invariant of `votor-chain`, proved at its sizes (VotesFollowParents); that certificates then do is a law of `votor-classes`, for
any stakes (CertificatesFollowParents). A step is one certificate that can be formed from now on, or the first honest vote for a
block.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Ordered,
    Protocol,
    Scalarset,
    Set,
    anything,
    exists,
    forall,
    guard,
    implies,
    var,
)

votor_slots = Protocol(
    "votor-slots", "one chain of finalized blocks, for any number of slots", source="Alpenglow white paper v1.1"
)


class SlotNumber(Ordered, parameter="Slots", size=2, first=1):
    """A slot."""


class Block(Scalarset, parameter="Blocks", size=2, prefix="b"):
    """A block; genesis is none."""


@votor_slots.state
class State:
    slot: Fn[Block, SlotNumber] = var(anything, "slot of each block", rigid=True)
    parent: Fn[Block, Option[Block]] = var(anything, "parent of each block; none is genesis", rigid=True)
    ancestors: Fn[Block, Set[Block]] = var(anything, "each block and what its parent links lead to", rigid=True)
    first: Set[SlotNumber] = var(anything, "slots that are the first of their window", rigid=True)
    voted: Set[Block] = var(set(), "blocks that an honest validator has voted to notarize")
    notar: Set[Block] = var(set(), "blocks with a notarization certificate")
    fallback: Set[Block] = var(set(), "blocks with a notar-fallback certificate")
    fast: Set[Block] = var(set(), "blocks with a fast-finalization certificate")
    skipped: Set[SlotNumber] = var(set(), "slots with a skip certificate")
    final: Set[SlotNumber] = var(set(), "slots with a finalization certificate")


@votor_slots.axiom
def ParentsAreEarlier(s: State) -> Bool:
    """The parent is genesis or a block of an earlier slot."""
    return forall(Block, lambda b: implies(s.parent[b].is_some, s.slot[s.parent[b].value] < s.slot[b]))


@votor_slots.axiom
def BlocksAreTheirAncestors(s: State) -> Bool:
    return forall(Block, lambda b: s.ancestors[b].contains(b))


@votor_slots.axiom
def AncestorsAreInherited(s: State) -> Bool:
    """Ancestors of the parent are ancestors of the block."""
    return forall(Block, lambda c: implies(s.parent[c].is_some, s.ancestors[s.parent[c].value] <= s.ancestors[c]))


@votor_slots.axiom
def AncestorsFollowParents(s: State) -> Bool:
    """An ancestor of a block is the block, or an ancestor of its parent."""
    return forall(Block, Block, lambda a, c: implies(
        s.ancestors[c].contains(a) & (a != c), s.parent[c].is_some & s.ancestors[s.parent[c].value].contains(a)
    ))  # fmt: skip


def certified(s: State, b: Block) -> Bool:
    """A block has a notarization or notar-fallback certificate."""
    return s.notar.contains(b) | s.fallback.contains(b)


def finalized(s: State, b: Block) -> Bool:
    """A block is finalized, on either path."""
    return s.fast.contains(b) | (s.final.contains(s.slot[b]) & s.notar.contains(b))


def skipped_since(s: State, b: Block) -> Bool:
    """All slots between the parent of a block and its own are skipped."""

    def later(n: SlotNumber) -> Bool:
        return s.parent[b].is_none | (s.slot[s.parent[b].value] < n)

    return forall(SlotNumber, lambda n: implies(later(n) & (n < s.slot[b]), s.skipped.contains(n)))


def ready(s: State, b: Block) -> Bool:
    """ParentReady: the parent is certified, and all slots since are skipped."""
    return (s.parent[b].is_none | certified(s, s.parent[b].value)) & skipped_since(s, b)


def follows(s: State, b: Block) -> Bool:
    """The parent is a block of the slot before."""
    return s.parent[b].is_some & (s.slot[s.parent[b].value] == s.slot[b] - 1)


def is_first(s: State, b: Block) -> Bool:
    """Whether a block is of the first slot of a window."""
    return s.first.contains(s.slot[b])


def none_finalized_beside(s: State, b: Block) -> Bool:
    """No other block of the slot is finalized."""
    return forall(Block, lambda a: implies((a != b) & (s.slot[a] == s.slot[b]), ~finalized(s, a)))


@votor_slots.action
def HonestVote(s: State, b: Block) -> None:
    """An honest validator votes for a block, the first one to do so."""
    guard("parent-ready", implies(is_first(s, b), ready(s, b)))
    guard("parent-before", is_first(s, b) | follows(s, b))
    s.voted |= {b}


@votor_slots.action
def Notarize(s: State, b: Block) -> None:
    """A block gets a notarization certificate."""
    guard("honest-vote", s.voted.contains(b))
    guard("unique", forall(Block, lambda a: implies((a != b) & (s.slot[a] == s.slot[b]), ~s.notar.contains(a))))
    guard("parent-notarized", is_first(s, b) | (follows(s, b) & s.notar.contains(s.parent[b].value)))
    s.notar |= {b}


@votor_slots.action
def NotarizeByFallback(s: State, b: Block) -> None:
    """A block gets a notar-fallback certificate."""
    guard("honest-vote", s.voted.contains(b))
    guard("excluded", none_finalized_beside(s, b))
    guard("parent-certified", is_first(s, b) | (follows(s, b) & certified(s, s.parent[b].value)))
    s.fallback |= {b}


@votor_slots.action
def FinalizeFast(s: State, b: Block) -> None:
    """A block that is notarized gets a fast-finalization certificate."""
    guard("notarized", s.notar.contains(b))
    guard("not-skipped", ~s.skipped.contains(s.slot[b]))
    guard("alone", forall(Block, lambda a: implies((a != b) & (s.slot[a] == s.slot[b]), ~certified(s, a))))
    s.fast |= {b}


@votor_slots.action
def Skip(s: State, n: SlotNumber) -> None:
    """A slot gets a skip certificate."""
    guard("none-finalized", forall(Block, lambda b: implies(s.slot[b] == n, ~finalized(s, b))))
    s.skipped |= {n}


@votor_slots.action
def Finalize(s: State, n: SlotNumber) -> None:
    """A slot gets a finalization certificate."""
    guard("notarized", exists(Block, lambda b: (s.slot[b] == n) & s.notar.contains(b)))
    guard("not-skipped", ~s.skipped.contains(n))
    guard("alone", forall(Block, Block, lambda a, b: implies(
        (s.slot[a] == n) & (s.slot[b] == n) & s.notar.contains(a) & s.fallback.contains(b), a == b
    )))  # fmt: skip
    s.final |= {n}
