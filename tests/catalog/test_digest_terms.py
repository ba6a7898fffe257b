"""The digest sees the structure of formulas, all of it and nothing else: compared with a definition of its own, node by node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernel.formulas import Big, Formulas, Key, Phase, Small, p
from verifier.catalog import digest, evidence_digest
from verifier.kernel.actions import Action, Argument, Guard, Update
from verifier.kernel.declarations import Named
from verifier.kernel.properties import Property
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import BOOL, INT, FunctionSort, RangeSort, RecordSort, SetSort, Sort
from verifier.kernel.terms import FALSE, TRUE, Term, conjunction, forall, integer, negation, substitute, variable

Levels = dict[Term, int]


def holding(*formulas: Term, arguments: tuple[Term, ...] = ()) -> Protocol:
    """A protocol with the formulas, as one guard each of an action with the arguments, and as its properties without."""
    made = Protocol("made", "for the digest")
    guards = tuple(Guard(f"g{number}", formula, False, None) for number, formula in enumerate(formulas))
    named = tuple(Argument(variable.data, variable) for variable in arguments)
    made.actions["A"] = Action("A", named, (), guards, (), (), "", None)
    if not arguments:
        made.properties["P"] = Property("P", "state", formulas[0])
    return made


def of(*formulas: Term, arguments: tuple[Term, ...] = ()) -> str:
    return digest(holding(*formulas, arguments=arguments))


def alike(left: Term, right: Term, a: Levels, b: Levels, *, names: bool = False) -> bool:
    """Whether two terms are the same but for which objects they are made of; `names`: of bound variables, too."""
    if (left.op, len(left.args), len(left.bound)) != (right.op, len(right.args), len(right.bound)):
        return False
    if left.op == "bound":
        return a[left] == b[right] and same_sort(left.sort, right.sort)
    if not same_sort(left.sort, right.sort):
        return False
    if left.bound:
        pairs = list(zip(left.bound, right.bound, strict=True))
        if not all(same_sort(one.sort, other.sort) for one, other in pairs):
            return False
        if names and any(one.data != other.data for one, other in pairs):
            return False
    elif (type(left.data), left.data) != (type(right.data), right.data):
        return False
    inner_a = {**a, **{bound: len(a) + place for place, bound in enumerate(left.bound)}}
    inner_b = {**b, **{bound: len(b) + place for place, bound in enumerate(right.bound)}}
    for place, (one, other) in enumerate(zip(left.args, right.args, strict=True)):
        outside = left.op in ("forall_in", "exists_in") and place == 0
        reach = (a, b) if outside else (inner_a, inner_b)
        if not alike(one, other, *reach, names=names):
            return False
    return True


def same_sort(left: Sort, right: Sort) -> bool:
    """Whether two sorts are the same in everything but the class that a model wrote."""
    if type(left) is not type(right):
        return False
    for field in fields(left):
        one, other = getattr(left, field.name), getattr(right, field.name)
        if field.name != "declaration" and not same_part(one, other):
            return False
    return True


def same_part(one: Any, other: Any) -> bool:
    if isinstance(one, Sort):
        return same_sort(one, other)
    if isinstance(one, Term):
        return isinstance(other, Term) and alike(one, other, {}, {})
    if isinstance(one, tuple):
        return len(one) == len(other) and all(same_part(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def unshared(term: Term, renamed: dict[Term, Term] | None = None, name: str | None = None) -> Term:
    """A copy in which no two places share a node, and bound variables are others, called `name` if it is given."""
    renamed = renamed or {}
    if term.op == "bound":
        return renamed[term]
    bound = {old: variable(name or old.data, old.sort) for old in term.bound}
    args = tuple(unshared(arg, {**renamed, **bound}, name) for arg in term.args)
    return Term(term.op, args, term.sort, tuple(bound.values()) if bound else term.data)


def places(term: Term, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Term]]:
    yield path, term
    for number, arg in enumerate(term.args):
        yield from places(arg, (*path, number))


def at(term: Term, path: tuple[int, ...], new: Term) -> Term:
    if not path:
        return new
    args = list(term.args)
    args[path[0]] = at(args[path[0]], path[1:], new)
    return Term(term.op, tuple(args), term.sort, term.data)


def well_made(term: Term) -> bool:
    """Whether only functions are applied and updated, and literals of ranges are numbers: the constructors of terms see to that,
    and the digest relies on it.
    """
    parts = [part for _, part in places(term)]
    applied = [part.args[0].sort for part in parts if part.op in ("apply", "update")]
    numbers = [part.data for part in parts if part.op == "literal" and isinstance(part.sort, RangeSort)]
    return all(isinstance(sort, FunctionSort) for sort in applied) and all(isinstance(data, int) for data in numbers)


def mutants(term: Term, random: Random) -> Iterator[Term]:
    """Terms that differ from this one in its own node: operator, arguments, data, sort, bound variables."""
    for op in ("and", "or", "lt", "le", "eq", "add", "sub", "forall", "exists", "minimum", "maximum"):
        arity = {"forall": 1, "exists": 1, "minimum": 1, "maximum": 1}.get(op, 2)
        if op != term.op and len(term.args) == arity and (op in ("forall", "exists")) == bool(term.bound):
            yield Term(op, term.args, term.sort, term.data)
    if len(term.args) > 1 and (not term.bound or all(map(term.binds_in, range(len(term.args))))):
        yield Term(term.op, term.args[::-1], term.sort, term.data)
        yield Term(term.op, (term.args[0],) * len(term.args), term.sort, term.data)
    if term.args and not term.bound:
        yield random.choice(term.args)
    for sort in (BOOL, INT, Small.sort, Big.sort, SetSort(Small.sort)):
        yield Term(term.op, term.args, sort, term.data) if term.op != "bound" else TRUE
    for bound in term.bound:
        other = variable(bound.data, random.choice([Small.sort, Big.sort, Key.sort, Phase.sort]))
        rest = tuple(other if old is bound else old for old in term.bound)
        yield Term(term.op, tuple(substitute(arg, {bound: other}) for arg in term.args), term.sort, rest)
    if len(term.bound) > 1:
        yield Term(term.op, term.args, term.sort, term.bound[::-1])
    if term.op in ("literal", "parameter", "state", "next", "field", "enabled"):
        names = ("n", "m", "First", "none")
        for data in (0, 1, True, False, *names) if term.op == "literal" else names:
            yield (
                Term(term.op, (), term.sort, data) if term.op != "field" else Term("field", term.args, term.sort, data)
            )


@pytest.mark.nightly
@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_shared_and_unshared_copies_are_the_same(random: Random, steps: bool) -> None:
    term = Formulas(random, steps=steps).formula()
    copy = unshared(term)
    assert alike(term, copy, {}, {})
    assert of(term) == of(copy)
    assert of(conjunction([term, forall((variable("x", Small.sort),), term)])) == of(
        conjunction([copy, forall((variable("y", Small.sort),), unshared(copy))])
    )


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_mutated_copies_are_others(random: Random, steps: bool) -> None:
    term = unshared(Formulas(random, steps=steps).formula(3))
    path, node = random.choice(list(places(term)))
    known = of(term)
    for mutant in mutants(node, random):
        changed = at(term, path, mutant)
        if well_made(changed):
            assert (of(changed) == known) == alike(term, changed, {}, {})


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_variables_of_one_sort_exchanged_are_others(random: Random) -> None:
    """Under several binders of one sort, each place is given each variable."""
    bound = tuple(variable(name, Small.sort) for name in "abc")
    read = [Term("le", (random.choice(bound), random.choice(bound)), BOOL) for _ in range(2)]
    body = [conjunction([read[0], negation(forall((bound[2],), read[1]))]), forall((bound[0],), conjunction(read))]
    whole = [forall(bound[:2], forall((bound[2],), part)) for part in [*body, conjunction(body)]]
    for one in whole:
        for other in whole:
            assert (of(one) == of(other)) == alike(one, other, {}, {})


def test_a_part_shared_across_depths_is_written_at_each() -> None:
    """The text of a part that binds a variable depends on how many are bound around it."""
    outer, inner = variable("y", Key.sort), variable("x", Key.sort)
    f = Term("state", (), SetSort(Key.sort), "keys")
    member = [Term("member", (read, f), BOOL) for read in (inner, outer)]
    some = negation(forall((inner,), member[0]))
    other = negation(forall((inner,), member[1]))
    pair = [conjunction([some, forall((outer,), inside)]) for inside in (some, other)]
    assert not alike(*pair, {}, {})
    assert of(pair[0]) != of(pair[1])
    assert of(pair[0]) == of(unshared(pair[0]))


def test_an_inner_binding_hides_the_outer_one() -> None:
    x, y = variable("x", Small.sort), variable("y", Small.sort)
    positive = [Term("lt", (integer(0), read), BOOL) for read in (x, y)]
    hiding = forall((x,), conjunction([positive[0], forall((x,), positive[0])]))
    apart = forall((x,), conjunction([positive[0], forall((y,), positive[1])]))
    outer = forall((x,), conjunction([positive[0], forall((y,), positive[0])]))
    assert of(hiding) == of(apart) != of(outer)


def test_the_collection_of_a_bounded_quantifier_is_outside_of_it() -> None:
    sort = next(v.sort for v in p.variables if v.name == "pairs")
    outer, inner = variable("c", sort), variable("r", sort)
    hiding, apart, other = (
        forall((outer,), Term("forall_in", (outer, Term("eq", (outer, read), BOOL)), BOOL, (bound,)))
        for bound, read in ((outer, outer), (inner, inner), (inner, outer))
    )
    assert alike(forall((outer,), Term("forall_in", (outer, TRUE), BOOL, (outer,))),
                 forall((outer,), Term("forall_in", (outer, TRUE), BOOL, (inner,))), {}, {})  # fmt: skip
    assert len({of(hiding), of(apart), of(other)}) == 3
    assert of(forall((outer,), Term("forall_in", (outer, TRUE), BOOL, (outer,)))) == of(
        forall((outer,), Term("forall_in", (outer, TRUE), BOOL, (inner,)))
    )


def test_arguments_are_told_apart_by_their_place() -> None:
    a, b = variable("a", Small.sort), variable("b", Small.sort)
    less = Term("lt", (a, b), BOOL)
    assert of(less, arguments=(a, b)) != of(Term("lt", (b, a), BOOL), arguments=(a, b))
    named = [variable("b", Small.sort), variable("a", Small.sort)]
    swapped = Term("lt", (named[1], named[0]), BOOL)
    assert of(less, arguments=(a, b)) != of(swapped, arguments=(named[0], named[1]))


def test_guards_that_say_the_same_are_two() -> None:
    assert len({of(TRUE), of(TRUE, TRUE), of(TRUE, TRUE, TRUE), of(TRUE, FALSE), of(FALSE, TRUE)}) == 5


def test_names_of_bound_variables_are_part_of_the_evidence() -> None:
    drawn = (Formulas(Random(seed)).formula() for seed in range(100))
    term = next(term for term in drawn if any(node.bound for _, node in places(term)))
    renamed = unshared(term, name="other")
    assert of(term) == of(renamed)
    assert evidence_digest(holding(term)) != evidence_digest(holding(renamed))
    assert evidence_digest(holding(term)) == evidence_digest(holding(unshared(term)))


def _mentioning(sort: Sort) -> str:
    x = variable("x", sort)
    return of(forall((x,), Term("eq", (x, x), BOOL)))


def _range(**changes: Any) -> RangeSort:
    return replace(RangeSort("N", integer(0), integer(3)), **changes)


def test_sorts_of_one_name_are_told_apart() -> None:
    """Also within one protocol, although no such model is accepted."""
    record = RecordSort("R", (("a", Small.sort), ("b", Small.sort)))
    sorts = [
        _range(),
        _range(low=integer(1)),
        _range(high=integer(2)),
        _range(high=Term("parameter", (), INT, "Top")),
        _range(parameter="Keys", size=2),
        _range(parameter="Keys", size=3),
        replace(Phase.sort, name="N"),
        replace(Phase.sort, name="N", labels=Phase.sort.labels[::-1]),
        replace(Key.sort, name="N"),
        replace(Key.sort, name="N", constants=()),
        replace(Key.sort, name="N", prefix="z"),
        replace(Key.sort, name="N", size=7),
        replace(Key.sort, name="N", parameter="Other"),
        record,
        replace(record, fields=record.fields[::-1]),
        replace(record, fields=(("a", Small.sort), ("b", Big.sort))),
        replace(record, ordered=True),
        SetSort(_range()),
        SetSort(_range(high=integer(2))),
    ]
    assert len({_mentioning(sort) for sort in sorts}) == len(sorts)
    x, y = (variable("x", sort) for sort in (sorts[0], sorts[2]))
    together = [forall((x,), forall((y,), Term("le", (read, integer(1)), BOOL))) for read in (x, y)]
    assert of(together[0]) != of(together[1])


def test_updates_and_assumptions_are_seen() -> None:
    made = holding(TRUE)
    known = {digest(made)}
    made.assumptions.append(Named("a", TRUE, None))
    known.add(digest(made))
    made.actions["A"] = replace(made.actions["A"], updates=(Update("n", integer(1), None),))
    known.add(digest(made))
    made.actions["A"] = replace(made.actions["A"], updates=(Update("n", integer(2), None),))
    known.add(digest(made))
    assert len(known) == 4


@pytest.mark.nightly
@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_mutated_copies_of_many_formulas_are_others(random: Random) -> None:
    term = unshared(Formulas(random, steps=True).formula(4))
    known = of(term)
    for path, node in random.sample(found := list(places(term)), min(3, len(found))):
        for mutant in mutants(node, random):
            changed = at(term, path, mutant)
            if well_made(changed):
                assert (of(changed) == known) == alike(term, changed, {}, {})
