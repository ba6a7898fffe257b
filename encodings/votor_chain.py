"""Votor over several slots: blocks with parents, windows of one leader, and what certificates allow in the next window.

Parents are a rigid unknown, so that leaders are adversarial: a block names genesis or any block of an earlier slot. Votes are
those of `votor`, one set for each slot.
"""

from __future__ import annotations

from verifier.encodings._votor import Blocks, Slot, Votes
from verifier.encodings._votor_given import given
from verifier.encodings._votor_guards import may_fall_back, may_fall_back_to_skip, may_finalize, may_vote
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Option,
    Ordered,
    Protocol,
    Record,
    Scalarset,
    Set,
    all_of,
    anything,
    exists,
    forall,
    guard,
    implies,
    ite,
    set_of,
    var,
)

votor_chain = Protocol(
    "votor-chain", "voting and finalization over several slots", source="Alpenglow white paper v1.1"
)


class Validator(Ordered, parameter="Validators", size=2, first=1):
    """An honest validator."""


class SlotNumber(Ordered, parameter="Slots", size=3, first=1):
    """A slot."""


class Name(Scalarset, parameter="Blocks", size=1, prefix="b"):
    """A block among those of its slot."""


class Block(Record):
    """A block."""

    slot: SlotNumber
    name: Name


GIVEN = given(votor_chain, Validator, Name, stakes=(41, 40))
Window = votor_chain.parameter("Window", 1, "consecutive slots of one leader")
votor_chain.assume("WindowIsNotEmpty", Window > 0)
DEEPEST = 4
votor_chain.assume("FewSlots", SlotNumber.size <= DEEPEST)


@votor_chain.state
class State:
    parent: Fn[SlotNumber, Fn[Name, Option[Block]]] = var(anything, "parent of each block; none is genesis", rigid=True)
    notar: Fn[Validator, Fn[SlotNumber, Set[Name]]] = var(set(), "notarization votes")
    skip: Fn[Validator, Set[SlotNumber]] = var(set(), "skip votes")
    notarFallback: Fn[Validator, Fn[SlotNumber, Set[Name]]] = var(set(), "notar-fallback votes")
    skipFallback: Fn[Validator, Set[SlotNumber]] = var(set(), "skip-fallback votes")
    final: Fn[Validator, Set[SlotNumber]] = var(set(), "final votes")


@votor_chain.axiom
def ParentsAreEarlier(s: State) -> Bool:
    """A hash fixes the parent, which is genesis or a block of an earlier slot."""
    return forall(
        SlotNumber, Name, lambda n, b: implies(s.parent[n][b].is_some, s.parent[n][b].value.slot < n)
    )


def slot(s: State, n: SlotNumber) -> Slot:
    """The votes of one slot."""
    votes = Votes(
        notar=lambda i, b: s.notar[i][n].contains(b),
        skip=lambda i: s.skip[i].contains(n),
        fallback=lambda i, b: s.notarFallback[i][n].contains(b),
        skip_fallback=lambda i: s.skipFallback[i].contains(n),
        final=lambda i: s.final[i].contains(n),
    )
    return Slot(Blocks(Name), votes, GIVEN.stake_where, GIVEN.helping(), GIVEN.total, GIVEN.thresholds)


def first(n: SlotNumber) -> Bool:
    """Whether a slot is the first of its window."""
    return (n - 1) % Window == 0


def same_window(n: SlotNumber, k: SlotNumber) -> Bool:
    """Whether two slots have one leader."""
    return (n - 1) // Window == (k - 1) // Window


def certified(s: State, b: Option[Block]) -> Bool:
    """Genesis, or a block that has a certificate."""
    return b.is_none | slot(s, b.value.slot).certified(b.value.name)


def skipped_since(s: State, since: Int | int, n: SlotNumber) -> Bool:
    """Whether all slots between two are skipped."""
    return forall(SlotNumber, lambda k: implies((since < k) & (k < n), slot(s, k).skip()))


def ready(s: State, n: SlotNumber, b: Option[Block]) -> Bool:
    """ParentReady: a block is certified, and all slots between it and this one are skipped."""
    return certified(s, b) & skipped_since(s, ite(b.is_some, b.value.slot, 0), n)


def some_parent_ready(s: State, n: SlotNumber) -> Bool:
    """Whether there is a block to build on in the window of a slot."""

    def after(j: SlotNumber, b: Name, k: SlotNumber) -> Bool:
        return all_of(j < k, slot(s, j).certified(b), skipped_since(s, j, k))

    def for_window(k: SlotNumber) -> Bool:
        some_block = exists(SlotNumber, Name, lambda j, b: after(j, b, k))
        return same_window(n, k) & first(k) & (skipped_since(s, 0, k) | some_block)

    return exists(SlotNumber, for_window)


def parent_voted(s: State, i: Validator, b: Option[Block]) -> Bool:
    """Whether a validator voted for a block that is not genesis."""
    return b.is_some & s.notar[i][b.value.slot].contains(b.value.name)


def skip_window(s: State, i: Validator, n: SlotNumber) -> None:
    """A validator skips all slots of a window in which it has not voted."""
    before = s.skip[i]
    unvoted = set_of(SlotNumber, lambda k: same_window(n, k) & ~slot(s, k).voted(i))
    s.skip[i] = before | unvoted


@votor_chain.action
def NotarVote(s: State, i: Validator, n: SlotNumber, b: Name) -> None:
    """A validator votes to notarize a block whose parent it may build on."""
    parent = s.parent[n][b]
    may_vote(slot(s, n), i)
    guard("parent-ready", implies(first(n), ready(s, n, parent)))
    guard("parent-before", first(n) | (parent.is_some & (parent.value.slot == n - 1)))
    guard("parent-voted", first(n) | parent_voted(s, i, parent))
    s.notar[i][n] |= {b}


@votor_chain.action
def SkipVote(s: State, i: Validator, n: SlotNumber) -> None:
    """A validator has waited too long in a window, and skips what is left of it."""
    may_vote(slot(s, n), i)
    guard("parent-ready", some_parent_ready(s, n))
    skip_window(s, i, n)


@votor_chain.action
def NotarFallbackVote(s: State, i: Validator, n: SlotNumber, b: Name) -> None:
    """A validator supports a block for which it has not voted, and skips what is left of the window."""
    may_fall_back(slot(s, n), i, b, s.notarFallback[i][n].size(), GIVEN.most_fallbacks)
    guard("parent-certified", first(n) | certified(s, s.parent[n][b]))
    s.notarFallback[i][n] |= {b}
    skip_window(s, i, n)


@votor_chain.action
def SkipFallbackVote(s: State, i: Validator, n: SlotNumber) -> None:
    """A validator that voted for a block supports skipping, and skips what is left of the window."""
    may_fall_back_to_skip(slot(s, n), i)
    s.skipFallback[i] |= {n}
    skip_window(s, i, n)


@votor_chain.action
def FinalVote(s: State, i: Validator, n: SlotNumber) -> None:
    """A validator whose block is notarized, and that has cast no doubtful vote, votes to finalize a slot."""
    no_fallback = ~s.skipFallback[i].contains(n) & s.notarFallback[i][n].is_empty()
    may_finalize(slot(s, n), i, no_fallback=no_fallback)
    s.final[i] |= {n}


def finalized(s: State, b: Block) -> Bool:
    """A block is finalized."""
    return slot(s, b.slot).finalized(b.name)


def ancestor(s: State, a: Block, c: Block, links: int = DEEPEST) -> Bool:
    """A block is another one, or is reached from it by parent links."""
    if links == 0:
        return a == c
    parent = s.parent[c.slot][c.name]
    return (a == c) | (parent.is_some & ancestor(s, a, parent.value, links - 1))


votor_chain.variant("window", settings={"Window": 2}, doc="a leader has two slots")
votor_chain.variant(
    "no-parent-ready", drops=["NotarVote.parent-ready"], settings={"Slots": 2}, doc="a first block may have any parent"
)
votor_chain.variant(
    "no-parent-vote",
    drops=["NotarVote.parent-voted"],
    settings={"Slots": 2, "Window": 2, "Blocks": 2},
    doc="in a window a validator votes for a block without having voted for its parent",
)
votor_chain.variant(
    "sn-no-parent",
    drops=["NotarFallbackVote.parent-certified"],
    settings={"Window": 2, "Blocks": 2},
    doc="in a window a validator supports a block whose parent has no certificate",
)
votor_chain.variant(
    "fast60", settings={"Slots": 2, "fast_1": 3}, doc="60 % finalize fast"
)
