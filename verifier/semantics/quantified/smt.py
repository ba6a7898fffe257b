"""A small typed interface to z3's C functions: one context, its sorts, terms and solvers.

z3's own Python classes cost about twenty times as much a node, and carry no types. A context made here keeps
every term alive until it is dropped itself, so no reference is counted.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NewType

from z3 import z3core

from verifier.semantics.solving import Solver
from verifier.semantics.symbols import symbol

Ast = NewType("Ast", object)
Kind = NewType("Kind", object)
Declaration = NewType("Declaration", object)


_COPIED = re.compile(r"\(_ ([^\s()]+) \1\)")
"""How z3 prints a constant of an enumeration that was copied from another context."""


def _ignore(context: object, code: object) -> None:
    """z3's own handler would end the process; every wrapper raises by itself."""


class _Context:
    """A context of z3, which exists as long as this. Each takes 17 MB, and the time that the system needs to provide them."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        config = z3core.Z3_mk_config()
        self.handle: Any = make(config)
        z3core.Z3_del_config(config)
        self._handler = z3core.Z3_set_error_handler(self.handle, _ignore)
        weakref.finalize(self, z3core.Z3_del_context, self.handle).atexit = False


@lru_cache(maxsize=2)
def _printing(enumerations: tuple[tuple[str, tuple[str, ...]], ...]) -> _Context:
    """A context that drops terms as soon as nothing refers to them; for formulas over these enumerations.

    A context keeps the values of an enumeration by its name, so models that differ in them get a context each.
    """
    return _Context(z3core.Z3_mk_context_rc)


class Smt:
    """One z3 context. Boolean constructors fold constants, nothing else is simplified."""

    def __init__(self, beside: Smt | None = None) -> None:
        """Makes a context, or uses that of another one, whose symbols may be declared again: those of one name are the same.

        The answer to a question can depend on all terms of a context, so only terms that are never asked about should share one.
        """
        self._context: _Context = _Context(z3core.Z3_mk_context) if beside is None else beside._context
        self.context: Any = self._context.handle
        self._enumerations: dict[str, tuple[tuple[str, ...], Kind, list[Ast]]] = {} if beside is None else beside._enumerations
        self.bool_sort = Kind(z3core.Z3_mk_bool_sort(self.context))
        self.int_sort = Kind(z3core.Z3_mk_int_sort(self.context))
        self.true = Ast(z3core.Z3_mk_true(self.context))
        self.false = Ast(z3core.Z3_mk_false(self.context))
        self.steps = 0
        self._declared: set[str] = set()
        self._marks: list[Ast] = []

    def _symbol(self, name: str) -> Any:
        return z3core.Z3_mk_string_symbol(self.context, name)

    def _new(self, name: str) -> Any:
        """The symbol of a declaration. Raises ValueError if there is one of this name: it would be the same to z3."""
        if name in self._declared:
            raise ValueError(f"{name} is declared twice")
        self._declared.add(name)
        return self._symbol(name)

    @staticmethod
    def _array(items: Sequence[Any], of: Any) -> Any:
        return (of * len(items))(*items)

    def sort(self, name: str) -> Kind:
        """A new uninterpreted sort."""
        return Kind(z3core.Z3_mk_uninterpreted_sort(self.context, self._new(name)))

    def enumeration(self, name: str, labels: Sequence[str]) -> tuple[Kind, list[Ast]]:
        """A new finite sort with these constants, all distinct."""
        new, called = [self._new(label) for label in labels], self._new(name)
        if name not in self._enumerations:
            constants, testers = (z3core.FuncDecl * len(labels))(), (z3core.FuncDecl * len(labels))()
            names = self._array(new, z3core.Symbol)
            built = z3core.Z3_mk_enumeration_sort(self.context, called, len(labels), names, constants, testers)
            values = [self.call(Declaration(constants[i]), ()) for i in range(len(labels))]
            self._enumerations[name] = tuple(labels), Kind(built), values
        known, kind, values = self._enumerations[name]
        if known != tuple(labels):
            raise ValueError(f"{name} has other constants in this context")
        return kind, list(values)

    def function(self, name: str, domain: Sequence[Kind], target: Kind) -> Declaration:
        """A new uninterpreted function; a constant where the domain is empty."""
        kinds = self._array(domain, z3core.Sort)
        return Declaration(z3core.Z3_mk_func_decl(self.context, self._new(name), len(domain), kinds, target))

    def call(self, function: Declaration, args: Sequence[Ast]) -> Ast:
        """The application of a function."""
        return Ast(z3core.Z3_mk_app(self.context, function, len(args), self._array(args, z3core.Ast)))

    def constant(self, name: str, sort: Kind) -> Ast:
        """A new free constant."""
        return Ast(z3core.Z3_mk_const(self.context, self._new(name), sort))

    def marks(self, count: int) -> list[Ast]:
        """The first truth values of those that mark the parts of a question; the same for every question."""
        while len(self._marks) < count:
            self._marks.append(self.constant(symbol("mark", len(self._marks)), self.bool_sort))
        return self._marks[:count]

    def integer(self, value: int) -> Ast:
        """An integer literal of any size."""
        return Ast(z3core.Z3_mk_numeral(self.context, str(value), self.int_sort))

    def boolean(self, value: bool) -> Ast:
        """A truth value."""
        return self.true if value else self.false

    def negate(self, term: Ast) -> Ast:
        """Not."""
        if term is self.true or term is self.false:
            return self.boolean(term is self.false)
        return Ast(z3core.Z3_mk_not(self.context, term))

    def conjunction(self, terms: Iterable[Ast]) -> Ast:
        """And, of any number of terms."""
        parts = [term for term in terms if term is not self.true]
        if any(term is self.false for term in parts):
            return self.false
        if len(parts) < 2:
            return parts[0] if parts else self.true
        return Ast(z3core.Z3_mk_and(self.context, len(parts), self._array(parts, z3core.Ast)))

    def disjunction(self, terms: Iterable[Ast]) -> Ast:
        """Or, of any number of terms."""
        parts = [term for term in terms if term is not self.false]
        if any(term is self.true for term in parts):
            return self.true
        if len(parts) < 2:
            return parts[0] if parts else self.false
        return Ast(z3core.Z3_mk_or(self.context, len(parts), self._array(parts, z3core.Ast)))

    def implication(self, premise: Ast, conclusion: Ast) -> Ast:
        """Premise implies conclusion."""
        if premise is self.true or conclusion is self.true:
            return conclusion
        if premise is self.false or conclusion is self.false:
            return self.negate(premise)
        return Ast(z3core.Z3_mk_implies(self.context, premise, conclusion))

    def ite(self, condition: Ast, then: Ast, otherwise: Ast) -> Ast:
        """If condition then ... else ..."""
        if condition is self.true or condition is self.false:
            return then if condition is self.true else otherwise
        return then if self.same(then, otherwise) else Ast(z3core.Z3_mk_ite(self.context, condition, then, otherwise))

    def equal(self, left: Ast, right: Ast) -> Ast:
        """Equality; between truth values, equivalence."""
        return self.true if self.same(left, right) else Ast(z3core.Z3_mk_eq(self.context, left, right))

    def less(self, left: Ast, right: Ast) -> Ast:
        """Strict order of integers."""
        return Ast(z3core.Z3_mk_lt(self.context, left, right))

    def at_most(self, left: Ast, right: Ast) -> Ast:
        """Order of integers."""
        return self.true if self.same(left, right) else Ast(z3core.Z3_mk_le(self.context, left, right))

    def arithmetic(self, op: Literal["add", "sub", "mul", "div", "mod"], left: Ast, right: Ast) -> Ast:
        """Sum, difference or product; quotient and remainder as in SMT-LIB, where a remainder is never negative."""
        if op == "div":
            return Ast(z3core.Z3_mk_div(self.context, left, right))
        if op == "mod":
            return Ast(z3core.Z3_mk_mod(self.context, left, right))
        make = {"add": z3core.Z3_mk_add, "sub": z3core.Z3_mk_sub, "mul": z3core.Z3_mk_mul}[op]
        return Ast(make(self.context, 2, self._array([left, right], z3core.Ast)))

    def distinct(self, terms: Sequence[Ast]) -> Ast:
        """Whether the terms differ pairwise."""
        if len(terms) < 2:
            return self.true
        return Ast(z3core.Z3_mk_distinct(self.context, len(terms), self._array(terms, z3core.Ast)))

    def quantified(self, universal: bool, bound: Sequence[Ast], body: Ast) -> Ast:
        """The body for all, or for some, values of constants, which become bound."""
        if not bound or body is self.true or body is self.false:
            return body
        variables = self._array(bound, z3core.Ast)
        make = z3core.Z3_mk_forall_const if universal else z3core.Z3_mk_exists_const
        return Ast(make(self.context, 1, len(bound), variables, 0, (z3core.Pattern * 0)(), body))

    def sort_of(self, term: Ast) -> Kind:
        """The sort of a term."""
        return Kind(z3core.Z3_get_sort(self.context, term))

    def identity(self, sort: Kind) -> int:
        """A number that tells sorts of this context apart."""
        handle: Any = sort
        return int(handle.value)

    def key(self, term: Ast) -> int:
        """A number that tells terms of this context apart."""
        handle: Any = term
        return int(handle.value)

    def same(self, left: Ast, right: Ast) -> bool:
        """Whether two terms are one and the same node."""
        a: Any = left
        b: Any = right
        return bool(a.value == b.value)

    def text(self, term: Ast) -> str:
        """The term in SMT-LIB's notation."""
        return str(z3core.Z3_ast_to_string(self.context, term))

    def benchmark(self, formulas: Sequence[Ast], name: str = "") -> str:
        """An SMT-LIB script that declares the symbols of the formulas, asserts the formulas and asks.

        z3 names the parts that its context refers to more than once. So it prints from a context that has nothing else: the text
        depends on the formulas alone, up to the names of bound variables.
        """
        printing = _printing(tuple((name, labels) for name, (labels, _, _) in self._enumerations.items())).handle
        copies = []
        for formula in formulas or [self.true]:
            copies.append(z3core.Z3_translate(self.context, formula, printing))
            z3core.Z3_inc_ref(printing, copies[-1])
        *rest, last = copies
        array = self._array(rest, z3core.Ast)
        text = str(z3core.Z3_benchmark_to_smtlib_string(printing, name, "", "unknown", "", len(rest), array, last))
        for copy in copies:
            z3core.Z3_dec_ref(printing, copy)
        return _COPIED.sub(r"\1", text)

    def solver(self, parameters: Mapping[str, bool | int]) -> QuantifiedSolver:
        """A fresh solver with these parameters of z3."""
        solver = QuantifiedSolver(self.context, z3core.Z3_mk_simple_solver(self.context), self)
        solver.set(parameters)
        return solver


class QuantifiedSolver(Solver[Ast]):
    """A solver of this context; used for one question and dropped."""

    def __init__(self, context: Any, handle: Any, smt: Smt) -> None:
        super().__init__(context, handle, smt)
        self.smt = smt

    def true_in_model(self, constants: Sequence[Ast]) -> list[int]:
        """After sat: the positions of the Boolean constants that the model makes true."""
        context = self.smt.context
        model = z3core.Z3_solver_get_model(context, self.handle)
        z3core.Z3_model_inc_ref(context, model)
        result = []
        for position, constant in enumerate(constants):
            value = (z3core.Ast * 1)()
            if z3core.Z3_model_eval(context, model, constant, True, value) and self.smt.same(value[0], self.smt.true):
                result.append(position)
        z3core.Z3_model_dec_ref(context, model)
        return result

    def model_text(self) -> str:
        """After sat: the model as z3 prints it."""
        context = self.smt.context
        model = z3core.Z3_solver_get_model(context, self.handle)
        z3core.Z3_model_inc_ref(context, model)
        text = str(z3core.Z3_model_to_string(context, model))
        z3core.Z3_model_dec_ref(context, model)
        return text

    def effort(self) -> int:
        """z3's steps since the last call for any solver of the context."""
        total = self.steps()
        before, self.smt.steps = self.smt.steps, max(total, self.smt.steps)
        return max(0, total - before)
