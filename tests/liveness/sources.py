"""Models for the tests of liveness."""

COUNTERS = '''
from __future__ import annotations
from verifier.kernel import *
p = Protocol("counters", "two counters that go up and can be reset")
class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""
class Count(Range, low=0, high=2):
    """A count."""
@p.state
class State:
    at: Fn[Node, Count] = var(0, "")
@p.action
def Inc(s: State, n: Node) -> None:
    """Up."""
    guard("room", s.at[n] < 2)
    s.at[n] += 1
@p.action
def Reset(s: State, n: Node) -> None:
    """Down."""
    s.at[n] = 0
@p.action
def Skip(s: State, n: Node) -> None:
    """Nothing."""
    s.at[n] = s.at[n]
@p.invariant()
def Fine(s: State) -> Bool:
    return forall(Node, lambda n: s.at[n] <= 2)
'''

QUIET = '''
from __future__ import annotations
from verifier.kernel import *
p = Protocol("quiet", "messages that are sent once, or again")
class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""
@p.state
class State:
    got: Set[Node] = var(set(), "")
@p.action
def Send(s: State, n: Node) -> None:
    """Sends; it stays enabled forever, and then changes nothing."""
    s.got |= {n}
@p.invariant()
def QuietIsDone(s: State) -> Bool:
    return implies(~can_change(Send), forall(Node, lambda n: s.got.contains(n)))
some = p.assume_fair("some", weak(Send))
each = p.assume_fair("each", forall(Node, lambda n: weak(Send, n)))
@p.liveness("All", under=some)
def AllGot(s: State) -> Temporal:
    return eventually(forall(Node, lambda n: s.got.contains(n)))
@p.liveness("Each", under=each)
def EachGot(s: State) -> Temporal:
    return forall(Node, lambda n: eventually(s.got.contains(n)))
@p.liveness("Unfair", under=[], expected={"safe": violated(0, loop=0)})
def UnfairGot(s: State) -> Temporal:
    return eventually(exists(Node, lambda n: s.got.contains(n)))
'''
