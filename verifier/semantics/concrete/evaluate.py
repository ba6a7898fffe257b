"""Evaluation of terms in one state: every term becomes a Python closure over a frame of values.

A frame is a list: the current state, the next state, then one slot for each bound variable and for each shared sub-term whose
value cannot change within the frame. Definedness follows the rules of the language: `and`, `or`, `implies` and `ite` evaluate
their arguments from left to right and only as far as needed; quantifiers and comprehensions evaluate every instance, so an
undefined one makes the whole undefined even where another decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from verifier.kernel.operators import entry
from verifier.kernel.terms import Term, may_fail, walk
from verifier.semantics.concrete.operations import (
    OPERATIONS,
    Closure,
    Frame,
    Undefined,
    element_sort,
)
from verifier.semantics.concrete.order import in_range, ordering
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.values import FrozenMap

STATE, NEXT, FIRST_SLOT = 0, 1, 2


class Evaluator:
    """Compiles terms for one scope, each term once."""

    def __init__(self, scope: FiniteScope) -> None:
        self.scope = scope
        self._slots = FIRST_SLOT
        self._compiled: dict[Term, Closure] = {}
        self._slot_of: dict[Term, int] = {}
        self._fixed: set[Term] = set()
        self._free: dict[Term, frozenset[Term]] = {}
        self._partial: dict[Term, bool] = {}

    def frame(self, state: Any = None, after: Any = None) -> Frame:
        """A new frame for the terms compiled so far."""
        frame: Frame = [_MISSING] * self._slots
        frame[STATE], frame[NEXT] = state, after
        return frame

    def slot(self, variable: Term) -> int:
        """The place of a bound variable in a frame."""
        result = self._slot_of.get(variable)
        if result is None:
            result = self._slot_of[variable] = self._slots
            self._slots += 1
        return result

    def fix(self, variables: Iterable[Term]) -> None:
        """Declares that these bound variables are set once in a frame, before anything is evaluated.

        Sub-terms that depend on nothing else are then evaluated once in a frame.
        """
        for variable in variables:
            self._fixed.add(variable)
            self.slot(variable)

    def compile(self, root: Term) -> Closure:
        """The closure that evaluates `root` in a frame made by `frame` afterwards; it raises `Undefined`."""
        known = self._compiled.get(root)
        if known is not None:
            return known
        uses: dict[Term, int] = {}
        terms = list(walk(root))
        for term in terms:
            for arg in term.args:
                uses[arg] = uses.get(arg, 0) + 1
        for term in terms:
            if term in self._compiled:
                continue
            free = self._free_variables(term)
            self._partial[term] = may_fail(term) or any(self._partial[arg] for arg in term.args)
            closure = self._closure(term)
            # What binds variables is large, and may be evaluated for each value of a variable around it.
            often = uses.get(term, 0) > 1 or bool(term.bound)
            if often and len(term.args) > 0 and free <= self._fixed:
                closure = self._shared(closure)
            self._compiled[term] = closure
        return self._compiled[root]

    def may_be_undefined(self, term: Term) -> bool:
        """Whether something in a compiled term can be undefined."""
        return self._partial[term]

    def _free_variables(self, term: Term) -> frozenset[Term]:
        terms: frozenset[Term] = frozenset().union(*(self._free[arg] for arg in term.args))
        if term.op == "bound":
            terms = frozenset((term,))
        self._free[term] = terms.difference(term.bound)
        return self._free[term]

    def _shared(self, closure: Closure) -> Closure:
        slot = self._slots
        self._slots += 1

        def shared(frame: Frame) -> Any:
            value = frame[slot]
            if value is _MISSING:
                value = frame[slot] = closure(frame)
            return value

        return shared

    def _closure(self, term: Term) -> Closure:
        args = [self._compiled[arg] for arg in term.args]
        if term.op in OPERATIONS:
            return OPERATIONS[term.op](term, args)
        return entry(EVALUATED, term.op, "the concrete semantics")(self, term, args)


_MISSING = object()


def _constant(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    scope = evaluator.scope
    value = scope.constant(term) if term.op == "literal" else scope.parameters[term.data]
    return lambda frame: value


def _bound(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    slot = evaluator.slot(term)
    return lambda frame: frame[slot]


def _read(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    name, which = term.data, STATE if term.op == "state" else NEXT
    return lambda frame: frame[which][name]


def _within(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    """The value of a term, which must be one of its sort."""
    test, (arg,) = in_range(evaluator.scope, term.sort), args
    if test is None:
        return arg

    def checked(frame: Frame) -> Any:
        value = arg(frame)
        if not test(value):
            raise Undefined(term)
        return value

    return checked


def _ordered(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    """Order of integers, of ordered records (lexicographic) and of names (as the scope lists them)."""
    (first, second), sort = args, term.args[0].sort
    if sort.is_integer:
        if term.op == "lt":
            return lambda frame: first(frame) < second(frame)
        return lambda frame: first(frame) <= second(frame)
    key = ordering(evaluator.scope, sort)
    if term.op == "lt":
        return lambda frame: key(first(frame)) < key(second(frame))
    return lambda frame: key(first(frame)) <= key(second(frame))


def _extreme(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    """The least or the greatest element of a set."""
    (collection,), key = args, ordering(evaluator.scope, term.sort)
    extreme: Callable[..., Any] = min if term.op == "minimum" else max

    def of_set(frame: Frame) -> Any:
        items = collection(frame)
        if not items:
            raise Undefined(term)
        return extreme(items, key=key)

    return of_set


def _over(evaluator: Evaluator, term: Term) -> tuple[tuple[int, ...], list[tuple[Any, ...]], Closure]:
    """The slots of the variables that a term binds, the values of their sorts, and the term's body."""
    slots = tuple(evaluator.slot(variable) for variable in term.bound)
    domains = [evaluator.scope.domain(variable.sort) for variable in term.bound]
    return slots, domains, evaluator.compile(term.args[0])


def _quantifier(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    """For all or for some values; a body that is always defined need not be evaluated for all of them."""
    slots, domains, body = _over(evaluator, term)
    wanted, strict = term.op == "exists", evaluator.may_be_undefined(term.args[0])
    rows = list(product(*domains))

    def quantifier(frame: Frame) -> bool:
        result = not wanted
        for row in rows:
            for slot, value in zip(slots, row, strict=False):
                frame[slot] = value
            if bool(body(frame)) == wanted:
                if not strict:
                    return wanted
                result = wanted
        return result

    return quantifier


def _members(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    collection, body = args
    slot, key = evaluator.slot(term.bound[0]), ordering(evaluator.scope, element_sort(term.args[0].sort))
    wanted = term.op == "exists_in"

    def members(frame: Frame) -> bool:
        result = not wanted
        for item in sorted(collection(frame), key=key):
            frame[slot] = item
            if bool(body(frame)) == wanted:
                result = wanted
        return result

    return members


def _function(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    (slot,), (domain,), body = _over(evaluator, term)

    def function(frame: Frame) -> FrozenMap:
        values = {}
        for item in domain:
            frame[slot] = item
            values[item] = body(frame)
        return FrozenMap(values)

    return function


def _satisfying(evaluator: Evaluator, term: Term) -> Closure:
    (slot,), (domain,), body = _over(evaluator, term)

    def comprehension(frame: Frame) -> frozenset[Any]:
        result = []
        for item in domain:
            frame[slot] = item
            if body(frame):
                result.append(item)
        return frozenset(result)

    return comprehension


def _set(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    """The set of elements that satisfy the body; the further arguments are evaluated first."""
    closure, parts = _satisfying(evaluator, term), args[1:]
    if not parts:
        return closure

    def looked_at(frame: Frame) -> Any:
        for part in parts:
            part(frame)
        return closure(frame)

    return looked_at


def _choose(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    satisfying = _satisfying(evaluator, term)

    def choose(frame: Frame) -> Any:
        result = satisfying(frame)
        if len(result) != 1:
            raise Undefined(term)
        return next(iter(result))

    return choose


def _sum(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    (slot,), (domain,), body = _over(evaluator, term)

    def total(frame: Frame) -> int:
        result = 0
        for item in domain:
            frame[slot] = item
            result += body(frame)
        return result

    return total


def _pick(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    """The first value, in the order of its sort, that satisfies the body. The body is evaluated for all values."""
    (slot,), (domain,), body = _over(evaluator, term)

    def pick(frame: Frame) -> Any:
        result = []
        for item in domain:
            frame[slot] = item
            if body(frame):
                result.append(item)
        if not result:
            raise Undefined(term)
        return result[0]

    return pick


def _table(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    indices = evaluator.scope.indices(term)
    return lambda frame: FrozenMap(zip(indices, [arg(frame) for arg in args], strict=True))


def _positions(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    """For all or for some integers from 1 on; the body is evaluated for each of them."""
    last, body = args
    slot, wanted = evaluator.slot(term.bound[0]), term.op == "exists_upto"

    def quantifier(frame: Frame) -> bool:
        result = not wanted
        for place in range(1, last(frame) + 1):
            frame[slot] = place
            if bool(body(frame)) == wanted:
                result = wanted
        return result

    return quantifier


def _tabulate(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    length, body = args
    slot = evaluator.slot(term.bound[0])

    def tabulate(frame: Frame) -> tuple[Any, ...]:
        number = length(frame)
        if number < 0:
            raise Undefined(term)
        result = []
        for place in range(1, number + 1):
            frame[slot] = place
            result.append(body(frame))
        return tuple(result)

    return tabulate


def _fold(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
    over, initial, body = args
    so_far, slot = (evaluator.slot(variable) for variable in term.bound)
    if term.op == "fold_upto":
        items: Callable[[Any], Iterable[Any]] = lambda last: range(1, last + 1)  # noqa: E731
    else:
        domain = evaluator.scope.domain(element_sort(term.args[0].sort))
        places = {value: place for place, value in enumerate(domain)}
        items = lambda members: sorted(members, key=places.__getitem__)  # noqa: E731

    def fold(frame: Frame) -> Any:
        members, value = items(over(frame)), initial(frame)
        for item in members:
            frame[so_far], frame[slot] = value, item
            value = body(frame)
        return value

    return fold


EVALUATED: dict[str, Callable[[Evaluator, Term, list[Closure]], Closure]] = {
    "literal": _constant,
    "parameter": _constant,
    "bound": _bound,
    "state": _read,
    "next": _read,
    "within": _within,
    "lt": _ordered,
    "le": _ordered,
    "minimum": _extreme,
    "maximum": _extreme,
    "forall": _quantifier,
    "exists": _quantifier,
    "forall_in": _members,
    "exists_in": _members,
    "function": _function,
    "set": _set,
    "choose": _choose,
    "sum": _sum,
    "pick": _pick,
    "table": _table,
    "forall_upto": _positions,
    "exists_upto": _positions,
    "tabulate": _tabulate,
    "fold": _fold,
    "fold_upto": _fold,
}
"""The operators whose meaning depends on the scope, or that bind variables; `OPERATIONS` has the others."""
