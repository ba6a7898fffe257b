"""What is printed means what was written: formulas are printed, read again by a reader of their own, and compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.kernel import formulas
from tests.kernel.formulas import Big, Formulas, Key, Pair, Small, Twin
from tests.kernel.reader import Reader
from tests.kernel.snippets import build, in_module
from verifier.kernel import (
    Bool,
    Int,
    choose,
    exists,
    exists_in,
    forall,
    forall_in,
    image,
    implies,
    layout,
    minimum,
    one_of,
    printing,
    set_of,
)
from verifier.kernel.actions import Action, Argument, Guard, Update
from verifier.kernel.expressions import term_of, wrap
from verifier.kernel.fitting import with_fitting_sets
from verifier.kernel.layout import laid_out
from verifier.kernel.operators import OPERATORS
from verifier.kernel.printing import show
from verifier.kernel.sorts import BOOL, INT, QuorumSort, SetSort, Sort
from verifier.kernel.state import StateView
from verifier.kernel.term_text import Names, text
from verifier.kernel.terms import FALSE, Term, variable, walk

PROTOCOL = formulas.p
READER = Reader(PROTOCOL)

# What fails is told as it was drawn: smaller random numbers seldom give smaller formulas.
DRAWN = (Phase.explicit, Phase.generate)


def meaning(term: Term, levels: dict[Term, int] | None = None) -> Any:
    """A term without what makes no difference: how junctions are nested, sorts that follow from the parts, two spellings."""
    levels = levels or {}
    inner = {**levels, **{bound: len(levels) + place for place, bound in enumerate(term.bound)}}
    args = [meaning(arg, inner if term.binds_in(place) else levels) for place, arg in enumerate(term.args)]
    match term.op:
        case "bound":
            return "bound", levels[term]
        case "and" | "or":
            flat = [part for arg in args for part in (arg[1] if isinstance(arg, tuple) and arg[0] == term.op else [arg])]
            return term.op, flat
        case "not" if args[0][0] == "not":
            return args[0][1]
        case "not":
            return "not", args[0]
        case "eq" if "none" in (args[0][0], args[1][0]):
            return "not", ("is_some", None, [], [args[0] if args[1][0] == "none" else args[1]])
        case "eq" if isinstance(term.args[0].sort, SetSort | QuorumSort) and ("empty set",) in args:
            return "empty", args[0] if args[1] == ("empty set",) else args[1]
        case "literal" | "record":
            return term.op, term.data, str(term.sort) if not term.sort.is_integer else "", args
        case "within":
            return "within", args[0], str(term.sort)
        case "set" | "forall" | "exists" if len(term.bound) == 1:
            short = _of_sets(term, levels, args[0]) or _of_members(term, args[0])
            if short is not None:
                # What a set looks at beside its condition is part of it.
                return (*short, args[1:]) if args[1:] else short
    data = None if term.bound else term.data
    return term.op, data, [str(bound.sort) for bound in term.bound], args


# -- by hand, so that a mistake in the product's own rules is not made again here ----------------------------------------------

_WITHIN = {(one, other) for one in ("Small", "Big", "Round", "Big..Small", "Int") for other in (one, "Int")}
_WITHIN |= {("Big", "Big..Small"), ("Small", "Big..Small")}
"""Of which ranges every value is one of another. Top may be 0."""


def _elements(sort: Sort) -> str:
    """What a set or a quorum has as elements."""
    match sort:
        case SetSort(element=element):
            return str(element)
        case QuorumSort(of=of):
            return str(of)
    return "of a keyed set"


def _is_in(term: Term, sort: str) -> bool:
    """Whether an integer is one of a range, whatever the state and the parameter."""
    match term.op:
        case "literal" if isinstance(term.data, int):
            return term.data in {"Small": (0, 1, 2), "Big": (0,), "Big..Small": (0, 1, 2), "Round": (1, 2)}.get(sort, [term.data])
        case "parameter":
            return term.data == "Top" and sort in ("Big", "Big..Small", "Int")
        case "ite":
            return all(_is_in(arg, sort) for arg in term.args[1:])
    return term.op != "within" and (str(term.sort), sort) in _WITHIN


def _side(term: Term, element: Term) -> Term | None:
    """S, if the term is `element \\in S`."""
    inside = term.op == "member" and term.args[0] is element and element not in walk(term.args[1])
    return term.args[1] if inside else None


def _of_sets(term: Term, levels: dict[Term, int], said: Any) -> Any:
    """What is said of whole sets: the variable runs over a sort that has all elements of them, whichever it is."""
    (element,), body = term.bound, term.args[0]
    over = str(element.sort)

    def whole(formula: Term) -> Any:
        collection = _side(formula, element)
        if collection is None or _elements(collection.sort) not in {over, *(a for a, b in _WITHIN if b == over)}:
            return None
        return meaning(collection, levels)

    def part(formula: Term) -> Any:
        collection = _side(formula, element)
        return None if collection is None or _elements(collection.sort) == "of a keyed set" else meaning(collection, levels)

    if term.op == "exists":
        return None
    if term.op == "forall":
        if body.op == "not" and (found := whole(body.args[0])):
            return "empty", found
        if body.op == "implies" and (found := whole(body.args[0])) and (other := part(body.args[1])):
            return "subset", found, other
        return None
    if body is FALSE:
        return ("empty set",)
    if body.op == "or" and len(body.args) == 2 and (found := whole(body.args[0])) and (other := whole(body.args[1])):
        return "union", found, other
    if body.op == "and" and len(body.args) == 2 and (found := whole(body.args[0])):
        second, kept = body.args[1], "intersection"
        if second.op == "not":
            second, kept = second.args[0], "difference"
        if other := part(second):
            return kept, found, other
    return _listing(element, body, said)


def _of_members(term: Term, said: Any) -> Any:
    """What is said of the members of a set: the set tells what the variable runs over."""
    (element,), body = term.bound, term.args[0]
    if body.op != ("implies" if term.op == "forall" else "and"):
        return None
    collection = _side(body.args[0], element)
    told = collection is not None and _elements(collection.sort) == str(element.sort)
    return (term.op, "of members", said) if told else None


def _listing(element: Term, body: Term, said: Any) -> Any:
    """A listing or an image of integers that are all of the element sort, whichever it is."""
    equations = body.args if body.op == "or" else (body,)
    if body.op == "exists":
        (inner,) = body.args
        equations = inner.args[-1:] if inner.op == "and" else (inner,)
    for equation in equations:
        if equation.op != "eq" or equation.args[0] is not element or element in walk(equation.args[1]):
            return None
        if not element.sort.is_integer or not _is_in(equation.args[1], str(element.sort)):
            return None
    return "listed", said


def again(term: Term) -> Term:
    return READER.formula(text(term, PROTOCOL.vocabulary))


@settings(max_examples=150, deadline=None, phases=DRAWN)
@given(st.randoms(use_true_random=False), st.booleans(), st.integers(1, 5))
def test_a_formula_is_read_as_it_was_written(random: Random, steps: bool, fuel: int) -> None:
    term = Formulas(random, steps=steps).formula(fuel)
    assert meaning(again(term)) == meaning(term), text(term, PROTOCOL.vocabulary)


@settings(max_examples=100, deadline=None, phases=DRAWN)
@given(st.randoms(use_true_random=False), st.sampled_from([20, 40, 60]))
def test_a_formula_over_several_lines_is_read_as_it_was_written(random: Random, width: int) -> None:
    term = Formulas(random, steps=True).formula(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "WIDTH", width)
        lines = laid_out(term, Names(PROTOCOL.vocabulary, term), 2)
    assert meaning(READER.formula("\n".join(lines))) == meaning(term), "\n".join(lines)


@pytest.mark.full
@pytest.mark.parametrize("number", [400, pytest.param(4000, marks=pytest.mark.nightly)])
def test_every_operator_is_read_as_it_was_written(number: int) -> None:
    """A good number of formulas; each operator of the language occurs in at least 2 of 100."""
    counted = dict.fromkeys(OPERATORS, 0)
    for seed in range(number):
        term = Formulas(Random(seed), steps=seed % 2 == 1).formula(4)
        assert meaning(again(term)) == meaning(term), text(term, PROTOCOL.vocabulary)
        for op in {node.op for node in walk(term)}:
            counted[op] += 1
    rare = {op: times for op, times in counted.items() if times < number / 50}
    assert rare.keys() <= {"choice"}


# -- a whole protocol ------------------------------------------------------------------------------------------------------

_ACTION = re.compile(r"^(?P<name>\w+)(?:\((?P<arguments>.*)\))? ==$")


def read_action(lines: list[str]) -> tuple[dict[str, Term], list[tuple[str, Term]], dict[str, Term]]:
    """Arguments and witnesses, guards and updates of an action as `show` prints it."""
    match = _ACTION.match(lines[0])
    assert match is not None, lines[0]
    arguments = [part.split(" \\in ") for part in (match["arguments"] or "").split(", ") if part]
    scope = {name: variable(name, READER.sorts[sort]) for name, sort in arguments}
    guards: list[tuple[str, Term]] = []
    updates: dict[str, Term] = {}
    for line in lines[1:]:
        code, _, comment = line.partition(" \\* ")
        code = code.strip()
        if code.startswith("/\\ \\E ") and code.endswith(" :"):
            for part in code.removeprefix("/\\ \\E ").removesuffix(" :").split(", "):
                name, sort = part.split(" \\in ")
                scope[name] = variable(name, READER.sorts[sort])
        elif update := re.match(r"/\\ (VARIABLE )?(\w+)' = (.*)", code):
            updates[update[2]] = READER.value(update[3], READER.variables[update[2]], scope)
        elif code.startswith("/\\ "):
            guards.append((comment.split(" ")[0], READER.formula(code.removeprefix("/\\ "), scope)))
    return scope, guards, updates


@settings(max_examples=60, deadline=None, phases=DRAWN)
@given(st.randoms(use_true_random=False), st.permutations(["k", "n", "none", "m", "Idle", "x"]))
def test_an_action_is_read_as_it_was_written(random: Random, names: list[str]) -> None:
    """Arguments and witnesses that are called like variables, labels and words of the language; and nothing in a wrong scope."""
    made = Formulas(random)
    bound = [variable(name, sort) for name, sort in zip(names, (Key.sort, Small.sort, Big.sort), strict=False)]
    scope = tuple(wrap(one) for one in bound)
    own = tuple(Argument(one.data, one) for one in bound)
    guards = tuple(Guard(f"g{number}", term_of(made.of(BOOL, 3, scope)), False, None) for number in range(3))
    values = {"n": Small.sort, "keys": READER.variables["keys"], "small": READER.variables["small"], "pair": Pair.sort}
    updates = tuple(
        Update(name, with_fitting_sets(term_of(made.of(sort, 3, scope[:2])), sort), None) for name, sort in values.items()
    )
    action = Action("Drawn", own[:2], own[2:], guards, (), updates, "", None)
    title, lines = printing._action(action, None, PROTOCOL.vocabulary)
    found, read, changed = read_action([title, *(str(line) for line in lines)])
    assert [str(one.sort) for one in found.values()] == ["Key", "Small", "Big"]
    before, after = ({one: place for place, one in enumerate(several)} for several in (bound, found.values()))
    for guard, (name, term) in zip(guards, read, strict=True):
        assert name == guard.name
        assert meaning(term, after) == meaning(guard.condition, before)
    for update in updates:
        assert meaning(changed[update.variable], after) == meaning(update.value, before)


def test_what_is_renamed_in_the_body_is_renamed_in_the_header(tmp_path: Path) -> None:
    protocol = build(
        in_module(
            """
            @p.action
            def Swap(s: State, version: Key, x: Key) -> None:
                stamp = witness("stamp", Quorum)
                guard("member", stamp.contains(version) & (s.version == 1), other=~s.owned.contains(version))
                s.owned = s.owned | {x}
            """
        ),
        tmp_path,
    )
    printed = show(protocol)
    assert "Swap(version2 \\in Key, x \\in Key) ==" in printed
    assert "\\E stamp2 \\in Quorum :" in printed
    assert "version2 \\in stamp2 /\\ version = 1" in printed
    assert "\\* or other: version2 \\notin owned" in printed
    assert "\\/ \\E version2 \\in Key, x \\in Key : Swap(version2, x)" in printed


# -- pairs that look alike -------------------------------------------------------------------------------------------------

s: Any = StateView(PROTOCOL.variables)
n: Any = StateView(PROTOCOL.variables, "next")
Ph, Co = formulas.Phase, formulas.Colour

APART: dict[str, tuple[Any, Any]] = {
    "empty over another range": (forall(Small, lambda x: ~s.big.contains(x)), s.big.is_empty()),
    "inclusion over another range": (
        forall(Small, lambda x: implies(s.big.contains(x), s.big.contains(x))),
        s.big <= s.big,
    ),
    "members over another range": (
        forall(Small, lambda x: implies(s.big.contains(x), x > 1)),
        forall_in(s.big, lambda x: x > 1),
    ),
    "some member over another range": (
        exists(Small, lambda x: s.big.contains(x) & (x > 1)),
        exists_in(s.big, lambda x: x > 1),
    ),
    "comprehension": (
        set_of(Small, lambda x: s.big.contains(x) & (x > 1)).size() == 0,
        set_of(Big, lambda x: s.big.contains(x) & (x > 1)).size() == 0,
    ),
    "union": (
        set_of(Small, lambda x: s.big.contains(x) | s.big.contains(x)).size() == 0,
        (s.big | s.big).size() == 0,
    ),
    "intersection": (
        set_of(Small, lambda x: s.big.contains(x) & s.big.contains(x)).size() == 0,
        (s.big & s.big).size() == 0,
    ),
    "difference": (
        set_of(Small, lambda x: s.big.contains(x) & ~s.big.contains(x)).size() == 0,
        (s.big - s.big).size() == 0,
    ),
    "listing": (set_of(Small, lambda x: x == s.m).size() == 1, set_of(Big, lambda x: x == s.m).size() == 1),
    "listing of two": (
        set_of(Small, lambda x: (x == s.m) | (x == s.n)).size() == 1,
        set_of(Big, lambda x: (x == s.m) | (x == s.n)).size() == 1,
    ),
    "listing beside a set": (s.small == {s.m}, s.small == set_of(Big, lambda x: x == s.m)),
    "image": (
        set_of(Small, lambda x: exists(Key, lambda k: x == s.f[k])).size() == 1,
        image(Key, Big, lambda k: s.f[k]).size() == 1,
    ),
    "image checked": (image(Key, Small, lambda k: s.f[k]).size() == 1, image(Key, Big, lambda k: s.f[k]).size() == 1),
    "image of what is computed": (
        image(Key, Small, lambda k: s.f[k] + 1).size() == 1,
        image(Key, Big, lambda k: s.f[k] + 1).size() == 1,
    ),
    "image of memberships": (
        image(Key, Bool, lambda k: s.keys.contains(k)).size() == 1,
        set_of(Key, lambda k: s.keys.contains(k)).size() == 1,
    ),
    "label and variable": (s.Idle == Co.Idle, s.Idle == s.Idle),
    "labels of two sorts": (one_of(Ph.Idle, Ph.Idle), one_of(Co.Idle, Co.Idle)),
    "label and constant": (s.Idle == Co.First, s.k == Key.First),
    "constant and variable": (s.node == formulas.Node.k, s.k == s.k),
    "label and word": (s.Idle == Co.none, s.leader == formulas.nothing),
    "variable and word": (s.none == formulas.nothing, s.leader == formulas.nothing),
    "parameter and variable": (s.x <= wrap(Term("parameter", (), INT, "n")), s.x <= s.n),
    "parameter and difference": (
        s.x <= wrap(Term("parameter", (), INT, "two-words")),
        s.x <= s.n - s.m,
    ),
    "two states": (s.n == n.n, s.n == s.n),
    "two ranges of a quantifier": (forall(Small, lambda x: x > 0), forall(Big, lambda x: x > 0)),
    "negative numbers": (s.x == Int(0) - 1, s.x == Int(-1)),
    "sums": (s.n - (s.n - 1) == 0, s.n - s.n - 1 == 0),
    "premises": (
        implies(forall(Key, lambda k: s.flag), s.flag),
        forall(Key, lambda k: implies(s.flag, s.flag)),
    ),
    "label and sort": (s.Idle == Co.Big, s.Idle == Co.TRUE),
    "a set that depends on its element": (
        forall(Small, lambda x: ~set_of(Small, lambda y: y == x).contains(x)),
        forall(Small, lambda x: set_of(Small, lambda y: y == x).is_empty()),
    ),
    "members of a set that depends on them": (
        exists(Small, lambda x: set_of(Small, lambda y: y == x).contains(x) & (x > 0)),
        exists(Small, lambda x: exists_in(set_of(Small, lambda y: y == x), lambda y: y > 0)),
    ),
    "a listing that reads its element": (
        set_of(Small, lambda x: x == minimum(x, x)).size() == 1,
        set_of(Small, lambda x: x == choose(Small, lambda y: y == x)).size() == 1,
    ),
    "an image that reads its element": (
        set_of(Small, lambda y: exists(Key, lambda k: y == choose(Small, lambda z: z == y))).size() == 1,
        image(Key, Small, lambda k: s.n).size() == 1,
    ),
    "an image of a source that reads its element": (
        set_of(Small, lambda y: exists(Key, lambda k: set_of(Key, lambda j: s.f[j] == y).contains(k) & (y == s.n))).size() == 1,
        image(s.keys, Small, lambda k: s.n).size() == 1,
    ),
    "a point of another point": (
        s.seen.updated(s.k, s.seen[Key.First].updated(s.m, Small(0))) == s.seen,
        s.seen.updated(s.k, s.seen[s.k].updated(s.m, Small(0))) == s.seen,
    ),
    "fields of two records": (
        Twin(high=s.twin.high, low=s.twins.get(s.k).low, value=Key.First) == s.twin,
        Twin(high=s.twin.high, low=s.twin.low, value=Key.First) == s.twin,
    ),
    "fields of a record of another sort": (
        Pair(low=s.twin.low, high=s.m) == s.pair,
        Pair(low=s.pair.low, high=s.m) == s.pair,
    ),
    "a union that is looked at, and what is looked at as needed": (
        s.keys | s.pairkeys[s.leader.value] == s.keys,
        set_of(Key, lambda x: s.keys.contains(x) | s.pairkeys[s.leader.value].contains(x)) == s.keys,
    ),
    "a listing that is looked at, and what is looked at as needed": (
        s.keys == {s.k, choose(Key, lambda x: x == s.k)},
        s.keys == set_of(Key, lambda x: (x == choose(Key, lambda y: y == s.k)) | (x == s.k)),
    ),
    "keyed and comprehended": (
        forall_in(s.pairs, lambda r: r.low > 0),
        forall(Pair, lambda r: implies(s.pairs.contains(r), r.low > 0)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_what_means_something_else_reads_otherwise(name: str) -> None:
    left, right = APART[name]
    printed = [text(term_of(side), PROTOCOL.vocabulary) for side in (left, right)]
    assert printed[0] != printed[1]
    for side, shown in zip((left, right), printed, strict=True):
        assert meaning(READER.formula(shown)) == meaning(term_of(side)), shown


def test_lemmas_tell_what_they_are_about() -> None:
    """The outermost quantifiers are left out only where the rest says what the variable runs over."""
    f: Callable[[Any], str] = lambda formula: text(term_of(formula), PROTOCOL.vocabulary, outer=False)  # noqa: E731
    assert f(forall(Key, lambda a: s.f[a] == 0)) == "f[a] = 0"
    assert f(forall(Small, lambda a: s.x <= a)) == "\\A a \\in Small : x <= a"
    assert f(forall(Big, lambda a: s.x <= a)) == "\\A a \\in Big : x <= a"
    assert f(forall(Key, Key, lambda a, b: implies(s.f[a] == s.f[b], a == b))) == "f[a] = f[b] => a = b"
    assert f(forall(Key, Key, lambda a, b: a == b)) == "\\A a, b \\in Key : a = b"
    assert f(forall(formulas.Node, formulas.Node, lambda a, b: a == b)) == "\\A a, b \\in Node : a = b"
    assert f(forall(Pair, lambda a: a.low <= s.x)) == "\\A a \\in Pair : a.low <= x"
    assert f(forall(Key, lambda a: s.keys.contains(a) | (s.k == a))) == "a \\in keys \\/ k = a"
