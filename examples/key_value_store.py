"""A key-value store with snapshot isolation: a transaction works on a copy, and is closed only if no other has written
in the meantime what it writes (KeyValueStore.tla).

    verify explore examples/key_value_store.py             3,409,605 states
    verify prove examples/key_value_store.py --scope unbounded     both PROVED for any number of transactions, keys, values
    verify prove examples/key_value_store.py:careless      conflicts are ignored: NoLostUpdates VIOLATED in 6 steps
"""

from verifier.kernel import (Bool, Fn, Option, Protocol, Scalarset, Set, disjoint, empty, fn, forall, guard, implies,
    ite, none, some, var, violated)  # fmt: skip

p = Protocol("key-value-store", "snapshot isolation", source="KeyValueStore.tla (tlaplus/Examples)")


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """A key."""


class Val(Scalarset, parameter="Values", size=2, prefix="v"):
    """A value."""


class TxId(Scalarset, parameter="TxIds", size=3, prefix="t"):
    """A transaction."""


@p.state
class State:
    store: Fn[Key, Option[Val]] = var(none, "the committed values")
    tx: Set[TxId] = var(set(), "open transactions")
    snapshotStore: Fn[TxId, Fn[Key, Option[Val]]] = var(none, "each transaction's view of the store")
    written: Fn[TxId, Set[Key]] = var(set(), "the keys that each transaction has written")
    missed: Fn[TxId, Set[Key]] = var(set(), "the keys that others have written since it was opened")


@p.action
def OpenTx(s: State, t: TxId) -> None:
    guard("new", ~s.tx.contains(t))
    s.tx |= {t}
    s.snapshotStore[t] = s.store


def write(s: State, t: TxId, k: Key, value: Option[Val]) -> None:
    guard("open", s.tx.contains(t))
    s.snapshotStore[t][k] = value
    s.written[t] |= {k}


@p.action
def Add(s: State, t: TxId, k: Key, v: Val) -> None:
    guard("absent", s.snapshotStore[t][k].is_none)
    write(s, t, k, some(v))


@p.action
def Update(s: State, t: TxId, k: Key, v: Val) -> None:
    guard("present", s.snapshotStore[t][k].is_some)
    guard("other", s.snapshotStore[t][k] != some(v))
    write(s, t, k, some(v))


@p.action
def Remove(s: State, t: TxId, k: Key) -> None:
    guard("present", s.snapshotStore[t][k].is_some)
    write(s, t, k, none)


def end(s: State, t: TxId) -> None:
    guard("open", s.tx.contains(t))
    s.tx -= {t}
    s.snapshotStore[t] = fn(Key, lambda k: none)
    s.written[t] = set()


@p.action
def RollbackTx(s: State, t: TxId) -> None:
    end(s, t)
    s.missed[t] = set()


@p.action
def CloseTx(s: State, t: TxId) -> None:
    written, snapshot, others = s.written[t], s.snapshotStore[t], s.tx - {t}
    guard("no-conflict", disjoint(s.missed[t], written))
    end(s, t)
    s.store = fn(Key, lambda k: ite(written.contains(k), snapshot[k], s.store[k]))
    s.missed = fn(TxId, lambda u: ite(others.contains(u), s.missed[u] | written, empty))


p.variant("careless", drops=["CloseTx.no-conflict"], doc="a transaction overwrites what others wrote since it was opened")


@p.action_property(expected={"careless": violated(6)})
def NoLostUpdates(s: State, after: State) -> Bool:
    """No other transaction has written a key that this one writes to the store since it was opened."""
    ended = s.tx - after.tx
    return forall(
        TxId,
        Key,
        lambda t, k: implies(ended.contains(t) & (after.store[k] != s.store[k]), ~s.missed[t].contains(k)),
    )


@p.invariant()
def TxLifecycle(s: State) -> Bool:
    """An open transaction sees what is stored, but for what it wrote or missed; a closed one sees nothing."""
    def orderly(t: TxId, k: Key) -> Bool:
        snapshot, ours = s.snapshotStore[t][k], s.written[t].contains(k)
        theirs = s.missed[t].contains(k)
        return ite(s.tx.contains(t), ours | theirs | (snapshot == s.store[k]), snapshot.is_none & ~ours & ~theirs)

    return forall(TxId, Key, orderly)
