"""Protocols of storage, gossip and replication as their descriptions have them: nothing in them is refused at unbounded scope."""

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
    Sequence,
    Set,
    budget,
    constant,
    empty,
    fn,
    forall,
    forall_in,
    forall_upto,
    guard,
    implies,
    ite,
    labels,
    max_of,
    maximum,
    none,
    set_of,
    some,
    var,
)


def log(*, safe: bool = True) -> Protocol:
    """A write-ahead log with group commit, streaming in batches and truncation."""
    p = Protocol("wal", "a log that is written, streamed and cut")
    most = p.search_bound("MaxWrites", 3)
    batch = p.parameter("Batch", 2)
    p.assume("SomeBatch", batch >= 1)

    class Entry(Range, low=1, high=most):
        """An entry, by its number."""

    class Counter(Range, low=1, high=most + 1):
        """The number of the next entry."""

    class Mark(Range, low=0, high=most):
        """An entry, or none."""

    class Buffer(Sequence[Entry], capacity=batch):
        """What is not yet synced."""

    @p.state
    class State:
        buffer: Buffer = var(empty, "appended")
        synced: Set[Entry] = var(set(), "survives a crash")
        streamed: Set[Entry] = var(set(), "in the object store")
        mark: Mark = var(0, "the largest entry that is streamed")
        acknowledged: Set[Entry] = var(set(), "clients rely on these")
        up: Bool = var(True, "not crashed")
        counter: Counter = var(1, "the next entry")

    @p.action
    def Append(s: State) -> None:
        guard("up", s.up)
        budget("write-budget", s.counter <= most)
        guard("batch-room", s.buffer.length() < batch)
        s.buffer = s.buffer.append(s.counter)
        s.counter += 1

    @p.action
    def Sync(s: State) -> None:
        guard("up", s.up)
        guard("non-empty", s.buffer.length() > 0)
        s.synced |= s.buffer.elements()
        s.acknowledged |= s.buffer.elements()
        s.buffer = empty

    @p.action
    def SyncFail(s: State) -> None:
        guard("up", s.up & (s.buffer.length() > 0))
        s.buffer = empty

    @p.action
    def Flush(s: State, entries: Set[Entry]) -> None:
        guard("up", s.up)
        guard("some", ~entries.is_empty() & (entries <= s.synced))
        guard("batch-size", entries.size() <= batch)
        budget("store-budget", s.streamed.size() < most * batch)
        s.streamed |= entries
        s.mark = maximum(s.mark, max_of(entries))

    @p.action
    def Truncate(s: State) -> None:
        guard("up", s.up & (s.mark > 0))
        cut = set_of(Entry, lambda e: s.synced.contains(e) & (e <= s.mark) & (s.streamed.contains(e) | Bool(not safe)))
        guard("something", ~cut.is_empty())
        s.synced -= cut

    @p.action
    def Crash(s: State) -> None:
        guard("up", s.up)
        s.up = False
        s.buffer = empty

    @p.action
    def Recover(s: State) -> None:
        guard("down", ~s.up)
        s.up = True
        s.buffer = empty

    @p.invariant()
    def AcknowledgedRecoverable(s: State) -> Bool:
        return s.acknowledged <= (s.synced | s.streamed)

    @p.invariant()
    def BufferNotAcknowledged(s: State) -> Bool:
        return (s.buffer.elements() & s.acknowledged).is_empty()

    @p.invariant()
    def MarkIsLargest(s: State) -> Bool:
        return forall_in(s.streamed, lambda e: e <= s.mark) & ((s.mark == 0) | s.streamed.contains(s.mark))

    @p.action_property()
    def MarkGrows(s: State, after: State) -> Bool:
        return (s.mark <= after.mark) & (s.acknowledged <= after.acknowledged)

    @p.lemma("what was written is below the counter")
    def Below(s: State) -> Bool:
        return forall_in(s.synced | s.acknowledged | s.streamed | s.buffer.elements(), lambda e: e < s.counter)

    @p.lemma("the buffer counts up")
    def CountsUp(s: State) -> Bool:
        return forall_upto(s.buffer.length(), lambda i: s.buffer.at(i) + s.buffer.length() + 1 == s.counter + i)

    return p


def segments() -> Protocol:
    """A write buffer that is flushed into segments of an object store, which a manifest lists."""
    p = Protocol("streaming", "a buffer, segments and a manifest")
    room = p.parameter("MaxBufferSize", 2, "bytes from which on nothing more is taken")
    size = p.parameter("DeltaSize", 1, "bytes of a delta")
    last = p.search_bound("MaxSegments", 2)
    most = p.search_bound("MaxLength", 3)
    p.assume("SomeBytes", (size >= 1) & (room >= 1))

    class Key(Scalarset, parameter="Keys", size=1, prefix="k"):
        """A key."""

    class Value(Scalarset, parameter="Values", size=1, prefix="v"):
        """A value."""

    class Id(Range, low=0, high=last - 1):
        """A segment."""

    class Next(Range, low=0, high=last):
        """The next segment."""

    class Count(Range, low=0, high=most):
        """A number of deltas."""

    class Bytes(Range, low=0, high=most * size):
        """Bytes of a buffer."""

    class Delta(Record):
        """What is written."""

        key: Key
        value: Value

    class Deltas(Sequence[Delta], capacity=most):
        """What is buffered, or in a segment."""

    class Segment(Record):
        """What is stored."""

        id: Id
        deltas: Deltas
        count: Count

    @p.state
    class State:
        buffer: Deltas = var(empty, "accepted, not yet flushed")
        bytes: Bytes = var(0, "its size")
        segments: Set[Id] = var(set(), "ever written")
        next: Next = var(0, "the next segment")
        manifest: Set[Id] = var(set(), "listed")
        generation: Next = var(0, "how often it was written")
        store: Fn[Id, Option[Segment]] = var(none, "the object store")
        crashed: Bool = var(False, "down")

    @p.action
    def Push(s: State, k: Key, v: Value) -> None:
        guard("up", ~s.crashed)
        guard("backpressure", s.bytes < room)
        budget("length", s.buffer.length() < most)
        s.buffer = s.buffer.append(Delta(key=k, value=v))
        s.bytes += size

    @p.action
    def Flush(s: State) -> None:
        guard("up", ~s.crashed)
        guard("non-empty", s.buffer.length() > 0)
        budget("segment-budget", s.next < last)
        s.store[s.next] = some(Segment(id=s.next, deltas=s.buffer, count=s.buffer.length()))
        s.segments |= {s.next}
        s.manifest |= {s.next}
        s.next += 1
        s.generation += 1
        s.buffer = empty
        s.bytes = 0

    @p.action
    def Crash(s: State) -> None:
        guard("up", ~s.crashed)
        s.crashed = True
        s.buffer = empty
        s.bytes = 0

    @p.action
    def Recover(s: State) -> None:
        guard("down", s.crashed)
        guard("manifest-readable", forall_in(s.manifest, lambda i: s.store[i].is_some))
        s.crashed = False

    @p.action
    def Lose(s: State, i: Id) -> None:
        guard("present", s.segments.contains(i) & s.store[i].is_some)
        s.store[i] = none

    @p.invariant()
    def BufferSizeConsistent(s: State) -> Bool:
        return s.bytes == s.buffer.length() * size

    @p.invariant()
    def BufferBound(s: State) -> Bool:
        return s.bytes < room + size

    @p.invariant()
    def SegmentIdMonotonic(s: State) -> Bool:
        return forall_in(s.segments, lambda i: i < s.next)

    @p.invariant()
    def ManifestIsSegments(s: State) -> Bool:
        same = (s.manifest == s.segments) & (s.generation == s.next)
        return same & forall(Id, lambda i: s.segments.contains(i) == (i < s.next))

    @p.invariant()
    def StoreShape(s: State) -> Bool:
        def fits(i: Id) -> Bool:
            there = s.store[i]
            kept = (there.value.id == i) & (there.value.count == there.value.deltas.length()) & (there.value.count > 0)
            return implies(there.is_some, (i < s.next) & kept)

        return forall(Id, fits)

    @p.action_property()
    def NoReuse(s: State, after: State) -> Bool:
        return forall(
            Id, lambda i: implies(s.segments.contains(i), after.store[i].is_none | (after.store[i] == s.store[i]))
        )

    return p


def gossip() -> Protocol:
    """Deltas that are spread, each replica keeping the newest, with deduplication and targeted messages."""
    p = Protocol("gossip", "dissemination of deltas")
    last = p.search_bound("MaxEpoch", 1)
    most = p.search_bound("MaxMessages", 2)

    class Replica(Scalarset, parameter="Replicas", size=2, prefix="r"):
        """A replica; the routing table starts at one of them."""

        First = constant()

    class Key(Scalarset, parameter="Keys", size=1, prefix="k"):
        """A key."""

    class Epoch(Range, low=0, high=last):
        """An epoch."""

    class Value(Scalarset, parameter="Values", size=1, prefix="v"):
        """A value."""

    class Kind(Enumeration):
        """What a message is."""

        Batch, Targeted, Heartbeat = labels(3)

    class Id(Record):
        """A delta's name."""

        key: Key
        epoch: Epoch
        origin: Replica

    class Delta(Record):
        """A delta."""

        id: Id
        value: Value

    class Message(Record):
        """A message."""

        kind: Kind
        source: Replica
        target: Option[Replica]
        delta: Option[Delta]
        epoch: Epoch

    @p.state
    class State:
        local: Fn[Replica, Fn[Key, Option[Delta]]] = var(none, "what a replica has")
        processed: Fn[Replica, Set[Id]] = var(set(), "what it has seen")
        epoch: Fn[Replica, Epoch] = var(0, "its epoch")
        network: Set[Message] = var(set(), "in flight")
        routing: Fn[Replica, Fn[Key, Replica]] = var(Replica.First, "whom to tell")
        selective: Fn[Replica, Bool] = var(False, "whether one is told")

    @p.action
    def Create(s: State, r: Replica, k: Key, v: Value) -> None:
        budget("epoch-budget", s.epoch[r] < last)
        budget("message-budget", s.network.size() < most)
        i = Id(key=k, epoch=s.epoch[r], origin=r)
        d = Delta(id=i, value=v)
        q = s.routing[r][k]
        s.local[r][k] = some(d)
        s.processed[r] |= {i}
        one = Message(kind=Kind.Targeted, source=r, target=some(q), delta=some(d), epoch=s.epoch[r])
        everyone = Message(kind=Kind.Batch, source=r, target=none, delta=some(d), epoch=s.epoch[r])
        targeted = set_of(Message, lambda m: (q != r) & (m == one))
        s.network |= ite(s.selective[r], targeted, set_of(Message, lambda m: m == everyone))

    @p.action
    def Receive(s: State, r: Replica, m: Message) -> None:
        guard("in-flight", s.network.contains(m))
        guard("addressed", m.target.is_none | (m.target == r))
        guard("not-own", m.source != r)
        new = m.delta.is_some & ~s.processed[r].contains(m.delta.value.id)
        s.local[r] = fn(Key, lambda k: ite(new & (m.delta.value.id.key == k), m.delta, s.local[r][k]))
        s.processed[r] = ite(new, s.processed[r] | {m.delta.value.id}, s.processed[r])
        s.network -= {m}

    @p.action
    def Advance(s: State, r: Replica) -> None:
        budget("epoch-budget", s.epoch[r] < last)
        s.epoch[r] += 1

    @p.action
    def Beat(s: State, r: Replica) -> None:
        budget("message-budget", s.network.size() < most)
        s.network |= {Message(kind=Kind.Heartbeat, source=r, target=none, delta=none, epoch=s.epoch[r])}

    @p.action
    def Select(s: State, r: Replica) -> None:
        guard("not-selective", ~s.selective[r])
        s.selective[r] = True

    @p.action
    def Route(s: State, r: Replica, k: Key, to: Replica) -> None:
        guard("not-self", to != r)
        s.routing[r][k] = to

    @p.action
    def Lose(s: State, m: Message) -> None:
        guard("in-flight", s.network.contains(m))
        s.network -= {m}

    @p.invariant()
    def NoSelfTarget(s: State) -> Bool:
        return forall_in(s.network, lambda m: m.target.is_none | (m.target != m.source))

    @p.invariant()
    def LocalKnown(s: State) -> Bool:
        return forall(
            Replica, Key, lambda r, k: implies(s.local[r][k].is_some, s.processed[r].contains(s.local[r][k].value.id))
        )

    @p.action_property()
    def ProcessedGrows(s: State, after: State) -> Bool:
        return forall(Replica, lambda r: s.processed[r] <= after.processed[r])

    return p


def ring() -> Protocol:
    """A ring buffer whose places are counted by the remainder of a size that is any number."""
    p = Protocol("ring", "a ring buffer")
    most = p.search_bound("Most", 3)
    room = p.parameter("Room", 2)
    p.assume("SomeRoom", room >= 1)

    class Slot(Range, low=0, high=room - 1):
        """A place."""

    class Number(Range, low=0, high=most):
        """A number that is sent."""

    class Fill(Range, low=0, high=room):
        """How many places are in use."""

    @p.state
    class State:
        buffer: Fn[Slot, Number] = var(0, "the places")
        head: Slot = var(0, "the place that is read next")
        fill: Fill = var(0, "how many are in use")
        sent: Number = var(0, "the last that was sent")
        got: Number = var(0, "the last that was received")

    @p.action
    def Put(s: State) -> None:
        guard("room", s.fill < room)
        budget("few", s.sent < most)
        s.buffer[(s.head + s.fill) % room] = s.sent + 1
        s.sent += 1
        s.fill += 1

    @p.action
    def Get(s: State) -> None:
        guard("some", s.fill > 0)
        s.got = s.buffer[s.head]
        s.head = (s.head + 1) % room
        s.fill -= 1

    @p.invariant()
    def GotWasSent(s: State) -> Bool:
        return s.got <= s.sent

    @p.invariant()
    def HeldWasSent(s: State) -> Bool:
        return forall(Slot, lambda i: s.buffer[i] <= s.sent)

    return p
