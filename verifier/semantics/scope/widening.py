"""Where a range without its end may stand: dropping an end may only add behaviour, and only make a property stronger.

Over a longer range a guard may only become weaker, a property only stronger, and a value must stay as it is. A quantifier whose
body limits its variable to values within the range (`v <= s.current`, `v in s.seen`) means the same over the longer range, so it
may stand anywhere. Functions over such a range become functions over all of it; their values beyond the end are arbitrary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from verifier.kernel.operators import OPERATORS, UnknownOperator
from verifier.kernel.sorts import BOOL, KeyedSort, RangeSort, SetSort, Sort
from verifier.kernel.terms import TRUE, Term, is_bool, parameter_names, walk
from verifier.semantics.scope.expressible import indices
from verifier.semantics.scope.inside import SIDES, Inside, Side, end, held_ranges, reads

Allowed = Literal["exists", "forall", "neither"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a term must not be read over longer ranges, and the parameters whose loss makes them longer."""

    reason: str
    parameters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Looked:
    """The parts of a formula evaluated regardless of the value of a variable: the current part if `here`, and these `parts`."""

    here: bool
    parts: tuple[Term, ...] = ()

    def at(self, part: Term) -> bool:
        """Whether a part of the current formula is evaluated regardless of it."""
        return self.here or any(part is other for other in self.parts)

    def behind(self, conditions: Iterable[Term], variables: Collection[Term]) -> Looked:
        """To the right of conditions: they can keep a part from being evaluated if they read the variables."""
        return Looked(False, self.parts) if any(reads(c, variables) for c in conditions) else self


class Widening:
    """Finds the terms that dropping the parameters `gone` would change in the wrong direction."""

    def __init__(self, gone: frozenset[str]) -> None:
        self.gone = gone
        # Comprehensions over longer ranges are limited wherever a value depends on them, or there is a fault.
        self.inside = Inside(self.open_sides, sets=True)
        # Terms without a fault where a quantifier is allowed, as long as no more variables are loose: terms share their parts.
        self._faultless: set[tuple[Term, Allowed, int]] = set()

    def wrong(self, term: Term, allowed: Allowed) -> Fault | None:
        """Why the term must not be read over longer ranges; None if it may.

        `allowed` is the quantifier that may run over a longer range where the term stands positively: over longer ranges
        the term may become true ("exists"), false ("forall"), or neither.
        """
        return self._visit(term, allowed)

    def unsettled(self, term: Term) -> Fault | None:
        """Why the term may have a value over longer ranges where it has none over the shorter; None if it cannot.

        Where an undefined term counts as true, such a term would become false.
        """
        for part in walk(term):
            if part.op in ("forall_in", "exists_in"):
                self._note_member(part)
        for part in walk(term):
            if part.op in ("apply", "update"):
                index = indices(part.args[0].sort)[0]
                if self._opens(index) and not self.inside.of(part.args[1], index):
                    return self._fault(f"it looks beyond the end of {index}, which is dropped", index)
            if part.op == "within" and self._opens(part.sort) and not self.inside.of(part.args[0], part.sort):
                reason = f"it puts into a set what may be beyond an end of {part.sort}, which is dropped"
                return self._fault(reason, part.sort)
            if part.op == "choose" and (fault := self._unlimited(part, True)):
                return fault
        return None

    def open_sides(self, sort: RangeSort) -> frozenset[Side]:
        """The ends of a range that are dropped."""
        return frozenset(side for side in SIDES if parameter_names(end(sort, side)) & self.gone)

    def _opens(self, sort: Sort) -> bool:
        return any(self.open_sides(result) for result in held_ranges(sort))

    def _fault(self, reason: str, sort: Sort) -> Fault:
        ends = [end(result, side) for result in held_ranges(sort) for side in self.open_sides(result)]
        return Fault(reason, frozenset(parameter_names(*ends) & self.gone))

    # -- terms -----------------------------------------------------------------------------------------------

    def _visit(self, term: Term, allowed: Allowed) -> Fault | None:
        key = (term, allowed, len(self.inside.loose))
        if key in self._faultless:
            return None
        fault = self._fault_in(term, allowed)
        if fault is None and len(self.inside.loose) == key[2]:
            self._faultless.add(key)
        return fault

    def _fault_in(self, term: Term, allowed: Allowed) -> Fault | None:
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
            case "forall_upto" | "exists_upto":
                return self._visit(args[0], "neither") or self._visit(args[1], allowed)
            case "member" if args[1].op == "set":
                fault = None if allowed == "exists" else self._beyond(args[0], args[1])
                fault = fault or self._visit(args[0], "neither") or self._visit(args[1].args[0], allowed)
                return fault or self._all(args[1].args[1:], "neither")
            case "sum":
                return self._unlimited(_summed(term), True, "the sum over all") or self._all(args, "neither")
            case "set":
                return self._unlimited(term, True) or self._all(args, "neither")
            case "eq" | "member" if allowed != "forall":
                fault = self._compared(args[0].sort if term.op == "eq" else args[1].sort)
                return fault or self._all(args, "neither")
            case "function" | "choose" | "tabulate":
                # A function becomes one over all of the range; `unsettled` and the definition of a choice handle choices.
                return self._all(args, "neither")
            case op if OPERATORS[op].binder and not OPERATORS[op].refused:
                raise UnknownOperator(op, "the rules for longer ranges")
        # Any other operator is a function of the values of its arguments.
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
        if self.inside.of(item, element.sort) or self.limits(
            collection.args[0], True, element, [element], Looked(True, collection.args[1:])
        ):
            return None
        return self._fault(
            f"it asks what is in `the set of all {element.data}` over {element.sort}, whose end is dropped",
            element.sort,
        )

    def _note_member(self, term: Term) -> None:
        """A member of a keyed set is within its sort only if the set holds nothing else."""
        if not self.inside.of(term.args[0], term.args[0].sort):
            self.inside.loose.add(term.bound[0])

    def _unlimited(self, term: Term, value: bool, said: str = "") -> Fault | None:
        """The bound variable that the body does not limit where it has this truth value."""
        waiting = [v for v in term.bound if self._opens(v.sort)]
        while waiting:
            looked = Looked(True, term.args[1:])
            known = [v for v in waiting if self.limits(term.args[0], value, v, waiting, looked)]
            if not known:
                what = said or {"forall": "for all", "exists": "for some", "choose": "the one"}.get(term.op, "the set of all")
                reason = f"it says `{what} {waiting[0].data}` over {waiting[0].sort}, whose end is dropped"
                return self._fault(reason, waiting[0].sort)
            waiting = [v for v in waiting if v not in known]
        return None

    # -- limits ----------------------------------------------------------------------------------------------

    def limits(self, formula: Term, value: bool, variable: Term, free: Collection[Term], looked: Looked) -> bool:
        """Whether `variable` is within its own range wherever the formula has this truth value, over longer ranges.

        The limit must not read the variables `free`, which are not limited themselves. No operator limits that is not named.
        """
        args, variables = formula.args, [variable, *free]
        match formula.op:
            case "literal":
                return formula.data is not value  # it never has this truth value
            case "not":
                return self.limits(args[0], not value, variable, free, looked)
            case "and" | "or":
                parts = (
                    self.limits(arg, value, variable, free, looked.behind(args[:place], variables))
                    for place, arg in enumerate(args)
                )
                return any(parts) if value == (formula.op == "and") else all(parts)
            case "implies":
                premise = self.limits(args[0], not value, variable, free, looked)
                conclusion = self.limits(args[1], value, variable, free, looked.behind(args[:1], variables))
                return (premise and conclusion) if value else (premise or conclusion)
            case "ite":
                chosen = (args[0], True, args[1]), (args[0], False, args[2])
                return all(
                    self.limits(condition, holds, variable, free, looked)
                    or self.limits(side, value, variable, free, looked.behind(args[:1], variables))
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
                return self.limits(args[1], value, variable, free if held else [*free, formula.bound[0]], looked)
            case "forall_upto" | "exists_upto":
                # Some position has the value; of all positions there may be none.
                some = value == (formula.op == "exists_upto")
                return some and self.limits(args[1], value, variable, free, Looked(False, looked.parts))
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
        if looked.at(term) and _is_checked(term) and self.inside.covers(term.sort, sort):
            return not reads(term, free)
        return self.inside.of(term, sort, free)

    def _holds_within(self, collection: Term, sort: Sort, free: Collection[Term], looked: Looked) -> bool:
        """Whether the members of a collection are within the sort."""
        if collection.op == "set":
            element = collection.bound[0]
            inner = Looked(True, collection.args[1:]) if looked.at(collection) else Looked(False)
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
        """Likewise for a quantifier with an instance that has the value; a limit may itself read limited variables."""
        body, inner = formula.args[0], [v for v in formula.bound if self._opens(v.sort)]
        if self.limits(body, value, variable, [*free, *inner], looked):
            return True
        limited = all(self.limits(body, value, v, [*free, *inner], looked) for v in inner)
        return limited and self.limits(body, value, variable, free, looked)


def _summed(term: Term) -> Term:
    """Where a sum has a summand that need not be 0, as a quantifier says it."""
    body = term.args[0]
    only = body.op == "ite" and body.args[2].op == "literal" and body.args[2].data == 0
    return Term("exists", (body.args[0] if only else TRUE,), BOOL, term.bound)


def _is_checked(term: Term) -> bool:
    """Whether a term has a value only if that is one of the term's sort: what enters a set."""
    return term.op == "within"


def _flipped(allowed: Allowed) -> Allowed:
    flipped: dict[Allowed, Allowed] = {"exists": "forall", "forall": "exists", "neither": "neither"}
    return flipped[allowed]
