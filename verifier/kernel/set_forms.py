"""Terms about sets that have a shorter notation: recognises them, and finds their parts.

Sets have few operators of their own; `S = {}`, `S \\subseteq T`, unions and images are quantifiers and comprehensions over a
bound variable. Such a term is given its short form only where the variable runs over the element sort itself: over another
range it states something else about S.
"""

from __future__ import annotations

from verifier.kernel.fitting import is_checked, joined, looked_at, reads
from verifier.kernel.operators import OPERATORS
from verifier.kernel.sorts import INT, QuorumSort, SetSort, Sort
from verifier.kernel.terms import FALSE, Term, alike


def is_made_of(term: Term) -> bool:
    """Whether a set evaluates the parts that it would be made of as a listed set, or a set made of two; see `fitting.made_of`.
    """
    return all(any(alike(part, given) for given in term.args[1:]) for part in looked_at(term.args[0], term.bound[0]))


def _element_sort(sort: Sort) -> Sort | None:
    """The sort of the elements of a set or a quorum. For the short forms of sets, a keyed set has operators of its own."""
    match sort:
        case SetSort(element=element):
            return element
        case QuorumSort(of=of):
            return of
    return None


def _collection(term: Term, element: Term) -> Term | None:
    """S, if the term is `element \\in S`, and S does not depend on the element."""
    if term.op != "member" or term.args[0] is not element or _element_sort(term.args[1].sort) is None:
        return None
    return None if reads(element, term.args[1]) else term.args[1]


def _all_of(term: Term, element: Term) -> Term | None:
    """S, if the term is `element \\in S`, and the element runs over the element sort of S."""
    collection = _collection(term, element)
    return collection if collection is not None and _element_sort(collection.sort) == element.sort else None


def members(term: Term) -> tuple[Term, Term] | None:
    """S and P, if the term says `\\A x \\in S : P` or `\\E x \\in S : P` through membership."""
    body = term.args[0]
    if len(term.bound) != 1 or body.op != ("implies" if term.op == "forall" else "and") or len(body.args) != 2:
        return None
    collection = _all_of(body.args[0], term.bound[0])
    return None if collection is None else (collection, body.args[1])


def emptiness(term: Term) -> Term | None:
    """S, if the term says that S has no element."""
    if term.op == "forall" and len(term.bound) == 1 and term.args[0].op == "not":
        return _all_of(term.args[0].args[0], term.bound[0])
    return None


def inclusion(term: Term) -> tuple[Term, Term] | None:
    """S and T, if the term says that S is a subset of T."""
    result = members(term) if term.op == "forall" else None
    right = _collection(result[1], term.bound[0]) if result else None
    return None if result is None or right is None else (result[0], right)


def listed(element: Term, body: Term, known: Sort | None = None) -> list[Term] | None:
    """The elements of a set that is given by listing them; `known` is their sort, if the context determines it.

    A value that is not known to be of the element sort is checked (`within`) in a set that a model lists, and is undefined
    where it is not of that sort. Without the check it would be left out; such a set is printed with its condition written out.
    The check of a listed value is not printed where the sort that it checks for is clear.
    """
    if body is FALSE:
        return []
    given = []
    for part in body.args if body.op == "or" else (body,):
        if part.op != "eq" or part.args[0] is not element or reads(element, part.args[1]):
            return None
        given.append(part.args[1])
    sorts = {item.sort for item in given if item.op != "within"} | {item.args[0].sort for item in given if item.op == "within"}
    sorts.discard(INT)
    if known is not None and not any(is_checked(item, known) for item in given if item.op != "within" and item.sort != INT):
        clear = known
    elif len(sorts) == 1:
        clear = sorts.pop()
    elif not sorts and any(item.op == "within" for item in given):
        # Among integers alone, each checked element names the sort that it is checked for.
        clear = INT
    else:
        return None
    items = []
    for item in given:
        core = item.args[0] if item.op == "within" else item
        if item.op == "within" and clear == element.sort and core.sort in (INT, clear) and is_checked(core, clear):
            items.append(core)
        elif item.op == "within" or not any(is_checked(item, sort) for sort in {element.sort, clear}):
            items.append(item)
        else:
            return None
    return items


def tells(term: Term) -> bool:
    """Whether the text of a term determines its sort."""
    if term.op == "set":
        return term.args[0] is not FALSE
    known = OPERATORS[term.op].told_by
    return known if isinstance(known, bool) else all(tells(term.args[place]) for place in known)


def combined(element: Term, body: Term) -> tuple[Term, str, Term] | None:
    """The two sets and the operator of a union, an intersection or a difference."""
    if body.op not in ("and", "or") or len(body.args) != 2:
        return None
    first, second = body.args
    symbol = "\\cup" if body.op == "or" else "\\cap"
    if body.op == "and" and second.op == "not":
        symbol, second = "\\", second.args[0]
    left, right = _collection(first, element), _collection(second, element)
    if left is None or right is None or not all(isinstance(side.sort, SetSort) for side in (left, right)):
        return None
    # Every element of the result is one of the left set, except in a union.
    whole = joined(left.sort, right.sort) if body.op == "or" else left.sort
    return (left, symbol, right) if _element_sort(whole) == element.sort else None


def selected(element: Term, body: Term) -> tuple[Term, Term] | None:
    """S and P of a set `{x \\in S : P}`."""
    if body.op != "and" or len(body.args) != 2:
        return None
    collection = _all_of(body.args[0], element)
    return None if collection is None else (collection, body.args[1])


def image(element: Term, body: Term) -> tuple[Term, Term | None, Term] | None:
    """The variable, the source (None: its whole sort) and the value of a set `{value : x \\in source}`."""
    if body.op != "exists" or len(body.bound) != 1:
        return None
    parts = body.args[0].args if body.args[0].op == "and" else (body.args[0],)
    last = parts[-1]
    if len(parts) > 2 or last.op != "eq" or last.args[0] is not element or reads(element, last.args[1]):
        return None
    (variable,), value = body.bound, last.args[1]
    if value.op == "within" and value.args[0].sort == element.sort and is_checked(value.args[0], element.sort):
        value = value.args[0]
    elif value.op != "within" and (value.sort != element.sort or is_checked(value, element.sort)):
        return None
    if len(parts) == 1:
        return variable, None, value
    collection = _all_of(parts[0], variable)
    return None if collection is None or reads(element, collection) else (variable, collection, value)
