"""Properties of ReplicationConvergence."""

from __future__ import annotations

from verifier.encodings._replication import Key, Replica
from verifier.encodings.replication_convergence import (
    Message,
    Register,
    State,
    healed,
    initial,
    merge,
    received,
    replication_convergence,
)
from verifier.kernel import Bool, Temporal, always, eventually, forall, forall_in, implies, violated
from verifier.properties import _replication
from verifier.properties._replication import agree, cut, quiet, same, unique_stamps

replication_convergence.type_ok(variables=["lww_registers", "lamport_clocks", "network", "partitioned"])


@replication_convergence.invariant(vacuous="it only restates that times are natural numbers, as their type does")
def LamportMonotonic(s: State) -> Bool:
    """No clock is below 0; published as monotonicity."""
    return forall(Replica, lambda r: s.lamport_clocks[r].time >= 0)


replication_convergence.invariant()(_replication.TombstoneConsistency)


@replication_convergence.invariant(expected=dict.fromkeys(("safe", "ghosts", "whole", "queueing"), violated(0)))
def EventualConvergence(s: State) -> Bool:
    """Where all is quiet, registers are equal; published as temporal, and false at once, as stamps name their owners."""
    return implies(
        quiet(s), forall(Replica, Replica, Key, lambda r1, r2, k: s.lww_registers[r1][k] == s.lww_registers[r2][k])
    )


@replication_convergence.action_property()
def LamportStep(s: State, after: State) -> Bool:
    """No clock goes back."""
    return forall(Replica, lambda r: s.lamport_clocks[r].time <= after.lamport_clocks[r].time)


replication_convergence.action_property()(_replication.RegisterStep)


replication_convergence.invariant(expected={"safe": violated(3), "ghosts": violated(3)})(_replication.ConvergedValues)


@replication_convergence.invariant()
def ConvergedLossless(s: State) -> Bool:
    """The same if nothing was lost; then stamps are equal too, but of what was never written."""
    return implies(
        s.lossless & quiet(s),
        forall(Replica, Replica, Key, lambda r1, r2, k: same(s.lww_registers[r1][k], s.lww_registers[r2][k]) & (
            (s.lww_registers[r1][k].ts == s.lww_registers[r2][k].ts)
            | (s.lww_registers[r1][k].ts.time == 0) & (s.lww_registers[r2][k].ts.time == 0)
        )),
    )  # fmt: skip


@replication_convergence.invariant()
def SEC(s: State) -> Bool:
    """Strong eventual consistency: who has seen the same of a key, and something, has the same register."""
    return forall(Replica, Replica, Key, lambda a, b, k: implies(
        (s.seen[a][k] == s.seen[b][k]) & ~s.seen[a][k].is_empty(), s.lww_registers[a][k] == s.lww_registers[b][k]
    ))  # fmt: skip


@replication_convergence.invariant()
def SECvis(s: State) -> Bool:
    """Replicas that have seen the same writes of a key show the same value."""
    return forall(Replica, Replica, Key, lambda a, b, k: implies(
        s.seen[a][k] == s.seen[b][k], same(s.lww_registers[a][k], s.lww_registers[b][k])
    ))  # fmt: skip


@replication_convergence.invariant()
def MaxOfSeen(s: State) -> Bool:
    """A register is what was seen with the latest stamp, and the initial one where nothing was."""
    return forall(Replica, Key, lambda r, k: (
        forall_in(s.seen[r][k], lambda x: x.ts <= s.lww_registers[r][k].ts)
        & implies(~s.seen[r][k].is_empty(), s.seen[r][k].contains(s.lww_registers[r][k]))
        & implies(s.seen[r][k].is_empty(), s.lww_registers[r][k] == initial(r))
    ))  # fmt: skip


@replication_convergence.invariant()
def UniqueStamps(s: State) -> Bool:
    """Two registers of a key with one stamp are equal, wherever they are."""
    return unique_stamps(s, Message, Register)


@replication_convergence.invariant()
def ClockCovers(s: State) -> Bool:
    """No register is ahead of its replica's clock."""
    return forall(Replica, Key, lambda r, k: s.lww_registers[r][k].ts.time <= s.lamport_clocks[r].time)


@replication_convergence.invariant()
def MergeComm(s: State) -> Bool:
    """It does not matter which of two replicas' registers is merged into the other."""
    return forall(Replica, Replica, Key, lambda a, b, k: (
        merge(s.lww_registers[a][k], s.lww_registers[b][k]) == merge(s.lww_registers[b][k], s.lww_registers[a][k])
    ))  # fmt: skip


_ENDLESS = "without a bound replicas may write again and again"


@replication_convergence.liveness(
    under=received, bounded=_ENDLESS, expected=dict.fromkeys(("safe", "ghosts"), violated(3, loop=0))
)
def EventuallyAgree(s: State) -> Temporal:
    """If in the end everybody reaches everybody, replicas show the same in the end.

    Writes end, so this is said by "again and again replicas show the same, or some cannot reach each other".
    """
    return always(eventually(agree(s) | cut(s)))


@replication_convergence.liveness(
    under=[received, healed],
    bounded=_ENDLESS,
    expected={"safe": violated(2, loop=2), "ghosts": violated(2, loop=2), "queueing": violated(1, loop=2)},
)
def EventuallyAgreeHealing(s: State) -> Temporal:
    """Replicas show the same in the end if partitions are healed again and again: false, as they may come back each time."""
    return eventually(always(agree(s)))


@replication_convergence.liveness(
    under=[],
    bounded=_ENDLESS,
    expected=dict.fromkeys(("safe", "ghosts", "whole", "queueing"), violated(1, loop=0)),
)
def EventuallyAgreeUnfair(s: State) -> Temporal:
    """Replicas show the same in the end though nobody has to receive anything: false."""
    return eventually(always(agree(s)))


@replication_convergence.lemma("R2: nobody is ahead of the clock of the replica that wrote what it has")
def WriterCovers(s: State) -> Bool:
    return forall(Replica, Key, lambda r, k: (
        s.lww_registers[r][k].ts.time <= s.lamport_clocks[s.lww_registers[r][k].ts.replica].time
    ))  # fmt: skip


@replication_convergence.lemma("R2: nothing that is on its way is ahead of the clock of the replica that wrote it")
def WriterCoversSent(s: State) -> Bool:
    return forall_in(s.network, lambda m: (m.reg.ts.time > 0) & (
        m.reg.ts.time <= s.lamport_clocks[m.reg.ts.replica].time
    ))  # fmt: skip


@replication_convergence.lemma("R4: what has time 0 was never written")
def UnwrittenIsInitial(s: State) -> Bool:
    return forall(
        Replica, Key, lambda r, k: implies(s.lww_registers[r][k].ts.time == 0, s.lww_registers[r][k] == initial(r))
    )


replication_convergence.lemma("R5: a deletion that is on its way has no value")(_replication.SentTombstones)


replication_convergence.lemma("R6: partitions are symmetric, and no replica is cut off from itself")(
    _replication.PartitionsAreSymmetric
)


@replication_convergence.lemma(
    "R7: nothing is on its way between replicas that cannot reach each other", variants=["safe", "ghosts", "whole"]
)
def NothingCrosses(s: State) -> Bool:
    return forall_in(s.network, lambda m: ~s.partitioned[m.src][m.dst])


@replication_convergence.lemma("a message comes from the replica that wrote what it says")
def SentByWriter(s: State) -> Bool:
    return forall_in(s.network, lambda m: m.src == m.reg.ts.replica)


@replication_convergence.lemma("there are no partitions", variants=["whole"])
def NobodyIsCutOff(s: State) -> Bool:
    return forall(Replica, Replica, lambda a, b: ~s.partitioned[a][b])


@replication_convergence.lemma("nothing is destroyed or withheld", variants=["whole", "queueing"])
def NothingIsLost(s: State) -> Bool:
    return s.lossless


def arrives(s: State, k: Key, x: Register, b: Replica) -> Bool:
    """Whether a replica has a register or a later one, or the very message from its writer is on its way."""
    return (x.ts <= s.lww_registers[b][k].ts) | s.network.contains(Message(src=x.ts.replica, dst=b, key=k, reg=x))


@replication_convergence.lemma("R8: if nothing was lost, what one replica has reaches every other")
def RegistersArrive(s: State) -> Bool:
    return implies(s.lossless, forall(Replica, Replica, Key, lambda a, b, k: implies(
        s.lww_registers[a][k].ts.time > 0, arrives(s, k, s.lww_registers[a][k], b)
    )))  # fmt: skip


@replication_convergence.lemma("R8: if nothing was lost, what is on its way to one replica reaches every other")
def MessagesArrive(s: State) -> Bool:
    return implies(s.lossless, forall(Message, Replica, lambda m, b: implies(
        s.network.contains(m), arrives(s, m.key, m.reg, b)
    )))  # fmt: skip


replication_convergence.finding(
    "Replicas do not converge after a partition",
    "Messages that a partition destroys, and writes made during it, are never sent again: in 3 steps everything is quiet and "
    "values differ. They converge where nothing was lost, or where messages wait; replication-resync sends registers again.",
    command="verify prove replication-convergence --property ConvergedValues",
)
replication_convergence.finding(
    "EventualConvergence is false in the initial state",
    "Published as temporal, it is a formula of states, and initial stamps name their owners. ConvergedValues is what was "
    "meant.",
    command="verify prove replication-convergence --property EventualConvergence",
)
replication_convergence.finding(
    "LamportMonotonic is typing",
    "It says that clocks are not negative. LamportStep and RegisterStep say what its name does.",
    command="verify prove replication-convergence --property LamportMonotonic --property LamportStep",
)
replication_convergence.finding(
    "Merging is commutative only where equal stamps mean equal registers",
    "That is said to hold by construction; it is UniqueStamps, a property of the clocks. The laws are those of crdts.",
    command="verify prove crdts --property LWWCommutative --property LWWUniqueCommutative",
)
replication_convergence.finding(
    "The guard against receipts across a partition is redundant",
    "No message ever connects replicas that cannot reach each other: without the guard there are the same 1,772 states.",
    command="verify explore replication-convergence --drop ReceiveDelta.not-partitioned",
)
