"""Lamport's mutual exclusion with logical clocks (S. Merz, LamportMutex.tla): 724,274 states with three processes."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Ordered,
    Protocol,
    Range,
    Record,
    Sequence,
    Set,
    empty,
    fn,
    forall,
    guard,
    implies,
    ite,
    labels,
    maximum,
    var,
)

p = Protocol("lamport-mutex", "mutual exclusion by requests with logical clocks", source="LamportMutex.tla")
maxClock = p.search_bound("maxClock", 6, "states with a later clock are not expanded")


class Proc(Ordered, parameter="N", size=3, first=1):
    """A process."""


class Clock(Range, low=0, high=maxClock + 1):
    """A time; 0: none."""


class Kind(Enumeration):
    """What a message is."""

    Req, Ack, Rel = labels(3)


class Message(Record):
    """A message; the clock of a request, 0 otherwise."""

    kind: Kind
    clock: Clock


class Channel(Sequence[Message], capacity=3):
    """The messages from one process to another, the oldest first."""


@p.state
class State:
    clock: Fn[Proc, Clock] = var(1, "local clock of each process")
    req: Fn[Proc, Fn[Proc, Clock]] = var(0, "requests received from other processes")
    ack: Fn[Proc, Set[Proc]] = var(set(), "acknowledgements received")
    network: Fn[Proc, Fn[Proc, Channel]] = var(empty, "messages sent but not received")
    crit: Set[Proc] = var(set(), "processes in the critical section")


@p.constraint
def ClockConstraint(s: State) -> Bool:
    return forall(Proc, lambda q: s.clock[q] <= maxClock)


def broadcast(s: State, sender: Proc, message: Message) -> None:
    s.network[sender] = fn(Proc, lambda q: ite(q == sender, s.network[sender][q], s.network[sender][q].append(message)))


@p.action
def Request(s: State, q: Proc) -> None:
    guard("idle", s.req[q][q] == 0)
    s.req[q][q] = s.clock[q]
    broadcast(s, q, Message(kind=Kind.Req, clock=s.clock[q]))
    s.ack[q] = {q}


@p.action
def ReceiveRequest(s: State, q: Proc, sender: Proc) -> None:
    guard("some", s.network[sender][q].length() > 0)
    head = s.network[sender][q].head()
    guard("request", head.kind == Kind.Req)
    s.req[q][sender] = head.clock
    s.clock[q] = maximum(head.clock, s.clock[q]) + 1
    s.network = fn(
        Proc,
        lambda a: fn(
            Proc,
            lambda b: ite(
                (a == sender) & (b == q),
                s.network[a][b].tail(),
                ite(
                    (a == q) & (b == sender),
                    s.network[a][b].append(Message(kind=Kind.Ack, clock=0)),
                    s.network[a][b],
                ),
            ),
        ),
    )


@p.action
def ReceiveAck(s: State, q: Proc, sender: Proc) -> None:
    guard("some", s.network[sender][q].length() > 0)
    guard("ack", s.network[sender][q].head().kind == Kind.Ack)
    s.ack[q] |= {sender}
    s.network[sender][q] = s.network[sender][q].tail()


def beats(s: State, q: Proc, other: Proc) -> Bool:
    mine, theirs = s.req[q][q], s.req[q][other]
    return (theirs == 0) | (mine < theirs) | ((mine == theirs) & (q < other))


@p.action
def Enter(s: State, q: Proc) -> None:
    guard("requesting", s.req[q][q] > 0)
    guard("acknowledged", forall(Proc, lambda other: s.ack[q].contains(other)))
    guard("first", forall(Proc, lambda other: implies(other != q, beats(s, q, other))))
    s.crit |= {q}


@p.action
def Exit(s: State, q: Proc) -> None:
    guard("inside", s.crit.contains(q))
    s.crit -= {q}
    broadcast(s, q, Message(kind=Kind.Rel, clock=0))
    s.req[q][q] = 0
    s.ack[q] = set()


@p.action
def ReceiveRelease(s: State, q: Proc, sender: Proc) -> None:
    guard("some", s.network[sender][q].length() > 0)
    guard("release", s.network[sender][q].head().kind == Kind.Rel)
    s.req[q][sender] = 0
    s.network[sender][q] = s.network[sender][q].tail()


@p.invariant()
def Mutex(s: State) -> Bool:
    return forall(Proc, Proc, lambda a, b: implies(s.crit.contains(a) & s.crit.contains(b), a == b))
