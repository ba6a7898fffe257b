"""Mutual exclusion by messages with logical clocks (Lamport 1978; Merz, LamportMutex.tla).

A process that wants to enter sends the time of its request to all others, and enters when all have acknowledged it and no
request that it knows is older.

    verify explore examples/lamport_mutex.py       724,274 states
    verify prove examples/lamport_mutex.py:impatient   older requests are ignored: Mutex VIOLATED in 8 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Protocol, Range, Record, Sequence, Set, any_of, empty, fn, forall,
    guard, implies, ite, labels, maximum, var, violated)  # fmt: skip

p = Protocol("lamport-mutex", "mutual exclusion by messages", source="LamportMutex.tla (tlaplus/Examples)")
N = p.parameter("N", 3, "processes")
maxClock = p.search_bound("maxClock", 6, "states with a later clock are not expanded")


class Proc(Range, low=1, high=N):
    """A process."""


class Clock(Range, low=0, high=maxClock + 1):
    """A time; 0: none."""


class Kind(Enumeration):
    """The content of a message."""

    Req, Ack, Rel = labels(3)


class Message(Record):
    """A message, with the time of a request."""

    kind: Kind
    clock: Clock


class Channel(Sequence[Message], capacity=3):
    """Messages on their way, the oldest first."""


@p.state
class State:
    clock: Fn[Proc, Clock] = var(1, "the clock of each process")
    req: Fn[Proc, Fn[Proc, Clock]] = var(0, "the requests that each process knows, its own among them")
    ack: Fn[Proc, Set[Proc]] = var(set(), "who has acknowledged its request")
    network: Fn[Proc, Fn[Proc, Channel]] = var(empty, "messages from each process to each")
    crit: Set[Proc] = var(set(), "processes in the critical section")


@p.constraint
def ClockConstraint(s: State) -> Bool:
    return forall(Proc, lambda q: s.clock[q] <= maxClock)


def broadcast(s: State, me: Proc, kind: Kind, clock: Clock) -> None:
    sent, message = s.network[me], Message(kind=kind, clock=clock)
    s.network[me] = fn(Proc, lambda q: ite(q == me, sent[q], sent[q].append(message)))


def receive(s: State, me: Proc, sender: Proc, kind: Kind) -> Clock:
    channel = s.network[sender][me]
    guard("some", channel.length() > 0)
    guard("kind", channel.head().kind == kind)
    s.network[sender][me] = channel.tail()
    return channel.head().clock


@p.action
def Request(s: State, me: Proc) -> None:
    """A process wants to enter, and says so."""
    guard("idle", s.req[me][me] == 0)
    broadcast(s, me, Kind.Req, s.clock[me])
    s.req[me][me] = s.clock[me]
    s.ack[me] = {me}


@p.action
def ReceiveRequest(s: State, me: Proc, sender: Proc) -> None:
    """A process notes a request, and acknowledges it."""
    answers = s.network[me][sender]
    clock = receive(s, me, sender, Kind.Req)
    s.req[me][sender] = clock
    s.clock[me] = maximum(clock, s.clock[me]) + 1
    s.network[me][sender] = answers.append(Message(kind=Kind.Ack, clock=Clock(0)))


@p.action
def ReceiveAck(s: State, me: Proc, sender: Proc) -> None:
    """An acknowledgement arrives."""
    receive(s, me, sender, Kind.Ack)
    s.ack[me] |= {sender}


@p.action
def Enter(s: State, me: Proc) -> None:
    """A process enters: its request is the oldest."""
    mine = s.req[me]
    guard("acknowledged", forall(Proc, lambda q: s.ack[me].contains(q)))
    guard("requested", mine[me] > 0)
    guard("first", forall(Proc, lambda q: any_of(
        q == me, mine[q] == 0, mine[me] < mine[q], (mine[me] == mine[q]) & (me < q))))
    s.crit |= {me}


@p.action
def Exit(s: State, me: Proc) -> None:
    """A process leaves, and says so."""
    guard("inside", s.crit.contains(me))
    broadcast(s, me, Kind.Rel, Clock(0))
    s.crit -= {me}
    s.req[me][me] = Clock(0)
    s.ack[me] = set()


@p.action
def ReceiveRelease(s: State, me: Proc, sender: Proc) -> None:
    """A request is no longer."""
    receive(s, me, sender, Kind.Rel)
    s.req[me][sender] = Clock(0)


p.variant("impatient", drops=["Enter.first"], settings={"N": 2}, doc="older requests are ignored")


@p.invariant(expected={"impatient": violated(8)})
def Mutex(s: State) -> Bool:
    """At most one process is in the critical section."""
    return forall(Proc, Proc, lambda q, r: implies(s.crit.contains(q) & s.crit.contains(r), q == r))
