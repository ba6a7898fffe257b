"""Formulas of the language that state when a term has a value: the needs of every partial operation in it, where it is
evaluated.

Every semantics agrees on them: a use is evaluated under the conditions to its left, and binders need every instance defined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verifier.kernel.errors import ModelError, Position
from verifier.kernel.operators import OPERATORS, entry
from verifier.kernel.sorts import (
    BOOL,
    INT,
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
    has_range,
)
from verifier.kernel.terms import (
    TRUE,
    Term,
    conjunction,
    equal,
    exists,
    forall,
    implication,
    integer,
    may_fail,
    negation,
    substitute,
    variable,
    walk,
)


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use of a partial operation, `term`: `formula` holds exactly where it is not reached or defined."""

    position: Position | None
    formula: Term
    term: Term

    @property
    def check(self) -> bool:
        """Whether the operation is the check that a value fits into a set."""
        return self.term.op == "within"

    def of(self, formula: Term) -> Use:
        """The same use, with another formula."""
        return Use(self.position, formula, self.term)


class Needs:
    """The conditions under which terms have a value. The ends of ranges are the declared ones; a scope may have fewer."""

    def __init__(self) -> None:
        self._members: set[Term] = set()
        self._uses: dict[int, tuple[Term, tuple[Use, ...]]] = {}

    # -- ranges ----------------------------------------------------------------------------------------------

    def low(self, sort: RangeSort) -> Term | None:
        """The lower end of a range; None where it does not count."""
        return sort.low

    def high(self, sort: RangeSort) -> Term | None:
        """The upper end of a range; None where it does not count."""
        return sort.high

    def capacity(self, sort: SequenceSort) -> Term | None:
        """The greatest length of a stored sequence; None where any length will do."""
        return sort.capacity

    def elements(self, collection: Term, element: Sort) -> Sort:
        """The sort that a variable ranges over to cover everything in a set that should hold values of `element`."""
        assert isinstance(collection.sort, SetSort)
        return collection.sort.element

    def within(self, value: Term, sort: Sort) -> Term:
        """Whether a value is one of the sort: every integer in it is within its range, no sequence is too long."""
        match sort:
            case RangeSort():
                low, high = self.low(sort), self.high(sort)
                parts = [] if low is None else [Term("le", (low, value), BOOL)]
                return conjunction(parts if high is None else [*parts, Term("le", (value, high), BOOL)])
            case FunctionSort(index=index, value=inner):
                i = variable("i", index)
                result = value.sort.value if isinstance(value.sort, FunctionSort) else inner
                return self._forall(i, self.within(Term("apply", (value, i), result), inner))
            case SetSort(element=element):
                if not has_range(element):
                    return TRUE
                x = variable("x", self.elements(value, element))
                inside = self.within(x, element)
                member = Term("member", (x, value), BOOL)
                return TRUE if inside is TRUE else self._forall(x, implication(member, inside))
            case KeyedSort(element=record):
                x = variable("x", record)
                inside = self.within(x, record)
                return TRUE if inside is TRUE else Term("forall_in", (value, inside), BOOL, (x,))
            case OptionSort(element=element):
                result = value.sort.element if isinstance(value.sort, OptionSort) else element
                inside = self.within(Term("payload", (value,), result), element)
                return TRUE if inside is TRUE else implication(Term("is_some", (value,), BOOL), inside)
            case RecordSort(fields=fields):
                return conjunction(self.within(Term("field", (value,), of, name), of) for name, of in fields)
            case SequenceSort(element=element):
                length, capacity = Term("length", (value,), INT), self.capacity(sort)
                place = variable("i", RangeSort(f"1..{sort}", integer(1), sort.capacity, declaration=0))
                inside = self.within(Term("at", (value, place), element), element)
                each = self._forall(place, implication(Term("le", (place, length), BOOL), inside) if inside is not TRUE else TRUE)
                return conjunction([TRUE if capacity is None else Term("le", (length, capacity), BOOL), each])
        return TRUE

    @staticmethod
    def _forall(bound: Term, body: Term) -> Term:
        return TRUE if body is TRUE else forall((bound,), body)

    # -- uses ------------------------------------------------------------------------------------------------

    def defined(self, term: Term) -> Term:
        """The condition under which a term has a value; TRUE where it always has."""
        return conjunction(use.formula for use in self.uses(term))

    def uses(self, term: Term) -> tuple[Use, ...]:
        """The partial uses in a term, each under the conditions to its left."""
        known = self._uses.get(id(term))
        if known is None:
            known = self._uses[id(term)] = (term, tuple(self._collect(term)))
        return known[1]

    @staticmethod
    def _under(condition: Term, uses: Sequence[Use]) -> list[Use]:
        return [use.of(implication(condition, use.formula)) for use in uses]

    @staticmethod
    def _for_all(bound: tuple[Term, ...], uses: Sequence[Use]) -> list[Use]:
        return [use.of(forall(bound, use.formula)) for use in uses]

    def _collect(self, term: Term) -> list[Use]:
        args = term.args
        match term.op:
            case "and" | "or":
                result: list[Use] = []
                for position, arg in enumerate(args):
                    left = args[:position] if term.op == "and" else tuple(negation(other) for other in args[:position])
                    result += self._under(conjunction(left), self.uses(arg))
                return result
            case "implies":
                return [*self.uses(args[0]), *self._under(args[0], self.uses(args[1]))]
            case "ite":
                then = self._under(args[0], self.uses(args[1]))
                otherwise = self._under(negation(args[0]), self.uses(args[2]))
                return [*self.uses(args[0]), *then, *otherwise]
            case _:
                result = [use for place, arg in enumerate(args) if not term.binds_in(place) for use in self.uses(arg)]
                result += self._instances(term)
        own = self._own(term)
        # The needs of the arguments come first: those of the operation itself assume that its arguments are defined.
        return once(result) if own is TRUE else [*once(result), Use(term.at, own, term)]

    def _instances(self, term: Term) -> list[Use]:
        """The uses that a binder evaluates for each value of its variables."""
        binder = OPERATORS[term.op].binder
        if binder is None:
            return []
        if len(term.bound) > 1 and binder.over != "sorts":
            return self._folded(term)
        if binder.over == "positions":
            inner = [use for place in binder.read_in for use in self.uses(term.args[place])]
            return [use.of(Term("forall_upto", (term.args[0], use.formula), BOOL, term.bound)) for use in inner]
        if binder.over == "members":
            self._members.add(term.bound[0])
            inner = [use for place in binder.read_in for use in self.uses(term.args[place])]
            return [use.of(Term("forall_in", (term.args[0], use.formula), BOOL, term.bound)) for use in inner]
        # A use that is always evaluated need not be shown again under conditions.
        known = set(walk(*(arg for place, arg in enumerate(term.args) if not term.binds_in(place))))
        inner = [use for place in binder.read_in for use in self.uses(term.args[place]) if use.term not in known]
        return self._for_all(term.bound, inner)

    def _folded(self, term: Term) -> list[Use]:
        """The needs of a fold at each position, where its accumulator is the fold up to the previous position; a position is
        evaluated only if everything before it has a value.
        """
        last, initial, body = term.args
        so_far, place = term.bound
        inner = self.uses(body)
        if not inner:
            return []
        if term.op != "fold_upto" or len({use.check for use in inner}) > 1:
            hint = "fold over a sequence, or with operations that always have a value"
            raise ModelError("the language cannot state when this fold has a value", hint=hint, position=inner[0].position)
        # The fold up to the previous position stands where the place is bound, so it has variables of its own.
        fresh = {bound: variable(bound.data, bound.sort) for bound in term.bound}
        args = (Term("sub", (place, integer(1)), INT), initial, substitute(body, dict(fresh)))
        before = Term("fold_upto", args, term.sort, tuple(fresh.values()), term.at)
        needed = [substitute(use.formula, {so_far: before}) for use in inner]
        well = variable("ok", BOOL)
        all_well = Term("fold_upto", (last, TRUE, conjunction([well, *needed])), BOOL, (well, place))
        return [inner[0].of(all_well)]

    def _own(self, term: Term) -> Term:
        """The condition that a partial operation itself places on its arguments."""
        if not OPERATORS[term.op].partial:
            return TRUE
        return entry(NEEDS, term.op, "what definedness needs")(self, term)

    def _index(self, term: Term) -> Term:
        """A quantified variable runs over its sort; one that runs over the records of a keyed set need not."""
        sort, index = term.args[0].sort, term.args[1]
        assert isinstance(sort, FunctionSort)
        of_sort = index.op == "bound" and index.sort == sort.index and index not in self._members
        return TRUE if of_sort else self.within(index, sort.index)

    def _inhabited(self, term: Term) -> Term:
        (collection,) = term.args
        sort = collection.sort
        if isinstance(sort, KeyedSort):
            return Term("exists_in", (collection, TRUE), BOOL, (variable("x", sort.element),))
        assert isinstance(sort, SetSort)
        x = variable("x", sort.element)
        return exists((x,), Term("member", (x, collection), BOOL))


def _other_key(needs: Needs, term: Term) -> Term:
    """The formula that no other record has the key of the inserted one."""
    records, new = term.args
    sort = records.sort
    assert isinstance(sort, KeyedSort)
    key = Term("field", (new,), sort.key_sort, sort.key)
    there = Term("lookup", (records, key), sort.element)
    return implication(Term("has_key", (records, key), BOOL), equal(there, new))


def _unique(needs: Needs, term: Term) -> Term:
    """The formula that exactly one value satisfies the body."""
    (x,), (body,) = term.bound, term.args
    y = variable(f"{x.data}'", x.sort)
    only = forall((y,), implication(substitute(body, {x: y}), equal(y, x)))
    return exists((x,), conjunction([body, only]))


def _has_value(needs: Needs, term: Term) -> Term:
    return TRUE if term.args[0].op == "some" else Term("is_some", term.args, BOOL)


def _place(needs: Needs, term: Term) -> Term:
    """The formula that a sequence has an element at an index."""
    sequence, index = term.args[:2]
    length = Term("length", (sequence,), INT)
    return conjunction([Term("le", (integer(1), index), BOOL), Term("le", (index, length), BOOL)])


def _divisor(needs: Needs, term: Term) -> Term:
    return negation(equal(term.args[1], integer(0))) if may_fail(term) else TRUE


NEEDS: dict[str, Callable[[Needs, Term], Term]] = {
    "apply": lambda needs, term: needs._index(term),
    "update": lambda needs, term: needs._index(term),
    "within": lambda needs, term: needs.within(term.args[0], term.sort),
    "payload": _has_value,
    "minimum": Needs._inhabited,
    "maximum": Needs._inhabited,
    "lookup": lambda needs, term: Term("has_key", term.args, BOOL),
    "insert": _other_key,
    "choose": _unique,
    "div": _divisor,
    "mod": _divisor,
    "pick": lambda needs, term: exists(term.bound, term.args[0]),
    "tabulate": lambda needs, term: Term("le", (integer(0), term.args[0]), BOOL),
    "at": _place,
    "put": _place,
    "tail": lambda needs, term: Term("le", (integer(1), Term("length", term.args, INT)), BOOL),
}
"""The condition that each partial operator places on its arguments."""


def once(uses: Sequence[Use]) -> list[Use]:
    """The uses without repetitions: a shared term is evaluated once."""
    return list({use.formula: use for use in uses}.values())
