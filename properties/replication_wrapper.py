"""Properties of replicated values with kinds, expiries and a second stamp."""

from __future__ import annotations

from verifier.encodings._replication import Replica
from verifier.encodings.replication_wrapper import Delta, State, Wrapped, replication_wrapper
from verifier.kernel import Bool, forall, forall_in, implies, violated

replication_wrapper.type_ok(variables=["replicated", "clock", "network"])


@replication_wrapper.invariant(expected={"three": violated(7)})
def SECValue(s: State) -> Bool:
    """Replicas that have seen the same writes show the same one."""
    return forall(Replica, Replica, lambda a, b: implies(
        (s.seen[a] == s.seen[b]) & s.replicated[a].is_some & s.replicated[b].is_some,
        (s.replicated[a].value.written == s.replicated[b].value.written)
        & (s.replicated[a].value.kind == s.replicated[b].value.kind),
    ))  # fmt: skip


@replication_wrapper.invariant(expected={"safe": violated(4)})
def SECExpiry(s: State) -> Bool:
    """Replicas that have seen the same writes let the key expire at the same time."""
    return forall(Replica, Replica, lambda a, b: implies(
        (s.seen[a] == s.seen[b]) & s.replicated[a].is_some & s.replicated[b].is_some,
        s.replicated[a].value.expiry == s.replicated[b].value.expiry,
    ))  # fmt: skip


@replication_wrapper.lemma("the wrapper's stamp is that of the write", variants=["repaired"])
def StampIsOfWrite(s: State) -> Bool:
    return forall(
        Replica, lambda r: implies(s.replicated[r].is_some, s.replicated[r].value.ts == s.replicated[r].value.written)
    ) & forall_in(s.network, lambda d: d.value.ts == d.value.written)


@replication_wrapper.lemma("nobody has what is ahead of the clock of the replica that wrote it")
def WriterCovers(s: State) -> Bool:
    def covered(value: Wrapped) -> Bool:
        return value.written.time <= s.clock[value.written.replica]

    return forall(Replica, lambda r: implies(s.replicated[r].is_some, covered(s.replicated[r].value))) & forall_in(
        s.network, lambda d: covered(d.value)
    )


@replication_wrapper.lemma("no replica has what is ahead of its own clock")
def ClockCovers(s: State) -> Bool:
    return forall(Replica, lambda r: implies(s.replicated[r].is_some, s.replicated[r].value.written.time <= s.clock[r]))


@replication_wrapper.lemma("values with one stamp are equal, wherever they are", variants=["repaired"])
def UniqueStamps(s: State) -> Bool:
    return (
        forall(Replica, Replica, lambda a, b: implies(
            s.replicated[a].is_some & s.replicated[b].is_some
            & (s.replicated[a].value.written == s.replicated[b].value.written),
            s.replicated[a].value == s.replicated[b].value,
        ))
        & forall(Delta, Replica, lambda d, a: implies(
            s.network.contains(d) & s.replicated[a].is_some & (s.replicated[a].value.written == d.value.written),
            s.replicated[a].value == d.value,
        ))
        & forall(Delta, Delta, lambda d, e: implies(
            s.network.contains(d) & s.network.contains(e) & (d.value.written == e.value.written), d.value == e.value
        ))
    )  # fmt: skip


@replication_wrapper.lemma("a replica has the latest of the writes that it has seen", variants=["repaired"])
def LatestOfSeen(s: State) -> Bool:
    return forall(Replica, lambda r: implies(
        s.replicated[r].is_some,
        s.seen[r].contains(s.replicated[r].value.written)
        & forall_in(s.seen[r], lambda x: x <= s.replicated[r].value.written),
    ) & implies(s.replicated[r].is_none, s.seen[r].is_empty()))  # fmt: skip


replication_wrapper.finding(
    "A key expires on one replica and stays on another",
    "A merge keeps the larger expiry, or the only one, while a local write replaces it: SET with an expiry and SET without one, "
    "and the writer has none, the receiver the old one.",
    command="verify prove replication-wrapper --property SECExpiry",
)
replication_wrapper.finding(
    "Between kinds, replicas keep different values",
    "A merge gives what it takes over the local stamp's replica, so that it may lose against what it had won against.",
    command="verify prove replication-wrapper:three --property SECValue",
)
