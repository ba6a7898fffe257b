"""Leaders of Alpenglow: a verifiable random draw for each window of slots picks one, in proportion to stake.

A node learns the draw of a window from whoever shows a proof that verifies, and accepts blocks of the leader that it computes. Of
proofs it is known that the right draw has one (completeness), and that no other draw has (uniqueness).
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Option,
    Ordered,
    Protocol,
    Range,
    Scalarset,
    Set,
    anything,
    forall,
    guard,
    implies,
    ite,
    none,
    some,
    sum_of,
    var,
)

leader_schedule = Protocol(
    "leader-schedule", "one leader for each window of slots", source="Alpenglow white paper v1.1"
)

WIN = leader_schedule.parameter("Win", 4, "slots of a window", fixed=True)
FIRST = leader_schedule.parameter("First", 1, "the number from which the slots of windows are counted", fixed=True)
leader_schedule.assume("SomeSlots", WIN >= 1)
leader_schedule.assume("SlotsAreCountedFromOne", FIRST <= 1)
MaxWeight = leader_schedule.search_bound("MaxWeight", 2, "largest stake, in laws of the pick")


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Slot(Ordered, parameter="Slots", size=5, first=1):
    """A slot."""


class Window(Ordered, parameter="Windows", size=2, first=1):
    """A window of slots."""


class Draw(Scalarset, parameter="Draws", size=2, prefix="d"):
    """A random draw."""


class Candidate(Ordered, parameter="Candidates", size=3, first=1):
    """A validator, in the order in which stakes are added up."""


class Weight(Range, low=0, high=MaxWeight):
    """A stake."""


class Ticket(Range, low=0, high=3 * MaxWeight):
    """A number below the total stake, which a draw stands for."""


@leader_schedule.state
class State:
    window: Fn[Slot, Window] = var(anything, "the window of each slot", rigid=True)
    out: Fn[Window, Draw] = var(anything, "the draw of each window", rigid=True)
    verifies: Fn[Window, Set[Draw]] = var(anything, "draws of which a proof verifies", rigid=True)
    malleable: Fn[Window, Set[Draw]] = var(anything, "the same, where proofs may be malleable", rigid=True)
    pick: Fn[Draw, Node] = var(anything, "the leader that a draw picks", rigid=True)
    known: Fn[Node, Fn[Window, Option[Draw]]] = var(none, "the draw that a node knows of each window")
    accepted: Fn[Node, Fn[Slot, Option[Node]]] = var(
        none, "who has signed the block that a node has accepted in a slot"
    )
    parent: Fn[Node, Fn[Slot, Option[Slot]]] = var(none, "the slot of its parent; none is genesis, or not known yet")


def in_window(n: Slot, x: Window) -> Bool:
    """Whether a slot is one of a window."""
    return (n - FIRST) // WIN + 1 == x


@leader_schedule.axiom
def WindowsOfSlots(s: State) -> Bool:
    return forall(Slot, Window, lambda n, x: implies(in_window(n, x), s.window[n] == x))


@leader_schedule.axiom
def Complete(s: State) -> Bool:
    return forall(Window, lambda x: s.verifies[x].contains(s.out[x]))


@leader_schedule.axiom
def MalleableComplete(s: State) -> Bool:
    return forall(Window, lambda x: s.malleable[x].contains(s.out[x]))


@leader_schedule.axiom
def Unique(s: State) -> Bool:
    return forall(Window, Draw, Draw, lambda x, y, z: implies(
        s.verifies[x].contains(y) & s.verifies[x].contains(z), y == z
    ))  # fmt: skip


@leader_schedule.action
def Learn(s: State, i: Node, x: Window, y: Draw) -> None:
    """A node learns the draw of a window, with a proof."""
    guard("once", s.known[i][x].is_none)
    guard("verified", s.verifies[x].contains(y), malleable=s.malleable[x].contains(y))
    s.known[i][x] = some(y)


@leader_schedule.action
def Accept(s: State, i: Node, n: Slot, v: Node) -> None:
    """A node accepts the block of a slot that somebody has signed."""
    guard("once", s.accepted[i][n].is_none)
    known = s.known[i][s.window[n]]
    guard("known", known.is_some)
    leads = s.pick[known.value] == v
    guard("leader", leads, by_view=ite((n - 1) % WIN == 0, leads, ~leads))
    s.accepted[i][n] = some(v)


@leader_schedule.action
def Attach(s: State, i: Node, n: Slot, m: Slot) -> None:
    """A node attaches the block that it has accepted in a slot to the parent that the block names; a traitor names any."""
    guard("accepted", s.accepted[i][n].is_some)
    guard("once", s.parent[i][n].is_none)
    guard("earlier", m < n)
    s.parent[i][n] = some(m)


def up_to(w: Fn[Candidate, Weight], v: Candidate) -> Int:
    """The stake of the validators up to one."""
    return sum_of(Candidate, lambda c: ite(c <= v, w[c], 0))


def picks(w: Fn[Candidate, Weight], u: Ticket, v: Candidate) -> Bool:
    """Whether a number below the total stake picks a validator."""
    return (up_to(w, v) - w[v] <= u) & (u < up_to(w, v))


PARENTS = ["parent", "Attach"]
leader_schedule.variant("safe", without=["malleable", *PARENTS], doc="proofs are unique")
leader_schedule.variant(
    "malleable-vrf",
    without=PARENTS,
    replaces={"Learn.verified": "malleable"},
    settings={"Slots": 2, "Windows": 1},
    doc="a second draw of a window has a proof that verifies",
)
leader_schedule.variant(
    "off-by-one",
    without=["malleable", *PARENTS],
    settings={"First": 0},
    bounded="it is there to be refuted, at one size",
    doc="the number of a slot is divided by the size of a window, though slots are numbered from 1",
)
leader_schedule.variant(
    "no-leader-check",
    without=["malleable", *PARENTS],
    drops=["Accept.leader"],
    settings={"Slots": 2, "Windows": 1},
    bounded="it is there to be refuted, at one size",
    doc="a node accepts a block whoever has signed it",
)
leader_schedule.variant(
    "rotate-by-view",
    without=["malleable", *PARENTS],
    replaces={"Accept.leader": "by_view"},
    doc="the leader changes inside a window",
)
leader_schedule.variant(
    "parents", without=["malleable"], settings={"Slots": 2, "Windows": 1}, doc="blocks name their parents, which nodes check"
)
