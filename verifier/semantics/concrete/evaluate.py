"""Evaluation of terms in one state: every term becomes a Python closure over a frame of values.

A frame is a list: the current state, the next state, then one slot for each bound variable and for each
shared sub-term whose value cannot change within the frame. Definedness follows the rules of the language:
`and`, `or`, `implies` and `ite` look at their arguments from left to right and only as far as needed;
quantifiers and comprehensions look at every instance, so an undefined one makes the whole undefined even
where another decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from verifier.kernel.terms import Term, may_fail, walk
from verifier.semantics.concrete.operations import (
    CONNECTIVES,
    OPERATIONS,
    Closure,
    Frame,
    Undefined,
    element_sort,
    within,
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
        found = self._slot_of.get(variable)
        if found is None:
            found = self._slot_of[variable] = self._slots
            self._slots += 1
        return found

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
            if uses.get(term, 0) > 1 and len(term.args) > 0 and free <= self._fixed:
                closure = self._shared(closure)
            self._compiled[term] = closure
        return self._compiled[root]

    def _free_variables(self, term: Term) -> frozenset[Term]:
        found: frozenset[Term] = frozenset().union(*(self._free[arg] for arg in term.args))
        if term.op == "bound":
            found = frozenset((term,))
        self._free[term] = found.difference(term.bound)
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
        if term.op in ("literal", "parameter"):
            value = self.scope.constant(term) if term.op == "literal" else self.scope.parameters[term.data]
            return lambda frame: value
        if term.op == "bound":
            slot = self.slot(term)
            return lambda frame: frame[slot]
        if term.op in ("state", "next"):
            name, which = term.data, STATE if term.op == "state" else NEXT
            return lambda frame: frame[which][name]
        args = [self._compiled[arg] for arg in term.args]
        if term.op in CONNECTIVES:
            return CONNECTIVES[term.op](args)
        if term.op in _BINDERS:
            return self._binder(term, args)
        if term.op == "within":
            return within(in_range(self.scope, term.sort), term, args[0])
        return OPERATIONS[term.op](term, args)

    def _binder(self, term: Term, args: list[Closure]) -> Closure:
        slots = tuple(self.slot(variable) for variable in term.bound)
        if term.op in ("forall_in", "exists_in"):
            return _members(term, args, slots[0], ordering(self.scope, element_sort(term.args[0].sort)))
        domains = [self.scope.domain(variable.sort) for variable in term.bound]
        body = args[0]
        match term.op:
            case "forall" | "exists":
                return _quantifier(term.op == "exists", slots, domains, body, strict=self._partial[term.args[0]])
            case "function":
                return _function(slots[0], domains[0], body)
            case "set":
                return _looked_at(args[1:], _set(slots[0], domains[0], body))
            case _:
                return _choose(term, slots[0], domains[0], body)


_MISSING = object()
_BINDERS = frozenset({"function", "set", "forall", "exists", "forall_in", "exists_in", "choose"})


def _quantifier(
    wanted: bool, slots: tuple[int, ...], domains: list[tuple[Any, ...]], body: Closure, *, strict: bool
) -> Closure:
    """`exists` where `wanted`, else `forall`; a body that is always defined need not be seen to the end."""
    rows = list(product(*domains))

    def quantifier(frame: Frame) -> bool:
        found = not wanted
        for row in rows:
            for slot, value in zip(slots, row, strict=False):
                frame[slot] = value
            if bool(body(frame)) == wanted:
                if not strict:
                    return wanted
                found = wanted
        return found

    return quantifier


def _members(term: Term, args: list[Closure], slot: int, key: Callable[[Any], Any]) -> Closure:
    collection, body = args
    wanted = term.op == "exists_in"

    def members(frame: Frame) -> bool:
        found = not wanted
        for item in sorted(collection(frame), key=key):
            frame[slot] = item
            if bool(body(frame)) == wanted:
                found = wanted
        return found

    return members


def _function(slot: int, domain: tuple[Any, ...], body: Closure) -> Closure:
    def function(frame: Frame) -> FrozenMap:
        values = {}
        for item in domain:
            frame[slot] = item
            values[item] = body(frame)
        return FrozenMap(values)

    return function


def _set(slot: int, domain: tuple[Any, ...], body: Closure) -> Closure:
    def comprehension(frame: Frame) -> frozenset[Any]:
        found = []
        for item in domain:
            frame[slot] = item
            if body(frame):
                found.append(item)
        return frozenset(found)

    return comprehension


def _looked_at(parts: list[Closure], closure: Closure) -> Closure:
    """The value of the closure; what is looked at beside it comes first."""
    if not parts:
        return closure

    def looked_at(frame: Frame) -> Any:
        for part in parts:
            part(frame)
        return closure(frame)

    return looked_at


def _choose(term: Term, slot: int, domain: tuple[Any, ...], body: Closure) -> Closure:
    satisfying = _set(slot, domain, body)

    def choose(frame: Frame) -> Any:
        found = satisfying(frame)
        if len(found) != 1:
            raise Undefined(term)
        return next(iter(found))

    return choose
