"""Where a range without its end may stand: dropping an end may only add behaviour, and only make a property stronger.

Over a longer range a guard may only become weaker, a property only stronger, and a value must stay as it is. A quantifier
whose body limits its variable to values within the range (`v <= s.current`, `v in s.seen`) means the same over the longer
range, so it may stand anywhere. Functions over such a range become functions over all of it; what they hold beyond the end
is anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from verifier.kernel.sorts import KeyedSort, OptionSort, RangeSort, RecordSort, SetSort, Sort
from verifier.kernel.terms import Term, is_bool, parameter_names, walk
from verifier.semantics.scope.expressible import indices
from verifier.semantics.scope.inside import SIDES, Inside, Side, end, reads

Allowed = Literal["exists", "forall", "neither"]
Looked = Literal["set", "surely", "perhaps"]
"""Whether a part of a formula is looked at for every value of a variable: it is in the body of a set, whose elements are
checked whatever else is said of them; it is; a condition to its left may keep it from being looked at."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a term must not be read over longer ranges, and the parameters whose loss makes them longer."""

    reason: str
    parameters: frozenset[str]


class Widening:
    """Finds the terms that dropping the parameters `gone` would change in the wrong direction."""

    def __init__(self, gone: frozenset[str]) -> None:
        self.gone = gone
        # Comprehensions over longer ranges are limited wherever a value depends on them, or there is a fault.
        self.inside = Inside(self.open_sides, sets=True)

    def wrong(self, term: Term, allowed: Allowed) -> Fault | None:
        """Why the term must not be read over longer ranges; None if it may.

        `allowed` is the quantifier that may run over a longer range where the term stands positively: over longer ranges
        the term may become true ("exists"), false ("forall"), or neither.
        """
        return self._visit(term, allowed)

    def unsettled(self, term: Term) -> Fault | None:
        """Why the term may have a value over longer ranges where it has none over the shorter; None if it cannot.

        Where what is undefined counts as true, such a term would become false.
        """
        for part in walk(term):
            if part.op in ("apply", "update"):
                index = indices(part.args[0].sort)[0]
                if self._opens(index) and not self.inside.of(part.args[1], index):
                    return self._fault(f"it looks beyond the end of {index}, which is dropped", index)
            if part.op == "choose" and (reason := self._unlimited(part, True)):
                return reason
        return None

    def open_sides(self, sort: RangeSort) -> frozenset[Side]:
        """The ends of a range that are dropped."""
        return frozenset(side for side in SIDES if parameter_names(end(sort, side)) & self.gone)

    def _opens(self, sort: Sort) -> bool:
        return any(self.open_sides(found) for found in _ranges(sort))

    def _fault(self, reason: str, sort: Sort) -> Fault:
        ends = [end(found, side) for found in _ranges(sort) for side in self.open_sides(found)]
        return Fault(reason, frozenset(parameter_names(*ends) & self.gone))

    # -- terms -----------------------------------------------------------------------------------------------

    def _visit(self, term: Term, allowed: Allowed) -> Fault | None:
        args = term.args
        match term.op:
            case "not":
                return self._visit(args[0], _flipped(allowed))
            case "implies":
                return self._visit(args[0], _flipped(allowed)) or self._visit(args[1], allowed)
            case "and" | "or":
                return self._all(args, allowed)
            case "ite" if is_bool(term):
                return self._visit(args[0], "neither") or self._all(args[1:], allowed)
            case "forall" | "exists":
                fault = None if allowed == term.op else self._unlimited(term, term.op == "exists")
                return fault or self._visit(args[0], allowed)
            case "forall_in" | "exists_in":
                self._note_member(term)
                return self._visit(args[0], "neither") or self._visit(args[1], allowed)
            case "member" if args[1].op == "set":
                fault = None if allowed == "exists" else self._beyond(args[0], args[1])
                return fault or self._visit(args[0], "neither") or self._visit(args[1].args[0], allowed)
            case "set":
                return self._unlimited(term, True) or self._visit(args[0], "neither")
            case "eq" | "member" if allowed != "forall":
                fault = self._compared(args[0].sort if term.op == "eq" else args[1].sort)
                return fault or self._all(args, "neither")
        return self._all(args, "neither")

    def _all(self, terms: Iterable[Term], allowed: Allowed) -> Fault | None:
        return next((fault for term in terms if (fault := self._visit(term, allowed))), None)

    def _compared(self, sort: Sort) -> Fault | None:
        """Functions that agree on a range may differ beyond its end."""
        index = next((index for index in indices(sort) if self._opens(index)), None)
        return None if index is None else self._fault(f"it compares functions of {index} for all indices", index)

    def _beyond(self, item: Term, collection: Term) -> Fault | None:
        """Why an item may be in a comprehension over a longer range and not in that over the range."""
        element = collection.bound[0]
        if self.inside.of(item, element.sort) or self.limits(collection.args[0], True, element, [element], "set"):
            return None
        return self._fault(
            f"it asks what is in `the set of all {element.data}` over {element.sort}, whose end is dropped",
            element.sort,
        )

    def _note_member(self, term: Term) -> None:
        """A member of a keyed set is within its sort only if the set holds nothing else."""
        if not self.inside.of(term.args[0], term.args[0].sort):
            self.inside.loose.add(term.bound[0])

    def _unlimited(self, term: Term, value: bool) -> Fault | None:
        """The bound variable that the body does not limit where it has this truth value."""
        waiting = [v for v in term.bound if self._opens(v.sort)]
        while waiting:
            looked: Looked = "set" if term.op == "set" else "surely"
            known = [v for v in waiting if self.limits(term.args[0], value, v, waiting, looked)]
            if not known:
                what = {"forall": "for all", "exists": "for some", "choose": "the one"}.get(term.op, "the set of all")
                reason = f"it says `{what} {waiting[0].data}` over {waiting[0].sort}, whose end is dropped"
                return self._fault(reason, waiting[0].sort)
            waiting = [v for v in waiting if v not in known]
        return None

    # -- limits ----------------------------------------------------------------------------------------------

    def limits(self, formula: Term, value: bool, variable: Term, free: Collection[Term], looked: Looked) -> bool:
        """Whether `variable` is within its own range wherever the formula has this truth value, over longer ranges.

        The limit must not read the variables `free`, which are not limited themselves.
        """
        args, later = formula.args, _later(looked)
        match formula.op:
            case "literal":
                return formula.data is not value  # it never has this truth value
            case "not":
                return self.limits(args[0], not value, variable, free, looked)
            case "and" | "or":
                parts = (
                    self.limits(arg, value, variable, free, later if place else looked)
                    for place, arg in enumerate(args)
                )
                return any(parts) if value == (formula.op == "and") else all(parts)
            case "implies":
                premise = self.limits(args[0], not value, variable, free, looked)
                conclusion = self.limits(args[1], value, variable, free, later)
                return (premise and conclusion) if value else (premise or conclusion)
            case "ite":
                chosen = (args[0], True, args[1]), (args[0], False, args[2])
                return all(
                    self.limits(condition, holds, variable, free, looked)
                    or self.limits(side, value, variable, free, later)
                    for condition, holds, side in chosen
                )
            case "forall" | "exists":
                if value == (formula.op == "forall"):
                    # One instance within the ranges is enough, and there is one.
                    return self.limits(args[0], value, variable, free, looked)
                return self._in_instance(formula, value, variable, free, looked)
            case "forall_in" | "exists_in":
                if value != (formula.op == "exists_in"):
                    return False
                held = self.inside.of(args[0], args[0].sort, free)
                return self.limits(args[1], value, variable, free if held else [*free, formula.bound[0]], later)
            case "eq" if value:
                sides = (args, args[::-1])
                return any(a is variable and self._is_limit(b, variable.sort, free, looked) for a, b in sides)
            case "member" if value and args[0] is variable:
                return self._holds_within(args[1], variable.sort, free, looked)
            case "le" | "lt":
                low, high = args if value else args[::-1]
                return self._between(variable, low, high, free)
        return False

    def _is_limit(self, term: Term, sort: Sort, free: Collection[Term], looked: Looked) -> bool:
        """Whether a value is within the sort: as it was made, or since there would be no value at all otherwise."""
        if looked != "perhaps" and _is_checked(term) and self.inside.covers(term.sort, sort):
            return not reads(term, free)
        return self.inside.of(term, sort, free)

    def _holds_within(self, collection: Term, sort: Sort, free: Collection[Term], looked: Looked) -> bool:
        """Whether the members of a collection are within the sort."""
        if collection.op == "set":
            element = collection.bound[0]
            inner: Looked = "perhaps" if looked == "perhaps" else "set"
            limited = self.limits(collection.args[0], True, element, [*free, element], inner)
            return limited and self.inside.covers(element.sort, sort)
        if isinstance(collection.sort, KeyedSort):
            return self.inside.of(collection, collection.sort, free)
        return isinstance(collection.sort, SetSort) and self.inside.of(collection, SetSort(sort), free)

    def _between(self, variable: Term, low: Term, high: Term, free: Collection[Term]) -> bool:
        """Whether `low <= high` keeps the variable from the only end of its range that is dropped."""
        if not isinstance(variable.sort, RangeSort):
            return False
        for side, one, limit in (("high", low, high), ("low", high, low)):
            if one is variable and self.open_sides(variable.sort) == {side}:
                return self.inside.of(limit, variable.sort, free)
        return False

    def _in_instance(self, formula: Term, value: bool, variable: Term, free: Collection[Term], looked: Looked) -> bool:
        """Likewise of a quantifier, some instance of which has the value; a limit may read what is limited itself."""
        body, inner = formula.args[0], [v for v in formula.bound if self._opens(v.sort)]
        if self.limits(body, value, variable, [*free, *inner], looked):
            return True
        limited = all(self.limits(body, value, v, [*free, *inner], looked) for v in inner)
        return limited and self.limits(body, value, variable, free, looked)


def _later(looked: Looked) -> Looked:
    """Whether what has a condition to its left is looked at."""
    return "set" if looked == "set" else "perhaps"


def _is_checked(term: Term) -> bool:
    """Whether a term has a value only if that is one of the term's sort: what enters a set."""
    if term.op == "apply" and term.args[0].op == "function":
        return term.args[0].args[0] is term.args[0].bound[0]
    return term.op in ("within", "record", "some")


def _flipped(allowed: Allowed) -> Allowed:
    flipped: dict[Allowed, Allowed] = {"exists": "forall", "forall": "exists", "neither": "neither"}
    return flipped[allowed]


def _ranges(sort: Sort) -> Iterable[RangeSort]:
    """The ranges of the integers in a value of a flat sort."""
    match sort:
        case RangeSort():
            yield sort
        case OptionSort(element=element):
            yield from _ranges(element)
        case RecordSort(fields=fields):
            for _, of in fields:
                yield from _ranges(of)
