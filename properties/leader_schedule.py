"""Properties of the leader schedule."""

from __future__ import annotations

from verifier.encodings.leader_schedule import (
    WIN,
    Candidate,
    Node,
    Slot,
    State,
    Ticket,
    Weight,
    Window,
    in_window,
    leader_schedule,
    picks,
    up_to,
)
from verifier.kernel import Bool, Fn, exists, forall, implies, set_of, violated


@leader_schedule.invariant(short="Lead-1", expected={"malleable-vrf": violated(2)})
def ScheduleAgreement(s: State) -> Bool:
    """Nodes that know the draw of a window compute the same leader."""
    return forall(Node, Node, Window, lambda i, j, x: implies(
        s.known[i][x].is_some & s.known[j][x].is_some, s.pick[s.known[i][x].value] == s.pick[s.known[j][x].value]
    ))  # fmt: skip


@leader_schedule.invariant(
    short="Lead-2",
    bounded="OnlyLeaderSigns, which is proved for any size, says more",
    expected={"malleable-vrf": violated(4), "rotate-by-view": violated(3), "no-leader-check": violated(3)},
)
def UniqueLeader(s: State) -> Bool:
    """Blocks of one window that are accepted anywhere are signed by one leader."""
    return forall(Slot, Slot, Node, Node, lambda n, m, i, j: implies(
        (s.window[n] == s.window[m]) & s.accepted[i][n].is_some & s.accepted[j][m].is_some,
        s.accepted[i][n] == s.accepted[j][m],
    ))  # fmt: skip


@leader_schedule.invariant(
    short="Lead-3",
    bounded="OnlyLeaderSigns, which is proved for any size, says more",
    expected={"rotate-by-view": violated(3), "no-leader-check": violated(3)},
)
def WindowConstant(s: State) -> Bool:
    """A node accepts the blocks of a window from one leader."""
    return forall(Slot, Slot, Node, lambda n, m, i: implies(
        (s.window[n] == s.window[m]) & s.accepted[i][n].is_some & s.accepted[i][m].is_some,
        s.accepted[i][n] == s.accepted[i][m],
    ))  # fmt: skip


@leader_schedule.invariant(
    short="Lead-4", expected=dict.fromkeys(("malleable-vrf", "rotate-by-view", "no-leader-check"), violated(2))
)
def OnlyLeaderSigns(s: State) -> Bool:
    """A block that a node has accepted was signed by the leader of its slot."""
    return forall(Node, Slot, Node, lambda i, n, v: implies(s.accepted[i][n] == v, s.pick[s.out[s.window[n]]] == v))


@leader_schedule.invariant(short="Lead-9")
def SlotsAdvance(s: State) -> Bool:
    """The slot of a block is later than that of its parent."""
    return forall(Node, Slot, Slot, lambda i, n, m: implies(s.parent[i][n] == m, m < n))


@leader_schedule.lemma("every schedule that a node knows verifies")
def KnownVerifies(s: State) -> Bool:
    return forall(Node, Window, lambda i, x: implies(s.known[i][x].is_some, s.known[i][x] == s.out[x]))


@leader_schedule.law(short="Lead-5", expected={"off-by-one": violated(0)})
def WindowSize(x: Window) -> Bool:
    """Every full window has all its slots."""
    return implies(exists(Slot, lambda m: m == x * WIN), set_of(Slot, lambda n: in_window(n, x)).size() == WIN)


@leader_schedule.law(short="Lead-5a", expected={"off-by-one": violated(0)})
def WindowsTile(n: Slot, x: Window) -> Bool:
    """A window contains the slots after the last one of the previous window, up to its own last one."""
    return in_window(n, x) == (((x - 1) * WIN < n) & (n <= x * WIN))


@leader_schedule.law(short="Lead-5p", expected=dict.fromkeys(("safe", "rotate-by-view", "off-by-one"), violated(0)))
def PublishedWindowSize(x: Window) -> Bool:
    """The same with windows as one seed module has them: slots from 1, divided by the size of a window."""
    return implies(exists(Slot, lambda m: m == x * WIN), set_of(Slot, lambda n: n // WIN + 1 == x).size() == WIN)


@leader_schedule.law(short="Lead-6")
def PickTotalUnique(w: Fn[Candidate, Weight], u: Ticket) -> Bool:
    """Each number below the total stake picks exactly one validator."""
    everyone = exists(Candidate, lambda v: (u < up_to(w, v)) & forall(Candidate, lambda c: c <= v))
    return implies(everyone, exists(Candidate, lambda v: picks(w, u, v) & forall(
        Candidate, lambda c: implies(picks(w, u, c), c == v)
    )))  # fmt: skip


@leader_schedule.law(short="Lead-7")
def PickProportional(w: Fn[Candidate, Weight], v: Candidate) -> Bool:
    """As many numbers pick a validator as it has stake."""
    return set_of(Ticket, lambda u: picks(w, u, v)).size() == w[v]


@leader_schedule.law(short="Lead-8")
def RoundRobinTakesTurns(x: Window, y: Window) -> Bool:
    """Where leaders are not drawn but take turns, one leads each window, and nobody again before all others."""

    def leads(v: Candidate, window: Window) -> Bool:
        return (window - 1) % Candidate.size == v - 1

    return exists(Candidate, lambda v: leads(v, x) & forall(
        Candidate, lambda c: implies(leads(c, x), c == v)
    )) & implies(
        (x < y) & (y < x + Candidate.size), forall(Candidate, lambda v: ~(leads(v, x) & leads(v, y)))
    )  # fmt: skip


leader_schedule.finding(
    "One seed module has a first window that is a slot short",
    "It numbers slots from 1 and divides them by the size of a window; another one subtracts 1 before.",
    command="verify prove leader-schedule --property PublishedWindowSize --property WindowSize",
)
leader_schedule.finding(
    "Agreement on leaders rests on uniqueness of proofs alone",
    "Where a second draw has a proof that verifies, two nodes accept blocks of one window from two leaders.",
    command="verify prove leader-schedule:malleable-vrf",
)
