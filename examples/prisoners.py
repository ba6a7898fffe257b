"""Prisoners, two switches and a warden (a puzzle of Car Talk; Prisoners.tla).

One prisoner at a time is led into a room with two switches and has to move one of them. Nobody knows how they stood at first.
One prisoner counts: whenever switch A is up, that one moves it down. Each of the others moves it up twice, and moves switch B
where there is nothing to do with A. At twice their number the counter knows that everybody has been there.

    verify explore examples/prisoners.py           214 states
    verify prove examples/prisoners.py:eager       every visit of the counter is counted: Safety VIOLATED in 6 steps
"""

from verifier.kernel import (Bool, Fn, Int, Protocol, Range, Scalarset, Temporal, anything, choice, eventually, forall,
    implies, ite, sum_of, var, violated, weak)  # fmt: skip

p = Protocol("prisoners", "everybody has been there", source="Prisoners.tla (tlaplus/Examples)")


class Other(Scalarset, parameter="Others", size=3, prefix="p"):
    """A prisoner who does not count."""


class Times(Range, low=0, high=2):
    """How often a prisoner has moved switch A up."""


class Count(Range, low=0, high=2 * Other.size + 1):
    """How often the counter has moved it down."""


@p.state
class State:
    switchAUp: Bool = var(anything, "switch A")
    switchBUp: Bool = var(anything, "switch B, which means nothing")
    timesSwitched: Fn[Other, Times] = var(0, "how often each of the others has moved switch A up")
    count: Count = var(0, "how often the counter has moved it down")


def Done(s: State) -> Bool:
    return s.count == 2 * Other.size


@p.action
def NonCounterStep(s: State, i: Other) -> None:
    """One of the others is in the room."""
    up = ~s.switchAUp & (s.timesSwitched[i] < choice("twice", Int(2), Int(1)))
    s.switchBUp = ite(up, s.switchBUp, ~s.switchBUp)
    s.timesSwitched[i] = ite(up, s.timesSwitched[i] + 1, s.timesSwitched[i])
    s.switchAUp = s.switchAUp | up


@p.action
def CounterStep(s: State) -> None:
    """The counter is in the room."""
    counted = choice("if-up", s.switchAUp, Bool(True))
    s.switchBUp = ite(counted, s.switchBUp, ~s.switchBUp)
    s.count = ite(counted, s.count + 1, s.count)
    s.switchAUp = Bool(False)


p.fairness(weak(CounterStep), forall(Other, lambda i: weak(NonCounterStep, i)))
p.variant("eager", drops=["CounterStep.if-up"], doc="every visit of the counter is counted")
p.variant("once", drops=["NonCounterStep.twice"], doc="the others move switch A up once")

p.type_ok(variables=["switchAUp", "switchBUp", "timesSwitched", "count"], expected={"eager": violated(8)})


@p.invariant(expected={"eager": violated(6)})
def Safety(s: State) -> Bool:
    """When the counter is done, everybody has been in the room."""
    return implies(Done(s), forall(Other, lambda i: s.timesSwitched[i] > 0))


@p.invariant(expected={"eager": violated(2)})
def CountInvariant(s: State) -> Bool:
    """Switch A was moved down as often as up, but for the last time and the first."""
    least = sum_of(Other, lambda i: s.timesSwitched[i]) - ite(s.switchAUp, Int(1), Int(0))
    return (s.count == least) | (s.count == least + 1)


@p.liveness(expected={"once": violated(6, loop=4)})
def Liveness(s: State) -> Temporal:
    """The counter is done in the end."""
    return eventually(Done(s))
