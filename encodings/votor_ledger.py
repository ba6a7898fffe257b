"""Votor without steps: the votes that honest rules allow, as laws over all ledgers of one slot.

Each guard reads votes of earlier strata alone: initial votes, then fallback votes, then final votes. So a ledger is reachable
exactly if every vote in it is justified by the others, and one question about ledgers decides each property, without a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from verifier.encodings._votor import Blocks, Byzantine, ListedBlocks, Slot, Votes
from verifier.encodings._votor_given import Block, Validator, given
from verifier.kernel import Bool, Enumeration, Fn, Int, Protocol, Range, Record, Set, ite, labels

votor_ledger = Protocol(
    "votor-ledger", "the votes of one slot that honest rules allow", source="Alpenglow white paper v1.1"
)

GIVEN = given(votor_ledger)
AnyOrder = votor_ledger.parameter("AnyOrder", 0, "1: final and fallback votes of a validator do not exclude each other")
AnyVotes = votor_ledger.parameter("AnyVotes", 0, "1: a validator casts any number of initial votes")
votor_ledger.assume("AnyOrderIsASwitch", AnyOrder <= 1)
votor_ledger.assume("AnyVotesIsASwitch", AnyVotes <= 1)

MaxStake = votor_ledger.search_bound("MaxStake", 3, "the largest stake, where stakes are any")


class Amount(Range, low=0, high=MaxStake):
    """A stake."""


class Ballot(Enumeration):
    """The initial vote of a validator: none, to skip, for one of two blocks."""

    Nothing, Skip, P, Q = labels(4)


def slot(
    notar: Fn[Validator, Set[Block]],
    skip: Set[Validator],
    fallback: Fn[Validator, Set[Block]],
    skip_fallback: Set[Validator],
    final: Set[Validator],
) -> Slot:
    """Consequences of the votes of a ledger."""
    votes = Votes(
        notar=lambda i, b: notar[i].contains(b),
        skip=skip.contains,
        fallback=lambda i, b: fallback[i].contains(b),
        skip_fallback=skip_fallback.contains,
        final=final.contains,
    )
    return Slot(Blocks(Block), votes, GIVEN.stake_where, GIVEN.helping(), GIVEN.total, GIVEN.thresholds)


class Member(Record):
    """One of a few validators with any stake, and its votes."""

    stake: Amount
    ballot: Ballot
    fallback_p: Bool
    fallback_q: Bool
    skip_fallback: Bool
    final: Bool


def slot_of(members: Sequence[Member], f: Amount) -> Slot:
    """Consequences of the votes of a few validators for two blocks, with any stakes and the published shares."""

    def stake(suits: Callable[[Member], Bool]) -> Int:
        return cast(Int, sum(ite(suits(i), i.stake, 0) for i in members))

    votes = Votes(
        notar=lambda i, b: i.ballot == (Ballot.P, Ballot.Q)[b],
        skip=lambda i: i.ballot == Ballot.Skip,
        fallback=lambda i, b: (i.fallback_p, i.fallback_q)[b],
        skip_fallback=lambda i: i.skip_fallback,
        final=lambda i: i.final,
    )
    total = sum(i.stake for i in members) + f
    return Slot(ListedBlocks((0, 1)), votes, stake, Byzantine.once(f), total)
