"""Dining philosophers who hand forks to each other (Chandy and Misra 1984; DiningPhilosophers.tla).

Forks are clean or dirty. Eating makes them dirty, and a dirty fork is cleaned and handed to the neighbor, who may be hungry.
A hungry philosopher with two clean forks eats. At first each fork is dirty, and is held by the neighbor with the smaller number.

    verify explore examples/dining_philosophers.py             67 states
    verify prove examples/dining_philosophers.py:reaching      one fork is enough: ExclusiveAccess VIOLATED in 3 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Protocol, Range, Record, Temporal, always, choice, eventually, fn,
    forall, guard, implies, ite, labels, steps, var, violated, weak)  # fmt: skip

p = Protocol("dining-philosophers", "nobody starves", source="DiningPhilosophers.tla (tlaplus/Examples)")
NP = p.parameter("NP", 5, "philosophers")
p.assume("some", NP >= 1)


class Phil(Range, low=1, high=NP):
    """A philosopher, and the fork on the left of that one."""


class Label(Enumeration):
    """A philosopher's next step."""

    Loop, Think, Eat = labels(3)


class Fork(Record):
    """A fork: its holder, and whether it is clean."""

    holder: Phil
    clean: Bool


@p.state
class State:
    forks: Fn[Phil, Fork] = var(
        fn(Phil, lambda f: Fork(holder=ite(f == 2, Phil(1), f), clean=Bool(False))), "the forks"
    )
    hungry: Fn[Phil, Bool] = var(True, "who is hungry")
    pc: Fn[Phil, Label] = var(Label.Loop, "each philosopher's next step")


def right(q: Phil) -> Phil:
    return ite(q == NP, Phil(1), q + 1)


def left(q: Phil) -> Phil:
    return ite(q == 1, Phil(NP), q - 1)


@p.action
def Loop(s: State, me: Phil) -> None:
    """A philosopher hands over a dirty fork, and decides whether to eat or to think."""
    guard("at", s.pc[me] == Label.Loop)
    mine, other = s.forks[me], s.forks[right(me)]
    hold, hold_other = mine.holder == me, other.holder == me
    one, another = hold & mine.clean, hold_other & other.clean
    both = choice("both", one & another, one | another)
    s.pc[me] = ite(s.hungry[me], ite(both, Label.Eat, Label.Loop), Label.Think)
    give, give_other = hold & ~mine.clean, hold_other & ~other.clean
    fork, to = ite(give, me, right(me)), ite(give, left(me), right(me))
    s.forks[fork] = ite(give | give_other, Fork(holder=to, clean=Bool(True)), s.forks[fork])


@p.action
def Think(s: State, me: Phil) -> None:
    """A philosopher becomes hungry."""
    guard("at", s.pc[me] == Label.Think)
    s.hungry[me] = Bool(True)
    s.pc[me] = Label.Loop


@p.action
def Eat(s: State, me: Phil) -> None:
    """A philosopher eats, and the forks become dirty."""
    guard("at", s.pc[me] == Label.Eat)
    s.hungry[me] = Bool(False)
    s.forks = fn(Phil, lambda f: s.forks[f].replace(clean=s.forks[f].clean & (f != me) & (f != right(me))))
    s.pc[me] = Label.Loop


p.fairness(forall(Phil, lambda q: weak(steps(Loop, q) | steps(Think, q) | steps(Eat, q))))
p.variant("reaching", drops=["Loop.both"], doc="one clean fork is enough")


@p.invariant(expected={"reaching": violated(3)})
def ExclusiveAccess(s: State) -> Bool:
    """Neighbors do not eat at the same time."""
    def eats(q: Phil) -> Bool:
        return s.pc[q] == Label.Eat

    return forall(Phil, lambda q: implies((q != right(q)) & eats(q), ~eats(right(q))))


@p.liveness(expected={"reaching": violated(1, loop=29)})
def NobodyStarves(s: State) -> Temporal:
    """Each philosopher eats again and again."""
    return forall(Phil, lambda q: always(eventually(~s.hungry[q])))
