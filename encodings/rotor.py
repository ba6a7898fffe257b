"""Rotor: one-hop dissemination of erasure-coded blocks (Alpenglow white paper v1.1, sections 2.1 to 2.3).

One slice of a block. The leader signs the root of its shreds and sends each shred to the relay of its index, which forwards
it to everybody. A node keeps the first shred of each index, and only shreds of the first root that it has seen; with enough
of them it decodes. Byzantine nodes send any shred that one of them has.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Option,
    Ordered,
    Protocol,
    Range,
    Set,
    all_of,
    anything,
    choice,
    exists,
    forall,
    guard,
    implies,
    ite,
    none,
    set_of,
    some,
    var,
    weak,
)

rotor = Protocol("rotor", "a block reaches everybody through the relays of its shreds", source="Alpenglow v1.1")

Gamma = rotor.parameter("Gamma", 2, "shreds that decode a slice")
Roots = rotor.parameter("Roots", 2, "roots that a leader may sign")
RELAY = rotor.parameter("relay", [2, 3, 4, 2], "the relay of each shred; 0: any node")
BYZANTINE = rotor.parameter("byzantine", [0, 0, 0, 1], "of each node, 1: it is Byzantine, 0: it is not, 2: either")
OFFLINE = rotor.parameter("offline", [0, 0, 0, 0], "of each node, 1: it is offline, 0: it is not, 2: either")
MALFORMED = rotor.parameter(
    "malformed", [0, 0], "of each root, 1: its shreds do not decode to it, 0: they do, 2: either"
)


class Node(Ordered, parameter="Nodes", size=4, first=1):
    """A node; the first one leads."""


class Index(Ordered, parameter="Shreds", size=4, first=1):
    """The number of a shred."""


class Root(Range, low=1, high=Roots):
    """The root of the Merkle tree over the shreds of a slice; an honest leader makes one."""


rotor.assume("CanDecode", (Gamma >= 1) & (Gamma <= Index.size))
rotor.assume("SomeRoot", Roots >= 1)

Leader = Node(1)


@rotor.state
class State:
    relay: Fn[Index, Node] = var(anything, "who forwards each shred", rigid=True)
    byzantine: Set[Node] = var(anything, "nodes that do as they please", rigid=True)
    offline: Set[Node] = var(anything, "nodes that are silent", rigid=True)
    malformed: Set[Root] = var(anything, "roots whose shreds do not decode to them", rigid=True)
    signed: Set[Root] = var(set(), "roots that the leader has signed")
    at: Fn[Index, Option[Root]] = var(none, "shred that an honest relay holds to forward it, by its root")
    got: Fn[Node, Fn[Index, Option[Root]]] = var(none, "shreds that each node has stored, by their roots")
    root: Fn[Node, Option[Root]] = var(none, "root of the first shred that a node has stored")
    dec: Fn[Node, Option[Root]] = var(none, "slice that a node has decoded")
    failed: Set[Node] = var(set(), "nodes that found a slice malformed")
    sentRoots: Fn[Index, Set[Root]] = var(set(), "ghost: roots of which an honest relay has forwarded the shred")
    certified: Set[Root] = var(set(), "slices for which there is a certificate")
    repaired: Fn[Node, Set[Root]] = var(set(), "slices that each node has got by repair")


def honest(s: State, v: Node) -> Bool:
    """Whether a node follows the protocol and is online."""
    return ~s.byzantine.contains(v) & ~s.offline.contains(v)


def receives(s: State, v: Node) -> Bool:
    """Whether a node is one of those that are to decode the block."""
    return honest(s, v) & (v != Leader)


def listed(x: Int, flags: list[Int], holds: Bool) -> Bool:
    """Whether what holds of a number is what its flag says."""
    return all_of(*(implies((x == at) & (flag <= 1), holds == (flag == 1)) for at, flag in enumerate(flags, 1)))


@rotor.axiom
def RelaysAsListed(s: State) -> Bool:
    def relayed(i: Index) -> Bool:
        return all_of(*(implies((i == at) & (n > 0), s.relay[i] == n) for at, n in enumerate(RELAY, 1)))

    return forall(Index, relayed)


@rotor.axiom
def FaultsAsListed(s: State) -> Bool:
    return forall(Node, lambda v: (
        listed(v, BYZANTINE, s.byzantine.contains(v)) & listed(v, OFFLINE, s.offline.contains(v))
    ))  # fmt: skip


@rotor.axiom
def RootsAsListed(s: State) -> Bool:
    return forall(Root, lambda r: listed(r, MALFORMED, s.malformed.contains(r)))


@rotor.axiom
def HonestLeaderEncodes(s: State) -> Bool:
    """An honest leader builds its root over shreds that decode to it."""
    return implies(honest(s, Leader), ~s.malformed.contains(1))


def free(s: State, v: Node, i: Index) -> Bool:
    """Whether a node has no shred of this number."""
    return s.got[v][i].is_none


def unlocked(s: State, v: Node, r: Root) -> Bool:
    """Whether a node is not fixed on another root."""
    return s.root[v].is_none | (s.root[v] == r)


def store(s: State, v: Node, i: Index, r: Root, *, when: Bool) -> None:
    """A node stores a shred, and fixes its root if it is the first one."""
    s.got[v][i] = ite(when, some(r), s.got[v][i])
    s.root[v] = ite(when & s.root[v].is_none, some(r), s.root[v])


@rotor.action
def Sign(s: State, r: Root) -> None:
    """An honest leader signs the first root, once."""
    guard("honest", honest(s, Leader))
    guard("once", (r == 1) & s.signed.is_empty())
    s.signed |= {r}


@rotor.action
def ByzSign(s: State, r: Root) -> None:
    """A Byzantine leader signs any root."""
    guard("byzantine", s.byzantine.contains(Leader))
    s.signed |= {r}


@rotor.action
def LeaderSend(s: State, i: Index, r: Root) -> None:
    """The leader sends a shred to its relay, who keeps it to forward it."""
    guard("signed", s.signed.contains(r))
    v = s.relay[i]
    guard("relay", honest(s, v))
    guard("once", s.at[i].is_none)
    guard("free", free(s, v, i) | (v == Leader))
    guard("root-lock", unlocked(s, v, r) | (v == Leader))
    s.at[i] = some(r)
    own = choice("own-root-lock", unlocked(s, v, r), free(s, v, i))
    store(s, v, i, r, when=free(s, v, i) & own & (v != Leader))


@rotor.action
def Forward(s: State, i: Index, v: Node) -> None:
    """A relay forwards a shred to a node, which stores it if it accepts it."""
    guard("relay", honest(s, s.relay[i]))
    guard("has", s.at[i].is_some)
    guard("receiver", receives(s, v) & (v != s.relay[i]))
    r = s.at[i].value
    s.sentRoots[i] |= {r}
    store(s, v, i, r, when=free(s, v, i) & choice("root-lock", unlocked(s, v, r), free(s, v, i)))


@rotor.action
def ByzSend(s: State, i: Index, v: Node, r: Root) -> None:
    """A Byzantine node that has a shred, as the leader or as its relay, sends it to anyone."""
    guard("sender", s.byzantine.contains(Leader) | s.byzantine.contains(s.relay[i]))
    guard("signed", s.signed.contains(r))
    guard("receiver", receives(s, v))
    guard("free", free(s, v, i))
    guard("root-lock", unlocked(s, v, r))
    store(s, v, i, r, when=Bool(True))


def successful(leader: Bool, relays: Int, enough: Int) -> Bool:
    """Whether Rotor is successful, in the paper's words: the leader is honest, and so are the relays of enough shreds."""
    return leader & (relays >= enough)


def shreds(s: State, v: Node, r: Root) -> Int:
    """How many shreds of a root a node has."""
    return set_of(Index, lambda i: s.got[v][i] == r).size()


def stored(s: State, v: Node) -> Int:
    """How many shreds a node has, of whatever root."""
    return set_of(Index, lambda i: s.got[v][i].is_some).size()


@rotor.action
def Decode(s: State, v: Node) -> None:
    """A node decodes a slice, encodes it again, and rejects it if that gives another root."""
    guard("receiver", receives(s, v))
    guard("undecided", s.dec[v].is_none & ~s.failed.contains(v))
    guard("root", s.root[v].is_some)
    r = s.root[v].value
    guard(
        "enough", shreds(s, v, r) >= Gamma, any_root=stored(s, v) >= Gamma, one_less=shreds(s, v, r) + 1 >= Gamma
    )
    bad = choice("re-encode", s.malformed.contains(r), s.dec[v].is_some)
    s.failed = ite(bad, s.failed | {v}, s.failed)
    s.dec[v] = ite(bad, s.dec[v], some(r))


def has(s: State, v: Node, r: Root) -> Bool:
    """Whether a node has a slice, decoded or by repair."""
    return (s.dec[v] == r) | s.repaired[v].contains(r)


@rotor.action
def Certify(s: State, r: Root) -> None:
    """A certificate forms: some honest node has voted, and therefore decoded the slice (CertifiedHasHonestNotar of Votor)."""
    guard("honest-voter", exists(Node, lambda v: receives(s, v) & (s.dec[v] == r)))
    s.certified |= {r}


@rotor.action
def Repair(s: State, v: Node, r: Root, u: Node) -> None:
    """A node that knows a certificate for a slice gets it from another one."""
    guard("receiver", receives(s, v))
    guard("certified", s.certified.contains(r))
    guard("server", receives(s, u) & has(s, u, r))
    guard("lacks", ~has(s, v, r))
    s.repaired[v] |= {r}


rotor.fairness(
    weak(Sign),
    forall(Index, lambda i: weak(LeaderSend, i, ...)),
    forall(Index, Node, lambda i, v: weak(Forward, i, v)),
    forall(Node, lambda v: weak(Decode, v)),
    forall(Node, Root, lambda v, r: weak(Repair, v, r, ...)),
)


REPAIR = ["Certify", "Repair", "certified", "repaired"]
rotor.variant("safe", without=["ByzSign", *REPAIR], doc="an honest leader, and enough honest relays")
rotor.variant(
    "equivocating-leader",
    without=["Sign", *REPAIR],
    settings={"Nodes": 3, "relay": [2, 3, 2, 3], "byzantine": [1, 0, 0, 0]},
    doc="a Byzantine leader, which signs two roots",
)
REFUTED = "it is there to be refuted, at one size"
rotor.variant(
    "gamma-minus-1",
    without=["ByzSign", *REPAIR],
    bounded=REFUTED,
    replaces={"Decode.enough": "one_less"},
    doc="a slice is decoded from a shred too few",
)
rotor.variant(
    "no-sig-check",
    without=["ByzSign", *REPAIR],
    bounded=REFUTED,
    drops=["ByzSend.signed"],
    settings={"relay": [4, 4, 3, 2]},
    doc="nodes store shreds of roots that the leader has not signed",
)
rotor.variant(
    "no-reencode",
    without=["Sign", *REPAIR],
    bounded=REFUTED,
    drops=["Decode.re-encode"],
    settings={
        "Nodes": 3, "Shreds": 2, "Roots": 1, "relay": [2, 3, 2, 3], "byzantine": [1, 0, 0, 0], "malformed": [1, 0]
    },
    doc="nobody encodes again what it has decoded",
)  # fmt: skip
rotor.variant(
    "relay-overwrite",
    without=["Sign", *REPAIR],
    bounded=REFUTED,
    drops=["LeaderSend.once", "LeaderSend.free", "LeaderSend.root-lock"],
    settings={"Nodes": 3, "Shreds": 2, "relay": [2, 3, 2, 3], "byzantine": [1, 0, 0, 0]},
    doc="a relay replaces the shred that it holds",
)
rotor.variant(
    "no-root-lock",
    without=["Sign", *REPAIR],
    bounded=REFUTED,
    drops=["LeaderSend.root-lock", "LeaderSend.own-root-lock", "Forward.root-lock", "ByzSend.root-lock"],
    replaces={"Decode.enough": "any_root"},
    settings={"Nodes": 3, "Shreds": 2, "relay": [2, 3, 2, 3], "byzantine": [1, 0, 0, 0]},
    doc="shreds of any root are stored and counted together",
)
