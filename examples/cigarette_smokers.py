"""Cigarette smokers (Patil 1971; CigaretteSmokers.tla).

Each smoker has one ingredient without end and needs all the others. A dealer puts all ingredients but one on the table;
the smoker who has that one takes them and smokes, and the dealer offers again when that smoker stops.

    verify explore examples/cigarette_smokers.py
    verify prove examples/cigarette_smokers.py:generous    the dealer offers everything: AtMostOne VIOLATED in 3 steps
"""

from verifier.kernel import (Bool, Fn, Protocol, Scalarset, Set, Temporal, always, anything, empty, eventually, exists,
    fn, forall, guard, implies, set_of, var, violated, weak)  # fmt: skip

p = Protocol("cigarette-smokers", "one smoker at a time", source="CigaretteSmokers.tla (tlaplus/Examples)")


class Ingredient(Scalarset, parameter="Ingredients", size=3, prefix="i"):
    """An ingredient, and the smoker who has it."""


@p.state
class State:
    smoking: Fn[Ingredient, Bool] = var(False, "smokers who smoke")
    dealer: Set[Ingredient] = var(anything, "the dealer's offer: all but one ingredient, or nothing")


def others(i: Ingredient) -> Set[Ingredient]:
    return set_of(Ingredient, lambda j: i != j)


def is_offer(offer: Set[Ingredient]) -> Bool:
    return exists(Ingredient, lambda i: offer == others(i))


@p.initially
def Init(s: State) -> Bool:
    return is_offer(s.dealer)


@p.action
def startSmoking(s: State) -> None:
    """The smoker who needs just what is on the table takes it."""
    guard("offered", ~s.dealer.is_empty())
    s.smoking = fn(Ingredient, lambda r: others(r) <= s.dealer)
    s.dealer = empty


@p.action
def stopSmoking(s: State, r: Ingredient, offer: Set[Ingredient]) -> None:
    """A smoker stops, and the dealer offers again."""
    guard("taken", s.dealer.is_empty())
    guard("offer", is_offer(offer))
    guard("smokes", s.smoking[r])
    s.smoking[r] = Bool(False)
    s.dealer = offer


p.fairness(weak(all))
p.variant("generous", drops=["stopSmoking.offer"], doc="the dealer may offer anything")


@p.invariant(expected={"generous": violated(3)})
def AtMostOne(s: State) -> Bool:
    """At most one smoker smokes at a time."""
    return forall(Ingredient, Ingredient, lambda i, j: implies(s.smoking[i] & s.smoking[j], i == j))


@p.liveness(expected={"generous": violated(2, loop=0)})
def AlwaysAgain(s: State) -> Temporal:
    """Somebody smokes again and again."""
    return always(eventually(exists(Ingredient, lambda r: s.smoking[r])))


@p.lemma("nobody smokes while there is something on the table, and that is an offer")
def SmokesAfterwards(s: State) -> Bool:
    return s.dealer.is_empty() | (is_offer(s.dealer) & forall(Ingredient, lambda i: ~s.smoking[i]))
