"""Properties of replication with resynchronisation."""

from __future__ import annotations

from verifier.encodings._replication import Key, Register, Replica
from verifier.encodings.replication_resync import Message, State, received, replication_resync
from verifier.kernel import Bool, Temporal, always, eventually, exists, forall, forall_in, implies
from verifier.properties import _replication
from verifier.properties._replication import agree, cut, unique_stamps

replication_resync.type_ok(variables=["lww_registers", "lamport_clocks", "network", "partitioned"])

replication_resync.invariant()(_replication.ConvergedValues)


@replication_resync.action_property()
def LamportStep(s: State, after: State) -> Bool:
    """No clock goes back."""
    return forall(Replica, lambda r: s.lamport_clocks[r] <= after.lamport_clocks[r])


replication_resync.action_property()(_replication.RegisterStep)
replication_resync.invariant()(_replication.TombstoneConsistency)


@replication_resync.invariant()
def UniqueStamps(s: State) -> Bool:
    """Two registers of a key with one stamp are equal, wherever they are."""
    return unique_stamps(s, Message, Register)


@replication_resync.invariant()
def ClockCovers(s: State) -> Bool:
    """No register is ahead of its replica's clock."""
    return forall(Replica, Key, lambda r, k: s.lww_registers[r][k].ts.time <= s.lamport_clocks[r])


@replication_resync.liveness(under=received, bounded="without a bound replicas may write again and again")
def EventuallyAgree(s: State) -> Temporal:
    """If in the end everybody reaches everybody, replicas show the same in the end.

    Writes end, so this is said by "again and again replicas show the same, or some cannot reach each other".
    """
    return always(eventually(agree(s) | cut(s)))


@replication_resync.lemma("nobody is ahead of the clock of the replica that wrote what it has")
def WriterCovers(s: State) -> Bool:
    return forall(Replica, Key, lambda r, k: (
        s.lww_registers[r][k].ts.time <= s.lamport_clocks[s.lww_registers[r][k].ts.replica]
    ))  # fmt: skip


@replication_resync.lemma("nothing that is on its way is ahead of the clock of the replica that wrote it")
def WriterCoversSent(s: State) -> Bool:
    return forall_in(s.network, lambda m: m.reg.ts.time <= s.lamport_clocks[m.reg.ts.replica])


def blank(reg: Register) -> Bool:
    """Nothing was ever written."""
    return reg.value.is_none & ~reg.tombstone


@replication_resync.lemma("a register with time 0 was never written")
def UnwrittenIsBlank(s: State) -> Bool:
    return forall(
        Replica, Key, lambda r, k: implies(s.lww_registers[r][k].ts.time == 0, blank(s.lww_registers[r][k]))
    ) & forall_in(s.network, lambda m: implies(m.reg.ts.time == 0, blank(m.reg)))


replication_resync.lemma("a deletion that is on its way has no value")(_replication.SentTombstones)


replication_resync.lemma("partitions are symmetric, and no replica is cut off from itself")(
    _replication.PartitionsAreSymmetric
)


@replication_resync.lemma("who wrote what a replica has, has it or what is later")
def WriterHasIt(s: State) -> Bool:
    return forall(Replica, Key, lambda r, k: (
        s.lww_registers[r][k].ts <= s.lww_registers[s.lww_registers[r][k].ts.replica][k].ts
    )) & forall_in(s.network, lambda m: m.reg.ts <= s.lww_registers[m.reg.ts.replica][m.key].ts)  # fmt: skip


@replication_resync.lemma("the latest write of a key reaches every replica from its writer, or waits for a partition to heal")
def LatestArrives(s: State) -> Bool:
    def own(a: Replica, k: Key) -> Bool:
        return implies(s.lww_registers[a][k].ts.time > 0, s.lww_registers[a][k].ts.replica == a)

    def due(a: Replica, b: Replica, k: Key) -> Bool:
        reg = s.lww_registers[a][k]
        return (
            (reg.ts <= s.lww_registers[b][k].ts)
            | s.partitioned[a][b]
            | s.network.contains(Message(src=a, dst=b, key=k, reg=reg))
        )

    def latest(a: Replica, b: Replica, k: Key) -> Bool:
        ours, theirs = s.lww_registers[a][k].ts, s.lww_registers[b][k].ts
        return implies(theirs.time > 0, theirs <= ours) & implies(ours.time > 0, due(a, b, k))

    return forall(Key, lambda k: exists(Replica, lambda a: own(a, k) & forall(Replica, lambda b: latest(a, b, k))))
