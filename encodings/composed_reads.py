"""Composed with reads across a move: what Composed-2 is about (after elastickv's design of cross-group migration).

A key moves to another group in phases: back-fill a snapshot, fence writes on the source, copy what was written since,
cut over by one catalogue write; the source refuses reads afterwards. The model asks whether a read still sees whatever
was written.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    budget,
    constant,
    guard,
    labels,
    max_of,
    none,
    one_of,
    set_of,
    some,
    var,
)

composed_reads = Protocol("composed-reads", "reads across a move between groups", source="deeper model of Composed-2")

MaxVersions = composed_reads.search_bound("MaxVersions", 2, "largest catalogVersion")
MaxTs = composed_reads.search_bound("MaxTs", 4, "largest value of the clock")


class Key(Scalarset, parameter="Keys", size=1, prefix="k"):
    """A key."""


class Group(Scalarset, parameter="Groups", size=2, prefix="g"):
    """A Raft group; InitGroup owns every key at version 0."""

    InitGroup = constant()


class Node(Scalarset, parameter="Nodes", size=1, prefix="n"):
    """A node that serves reads."""


class Phase(Enumeration):
    """How far a move has got."""

    Planned, Backfilled, Fenced, Copied = labels(4)


class Version(Range, low=0, high=MaxVersions):
    """A version of the route catalogue."""


class Timestamp(Range, low=0, high=MaxTs):
    """A value of the abstract clock; 0 stands for none."""


class Move(Record):
    """A move under way."""

    target: Group
    phase: Phase


@composed_reads.state
class State:
    catalogVersion: Version = var(0, "latest durable catalogue version")
    routes: Fn[Version, Fn[Key, Group]] = var(Group.InitGroup, "owner map per version; later ones keep the initial map")
    engineVersion: Fn[Node, Version] = var(0, "version each node routes by")
    tsCounter: Timestamp = var(0, "abstract clock")
    store: Fn[Group, Fn[Key, Set[Timestamp]]] = var(set(), "commit timestamps that a group stores")
    written: Fn[Key, Set[Timestamp]] = var(set(), "ghost: commit timestamps of all writes")
    move: Fn[Key, Option[Move]] = var(none, "the move of a key")
    readOK: Bool = var(True, "ghost: every read so far saw what was written")


def visible(stored: Set[Timestamp], ts: Timestamp) -> Timestamp:
    """The largest stored timestamp up to `ts`; 0 if there is none."""
    return max_of(set_of(Timestamp, lambda c: (c == 0) | (c <= ts) & stored.contains(c)))


def owner(s: State, k: Key) -> Group:
    """The present owner of a key."""
    return s.routes[s.catalogVersion][k]


def copied(s: State, k: Key) -> Set[Timestamp]:
    """The content of a move's target after a copy from the source."""
    return s.store[s.move[k].value.target][k] | s.store[owner(s, k)][k]


@composed_reads.action
def Write(s: State, k: Key) -> None:
    """Writes a key at its owner, at a fresh timestamp."""
    budget("clock-budget", s.tsCounter < MaxTs)
    moving = s.move[k].is_some
    guard("not-fenced", ~moving | one_of(s.move[k].value.phase, Phase.Planned, Phase.Backfilled))
    now = s.tsCounter + 1
    s.store[owner(s, k)][k] |= {now}
    s.written[k] |= {now}
    s.tsCounter = now


@composed_reads.action
def StartMove(s: State, k: Key, h: Group) -> None:
    """Plans to move a key to another group."""
    guard("not-moving", s.move[k].is_none)
    guard("other-group", h != owner(s, k))
    budget("version-budget", s.catalogVersion < MaxVersions)
    s.move[k] = some(Move(target=h, phase=Phase.Planned))


@composed_reads.action
def Backfill(s: State, k: Key) -> None:
    """Copies a snapshot to the target."""
    guard("moving", s.move[k].is_some)
    guard("planned", s.move[k].value.phase == Phase.Planned)
    s.store[s.move[k].value.target][k] = copied(s, k)
    s.move[k] = some(s.move[k].value.replace(phase=Phase.Backfilled))


@composed_reads.action
def Fence(s: State, k: Key) -> None:
    """Stops writes to the source."""
    guard("moving", s.move[k].is_some)
    guard("backfilled", s.move[k].value.phase == Phase.Backfilled)
    s.move[k] = some(s.move[k].value.replace(phase=Phase.Fenced))


@composed_reads.action
def DeltaCopy(s: State, k: Key) -> None:
    """Copies to the target what was written since the snapshot."""
    guard("moving", s.move[k].is_some)
    phase = s.move[k].value.phase
    guard("fenced", phase == Phase.Fenced, backfilled=phase == Phase.Backfilled)
    s.store[s.move[k].value.target][k] = copied(s, k)
    s.move[k] = some(s.move[k].value.replace(phase=Phase.Copied))


@composed_reads.action
def Cutover(s: State, k: Key) -> None:
    """Makes the target the owner, in a new catalogue version."""
    guard("moving", s.move[k].is_some)
    phase = s.move[k].value.phase
    guard("copied", phase == Phase.Copied, fenced=phase == Phase.Fenced, backfilled=phase == Phase.Backfilled)
    budget("version-budget", s.catalogVersion < MaxVersions)
    w = s.catalogVersion + 1
    s.routes[w] = s.routes[s.catalogVersion].updated(k, s.move[k].value.target)
    s.catalogVersion = w
    s.move[k] = none


@composed_reads.action
def Sync(s: State, n: Node) -> None:
    """A node's watcher applies the latest version."""
    guard("behind", s.engineVersion[n] < s.catalogVersion)
    s.engineVersion[n] = s.catalogVersion


@composed_reads.action
def Read(s: State, n: Node, k: Key, ts: Timestamp) -> None:
    """Reads a key at the group that a node routes to; the group refuses unless it owns the key."""
    guard("past", (ts >= 1) & (ts <= s.tsCounter))
    g = s.routes[s.engineVersion[n]][k]
    guard("read-fence", g == owner(s, k))
    s.readOK = s.readOK & (visible(s.store[g][k], ts) == visible(s.written[k], ts))


composed_reads.variant(
    "no-write-fence",
    drops=["Write.not-fenced"],
    replaces={"DeltaCopy.fenced": "backfilled"},
    without=["Fence"],
    doc="writes go on during the whole move",
)
composed_reads.variant("open-fence", drops=["Write.not-fenced"], doc="the fence is set, but writes pass it")
composed_reads.variant(
    "no-delta-copy",
    replaces={"Cutover.copied": "fenced"},
    without=["DeltaCopy"],
    doc="writes made since the snapshot are not copied",
)
composed_reads.variant(
    "no-write-fence-no-delta-copy",
    drops=["Write.not-fenced"],
    replaces={"Cutover.copied": "backfilled"},
    without=["Fence", "DeltaCopy"],
    doc="neither fence nor second copy",
)
composed_reads.variant("no-read-fence", drops=["Read.read-fence"], doc="a group answers reads of keys it gave away")
