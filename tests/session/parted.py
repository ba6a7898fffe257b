"""A model with what a walk may stumble over: a constraint, a range that is left, a use without a value, several starts."""

from __future__ import annotations

from verifier.kernel import Bool, Protocol, Range, anything, guard, var

p = Protocol("parted", "a counter that is watched up to a point")


class Count(Range, low=0, high=5):
    """A number."""


class Divisor(Range, low=0, high=1):
    """A number that may be nothing."""


@p.state
class State:
    count: Count = var(0)
    by: Divisor = var(anything)
    extra: Count = var(0)


@p.initially
def Some(s: State) -> Bool:
    return s.by >= 0


@p.constraint
def Low(s: State) -> Bool:
    return s.count <= 4


@p.action
def Up(s: State) -> None:
    s.count += 1


@p.action
def Leap(s: State) -> None:
    guard("high", s.count >= 3)
    s.count += 3


@p.action
def Share(s: State) -> None:
    guard("one", s.count == 1)
    s.count = Count(6 // s.by)


@p.action
def More(s: State) -> None:
    guard("never", s.extra > 5)
    s.extra += 1


@p.invariant()
def Five(s: State) -> Bool:
    return s.count <= 5


p.variant("small", without=["extra", "More"])
