"""Protocols that divide, add up, fold, pick, tabulate and list values."""

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
    Sequence,
    Set,
    empty,
    exists_in,
    exists_upto,
    fold,
    forall_in,
    forall_upto,
    guard,
    implies,
    ite,
    none,
    pick,
    set_of,
    some,
    sum_of,
    table,
    tabulate,
    var,
)


def clockwork() -> Protocol:
    """Quotients and remainders, by constants and by a variable that may be 0."""
    p = Protocol("clockwork", "hands that go round")
    teeth = p.parameter("Teeth", 3, "of the small wheel")
    p.assume("even", (teeth * 4) % 2 == 0)

    class Hand(Range, low=-3, high=7):
        """Where a hand points."""

    class Wheel(Range, low=0, high=7 // teeth):
        """Turns."""

    @p.state
    class State:
        hand: Hand = var(0, "the large hand")
        by: Hand = var(2, "what it is divided by")
        turns: Wheel = var(0, "whole turns")

    @p.action
    def Go(s: State, n: Hand) -> None:
        guard("forwards", n % 3 == 1)
        hand = (s.hand + n) % 8
        s.hand = hand
        s.turns = hand // teeth

    @p.action
    def Back(s: State) -> None:
        guard("turned", s.turns > 0)
        s.by = s.hand % -3 + s.turns
        s.hand = (s.hand - 5) // 2

    @p.action
    def Divide(s: State) -> None:
        """Undefined where the divisor is 0."""
        guard("there", s.hand > 1)
        s.hand = s.hand // s.by

    @p.invariant()
    def Turned(s: State) -> Bool:
        return s.turns == s.hand // teeth

    @p.invariant()
    def Divided(s: State) -> Bool:
        return implies(s.by != 0, (s.hand // s.by) * s.by + s.hand % s.by == s.hand)

    @p.invariant()
    def Rounded(s: State) -> Bool:
        """Undefined where the divisor is 0."""
        return s.hand // s.by <= s.hand % 3

    @p.invariant()
    def Signed(s: State) -> Bool:
        """Undefined where the divisor is 0."""
        return ite(s.by > 0, s.hand % s.by >= 0, s.hand % s.by <= 0)

    return p


def council() -> Protocol:
    """Weighted votes: sums over a sort and over a set, a table, a fold over a set, the least member of one."""
    p = Protocol("council", "votes that weigh differently")

    class Member(Scalarset, parameter="Members", size=3, prefix="m"):
        """Who votes."""

    class Seat(Ordered, parameter="Seats", size=3):
        """In what order they speak."""

    class Weight(Range, low=0, high=9):
        """A weight, or a number that members are read from."""

    @p.state
    class State:
        stake: Fn[Member, Weight] = var(table(Member, [3, 1, 1]), "what a vote weighs")
        voted: Set[Member] = var(set(), "who has voted")
        speaking: Set[Seat] = var({0, 2}, "who wants to speak")
        now: Option[Seat] = var(none, "who speaks")
        first: Option[Member] = var(none, "the first who has not voted")
        number: Weight = var(0, "the seats as digits")

    @p.action
    def Vote(s: State, m: Member) -> None:
        guard("once", ~s.voted.contains(m))
        s.first = some(pick(Member, lambda x: ~s.voted.contains(x) & (x != m)))
        s.voted = s.voted | {m}

    @p.action
    def Shift(s: State, m: Member) -> None:
        guard("more", sum_of(Member, lambda x: s.stake[x]) < 7)
        s.stake[m] = s.stake[m] + 1

    @p.action
    def Speak(s: State) -> None:
        """Undefined where nobody wants to."""
        chosen = pick(s.speaking)
        s.now = some(chosen)
        s.number = fold(s.speaking, 0, lambda acc, x: acc * 3 + x) % 10
        s.speaking = s.speaking - {chosen}

    @p.action
    def Ask(s: State) -> None:
        guard("majority", sum_of(s.voted, lambda m: s.stake[m]) * 2 > sum_of(Member, lambda m: s.stake[m]))
        s.speaking = fold(s.speaking, s.speaking, lambda acc, x: acc | set_of(Seat, lambda y: y == x + 1))
        s.voted = set()

    @p.invariant()
    def EnoughVoted(s: State) -> Bool:
        return implies(s.voted.size() == 3, sum_of(s.voted, lambda m: s.stake[m]) == sum_of(Member, lambda m: s.stake[m]))

    @p.invariant()
    def LeastSpeaks(s: State) -> Bool:
        """Undefined where all speak."""
        return pick(Seat, lambda x: ~s.speaking.contains(x)) <= 2

    @p.invariant()
    def FirstWeighs(s: State) -> Bool:
        worths = table(Seat, [2, 0, 1])
        return fold(s.voted, 0, lambda acc, m: acc * 2 + s.stake[m]) + sum_of(Seat, lambda x: worths[x]) < 40

    return p


def line() -> Protocol:
    """A queue with every operation on sequences."""
    p = Protocol("line", "a queue that is cut, joined and turned")

    class Item(Range, low=0, high=2):
        """What waits."""

    class Queue(Sequence[Item], capacity=3):
        """Who waits."""

    @p.state
    class State:
        queue: Queue = var(tabulate(Queue, 2, lambda i: i - 1), "the queue")
        other: Queue = var(empty, "another")
        total: Item = var(0, "a number made of them")

    @p.action
    def Join(s: State) -> None:
        """Leaves the capacity where both are long."""
        joined = s.queue + s.other
        s.queue = joined
        s.other = empty

    @p.action
    def Cut(s: State, i: Item) -> None:
        """Undefined where the queue is shorter."""
        s.other = s.queue.sub_sequence(i + 1, s.queue.length())
        s.queue = s.queue.sub_sequence(1, i)

    @p.action
    def Leave(s: State, i: Item) -> None:
        """Undefined outside the queue."""
        guard("no-two", s.other.length() < 3)
        s.other = s.other.insert_at(1, s.queue.at(i))
        s.queue = s.queue.remove_at(i)

    @p.action
    def Turn(s: State) -> None:
        guard("not-least", exists_in(s.queue, lambda x: x > 0))
        s.total = fold(s.queue, 0, lambda acc, x: (acc + x) % 3)
        s.queue = s.queue.reverse()

    @p.action
    def Enter(s: State, x: Item) -> None:
        guard("new", ~s.queue.contains(x))
        s.queue = s.queue.insert_at(s.queue.length() + 1 - s.total, x)

    @p.action
    def Drop(s: State) -> None:
        """Undefined where nobody waits."""
        s.total = s.queue.last()
        s.queue = s.queue.front()

    @p.action
    def Sift(s: State) -> None:
        kept = fold(s.queue, tabulate(Queue, 0, lambda i: Int(0)), lambda acc, x: ite(x > s.total, acc.append(x), acc))
        s.queue = kept

    @p.invariant()
    def Sorted(s: State) -> Bool:
        return forall_upto(s.queue.length() - 1, lambda i: s.queue.at(i) != s.queue.at(i + 1))

    @p.invariant()
    def Elements(s: State) -> Bool:
        return s.queue.elements().size() == s.queue.length()

    @p.invariant()
    def Few(s: State) -> Bool:
        return forall_in(s.queue, lambda x: s.queue.elements().contains(x)) & ~exists_upto(0, lambda i: i == i)

    @p.invariant()
    def Tabulated(s: State) -> Bool:
        """Undefined where the number is 2."""
        return tabulate(Queue, 1 - s.total, lambda i: i).length() < 2

    return p


ALL: dict[str, Protocol] = {protocol.name: protocol for protocol in (clockwork(), council(), line())}
