"""Formulas that the models of replication share."""

from __future__ import annotations

from typing import Any

from verifier.encodings._replication import Key, Replica, Replicas
from verifier.kernel import Bool, exists, forall, forall_in, implies


def cut(s: Replicas) -> Bool:
    """Whether some replicas cannot reach each other."""
    return exists(Replica, Replica, lambda r1, r2: s.partitioned[r1][r2])


def quiet(s: Replicas) -> Bool:
    """Whether nothing is on its way, and everybody reaches everybody."""
    return s.network.is_empty() & ~cut(s)


def same(x: Any, y: Any) -> Bool:
    """Whether two registers look the same to a client."""
    result: Bool = (x.value == y.value) & (x.tombstone == y.tombstone)
    return result


def agree(s: Replicas) -> Bool:
    """Whether all replicas show the same."""
    return forall(Replica, Replica, Key, lambda a, b, k: same(s.lww_registers[a][k], s.lww_registers[b][k]))


def ConvergedValues(s: Replicas) -> Bool:
    """Where nothing is on its way and everybody reaches everybody, replicas show the same."""
    return implies(quiet(s), agree(s))


def TombstoneConsistency(s: Replicas) -> Bool:
    """A deleted key has no value."""
    return forall(
        Replica, Key, lambda r, k: implies(s.lww_registers[r][k].tombstone, s.lww_registers[r][k].value.is_none)
    )


def RegisterStep(s: Replicas, after: Replicas) -> Bool:
    """No register goes back."""
    def goes_back(r: Replica, k: Key) -> Bool:
        result: Bool = after.lww_registers[r][k].ts < s.lww_registers[r][k].ts
        return result

    return forall(Replica, Key, lambda r, k: ~goes_back(r, k))


def unique_stamps(s: Replicas, message: Any, register: Any) -> Bool:
    """Whether two registers of a key with one stamp are equal, wherever they are; the sorts are those of the model."""
    def sent(k: Key, x: Any) -> Bool:
        return exists(Replica, Replica, lambda a, b: s.network.contains(message(src=a, dst=b, key=k, reg=x)))

    return (
        forall(Replica, Replica, Key, lambda a, b, k: implies(
            s.lww_registers[a][k].ts == s.lww_registers[b][k].ts, s.lww_registers[a][k] == s.lww_registers[b][k]
        ))
        & forall(Replica, Key, register, lambda a, k, x: implies(
            sent(k, x) & (s.lww_registers[a][k].ts == x.ts), s.lww_registers[a][k] == x
        ))
        & forall(Key, register, register, lambda k, x, y: implies(
            sent(k, x) & sent(k, y) & (x.ts == y.ts), x == y
        ))
    )  # fmt: skip


def SentTombstones(s: Replicas) -> Bool:
    return forall_in(s.network, lambda m: implies(m.reg.tombstone, m.reg.value.is_none))


def PartitionsAreSymmetric(s: Replicas) -> Bool:
    return forall(Replica, Replica, lambda a, b: implies(s.partitioned[a][b], s.partitioned[b][a] & (a != b)))
