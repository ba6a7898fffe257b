"""Readers share a resource, writers have it alone, and a queue serves all in the order in which they came
(ReadersWriters.tla).

    verify explore examples/readers_writers.py
    verify prove examples/readers_writers.py:impatient     a writer ignores the readers: Safety VIOLATED in 4 steps
"""

from verifier.kernel import (Bool, Enumeration, Protocol, Record, Scalarset, Sequence, Set, Temporal, always, empty,
    eventually, forall, forall_in, guard, ite, labels, steps, var, violated, weak)  # fmt: skip

p = Protocol("readers-writers", "readers share, writers exclude", source="ReadersWriters.tla (tlaplus/Examples)")


class Actor(Scalarset, parameter="NumActors", size=3, prefix="a"):
    """An actor that reads and writes."""


class Kind(Enumeration):
    """An actor's request."""

    Read, Write = labels(2)


class Request(Record):
    """A place in the queue."""

    kind: Kind
    actor: Actor


class Queue(Sequence[Request], capacity=2 * Actor.size):
    """Requests, the oldest first."""


@p.state
class State:
    readers: Set[Actor] = var(set(), "actors that read")
    writers: Set[Actor] = var(set(), "actors that write")
    waiting: Queue = var(empty, "requests, the oldest first")


@p.action
def Ask(s: State, kind: Kind, actor: Actor) -> None:
    """An actor joins the queue, unless it waits there for the same already."""
    request = Request(kind=kind, actor=actor)
    guard("new", ~s.waiting.contains(request))
    s.waiting = s.waiting.append(request)


def first(s: State, kind: Kind) -> Actor:
    guard("some", s.waiting.length() > 0)
    guard("kind", s.waiting.head().kind == kind)
    guard("no-writers", s.writers.is_empty())
    actor = s.waiting.head().actor
    s.waiting = s.waiting.tail()
    return actor


@p.action
def Read(s: State) -> None:
    """The first of the queue begins to read."""
    s.readers |= {first(s, Kind.Read)}


@p.action
def Write(s: State) -> None:
    """The first of the queue begins to write."""
    guard("no-readers", s.readers.is_empty())
    s.writers |= {first(s, Kind.Write)}


@p.action
def Stop(s: State, actor: Actor) -> None:
    """An actor stops what it does."""
    guard("active", (s.readers | s.writers).contains(actor))
    s.writers = ite(s.readers.contains(actor), s.writers, s.writers - {actor})
    s.readers -= {actor}


p.fairness(
    forall(Kind, Actor, lambda kind, actor: weak(Ask, kind, actor)), weak(steps(Read) | steps(Write)), weak(Stop)
)
p.variant("impatient", drops=["Write.no-readers"], doc="a writer does not wait for readers")


@p.invariant(expected={"impatient": violated(4)})
def Safety(s: State) -> Bool:
    """Nobody reads while another writes, and at most one writes."""
    alone = forall_in(s.writers, lambda a: s.writers == {a})
    return (s.readers.is_empty() | s.writers.is_empty()) & alone


@p.liveness()
def Liveness(s: State) -> Temporal:
    """Each actor reads again and again, and writes, and does not."""
    def often(holds: Bool) -> Temporal:
        return always(eventually(holds))

    def both(a: Actor) -> Temporal:
        reads, writes = s.readers.contains(a), s.writers.contains(a)
        return often(reads) & often(writes) & often(~reads) & often(~writes)

    return forall(Actor, both)
