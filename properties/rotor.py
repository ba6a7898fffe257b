"""Properties of Rotor."""

from __future__ import annotations

from verifier.encodings.rotor import (
    REFUTED,
    REPAIR,
    Decode,
    Forward,
    Gamma,
    Index,
    Leader,
    LeaderSend,
    Node,
    Repair,
    Root,
    Sign,
    State,
    free,
    has,
    honest,
    receives,
    rotor,
    successful,
)
from verifier.kernel import (
    Bool,
    Int,
    Ranks,
    Temporal,
    any_of,
    can_change,
    exists,
    forall,
    implies,
    ite,
    leads_to,
    ranks,
    set_of,
    violated,
    weak,
    when,
)


@rotor.invariant(short="Rotor-1", expected={"gamma-minus-1": violated(3), "no-root-lock": violated(5)})
def ReconstructNeedsGamma(s: State) -> Bool:
    """Whoever has decoded a slice has enough shreds of its root."""
    return forall(Node, lambda v: implies(
        s.dec[v].is_some, set_of(Index, lambda i: s.got[v][i] == s.dec[v]).size() >= Gamma
    ))  # fmt: skip


@rotor.invariant(short="Rotor-2", expected={"no-sig-check": violated(3)})
def NoPhantomBlock(s: State) -> Bool:
    """A decoded block was signed by the leader, and is the one block of an honest leader."""
    return forall(Node, Root, lambda v, r: implies(
        s.dec[v] == r, s.signed.contains(r) & implies(honest(s, Leader), r == 1)
    ))  # fmt: skip


@rotor.invariant(short="Rotor-3", expected={"no-sig-check": violated(6)})
def HonestLeaderAgreement(s: State) -> Bool:
    """Under an honest leader all decode the same slice."""
    return implies(honest(s, Leader), forall(Node, Node, lambda u, v: implies(
        s.dec[u].is_some & s.dec[v].is_some, s.dec[u] == s.dec[v]
    )))  # fmt: skip


@rotor.invariant(short="Rotor-4", expected={"no-reencode": violated(4)})
def MalformedNeverDecoded(s: State) -> Bool:
    """Nobody decodes a slice whose root was built over shreds that do not decode to it."""
    return forall(Node, Root, lambda v, r: implies(s.dec[v] == r, ~s.malformed.contains(r)))


@rotor.invariant(short="Rotor-5", expected={"relay-overwrite": violated(6)})
def RelayNonEquivocation(s: State) -> Bool:
    """An honest relay forwards the shred of one root."""
    return forall(Index, Root, Root, lambda i, r, q: implies(
        s.sentRoots[i].contains(r) & s.sentRoots[i].contains(q), r == q
    ))  # fmt: skip


@rotor.action_property(short="Rotor-6a")
def ShredKept(s: State, after: State) -> Bool:
    """A stored shred is kept; published together with OneRoot as OneShredPerIndex."""
    return forall(Node, Index, lambda v, i: implies(s.got[v][i].is_some, after.got[v][i] == s.got[v][i]))


@rotor.invariant(short="Rotor-6b", expected={"no-root-lock": violated(4)})
def OneRoot(s: State) -> Bool:
    """All shreds that a node has are of one root."""
    return forall(Node, Index, lambda v, i: implies(s.got[v][i].is_some, s.got[v][i] == s.root[v]))


@rotor.invariant(short="Rotor-7")
def LeaderSendsOnce(s: State) -> Bool:
    """An honest leader signs one root."""
    return implies(honest(s, Leader), forall(Root, Root, lambda r, q: implies(
        s.signed.contains(r) & s.signed.contains(q), r == q
    )))  # fmt: skip


@rotor.invariant(
    short="Rotor-8",
    expected={
        **dict.fromkeys(("equivocating-leader", "no-root-lock", "relay-overwrite"), violated(8)),
        "no-sig-check": violated(6),
    },
)
def RotorNonEquivocation(s: State) -> Bool:
    """No two nodes decode different slices: the paper's assumption 3, which a Byzantine leader breaks."""
    return forall(Node, Node, lambda u, v: implies(s.dec[u].is_some & s.dec[v].is_some, s.dec[u] == s.dec[v]))


def honest_relays(s: State) -> Int:
    """How many shreds have a relay that is honest and online."""
    return set_of(Index, lambda i: honest(s, s.relay[i])).size()


def enough_relays(s: State) -> Bool:
    """Whether the leader and enough relays are honest and online: Rotor is successful, in the paper's words."""
    return successful(honest(s, Leader), honest_relays(s), Gamma)


def busy(s: State) -> Bool:
    """Whether somebody honest has something left to do."""
    return any_of(can_change(Sign), can_change(LeaderSend), can_change(Forward), can_change(Decode))


@rotor.invariant(
    short="Rotor-9a",
    expected={"no-sig-check": violated(3)},
    bounded="it counts on all steps of somebody honest being taken, which end at one size",
)
def NothingLeftUndone(s: State) -> Bool:
    """When nobody honest has anything left to do, everybody has decoded the slice of an honest leader."""
    return implies(enough_relays(s) & ~busy(s), forall(Node, lambda v: implies(receives(s, v), s.dec[v] == Root(1))))


@rotor.liveness("Rotor-9", expected={"no-sig-check": violated(3, loop=0)})
def EventualDelivery(s: State) -> Temporal:
    """With an honest leader and enough honest relays everybody decodes its slice at last."""
    return forall(Node, lambda v: leads_to(enough_relays(s) & receives(s, v), s.dec[v] == Root(1)))


@rotor.ranking("Rotor-9")
def ShredsAreLeft(s: State, v: Node) -> Ranks:
    """First the leader signs, then it sends each honest relay its shred, then these forward them; then the node decodes."""
    unsigned = s.signed.is_empty()
    unsent = set_of(Index, lambda i: honest(s, s.relay[i]) & s.at[i].is_none)
    missing = set_of(Index, lambda i: honest(s, s.relay[i]) & free(s, v, i))
    return ranks(
        ite(unsigned, Int(1), Int(0)),
        unsent,
        missing,
        pending=enough_relays(s) & receives(s, v),
        helped_by=[
            when(weak(Sign), unsigned),
            forall(Index, lambda i: when(weak(LeaderSend, i, ...), ~unsigned & unsent.contains(i))),
            forall(Index, lambda i: when(weak(Forward, i, v), ~unsent.contains(i) & missing.contains(i))),
            when(weak(Decode, v), unsent.is_empty() & missing.is_empty()),
        ],
    )


@rotor.lemma("under an honest leader honest relays alone send the shreds of honest relays, each from what it holds")
def HonestShredsAreHeld(s: State) -> Bool:
    return implies(honest(s, Leader), forall(Node, Index, lambda v, i: implies(
        honest(s, s.relay[i]) & s.got[v][i].is_some, s.at[i].is_some
    )))  # fmt: skip


@rotor.lemma("under an honest leader a relay that holds its shred has stored it")
def RelaysStore(s: State) -> Bool:
    return implies(honest(s, Leader), forall(Index, lambda i: implies(
        s.at[i].is_some & (s.relay[i] != Leader), s.got[s.relay[i]][i].is_some
    )))  # fmt: skip


@rotor.lemma("whoever has stored a shred is fixed on a root")
def StoredIsFixed(s: State) -> Bool:
    return forall(Node, Index, lambda v, i: implies(s.got[v][i].is_some, s.root[v].is_some))


@rotor.lemma("whoever has found its slice malformed is fixed on a root that is")
def FailedIsMalformed(s: State) -> Bool:
    return forall(Node, lambda v: implies(s.failed.contains(v), s.root[v].is_some)) & forall(
        Node, Root, lambda v, r: implies(s.failed.contains(v) & (s.root[v] == r), s.malformed.contains(r))
    )


@rotor.liveness(
    "Rotor-9b",
    expected=dict.fromkeys(("repair", "few-relays", "no-sig-check"), violated(3, loop=0)),
    bounded="it is not a theorem where few relays are honest",
)
def DeliveryFromAnyRelays(s: State) -> Temporal:
    """The same, however few relays are honest: not a theorem."""
    return forall(Node, lambda v: leads_to(honest(s, Leader) & receives(s, v), s.dec[v] == Root(1)))


@rotor.invariant(short="Rotor-10")
def RepairedWasCertified(s: State) -> Bool:
    """Whatever a node gets by repair has a certificate, was signed, and is not malformed."""
    return forall(Node, Root, lambda v, r: implies(
        s.repaired[v].contains(r), s.certified.contains(r) & s.signed.contains(r) & ~s.malformed.contains(r)
    ))  # fmt: skip


@rotor.liveness("Rotor-11")
def EventualRepair(s: State) -> Temporal:
    """Once there is a certificate for a slice, everybody has it at last, however few relays are honest."""
    return forall(Node, Root, lambda v, r: leads_to(s.certified.contains(r) & receives(s, v), has(s, v, r)))


@rotor.ranking("Rotor-11")
def RepairIsLeft(s: State, v: Node, r: Root) -> Ranks:
    """Some node that serves the slice has decoded it, and keeps it."""
    return ranks(pending=s.certified.contains(r) & receives(s, v), helped_by=[when(weak(Repair, v, r, ...), True)])


@rotor.lemma("whatever is certified, some honest node has decoded")
def CertifiedWasDecoded(s: State) -> Bool:
    return forall(Root, lambda r: implies(
        s.certified.contains(r), exists(Node, lambda v: receives(s, v) & (s.dec[v] == r))
    ))  # fmt: skip


rotor.finding(
    "The paper's assumption 3 does not follow from the protocol",
    "A Byzantine leader signs two roots and sends each node enough shreds of another one: two nodes decode different slices. "
    "No relay has to help.",
    command="verify prove rotor:equivocating-leader --property RotorNonEquivocation",
)


@rotor.lemma("whatever is stored, held or forwarded was signed")
def StoredWasSigned(s: State) -> Bool:
    return forall(Node, Index, Root, lambda v, i, r: implies(s.got[v][i] == r, s.signed.contains(r))) & forall(
        Index, Root, lambda i, r: implies(s.at[i] == r, s.signed.contains(r))
    )


@rotor.lemma("an honest leader signs the first root alone")
def HonestSignsFirst(s: State) -> Bool:
    return implies(honest(s, Leader), forall(Root, lambda r: implies(s.signed.contains(r), r == 1)))


@rotor.lemma("a relay forwards what it holds, and keeps it")
def ForwardsWhatItHolds(s: State) -> Bool:
    return forall(Index, Root, lambda i, r: implies(s.sentRoots[i].contains(r), s.at[i] == r))


@rotor.lemma("a decoded block has the root that the node is fixed on")
def DecodedIsRoot(s: State) -> Bool:
    return forall(Node, lambda v: implies(s.dec[v].is_some, s.dec[v] == s.root[v]))


@rotor.lemma("whoever has decoded a slice has enough shreds of the root that it is fixed on")
def DecodedHasEnough(s: State) -> Bool:
    return forall(Node, lambda v: implies(
        s.dec[v].is_some, set_of(Index, lambda i: s.got[v][i] == s.root[v]).size() >= Gamma
    ))  # fmt: skip


@rotor.lemma("the root that a node is fixed on was signed")
def RootWasSigned(s: State) -> Bool:
    return forall(Node, Root, lambda v, r: implies(s.root[v] == r, s.signed.contains(r)))


@rotor.lemma("where Byzantine leaders do not sign, nothing but the first root is signed")
def OnlyFirstIsSigned(s: State) -> Bool:
    return forall(Root, lambda r: implies(s.signed.contains(r), r == 1))


# A variant is checked when it is declared. With too few honest relays there is nothing that NothingLeftUndone is about.
rotor.variant(
    "repair",
    without=["ByzSign", "NothingLeftUndone"],
    settings={"relay": [4, 4, 4, 3]},
    doc="too few honest relays, and nodes that get a certified slice from each other",
)
rotor.variant(
    "few-relays",
    without=["ByzSign", *REPAIR, "NothingLeftUndone"],
    bounded=REFUTED,
    settings={"relay": [4, 4, 4, 3]},
    doc="too few honest relays",
)
