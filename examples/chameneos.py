"""Creatures that change their color when they meet (Kaiser and Pradat-Peyre, Chameneos, 2003; Chameneos.tla).

Two creatures that meet both take the color that neither has, or keep the one that both have. After N meetings, a creature
that comes to the meeting place fades.

    verify explore examples/chameneos.py
    verify prove examples/chameneos.py:alone       a creature meets itself: SumMet VIOLATED in 2 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Option, Protocol, Range, Record, Scalarset, anything, choose,
    forall, guard, implies, ite, labels, none, one_of, some, sum_of, var, violated)  # fmt: skip

p = Protocol("chameneos", "creatures that change their color", source="Chameneos.tla (tlaplus/Examples)")
N = p.parameter("N", 4, "meetings that take place")


class Id(Scalarset, parameter="M", size=4, prefix="c"):
    """A creature."""


class Color(Enumeration):
    """A color; a faded creature meets nobody."""

    Blue, Red, Yellow, Faded = labels(4)


class Count(Range, low=0, high=N):
    """A number of meetings."""


class Chameneos(Record):
    """The color of a creature, and how often it has met another."""

    color: Color
    met: Count


@p.state
class State:
    chameneoses: Fn[Id, Chameneos] = var(anything, "the creatures")
    meetingPlace: Option[Id] = var(none, "who waits at the meeting place")
    numMeetings: Count = var(0, "meetings so far")


@p.initially
def Init(s: State) -> Bool:
    return forall(Id, lambda c: (s.chameneoses[c].color != Color.Faded) & (s.chameneoses[c].met == 0))


def come(s: State, c: Id, place: Option[Id]) -> Chameneos:
    guard("not-faded", s.chameneoses[c].color != Color.Faded)
    guard("place", s.meetingPlace == place)
    return s.chameneoses[c]


@p.action
def Wait(s: State, c: Id) -> None:
    """A creature comes first, and waits."""
    come(s, c, none)
    guard("not-over", s.numMeetings < N)
    s.meetingPlace = some(c)


@p.action
def Fade(s: State, c: Id) -> None:
    """A creature comes too late."""
    guard("over", s.numMeetings == N)
    s.chameneoses[c] = come(s, c, none).replace(color=Color.Faded)


@p.action
def Meet(s: State, c: Id, other: Id) -> None:
    """A creature comes while another waits."""
    guard("other", c != other)
    a, b = come(s, c, some(other)), s.chameneoses[other]
    color = ite(a.color == b.color, a.color, choose(Color, lambda x: ~one_of(x, a.color, b.color, Color.Faded)))
    s.chameneoses[c] = Chameneos(color=color, met=a.met + 1)
    s.chameneoses[other] = Chameneos(color=color, met=b.met + 1)
    s.meetingPlace = none
    s.numMeetings += 1


@p.may_stop
def AllFaded(s: State) -> Bool:
    return forall(Id, lambda c: s.chameneoses[c].color == Color.Faded)


p.variant("alone", drops=["Meet.other"], doc="a creature that waits may meet itself")


@p.invariant(expected={"alone": violated(2)})
def SumMet(s: State) -> Bool:
    """Each meeting counts for two creatures; at the end, the module says, so do all N."""
    return sum_of(Id, lambda c: s.chameneoses[c].met) == 2 * s.numMeetings


@p.lemma("who waits is not faded, and has a meeting to come")
def Waits(s: State) -> Bool:
    place = s.meetingPlace
    return implies(place.is_some, (s.chameneoses[place.value].color != Color.Faded) & (s.numMeetings < N))
