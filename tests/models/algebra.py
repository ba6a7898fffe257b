"""Sets that are made of sets, compared and quantified over in every shape: what is lowered for all values at once.

`ALL` maps names to the protocols, like `constructs.ALL`.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    all_of,
    any_of,
    choose,
    exists,
    exists_in,
    forall,
    forall_in,
    guard,
    image,
    implies,
    ite,
    none,
    set_of,
    some,
    var,
)


def algebra() -> Protocol:
    """Two sets of records, a set over another range, a function of sets; unions, differences, images, filters."""
    p = Protocol("algebra", "sets of records")

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        pass

    class Age(Range, low=0, high=2):
        pass

    class More(Range, low=-1, high=3):
        pass

    class Note(Record):
        node: Node
        age: Age
        to: Option[Node]

    @p.state
    class State:
        left: Set[Note] = var(set(), "records")
        right: Set[Note] = var(set(), "records")
        ages: Set[Age] = var({0}, "ages")
        more: Set[More] = var({-1, 3}, "numbers around them")
        held: Fn[Node, Set[Age]] = var(set(), "a set for each node")
        last: Option[Age] = var(none, "an age")
        now: Age = var(0, "an age")

    def note(s: State, n: Node, to: object) -> Note:
        return Note(node=n, age=s.now, to=to)

    @p.action
    def Put(s: State, n: Node) -> None:
        new = s.left | {note(s, n, none), note(s, n, some(n))}
        s.left, s.right = new, s.right & new

    @p.action
    def Move(s: State, m: Note) -> None:
        guard("there", s.left.contains(m))
        gone = Note(node=m.node, age=Age(1), to=none)
        both = set_of(Note, lambda x: (x == m.replace(age=s.now)) | (x == m.replace(to=none)))
        s.left, s.right = s.left - {m}, s.right | (both - {gone})
        s.last = some(m.age)

    @p.action
    def Turn(s: State, n: Node) -> None:
        s.held[n] = image(s.left, Age, lambda m: ite(m.node == n, m.age, s.now))
        s.left, s.right = s.right - s.left, ite(s.now == 0, s.left - s.right, s.left | s.right)
        s.now = ite(s.now == 2, 0, s.now + 1)

    @p.action
    def Grow(s: State) -> None:
        s.more = set_of(More, lambda x: s.more.contains(x) == s.ages.contains(x))
        s.ages = image(s.ages, Age, lambda a: ite(a == 2, 0, a + 1)) | {s.now}

    @p.invariant()
    def Filters(s: State) -> Bool:
        young = set_of(Note, lambda m: s.left.contains(m) & (m.age <= s.now))
        other = set_of(Note, lambda m: ~(s.left.contains(m) | s.right.contains(m)) & (m.to == none))
        return (young <= s.left) & ~(other | young).is_empty()

    @p.invariant()
    def Constants(s: State) -> Bool:
        return set_of(Note, lambda m: any_of(s.now == 1, s.left.contains(m))) == ite(
            s.now == 1, set_of(Note, lambda m: Bool(True)), s.left
        )

    @p.invariant()
    def Implications(s: State) -> Bool:
        return forall(Note, lambda m: implies(~s.left.contains(m) | (m.age == s.now), s.right.contains(m)))

    @p.invariant()
    def Nested(s: State) -> Bool:
        return forall(
            Note,
            lambda m: implies(
                s.left.contains(m) & exists(Node, lambda n: m.to == some(n)),
                exists_in(s.right, lambda r: (r.age == m.age) | (r.to == m.to)),
            ),
        )

    @p.invariant()
    def Pairs(s: State) -> Bool:
        return forall(
            Note, Note, lambda a, b: implies(all_of(s.left.contains(a), s.right.contains(b), a.node == b.node), a == b)
        )

    @p.invariant()
    def Partial(s: State) -> Bool:
        return forall_in(s.left, lambda m: s.held[m.node].contains(m.age) | (m.age <= s.last.value))

    @p.invariant()
    def PartialOfSome(s: State) -> Bool:
        return forall(Note, lambda m: implies(m.age == 1, s.held[m.node].contains(s.last.value)))

    @p.invariant()
    def Others(s: State) -> Bool:
        now = Note(node=choose(Node, lambda n: s.held[n].contains(s.now)), age=s.now, to=none)
        return exists(Note, lambda m: (m != now) & (m.age == 0)) & ~forall(Note, lambda m: m == now)

    @p.invariant()
    def Equal(s: State) -> Bool:
        return forall(Note, lambda m: m == Note(node=m.node, age=s.now, to=m.to)) | exists(
            Age, lambda a: ~(a == s.now) & ((s.now == 1) | ~(a == 2))
        ) & ~forall(Age, lambda a: a == 1)

    @p.invariant()
    def PartialFirst(s: State) -> Bool:
        return exists(Note, lambda m: (m.to.value == m.node) & s.left.contains(m))

    @p.invariant()
    def PartialBeside(s: State) -> Bool:
        return exists(Age, lambda a: s.ages.contains(a) & (a == s.last.value))

    @p.invariant()
    def Ranges(s: State) -> Bool:
        return forall(Age, lambda a: s.more.contains(a) | s.ages.contains(a)) & forall(
            More, lambda x: implies(s.ages.contains(x), (x == s.now) | s.more.contains(x + 1))
        )

    @p.invariant()
    def Chosen(s: State) -> Bool:
        return implies(
            exists(Note, lambda m: s.left.contains(m)), s.left.contains(choose(Note, lambda m: s.left.contains(m)))
        )

    return p


ALL = {"algebra": algebra()}
