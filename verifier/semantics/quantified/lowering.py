"""Terms of the language as values over z3 terms, in one context and over one copy of the state.

A term that is defined by a property of its own (the least or greatest element of a set, a choice) becomes a fresh constant, or a
fresh function of the variables around it, with an axiom that gives its meaning where it is defined. Those axioms are the facts
about finite sets that a proof trusts, and are listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from verifier.kernel.operators import entry, those
from verifier.kernel.printing import text
from verifier.kernel.sorts import (
    INT,
    KeyedSort,
    RangeSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, walk
from verifier.semantics.quantified.meanings import MEANINGS, member
from verifier.semantics.quantified.premises import Axiom
from verifier.semantics.quantified.shapes import FunctionValue, SequenceValue, SetValue, Value
from verifier.semantics.quantified.smt import Ast, Declaration, Kind, Smt
from verifier.semantics.quantified.totals import TOTALS, Totals
from verifier.semantics.quantified.values import Values, origin_of
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.expressible import is_flat
from verifier.semantics.symbols import Origin, Part, symbol

Environment = Mapping[Term, Value]
WITNESSED = those(lambda operator: operator.witnessed)


class Lowering:
    """Lowers terms; the results are kept.

    `constants` holds the values of action arguments and witnesses, and of whatever else is a constant of an
    obligation.
    """

    def __init__(self, scope: Unbounded, beside: Lowering | None = None) -> None:
        self.scope = scope
        self.smt: Smt = Smt(None if beside is None else beside.smt)
        self.values = self._values()
        self.constants: dict[Term, Value] = {}
        self.names: dict[Term, tuple[Origin, tuple[Part, ...]]] = {}
        self._ends_of: dict[tuple[Term, Term], tuple[Ast | None, Ast | None]] = {}
        self._free: dict[Term, tuple[Term, ...]] = {}
        self._done: dict[tuple[Any, ...], tuple[Value, tuple[Value, ...]]] = {}
        self._state: dict[str, Value] = {}
        self._parameters: dict[str, Ast] = {}
        self._witness: dict[Term, list[Declaration]] = {}
        self._needs: dict[Term, tuple[Term, ...]] = {}
        self._same: dict[Term, Term] = {}
        self._first: dict[tuple[Any, ...], Term] = {}
        self._axioms: dict[Term, Axiom] = {}
        self._ends_met: list[Term] = []
        self._totals = Totals(self)

    def _values(self) -> Values:
        return Values(self.smt, self._ends)

    def _ends(self, sort: RangeSort) -> tuple[Ast | None, Ast | None]:
        known = self._ends_of.get((sort.low, sort.high))
        if known is None:
            low, high = self.scope.low(sort), self.scope.high(sort)
            known = (None if low is None else self.formula(low), None if high is None else self.formula(high))
            self._ends_met += [end for end in (low, high) if end is not None]
            self._ends_of[sort.low, sort.high] = known
        return known

    def declare(self, variable: Term, origin: Origin, *name: Part) -> None:
        """Makes a bound variable a constant of the obligations, of this origin and name; that of a set or function is symbols."""
        self.names[variable] = origin, name
        make = self.values.fresh if is_flat(variable.sort) else self.values.free
        self.constants[variable] = make(origin, name, variable.sort)

    def declare_locally(self, variable: Term) -> None:
        """Makes a bound variable a constant that no other obligation mentions."""
        self.declare(variable, "case", variable.data, self.values.number())

    def parameter(self, term: Term) -> Ast:
        """The constant that stands for a parameter."""
        name = cast(str, term.data)
        if name not in self._parameters:
            self._parameters[name] = self.smt.constant(symbol("parameter", name), self._kind(term))
        return self._parameters[name]

    def formula(self, term: Term) -> Ast:
        """A closed formula; free variables are looked up in `constants`."""
        return cast(Ast, self.term(term))

    def state(self, name: str, sort: Sort) -> Value:
        """The value of a state variable, made of free symbols."""
        if name not in self._state:
            self._state[name] = self.values.free("state", [name], sort)
        return self._state[name]

    def axioms(self, terms: Iterable[Term]) -> tuple[Axiom, ...]:
        """All that is assumed of the symbols in formulas: of sorts, and of the witnesses in these terms.

        Asked for when a question is asked, not before: whatever is lowered until then may bring new symbols along.
        """
        defined = self._definitions([*terms, *self._ends_met])
        return (*self._sort_axioms(), *defined)

    def _definitions(self, terms: Sequence[Term]) -> list[Axiom]:
        result: dict[Term, None] = {}
        for root in terms:
            if root not in self._needs:
                ones = (self._representative(term) for term in walk(root) if self._is_witnessed(term))
                self._needs[root] = tuple(dict.fromkeys(ones))
            for term in self._needs[root]:
                self._declare(term)
                result[term] = None
        defined = [self._axioms[term] for term in result if term in self._axioms]
        return [*defined, *self._totals.axioms([term for term in result if term.op in TOTALS], terms)]

    def counted(self, terms: Iterable[Term], elements: Callable[[Sort], Sequence[Value] | None]) -> list[Ast]:
        """The totals in some terms, where they add up these elements of each sort alone; see `Totals`."""
        read = {total: None for root in terms for total in self._needs.get(root, ()) if total.op in TOTALS}
        return self._totals.counted(list(read), elements)

    def compares_totals(self, root: Term) -> bool:
        """Whether there are axioms about totals because of a term of this formula: without the term they would not exist."""
        return any(term.op in TOTALS for term in self._needs.get(root, ()))

    def _sort_axioms(self) -> list[Axiom]:
        return [Axiom(name, formula) for name, formula in self.values.axioms.items()]

    def _is_witnessed(self, term: Term) -> bool:
        return term.op in WITNESSED

    def _representative(self, term: Term) -> Term:
        """The first term met that is the same except for the names of variables: such terms share one witness."""
        known = self._same.get(term)
        if known is None:
            places = {v: place for place, v in enumerate(self._around(term))}
            known = self._same[term] = self._first.setdefault(self._shape(term, places, {}, 0), term)
        return known

    def _shape(self, term: Term, places: Mapping[Term, int], inner: Mapping[Term, int], depth: int) -> tuple[Any, ...]:
        if term.op == "bound":
            if term in inner:
                return ("inner", inner[term])
            return ("free", places[term], origin_of(term.sort)) if term in places else ("constant", term)
        below = {**inner, **{v: depth + place for place, v in enumerate(term.bound)}}
        data = tuple(origin_of(v.sort) for v in term.bound) if term.bound else term.data
        parts = [
            self._shape(arg, places, below if term.binds_in(place) else inner, depth + len(term.bound))
            for place, arg in enumerate(term.args)
        ]
        return (term.op, origin_of(term.sort), data, *parts)

    def _around(self, term: Term) -> tuple[Term, ...]:
        """The variables that the witness of a term is a function of; sets and functions among them are constants."""
        result = tuple(v for v in self.free(term) if is_flat(v.sort))
        return tuple(v for v in result if v not in self.constants) if term.op in TOTALS else result

    # -- terms -----------------------------------------------------------------------------------------------

    def free(self, term: Term) -> tuple[Term, ...]:
        """The bound variables that occur free in a term, in the order in which they occur."""
        known = self._free.get(term)
        if known is None:
            places = enumerate(term.args)
            result = {v: None for p, arg in places for v in self.free(arg) if not (term.binds_in(p) and v in term.bound)}
            known = self._free[term] = (term,) if term.op == "bound" else tuple(result)
        return known

    def term(self, term: Term, environment: Environment | None = None) -> Value:
        """The value of a term where its free variables have the values of the environment, then of
        `constants`.
        """
        environment = environment or {}
        used = tuple(environment[v] for v in self.free(term) if v in environment)
        key = (term, *(id(value) for value in used))
        known = self._done.get(key)
        if known is None:
            # The values are kept with the result, so that their identities stay theirs.
            known = self._done[key] = (self._lower(term, environment), used)
        return known[0]

    def _lower(self, term: Term, env: Environment) -> Value:
        special = LOWERED.get(term.op)
        if special is not None:
            return special(self, term, env)
        return self._operation(term, [self.term(arg, env) for arg in term.args])

    def _bound(self, term: Term, env: Environment) -> Value:
        return env[term] if term in env else self.constants[term]

    def _function(self, term: Term, env: Environment) -> Value:
        return FunctionValue(lambda i: self._body(term, i, env))

    def _set(self, term: Term, env: Environment) -> Value:
        element = cast(SetSort, term.sort).element
        return SetValue(lambda x: self.smt.conjunction([self.values.domain(x, element), self._body(term, x, env)]))

    def _body(self, term: Term, value: Value, env: Environment, position: int = 0) -> Value:
        return self.term(term.args[position], {**env, term.bound[0]: value})

    def _kind(self, term: Term) -> Kind:
        """The z3 sort of an integer term."""
        return self.smt.int_sort

    def _components(self, term: Term) -> list[Kind]:
        """The z3 sorts that the value of a term of a flat sort is a tuple of."""
        return self.values.components(term.sort)

    def _literal(self, term: Term) -> Value:
        if isinstance(term.data, bool):
            return self.smt.boolean(term.data)
        if isinstance(term.data, int):
            return self.smt.integer(term.data)
        return self.values.constant(term.sort, term.data)

    def _operation(self, term: Term, args: list[Value]) -> Value:
        """The value of an operator that depends on the values of its arguments alone."""
        return entry(MEANINGS, term.op, "the quantified semantics")(self.values, term, args)

    # -- binders ---------------------------------------------------------------------------------------------

    def _quantifier(self, term: Term, env: Environment) -> Ast:
        bound = term.bound
        names = [(v.data, v.sort) for v in bound]

        def body(chosen: list[Value]) -> Ast:
            return cast(Ast, self.term(term.args[0], {**env, **dict(zip(bound, chosen, strict=True))}))

        return self.values.quantify(term.op == "forall", names, body)

    def _member_quantifier(self, term: Term, env: Environment) -> Ast:
        sort = cast(KeyedSort, term.args[0].sort)
        collection = self.term(term.args[0], env)
        universal = term.op == "forall_in"

        def body(keys: list[Value]) -> Ast:
            inside = cast(Ast, self._body(term, collection.record(keys[0]), env, 1))
            there = collection.has(keys[0])
            return self.smt.implication(there, inside) if universal else self.smt.conjunction([there, inside])

        return self.values.quantify(universal, [(term.bound[0].data, sort.key_sort)], body, ranged=False)

    def _position_quantifier(self, term: Term, env: Environment) -> Ast:
        smt, last = self.smt, cast(Ast, self.term(term.args[0], env))
        universal = term.op == "forall_upto"

        def body(places: list[Value]) -> Ast:
            inside = cast(Ast, self._body(term, places[0], env, 1))
            there = smt.conjunction([smt.at_most(smt.integer(1), places[0]), smt.at_most(places[0], last)])
            return smt.implication(there, inside) if universal else smt.conjunction([there, inside])

        return self.values.quantify(universal, [(term.bound[0].data, INT)], body, ranged=False)

    def _tabulated(self, term: Term, env: Environment) -> Value:
        return SequenceValue(cast(Ast, self.term(term.args[0], env)), lambda i: self._body(term, i, env, 1))

    # -- minima, maxima, choices -----------------------------------------------------------------------------

    def _witnessed(self, term: Term, env: Environment) -> Value:
        one = self._representative(term)
        self._declare(one)
        given = [(env[v] if v in env else self.constants[v], v.sort) for v in self._around(term)]
        return self._name(one, [ast for value, sort in given for ast in self.values.flatten(value, sort)])

    def _name(self, term: Term, over: list[Ast]) -> Value:
        return self.values.compose([self.smt.call(part, over) for part in self._witness[term]], term.sort)

    def _declare(self, term: Term) -> None:
        """Names the witness of a term that stands for all alike, and makes its axiom, if it has one of its own."""
        if term in self._witness:
            return
        around = self._around(term)
        kinds = [kind for v in around for kind in self.values.components(v.sort)]
        origin, number = self._origin(term), len(self._witness)
        self._witness[term] = [
            self.smt.function(symbol(origin, number, place), kinds, kind)
            for place, kind in enumerate(self._components(term))
        ]
        if term.op in TOTALS:
            return
        bound = [(v.data, v.sort) for v in around]

        def axiom(chosen: list[Value]) -> Ast:
            env = dict(zip(around, chosen, strict=True))
            over = [ast for v, value in env.items() for ast in self.values.flatten(value, v.sort)]
            return self._definition(term, self._name(term, over), env)

        formula = self.values.quantify(True, bound, axiom, ranged=False)
        self._axioms[term] = Axiom(f"{text(term, self.scope.model.vocabulary)} is what it says", formula, term)

    def _origin(self, term: Term) -> Origin:
        """The origin of a witness's symbols."""
        return cast(Origin, term.op)

    def _definition(self, term: Term, witness: Value, env: Environment) -> Ast:
        """The defining property of the witness, where there is one."""
        smt, values = self.smt, self.values
        if term.op == "choose":
            variable = term.bound[0]
            chosen = self._body(term, witness, env)
            some = values.quantify(False, [(variable.data, variable.sort)], lambda x: self._body(term, x[0], env))
            return smt.implication(some, smt.conjunction([values.domain(witness, variable.sort), chosen]))
        collection, sort = self.term(term.args[0], env), term.args[0].sort
        element = cast("SetSort | KeyedSort", sort).element
        inside = member(self.values, witness, collection, sort)

        def bounded(items: list[Value]) -> Ast:
            item = collection.record(items[0]) if isinstance(sort, KeyedSort) else items[0]
            there = collection.has(items[0])
            low, high = (witness, item) if term.op == "minimum" else (item, witness)
            return smt.implication(there, values.less(low, high, element, strict=False))

        index = sort.key_sort if isinstance(sort, KeyedSort) else element
        some = values.quantify(False, [("x", index)], lambda x: cast(Ast, collection.has(x[0])), ranged=False)
        extreme = values.quantify(True, [("x", index)], bounded, ranged=False)
        return smt.implication(some, smt.conjunction([inside, extreme]))


LOWERED: dict[str, Callable[[Lowering, Term, Environment], Value]] = {
    "literal": lambda lowering, term, env: lowering._literal(term),
    "parameter": lambda lowering, term, env: lowering.parameter(term),
    "bound": Lowering._bound,
    "state": lambda lowering, term, env: lowering.state(term.data, term.sort),
    "forall": Lowering._quantifier,
    "exists": Lowering._quantifier,
    "function": Lowering._function,
    "set": Lowering._set,
    "forall_upto": Lowering._position_quantifier,
    "exists_upto": Lowering._position_quantifier,
    "tabulate": Lowering._tabulated,
    "forall_in": Lowering._member_quantifier,
    "exists_in": Lowering._member_quantifier,
    **dict.fromkeys(WITNESSED, Lowering._witnessed),
}
"""The operators whose meaning depends on more than the values of their arguments; `MEANINGS` has the others."""
