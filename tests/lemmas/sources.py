"""Models whose lemmas are wrong, missing or good, as the text of their files: a lock, and Raft's leader election."""

from __future__ import annotations

from pathlib import Path

LOCK = '''
from verifier.kernel import *

p = Protocol("lock", "clients take turns")
MaxToken = p.search_bound("MaxToken", 3, "largest token")


class Client(Scalarset, parameter="Clients", size=3, prefix="c"):
    """A client."""


class Phase(Enumeration):
    """What a client is doing."""

    Idle, Waiting, Holding = labels(3)


class Token(Range, low=0, high=MaxToken):
    """The number of a grant."""


@p.state
class State:
    phase: Fn[Client, Phase] = var(Phase.Idle)
    lock: Option[Client] = var(none)
    token: Token = var(0)


@p.action
def Request(s: State, c: Client) -> None:
    guard("idle", s.phase[c] == Phase.Idle)
    s.phase[c] = Phase.Waiting


@p.action
def Grant(s: State, c: Client) -> None:
    guard("waiting", s.phase[c] == Phase.Waiting)
    guard("free", s.lock == none)
    budget("tokens", s.token < MaxToken)
    s.phase[c] = Phase.Holding
    s.lock = some(c)
    s.token += 1


@p.action
def Release(s: State, c: Client) -> None:
    guard("holding", s.phase[c] == Phase.Holding)
    s.phase[c] = Phase.Idle
    s.lock = none


@p.invariant()
def MutualExclusion(s: State) -> Bool:
    return forall(
        Client, Client, lambda a, b: implies((s.phase[a] == Phase.Holding) & (s.phase[b] == Phase.Holding), a == b)
    )
'''

WRONG = '''

@p.lemma("the holder has the lock, as somebody mistyped it")
def HolderHasLock(s: State) -> Bool:
    return forall(Client, lambda c: implies(s.phase[c] == Phase.Holding, s.lock == none))
'''

RIGHT = '''

@p.lemma("the holder has the lock")
def HolderHasLock(s: State) -> Bool:
    return forall(Client, lambda c: implies(s.phase[c] == Phase.Holding, s.lock == some(c)))
'''

ELECTION = '''
from verifier.kernel import *

p = Protocol("election", "leaders are elected, one a term")
MaxTerm = p.search_bound("MaxTerm", 2, "largest term")


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
    """A server."""


class Quorum(Quorums[Node]):
    """A majority."""


class Term(Range, low=0, high=MaxTerm):
    """A term."""


class Role(Enumeration):
    """What a server is."""

    Follower, Candidate, Leader = labels(3)


@p.state
class State:
    term: Fn[Node, Term] = var(0)
    role: Fn[Node, Role] = var(Role.Follower)
    votedFor: Fn[Node, Option[Node]] = var(none)
    votes: Fn[Node, Set[Node]] = var(set())
    sentVote: Fn[Node, Fn[Term, Option[Node]]] = var(none)


@p.action
def Timeout(s: State, n: Node) -> None:
    guard("not-leader", s.role[n] != Role.Leader)
    budget("terms", s.term[n] < MaxTerm)
    s.sentVote[n] = s.sentVote[n].updated(s.term[n] + 1, some(n))
    s.term[n] += 1
    s.role[n] = Role.Candidate
    s.votedFor[n] = some(n)
    s.votes[n] = {n}


@p.action
def Grant(s: State, n: Node, c: Node) -> None:
    guard("same-term", s.term[n] == s.term[c])
    guard("candidate", s.role[c] == Role.Candidate)
    guard("free", s.votedFor[n] == none)
    s.votedFor[n] = some(c)
    s.sentVote[n] = s.sentVote[n].updated(s.term[n], some(c))


@p.action
def StepDown(s: State, n: Node, c: Node) -> None:
    guard("larger", s.term[c] > s.term[n])
    s.term[n] = s.term[c]
    s.role[n] = Role.Follower
    s.votedFor[n] = none
    s.votes[n] = set()


@p.action
def Collect(s: State, n: Node, c: Node) -> None:
    guard("candidate", s.role[c] == Role.Candidate)
    guard("sent", s.sentVote[n][s.term[c]] == some(c))
    s.votes[c] |= {n}


@p.action
def Win(s: State, c: Node, q: Quorum) -> None:
    guard("candidate", s.role[c] == Role.Candidate)
    guard("majority", forall(Node, lambda n: implies(q.contains(n), s.votes[c].contains(n))))
    s.role[c] = Role.Leader


@p.invariant()
def ElectionSafety(s: State) -> Bool:
    """At most one leader a term."""
    return forall(
        Node,
        Node,
        lambda a, b: implies(
            (s.role[a] == Role.Leader) & (s.role[b] == Role.Leader) & (s.term[a] == s.term[b]), a == b
        ),
    )
'''

LEMMAS = {
    "LeaderHasQuorum": '''

@p.lemma("a leader has a quorum of votes")
def LeaderHasQuorum(s: State) -> Bool:
    return forall(
        Node,
        lambda c: implies(
            s.role[c] == Role.Leader,
            exists(
                Quorum, lambda q: forall(Node, lambda n: implies(q.contains(n), s.sentVote[n][s.term[c]] == some(c)))
            ),
        ),
    )
''',
    "VotesWereSent": '''

@p.lemma("a vote counted was sent")
def VotesWereSent(s: State) -> Bool:
    return forall(Node, Node, lambda c, n: implies(s.votes[c].contains(n), s.sentVote[n][s.term[c]] == some(c)))
''',
    "VoteRemembered": '''

@p.lemma("a vote in the current term is remembered")
def VoteRemembered(s: State) -> Bool:
    return forall(Node, lambda n: s.sentVote[n][s.term[n]] == s.votedFor[n])
''',
    "NoFutureVotes": '''

@p.lemma("nobody has voted in the future")
def NoFutureVotes(s: State) -> Bool:
    return forall(Node, Term, lambda n, t: implies(t > s.term[n], s.sentVote[n][t] == none))
''',
}

FALSE_FUTURE = LEMMAS["NoFutureVotes"].replace("t > s.term[n]", "t >= s.term[n]")

FIELD = '''
from verifier.kernel import *

p = Protocol("field", "a lemma that is a field of a record, which reads like the guard of an action")


class Tick(Range, low=0, high=3):
    """A count."""


class Lease(Record):
    held: Bool
    count: Tick


@p.state
class State:
    lease: Lease = var(Lease(held=Bool(True), count=0))
    bad: Bool = var(False)


@p.action
def Step(s: State) -> None:
    guard("room", s.lease.count < 3)
    s.bad = s.bad | ~s.lease.held
    s.lease = s.lease.replace(count=s.lease.count + 1)


@p.invariant()
def Good(s: State) -> Bool:
    return ~s.bad


@p.lemma("it starts held and no step gives it up")
def Held(s: State) -> Bool:
    return s.lease.held
'''


UNDEFINED = '''
from verifier.kernel import *

p = Protocol("undefined", "a lemma that has no value as long as nothing is set")


class N(Range, low=0, high=3):
    """A number."""


@p.state
class State:
    x: N = var(anything)
    y: Option[N] = var(none)


@p.action
def Put(s: State) -> None:
    guard("empty", s.y == none)
    s.y = some(s.x)


@p.invariant()
def Same(s: State) -> Bool:
    return implies(s.y.is_some, s.y.value == s.x)


@p.lemma("it reads what is not there yet")
def Early(s: State) -> Bool:
    return s.y.value == s.x
'''


def election(*names: str) -> str:
    """The election with these lemmas."""
    return ELECTION + "".join(LEMMAS[name] for name in names)


def write(folder: Path, source: str, name: str = "model.py") -> str:
    """A file with the source; its path."""
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return str(path)
