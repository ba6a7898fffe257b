"""A protocol that reads the sizes of its sorts wherever a number can stand."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Ordered,
    Protocol,
    Range,
    Scalarset,
    exists,
    forall,
    guard,
    implies,
    ite,
    labels,
    maximum,
    var,
)


def ring() -> Protocol:
    """A token that goes round, and a count of those that have left; both ends come from sizes."""
    p = Protocol("ring", "a ring whose last place follows from its size")
    lost = p.parameter("Lost", 1, "how many may leave")

    class Place(Ordered, parameter="Places", size=3):
        """A place on the ring, from 0."""

    class Member(Scalarset, parameter="Members", size=3, prefix="m"):
        """Who may leave."""

    class Spare(Scalarset, parameter="Spares", size=2, prefix="s"):
        """Nothing is of this sort; only its size is read."""

    class Light(Enumeration):
        """Of what colour the token is."""

        Red, Green = labels(2)

    class Count(Range, low=0, high=Member.size + Spare.size):
        """How many have left, or spares used."""

    last = Place.size - 1
    p.assume("enough-stay", 2 * lost < Member.size + Light.size)

    @p.state
    class State:
        token: Place = var(last, "where the token is")
        light: Light = var(Light.Red, "its colour")
        left: Fn[Member, Bool] = var(False, "who has left")
        count: Count = var(0, "how many")

    @p.action
    def Pass(s: State) -> None:
        s.light = ite(s.token == last, Light.Green, s.light)
        s.token = ite(s.token == 0, Int(last), s.token - 1)

    @p.action
    def Leave(s: State, m: Member) -> None:
        guard("few", s.count < maximum(lost, Member.size - Spare.size))
        guard("here", ~s.left[m])
        s.left[m] = True
        s.count += 1

    @p.action
    def Spares(s: State) -> None:
        guard("some-left", (s.count >= lost) & (s.count < Count(lost + Spare.size)))
        s.count += 1

    @p.invariant()
    def Counted(s: State) -> Bool:
        return s.count <= lost + Spare.size * 1

    @p.invariant()
    def Stays(s: State) -> Bool:
        """Not so where many may leave."""
        return s.count * Light.size <= Member.size + Spare.size * 2

    @p.invariant()
    def Inside(s: State) -> Bool:
        return (s.token < Place.size) & forall(Place, lambda i: i <= last) & exists(Place, lambda i: i == last)

    @p.action_property()
    def Downwards(s: State, after: State) -> Bool:
        return implies(after.token > s.token, (s.token == 0) & (after.token == Place.size - 1))

    return p


ALL: dict[str, Protocol] = {"ring": ring()}
