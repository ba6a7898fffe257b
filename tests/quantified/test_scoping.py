"""Narrowed quantifiers say what the wide ones said, by the concrete semantics, and ask for no witness."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.quantified import test_agreement as agreement
from tests.quantified.instances import expressible, random_states
from tests.quantified.test_agreement import NAMES
from verifier.catalog import builtins
from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    Record,
    Set,
    exists,
    exists_in,
    ite,
    max_of,
    min_of,
    set_of,
    var,
)
from verifier.kernel import terms as t
from verifier.kernel.sorts import BOOL
from verifier.kernel.terms import Term, conjunction, free_variables, implication, negation, walk
from verifier.semantics.answers import Answer
from verifier.semantics.concrete.evaluate import Evaluator, Undefined
from verifier.semantics.quantified import Quantified, scoping
from verifier.semantics.quantified.scoping import narrowed
from verifier.semantics.quantified.splitting import opened
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.expressible import is_flat
from verifier.semantics.scope.unbounded import unbounded, without_parameters

builtins.mount()


def intervals() -> Protocol:
    """Sets built from sets, at places that are updated."""
    p = Protocol("intervals", "sets at places")

    class Point(Range, low=0, high=1):
        pass

    class Place(Range, low=0, high=1):
        pass

    class Interval(Record):
        lo: Point
        hi: Point

    @p.state
    class State:
        at: Fn[Place, Set[Interval]] = var(set(), "a set for each place")
        here: Place = var(0, "a place")
        spare: Set[Interval] = var(set(), "another set")
        on: Bool = var(False, "a switch")

    @p.action
    def Put(s: State, i: Interval, where: Place) -> None:
        s.at[where] = (s.at[s.here] - {i}) | {Interval(lo=i.hi, hi=i.lo)}

    @p.action
    def Swap(s: State, i: Interval, where: Place) -> None:
        there = s.at[where]
        s.at[where] = ite(s.on, s.spare, s.at[s.here] | {i})
        s.spare = ite(s.on, there - {i}, s.spare)
        s.on = ~s.on

    @p.invariant()
    def SomeIsShort(s: State) -> Bool:
        return exists_in(s.at[s.here], lambda i: i.hi <= i.lo)

    @p.invariant()
    def SomeIsLong(s: State) -> Bool:
        return exists_in(s.at[s.here], lambda i: (i.lo < i.hi) & s.on)

    @p.invariant()
    def SomeIsSpare(s: State) -> Bool:
        return exists_in(s.spare, lambda i: s.at[s.here].contains(i) & (i.lo == 1))

    @p.invariant()
    def SomeAreAlike(s: State) -> Bool:
        return exists_in(s.spare, lambda i: exists_in(s.at[s.here], lambda j: (i.lo == j.hi) & (i.hi == j.lo)))

    return p


def extremes() -> Protocol:
    """A set that is asked about its own greatest element, by a formula that quantifies."""
    p = Protocol("extremes", "sets and their greatest elements")

    class Level(Range, low=0, high=2):
        pass

    @p.state
    class State:
        used: Set[Level] = var({0}, "a set")
        here: Level = var(0, "a level")

    @p.action
    def Collect(s: State, to: Level) -> None:
        old, here = s.used, s.here
        s.used = set_of(
            Level, lambda w: exists(Level, lambda m: ((m <= here) & (w < m)) | (old.contains(m) & (w <= m) & (m < to)))
        )
        s.here = to

    @p.action
    def Above(s: State, to: Level) -> None:
        s.used = set_of(Level, lambda w: w > to)
        s.here = to

    @p.invariant()
    def GreatestIsMember(s: State) -> Bool:
        return s.used.contains(max_of(s.used))

    @p.invariant()
    def NextIsMember(s: State) -> Bool:
        return exists(Level, lambda i: (i == s.here + 1) & ~s.used.contains(i)) | s.used.contains(s.here + 1)

    @p.invariant()
    def TwoAreAlike(s: State) -> Bool:
        return exists(Level, Level, lambda i, j: (i == j) & s.used.contains(i) & (j < s.here))

    @p.invariant()
    def LeastIsBelow(s: State) -> Bool:
        return exists_in(s.used, lambda x: (x == max_of(s.used)) & (min_of(s.used) < x))

    return p


PROTOCOLS = {**agreement.PROTOCOLS, "intervals": intervals(), "extremes": extremes()}


def goals(model: Quantified) -> list[Term]:
    """What the state formulas say after each step, for all arguments and for some."""
    states = [found.formula for found in model.model.properties if found.kind == "state"]
    found = []
    for action in model.model.actions:
        arguments = tuple(argument.variable for argument in (*action.arguments, *action.witnesses))
        fires = conjunction(guard.condition for guard in action.guards)
        for goal in model.consecution(action, [], states).goals:
            found.append(t.forall(arguments, implication(fires, goal.stated)))
            found.append(t.exists(arguments, conjunction([fires, negation(goal.stated)])))
    return found


def compared(name: str, count: int = 30) -> Iterator[bool]:
    """Whether goals that are narrowed are what they were, in random states; what has no value is not compared."""
    model = expressible(PROTOCOLS[name])
    scope = finite_scope(model)
    quantified = Quantified(without_parameters(model, ()))
    evaluator = Evaluator(scope)
    for goal in random.Random(11).sample(found := goals(quantified), min(len(found), count)):
        changed = narrowed(goal, quantified.definedness)
        if free_variables(changed)[id(changed)]:
            yield False
            continue
        wide, narrow = evaluator.compile(goal), evaluator.compile(changed)
        for state in random_states(scope, 5, 40):
            try:
                expected = wide(evaluator.frame(state))
                yield narrow(evaluator.frame(state)) == expected
            except Undefined:
                continue  # the obligations state definedness beside the formula


@pytest.mark.full
@pytest.mark.parametrize("name", [*NAMES, "intervals", "extremes"])
def test_the_narrowed_formula_is_equivalent(name: str) -> None:
    found = list(compared(name))
    assert all(found)
    assert found or not goals(Quantified(without_parameters(expressible(PROTOCOLS[name]), ())))


def without_range(self: Any, item: Term, collection: Term) -> Term:
    """A comprehension has whatever satisfies its formula, in range or not."""
    if collection.op == "set":
        return self.apply(t.substitute(collection.args[0], {collection.bound[0]: item}))
    return Term("member", (item, collection), BOOL)


def other_branch(self: Any, item: Term, collection: Term) -> Term:
    if collection.op == "ite":
        return self._member(item, collection.args[2])
    return member(self, item, collection)


def point_anywhere(right: Any, self: Any, bound: list[Term], parts: list[Term]) -> Term:
    """A variable that equals a term is that term, in range or not."""
    within, self._within = self._within, lambda value, sort: t.TRUE
    try:
        return right(self, bound, parts)
    finally:
        self._within = within


def parts_lost(right: Any, self: Any, bound: list[Term], parts: list[Term]) -> Term:
    """What does not speak of the variables is lost."""
    kept = [part for part in parts if scoping._mentions(part, bound)]
    return right(self, bound, kept)


def a_case_less(formula: Term, bound: tuple[Term, ...]) -> Iterator[list[Term]]:
    found = list(cases(formula, bound))
    return iter(found[:1])


def captured_point(bound: list[Term], parts: list[Term]) -> Any:
    """A variable is replaced by a term that speaks of another one that is bound with it."""
    for place, part in enumerate(parts):
        if part.op == "eq":
            for one, value in (part.args, part.args[::-1]):
                if any(one is other for other in bound) and value is not one:
                    return place, one, value
    return None


def old_value(function: Term, point: Term, term: Term) -> Term | None:
    """An updated function has its new value everywhere."""
    return function.args[2] if function.op == "update" else None


def first_field(record: Term, term: Term) -> Term | None:
    return record.args[0] if record.op == "record" and record.args[0].sort == term.sort else None


member, cases, case = scoping._Narrowing._member, scoping._cases, scoping._Narrowing._case

WRONG: dict[str, tuple[Any, str, Any]] = {
    "comprehensions without range": (scoping._Narrowing, "_member", without_range),
    "one branch of a set": (scoping._Narrowing, "_member", other_branch),
    "points out of range": (scoping._Narrowing, "_case", point_anywhere),
    "a part lost": (scoping._Narrowing, "_case", parts_lost),
    "a case less": (scoping, "_cases", a_case_less),
    "a captured variable": (scoping, "_point", captured_point),
    "the new value everywhere": (scoping, "_applied", old_value),
    "the first field": (scoping, "_field", first_field),
}


@pytest.mark.full
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_narrowing_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, what, wrong = WRONG[name]
    if what == "_case":
        monkeypatch.setattr(where, what, lambda self, bound, parts: wrong(case, self, bound, parts))
    else:
        monkeypatch.setattr(where, what, wrong)
    assert not all(same for protocol in ("intervals", "extremes", *NAMES) for same in compared(protocol, 60))


def test_the_witness_that_an_update_made_is_named() -> None:
    importlib.import_module("verifier.properties.routes_ranges")
    protocol = importlib.import_module("verifier.encodings.routes_ranges").routes_ranges
    model = Quantified(unbounded(protocol.model()))
    coverage = model.model.find_property("Routes-2b").formula
    [goal] = model.consecution(model.model.action("MoveRange"), [coverage], [coverage]).goals
    body, _, _ = opened(model.consecution(model.model.action("MoveRange"), [coverage], [coverage]), goal.stated)
    assert body.op == "exists"
    found = narrowed(body, model.definedness)
    assert found.op == "or"
    # The range that was moved is one alternative without a quantifier; the others are ranges that were there before.
    alternatives = [sum(part.op == "exists" for part in walk(case)) for case in found.args]
    assert sorted(alternatives) == [0, 1, 1]
    assert all(part.op not in ("update", "set") for part in walk(found))


@pytest.mark.parametrize("name", NAMES)
def test_to_be_in_range_is_what_a_quantifier_ranges_over(name: str) -> None:
    quantified = Quantified(without_parameters(expressible(PROTOCOLS[name]), ()))
    lowering, smt = quantified.lowering, quantified.lowering.smt
    for action in quantified.model.actions:
        # Quantifiers range over what is a tuple of names, numbers and truth values; a set as an argument is a symbol.
        for argument in (a for a in (*action.arguments, *action.witnesses) if is_flat(a.sort)):
            within = lowering.formula(quantified.definedness.within(argument.variable, argument.sort))
            domain = lowering.values.domain(lowering.constants[argument.variable], argument.sort)
            solver = smt.solver({"rlimit": 1_000_000})
            solver.add(smt.negate(smt.equal(within, domain)))
            assert solver.check([]) is Answer.UNSAT, (action.name, argument.name)
