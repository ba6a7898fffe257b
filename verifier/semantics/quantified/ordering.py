"""The second lowering: integers that are only compared, copied and counted up become a totally ordered sort.

z3 decides many obligations at once over an uninterpreted order that it does not decide over integers. `x + 1` outside a
quantifier becomes a witness that is the next larger value; equal terms share one. Whatever else is done with an integer (other
arithmetic, `x[n] + 1` under a quantifier) keeps it an integer, along with everything it is compared to. Every structure of the
integers is one of the order, so an obligation that is unsatisfiable here is unsatisfiable there: this lowering may prove an
obligation, never refute it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from z3 import Z3Exception

from verifier.kernel.operators import OPERATORS, UnknownOperator
from verifier.kernel.sorts import (
    BOOL,
    KeyedSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    Sort,
    atoms,
)
from verifier.kernel.terms import TRUE, Term, integer, rewrite, walk
from verifier.semantics.quantified.lowering import Environment, Lowering
from verifier.semantics.quantified.obligations import Obligation
from verifier.semantics.quantified.premises import Axiom
from verifier.semantics.quantified.shapes import Value
from verifier.semantics.quantified.smt import Ast, Kind
from verifier.semantics.quantified.totals import element_of
from verifier.semantics.quantified.values import Values
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.symbols import Origin, symbol

Key = tuple[Any, ...]


def ordered(obligation: Obligation) -> Obligation | None:
    """The obligation over ordered sorts, in a context of its own; None if no integer of it can be one."""
    scope = obligation.lowering.scope
    premises = (*obligation.background, *obligation.premises)
    stated = [normal(term) for term in obligation.stated]
    classes = Classes(scope, stated, obligation.lowering.names)
    if not classes.any_ordered:
        return None
    lowering = OrderedLowering(scope, classes)
    try:
        for variable, (origin, name) in obligation.lowering.names.items():
            if any(variable in lowering.free(term) for term in stated):
                if origin == "case":
                    lowering.declare_locally(variable)
                else:
                    lowering.declare(variable, origin, *name)
        formulas = [lowering.formula(term) for term in stated]
        lowering.axioms(stated)
    except Z3Exception:
        # Two integers of different classes met where the classes do not look, inside a structure of bare integers.
        return None
    built = [replace(p, stated=t, formula=f) for p, t, f in zip(premises, stated, formulas, strict=False)]
    first, last = len(obligation.background), len(premises)
    goals = zip(obligation.goals, stated[last:], formulas[last:], strict=True)
    return replace(
        obligation,
        lowering=lowering,
        background=tuple(built[:first]),
        premises=tuple(built[first:]),
        goals=tuple(replace(goal, stated=term, formula=formula) for goal, term, formula in goals),
    )


def normal(term: Term) -> Term:
    """The term with comparisons of neighbours as plain ones: `x <= y - 1` as `x < y`, `x < y + 1` as `x <=
    y`.
    """

    def rule(node: Term) -> Term | None:
        if node.op in ("add", "sub") and all(arg.op == "literal" for arg in node.args):
            left, right = (arg.data for arg in node.args)
            return integer(left + right if node.op == "add" else left - right)
        if node.op == "le":
            low, high = node.args
            if (below := _neighbour(high, "sub")) or (above := _neighbour(low, "add")):
                return Term("lt", (low, below) if below else (cast(Term, above), high), BOOL)
        if node.op == "lt":
            low, high = node.args
            if (above := _neighbour(high, "add")) or (below := _neighbour(low, "sub")):
                return Term("le", (low, above) if above else (cast(Term, below), high), BOOL)
        return None

    return rewrite(term, rule)


def _neighbour(term: Term, op: str) -> Term | None:
    """x, if the term is x + 1 (or x - 1)."""
    if term.op == op and term.args[1].op == "literal" and term.args[1].data == 1:
        return term.args[0]
    return None


UNRELATED = frozenset(
    {"literal", "parameter", "bound", "state", "next", "not", "and", "or", "implies", "forall", "exists"}
    | {"none", "is_some", "keyed"}
)
"""The operators that relate no integers of theirs to each other."""


class Classes:
    """Which integers are compared to which: a partition of the ranges and integer terms, by union and find."""

    def __init__(self, scope: Unbounded, terms: Sequence[Term], constants: Iterable[Term]) -> None:
        self.scope = scope
        self._parent: dict[Key, Key] = {}
        self._integers: set[Key] = set()
        self._names: dict[Key, str | int] = {}
        self._bound: dict[Term, frozenset[Term]] = {}
        self._constants = frozenset(constants)
        self._ranges: dict[tuple[str, Term, Term], RangeSort] = {}
        for term in walk(*terms):
            self._visit(term)
        # The ends of a range are terms of its class; they may hold further ranges in no model.
        for sort in list(self._ranges.values()):
            for end in (scope.low(sort), scope.high(sort)):
                for term in walk(end) if end is not None else ():
                    self._visit(term)
                if end is not None:
                    self._join(self.leaves(end.sort, end), [("range", sort.name)])
        self._integers = {self._find(key) for key in self._integers}

    @property
    def any_ordered(self) -> bool:
        """Whether some range has become an ordered sort."""
        return any(self.name(("range", sort.name)) is not None for sort in self._ranges.values())

    def name(self, key: Key) -> str | int | None:
        """The ordered sort that a key belongs to, called after one of its ranges or numbered; None if it is an integer."""
        root = self._find(key)
        if root in self._integers:
            return None
        if root not in self._names:
            members = [k[1] for k in self._parent if k[0] == "range" and self._find(k) == root]
            self._names[root] = min(members) if members else len(self._names)
        return self._names[root]

    def of_term(self, term: Term) -> str | int | None:
        """The ordered sort of an integer term."""
        return self.name(self.leaves(term.sort, term)[0])

    def leaves(self, sort: Sort, owner: Term) -> list[Key]:
        """The keys of the integers in a value of the sort: ranges by name, bare integers by the term."""
        result: list[Key] = []
        for atom in atoms(sort):
            if isinstance(atom, RangeSort):
                self._ranges.setdefault((atom.name, atom.low, atom.high), atom)
                result.append(("range", atom.name))
            elif atom.is_integer:
                result.append(("parameter", owner.data) if owner.op == "parameter" else ("term", owner, len(result)))
        return result

    def _find(self, key: Key) -> Key:
        root = key
        while (above := self._parent.setdefault(root, root)) != root:
            root = above
        while self._parent[key] != root:
            self._parent[key], key = root, self._parent[key]
        return root

    def _join(self, left: Sequence[Key], right: Sequence[Key]) -> None:
        for a, b in zip(left, right, strict=True):
            self._parent[self._find(a)] = self._find(b)

    def _bound_in(self, term: Term) -> frozenset[Term]:
        known = self._bound.get(term)
        if known is None:
            below = (self._bound_in(arg) for arg in term.args)
            own = [term] if term.op == "bound" and term not in self._constants else []
            known = self._bound[term] = frozenset(own).union(*below) - frozenset(term.bound)
        return known

    def _visit(self, term: Term) -> None:
        own = self.leaves(term.sort, term)
        args = [self.leaves(arg.sort, arg) for arg in term.args]
        bound = [self.leaves(v.sort, v) for v in term.bound]
        match term.op:
            case "eq" | "lt" | "le":
                self._join(args[0], args[1])
            case "ite":
                self._join(own, args[1])
                self._join(own, args[2])
            case "apply":
                self._join(args[0], args[1] + own)
            case "function":
                self._join(own, bound[0] + args[0])
            case "update":
                self._join(own, args[0])
                self._join(own, args[1] + args[2])
            case "member":
                if args[1]:
                    self._join(args[0], args[1])
            case "set" | "choose":
                self._join(own, bound[0])
            case "minimum" | "maximum" | "some" | "payload" | "lookup" | "within":
                self._join(own, args[0])
            case "insert":
                self._join(own, args[0])
                self._join(own, args[1])
            case "sequence":
                for arg in args:
                    self._join(own, arg)
            case "append":
                self._join(own, args[0])
                self._join(own, args[1])
            case "at" | "put":
                # Indices are computed with: they count from 1 to the length.
                self._join(own, args[0])
                self._integers.update(args[1])
                if term.op == "put":
                    self._join(own, args[2])
            case "tail":
                self._join(own, args[0])
            case "tabulate":
                self._join(own, args[1])
                self._integers.update(args[0] + bound[0])
            case "forall_upto" | "exists_upto":
                self._integers.update(args[0] + bound[0])
            case "length":
                self._integers.update(own)
            case "cardinality" | "sum":
                self._integers.update(own)
                if term.op == "sum":
                    self._integers.update(args[0])
                element = element_of(term)
                if isinstance(element, ScalarSort):
                    # The size of the sort is compared with it.
                    self._integers.add(("parameter", element.parameter))
            case "remove" | "has_key":
                self._join(self._key(term.args[0], args[0]), args[1])
            case "record":
                self._join(own, [key for arg in args for key in arg])
            case "field":
                self._join(own, self._field(term, args[0]))
            case "forall_in" | "exists_in":
                self._join(bound[0], args[0])
            case "add" | "sub":
                self._join(own, args[0])
                self._join(own, args[1])
                if term.args[1].op != "literal" or term.args[1].data < 0 or self._bound_in(term):
                    self._integers.update(own)
            case op if OPERATORS[op].numbers:
                self._join(own, args[0])
                self._join(own, args[1])
                self._integers.update(own)
            case op if op not in UNRELATED:
                raise UnknownOperator(op, "the classes of integers")
        if term.op == "remove":
            self._join(own, args[0])
        if term.op == "lookup":
            self._join(self._key(term.args[0], args[0]), args[1])

    def _field(self, term: Term, record: list[Key]) -> list[Key]:
        sort = cast(RecordSort, term.args[0].sort)
        return self._part(sort, cast(str, term.data), record)

    def _key(self, collection: Term, keys: list[Key]) -> list[Key]:
        sort = cast(KeyedSort, collection.sort)
        return self._part(sort.element, sort.key, keys)

    def _part(self, sort: RecordSort, field: str, keys: list[Key]) -> list[Key]:
        start = 0
        for name, of in sort.fields:
            size = len(self.leaves(of, TRUE))
            if name == field:
                return keys[start : start + size]
            start += size
        raise KeyError(field)


class OrderedValues(Values):
    """Values whose ranges are ordered sorts where the classes say so."""

    def __init__(self, lowering: OrderedLowering) -> None:
        super().__init__(lowering.smt, lowering._ends)
        self.classes = lowering.classes
        self._ordered: dict[str | int, Kind] = {}

    def integer_kind(self, sort: Sort) -> Kind:
        """The z3 sort of a range; Int for bare integers."""
        name = self.classes.name(("range", sort.name)) if isinstance(sort, RangeSort) else None
        return self.smt.int_sort if name is None else self.order(name)

    def order(self, name: str | int) -> Kind:
        """The ordered sort of this name, with its axioms."""
        if name not in self._ordered:
            kind = self._ordered[name] = self.smt.sort(symbol("order", name))
            relation = self.smt.function(symbol("le", name), [kind, kind], self.smt.bool_sort)
            self.give_order(kind, relation, str(name))
        return self._ordered[name]


class OrderedLowering(Lowering):
    """Lowers terms with some integers as values of ordered sorts."""

    values: OrderedValues

    def __init__(self, scope: Unbounded, classes: Classes) -> None:
        self.classes = classes
        self._literals: dict[str | int, dict[int, Ast]] = {}
        self._pairs: dict[tuple[str | int, int, int], Axiom] = {}
        super().__init__(scope)

    def _values(self) -> Values:
        return OrderedValues(self)

    def _kind(self, term: Term) -> Kind:
        name = self.classes.of_term(term)
        return self.smt.int_sort if name is None else self.values.order(name)

    def _components(self, term: Term) -> list[Kind]:
        return [self._kind(term)] if term.sort.is_integer else super()._components(term)

    def _around(self, term: Term) -> tuple[Term, ...]:
        # A neighbour is one value, not a function: functions from an order into itself lead nowhere.
        if term.op in ("add", "sub"):
            return tuple(v for v in self.free(term) if v not in self.constants)
        return super()._around(term)

    def _is_witnessed(self, term: Term) -> bool:
        counts = term.op in ("add", "sub") and self.classes.of_term(term) is not None
        return counts or super()._is_witnessed(term)

    def _lower(self, term: Term, env: Environment) -> Value:
        if term.op in ("add", "sub") and self._is_witnessed(term):
            return self._witnessed(term, env)
        return super()._lower(term, env)

    def _literal(self, term: Term) -> Value:
        if isinstance(term.data, bool) or not isinstance(term.data, int):
            return super()._literal(term)
        name = self.classes.of_term(term)
        if name is None:
            return super()._literal(term)
        known = self._literals.setdefault(name, {})
        if term.data not in known:
            kind = self.values.order(name)
            known[term.data] = self.smt.constant(symbol("number", name, term.data), kind)
        return known[term.data]

    def _origin(self, term: Term) -> Origin:
        return "neighbour" if term.op in ("add", "sub") else super()._origin(term)

    def _definition(self, term: Term, witness: Value, env: Environment) -> Ast:
        if term.op not in ("add", "sub"):
            return super()._definition(term, witness, env)
        base = cast(Ast, self.term(term.args[0], env))
        steps = cast(int, term.args[1].data)
        if steps == 0:
            return self.smt.equal(witness, base)
        low, high = (base, witness) if term.op == "add" else (witness, base)
        return self._apart(low, high, steps == 1)

    def _apart(self, low: Ast, high: Ast, neighbours: bool) -> Ast:
        """`low` is less than `high`, and nothing is between them if they are neighbours."""
        smt, values = self.smt, self.values
        apart = values.ordered(low, high, strict=True)
        if not neighbours:
            return apart
        between = values.bound("between", smt.sort_of(low))
        outside = smt.disjunction(
            [values.ordered(between, low, strict=False), values.ordered(high, between, strict=False)]
        )
        return smt.conjunction([apart, smt.quantified(True, [between], outside)])

    def _sort_axioms(self) -> list[Axiom]:
        """With those of the literals met: they are ordered as they should, neighbours with nothing between them."""
        axioms = super()._sort_axioms()
        for name, known in self._literals.items():
            for low, high in itertools.pairwise(sorted(known)):
                if (name, low, high) not in self._pairs:
                    apart = self._apart(known[low], known[high], high == low + 1)
                    self._pairs[name, low, high] = Axiom(f"{low} < {high} in {name}", apart)
                axioms.append(self._pairs[name, low, high])
        return axioms
