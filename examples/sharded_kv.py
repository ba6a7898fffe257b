"""A key-value store whose keys move between nodes (Feldman and others, Phase structures, CAV 2019; mypyvy's sharded_kv.pyv).

    verify prove examples/sharded_kv.py --scope unbounded  KeysUnique PROVED for any number of nodes, keys and values
    verify prove examples/sharded_kv.py:anywhere   nodes store keys that they do not own: KeysUnique VIOLATED in 2 steps
"""

from verifier.kernel import (Bool, Fn, Option, Protocol, Record, Scalarset, Set, anything, forall, guard, implies, none,
    some, var, violated)  # fmt: skip

p = Protocol("sharded-kv", "keys move between nodes", source="sharded_kv.pyv (mypyvy)")


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """A key."""


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Value(Scalarset, parameter="Values", size=2, prefix="v"):
    """A value."""


class Transfer(Record):
    """A message that hands a key and its value over to a node."""

    node: Node
    key: Key
    value: Value


@p.state
class State:
    table: Fn[Node, Fn[Key, Option[Value]]] = var(none, "each node's part of the table")
    owner: Fn[Node, Set[Key]] = var(anything, "the keys that each node owns")
    transfer_msg: Set[Transfer] = var(set(), "keys on their way")


@p.initially
def OneOwner(s: State) -> Bool:
    return forall(Node, Node, Key, lambda m, n, k: implies(s.owner[m].contains(k) & s.owner[n].contains(k), m == n))


@p.action
def reshard(s: State, old: Node, new: Node, k: Key, v: Value) -> None:
    """A node hands a key over to another."""
    guard("stored", s.table[old][k] == some(v))
    s.table[old][k] = none
    s.owner[old] -= {k}
    s.transfer_msg |= {Transfer(node=new, key=k, value=v)}


@p.action
def recv_transfer_msg(s: State, n: Node, k: Key, v: Value) -> None:
    """A key arrives."""
    guard("sent", s.transfer_msg.contains(Transfer(node=n, key=k, value=v)))
    s.transfer_msg -= {Transfer(node=n, key=k, value=v)}
    s.table[n][k] = some(v)
    s.owner[n] |= {k}


@p.action
def put(s: State, n: Node, k: Key, v: Value) -> None:
    """A node stores a value."""
    guard("owner", s.owner[n].contains(k))
    s.table[n][k] = some(v)


@p.may_stop
def NoOwners(s: State) -> Bool:
    return forall(Node, lambda n: s.owner[n].is_empty()) & s.transfer_msg.is_empty()


p.variant("anywhere", drops=["put.owner"], doc="a node stores keys that it does not own")


@p.invariant(expected={"anywhere": violated(2)})
def KeysUnique(s: State) -> Bool:
    """A key is stored by one node at most."""
    return forall(Node, Node, Key, lambda m, n, k: implies(s.table[m][k].is_some & s.table[n][k].is_some, m == n))


@p.lemma("a key has one owner at most, as in the beginning")
def StillOneOwner(s: State) -> Bool:
    return OneOwner(s)


@p.lemma("who stores a key owns it")
def StoredByOwner(s: State) -> Bool:
    return forall(Node, Key, lambda n, k: implies(s.table[n][k].is_some, s.owner[n].contains(k)))


@p.lemma("a key on its way has no owner")
def MovingHasNoOwner(s: State) -> Bool:
    return forall(Transfer, Node, lambda m, n: implies(s.transfer_msg.contains(m), ~s.owner[n].contains(m.key)))


@p.lemma("a key is on its way once")
def MovingOnce(s: State) -> Bool:
    moving = s.transfer_msg
    return forall(
        Transfer, Transfer, lambda m, n: implies(moving.contains(m) & moving.contains(n) & (m.key == n.key), m == n)
    )
