"""Votor for any number of validators: what moves is the stake of those that have cast the same votes (Alpenglow 1.1).

The votes of an honest validator in one slot with two blocks are one of fifteen classes, and the state says how much stake each
class holds. A validator is an amount of stake that moves from class to class, so nothing here counts validators, and no stake
is of a given size. Byzantine stake helps every certificate, as a Byzantine validator may send any vote to anyone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from verifier.encodings._votor import Byzantine as AllByzantine
from verifier.encodings._votor import ListedBlocks, Slot, Votes, thresholds
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Protocol,
    Range,
    all_of,
    any_of,
    anything,
    guard,
    ite,
    labels,
    var,
)

votor_classes = Protocol(
    "votor-classes", "Votor for any number of validators and any stakes", source="Alpenglow 1.1, section 2"
)

Honest = votor_classes.parameter("Honest", 5, "the stake of honest validators")
Byzantine = votor_classes.parameter("Byzantine", 1, "the stake of Byzantine validators")
Total = Honest + Byzantine
SHARES = thresholds(votor_classes, fixed=True)


class Stake(Range, low=0, high=Honest):
    """Stake, in the smallest unit that divides all stakes."""


class Class(Enumeration):
    """The votes that a validator has cast.

    U: none. N1, N2: notarize block 1 or 2. S: skip. Then fallback votes: A and B for blocks 1 and 2, K to skip. F: final.
    """

    U, N1, N1B, N1K, N1BK, N1F, N2, N2A, N2K, N2AK, N2F, S, SA, SB, SAB = labels(15)


BLOCKS = (1, 2)
FALLBACK = {1: "A", 2: "B"}
NAMES = ("U", "N1", "N1B", "N1K", "N1BK", "N1F", "N2", "N2A", "N2K", "N2AK", "N2F", "S", "SA", "SB", "SAB")

CAST: Any = Votes(
    notar=lambda name, block: cast(Bool, name.startswith(f"N{block}")),
    skip=lambda name: cast(Bool, name.startswith("S")),
    fallback=lambda name, block: cast(Bool, FALLBACK[block] in name),
    skip_fallback=lambda name: cast(Bool, "K" in name),
    final=lambda name: cast(Bool, name.endswith("F")),
)
"""The votes that the name of a class stands for: a truth value of Python, as the votes of a class are known."""


@votor_classes.state
class State:
    stake: Fn[Class, Stake] = var(anything, "the honest stake that has cast these votes")


def label(name: str) -> Class:
    """The class of a name."""
    return cast(Class, getattr(Class, name))


def honest(s: State, which: Callable[[str], bool]) -> Int:
    """The stake of the classes of which something holds."""
    first, *others = (s.stake[label(name)] for name in NAMES if which(name))
    return sum(others, start=first)


def slot(s: State) -> Slot:
    """Consequences of the votes of a state; Byzantine stake stands behind everything."""
    stake = cast(Callable[[Callable[[Any], Any]], Int], lambda which: honest(s, which))
    return Slot(ListedBlocks(BLOCKS), CAST, stake, AllByzantine.once(Byzantine), Total, SHARES)


@votor_classes.initially
def NoVotes(s: State) -> Bool:
    """No votes have been cast."""
    return all_of(s.stake[Class.U] == Honest, *(s.stake[label(name)] == 0 for name in NAMES[1:]))


@votor_classes.initially
def LessThanFifth(s: State) -> Bool:
    """Byzantine validators have less than a fifth of the stake (Assumption 1)."""
    return 5 * Byzantine < Total


@votor_classes.initially(chosen=True)
def AtMostFifth(s: State) -> Bool:
    """Byzantine validators have at most a fifth of the stake."""
    return (5 * Byzantine <= Total) & (Total > 0)


def move(s: State, voter: Class, moved: Stake, after: dict[str, str]) -> None:
    """Some stake of one class casts one more vote; `after` says which class that makes of which."""
    guard("may-vote", any_of(*(voter == label(name) for name in after)))
    guard("has-stake", (moved > 0) & (moved <= s.stake[voter]))
    target = voter
    for name, then in after.items():
        target = ite(voter == label(name), label(then), target)
    s.stake = s.stake.updated(voter, s.stake[voter] - moved).updated(target, s.stake[target] + moved)


def with_fallback(letter: str) -> dict[str, str]:
    """Of each class that may still cast this fallback vote, the class that it then is."""
    after = {}
    for name in NAMES:
        head, tail = (name[:2], name[2:]) if name[0] == "N" else (name[:1], name[1:])
        then = head + "".join(sorted(tail + letter))
        if then in NAMES:
            after[name] = then
    return after


@votor_classes.action
def NotarVote1(s: State, moved: Stake) -> None:
    """Initial votes to notarize block 1."""
    move(s, Class.U, moved, {"U": "N1"})


@votor_classes.action
def NotarVote2(s: State, moved: Stake) -> None:
    """Initial votes to notarize block 2."""
    move(s, Class.U, moved, {"U": "N2"})


@votor_classes.action
def SkipVote(s: State, moved: Stake) -> None:
    """Initial votes to skip the slot, after a timeout."""
    move(s, Class.U, moved, {"U": "S"})


@votor_classes.action
def NotarFallback1(s: State, voter: Class, moved: Stake) -> None:
    """Fallback votes for block 1."""
    guard("safe-to-notar", slot(s).safe_to_notar(1))
    move(s, voter, moved, with_fallback("A"))


@votor_classes.action
def NotarFallback2(s: State, voter: Class, moved: Stake) -> None:
    """Fallback votes for block 2."""
    guard("safe-to-notar", slot(s).safe_to_notar(2))
    move(s, voter, moved, with_fallback("B"))


@votor_classes.action
def SkipFallback(s: State, voter: Class, moved: Stake) -> None:
    """Fallback votes to skip the slot."""
    guard("safe-to-skip", slot(s).safe_to_skip())
    move(s, voter, moved, with_fallback("K"))


@votor_classes.action
def FinalVote1(s: State, moved: Stake) -> None:
    """Final votes of those that voted for block 1 and nothing else."""
    guard("notarized", slot(s).notar(1))
    move(s, Class.N1, moved, {"N1": "N1F"})


@votor_classes.action
def FinalVote2(s: State, moved: Stake) -> None:
    """Final votes of those that voted for block 2 and nothing else."""
    guard("notarized", slot(s).notar(2))
    move(s, Class.N2, moved, {"N2": "N2F"})


votor_classes.variant(
    "fifth",
    initially=["NoVotes", "AtMostFifth"],
    settings={"Honest": 4, "Byzantine": 1},
    doc="Byzantine validators may have a fifth of the stake, as in most published profiles",
)
votor_classes.variant(
    "any-share",
    initially=["NoVotes"],
    settings={"Honest": 2, "Byzantine": 3},
    doc="Byzantine validators may have any share of the stake",
)
votor_classes.share(Byzantine, Total, variant="any-share", rest="stake")
