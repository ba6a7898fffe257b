"""The words that clauses are made of: comparisons between stored values of a model and a few bound variables.

Atoms are read off the sorts, and taken from guards and properties. A value that an atom reads may be absent (the payload of an
option, a member of a keyed set): then the atom says nothing, and neither does a clause that contains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, count, islice, product

from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.sorts import (
    BOOL,
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SetSort,
    Sort,
    inner_sorts,
)
from verifier.kernel.terms import (
    Term,
    equal,
    exists,
    forall,
    free_variables,
    implication,
    literal,
    negation,
    state,
    substitute,
    variable,
    walk,
)
from verifier.semantics.scope.expressible import unsupported

COPIES = 2
"""Variables of one sort, unless something is indexed by more of them."""

MOST_INDICES = 3
"""Indices of a place that is considered."""

MOST_ELEMENTS = 24
"""Elements that one set is asked for."""

MOST_RICH = 400
"""Atoms with quantifiers inside."""

MOST_NODES = 16
"""The size of a formula of the model that is taken as an atom."""


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A formula with free variables that applies where all of `present` hold; `opposite` is its negation, as it is printed."""

    term: Term
    present: tuple[Term, ...] = ()
    opposite: Term = field(init=False)
    variables: frozenset[Term] = field(init=False)

    def __post_init__(self) -> None:
        term = self.term
        opposite = Term("lt", term.args[::-1], BOOL) if term.op == "le" else negation(term)
        object.__setattr__(self, "opposite", opposite)
        free = [free_variables(part)[id(part)] for part in (term, *self.present)]
        object.__setattr__(self, "variables", frozenset().union(*free))


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that is stored, or a bound variable: a term, and where it is there at all."""

    term: Term
    present: tuple[Term, ...] = ()


class Vocabulary:
    """The variables and atoms of a model, in a fixed order. `rich` ones, with quantifiers inside, are tried later."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._words = _Words(model)
        self.variables: list[Term] = self._words.variables
        self.atoms: list[Atom] = _distinct(model, self._words.atoms())

    @cached_property
    def rich(self) -> list[Atom]:
        """Atoms with quantifiers inside."""
        return _distinct(self.model, islice(self._words.rich(self.atoms), MOST_RICH), known=self.atoms)

    @property
    def all(self) -> list[Atom]:
        """All of them."""
        return [*self.atoms, *self.rich]

    def copies(self, sort: Sort) -> list[Term]:
        """The variables of a sort."""
        return [one for one in self.variables if one.sort == sort]


def _distinct(model: Model, atoms: Iterable[Atom], known: Sequence[Atom] = ()) -> list[Atom]:
    """The atoms that first-order logic has, each once: of two that read alike, the first."""
    seen = {text(side, model.vocabulary) for atom in known for side in (atom.term, atom.opposite)}
    result = []
    for atom in atoms:
        name = text(atom.term, model.vocabulary)
        if name not in seen and unsupported(atom.term, *atom.present) is None:
            seen |= {name, text(atom.opposite, model.vocabulary)}
            result.append(atom)
    return result


class _Words:
    """Collects the words of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._of: dict[Sort, list[Term]] = {}
        for declared in model.variables:
            self._count(declared.sort, {})
        for sort in model.sorts:
            if isinstance(sort, QuorumSort):
                self._need(sort, 1)
                self._need(sort.of, COPIES)
        self.variables = [one for copies in self._of.values() for one in copies]
        self._places = [
            place for declared in model.variables for place in self._inside(state(declared.name, declared.sort))
        ]
        self._values = [_Value(one) for one in self.variables] + [
            place for place in self._places if _is_value(place.term.sort)
        ]

    # -- variables ---------------------------------------------------------------------------------------------------

    def _need(self, sort: Sort, copies: int) -> None:
        known = self._of.setdefault(sort, [])
        letter = str(sort)[0].lower()
        taken = {one.data for others in self._of.values() for one in others}
        number = 1
        while len(known) < copies:
            name = letter if number == 1 else f"{letter}{number}"
            number += 1
            if name not in taken:
                known.append(variable(name, sort))
                taken.add(name)

    def _count(self, sort: Sort, used: dict[Sort, int]) -> None:
        """Sees to variables for all that a value of the sort is indexed by, or holds names or members of."""
        match sort:
            case FunctionSort(index=index, value=value):
                times = used.get(index, 0) + 1
                if index.is_atomic and sum(used.values()) < MOST_INDICES:
                    self._need(index, max(COPIES, times))
                    self._count(value, {**used, index: times})
            case SetSort(element=element):
                for inner in inner_sorts(element):
                    if inner.is_atomic and not isinstance(inner, BoolSort):
                        self._need(inner, COPIES)
            case KeyedSort():
                if sort.key_sort.is_atomic:
                    self._need(sort.key_sort, COPIES)
                self._count(sort.element, used)
            case RecordSort(fields=fields):
                for _, of in fields:
                    self._count(of, used)
            case OptionSort(element=element):
                self._count(element, used)
            case ScalarSort():
                self._need(sort, COPIES)

    # -- places ------------------------------------------------------------------------------------------------------

    def _inside(
        self, term: Term, present: tuple[Term, ...] = (), used: frozenset[Term] = frozenset()
    ) -> Iterator[_Value]:
        """The places inside a value that hold values which can be compared, or sets with members."""
        sort = term.sort
        match sort:
            case FunctionSort(index=index, value=value):
                for one in self._of.get(index, ()):
                    # Places that read one variable twice are those of fewer variables.
                    if one not in used:
                        yield from self._inside(Term("apply", (term, one), value), present, used | {one})
            case KeyedSort():
                for one in self._of.get(sort.key_sort, ()):
                    has = Term("has_key", (term, one), BOOL)
                    yield _Value(has, present)
                    member = Term("lookup", (term, one), sort.element)
                    yield from self._inside(member, (*present, has), used | {one})
            case OptionSort(element=element):
                yield _Value(term, present)
                some = Term("is_some", (term,), BOOL)
                yield from self._inside(Term("payload", (term,), element), (*present, some), used)
            case RecordSort(fields=fields):
                if sort.ordered:
                    yield _Value(term, present)
                else:
                    for name, of in fields:
                        yield from self._inside(Term("field", (term,), of, name), present, used)
            case _:
                yield _Value(term, present)

    # -- atoms -------------------------------------------------------------------------------------------------------

    def atoms(self) -> Iterator[Atom]:
        """Atoms without quantifiers."""
        for place in self._places:
            yield from self._said(place)
        for one in self.variables:
            if isinstance(one.sort, QuorumSort):
                yield from (Atom(Term("member", (name, one), BOOL)) for name in self._of[one.sort.of])
        for number, left in enumerate(self._values):
            for right in self._values[number + 1 :]:
                yield from _compared(left, right)
        yield from self._taken()

    def _said(self, place: _Value) -> Iterator[Atom]:
        """The atoms about a place alone, or with variables."""
        term, present = place.term, place.present
        sort = term.sort
        match sort:
            case BoolSort():
                yield Atom(term, present)
            case EnumSort(labels=labels):
                for label in labels[: len(labels) - (len(labels) == 2)]:
                    yield Atom(equal(term, literal(label, sort)), present)
            case RangeSort(low=low) if low.op == "literal":
                yield Atom(Term("le", (term, low), BOOL), present)
            case OptionSort(element=element):
                yield Atom(Term("is_some", (term,), BOOL), present)
                if _is_value(element) and not element.is_ordered:
                    for one in self._of.get(element, ()):
                        yield Atom(equal(term, Term("some", (one,), sort)), present)
            case SetSort(element=element):
                for value in islice(self._elements(element), MOST_ELEMENTS):
                    yield Atom(Term("member", (value.term, term), BOOL), (*present, *value.present))

    def _elements(self, sort: Sort) -> Iterator[_Value]:
        """The values of a sort that a set is asked for: those made of variables first."""
        if not isinstance(sort, RecordSort):
            yield from (value for value in self._values if value.term.sort == sort)
            return
        choices = [[one for one in self._values if one.term.sort == of] for _, of in sort.fields]
        made = [(sum(one.term.op != "bound" for one in each), each) for each in product(*choices)]
        for _, each in sorted((entry for entry in made if entry[0] < 2), key=lambda entry: entry[0]):
            present = tuple(part for one in each for part in one.present)
            yield _Value(Term("record", tuple(one.term for one in each), sort), present)

    def _taken(self) -> Iterator[Atom]:
        """The atoms of guards and properties, over the variables here."""
        formulas = [guard.condition for action in self._model.actions for guard in action.guards]
        formulas += [prop.formula for prop in self._model.properties if prop.kind == "state"]
        for formula in formulas:
            for part in _atomic(formula):
                free = sorted(free_variables(part)[id(part)], key=lambda one: str(one.data))
                if part.op in ("eq", "le", "lt", "member", "has_key") and sum(1 for _ in walk(part)) <= MOST_NODES:
                    pools = [self._of.get(one.sort, []) for one in free]
                    for chosen in product(*pools):
                        if len(set(chosen)) == len(chosen):
                            yield Atom(substitute(part, dict(zip(free, chosen, strict=True))))

    # -- quantifiers inside ------------------------------------------------------------------------------------------

    def rich(self, atoms: Sequence[Atom]) -> Iterator[Atom]:
        """Atoms that say that something exists: an index with two facts, or a quorum all of whose members have one."""
        for sort in self._of:
            if isinstance(sort, QuorumSort):
                yield from self._quorums(sort, atoms)
        for sort, copies in self._of.items():
            if isinstance(sort, QuorumSort):
                continue
            last = copies[-1]
            inner = self._fresh(sort)
            facts = [
                (atom, side)
                for atom in atoms
                if last in atom.variables and not atom.present and len(atom.variables) <= COPIES
                for side in (atom.term, atom.opposite)
            ]
            for left, right in combinations(facts, 2):
                both = substitute(Term("and", (left[1], right[1]), BOOL), {last: inner})
                if left[0] is not right[0] and len(free_variables(both)[id(both)]) <= COPIES:
                    yield Atom(exists((inner,), both))

    def _fresh(self, sort: Sort) -> Term:
        """A variable for a quantifier inside an atom, called as the next one of its sort."""
        taken = {one.data for one in self.variables}
        letter = str(sort)[0].lower()
        names = (f"{letter}{number}" for number in count(2))
        return variable(next(name for name in names if name not in taken), sort)

    def _quorums(self, sort: QuorumSort, atoms: Sequence[Atom]) -> Iterator[Atom]:
        name = self._of[sort.of][-1]
        quorum, member = self._fresh(sort), self._fresh(sort.of)
        inside = Term("member", (member, quorum), BOOL)
        for atom in atoms:
            if name in atom.variables and not any(isinstance(one.sort, QuorumSort) for one in atom.variables):
                for side in (atom.term, atom.opposite):
                    said = implication(Term("and", (inside, *atom.present), BOOL) if atom.present else inside, side)
                    yield Atom(exists((quorum,), forall((member,), substitute(said, {name: member}))))


def _is_value(sort: Sort) -> bool:
    """Whether values of the sort are compared with each other."""
    return isinstance(sort, (RangeSort, ScalarSort)) or (isinstance(sort, RecordSort) and sort.ordered)


def _compared(left: _Value, right: _Value) -> Iterator[Atom]:
    """How two values of one sort compare if at least one of them is stored; two names may be equal."""
    sort, present = left.term.sort, (*left.present, *right.present)
    if sort != right.term.sort:
        return
    if sort.is_ordered:
        yield Atom(Term("le", (left.term, right.term), BOOL), present)
        yield Atom(Term("le", (right.term, left.term), BOOL), present)
    else:
        yield Atom(equal(left.term, right.term), present)


def _atomic(formula: Term) -> Iterator[Term]:
    """The formulas below connectives and quantifiers."""
    match formula.op:
        case "and" | "or" | "not" | "implies":
            for arg in formula.args:
                yield from _atomic(arg)
        case "forall" | "exists":
            yield from _atomic(formula.args[0])
        case _:
            yield formula
