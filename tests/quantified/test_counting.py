"""Numbers of elements at unbounded scope: the axioms are true of finite sets, what they prove holds at small sizes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.models import constructs, corners
from tests.quantified.brute import refuted
from tests.quantified.certified import certified
from tests.quantified.instances import Instance, expressible, random_states
from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Ordered,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    anything,
    budget,
    fn,
    forall,
    guard,
    implies,
    ite,
    none,
    set_of,
    some,
    sum_of,
    var,
)
from verifier.kernel.printing import text
from verifier.kernel.sorts import INT
from verifier.kernel.terms import walk
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.answers import Answer
from verifier.semantics.quantified.smt import Ast, Smt
from verifier.semantics.quantified.totals import RULES, Comparison, Rule, Summed, Total, elements_named
from verifier.semantics.quantified.values import Values
from verifier.semantics.scope.unbounded import unbounded


def verdicts(protocol: Protocol, **options: Any) -> dict[str, str]:
    document = prove(ProveRequest(protocol, scope="unbounded", **options), lambda event: None)
    return {entry["published_name"]: entry["verdict"] for entry in document["properties"]}


# -- the axioms ----------------------------------------------------------------------------------------------------------

ALL_RULES = {name: (number, rule) for number, rules in RULES.items() for name, rule in rules.items()}


Some = frozenset[int] | dict[int, int]
"""A set, or what is added up for some integers, 0 for all others."""


class Totals:
    """Sets of integers and sums over them that are given, and what a rule says of them."""

    def __init__(self) -> None:
        self.smt = Smt()
        self.values = Values(self.smt, lambda sort: (None, None))

    def falsified(self, rule: Rule, totals: Iterable[Some], points: list[int]) -> bool:
        """Whether a rule is false of them."""
        at = Comparison(self.values, INT, [self.smt.integer(point) for point in points])
        solver = self.smt.solver({"rlimit": 2_000_000})
        solver.add(self.smt.negate(rule(at, *(self._summed(at, some) for some in totals))))
        return solver.check() is not Answer.UNSAT

    def _summed(self, at: Comparison, some: Some) -> Summed:
        smt = self.smt
        if isinstance(some, frozenset):
            return at.set(
                smt.integer(len(some)),
                lambda x: smt.disjunction(smt.equal(x, smt.integer(one)) for one in sorted(some)),
            )

        def summand(x: Ast) -> Ast:
            found = smt.integer(0)
            for place, number in some.items():
                found = smt.ite(smt.equal(x, smt.integer(place)), smt.integer(number), found)
            return found

        return Summed(smt.integer(sum(some.values())), summand)


def some_totals(number: int, seed: int, count: int) -> list[list[Some]]:
    """Small sets and sums, often alike but for an element or two."""
    draw = random.Random(seed)
    found: list[list[Some]] = []
    for sets in some_sets(number, seed, count):
        kinds = draw.choice(["sets", "sums", "both"])
        least = draw.choice([-1, 0, 0, 1])
        summands = [{x: draw.choice([least, 1, 2]) if x in one else 0 for x in range(4)} for one in sets]
        for other in summands[1:]:
            other.update({x: summands[0][x] for x in draw.sample(range(4), draw.choice([2, 3, 4]))})
        if number == 3 and draw.random() < 0.4:
            summands[2] = {x: summands[0][x] + summands[1][x] for x in range(4)}
        found.append(
            [
                one if kinds == "sets" or (kinds == "both" and draw.random() < 0.5) else of
                for one, of in zip(sets, summands, strict=True)
            ]
        )
    return found


def some_sets(number: int, seed: int, count: int) -> list[list[frozenset[int]]]:
    """Small sets, often alike but for an element or two."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        sets = [frozenset(x for x in range(4) if draw.random() < 0.5)]
        while len(sets) < number:
            base = draw.choice(sets)
            sets.append(base ^ frozenset(draw.sample(range(4), draw.choice([0, 1, 1, 2, 3]))))
        if number == 3 and draw.random() < 0.5:
            sets[2] = sets[0] | sets[1]
        found.append(sets)
    return found


@pytest.mark.parametrize("name", ALL_RULES)
def test_an_axiom_is_true_of_finite_sets(name: str) -> None:
    number, rule = ALL_RULES[name]
    tried = Totals()
    for totals in some_totals(number, 1, 80):
        assert not tried.falsified(rule, totals, [0, 1, 3]), totals


@pytest.mark.full
@pytest.mark.parametrize("name", ALL_RULES)
def test_so_it_is_of_all_small_ones(name: str) -> None:
    number, rule = ALL_RULES[name]
    tried = Totals()
    small = [frozenset(some) for size in range(4) for some in itertools.combinations(range(3), size)]
    for sets in itertools.product(small, repeat=number):
        assert not tried.falsified(rule, sets, [0, 1, 2]), sets


WRONG: dict[str, Rule] = {
    "a natural number": lambda at, one: at.smt.at_most(at.smt.integer(0), one.number),
    "zero": lambda at, one: at.smt.equal(
        at.smt.equal(one.number, at.smt.integer(0)), at.all(lambda x: at.smt.equal(one.summand(x), at.smt.integer(0)))
    ),
    "at least each": lambda at, one: at.all(lambda x: at.smt.at_most(one.summand(x), one.number)),
    "at most, less": lambda at, one, other: at.smt.implication(
        at.at_most(one, other), at.smt.less(one.number, other.number)
    ),
    "at most, all the same": lambda at, one, other: at.smt.implication(
        at.smt.equal(one.number, other.number), at.at_most(one, other)
    ),
    "but one, wherever else": lambda at, one, other: at.smt.conjunction(
        at.smt.equal(at.sum(one.number, other.summand(p)), at.sum(other.number, one.summand(p))) for p in at.points
    ),
    "but one, the other way": lambda at, one, other: at.smt.conjunction(
        at.smt.implication(
            at.all(lambda x, p=p: at.smt.disjunction([at.equal(x, p), at.alike(one, other, x)])),
            at.smt.equal(at.sum(one.number, one.summand(p)), at.sum(other.number, other.summand(p))),
        )
        for p in at.points
    ),
    "but two, which may be one": lambda at, one, other: at.smt.conjunction(
        at.smt.implication(
            at.all(lambda x, p=p: at.smt.disjunction([at.equal(x, p), at.alike(one, other, x)])),
            at.smt.equal(
                at.sum(one.number, other.summand(p), other.summand(p)),
                at.sum(other.number, one.summand(p), one.summand(p)),
            ),
        )
        for p in at.points
    ),
    "apart": lambda at, one, other, whole: at.smt.implication(
        at.smt.conjunction([at.at_most(one, whole), at.at_most(other, whole)]),
        at.smt.at_most(at.sum(one.number, other.number), whole.number),
    ),
    "together": lambda at, one, other, whole: at.smt.at_most(whole.number, at.sum(one.number, other.number)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_axiom_is_noticed(name: str) -> None:
    number = WRONG[name].__code__.co_argcount - 1
    tried = Totals()
    assert any(tried.falsified(WRONG[name], totals, [0, 1, 3]) for totals in some_totals(number, 1, 80))


# -- what they prove -----------------------------------------------------------------------------------------------------


def places() -> Protocol:
    """Places that are taken, given back and handed over, and counted; votes that decide by a majority of all nodes."""
    p = Protocol("places", "places that are counted")
    most = p.search_bound("Most", 3)
    room = p.parameter("Room", 2)

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Count(Range, low=0, high=most):
        pass

    class Seat(Record):
        node: Node
        row: Count

    class Seats(KeyedSet[Seat], key="node"):
        pass

    @p.state
    class State:
        held: Set[Node] = var(set())
        count: Count = var(0)
        seats: Seats = var(set())

    @p.action
    def Take(s: State, n: Node) -> None:
        guard("room", s.held.size() < room)
        guard("new", ~s.held.contains(n))
        budget("few", s.count < most)
        s.held |= {n}
        s.count += 1

    @p.action
    def Free(s: State, n: Node) -> None:
        guard("held", s.held.contains(n))
        s.held -= {n}
        s.count -= 1

    @p.action
    def Hand(s: State, n: Node, m: Node) -> None:
        guard("held", s.held.contains(n) & ~s.held.contains(m))
        s.held = (s.held - {n}) | {m}

    @p.action
    def Sit(s: State, n: Node) -> None:
        guard("held", s.held.contains(n) & ~s.seats.has(n))
        guard("room", s.seats.size() < room)
        s.seats = s.seats.insert(Seat(node=n, row=s.count))

    @p.action
    def Rise(s: State, n: Node) -> None:
        guard("sits", s.seats.has(n))
        s.seats = s.seats.remove(n)

    @p.invariant()
    def Counted(s: State) -> Bool:
        return s.held.size() == s.count

    @p.invariant()
    def NotTooMany(s: State) -> Bool:
        return s.held.size() <= room

    @p.invariant()
    def NotTooManySit(s: State) -> Bool:
        return s.seats.size() <= room

    @p.invariant()
    def NoneWithoutCount(s: State) -> Bool:
        return implies(s.count == 0, s.held.is_empty())

    @p.invariant()
    def NeverTwo(s: State) -> Bool:
        """Fails with room for two."""
        return s.held.size() < 2

    return p


def test_what_is_counted_is_proved_for_any_size() -> None:
    made = places()
    found = verdicts(made)
    assert found.pop("NeverTwo") == "violated"
    assert set(found.values()) == {"proved"}
    for sizes in ({"Nodes": 3, "Most": 3, "Room": 2}, {"Nodes": 2, "Most": 2, "Room": 1}):
        assert list(refuted(made.model(), unbounded(made.model()), set(found), sizes)) == []


def by_votes(p: Protocol, node: Any, value: Any, enough: Callable[[Any, Any], Bool]) -> Protocol:
    """Each node votes once; a value with enough votes is decided."""

    @p.action
    def Vote(s: Any, n: node, v: value) -> None:
        guard("once", s.vote[n].is_none)
        s.vote[n] = some(v)

    @p.action
    def Decide(s: Any, v: value) -> None:
        guard("enough", enough(s, v))
        s.decided |= {v}

    @p.invariant()
    def Agreement(s: Any) -> Bool:
        return forall(value, value, lambda v, w: implies(s.decided.contains(v) & s.decided.contains(w), v == w))

    @p.lemma("what is decided has enough votes")
    def Enough(s: Any) -> Bool:
        return forall(value, lambda v: implies(s.decided.contains(v), enough(s, v)))

    return p


def majority(*, half: bool = False, size: bool = False) -> Protocol:
    """Decisions by more than half of all nodes, or `half` of them; the nodes are counted, or their `size` is read."""
    p = Protocol("majority", "decisions by majority")

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Value(Scalarset, parameter="Values", size=2):
        pass

    @p.state
    class State:
        vote: Fn[Node, Option[Value]] = var(none)
        decided: Set[Value] = var(set())

    def enough(s: State, v: Value) -> Bool:
        votes = set_of(Node, lambda n: s.vote[n] == some(v)).size()
        everyone = Node.size if size else set_of(Node, lambda n: Bool(True)).size()
        return (votes * 2 >= everyone) if half else (votes * 2 > everyone)

    return by_votes(p, Node, Value, enough)


@pytest.mark.full
@pytest.mark.parametrize("size", [False, True])
def test_two_majorities_by_count_meet(size: bool) -> None:
    assert verdicts(majority(size=size))["Agreement"] == "proved"


@pytest.mark.nightly
def test_two_halves_need_not_meet() -> None:
    assert verdicts(majority(half=True))["Agreement"] != "proved"


@pytest.mark.full
def test_certificates_of_counts_are_accepted_and_derived_again() -> None:
    number, wrong = certified(places(), properties=["NotTooMany", "NotTooManySit", "NoneWithoutCount"])
    assert (number >= 3, wrong) == (True, [])


def bank(*, careless: bool = False) -> Protocol:
    """Money that moves between accounts, one of which is a till that is not counted with them; and messages that are counted."""
    p = Protocol("bank", "money that moves")
    most = p.search_bound("Most", 2)

    class Account(Scalarset, parameter="Accounts", size=2):
        pass

    class Amount(Range, low=0, high=most):
        pass

    class Sent(Range, low=-most, high=most):
        pass

    @p.state
    class State:
        held: Fn[Account, Amount] = var(0)
        till: Amount = var(0)
        paid: Amount = var(0)
        sent: Fn[Account, Sent] = var(0)
        flying: Amount = var(0)

    @p.action
    def Earn(s: State, a: Account) -> None:
        budget("few", s.paid < most)
        s.held[a] += 1
        s.paid += 1

    @p.action
    def Move(s: State, a: Account, b: Account) -> None:
        if not careless:
            guard("apart", a != b)
        guard("some", s.held[a] > 0)
        s.held = fn(Account, lambda x: ite(x == a, s.held[a] - 1, ite(x == b, s.held[b] + 1, s.held[x])))

    @p.action
    def Pay(s: State, a: Account) -> None:
        guard("some", s.held[a] > 0)
        s.held[a] -= 1
        s.till += 1

    @p.action
    def Send(s: State, a: Account) -> None:
        s.sent[a] += 1
        s.flying += 1

    @p.action
    def Receive(s: State, a: Account) -> None:
        guard("flying", s.flying > 0)
        s.sent[a] -= 1
        s.flying -= 1

    @p.invariant()
    def NothingIsLost(s: State) -> Bool:
        return sum_of(Account, lambda a: s.held[a]) + s.till == s.paid

    @p.invariant()
    def NobodyHasMore(s: State) -> Bool:
        return forall(Account, lambda a: s.held[a] <= s.paid)

    @p.invariant()
    def InFlight(s: State) -> Bool:
        return sum_of(Account, lambda a: s.sent[a]) == s.flying

    return p


def test_what_is_added_up_is_proved_for_any_size() -> None:
    made = bank()
    found = verdicts(made)
    assert {found[name] for name in ("NothingIsLost", "NobodyHasMore", "InFlight")} == {"proved"}
    assert list(refuted(made.model(), unbounded(made.model()), set(found), {"Accounts": 2, "Most": 2})) == []


def test_numbers_are_no_elements_though_elements_are_numbers() -> None:
    """Each element at which totals are compared makes axioms, of which no summand is worth one."""
    p = Protocol("rows", "numbers in a row")

    class Place(Ordered, parameter="Places", size=3, first=1):
        """A place."""

    class Number(Range, low=0, high=3):
        """A number."""

    @p.state
    class State:
        row: Fn[Place, Number] = var(0, "the numbers")
        last: Number = var(0, "the last place")

    @p.invariant()
    def Rises(s: State) -> Bool:
        def changed(x: Place, a: Number) -> Bool:
            row = s.row.updated(x, s.row[x] + a)
            return sum_of(Place, lambda i: ite(i <= s.last, row[i], Number(2))) >= 0

        return forall(Place, Number, changed)

    formula = p.model().properties[0].formula
    [total] = [term for term in walk(formula) if term.op == "sum"]
    named = {text(term, p.model().vocabulary) for term in elements_named(Total(total.bound[0].sort, (), total))}
    assert named == {"i", "x", "last"}


def test_money_that_moves_to_where_it_was_is_made() -> None:
    assert verdicts(bank(careless=True), properties=["NothingIsLost"])["NothingIsLost"] == "violated"


def stakes(*, enough: int) -> Protocol:
    """Decisions by nodes whose stakes are more than half of all, or at least that."""
    p = Protocol("stakes", "decisions by stake")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Value(Scalarset, parameter="Values", size=2):
        pass

    class Stake(Range, low=0, high=2):
        pass

    @p.state
    class State:
        stake: Fn[Node, Stake] = var(anything, rigid=True)
        vote: Fn[Node, Option[Value]] = var(none)
        decided: Set[Value] = var(set())

    def decides(s: State, v: Value) -> Bool:
        behind = sum_of(Node, lambda n: ite(s.vote[n] == some(v), s.stake[n], 0))
        return behind * 2 >= sum_of(Node, lambda n: s.stake[n]) + enough

    return by_votes(p, Node, Value, decides)


@pytest.mark.full
def test_two_majorities_by_stake_meet_and_two_halves_need_not() -> None:
    assert verdicts(stakes(enough=1))["Agreement"] == "proved"
    assert verdicts(stakes(enough=0))["Agreement"] == "violated"


@pytest.mark.full
def test_certificates_of_sums_are_accepted_and_derived_again() -> None:
    number, wrong = certified(bank(), properties=["NothingIsLost", "InFlight"])
    assert (number >= 3, wrong) == (True, [])


# -- the axioms of whole protocols ---------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize(
    "protocol",
    [constructs.ALL["grid"], corners.ALL["nested"], places(), majority(), majority(size=True), bank()],
    ids=lambda p: p.name,
)
def test_the_axioms_of_what_protocols_count_are_true_of_their_states(protocol: Protocol) -> None:
    made = Instance(expressible(protocol))
    for state in random_states(made.scope, 5, 2):
        assert list(made.false_axioms(state)) == []
