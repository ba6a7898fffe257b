"""Protocols for the tests of explicit search: wide states, constraints, deadlocks, open initial values, containers."""

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
    constant,
    empty,
    exists,
    fn,
    forall,
    guard,
    implies,
    ite,
    labels,
    none,
    some,
    var,
)


def wide() -> Protocol:
    """States of 140 bits in three words, some with negative codes."""
    p = Protocol("wide", "many places")

    class Place(Range, low=1, high=30):
        pass

    class Worker(Scalarset, parameter="Workers", size=2):
        pass

    class Value(Range, low=-3, high=11):
        pass

    class Large(Range, low=0, high=1_000_000):
        pass

    @p.state
    class State:
        value: Fn[Place, Value] = var(-3, "values")
        at: Fn[Worker, Place] = var(1, "where a worker stands")
        total: Large = var(0, "a large number")

    @p.action
    def Walk(s: State, w: Worker) -> None:
        guard("room", s.at[w] <= 6)
        place = s.at[w]
        s.value[place * 4 + 3] = s.value[place] + place + 2
        s.at[w] = place + 1
        s.total = s.total * 7 + 3

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.total < 20_000

    @p.invariant()
    def WorkersNear(s: State) -> Bool:
        return forall(Worker, Worker, lambda a, b: s.at[a] <= s.at[b] + 5)

    @p.action_property()
    def Grows(s: State, after: State) -> Bool:
        return after.total <= s.total * 7 + 2

    return p


def bounded() -> Protocol:
    """A counter that a constraint prunes: the state beyond is checked, the step into it too."""
    p = Protocol("bounded", "a counter with a constraint")

    class Count(Range, low=0, high=5):
        pass

    @p.state
    class State:
        count: Count = var(0, "the counter")
        late: Bool = var(False, "whether the end was seen")

    @p.constraint
    def Below(s: State) -> Bool:
        return s.count <= 3

    @p.action
    def Count1(s: State) -> None:
        guard("early", ~s.late)
        s.count += 1

    @p.action
    def Notice(s: State) -> None:
        guard("end", s.count >= 2)
        s.late = ~s.late

    @p.invariant()
    def NeverFour(s: State) -> Bool:
        return s.count != 4

    @p.invariant()
    def NeverFive(s: State) -> Bool:
        return s.count != 5

    @p.action_property()
    def NoStepToFour(s: State, after: State) -> Bool:
        return after.count <= 3

    return p


def stuck() -> Protocol:
    """A model whose only action is never enabled."""
    p = Protocol("stuck", "a deadlock from the start")
    start = p.parameter("Start", 3, "the initial value")

    class Count(Range, low=0, high=5):
        pass

    @p.state
    class State:
        count: Count = var(start, "never changes")

    @p.action
    def Move(s: State) -> None:
        guard("never", s.count > 5)
        s.count -= 1

    @p.invariant()
    def Starts(s: State) -> Bool:
        return s.count < 3

    p.variant("outside", settings={"Start": 6}, doc="starts out of range")
    return p


def opened() -> Protocol:
    """Open initial values of every kind of container, linked by predicates."""
    p = Protocol("opened", "open initial values")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Small(Range, low=-1, high=1):
        pass

    class Pair(Record):
        left: Small
        who: Node

    class Row(Sequence[Node], capacity=2):
        pass

    class Table(KeyedSet[Pair], key="who"):
        pass

    @p.state
    class State:
        pair: Option[Pair] = var(anything, "perhaps a pair")
        row: Row = var(anything, "a sequence")
        table: Table = var(anything, "a keyed set")
        chosen: Set[Node] = var(anything, "a set")
        fixed: Small = var(1, "not open")

    @p.initially
    def RowInChosen(s: State) -> Bool:
        return implies(s.row.length() > 0, s.chosen.contains(s.row.at(1)))

    @p.initially
    def PairInTable(s: State) -> Bool:
        return implies(s.pair.is_some, s.table.contains(s.pair.value))

    @p.action
    def Forget(s: State, n: Node) -> None:
        guard("known", s.chosen.contains(n))
        s.chosen = s.chosen - {n}
        s.table = s.table.remove(n)

    @p.action
    def Shift(s: State) -> None:
        s.row = s.row.tail()
        s.fixed = s.fixed - 1

    return p


def containers() -> Protocol:
    """Names in every container, for permutations; steps that keep the number of states small."""
    p = Protocol("containers", "names everywhere")

    class Key(Scalarset, parameter="Keys", size=3, prefix="k"):
        Root = constant()

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Majority(Quorums[Node]):
        pass

    class Mode(Enumeration):
        Off, On = labels(2)

    class Link(Record):
        node: Node
        keys: Set[Key]

    class Word(Sequence[Option[Node]], capacity=2):
        pass

    class Links(KeyedSet[Link], key="node"):
        pass

    @p.state
    class State:
        owner: Fn[Key, Option[Node]] = var(none, "an option in a function")
        link: Option[Link] = var(none, "a record in an option")
        word: Fn[Node, Word] = var(empty, "options in sequences in a function")
        links: Links = var(set(), "a keyed set")
        pairs: Set[Option[Key]] = var(set(), "a set of options")
        far: Fn[Key, Fn[Node, Mode]] = var(Mode.Off, "a function of two indices")
        last: Key = var(Key.Root, "a name")

    @p.action
    def Own(s: State, k: Key, n: Node) -> None:
        guard("free", s.owner[k].is_none & (s.last != k))
        guard("few", forall(Key, lambda j: (j == k) | s.owner[j].is_none))
        far = s.far[k]
        s.word[n] = s.word[n].append(s.owner[s.last])
        s.owner[k] = some(n)
        s.far[k] = fn(Node, lambda m: ite(m == n, Mode.On, far[m]))
        s.last = k

    @p.action
    def Record_(s: State, k: Key, n: Node) -> None:
        guard("owned", s.owner[k] == some(n))
        guard("new", ~s.links.has(n))
        s.links = s.links.insert(Link(node=n, keys={k, Key.Root}))
        s.link = some(Link(node=n, keys={k}))
        s.pairs |= {some(k)}
        s.owner[k] = none

    @p.action
    def Gather(s: State, q: Majority) -> None:
        guard("all-on", forall(Node, lambda n: implies(q.contains(n), exists(Key, lambda k: s.far[k][n] == Mode.On))))
        guard("first", s.pairs.size() > 1)
        s.pairs = {none}
        s.link = none

    return p


def choosing() -> Protocol:
    """A choice among names that is unique only as long as nobody has joined."""
    p = Protocol("choosing", "a choice among names")

    class Node(Scalarset, parameter="Nodes", size=3):
        Boss = constant()

    @p.state
    class State:
        members: Set[Node] = var({Node.Boss}, "members")
        chosen: Option[Node] = var(none, "who was chosen")

    @p.action
    def Join(s: State, n: Node) -> None:
        guard("new", ~s.members.contains(n))
        s.members |= {n}

    @p.action
    def Choose(s: State) -> None:
        guard("only", s.members.size() == 1)
        s.chosen = some(choose(Node, lambda n: s.members.contains(n)))

    @p.action
    def Rechoose(s: State) -> None:
        guard("again", s.chosen.is_some)
        s.chosen = some(choose(Node, lambda n: s.members.contains(n)))

    p.variant("careful", without=["Rechoose"], doc="chooses only where there is one member")
    return p
