"""A server lends its one lock to clients (Wilcox and others, Verdi, PLDI 2015; mypyvy's lockserv.pyv).

    verify prove examples/lockserv.py --scope unbounded    Mutex PROVED for any number of clients
    verify prove examples/lockserv.py:twice        the server lends a lock that it does not have: Mutex VIOLATED in 6 steps
"""

from verifier.kernel import Bool, Protocol, Scalarset, Set, all_of, disjoint, forall, guard, implies, var, violated

p = Protocol("lockserv", "a server lends one lock", source="lockserv.pyv (mypyvy)")


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
    """A client."""


@p.state
class State:
    lock_msg: Set[Node] = var(set(), "requests on their way to the server")
    grant_msg: Set[Node] = var(set(), "the lock on its way to a client")
    unlock_msg: Set[Node] = var(set(), "the lock on its way back")
    holds_lock: Set[Node] = var(set(), "clients that hold the lock")
    server_holds_lock: Bool = var(True, "whether the server holds it")


@p.action
def send_lock(s: State, n: Node) -> None:
    """A client asks for the lock."""
    s.lock_msg |= {n}


@p.action
def recv_lock(s: State, n: Node) -> None:
    """The server lends the lock to a client that asked for it."""
    guard("holds", s.server_holds_lock)
    guard("asked", s.lock_msg.contains(n))
    s.lock_msg -= {n}
    s.server_holds_lock = Bool(False)
    s.grant_msg |= {n}


@p.action
def recv_grant(s: State, n: Node) -> None:
    """The lock arrives at a client."""
    guard("sent", s.grant_msg.contains(n))
    s.grant_msg -= {n}
    s.holds_lock |= {n}


@p.action
def unlock(s: State, n: Node) -> None:
    """A client gives the lock back."""
    guard("holds", s.holds_lock.contains(n))
    s.holds_lock -= {n}
    s.unlock_msg |= {n}


@p.action
def recv_unlock(s: State, n: Node) -> None:
    """The lock arrives at the server."""
    guard("sent", s.unlock_msg.contains(n))
    s.unlock_msg -= {n}
    s.server_holds_lock = Bool(True)


p.variant("twice", drops=["recv_lock.holds"], doc="the server lends a lock that it does not have")


@p.invariant(expected={"twice": violated(6)})
def Mutex(s: State) -> Bool:
    """At most one client holds the lock."""
    return forall(Node, Node, lambda m, n: implies(s.holds_lock.contains(m) & s.holds_lock.contains(n), m == n))


@p.lemma("the lock is with the server, or with one client or on its way from or to it")
def OneLock(s: State) -> Bool:
    away = s.grant_msg | s.holds_lock | s.unlock_msg
    return implies(s.server_holds_lock, away.is_empty()) & forall(
        Node, Node, lambda m, n: implies(away.contains(m) & away.contains(n), m == n)
    )


@p.lemma("and in one of these places only")
def OnePlace(s: State) -> Bool:
    return all_of(
        disjoint(s.grant_msg, s.holds_lock),
        disjoint(s.grant_msg, s.unlock_msg),
        disjoint(s.holds_lock, s.unlock_msg),
    )
