"""Protocols of constructs inside constructs: what a lowering that only knows the usual combinations gets wrong.

`ALL` maps names to the protocols, like `constructs.ALL`.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    anything,
    choose,
    empty,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    guard,
    image,
    implies,
    ite,
    labels,
    max_of,
    maximum,
    min_of,
    none,
    set_of,
    some,
    var,
    witness,
)


def nested() -> Protocol:
    """Options of options, functions of records and options, sets of records, ranges that do not coincide."""
    p = Protocol("nested", "values inside values")

    class Slot(Scalarset, parameter="Slots", size=2):
        pass

    class Small(Range, low=0, high=1):
        pass

    class Wide(Range, low=-1, high=2):
        pass

    class Point(Record, ordered=True):
        x: Small
        y: Wide

    class Tag(Record):
        slot: Slot
        on: Bool

    @p.state
    class State:
        deep: Option[Option[Slot]] = var(none, "an option of an option")
        flag: Option[Bool] = var(none, "three values")
        level: Option[Small] = var(none, "a small number")
        height: Option[Wide] = var(none, "a wide number")
        at: Fn[Point, Bool] = var(fn(Point, lambda q: q.x == q.y), "marks of points")
        by: Fn[Option[Slot], Small] = var(0, "a number for a slot or none")
        both: Fn[Bool, Set[Slot]] = var(set(), "a set for each truth value")
        tags: Set[Tag] = var(set(), "a set of records")
        group: Option[Set[Slot]] = var(none, "an option of a set")
        small: Set[Small] = var({0}, "small numbers")
        wide: Set[Wide] = var({-1, 2}, "wide numbers")

    @p.action
    def Deepen(s: State, x: Option[Slot]) -> None:
        guard("new", s.deep != some(x))
        s.deep = ite(s.deep.is_none, some(x), ite(s.deep.value == x, none, s.deep))
        s.by[x] = s.by[x] + 1

    @p.action
    def Flip(s: State, b: Bool, x: Slot) -> None:
        guard("other", (s.flag == none) | (s.flag.value != b))
        s.flag = some(s.both[b].contains(x) | ~b)
        s.both[~b] = s.both[b] | {x}

    @p.action
    def Climb(s: State) -> None:
        """Stores a level one above the height, which may be outside the small numbers or undefined."""
        guard("apart", s.level != s.height)
        old = s.level
        s.level = ite(s.height.is_some, some(s.height.value + 1), none)
        s.height = old

    @p.action
    def Descend(s: State, h: Wide) -> None:
        guard("low", maximum(h, 0) == 0)
        s.level = ite(s.level.is_some, s.height, s.level)
        s.height = some(h - 1)

    @p.action
    def Visit(s: State, q: Point) -> None:
        """Indexes by a record that may be outside its sort."""
        guard("unmarked", ~s.at[Point(x=q.x, y=q.y + q.x)])
        s.wide = image(Point, Wide, lambda r: ite(s.at[r], r.y, Wide(0)))
        s.at[Point(x=Small(1) - q.x, y=q.y * q.x)] = True

    @p.action
    def Label(s: State, x: Slot) -> None:
        tagged = exists(Tag, lambda r: s.tags.contains(r) & (r.slot == x))
        guard("some", tagged | s.group.is_none)
        s.group = some(set_of(Slot, lambda y: exists_in(s.tags, lambda r: (r.slot == y) & r.on)))
        s.tags = s.tags | {Tag(slot=x, on=~tagged)}

    @p.action
    def Narrow(s: State, ys: Set[Small]) -> None:
        """Stores wide numbers as small ones."""
        guard("different", (s.small != s.wide) & (ys != s.small))
        wide = s.wide
        s.wide = ite(wide == ys, ys, wide)
        s.small = ite(ys.is_empty(), wide, ys)

    @p.action
    def Empty(s: State, z: Set[Slot]) -> None:
        x = witness("x", Tag)
        guard("tagged", s.tags.contains(x) & z.contains(x.slot))
        guard("in-group", s.group.is_some & (s.group == some(z)))
        s.group = ite(z.size() == 2, none, some(set_of(Slot, lambda y: ~z.contains(y))))
        s.tags = set_of(Tag, lambda r: s.tags.contains(r) & ~z.contains(r.slot))

    @p.invariant()
    def ExtremePoint(s: State) -> Bool:
        marked = set_of(Point, lambda q: s.at[q])
        return implies(~marked.is_empty(), (min_of(marked) <= max_of(marked)) & s.at[min_of(marked)])

    @p.invariant()
    def OnlyPoint(s: State) -> Bool:
        """Undefined unless exactly one point is marked."""
        return choose(Point, lambda q: s.at[q]).x <= s.small.size()

    @p.invariant()
    def LevelWithin(s: State) -> Bool:
        return (s.level == s.height) | implies(s.level.is_some, s.wide.contains(s.level.value))

    @p.invariant()
    def AnyFunction(s: State) -> Bool:
        return exists(Fn[Slot, Bool], lambda f: set_of(Slot, lambda x: f[x]) == s.both[True])

    @p.invariant()
    def LeastWide(s: State) -> Bool:
        """Undefined where there is no wide number."""
        return s.small.contains(min_of(s.wide)) | (max_of(s.wide) < 2)

    @p.invariant()
    def DeepIsCounted(s: State) -> Bool:
        """Undefined where nothing is deep."""
        return s.by[s.deep.value] >= 0

    @p.invariant()
    def GreatestSmall(s: State) -> Bool:
        """Undefined where there is no small number."""
        return s.wide.contains(max_of(s.small))

    @p.action_property()
    def GroupsGrow(s: State, after: State) -> Bool:
        return implies(s.group.is_some & after.group.is_some, s.group.value <= after.group.value)

    @p.action_property()
    def DeepStays(s: State, after: State) -> Bool:
        return (s.deep == after.deep) | (s.deep.value != after.deep.value) | (s.tags == after.tags)

    return p


def shelves() -> Protocol:
    """Sequences and keyed sets inside functions and options, beyond their capacity and outside their keys."""
    p = Protocol("shelves", "sequences and keyed sets")

    class Slot(Scalarset, parameter="Slots", size=2):
        pass

    class Colour(Enumeration):
        Red, Green = labels(2)

    class Number(Range, low=0, high=2):
        pass

    class Item(Record):
        number: Number
        colour: Colour

    class Shelf(KeyedSet[Item], key="number"):
        pass

    class Card(Record, ordered=True):
        rank: Number
        suit: Number

    class Hand(KeyedSet[Card], key="suit"):
        pass

    class Row(Sequence[Option[Number]], capacity=2):
        pass

    class Pile(Sequence[Set[Slot]], capacity=1):
        pass

    @p.state
    class State:
        shelf: Fn[Slot, Shelf] = var(set(), "items by number")
        spare: Option[Shelf] = var(none, "another shelf")
        hand: Hand = var(set(), "cards by suit")
        row: Row = var(empty, "numbers or gaps")
        pile: Pile = var(anything, "sets of slots")
        last: Option[Row] = var(none, "an older row")

    @p.initially
    def NothingPiled(s: State) -> Bool:
        return s.pile == empty

    @p.action
    def Put(s: State, x: Slot, i: Item) -> None:
        """Inserts an item of the next number, which may not exist; undefined if another item has it."""
        guard("there", s.shelf[x].has(i.number) | (i.number == 0))
        s.shelf[x] = s.shelf[x].insert(Item(number=i.number + 1, colour=i.colour)).remove(i.number)

    @p.action
    def Through(s: State, x: Slot, n: Number) -> None:
        """A number outside its range comes and goes before anything is stored."""
        guard("red", forall_in(s.shelf[x], lambda i: i.colour == Colour.Red))
        more = s.shelf[x].insert(Item(number=n + 2, colour=Colour.Green))
        s.spare = ite(more.has(n + 2) & (more.size() > 1), some(more.remove(n + 2)), some(s.shelf[x]))

    @p.action
    def Exchange(s: State, x: Slot) -> None:
        guard("different", s.spare != some(s.shelf[x]))
        old = s.shelf[x]
        spare = s.spare
        s.spare = ite(exists_in(old, lambda i: i.colour == Colour.Green), some(old), none)
        s.shelf[x] = ite(spare.is_some & (spare.value.size() == 1), spare.value, old.remove(0))

    @p.action
    def Paint(s: State, x: Slot, n: Number) -> None:
        guard("held", s.shelf[x].get(n).colour == Colour.Green)
        repainted = s.shelf[x].get(n).replace(colour=Colour.Red)
        s.shelf[x] = s.shelf[x].remove(n).insert(repainted)

    @p.action
    def Deal(s: State, c: Card) -> None:
        guard("better", forall_in(s.hand, lambda d: (d < c) | (d.suit == c.rank)))
        s.hand = s.hand.insert(c)

    @p.action
    def Play(s: State) -> None:
        guard("pair", min_of(s.hand) < max_of(s.hand))
        s.row = s.row.append(some(max_of(s.hand).rank))
        s.hand = s.hand.remove(max_of(s.hand).suit)

    @p.action
    def Shift(s: State, n: Number) -> None:
        """One more than fits, then the first one goes."""
        guard("other", (s.row.length() == 0) | (s.row.head() != some(n)))
        s.last = some(s.row)
        s.row = s.row.append(ite(n == 0, none, some(n))).tail()

    @p.action
    def Shorten(s: State) -> None:
        """Undefined on the empty row."""
        guard("one", s.row.tail().length() != 1)
        s.row = s.row.tail()

    @p.action
    def Grow(s: State, n: Number) -> None:
        guard("short", s.row.length() <= n)
        guard("undone", s.last != some(s.row))
        s.row = ite(n == 2, s.row.append(none).put(n, some(n - 1)), s.row.append(some(n)))

    @p.action
    def Lay(s: State, z: Set[Slot]) -> None:
        guard("new", implies(s.pile.length() > 0, s.pile.at(1) != z))
        s.pile = ite(s.pile.length() > 0, s.pile.put(1, z), s.pile.append(z).append(z).tail())

    @p.action
    def Recall(s: State) -> None:
        guard("longer", s.last.value.length() >= s.row.length())
        row, last = s.row, s.last
        s.row = ite(row == empty, last.value, [none, some(Number(1))])
        s.last = ite(last == some(row), none, last)

    @p.action
    def Check(s: State, x: Slot) -> None:
        """Undefined where an item has no number on the spare shelf, although another item decides."""
        guard("some", exists_in(s.shelf[x], lambda i: s.spare.value.get(i.number) == i))
        guard("all", forall_in(s.hand, lambda c: s.shelf[x].get(c.rank).colour == Colour.Red))
        s.hand = s.hand.remove(s.hand.size() - 1)

    @p.invariant()
    def GapsMeet(s: State) -> Bool:
        """Undefined beyond the end."""
        return forall(Number, lambda n: (n == 0) | s.row.at(n).is_some)

    @p.invariant()
    def ShelvesDiffer(s: State) -> Bool:
        return forall(Slot, Slot, lambda x, y: (x == y) | (s.shelf[x] != s.shelf[y]))

    @p.invariant()
    def NextFits(s: State) -> Bool:
        """Undefined where there is no spare shelf, or no first item on it."""
        return s.spare.value.get(0).number + 1 <= 2

    @p.invariant()
    def SpareHolds(s: State) -> Bool:
        return s.spare.is_none | exists(Item, lambda i: s.spare.value.contains(i))

    @p.action_property()
    def RowStays(s: State, after: State) -> Bool:
        return (s.row == after.row) | (after.last == some(s.row)) | (s.pile == after.pile)

    return p


def assembly() -> Protocol:
    """Quorums as values: chosen, compared, conditional; choices over records; strictness of what does not decide."""
    p = Protocol("assembly", "quorums as values")

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Quorum(Quorums[Node]):
        pass

    class Era(Range, low=1, high=2):
        pass

    class Ballot(Record, ordered=True):
        era: Era
        round: Era

    @p.state
    class State:
        up: Fn[Node, Bool] = var(False, "nodes that are up")
        seen: Set[Ballot] = var(set(), "ballots seen")
        promised: Fn[Node, Option[Ballot]] = var(none, "the greatest ballot promised")
        leader: Option[Node] = var(none, "the node that leads")

    @p.action
    def Start(s: State, q: Quorum) -> None:
        guard("down", exists(Node, lambda n: q.contains(n) & ~s.up[n]))
        s.up = ite(s.leader.is_none, fn(Node, lambda n: q.contains(n) | s.up[n]), s.up)

    @p.action
    def Promise(s: State, n: Node, b: Ballot) -> None:
        guard("up", s.up[n])
        guard("higher", s.promised[n].is_none | (s.promised[n].value < b))
        s.seen |= {b}
        s.promised[n] = some(b)

    @p.action
    def Lead(s: State, n: Node) -> None:
        """Undefined unless exactly one quorum is as large as the nodes that are up."""
        q = choose(Quorum, lambda r: forall(Node, lambda m: r.contains(m) == s.up[m]))
        guard("member", ite(s.leader.is_none, q, q).contains(n))
        guard("changed", s.leader != some(n))
        s.leader = some(n)
        s.up[n] = exists(Quorum, lambda r: (r == q) & r.contains(n)) & (s.seen.size() < 2)

    @p.action
    def Forget(s: State) -> None:
        """Undefined unless one ballot is promised by most."""
        b = choose(Ballot, lambda c: exists(Quorum, lambda q: forall(
            Node, lambda n: implies(q.contains(n), s.promised[n] == some(c))
        )))  # fmt: skip
        w = witness("w", Ballot)
        guard("below", s.seen.contains(w) & (w <= b))
        seen, promised = s.seen, s.promised
        s.seen = set_of(Ballot, lambda c: seen.contains(c) & (b < c))
        s.promised = fn(Node, lambda n: ite(promised[n] == some(b), none, promised[n]))

    @p.action
    def Raise(s: State, n: Node) -> None:
        """The next round may not exist; the next era neither."""
        guard("promised", s.promised[n].is_some)
        b = s.promised[n].value
        next_round = b.replace(round=b.round + 1)
        s.promised[n] = some(ite(b.round == 2, Ballot(era=b.era + 1, round=Era(1)), next_round))

    @p.action
    def Stop(s: State, n: Node) -> None:
        guard("leads", s.leader.value == n)
        guard("top", s.promised[s.leader.value].value == max_of(s.seen))
        s.up[n] = False
        s.leader = none

    @p.action
    def Compare(s: State, n: Node) -> None:
        """Undefined uses in the bodies of comprehensions, although other elements would decide."""
        guard("any", ~set_of(Node, lambda m: s.promised[m].value <= s.promised[n].value).is_empty())
        s.leader = some(n)

    @p.action
    def Retire(s: State, n: Node) -> None:
        guard("leads", s.leader == some(n))
        up = s.up
        s.up = fn(Node, lambda m: up[m] & (s.promised[m].value.era == 1))

    @p.action
    def Elect(s: State) -> None:
        """Undefined although only one node is up, where another has not promised."""
        guard("nobody", s.leader.is_none)
        s.leader = some(choose(Node, lambda n: (s.promised[n].value.era >= 1) & s.up[n]))

    @p.invariant()
    def LeaderIsUp(s: State) -> Bool:
        """Undefined where a leader has not promised."""
        return implies(s.leader.is_some, s.up[s.leader.value] | (s.promised[s.leader.value].value.era > 1))

    @p.invariant()
    def PromisedIsSeen(s: State) -> Bool:
        return forall(Node, lambda n: s.promised[n].is_none | s.seen.contains(s.promised[n].value))

    @p.invariant()
    def SomebodyPromised(s: State) -> Bool:
        """Strict: undefined unless every node has promised."""
        return exists(Node, lambda n: s.promised[n].value <= min_of(s.seen))

    @p.action_property()
    def OneThingChanges(s: State, after: State) -> Bool:
        return (s.up == after.up) | (s.promised == after.promised)

    return p


ALL: dict[str, Protocol] = {protocol.name: protocol for protocol in (nested(), shelves(), assembly())}
