"""A protocol that adds up: over a sort, a set, a range, and for each member of another sort. `ALL` is like `constructs.ALL`."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    Set,
    exists,
    forall,
    guard,
    implies,
    ite,
    none,
    some,
    sum_of,
    var,
)


def weighed() -> Protocol:
    """Weights of members, negative ones too, some of which are none."""
    p = Protocol("weighed", "weights that are added up")

    class Member(Scalarset, parameter="Members", size=2):
        pass

    class Group(Scalarset, parameter="Groups", size=2):
        pass

    class Weight(Range, low=-1, high=2):
        pass

    class Slot(Range, low=1, high=2):
        pass

    @p.state
    class State:
        weight: Fn[Member, Weight] = var(0, "what a member weighs")
        group: Fn[Member, Option[Group]] = var(none, "where a member is")
        chosen: Set[Member] = var(set(), "members that count")
        row: Fn[Slot, Weight] = var(1, "numbers in a row")
        total: Weight = var(0, "a total")

    @p.action
    def Weigh(s: State) -> None:
        """Stores a total that may not fit."""
        guard("heavy", sum_of(Member, lambda m: s.weight[m] * s.weight[m]) > 0)
        s.total = sum_of(s.chosen, lambda m: s.weight[m])

    @p.action
    def Join(s: State, m: Member, g: Group) -> None:
        guard("room", sum_of(Member, lambda x: ite(s.group[x] == some(g), s.weight[x], 0)) < 2)
        s.group[m] = some(g)
        s.chosen |= {m}

    @p.action
    def Lift(s: State, m: Member) -> None:
        """Undefined beyond the last slot."""
        guard("low", s.row[sum_of(Slot, lambda i: s.row[i])] < 1)
        s.weight[m] += sum_of(Slot, lambda i: s.row[i] * i)

    @p.invariant()
    def SomeGroupIsLight(s: State) -> Bool:
        return exists(Group, lambda g: sum_of(Member, lambda m: ite(s.group[m] == some(g), s.weight[m], 0)) <= s.total)

    @p.invariant()
    def ChosenWeighTheTotal(s: State) -> Bool:
        return implies(s.total > 0, sum_of(s.chosen, lambda m: s.weight[m]) == s.total)

    @p.action_property()
    def RowsGrow(s: State, after: State) -> Bool:
        return forall(Slot, lambda i: sum_of(Slot, lambda j: ite(j <= i, after.row[j], 0)) >= s.row[1])

    return p


ALL: dict[str, Protocol] = {p.name: p for p in (weighed(),)}
