"""Coffee beans in a can (Dijkstra, credited to Scholten; CoffeeCan.tla).

Two beans are taken out. If they have the same color, a black one goes back (there are enough of those), else the white
one. The number of white beans stays even or odd: that tells the color of the last bean.

    verify explore examples/coffee_can.py          every can of up to 100 beans, all of them initial states
    verify prove examples/coffee_can.py --scope unbounded --liveness       the last bean and its color, for cans of every size
    verify prove examples/coffee_can.py:greedy     nothing goes back for two white beans: NeverEmpty VIOLATED in 1 step
"""

from verifier.kernel import (Bool, Protocol, Range, Record, Temporal, anything, choice, enabled, eventually, guard,
    leads_to, var, violated, weak)  # fmt: skip

p = Protocol("coffee-can", "what is the color of the last bean?", source="CoffeeCan.tla (tlaplus/Examples)")
MaxBeanCount = p.parameter("MaxBeanCount", 100, "beans in the can at first, at most")
p.assume("a-bean", MaxBeanCount >= 1)


class Count(Range, low=0, high=MaxBeanCount):
    """Beans of a color."""


class Can(Record):
    """The beans in a can."""

    black: Count
    white: Count


@p.state
class State:
    can: Can = var(anything, "the can")


@p.initially
def Init(s: State) -> Bool:
    return (s.can.black + s.can.white >= 1) & (s.can.black + s.can.white <= MaxBeanCount)


@p.action
def PickSameColorBlack(s: State) -> None:
    guard("two-black", s.can.black >= 2)
    s.can = s.can.replace(black=s.can.black - 1)


@p.action
def PickSameColorWhite(s: State) -> None:
    guard("two-white", s.can.white >= 2)
    s.can = Can(black=choice("black-back", s.can.black + 1, s.can.black), white=s.can.white - 2)


@p.action
def PickDifferentColor(s: State) -> None:
    guard("black", s.can.black >= 1)
    guard("white", s.can.white >= 1)
    s.can = s.can.replace(black=s.can.black - 1)


@p.action
def Termination(s: State) -> None:
    guard("last", s.can.black + s.can.white == 1)


p.fairness(weak(all))
p.variant("greedy", drops=["PickSameColorWhite.black-back"], doc="nothing goes back for two white beans")


@p.invariant(expected={"greedy": violated(1)})
def NeverEmpty(s: State) -> Bool:
    """There is always a bean in the can."""
    return s.can.black + s.can.white >= 1


@p.action_property()
def MonotonicDecrease(s: State, after: State) -> Bool:
    """Each step leaves fewer beans."""
    return after.can.black + after.can.white < s.can.black + s.can.white


@p.action_property()
def LoopInvariant(s: State, after: State) -> Bool:
    """The number of white beans stays even or stays odd."""
    return s.can.white % 2 == after.can.white % 2


@p.liveness(expected={"greedy": violated(1, loop=0)})
def EventuallyTerminates(s: State) -> Temporal:
    """One bean is left in the end."""
    return eventually(enabled(Termination))


@p.liveness(expected={"greedy": violated(1, loop=0)})
def TerminationHypothesis(s: State) -> Temporal:
    """It is black if the number of white beans is even, else white."""
    black, white, even = s.can.black, s.can.white, s.can.white % 2 == 0
    return leads_to(even, (black == 1) & (white == 0)) & leads_to(~even, (black == 0) & (white == 1))


@p.lemma("no more beans than in the beginning")
def NoMore(s: State) -> Bool:
    return s.can.black + s.can.white <= MaxBeanCount
