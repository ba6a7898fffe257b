"""A small model with everything that a walk shows: witnesses, a constraint, a range that can be left, a use without a value."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    Set,
    budget,
    exists,
    forall,
    guard,
    implies,
    labels,
    none,
    some,
    var,
    violated,
    witness,
)

p = Protocol("turns", "clients take turns at a lock")
Most = p.search_bound("Most", 3, "largest token")


class Client(Scalarset, parameter="Clients", size=2, prefix="c"):
    """A client."""


class Phase(Enumeration):
    """What a client is doing."""

    Idle, Waiting, Holding, Broken = labels(4)


class Token(Range, low=0, high=Most):
    """The number of a grant."""


@p.state
class State:
    phase: Fn[Client, Phase] = var(Phase.Idle, "what each client is doing")
    lock: Option[Client] = var(none, "who has the lock")
    token: Token = var(0, "number of the last grant")
    seen: Set[Client] = var(set(), "who ever had it")


@p.action
def Request(s: State, c: Client) -> None:
    """A client asks for the lock."""
    guard("idle", s.phase[c] == Phase.Idle)
    s.phase[c] = Phase.Waiting


@p.action
def Grant(s: State, c: Client) -> None:
    """The server gives the lock to a client that waits."""
    guard("waiting", s.phase[c] == Phase.Waiting)
    guard("free", s.lock == none)
    budget("room", s.token < Most)
    s.phase[c] = Phase.Holding
    s.lock = some(c)
    s.token += 1
    s.seen = s.seen | {c}


@p.action
def Release(s: State, c: Client) -> None:
    """A client gives the lock back, where somebody else waits."""
    other = witness("other", Client)
    guard("holding", s.phase[c] == Phase.Holding)
    guard("somebody-waits", (s.phase[other] == Phase.Waiting) & (other != c))
    s.phase[c] = Phase.Idle
    s.lock = none


p.variant("hasty", drops=["Grant.free"], doc="the lock is given again while it is taken")
p.variant("endless", drops=["Grant.room"], doc="the token leaves its range")


@p.invariant(short="Mutex-1", expected={"hasty": violated(4)})
def Mutex(s: State) -> Bool:
    """No two clients hold the lock."""
    return forall(
        Client, Client, lambda a, b: implies((s.phase[a] == Phase.Holding) & (s.phase[b] == Phase.Holding), a == b)
    )


@p.action_property()
def Grows(s: State, after: State) -> Bool:
    """The token never goes back."""
    return after.token >= s.token


@p.lemma("the server notes to whom it grants the lock")
def HolderHasLock(s: State) -> Bool:
    return forall(Client, lambda c: implies(s.phase[c] == Phase.Holding, s.lock == some(c)))


@p.lemma("who holds it has been seen")
def HolderSeen(s: State) -> Bool:
    return ~exists(Client, lambda c: (s.phase[c] == Phase.Holding) & ~s.seen.contains(c))
