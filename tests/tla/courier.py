"""A small model with what two languages write differently: options, records, sequences, sums, order, fairness, laws, names."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    constant,
    eventually,
    exists,
    forall,
    guard,
    implies,
    ite,
    labels,
    leads_to,
    max_of,
    none,
    some,
    sum_of,
    var,
    weak,
)

p = Protocol("courier", "parcels in a bag, delivered in order", source="nowhere @type: Str")

top = p.parameter("Top", 2, "greatest weight")
room = p.search_bound("Room", 2, "parcels in the bag")
p.assume("SomeWeight", top >= 1)


class House(Scalarset, parameter="Houses", size=2, prefix="h"):
    """Where parcels go."""

    Depot = constant()


class Weight(Range, low=0, high=top):
    """What a parcel weighs."""


class Phase(Enumeration):
    """What the courier does."""

    WITH, Away = labels(2)


class Parcel(Record, ordered=True):
    """A parcel."""

    weight: Weight
    DOMAIN: Weight


class Bag(Sequence[Parcel], capacity=room):
    """Parcels in the order in which they were taken."""


@p.state
class State:
    VARIABLE: Phase = var(Phase.WITH, "where the courier is")
    bag: Bag = var([], "the bag")
    got: Fn[House, Option[Weight]] = var(none, "the heaviest parcel that a house got")
    Next: Set[Parcel] = var(set(), "parcels that have been delivered")


@p.action
def Take(s: State, w: Weight) -> None:
    """A parcel goes into the bag."""
    guard("at-home", s.VARIABLE == Phase.WITH)
    guard("room", s.bag.length() < room)
    guard("heavier", (s.bag.length() == 0) | (s.bag.last().weight < w))
    s.bag = s.bag.append(Parcel(weight=w, DOMAIN=0))


@p.action
def Leave(s: State) -> None:
    """The courier leaves."""
    guard("has-some", s.bag.length() > 0)
    s.VARIABLE = Phase.Away


@p.action
def Deliver(s: State, h: House) -> None:
    """The first parcel is delivered."""
    guard("away", (Phase.Away == s.VARIABLE) & (s.bag.length() > 0))
    guard("no-lighter", (s.got[h] == none) | (s.got[h].value <= s.bag.head().weight))
    s.got[h] = some(s.bag.head().weight)
    s.Next = s.Next | {s.bag.head()}
    s.bag = s.bag.tail()


p.type_ok(variables=["VARIABLE", "bag", "got"])
p.fairness(weak(Leave), forall(House, lambda h: weak(Deliver, h)))


@p.invariant(short="Courier-1")
def HeaviestIsKnown(s: State) -> Bool:
    """What a house got has been delivered."""
    return forall(
        House, lambda h: implies(s.got[h].is_some, s.got[h].value <= max_of(s.Next).weight)
    )


@p.invariant(short="Courier-2")
def TwoAtMost(s: State) -> Bool:
    """Fails: the weights of what the houses got are two at most."""
    return sum_of(House, lambda h: ite(s.got[h].is_some, s.got[h].value, 0)) <= 2


@p.action_property()
def Grows(s: State, t: State) -> Bool:
    """Nothing that is delivered comes back."""
    return s.Next <= t.Next


@p.liveness("Courier-L")
def Arrives(s: State) -> object:
    """What is in the bag leaves it."""
    return leads_to(Phase.Away == s.VARIABLE, s.bag.length() == 0)


@p.liveness(under=[])
def Starts(s: State) -> object:
    """Fails: the courier need not do anything."""
    return eventually(exists(House, lambda h: s.got[h].is_some))


@p.law(short="Courier-L1")
def LighterOrNot(a: Weight, b: Weight) -> Bool:
    """Weights are compared."""
    return (a < b) | (b <= a)
