"""The arithmetic of Rotor: how many shreds, which relays, how late, as laws over whole numbers (white paper, section 3.1)."""

from __future__ import annotations

from verifier.kernel import Fn, Int, Ordered, Protocol, Range, sum_of

rotor_sampling = Protocol("rotor-sampling", "when enough relays are correct", source="Alpenglow white paper v1.1")

MaxNumber = rotor_sampling.search_bound("MaxNumber", 7, "largest number")
MaxStake = rotor_sampling.search_bound("MaxStake", 3, "largest stake, where they are added up")


class Number(Range, low=0, high=MaxNumber):
    """A number."""


class Stake(Range, low=0, high=MaxStake):
    """A stake."""


class Few(Range, low=0, high=4):
    """A number of shreds that is searched value by value."""


class Validator(Ordered, parameter="Validators", size=3, first=1):
    """A validator."""


class Shred(Ordered, parameter="Shreds", size=4, first=1):
    """A shred."""


def total(w: Fn[Validator, Stake]) -> Int:
    """All stake."""
    return sum_of(Validator, lambda v: w[v])


def seats(w: Fn[Validator, Stake], v: Validator, shreds: Int) -> Int:
    """The seats among so many that partition sampling gives a validator for certain."""
    return (w[v] * shreds) // total(w)


def left(w: Fn[Validator, Stake], v: Validator, shreds: Int) -> Int:
    """The rest of its stake, which is put into bins of all stake."""
    return (w[v] * shreds) % total(w)
