"""Replacing in terms respects what is bound where, whatever variables terms have in common."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.kernel.sorts import BOOL, KeyedSort, RecordSort
from verifier.kernel.terms import (
    FALSE,
    TRUE,
    Term,
    after,
    apart,
    conjunction,
    disjunction,
    equal,
    exists,
    forall,
    free_variables,
    negation,
    state,
    substitute,
    variable,
    walk,
    with_values,
)

VARIABLES = [variable(name, BOOL) for name in "xyz"]
X, Y, Z = VARIABLES
LEAVES = [*VARIABLES, TRUE, FALSE, state("a", BOOL), Term("next", (), BOOL, "a")]


def terms(leaves: list[Term]) -> st.SearchStrategy[Term]:
    """Formulas over truth values that bind the same few variables again and again."""

    def larger(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        bound = st.sampled_from(VARIABLES)
        return st.one_of(
            st.builds(negation, inner),
            st.builds(lambda a, b: conjunction([a, b]), inner, inner),
            st.builds(lambda a, b: disjunction([a, b]), inner, inner),
            st.builds(equal, inner, inner),
            st.builds(lambda v, body: exists((v,), body), bound, inner),
            st.builds(lambda v, body: forall((v,), body), bound, inner),
        )

    return st.recursive(st.sampled_from(leaves), larger, max_leaves=8)


def value(term: Term, state_: Mapping[str, bool], bound: Mapping[Term, bool]) -> bool:
    """What a formula is, every variable bound by the innermost binder around it."""
    if term.op in ("literal", "bound"):
        return bool(term.data) if term.op == "literal" else bound[term]
    if term.op in ("state", "next"):
        return state_[f"{term.op} {term.data}"]
    if term.op in ("exists", "forall"):
        rows = (
            dict(zip(term.bound, row, strict=True)) for row in itertools.product((False, True), repeat=len(term.bound))
        )
        found = [value(term.args[0], state_, {**bound, **row}) for row in rows]
        return any(found) if term.op == "exists" else all(found)
    args = [value(arg, state_, bound) for arg in term.args]
    return {"not": not args[0], "and": all(args), "or": any(args), "eq": args[0] == args[-1]}[term.op]


def environments() -> Iterator[tuple[dict[str, bool], dict[Term, bool]]]:
    for now, then, *rest in itertools.product((False, True), repeat=2 + len(VARIABLES)):
        yield {"state a": now, "next a": then}, dict(zip(VARIABLES, rest, strict=True))


def rebinds(term: Term, bound: frozenset[Term] = frozenset()) -> bool:
    """Whether some variable is bound where it is bound already."""
    if bound.intersection(term.bound):
        return True
    inside = bound.union(term.bound)
    return any(rebinds(arg, inside if term.binds_in(place) else bound) for place, arg in enumerate(term.args))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(terms(LEAVES), st.dictionaries(st.sampled_from(VARIABLES), terms(LEAVES), min_size=1, max_size=2))
def test_what_is_substituted_is_what_it_was(root: Term, replacements: dict[Term, Term]) -> None:
    found = substitute(root, replacements)
    for state_, bound in environments():
        new = {**bound, **{v: value(term, state_, bound) for v, term in replacements.items()}}
        assert value(found, state_, bound) == value(root, state_, new)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(terms(LEAVES), terms(LEAVES))
def test_a_new_value_is_read_where_the_variable_was(root: Term, new: Term) -> None:
    stepped, begun = after(root, {"a": new}), with_values(root, {"a": new})
    for state_, bound in environments():
        held = value(new, state_, bound)
        assert value(stepped, state_, bound) == value(root, {**state_, "next a": held}, bound)
        assert value(begun, state_, bound) == value(root, {**state_, "state a": held}, bound)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(terms(LEAVES), terms(LEAVES))
def test_terms_apart_have_no_variable_in_common(root: Term, other: Term) -> None:
    found = apart(root, other)
    taken = {v for term in walk(other) for v in (term, *term.bound) if v.op == "bound"}
    assert not taken & {v for term in walk(found) for v in term.bound}
    assert free_variables(found)[id(found)] == free_variables(root)[id(root)]
    for state_, bound in environments():
        assert value(found, state_, bound) == value(root, state_, bound)
    if not rebinds(root) and not rebinds(other):
        assert not rebinds(substitute(root, {X: other, Y: other}))
        assert not rebinds(after(root, {"a": other}))


def test_a_term_that_shares_nothing_is_left_as_it_is() -> None:
    root = exists((Z,), conjunction([X, Z]))
    assert apart(root, Y) is root
    assert substitute(root, {Y: FALSE}) is root


def test_a_variable_that_is_bound_again_is_another_one() -> None:
    inner = exists((X,), X)
    found = substitute(conjunction([X, inner]), {X: FALSE})
    assert found.args[0] is FALSE
    assert found.args[1].op == "exists"
    assert found.args[1].args[0] is found.args[1].bound[0]


def test_what_a_quantifier_runs_over_is_outside_of_it() -> None:
    record = RecordSort("R", (("key", BOOL),))
    keyed = KeyedSort("K", record, "key")
    member = variable("m", record)
    over: Any = Term("ite", (equal(member, member), state("k", keyed), state("k", keyed)), keyed)
    root = Term("forall_in", (over, equal(member, member)), BOOL, (member,))
    other = variable("n", record)
    found = substitute(root, {member: other})
    assert all(term is not member for term in walk(found.args[0]))
    assert any(term is other for term in walk(found.args[0]))
    assert all(term is not other for term in walk(found.args[1]))
