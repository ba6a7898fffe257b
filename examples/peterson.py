"""Mutual exclusion of two processes with three variables (Peterson 1981; Peterson.tla, labels as there).

Each process says that it wants to enter, then gives way to the other; it enters when the other does not want to, or has
given way.

    verify prove examples/peterson.py              Mutex PROVED
    verify prove examples/peterson.py:rude         nobody waits: Mutex VIOLATED in 8 steps
"""

from verifier.kernel import Bool, Enumeration, Fn, Protocol, Range, forall, guard, implies, labels, one_of, var, violated

p = Protocol("peterson", "mutual exclusion of two processes", source="Peterson.tla (tlaplus/Examples)")


class Process(Range, low=1, high=2):
    """A process."""


class Label(Enumeration):
    """Where a process is; a3: it waits."""

    a0, a1, a2, a3, cs, a4 = labels(6)


@p.state
class State:
    pc: Fn[Process, Label] = var(Label.a0, "where each process is")
    c: Fn[Process, Bool] = var(False, "processes that want to enter")
    turn: Process = var(1, "the process that goes first")


def step(s: State, me: Process, here: Label, then: Label) -> None:
    guard("at", s.pc[me] == here)
    s.pc[me] = then


def other(me: Process) -> Process:
    return 3 - me


@p.action
def a0(s: State, me: Process) -> None:
    step(s, me, Label.a0, Label.a1)


@p.action
def a1(s: State, me: Process) -> None:
    step(s, me, Label.a1, Label.a2)
    s.c[me] = Bool(True)


@p.action
def a2(s: State, me: Process) -> None:
    step(s, me, Label.a2, Label.a3)
    s.turn = other(me)


@p.action
def a3(s: State, me: Process) -> None:
    guard("first", ~s.c[other(me)] | (s.turn == me))
    step(s, me, Label.a3, Label.cs)


@p.action
def cs(s: State, me: Process) -> None:
    step(s, me, Label.cs, Label.a4)


@p.action
def a4(s: State, me: Process) -> None:
    step(s, me, Label.a4, Label.a0)
    s.c[me] = Bool(False)


p.variant("rude", drops=["a3.first"], doc="a process enters without waiting")


def inside(s: State, i: Process) -> Bool:
    return one_of(s.pc[i], Label.cs, Label.a4)


@p.invariant(expected={"rude": violated(8)})
def Mutex(s: State) -> Bool:
    """The processes are not in their critical sections at once."""
    return ~forall(Process, lambda i: inside(s, i))


@p.lemma("a process wants to enter from a2 to a4")
def WantsToEnter(s: State) -> Bool:
    return forall(Process, lambda i: s.c[i] == ~one_of(s.pc[i], Label.a0, Label.a1))


@p.lemma("who is inside goes first, or the other has not given way yet")
def InsideGoesFirst(s: State) -> Bool:
    return forall(
        Process,
        lambda i: implies(inside(s, i), (s.turn == i) | one_of(s.pc[other(i)], Label.a0, Label.a1, Label.a2)),
    )
