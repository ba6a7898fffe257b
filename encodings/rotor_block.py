"""Rotor, several slices and slots: a node emits a block once it has decoded all slices of it (see `rotor` for one slice).

That a slice is decoded at all is a step here; which shreds it takes is what `rotor` is about.
"""

from __future__ import annotations

from verifier.kernel import Fn, Option, Protocol, Scalarset, Set, exists, fn, forall, guard, none, some, var

rotor_block = Protocol("rotor-block", "a block is emitted when all its slices are decoded", source="Alpenglow v1.1")


class Node(Scalarset, parameter="Nodes", size=1, prefix="n"):
    """A node that receives blocks; nodes do not see each other."""


class Slot(Scalarset, parameter="Slots", size=2, prefix="s"):
    """A slot."""


class Slice(Scalarset, parameter="Slices", size=2, prefix="k"):
    """The number of a slice."""


@rotor_block.state
class State:
    dec: Fn[Node, Fn[Slot, Set[Slice]]] = var(set(), "slices that each node has decoded in each slot")
    emitted: Fn[Node, Fn[Slot, Fn[Slice, Option[Slot]]]] = var(
        none, "slots whose slices make up the block that a node emitted"
    )


@rotor_block.action
def DecodeSlice(s: State, v: Node, n: Slot, k: Slice) -> None:
    """A node decodes a slice."""
    s.dec[v][n] |= {k}


@rotor_block.action
def Emit(s: State, v: Node, n: Slot, source: Fn[Slice, Slot]) -> None:
    """A node has all slices of a block, and hands it on; its slices are looked up by slot and number."""
    guard("once", forall(Slice, lambda k: s.emitted[v][n][k].is_none))
    guard("own-slot", forall(Slice, lambda k: source[k] == n))
    guard(
        "all-slices",
        forall(Slice, lambda k: s.dec[v][source[k]].contains(k)),
        one_slice=exists(Slice, lambda k: s.dec[v][source[k]].contains(k)),
    )
    s.emitted[v][n] = fn(Slice, lambda k: some(source[k]))


rotor_block.variant("safe", doc="all slices, each of the block's own slot")
rotor_block.variant(
    "one-slice-enough", replaces={"Emit.all-slices": "one_slice"}, doc="a block is accepted after any one slice"
)
rotor_block.variant(
    "slice-key", drops=["Emit.own-slot"], doc="decoded slices are remembered by their number, without their slot"
)
