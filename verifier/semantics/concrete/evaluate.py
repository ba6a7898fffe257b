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

from verifier.kernel.errors import Position
from verifier.kernel.sorts import (
    FunctionSort,
    KeyedSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import PARTIAL, Term, walk
from verifier.semantics.concrete.order import ordering
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.values import FrozenMap, Some

Frame = list[Any]
Closure = Callable[[Frame], Any]

STATE, NEXT, FIRST_SLOT = 0, 1, 2


class Undefined(Exception):
    """A partial operation was used where it has no value. Never leaves the semantics."""

    def __init__(self, term: Term) -> None:
        super().__init__(term.op)
        self.term = term

    @property
    def position(self) -> Position | None:
        """The line of the model that holds the operation."""
        return self.term.at


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
            self._partial[term] = _may_be_undefined(term) or any(self._partial[arg] for arg in term.args)
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
        if term.op in _CONNECTIVES:
            return _CONNECTIVES[term.op](args)
        if term.op in _BINDERS:
            return self._binder(term, args)
        if term.op in ("minimum", "maximum", "lt", "le"):
            return _ordered(term, args)
        return _OPERATIONS[term.op](term, args)

    def _binder(self, term: Term, args: list[Closure]) -> Closure:
        slots = tuple(self.slot(variable) for variable in term.bound)
        if term.op in ("forall_in", "exists_in"):
            return _members(term, args, slots[0], ordering(self.scope, _element(term.args[0].sort)))
        domains = [self.scope.domain(variable.sort) for variable in term.bound]
        body = args[0]
        match term.op:
            case "forall" | "exists":
                return _quantifier(
                    term.op == "exists", slots, domains, body, strict=self._partial[term.args[0]]
                )
            case "function":
                return _function(slots[0], domains[0], body)
            case "set":
                return _set(slots[0], domains[0], body)
            case _:
                return _choose(term, slots[0], domains[0], body)


_MISSING = object()
_BINDERS = frozenset({"function", "set", "forall", "exists", "forall_in", "exists_in", "choose"})


def _element(sort: Sort) -> Sort:
    assert isinstance(sort, (SetSort, KeyedSort))
    return sort.element


def _may_be_undefined(term: Term) -> bool:
    """Whether this operation itself can be undefined; indexing can, where an integer can miss the sort."""
    if term.op not in PARTIAL:
        return False
    if term.op in ("apply", "update"):
        sort = term.args[0].sort
        assert isinstance(sort, FunctionSort)
        in_domain = term.args[1].op == "bound" and term.args[1].sort == sort.index
        return not in_domain and _has_integer(sort.index)
    return True


def _has_integer(sort: Sort) -> bool:
    match sort:
        case FunctionSort(index=index, value=value):
            return _has_integer(index) or _has_integer(value)
        case RecordSort(fields=fields):
            return any(_has_integer(of) for _, of in fields)
        case SequenceSort():
            return True
    element = getattr(sort, "element", None)
    return sort.is_integer or (element is not None and _has_integer(element))


def _and(args: list[Closure]) -> Closure:
    if len(args) == 2:
        first, second = args
        return lambda frame: first(frame) and second(frame)
    return lambda frame: all(arg(frame) for arg in args)


def _or(args: list[Closure]) -> Closure:
    if len(args) == 2:
        first, second = args
        return lambda frame: first(frame) or second(frame)
    return lambda frame: any(arg(frame) for arg in args)


def _not(args: list[Closure]) -> Closure:
    (arg,) = args
    return lambda frame: not arg(frame)


def _implies(args: list[Closure]) -> Closure:
    premise, conclusion = args
    return lambda frame: not premise(frame) or conclusion(frame)


def _ite(args: list[Closure]) -> Closure:
    test, then, otherwise = args
    return lambda frame: then(frame) if test(frame) else otherwise(frame)


_CONNECTIVES: dict[str, Callable[[list[Closure]], Closure]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "implies": _implies,
    "ite": _ite,
    "choice": lambda args: args[0],
}


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


def _choose(term: Term, slot: int, domain: tuple[Any, ...], body: Closure) -> Closure:
    satisfying = _set(slot, domain, body)

    def choose(frame: Frame) -> Any:
        found = satisfying(frame)
        if len(found) != 1:
            raise Undefined(term)
        return next(iter(found))

    return choose


def _ordered(term: Term, args: list[Closure]) -> Closure:
    """Comparison and extremes of integers, and of ordered records (lexicographic)."""
    first = args[0]
    sort = term.args[0].sort
    if term.op in ("minimum", "maximum"):
        key = _rank(_element(sort))
        extreme: Callable[..., Any] = min if term.op == "minimum" else max

        def of_set(frame: Frame) -> Any:
            items = first(frame)
            if not items:
                raise Undefined(term)
            return extreme(items, key=key)

        return of_set
    second = args[1]
    if not isinstance(sort, RecordSort):
        if term.op == "lt":
            return lambda frame: first(frame) < second(frame)
        return lambda frame: first(frame) <= second(frame)
    key = _rank(sort)
    if term.op == "lt":
        return lambda frame: key(first(frame)) < key(second(frame))
    return lambda frame: key(first(frame)) <= key(second(frame))


def _rank(sort: Sort) -> Callable[[Any], Any]:
    if not isinstance(sort, RecordSort):
        return lambda value: value
    names = [name for name, _ in sort.fields]
    return lambda value: tuple(value[name] for name in names)


def _apply(term: Term, args: list[Closure]) -> Closure:
    function, index = args

    def apply(frame: Frame) -> Any:
        images, place = function(frame), index(frame)
        try:
            return images[place]
        except KeyError:
            raise Undefined(term) from None

    return apply


def _update(term: Term, args: list[Closure]) -> Closure:
    function, index, new = args

    def update(frame: Frame) -> FrozenMap:
        old, place, value = function(frame), index(frame), new(frame)
        if place not in old:
            raise Undefined(term)
        return FrozenMap({**old, place: value})

    return update


def _record(term: Term, args: list[Closure]) -> Closure:
    assert isinstance(term.sort, RecordSort)
    fields = [(name, arg) for (name, _), arg in zip(term.sort.fields, args, strict=True)]
    return lambda frame: FrozenMap({name: arg(frame) for name, arg in fields})


def _field(term: Term, args: list[Closure]) -> Closure:
    (record,), name = args, term.data
    return lambda frame: record(frame)[name]


def _payload(term: Term, args: list[Closure]) -> Closure:
    (option,) = args

    def payload(frame: Frame) -> Any:
        value = option(frame)
        if value is None:
            raise Undefined(term)
        return value.value

    return payload


def _at(term: Term, args: list[Closure]) -> Closure:
    sequence, index = args

    def at(frame: Frame) -> Any:
        items, place = sequence(frame), index(frame)
        if not 1 <= place <= len(items):
            raise Undefined(term)
        return items[place - 1]

    return at


def _put(term: Term, args: list[Closure]) -> Closure:
    sequence, index, new = args

    def put(frame: Frame) -> tuple[Any, ...]:
        items, place, value = sequence(frame), index(frame), new(frame)
        if not 1 <= place <= len(items):
            raise Undefined(term)
        return (*items[: place - 1], value, *items[place:])

    return put


def _tail(term: Term, args: list[Closure]) -> Closure:
    (sequence,) = args

    def tail(frame: Frame) -> tuple[Any, ...]:
        items: tuple[Any, ...] = sequence(frame)
        if not items:
            raise Undefined(term)
        return items[1:]

    return tail


def _key(term: Term) -> str:
    sort = term.args[0].sort
    assert isinstance(sort, KeyedSort)
    return sort.key


def _insert(term: Term, args: list[Closure]) -> Closure:
    (records, new), key = args, _key(term)

    def insert(frame: Frame) -> frozenset[Any]:
        items, value = records(frame), new(frame)
        if any(item[key] == value[key] and item != value for item in items):
            raise Undefined(term)
        return frozenset((*items, value))

    return insert


def _remove(term: Term, args: list[Closure]) -> Closure:
    (records, wanted), key = args, _key(term)

    def remove(frame: Frame) -> frozenset[Any]:
        items, place = records(frame), wanted(frame)
        return frozenset(item for item in items if item[key] != place)

    return remove


def _has_key(term: Term, args: list[Closure]) -> Closure:
    (records, wanted), key = args, _key(term)

    def has_key(frame: Frame) -> bool:
        items, place = records(frame), wanted(frame)
        return any(item[key] == place for item in items)

    return has_key


def _lookup(term: Term, args: list[Closure]) -> Closure:
    (records, wanted), key = args, _key(term)

    def lookup(frame: Frame) -> Any:
        items, place = records(frame), wanted(frame)
        for item in items:
            if item[key] == place:
                return item
        raise Undefined(term)

    return lookup


def _binary(operation: Callable[[Any, Any], Any]) -> Callable[[Term, list[Closure]], Closure]:
    def build(term: Term, args: list[Closure]) -> Closure:
        first, second = args
        return lambda frame: operation(first(frame), second(frame))

    return build


def _unary(operation: Callable[[Any], Any]) -> Callable[[Term, list[Closure]], Closure]:
    def build(term: Term, args: list[Closure]) -> Closure:
        (arg,) = args
        return lambda frame: operation(arg(frame))

    return build


def _constant(value: Any) -> Callable[[Term, list[Closure]], Closure]:
    return lambda term, args: lambda frame: value


def _sequence(term: Term, args: list[Closure]) -> Closure:
    return lambda frame: tuple([arg(frame) for arg in args])


_OPERATIONS: dict[str, Callable[[Term, list[Closure]], Closure]] = {
    "eq": _binary(lambda left, right: left == right),
    "add": _binary(lambda left, right: left + right),
    "sub": _binary(lambda left, right: left - right),
    "mul": _binary(lambda left, right: left * right),
    "member": _binary(lambda item, items: item in items),
    "append": _binary(lambda items, item: (*items, item)),
    "cardinality": _unary(len),
    "length": _unary(len),
    "some": _unary(Some),
    "is_some": _unary(lambda option: option is not None),
    "none": _constant(None),
    "keyed": _constant(frozenset()),
    "sequence": _sequence,
    "apply": _apply,
    "update": _update,
    "record": _record,
    "field": _field,
    "payload": _payload,
    "at": _at,
    "put": _put,
    "tail": _tail,
    "insert": _insert,
    "remove": _remove,
    "has_key": _has_key,
    "lookup": _lookup,
}
