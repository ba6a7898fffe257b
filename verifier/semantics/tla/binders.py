"""Sets, sums, tables and folds as expressions of TLA+: the operators that bind variables, except quantifiers and functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from verifier.kernel import set_forms
from verifier.kernel.fitting import is_checked, reads
from verifier.kernel.sorts import FunctionSort, KeyedSort, SetSort, Sort
from verifier.kernel.terms import FALSE, Term, variable
from verifier.semantics.tla.names import Bound
from verifier.semantics.tla.strength import OPEN, POSTFIX, PRODUCT, SET, SUM

if TYPE_CHECKING:
    from verifier.semantics.tla.terms import Expressions

NO_RECURSION = "recursive operators"
NO_TABULATED = "a function on 1..n as a sequence"
NO_CHOICE = "CHOOSE"
"""Constructs that not every version of Apalache reads."""


def a_set(expressions: Expressions, term: Term, names: Bound) -> tuple[str, int]:
    """A set: listed, a union or the like, an image, a selection, or the elements that satisfy a condition."""
    (element,), body = term.bound, term.args[0]
    listed = elements(expressions, element, body)
    if listed is not None:
        return enumerated(expressions, listed, names)
    combined = set_forms.combined(element, body)
    if combined is not None:
        left, symbol, right = combined
        return f"{expressions.render(left, names, SUM)} {symbol} {expressions.render(right, names, SUM)}", SET
    mapped = set_forms.image(element, body)
    if mapped is not None:
        source, collection, value = mapped
        inner = names.bind(source)
        members = expressions.sorts.domain(source.sort) if collection is None else expressions.render(collection, names, SET)
        return f"{{{expressions.render(value, inner, SET)} : {inner[source]} \\in {members}}}", POSTFIX
    inner = names.bind(element)
    selected = set_forms.selected(element, body)
    if selected is not None:
        members = expressions.render(selected[0], names, SET)
        return f"{{{inner[element]} \\in {members} : {expressions.render(selected[1], inner)}}}", POSTFIX
    return f"{{{expressions.ranging(term.bound, inner)} : {expressions.render(body, inner)}}}", POSTFIX


def enumerated(expressions: Expressions, items: Sequence[Term], names: Bound) -> tuple[str, int]:
    """A set of these elements. A membership among them would read as what the elements are taken from."""
    return f"{{{', '.join(expressions.render(item, names, SET) for item in items)}}}", POSTFIX


def elements(expressions: Expressions, element: Term, body: Term) -> list[Term] | None:
    """The elements of a set that lists them, where none that is outside the element sort would be left out."""
    items = []
    for part in () if body is FALSE else body.args if body.op == "or" else (body,):
        if part.op != "eq" or part.args[0] is not element or reads(element, part.args[1]):
            return None
        items.append(part.args[1])
    return None if any(item.op != "within" and is_checked(item, element.sort) for item in items) else items


def extreme(expressions: Expressions, term: Term, names: Bound) -> tuple[str, int]:
    """The least or the greatest member of a set."""
    name = "Min" if term.op == "minimum" else "Max"
    if term.sort.is_integer:
        return f"{expressions.helper(name)}({expressions.render(term.args[0], names)})", POSTFIX
    return first(expressions, expressions.render(term.args[0], names, SET), term.sort, names, last=name == "Max")


def first(expressions: Expressions, over: str, sort: Sort, names: Bound, *, last: bool) -> tuple[str, int]:
    """The least or the greatest member of a set, by the order of a sort."""
    expressions.sorts.remarks.add(NO_CHOICE)
    among, one, other = variable("among", sort), variable("x", sort), variable("y", sort)
    inner = names.bind(among, one, other)
    s, x, y = inner[among], inner[one], inner[other]
    less = expressions.sorts.less(sort, y, x) if last else expressions.sorts.less(sort, x, y)
    return f"LET {s} == {over} IN CHOOSE {x} \\in {s} : \\A {y} \\in {s} : {x} = {y} \\/ {less}", OPEN


def pick(expressions: Expressions, term: Term, names: Bound) -> tuple[str, int]:
    """The least of all values that satisfy the body: CHOOSE alone leaves open which it is."""
    inner = names.bind(*term.bound)
    satisfying = f"{{{expressions.ranging(term.bound, inner)} : {expressions.render(term.args[0], inner)}}}"
    if term.sort.is_integer:
        return f"{expressions.helper('Min')}({satisfying})", POSTFIX
    return first(expressions, satisfying, term.sort, names, last=False)


def total(expressions: Expressions, term: Term, names: Bound) -> tuple[str, int]:
    """A sum; one that only counts is the size of a set."""
    body = term.args[0]
    inner = names.bind(*term.bound)
    if body.op == "ite" and all(arg.op == "literal" for arg in body.args[1:]) and body.args[2].data == 0:
        counted = f"Cardinality({{{expressions.ranging(term.bound, inner)} : {expressions.render(body.args[0], inner)}}})"
        factor = body.args[1].data
        return (counted, POSTFIX) if factor == 1 else (f"{expressions.render(body.args[1], names, POSTFIX)} * {counted}", PRODUCT)
    total = expressions.helper("Total")
    return f"{total}([{expressions.ranging(term.bound, inner)} |-> {expressions.render(body, inner)}])", POSTFIX


def table(expressions: Expressions, term: Term, names: Bound) -> tuple[str, int]:
    """A function by its values, in the order of its sort."""
    assert isinstance(term.sort, FunctionSort)
    one = variable("x", term.sort.index)
    inner = names.bind(one)
    places = expressions.sorts.values(term.sort.index)
    *first, last = [expressions.render(arg, inner) for arg in term.args]
    cases = "".join(f"IF {inner[one]} = {place} THEN {value} ELSE " for place, value in zip(places, first, strict=False))
    return f"[{expressions.ranging((one,), inner)} |-> {cases}{last}]", POSTFIX


def fold(expressions: Expressions, term: Term, names: Bound) -> tuple[str, int]:
    """A fold over members, or over numbers from 1 on: by recursion from the last one down."""
    expressions.sorts.remarks.add(NO_RECURSION)
    over, initial, body = term.args
    so_far, item = term.bound
    step, left = variable("fold", term.sort), variable("rest", term.sort)
    inner = names.bind(step, left, so_far, item)
    # Whatever stands inside the definition has other names than it binds.
    start = expressions.render(initial, inner)
    called, rest, acc, current = inner[step], inner[left], inner[so_far], inner[item]
    if term.op == "fold_upto":
        declared = f"RECURSIVE {called}(_) {called}({current}) == IF {current} < 1 THEN {start} ELSE LET {acc} == "
        given = expressions.render(over, inner)
        return f"LET {declared}{called}({current} - 1) IN {expressions.render(body, inner)} IN {called}({given})", OPEN
    sort = over.sort
    assert isinstance(sort, SetSort | KeyedSort)
    if sort.element.is_integer:
        last = f"{expressions.helper('Max')}({rest})"
    else:
        last = first(expressions, rest, sort.element, inner, last=True)[0]
    taken = f"LET {current} == {last} {acc} == {called}({rest} \\ {{{current}}}) IN {expressions.render(body, inner)}"
    declared = f"RECURSIVE {called}(_) {called}({rest}) == IF {rest} = {{}} THEN {start} ELSE {taken}"
    return f"LET {declared} IN {called}({expressions.render(over, inner)})", OPEN


def tabulated(expressions: Expressions, term: Term, names: Bound) -> tuple[str, int]:
    """A sequence by its elements."""
    expressions.sorts.remarks.add(NO_TABULATED)
    inner = names.bind(*term.bound)
    last = expressions.render(term.args[0], names, POSTFIX)
    return f"[{inner[term.bound[0]]} \\in 1..{last} |-> {expressions.render(term.args[1], inner)}]", POSTFIX
