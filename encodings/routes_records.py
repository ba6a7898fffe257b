"""Routes with a catalogue of several records: what Routes-3 is about (after elastickv, tla/routes/Routes.tla).

The catalogue is really several stored records: the ranges, and a version key. A split deletes one record, puts two, and
bumps the version. The model asks whether anybody ever sees half of it, also when the node that splits crashes.
"""

from __future__ import annotations

from verifier.kernel import (
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    budget,
    fn,
    guard,
    ite,
    labels,
    none,
    set_of,
    some,
    var,
)

routes_records = Protocol("routes-records", "route catalogue of several records", source="deeper model of Routes-3")

LastKey = routes_records.parameter("LastKey", 4, "end of the key space")
MaxVersions = routes_records.search_bound("MaxVersions", 2, "largest versionKey")
MaxCrashes = routes_records.search_bound("MaxCrashes", 1, "crashes")

routes_records.assume("KeySpaceIsNotEmpty", LastKey >= 1)


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Version(Range, low=0, high=MaxVersions):
    """A version of the route catalogue."""


class Crashes(Range, low=0, high=MaxCrashes):
    """A number of crashes."""


class Point(Range, low=0, high=LastKey):
    """A key, or the end of the key space."""


class KeyRange(Record):
    """The keys from `lo` on and below `hi`."""

    lo: Point
    hi: Point


class Write(Enumeration):
    """The writes that make up a split."""

    DeleteParent, PutLeft, PutRight, BumpVersion = labels(4)


class Split(Record):
    """A split under way: the node that handles it, what it splits and where, and the writes still to do."""

    handler: Node
    parent: KeyRange
    point: Point
    todo: Set[Write]


class Engine(Record):
    """The catalogue that a node routes by."""

    version: Version
    ranges: Set[KeyRange]


Whole = KeyRange(lo=Point(0), hi=Point(LastKey))
Initial = set_of(KeyRange, lambda r: r == Whole)


@routes_records.state
class State:
    records: Set[KeyRange] = var(Initial, "ranges currently stored")
    versionKey: Version = var(0, "stored version")
    committed: Fn[Version, Set[KeyRange]] = var(
        fn(Version, lambda v: set_of(KeyRange, lambda r: (v == 0) & (r == Whole))),
        "ghost: intended catalogue per version; later ones are empty",
    )
    pending: Option[Split] = var(none, "the split under way")
    engine: Fn[Node, Engine] = var(Engine(version=Version(0), ranges=Initial), "the catalogue that a node routes by")
    crashCount: Crashes = var(0, "crashes so far")


def left(split: Split) -> KeyRange:
    """The left child."""
    return split.parent.replace(hi=split.point)


def right(split: Split) -> KeyRange:
    """The right child."""
    return split.parent.replace(lo=split.point)


def following(s: State, split: Split) -> Set[KeyRange]:
    """The catalogue that a split of the last one intends."""
    return (s.committed[s.versionKey] - {split.parent}) | {left(split), right(split)}


@routes_records.action
def StartSplit(s: State, n: Node, r: KeyRange, m: Point) -> None:
    """A node begins to split a stored range."""
    budget("version-budget", s.versionKey < MaxVersions)
    guard("nothing-pending", s.pending.is_none)
    guard("stored", s.records.contains(r))
    guard("inner-point", (r.lo < m) & (m < r.hi))
    s.pending = some(Split(handler=n, parent=r, point=m, todo=set_of(Write, lambda w: w == w)))


@routes_records.action
def ApplySplit(s: State) -> None:
    """All writes of the split in one step, as a single log entry; the handling node knows the result at once."""
    guard("pending", s.pending.is_some)
    split = s.pending.value
    version = s.versionKey + 1
    ranges = (s.records - {split.parent}) | {left(split), right(split)}
    s.committed[version] = following(s, split)
    s.records = ranges
    s.versionKey = version
    s.engine[split.handler] = Engine(version=version, ranges=ranges)
    s.pending = none


@routes_records.action
def ApplyOne(s: State, w: Write) -> None:
    """One remaining write of the split; the handling node knows the result after the last one."""
    guard("pending", s.pending.is_some)
    split = s.pending.value
    guard("to-do", split.todo.contains(w))
    todo = split.todo - {w}
    version = ite(w == Write.BumpVersion, s.versionKey + 1, s.versionKey)
    ranges = ite(w == Write.DeleteParent, s.records - {split.parent}, ite(
        w == Write.PutLeft, s.records | {left(split)}, ite(
            w == Write.PutRight, s.records | {right(split)}, s.records
        )
    ))  # fmt: skip
    known = s.engine.updated(split.handler, Engine(version=version, ranges=ranges))
    s.engine = ite(todo.is_empty(), known, s.engine)
    s.committed = ite(w == Write.BumpVersion, s.committed.updated(version, following(s, split)), s.committed)
    s.records = ranges
    s.versionKey = version
    s.pending = ite(todo.is_empty(), none, some(split.replace(todo=todo)))


@routes_records.action
def Crash(s: State) -> None:
    """The handling node forgets the split; what is written stays."""
    budget("crash-budget", s.crashCount < MaxCrashes)
    guard("pending", s.pending.is_some)
    s.pending = none
    s.crashCount += 1


@routes_records.action
def Sync(s: State, n: Node) -> None:
    """A node's watcher fetches the stored catalogue, if its version is new."""
    guard("behind", s.versionKey > s.engine[n].version)
    s.engine[n] = Engine(version=s.versionKey, ranges=s.records)


routes_records.variant("safe", without=["ApplyOne"], doc="a split is one log entry")
routes_records.variant("gap", without=["ApplySplit"], doc="the writes of a split are done one by one, in any order")
