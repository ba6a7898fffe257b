"""Weighted voting for replicated data (Gifford 1979): a read sees the last write, whatever votes the copies have.

Each copy has a number of votes. A write asks copies with more than half of the votes, and gives them a version number
greater than what they have. A read asks copies with at least half of the votes, and returns the greatest version it meets.

    verify prove examples/weighted_voting.py    ReadsLastWrite PROVED for all ways to give up to two votes to each copy
    verify prove examples/weighted_voting.py:members    a read counts copies, not votes: ReadsLastWrite VIOLATED in 2 steps
"""

from verifier.kernel import (Bool, Fn, Int, Protocol, Range, Scalarset, Set, anything, budget, fn, guard, image,
    implies, ite, max_of, set_of, var, violated)  # fmt: skip
from verifier.lib.quorums import more_than, total

p = Protocol("weighted-voting", "a read sees the last write", source="Gifford 1979")
MaxVersion = p.search_bound("MaxVersion", 2, "the last version that is written")


class Copy(Scalarset, parameter="Copies", size=3, prefix="c"):
    """A copy of the data."""


class Votes(Range, low=0, high=2):
    """How many votes a copy has."""


class Version(Range, low=0, high=MaxVersion):
    """A version number; it stands for the value that was written with it."""


@p.state
class State:
    votes: Fn[Copy, Votes] = var(anything, "the votes of each copy", rigid=True)
    version: Fn[Copy, Version] = var(0, "each copy's version")
    last: Version = var(0, "the version of the last write")
    read: Version = var(0, "the version read or written since")


def newest(s: State, asked: Set[Copy]) -> Version:
    return max_of(image(asked, Version, lambda c: s.version[c]))


@p.action
def Write(s: State, asked: Set[Copy]) -> None:
    """Copies with more than half of the votes take the next version."""
    guard("quorum", more_than(1, 2, asked, Copy, weight=lambda c: s.votes[c]))
    budget("versions", newest(s, asked) < MaxVersion)
    version, written = s.version, newest(s, asked) + 1
    s.version = fn(Copy, lambda c: ite(asked.contains(c), written, version[c]))
    s.last = written
    s.read = written


@p.action
def Read(s: State, asked: Set[Copy]) -> None:
    """Copies with at least half of the votes are asked."""

    def votes(c: Copy) -> Int:
        return s.votes[c]

    guard("someone", asked != set())
    guard("quorum", 2 * total(asked, weight=votes) >= total(Copy, weight=votes), members=2 * total(asked) >= total(Copy))
    s.read = newest(s, asked)


p.variant("members", replaces={"Read.quorum": "members"}, doc="a read counts the copies that it asks, not their votes")


@p.invariant(expected={"members": violated(2)})
def ReadsLastWrite(s: State) -> Bool:
    """Nobody reads anything but the last write."""
    return s.read == s.last


@p.invariant()
def NewestIsWidespread(s: State) -> Bool:
    """Copies with more than half of the votes hold the last version written."""
    latest = set_of(Copy, lambda c: s.version[c] == s.last)
    return implies(s.last != 0, more_than(1, 2, latest, Copy, weight=lambda c: s.votes[c]))
