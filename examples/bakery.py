"""Mutual exclusion without anything atomic: processes draw tickets as in a bakery (Lamport 1974; Bakery.tla).

A process draws a ticket that is larger than all that it sees, then waits for every other that is about to draw one or has a
smaller one. While it writes its flag or its ticket, others may read anything there (`flicker`).

    verify prove examples/bakery.py                MutualExclusion PROVED for two processes and tickets up to 2
    verify prove examples/bakery.py --scope unbounded      PROVED for any number of both
    verify prove examples/bakery.py:hasty          nobody waits for those who draw: VIOLATED in 18 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Protocol, Range, Set, Temporal, any_of, exists, forall, guard,
    implies, labels, leads_to, maximum, one_of, set_of, steps, var, violated, weak)  # fmt: skip

p = Protocol("bakery", "mutual exclusion by numbered tickets", source="Bakery.tla (tlaplus/Examples)")
N = p.parameter("N", 2, "processes")
MaxNat = p.search_bound("MaxNat", 2, "the largest number that is drawn")


class Proc(Range, low=1, high=N):
    """A process."""


class Nat(Range, low=0, high=MaxNat):
    """A number on a ticket; 0: none."""


class Label(Enumeration):
    """Where a process is."""

    ncs, e1, e2, e3, e4, w1, w2, cs, exit = labels(9)


@p.state
class State:
    num: Fn[Proc, Nat] = var(0, "the ticket of each process")
    flag: Fn[Proc, Bool] = var(False, "processes that draw a ticket")
    pc: Fn[Proc, Label] = var(Label.ncs, "where each process is")
    unchecked: Fn[Proc, Set[Proc]] = var(set(), "processes that it has still to look at")
    max: Fn[Proc, Nat] = var(0, "the largest ticket that it has seen")
    nxt: Fn[Proc, Proc] = var(1, "whom it waits for")


def at(s: State, i: Proc, *here: Label) -> Bool:
    return one_of(s.pc[i], *here)


def go(s: State, me: Proc, here: Label, then: Label) -> None:
    guard("at", at(s, me, here))
    s.pc[me] = then


def others(me: Proc) -> Set[Proc]:
    return set_of(Proc, lambda i: i != me)


@p.action
def ncs(s: State, me: Proc) -> None:
    go(s, me, Label.ncs, Label.e1)


@p.action
def flicker_flag(s: State, me: Proc) -> None:
    guard("at", at(s, me, Label.e1, Label.e4))
    s.flag[me] = ~s.flag[me]


@p.action
def flicker_num(s: State, me: Proc, k: Nat) -> None:
    guard("at", at(s, me, Label.e3, Label.exit))
    s.num[me] = k


@p.action
def e1(s: State, me: Proc) -> None:
    go(s, me, Label.e1, Label.e2)
    s.flag[me] = Bool(True)
    s.unchecked[me] = others(me)
    s.max[me] = Nat(0)


@p.action
def e2_look(s: State, me: Proc, i: Proc) -> None:
    guard("at", at(s, me, Label.e2))
    guard("unchecked", s.unchecked[me].contains(i))
    s.unchecked[me] -= {i}
    s.max[me] = maximum(s.max[me], s.num[i])


@p.action
def e2(s: State, me: Proc) -> None:
    guard("all-checked", s.unchecked[me].is_empty())
    go(s, me, Label.e2, Label.e3)


@p.action
def e3(s: State, me: Proc, k: Nat) -> None:
    guard("larger", k > s.max[me])
    go(s, me, Label.e3, Label.e4)
    s.num[me] = k


@p.action
def e4(s: State, me: Proc) -> None:
    go(s, me, Label.e4, Label.w1)
    s.flag[me] = Bool(False)
    s.unchecked[me] = others(me)


@p.action
def w1(s: State, me: Proc, i: Proc) -> None:
    guard("unchecked", s.unchecked[me].contains(i))
    guard("drawn", ~s.flag[i])
    go(s, me, Label.w1, Label.w2)
    s.nxt[me] = i


def precedes(s: State, i: Proc, j: Proc) -> Bool:
    return (s.num[i] < s.num[j]) | ((s.num[i] == s.num[j]) & (i < j))


@p.action
def w2(s: State, me: Proc) -> None:
    guard("first", (s.num[s.nxt[me]] == 0) | precedes(s, me, s.nxt[me]))
    go(s, me, Label.w2, Label.w1)
    s.unchecked[me] -= {s.nxt[me]}


@p.action
def enter(s: State, me: Proc) -> None:
    guard("all-checked", s.unchecked[me].is_empty())
    go(s, me, Label.w1, Label.cs)


@p.action
def cs(s: State, me: Proc) -> None:
    go(s, me, Label.cs, Label.exit)


@p.action
def exit(s: State, me: Proc) -> None:
    go(s, me, Label.exit, Label.ncs)
    s.num[me] = Nat(0)


p.fairness(forall(Proc, lambda me: weak(
    steps(flicker_flag, me) | steps(flicker_num, me, ...) | steps(e1, me) | steps(e2_look, me, ...) | steps(e2, me)
    | steps(e3, me, ...) | steps(e4, me) | steps(w1, me, ...) | steps(w2, me) | steps(enter, me) | steps(cs, me) | steps(exit, me)
)))  # fmt: skip
p.variant("hasty", drops=["w1.drawn"], doc="a process does not wait until others have drawn their tickets")


@p.invariant(expected={"hasty": violated(18)})
def MutualExclusion(s: State) -> Bool:
    """At most one process is in its critical section."""
    return forall(Proc, Proc, lambda i, j: implies((s.pc[i] == Label.cs) & (s.pc[j] == Label.cs), i == j))


# A process may write its flag forever, which is fair to it; so neither holds, as it stands.
@p.liveness(expected={"safe": violated(1, loop=2), "hasty": violated(1, loop=2), "inductive": violated(0, loop=2)})
def DeadlockFree(s: State) -> Temporal:
    """Where a process tries, some process gets in."""
    return leads_to(exists(Proc, lambda i: at(s, i, Label.e1)), exists(Proc, lambda i: at(s, i, Label.cs)))


@p.liveness(expected={"safe": violated(1, loop=2), "hasty": violated(1, loop=2), "inductive": violated(0, loop=2)})
def StarvationFree(s: State) -> Temporal:
    """Each process that tries gets in."""
    return forall(Proc, lambda i: leads_to(at(s, i, Label.e1), at(s, i, Label.cs)))


@p.lemma("who waits or is inside has a ticket")
def HasTicket(s: State) -> Bool:
    return forall(Proc, lambda i: implies(at(s, i, Label.e4, Label.w1, Label.w2, Label.cs), s.num[i] != 0))


@p.lemma("who draws a ticket says so")
def Draws(s: State) -> Bool:
    return forall(Proc, lambda i: implies(at(s, i, Label.e2, Label.e3), s.flag[i]))


@p.lemma("nobody waits for itself")
def WaitsForOthers(s: State) -> Bool:
    return forall(Proc, lambda i: implies(at(s, i, Label.w2), s.nxt[i] != i))


@p.lemma("or looks at itself")
def LooksAtOthers(s: State) -> Bool:
    return forall(Proc, lambda i: implies(at(s, i, Label.w1, Label.w2), ~s.unchecked[i].contains(i)))


def before(s: State, i: Proc, j: Proc) -> Bool:
    """Process i has a ticket, and that of j is or will be larger, unless i draws again."""
    seen, unchecked = s.max[j] >= s.num[i], s.unchecked[j].contains(i)
    return (s.num[i] > 0) & any_of(
        at(s, j, Label.ncs, Label.e1, Label.exit),
        at(s, j, Label.e2) & (unchecked | seen),
        at(s, j, Label.e3) & seen,
        at(s, j, Label.e4) & precedes(s, i, j),
        at(s, j, Label.w1, Label.w2) & precedes(s, i, j) & unchecked,
    )


@p.lemma("whom it waits for has seen its ticket, or will")
def WasSeen(s: State) -> Bool:
    def seen(i: Proc, j: Proc) -> Bool:
        drawing = (at(s, j, Label.e2) & ~s.unchecked[j].contains(i)) | at(s, j, Label.e3)
        return implies(at(s, i, Label.w2) & (s.nxt[i] == j) & drawing, s.max[j] >= s.num[i])

    return forall(Proc, Proc, seen)


@p.lemma("whom it has looked at comes later")
def ComesFirst(s: State) -> Bool:
    def first(i: Proc, j: Proc) -> Bool:
        checked = at(s, i, Label.cs) | (at(s, i, Label.w1, Label.w2) & ~s.unchecked[i].contains(j))
        return implies((j != i) & checked, before(s, i, j))

    return forall(Proc, Proc, first)


p.variant(
    "inductive",
    initially=["HasTicket", "Draws", "WaitsForOthers", "LooksAtOthers", "WasSeen", "ComesFirst"],
    doc="it starts from any state that satisfies the lemmas, reachable or not",
)
