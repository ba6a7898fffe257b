"""Small protocols that together use every construct of the language, for tests that compare semantics.

Each function builds one protocol; `ALL` maps names to the protocols. Partial operations occur in guards,
updates and properties, both where they are defined and where reachable states leave them undefined.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    KeyedSet,
    Option,
    Ordered,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    all_of,
    any_of,
    anything,
    budget,
    choice,
    choose,
    constant,
    disjoint,
    empty,
    enabled,
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
    minimum,
    none,
    one_of,
    set_of,
    some,
    var,
    violated,
    witness,
)


def grid() -> Protocol:
    """Nested functions, sets of integers and of names, cardinality, minima, comprehension, choose."""
    p = Protocol("grid", "cells, rows and sets")
    top = p.parameter("Top", 2, "greatest level")

    class Cell(Scalarset, parameter="Cells", size=2, prefix="c"):
        Corner = constant()

    class Level(Range, low=0, high=top):
        pass

    class Count(Range, low=0, high=3):
        pass

    class Colour(Enumeration):
        Red, Green = labels(2)

    p.assume("TopIsPositive", top >= 1)

    @p.state
    class State:
        height: Fn[Cell, Fn[Level, Bool]] = var(False, "marks of a cell, by level")
        marked: Set[Cell] = var(set(), "cells with a mark")
        levels: Set[Level] = var({0}, "levels in use")
        colour: Fn[Cell, Colour] = var(fn(Cell, lambda c: ite(c == Cell.Corner, Colour.Red, Colour.Green)), "colours")
        count: Count = var(0, "how many cells are marked")

    @p.action
    def Mark(s: State, c: Cell, v: Level) -> None:
        guard("free", ~s.height[c][v])
        guard("near", exists_in(s.levels, lambda u: (v == u) | (v == u + 1)))
        marked = s.marked | {c}
        s.height[c][v] = True
        s.marked = marked
        s.levels = s.levels | image(Cell, Level, lambda d: ite(d == c, v, Level(0)))
        s.count = Count(0) + marked.size()

    @p.action
    def Clear(s: State, c: Cell) -> None:
        guard("marked", s.marked.contains(c))
        height, levels = s.height, s.levels
        s.height[c] = fn(Level, lambda v: height[c][v] & (v == max_of(levels)))
        s.marked = s.marked - {c}
        s.levels = set_of(Level, lambda v: (v == 0) | exists(Cell, lambda d: (d != c) & height[d][v]))
        s.count = s.count - 1

    @p.action
    def Paint(s: State) -> None:
        """Recolours the only green cell; undefined unless there is exactly one."""
        guard("odd", s.levels.size() == 2)
        green = choose(Cell, lambda c: s.colour[c] == Colour.Green)
        s.colour[green] = Colour.Red

    @p.action
    def Swap(s: State) -> None:
        guard("low", min_of(s.levels) == 0)
        guard("both", s.marked == {Cell.Corner})
        s.colour = fn(Cell, lambda c: ite(s.colour[c] == Colour.Red, Colour.Green, Colour.Red))

    p.type_ok(variables=["count", "height"])

    @p.invariant(short="Grid-1")
    def CountIsSize(s: State) -> Bool:
        return s.count == s.marked.size()

    @p.invariant()
    def ZeroInUse(s: State) -> Bool:
        return s.levels.contains(0) & ~s.levels.is_empty() & (max_of(s.levels) <= top)

    @p.invariant()
    def MarkedHasHeight(s: State) -> Bool:
        return forall_in(s.marked, lambda c: exists(Level, lambda v: s.height[c][v]))

    @p.invariant()
    def SubsetOfLevels(s: State) -> Bool:
        """Fails: a cleared cell may keep a mark on a level that is given up."""
        return forall(Cell, lambda c: set_of(Level, lambda v: s.height[c][v]) <= s.levels)

    @p.action_property()
    def CornerStaysMarked(s: State, after: State) -> Bool:
        return implies(s.marked.contains(Cell.Corner) & (after.count > s.count), after.marked.contains(Cell.Corner))

    return p


def stamps() -> Protocol:
    """Ordered records, options, keyed sets, quantifiers over members, a choice."""
    p = Protocol("stamps", "stamps issued by a clock")
    limit = p.search_bound("MaxWall", 1, "greatest wall time")

    class Wall(Range, low=0, high=limit):
        pass

    class Logical(Range, low=0, high=1):
        pass

    class Seq(Range, low=1, high=2):
        pass

    class Stamp(Record, ordered=True):
        wall: Wall
        logical: Logical

    class Issue(Record):
        seq: Seq
        stamp: Stamp

    class Issued(KeyedSet[Issue], key="seq"):
        pass

    class Waiting(KeyedSet[Stamp], key="wall"):
        pass

    @p.state
    class State:
        clock: Stamp = var(Stamp(wall=Wall(0), logical=Logical(0)), "the clock")
        last: Option[Stamp] = var(none, "the stamp issued last")
        issued: Issued = var(set(), "issued stamps by number")
        waiting: Waiting = var(set(), "stamps not yet issued")

    @p.action
    def Tick(s: State) -> None:
        budget("wall-budget", s.clock.wall < limit)
        s.clock = Stamp(wall=s.clock.wall + 1, logical=Logical(0))

    @p.action
    def Prepare(s: State, w: Stamp) -> None:
        guard("ahead", w >= s.clock)
        guard("unused", ~s.waiting.has(w.wall))
        s.waiting = s.waiting.insert(w)

    @p.action
    def IssueNext(s: State, n: Seq) -> None:
        guard("new", ~s.issued.has(n))
        guard("waiting", exists_in(s.waiting, lambda w: w >= s.clock))
        first = choice("least-first", min_of(s.waiting), max_of(s.waiting))
        s.waiting = s.waiting.remove(first.wall)
        s.issued = s.issued.insert(Issue(seq=n, stamp=first))
        s.last = some(first)
        s.clock = maximum(s.clock, first)

    @p.action
    def Withdraw(s: State, n: Seq) -> None:
        """Takes a stamp back; undefined where the number was not issued but something was."""
        guard("some", s.last.is_some)
        old = s.issued.get(n)
        s.issued = s.issued.remove(n)
        s.last = ite(s.last.value == old.stamp, none, s.last)

    @p.action
    def Reissue(s: State, i: Issue) -> None:
        """Inserts a record whose number may be taken by another stamp."""
        guard("late", i.stamp.replace(logical=1) <= s.clock)
        guard("known", exists_in(s.issued, lambda r: r.stamp == i.stamp))
        s.issued = s.issued.insert(i)

    p.variant("greatest-first", drops=["IssueNext.least-first"], doc="issues the greatest waiting stamp")

    @p.invariant()
    def IssuedIsPast(s: State) -> Bool:
        return forall_in(s.issued, lambda r: r.stamp <= s.clock)

    @p.invariant()
    def NumbersAreUnique(s: State) -> Bool:
        return forall_in(s.issued, lambda r: s.issued.contains(s.issued.get(r.seq)) & (s.issued.get(r.seq) == r))

    @p.invariant()
    def LastIsIssued(s: State) -> Bool:
        return implies(s.last.is_some, exists_in(s.issued, lambda r: s.last == some(r.stamp)))

    @p.invariant()
    def FewWaiting(s: State) -> Bool:
        return (s.waiting.size() < 2) | s.last.is_none | (min_of(s.waiting) < max_of(s.waiting))

    @p.action_property()
    def ClockMonotonic(s: State, after: State) -> Bool:
        return after.clock >= s.clock

    @p.action_property()
    def LastMonotonic(s: State, after: State) -> Bool:
        return implies(s.last.is_some & after.last.is_some, s.last.value <= after.last.value)

    return p


def log() -> Protocol:
    """Bounded sequences of records: append, at, put, tail, literals, comparison; bounded length."""
    p = Protocol("log", "a replicated log of two entries")
    capacity = p.parameter("Capacity", 2, "greatest length of a log")

    class Epoch(Ordered, parameter="Epochs", size=2, first=1):
        pass

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Entry(Record):
        epoch: Epoch
        done: Bool

    class Log(Sequence[Entry], capacity=capacity):
        pass

    class Queue(Sequence[Epoch], capacity=2):
        pass

    class Index(Range, low=0, high=capacity):
        pass

    @p.state
    class State:
        log: Fn[Node, Log] = var(empty, "the log of a node")
        queue: Queue = var([1], "epochs to come")
        applied: Fn[Node, Index] = var(0, "how much of its log a node has applied")

    def false() -> Bool:
        return all_of() == any_of()

    @p.action
    def Append(s: State, n: Node) -> None:
        """Appends the next epoch; may leave the capacity."""
        guard("waiting", s.queue.length() > 0)
        last = s.log[n].length()
        guard("in-order", implies(last > 0, s.log[n].at(last).epoch <= s.queue.head()))
        entry = Entry(epoch=s.queue.head(), done=false())
        s.queue = s.queue.tail()
        s.log[n] = s.log[n].append(entry)

    @p.action
    def Enqueue(s: State, t: Epoch) -> None:
        guard("room", s.queue.length() < 2)
        guard("increasing", (s.queue == empty) | (s.queue.at(1) <= t))
        s.queue = s.queue.append(t)

    @p.action
    def Apply(s: State, n: Node, i: Index) -> None:
        """Marks an entry as done; undefined at index 0 or past the end."""
        guard("next", one_of(i, s.applied[n] + 1, s.applied[n]))
        guard("pending", ~s.log[n].at(i).done)
        s.log[n] = s.log[n].put(i, s.log[n].at(i).replace(done=~false()))
        s.applied[n] = i

    @p.action
    def Copy(s: State, n: Node, m: Node) -> None:
        guard("other", n != m)
        guard("longer", s.log[n].length() > s.log[m].length())
        s.log[m] = s.log[n]

    @p.action
    def Truncate(s: State, n: Node) -> None:
        guard("unapplied", s.applied[n] == 0)
        guard("full", s.log[n].length() >= capacity)
        s.log[n] = s.log[n].tail()
        s.queue = ite(s.queue == empty, s.queue, s.queue.put(1, Epoch(1)))

    @p.constraint
    def OneFullLog(s: State) -> Bool:
        return ~forall(Node, lambda n: s.log[n].length() == capacity)

    @p.invariant()
    def AppliedExists(s: State) -> Bool:
        return forall(Node, lambda n: s.applied[n] <= s.log[n].length())

    @p.invariant()
    def EpochsIncrease(s: State) -> Bool:
        return forall(Node, Index, Index, lambda n, i, j: implies(
            all_of(i >= 1, i < j, j <= s.log[n].length()), s.log[n].at(i).epoch <= s.log[n].at(j).epoch
        ))  # fmt: skip

    @p.invariant()
    def DoneIsApplied(s: State) -> Bool:
        return forall(Node, Index, lambda n, i: implies(
            (i >= 1) & (i <= s.log[n].length()) & (i > s.applied[n]), ~s.log[n].at(i).done
        ))  # fmt: skip

    @p.invariant()
    def FirstIsNotLast(s: State) -> Bool:
        """Undefined while the queue is empty."""
        return s.queue.head() <= 2

    return p


def vote() -> Protocol:
    """Quorums, witnesses, alternatives of a guard, initial predicates."""
    p = Protocol("vote", "majority voting", default_variant="majority")

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Value(Scalarset, parameter="Values", size=2):
        Default = constant()

    class Quorum(Quorums[Node]):
        pass

    @p.state
    class State:
        voted: Fn[Node, Option[Value]] = var(none, "the value that a node voted for")
        leader: Node = var(anything, "the node that proposes")
        ready: Set[Node] = var(anything, "nodes that may vote")
        decided: Set[Value] = var(set(), "decided values")

    @p.initially
    def LeaderIsReady(s: State) -> Bool:
        return s.ready.contains(s.leader)

    @p.initially
    def MostAreReady(s: State) -> Bool:
        return exists(Quorum, lambda q: forall(Node, lambda n: implies(q.contains(n), s.ready.contains(n))))

    @p.action
    def Vote(s: State, n: Node, v: Value) -> None:
        guard("new", s.voted[n].is_none)
        guard("ready", s.ready.contains(n))
        guard("leads", any_of(n == s.leader, s.voted[s.leader] == v), anybody=True)
        s.voted[n] = some(v)

    @p.action
    def Decide(s: State, v: Value) -> None:
        q = witness("q", Quorum)
        chair = witness("chair", Node)
        guard("for-it", forall(Node, lambda n: implies(q.contains(n), s.voted[n] == some(v))))
        guard("chaired", q.contains(chair) & s.ready.contains(chair))
        s.decided |= {v}
        ready = s.ready
        s.ready = set_of(Node, lambda n: ready.contains(n) & (s.voted[n] != some(v)))

    @p.action
    def Depose(s: State, n: Node) -> None:
        guard("undecided", s.decided.is_empty() & (s.voted[n] != s.voted[s.leader]))
        guard("ready", s.ready.contains(n))
        voted, leader = s.voted, s.leader
        s.voted = fn(Node, lambda m: ite(m == n, voted[leader], voted[m]))
        s.leader = n

    p.variant("free", replaces={"Vote.leads": "anybody"}, doc="nodes need not follow the leader")
    p.variant(
        "hasty",
        drops=["Decide.for-it"],
        without=["Depose"],
        settings={"Nodes": 2},
        doc="decides without votes",
    )

    @p.invariant(short="Vote-1", expected={"hasty": violated(2)})
    def Agreement(s: State) -> Bool:
        return s.decided.size() <= 1

    @p.invariant()
    def DecidedHasVote(s: State) -> Bool:
        return forall_in(s.decided, lambda v: exists(Node, lambda n: s.voted[n].is_some & (s.voted[n].value == v)))

    @p.invariant()
    def QuorumsMeet(s: State) -> Bool:
        return forall(Quorum, Quorum, lambda a, b: exists(Node, lambda n: a.contains(n) & b.contains(n)))

    @p.invariant()
    def VotersApart(s: State) -> Bool:
        def voters(v: Value) -> Set[Node]:
            return set_of(Node, lambda n: s.voted[n] == some(v))

        return forall(Value, Value, lambda a, b: implies(a != b, disjoint(voters(a), voters(b))))

    @p.invariant()
    def DefaultOnly(s: State) -> Bool:
        """Fails: other values can win."""
        return s.decided <= {Value.Default}

    @p.invariant()
    def DeposedMayDecide(s: State) -> Bool:
        """Fails where no value has a majority yet."""
        return implies(~enabled(Depose), enabled(Decide) | (s.voted[s.leader].is_some & ~enabled(Vote)))

    @p.action_property()
    def VotesStay(s: State, after: State) -> Bool:
        """Fails where the leader changes."""
        return forall(Node, lambda n: implies(s.voted[n].is_some, after.voted[n] == s.voted[n]))

    return p


def balance() -> Protocol:
    """Signed ranges, products, a constraint that prunes, open initial values, stores out of range."""
    p = Protocol("balance", "accounts that may be overdrawn")
    limit = p.parameter("Limit", 3, "greatest overdraft")

    class Account(Scalarset, parameter="Accounts", size=2):
        pass

    class Amount(Range, low=-limit, high=limit + 1):
        pass

    class Factor(Range, low=-1, high=2):
        pass

    class Small(Range, low=-1, high=1):
        pass

    @p.state
    class State:
        amount: Fn[Account, Amount] = var(anything, "what an account holds")
        factor: Factor = var(1, "multiplies what is moved")
        sign: Small = var(0, "sign of the last change")
        seen: Set[Small] = var({0}, "signs seen")

    def total(s: State) -> Int:
        return ite(exists(Account, lambda a: s.amount[a] < 0), -product(s), 0)

    def product(s: State) -> Int:
        return lowest(s) * lowest(s)

    def lowest(s: State) -> Int:
        return min_of(image(Account, Amount, lambda a: s.amount[a]))

    @p.initially
    def StartsEven(s: State) -> Bool:
        return forall(Account, lambda a: one_of(s.amount[a], 0, -1)) & (total(s) >= -1)

    @p.constraint
    def NotTooMuch(s: State) -> Bool:
        return forall(Account, lambda a: s.amount[a] * s.amount[a] <= limit * limit - 1)

    @p.action
    def Move(s: State, a: Account, b: Account) -> None:
        guard("other", a != b)
        guard("signs", s.amount[a] * s.factor <= limit)
        s.amount = s.amount.updated(a, s.amount[a] - s.factor).updated(b, s.amount[b] + s.factor)

    @p.action
    def Scale(s: State, f: Factor) -> None:
        """May store a factor out of its range."""
        guard("changed", f != s.factor)
        s.factor = f * s.factor + s.sign

    @p.action
    def Note(s: State, a: Account) -> None:
        """Stores the amount as a sign; out of range unless it is small."""
        guard("near", minimum(s.amount[a], -s.amount[a]) >= -2)
        s.seen |= {s.sign}
        s.sign = s.amount[a]  # type: ignore[assignment]  # a wider range, on purpose

    p.type_ok(variables=["amount", "factor", "sign"])

    @p.invariant()
    def NeverAlike(s: State) -> Bool:
        """Fails: amounts meet."""
        return forall(Account, Account, lambda a, b: implies(a != b, s.amount[a] + s.amount[b] != -2))

    @p.invariant()
    def SquaresArePositive(s: State) -> Bool:
        return forall(Account, lambda a: s.amount[a] * s.amount[a] >= 0) & (product(s) >= 0)

    @p.action_property()
    def FactorStep(s: State, after: State) -> Bool:
        return (after.factor - s.factor) * (after.factor - s.factor) <= 9

    return p


def partial() -> Protocol:
    """Uses that reachable states leave undefined: in guards, witnesses, updates and properties."""
    p = Protocol("partial", "undefined uses")
    bound = p.parameter("Bound", 2, "greatest time")

    class Slot(Scalarset, parameter="Slots", size=2):
        pass

    class Time(Range, low=0, high=bound):
        pass

    @p.state
    class State:
        holder: Fn[Time, Option[Slot]] = var(none, "who holds a time")
        times: Fn[Slot, Set[Time]] = var(set(), "the times that a slot holds")
        now: Time = var(0, "the present")
        mark: Option[Time] = var(none, "a time of interest")

    @p.action
    def Take(s: State, x: Slot) -> None:
        guard("free", s.holder[s.now].is_none)
        s.times[x] |= {s.now}
        s.holder[s.now] = some(x)

    @p.action
    def Advance(s: State) -> None:
        """Undefined at the last time: the next one is outside the index."""
        guard("held", s.holder[s.now].is_some)
        guard("next-free", s.holder[s.now + 1].is_none)
        s.now = s.now + 1

    @p.action
    def Mark(s: State, x: Slot) -> None:
        """Guards are looked at left to right: the greatest time is only asked for where there is one."""
        guard("has-times", ~s.times[x].is_empty())
        guard("late", max_of(s.times[x]) >= 1)
        s.mark = some(max_of(s.times[x]))

    @p.action
    def Drop(s: State) -> None:
        """The quantifier is strict: each slot must have a time, although one that decides would be enough."""
        guard("marked", s.mark.is_some)
        guard("early", exists(Slot, lambda x: min_of(s.times[x]) <= s.mark.value))
        s.mark = none

    @p.action
    def Share(s: State) -> None:
        """The witnesses are strict too."""
        guard("marked", s.mark.is_some)
        x = witness("x", Slot)
        guard("holds", s.times[x].contains(s.mark.value) & (max_of(s.times[x]) == s.now))
        times = s.times
        s.times = fn(Slot, lambda y: set_of(Time, lambda t: times[y].contains(t) & (t != s.now)))
        s.holder[s.now] = none

    @p.action
    def Rewind(s: State, x: Slot) -> None:
        """Undefined unless exactly one slot holds the present."""
        guard("only", x == choose(Slot, lambda y: s.times[y].contains(s.now)))
        guard("not-first", s.now > 0)
        s.holder[s.now - 1] = some(x)
        s.now = Time(0)

    @p.invariant()
    def HolderKnows(s: State) -> Bool:
        return forall(Time, lambda t: implies(s.holder[t].is_some, s.times[s.holder[t].value].contains(t)))

    @p.invariant()
    def MarkIsPast(s: State) -> Bool:
        return s.mark.is_none | (s.mark.value <= s.now)

    @p.invariant()
    def MarkOfSomebody(s: State) -> Bool:
        """Undefined where there is no mark and no slot holds the last time."""
        return any_of(
            s.now == 0,
            exists(Slot, lambda x: s.times[x].contains(Time(0) + bound)),
            s.holder[s.mark.value].is_some,
        )

    @p.action_property()
    def MarkGrows(s: State, after: State) -> Bool:
        """Undefined where a mark appears."""
        return ite(after.mark.is_some, s.mark.value <= after.mark.value, True)

    return p


def relay() -> Protocol:
    """Rigid variables of several sorts, which axioms constrain, also through what has no value for some candidates."""
    p = Protocol("relay", "a token goes round a ring that nobody changes")

    class Stop(Scalarset, parameter="Stops", size=3, prefix="s"):
        pass

    class Weight(Range, low=0, high=1):
        pass

    @p.state
    class State:
        next: Fn[Stop, Stop] = var(anything, rigid=True)
        weight: Fn[Stop, Weight] = var(anything, rigid=True)
        spare: Option[Stop] = var(anything, rigid=True)
        token: Stop = var(anything)
        carried: Weight = var(0)

    @p.axiom
    def Onto(s: State) -> Bool:
        return forall(Stop, lambda a: exists(Stop, lambda b: s.next[b] == a))

    @p.axiom
    def NoLoop(s: State) -> Bool:
        return forall(Stop, lambda a: s.next[a] != a)

    @p.axiom
    def SpareIsLight(s: State) -> Bool:
        return implies(s.spare.is_some, s.weight[s.spare.value] == 0)

    @p.initially
    def AtSpare(s: State) -> Bool:
        return implies(s.spare.is_some, s.token == s.spare.value)

    @p.action
    def Pass(s: State, to: Stop) -> None:
        guard("next", s.next[s.token] == to)
        s.carried = s.weight[s.token]
        s.token = to

    @p.invariant()
    def Somebody(s: State) -> Bool:
        return exists(Stop, lambda a: s.next[a] == s.token)

    @p.action_property()
    def Weighed(s: State, after: State) -> Bool:
        return (after.carried == after.weight[s.token]) & (after.next[s.token] == after.token)

    @p.action_property()
    def NeverLight(s: State, after: State) -> Bool:
        return after.carried > 0

    return p


ALL: dict[str, Protocol] = {
    protocol.name: protocol for protocol in (grid(), stamps(), log(), vote(), balance(), partial(), relay())
}
