"""Votor for any number of validators: what moves is the stake of those that have cast the same votes (Alpenglow 1.1).

The votes of an honest validator in one slot with two blocks are one of fifteen classes, and the state says how much stake each
class holds. A validator is an amount of stake that moves from class to class, so nothing here counts validators, and no stake
is of a given size. Byzantine stake helps every certificate, as a Byzantine validator may send any vote to anyone.
"""

from __future__ import annotations

from collections.abc import Callable

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

Total = votor_classes.parameter("Total", 6, "all stake, of honest and of Byzantine validators")


class Stake(Range, low=0, high=Total):
    """Stake, in the smallest unit that divides all stakes."""


class Votes(Enumeration):
    """The votes that a validator has cast.

    U: none. N1, N2: notarize block 1 or 2. S: skip. Then fallback votes: A and B for blocks 1 and 2, K to skip. F: final.
    """

    U, N1, N1B, N1K, N1BK, N1F, N2, N2A, N2K, N2AK, N2F, S, SA, SB, SAB = labels(15)


BLOCKS = (1, 2)
FALLBACK = {1: "A", 2: "B"}
NAMES = ("U", "N1", "N1B", "N1K", "N1BK", "N1F", "N2", "N2A", "N2K", "N2AK", "N2F", "S", "SA", "SB", "SAB")


@votor_classes.state
class State:
    byzantine: Stake = var(anything, "the stake of Byzantine validators", rigid=True)
    stake: Fn[Votes, Stake] = var(anything, "the honest stake that has cast these votes")


def label(name: str) -> Votes:
    return getattr(Votes, name)


def honest(s: State, cast: Callable[[str], bool]) -> Int:
    """The honest stake in the classes of which something holds."""
    amounts = [s.stake[label(name)] for name in NAMES if cast(name)]
    return sum(amounts[1:], start=amounts[0])


def share(amount: Int, part: int, whole: int) -> Bool:
    """Whether stake is at least a share of all of it, exactly."""
    return whole * amount >= part * Total


def notarized(block: int) -> Callable[[str], bool]:
    return lambda name: name.startswith(f"N{block}")


def skipped(name: str) -> bool:
    return name.startswith("S")


def fallback(block: int) -> Callable[[str], bool]:
    return lambda name: FALLBACK[block] in name


def supports(block: int) -> Callable[[str], bool]:
    return lambda name: notarized(block)(name) or fallback(block)(name)


def skips(name: str) -> bool:
    return skipped(name) or "K" in name


def final(name: str) -> bool:
    return name.endswith("F")


def Notar(s: State, block: int) -> Bool:
    return share(honest(s, notarized(block)) + s.byzantine, 3, 5)


def FastFinal(s: State, block: int) -> Bool:
    return share(honest(s, notarized(block)) + s.byzantine, 4, 5)


def NotarFallbackCert(s: State, block: int) -> Bool:
    return share(honest(s, supports(block)) + s.byzantine, 3, 5)


def Skip(s: State) -> Bool:
    return share(honest(s, skips) + s.byzantine, 3, 5)


def Final(s: State) -> Bool:
    return share(honest(s, final) + s.byzantine, 3, 5)


def SafeToNotar(s: State, block: int) -> Bool:
    voted = honest(s, notarized(block)) + s.byzantine
    split = honest(s, lambda name: notarized(block)(name) or skipped(name)) + s.byzantine
    return share(voted, 2, 5) | (share(split, 3, 5) & share(voted, 1, 5))


def SafeToSkip(s: State) -> Bool:
    def against(block: int) -> Int:
        return honest(s, lambda name: skipped(name) or notarized(3 - block)(name)) + s.byzantine

    return all_of(*(share(against(block), 2, 5) for block in BLOCKS))


@votor_classes.initially
def NoVotes(s: State) -> Bool:
    """No votes have been cast."""
    none = all_of(*(s.stake[label(name)] == 0 for name in NAMES[1:]))
    return none & (s.stake[Votes.U] + s.byzantine == Total)


@votor_classes.initially
def LessThanFifth(s: State) -> Bool:
    """Byzantine validators have less than a fifth of the stake (Assumption 1)."""
    return 5 * s.byzantine < Total


@votor_classes.initially(chosen=True)
def ExactlyFifth(s: State) -> Bool:
    """Byzantine validators have a fifth of the stake, as in most published profiles."""
    return 5 * s.byzantine == Total


def move(s: State, voter: Votes, moved: Stake, after: dict[str, str]) -> None:
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
        if then in NAMES and letter not in tail and "F" not in tail:
            after[name] = then
    return after


@votor_classes.action
def NotarVote1(s: State, moved: Stake) -> None:
    """Initial votes to notarize block 1."""
    move(s, Votes.U, moved, {"U": "N1"})


@votor_classes.action
def NotarVote2(s: State, moved: Stake) -> None:
    """Initial votes to notarize block 2."""
    move(s, Votes.U, moved, {"U": "N2"})


@votor_classes.action
def SkipVote(s: State, moved: Stake) -> None:
    """Initial votes to skip the slot, after a timeout."""
    move(s, Votes.U, moved, {"U": "S"})


@votor_classes.action
def NotarFallback1(s: State, voter: Votes, moved: Stake) -> None:
    """Fallback votes for block 1."""
    guard("safe-to-notar", SafeToNotar(s, 1))
    move(s, voter, moved, with_fallback("A"))


@votor_classes.action
def NotarFallback2(s: State, voter: Votes, moved: Stake) -> None:
    """Fallback votes for block 2."""
    guard("safe-to-notar", SafeToNotar(s, 2))
    move(s, voter, moved, with_fallback("B"))


@votor_classes.action
def SkipFallback(s: State, voter: Votes, moved: Stake) -> None:
    """Fallback votes to skip the slot."""
    guard("safe-to-skip", SafeToSkip(s))
    move(s, voter, moved, with_fallback("K"))


@votor_classes.action
def FinalVote1(s: State, moved: Stake) -> None:
    """Final votes of those that voted for block 1 and nothing else."""
    guard("notarized", Notar(s, 1))
    move(s, Votes.N1, moved, {"N1": "N1F"})


@votor_classes.action
def FinalVote2(s: State, moved: Stake) -> None:
    """Final votes of those that voted for block 2 and nothing else."""
    guard("notarized", Notar(s, 2))
    move(s, Votes.N2, moved, {"N2": "N2F"})


votor_classes.variant(
    "fifth", initially=["NoVotes", "ExactlyFifth"], settings={"Total": 5}, doc="Byzantine validators have a fifth of the stake"
)
votor_classes.variant("any-share", initially=["NoVotes"], doc="Byzantine validators have any share of the stake")
