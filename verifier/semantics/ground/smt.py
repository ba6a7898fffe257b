"""The z3 back end of the circuit: Bool fields as Bool constants, integer fields and nodes as bit-vectors without wrap-around.

Every integer node gets the width that its interval needs, signed where the interval has negative values, so no operation
can overflow. Terms are built through z3's C interface, which is about twenty times faster than its Python operators, in
a context of their own; they live as long as the `Encoding`.

Constants are called by numbers: `f3@1` is field 3 at step 1, `i@0` the selector of the transition that leaves step 0, `a2` an
assumption. The display name of a field is not used, as two fields may have the same one, or one that means something else here.

The transition relation is built once, over the constants of step 0, step 1 and one `selector` that names the action
instance; `at` instantiates a formula for other steps by substitution inside z3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import z3
from z3 import z3core as c
from z3.z3types import Ast

from verifier.semantics.ground.circuit import Node, below, width_of
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.layout import Field
from verifier.semantics.ground.path import PathStep
from verifier.semantics.solving import Solver

Formula = Any
"""A z3 Bool expression; z3's Python package has no types."""


class Encoding:
    """The formulas of one `Ground` in a z3 context of their own.

    `initial`, `typed`, `axioms`, `constraint` and `transition` are over the constants of step 0 (and 1, and the selector). The
    fields of rigid variables have one constant for all steps.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.context = z3.Context()
        self._ref = self.context.ref()
        self._terms: dict[int, Any] = {}
        self._sorts: dict[int, Any] = {}
        self._fields = ground.layout.fields
        self._constants: list[tuple[list[Any], Any]] = []
        self._symbols: set[str] = set()
        self._literals = 0
        self._selector_width = max(1, (len(ground.instances) - 1).bit_length())
        self.initial: Formula = self.formula(ground.initial)
        self.constraint: Formula = self.formula(ground.constraint)
        self.typed: Formula = z3.And(self._wrap(self._typed()), self.formula(ground.canonical))
        self.axioms: Formula = self.formula(ground.circuit.and_(ground.axioms))
        self.transition: Formula = self._wrap(self._transition())

    # -- constants ---------------------------------------------------------------------------------------------------

    def _keep(self, ast: Any) -> Any:
        c.Z3_inc_ref(self._ref, ast)
        return ast

    def _wrap(self, ast: Any) -> Formula:
        return z3.BoolRef(ast, self.context)

    def _bits(self, width: int) -> Any:
        if width not in self._sorts:
            sort = c.Z3_mk_bv_sort(self._ref, width)
            c.Z3_inc_ref(self._ref, c.Z3_sort_to_ast(self._ref, sort))
            self._sorts[width] = sort
        return self._sorts[width]

    def _constant(self, name: str, width: int | None) -> Any:
        """A constant of this name, Bool without a width. Two constants of one name would be one: ValueError."""
        if name in self._symbols:
            raise ValueError(f"there are two constants {name}")
        self._symbols.add(name)
        sort = c.Z3_mk_bool_sort(self._ref) if width is None else self._bits(width)
        return self._keep(c.Z3_mk_const(self._ref, c.Z3_mk_string_symbol(self._ref, name), sort))

    def _step(self, step: int) -> tuple[list[Any], Any]:
        """The constants of a step: one for each field, and the selector of the transition that leaves it."""
        while len(self._constants) <= step:
            number = len(self._constants)
            fields = [
                self._constants[0][0][field.number]
                if number and field.number in self.ground.rigid
                else self._constant(f"f{field.number}@{number}", None if field.is_bool else width_of(field.low, field.high))
                for field in self._fields
            ]
            self._constants.append((fields, self._constant(f"i@{number}", self._selector_width)))
        return self._constants[step]

    # -- nodes -------------------------------------------------------------------------------------------------------

    def formula(self, node: Node) -> Formula:
        """A Bool node as a z3 formula over the constants of steps 0 and 1."""
        return self._wrap(self._term(node))

    def _term(self, root: Node) -> Any:
        terms = self._terms
        if root.index not in terms:
            for node in below(root):
                if node.index not in terms:
                    terms[node.index] = self._keep(self._build(node))
        return terms[root.index]

    def _number(self, value: int, width: int) -> Any:
        return self._keep(c.Z3_mk_numeral(self._ref, str(value % (1 << width)), self._bits(width)))

    def _build(self, node: Node) -> Any:
        ref = self._ref
        match node.op:
            case "const":
                if node.is_bool:
                    return c.Z3_mk_true(ref) if node.value else c.Z3_mk_false(ref)
                return self._number(node.value, width_of(node.low, node.high))
            case "field":
                return self._step(node.step)[0][node.value]
            case "not":
                return c.Z3_mk_not(ref, self._terms[node.args[0].index])
            case "and" | "or":
                array = (Ast * len(node.args))(*(self._terms[arg.index] for arg in node.args))
                make = c.Z3_mk_and if node.op == "and" else c.Z3_mk_or
                return make(ref, len(node.args), array)
            case "ite":
                condition, then, otherwise = node.args
                if node.is_bool:
                    sides = (self._terms[then.index], self._terms[otherwise.index])
                else:
                    width = width_of(node.low, node.high)
                    sides = (self._resized(then, width), self._resized(otherwise, width))
                return c.Z3_mk_ite(ref, self._terms[condition.index], *sides)
            case "eq" | "le":
                left, right = node.args
                low, high = min(left.low, right.low), max(left.high, right.high)
                width = width_of(low, high)
                sides = (self._resized(left, width), self._resized(right, width))
                if node.op == "eq":
                    return c.Z3_mk_eq(ref, *sides)
                return (c.Z3_mk_bvsle if low < 0 else c.Z3_mk_bvule)(ref, *sides)
            case "add" | "sub" | "mul":
                width = width_of(node.low, node.high)
                sides = (self._resized(node.args[0], width), self._resized(node.args[1], width))
                make = {"add": c.Z3_mk_bvadd, "sub": c.Z3_mk_bvsub, "mul": c.Z3_mk_bvmul}[node.op]
                return make(ref, *sides)

    def _resized(self, node: Node, width: int) -> Any:
        """The term of an integer node modulo 2**width; exact whenever the value fits."""
        term, have = self._terms[node.index], width_of(node.low, node.high)
        if have == width:
            return term
        if have > width:
            return self._keep(c.Z3_mk_extract(self._ref, width - 1, 0, term))
        extend = c.Z3_mk_sign_ext if node.low < 0 else c.Z3_mk_zero_ext
        return self._keep(extend(self._ref, width - have, term))

    # -- states and steps --------------------------------------------------------------------------------------------

    def _all(self, parts: Sequence[Any]) -> Any:
        return self._keep(c.Z3_mk_and(self._ref, len(parts), (Ast * len(parts))(*parts)))

    def _typed(self) -> Any:
        """Every field of step 0 holds a code of its sort."""
        constants, _ = self._step(0)
        parts = [self._in_range(constants[field.number], field) for field in self._fields if not field.is_bool]
        return self._all([part for part in parts if part is not None])

    def _in_range(self, constant: Any, field: Field) -> Any:
        width, parts = width_of(field.low, field.high), []
        least, greatest = (-(1 << width - 1), (1 << width - 1) - 1) if field.low < 0 else (0, (1 << width) - 1)
        below_, above = (c.Z3_mk_bvsle, c.Z3_mk_bvsge) if field.low < 0 else (c.Z3_mk_bvule, c.Z3_mk_bvuge)
        if field.low > least:
            parts.append(self._keep(above(self._ref, constant, self._number(field.low, width))))
        if field.high < greatest:
            parts.append(self._keep(below_(self._ref, constant, self._number(field.high, width))))
        return self._all(parts) if parts else None

    def _selected(self, numbers: Iterable[int]) -> Any:
        """The selector names one of these instances; consecutive ones become an interval."""
        _, selector = self._step(0)
        runs: list[list[int]] = []
        for number in sorted(numbers):
            if runs and runs[-1][1] == number - 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        parts = []
        for first, last in runs:
            if first == last:
                parts.append(self._keep(c.Z3_mk_eq(self._ref, selector, self._number(first, self._selector_width))))
            else:
                least = self._keep(c.Z3_mk_bvuge(self._ref, selector, self._number(first, self._selector_width)))
                most = self._keep(c.Z3_mk_bvule(self._ref, selector, self._number(last, self._selector_width)))
                parts.append(self._all([least, most]))
        return self._keep(c.Z3_mk_or(self._ref, len(parts), (Ast * len(parts))(*parts)))

    def selected(self, numbers: Iterable[int]) -> Formula:
        """The transition that leaves step 0 is by one of these instances."""
        return self._wrap(self._selected(numbers))

    def _transition(self) -> Any:
        """The selected instance is storable and leads from step 0 to step 1."""
        ref, instances = self._ref, self.ground.instances
        if not instances:
            return self._keep(c.Z3_mk_false(ref))
        (now, _), (then, _) = self._step(0), self._step(1)
        parts = [self._selected(range(len(instances)))]
        writers: dict[int, dict[int, list[int]]] = {field.number: {} for field in self._fields}
        values: dict[int, Node] = {}
        for instance in instances:
            chosen = self._selected([instance.number])
            parts.append(self._keep(c.Z3_mk_implies(ref, chosen, self._term(instance.storable))))
            for number, value in instance.writes.items():
                values[value.index] = value
                writers[number].setdefault(value.index, []).append(instance.number)
        for field in self._fields:
            if field.number in self.ground.rigid:
                continue
            written: set[int] = set()
            for index, numbers in writers[field.number].items():
                value = values[index]
                self._term(value)
                term = self._terms[index]
                if not field.is_bool:
                    term = self._resized(value, width_of(field.low, field.high))
                same = self._keep(c.Z3_mk_eq(ref, then[field.number], term))
                parts.append(self._keep(c.Z3_mk_implies(ref, self._selected(numbers), same)))
                written.update(numbers)
            kept = self._keep(c.Z3_mk_eq(ref, then[field.number], now[field.number]))
            others = [number for number in range(len(instances)) if number not in written]
            if others:
                parts.append(self._keep(c.Z3_mk_implies(ref, self._selected(others), kept)) if written else kept)
        return self._all(parts)

    def at(self, formula: Formula, step: int) -> Formula:
        """`formula`, over steps 0 and 1, at steps `step` and `step + 1`."""
        if step == 0:
            return formula
        old, new = [], []
        for offset in (0, 1):
            fields, selector = self._step(offset)
            moved, moved_selector = self._step(step + offset)
            old += [*fields, selector]
            new += [*moved, moved_selector]
        count = len(old)
        ast = c.Z3_substitute(self._ref, formula.as_ast(), count, (Ast * count)(*old), (Ast * count)(*new))
        return self._wrap(ast)

    def same(self, step: int, other: int) -> Formula:
        """The states at two steps are the same."""
        pairs = zip(self._step(step)[0], self._step(other)[0], strict=True)
        return self._wrap(self._all([self._keep(c.Z3_mk_eq(self._ref, a, b)) for a, b in pairs if a is not b]))

    def next_state(self, formula: Formula) -> Formula:
        """A formula over step 0, at step 1."""
        return self.at(formula, 1)

    def solver(self, steps: int | None = None) -> FiniteSolver:
        """A fresh incremental solver for finite domains, with a fixed seed; `steps` limits each call, in its own steps."""
        # Not `z3.SolverFor`, which makes the symbol in z3's main context, and therefore that context, in 10 ms or more.
        logic = c.Z3_mk_string_symbol(self._ref, "QF_FD")
        solver = FiniteSolver(self._ref, c.Z3_mk_solver_for_logic(self._ref, logic), self.context)
        if steps is not None:
            solver.limit(steps)
        return solver

    def literal(self) -> Formula:
        """A fresh Bool constant, to be used as an assumption."""
        self._literals += 1
        return self._wrap(self._constant(f"a{self._literals}", None))

    def not_(self, formula: Formula) -> Formula:
        """Negation."""
        return z3.Not(formula)

    def or_(self, formulas: Iterable[Formula]) -> Formula:
        """Disjunction of any number of formulas."""
        return z3.Or(*formulas, z3.BoolVal(False, self.context))

    # -- models ------------------------------------------------------------------------------------------------------

    def codes(self, model: Any, step: int) -> tuple[int, ...]:
        """The field codes that a model gives a step; unconstrained fields take their least code."""
        constants, _ = self._step(step)
        return tuple(
            self._value(model, constants[field.number], field.is_bool, field.low, field.high) for field in self._fields
        )

    def instance(self, model: Any, step: int) -> int:
        """The instance that a model selects for the transition that leaves a step."""
        return self._value(model, self._step(step)[1], False, 0, max(1, len(self.ground.instances) - 1))

    def path(self, model: Any, length: int) -> list[PathStep]:
        """The path of `length` steps that a model describes, from step 0."""
        steps = [PathStep(None, self.codes(model, 0))]
        for step in range(length):
            steps.append(PathStep(self.instance(model, step), self.codes(model, step + 1)))
        return steps

    def _value(self, model: Any, constant: Any, is_bool: bool, low: int, high: int) -> int:
        if is_bool:
            value = model.eval(z3.BoolRef(constant, self.context), model_completion=False)
            return int(z3.is_true(value))
        number = model.eval(z3.BitVecRef(constant, self.context), model_completion=False)
        if not z3.is_bv_value(number):
            return low
        return int(number.as_signed_long() if low < 0 else number.as_long())

    def holds(self, model: Any, formula: Formula) -> bool:
        """Whether a model satisfies a formula; unconstrained fields take the code that `codes` gives them."""
        value = model.eval(formula, model_completion=False)
        if not (z3.is_true(value) or z3.is_false(value)):
            self._complete(model)
            value = model.eval(formula, model_completion=True)
        return bool(z3.is_true(value))

    def _complete(self, model: Any) -> None:
        """Gives a model the values that `codes` and `instance` read where it has none."""
        for fields, selector in self._constants:
            wanted = [(constant, field.is_bool, field.low) for constant, field in zip(fields, self._fields, strict=True)]
            for constant, is_bool, low in (*wanted, (selector, False, 0)):
                ref = z3.BoolRef(constant, self.context) if is_bool else z3.BitVecRef(constant, self.context)
                if model.get_interp(ref.decl()) is None:
                    value = z3.BoolVal(bool(low), self.context) if is_bool else z3.BitVecVal(low, ref.size(), self.context)
                    model.update_value(ref, value)


class FiniteSolver(Solver[Formula]):
    """A solver of an encoding, for many questions."""

    def __init__(self, context: Any, handle: Any, keeper: z3.Context) -> None:
        super().__init__(context, handle, keeper)
        self._context = keeper

    def ast(self, formula: Formula) -> Any:
        """A z3 expression as its C functions take it."""
        return formula.as_ast()

    def model(self) -> Any:
        """After SAT: the model, as z3's Python package has it."""
        return z3.ModelRef(c.Z3_solver_get_model(self.context, self.handle), self._context)
