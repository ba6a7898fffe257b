"""The machine: a model at a finite scope as initial states, action instances and steps.

It is the oracle of the other semantics. States are `FrozenMap`s from variable names to values (see
`verifier.semantics.scope.values`). A machine keeps no state of its own between calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from verifier.kernel.actions import Action
from verifier.kernel.declarations import Named
from verifier.kernel.errors import Position
from verifier.kernel.fitting import checked
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.sorts import BOOL
from verifier.kernel.state import Variable
from verifier.kernel.terms import Term
from verifier.semantics.concrete.evaluate import Evaluator
from verifier.semantics.concrete.initial import Candidates
from verifier.semantics.concrete.operations import Closure, Frame, Undefined
from verifier.semantics.concrete.order import in_range
from verifier.semantics.concrete.outside import misfit
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.values import FrozenMap, NoValue

State = FrozenMap
Instance = tuple[str, dict[str, Any]]

Outcome = Literal["fired", "refused", "undefined", "out of range"]


@dataclass(frozen=True, slots=True)
class Step:
    """The result of attempting an action instance in a state.

    `fired`: `state` is the successor. `refused`: `guard` is the first guard that is false; with witnesses,
    the first that no witness satisfies together with those before it. `undefined`: `undefined` is the
    operation without a value. `out of range`: `state` is the leaving state: it holds the full-width values, those of
    `variables` are outside their sorts. Where a set would hold an element outside its sort, the value is a `NoValue`.
    """

    outcome: Outcome
    action: str
    arguments: Mapping[str, Any]
    state: State | None = None
    guard: str | None = None
    undefined: Term | None = None
    variables: tuple[str, ...] = ()

    @property
    def fired(self) -> bool:
        """Whether there is a successor that can be stored."""
        return self.outcome == "fired"

    @property
    def position(self) -> Position | None:
        """The line of the undefined operation."""
        return self.undefined.at if self.undefined else None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """An action as closures, with the frame slots of its arguments and witnesses."""

    action: Action
    arguments: tuple[tuple[str, int], ...]
    witnesses: tuple[int, ...]
    witness_values: tuple[tuple[Any, ...], ...]
    guards: tuple[Closure, ...]
    updates: tuple[tuple[str, Closure], ...]


@dataclass(frozen=True, slots=True)
class UndefinedUse:
    """A use without a value: the operation, and where.

    `name` is an action with its `arguments`, or a property or constraint with its `formula`.
    """

    term: Term
    name: str
    arguments: Mapping[str, Any] | None = None
    formula: Term | None = None


@dataclass(slots=True, eq=False)
class Machine:
    """A model at a finite scope, evaluated directly."""

    scope: FiniteScope
    evaluator: Evaluator = field(init=False, repr=False)
    _actions: dict[str, _Compiled] = field(init=False, repr=False)
    _instances: list[Instance] | None = field(init=False, repr=False, default=None)
    _constraints: list[tuple[Named, Closure]] = field(init=False, repr=False)
    _asked: dict[str, Term] = field(init=False, repr=False)
    _formulas: dict[str, Term] = field(init=False, repr=False)
    _predicates: dict[str, Term] = field(init=False, repr=False)
    _ranges: dict[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.scope)
        self._actions = {action.name: self._compile(action) for action in self.model.actions}
        self._constraints = [(named, self.evaluator.compile(named.formula)) for named in self.model.constraints]
        self._asked = {prop.name: checked(prop.judged) for prop in self.model.properties}
        self._formulas = {prop.name: checked(prop.formula) for prop in self.model.properties if prop.kind == "action"}
        for prop in self.model.properties:
            self.evaluator.compile(prop.judged)
            self.evaluator.compile(self._asked[prop.name])
        self._predicates = {named.name: checked(named.formula) for named in self.model.initial}
        tests = ((declared.name, in_range(self.scope, declared.sort)) for declared in self.model.variables)
        self._ranges = {name: test for name, test in tests if test is not None}

    @property
    def model(self) -> Model:
        """The model that the machine runs."""
        return self.scope.model

    def _compile(self, action: Action) -> _Compiled:
        evaluator = self.evaluator
        evaluator.fix(argument.variable for argument in action.arguments)
        return _Compiled(
            action,
            tuple((argument.name, evaluator.slot(argument.variable)) for argument in action.arguments),
            tuple(evaluator.slot(witness.variable) for witness in action.witnesses),
            tuple(self.scope.domain(witness.sort) for witness in action.witnesses),
            tuple(evaluator.compile(guard.condition) for guard in action.guards),
            tuple((update.variable, evaluator.compile(update.value)) for update in action.updates),
        )

    def _instances_of(self, action: Action) -> Iterator[Instance]:
        names = [argument.name for argument in action.arguments]
        for values in product(*(self.scope.domain(argument.sort) for argument in action.arguments)):
            yield action.name, dict(zip(names, values, strict=True))

    # Initial states

    def initial_value(self, variable: Variable) -> Any:
        """The initial value of a variable that is given one; a `NoValue` where it has none."""
        assert variable.initial is not None
        closure = self.evaluator.compile(variable.initial)
        try:
            return self._stored(variable.name, closure, self.evaluator.frame())
        except Undefined:
            return NoValue("its initial value is undefined")

    def undefined_initially(self) -> Iterator[tuple[Variable, Term, Frame]]:
        """The variables whose initial value is undefined, with the operation that is, and the frame as it was then."""
        for declared in self.model.variables:
            if declared.initial is not None:
                closure, frame = self.evaluator.compile(declared.initial), self.evaluator.frame()
                try:
                    self._stored(declared.name, closure, frame)
                except Undefined as error:
                    yield declared, error.term, frame

    def initial_states(self) -> Iterator[State]:
        """Every initial state, in a fixed order, lazily. Values may be out of range.

        Raises UsageError, perhaps after some of them, where open initial values leave more combinations than can be enumerated.
        """
        return Candidates(self).states()

    def undefined_starts(self) -> Iterator[State]:
        """The candidates for initial states for which an initial predicate has no value, likewise; or one if an initial value
        is undefined.
        """
        return Candidates(self).without_value()

    def satisfies(self, named: Named, state: State) -> bool | None:
        """Whether an initial predicate holds; None if it has no value."""
        closure = self.evaluator.compile(self._predicates[named.name])
        try:
            return bool(closure(self.frame(state)))
        except Undefined:
            return None

    # Steps

    def instances(self) -> list[Instance]:
        """Every action with every combination of arguments, in the canonical order."""
        if self._instances is None:
            self._instances = [pair for action in self.model.actions for pair in self._instances_of(action)]
        return self._instances

    def attempt(self, state: State, action: str, arguments: Mapping[str, Any]) -> Step:
        """Attempts the action in `state` with these arguments, which must be values of their sorts.

        The state constraint is not evaluated. KeyError if there is no such action or an argument is missing.
        """
        compiled, frame = self._entered(state, action, arguments)
        try:
            refused = _first_false(compiled, frame)
            if refused is not None:
                return Step("refused", action, arguments, guard=compiled.action.guards[refused].name)
            new = {name: self._stored(name, closure, frame) for name, closure in compiled.updates}
        except Undefined as error:
            return Step("undefined", action, arguments, undefined=error.term)
        after = FrozenMap({**state, **new})
        wrong = self._out_of_range(after, new)
        return Step("out of range" if wrong else "fired", action, arguments, after, variables=wrong)

    def effect(self, state: State, action: str, arguments: Mapping[str, Any]) -> State | None:
        """The state after the updates of an action instance, regardless of its guards; None if undefined."""
        compiled, frame = self._entered(state, action, arguments)
        try:
            new = {name: self._stored(name, closure, frame) for name, closure in compiled.updates}
        except Undefined:
            return None
        return FrozenMap({**state, **new})

    def _stored(self, name: str, closure: Closure, frame: Frame) -> Any:
        """The new value of a variable; a `NoValue` where an element would have no place in a set."""
        try:
            return closure(frame)
        except Undefined as error:
            if error.term.op != "within" or name not in self._ranges:
                raise
            (item,), sort = error.term.args, error.term.sort
            value = self.evaluator.compile(item)(frame)
            return NoValue(misfit(value, sort, self.scope), value, sort)

    def _entered(self, state: State, action: str, arguments: Mapping[str, Any]) -> tuple[_Compiled, Frame]:
        compiled = self._actions[action]
        frame = self.evaluator.frame(state)
        for name, slot in compiled.arguments:
            frame[slot] = arguments[name]
        return compiled, frame

    def undefined_in_attempt(
        self, state: State, action: str, arguments: Mapping[str, Any]
    ) -> tuple[Term, Frame] | None:
        """The operation that is undefined when the action is attempted, and the frame as it was then."""
        compiled, frame = self._entered(state, action, arguments)
        try:
            if _first_false(compiled, frame) is None:
                for name, closure in compiled.updates:
                    self._stored(name, closure, frame)
        except Undefined as error:
            return error.term, frame
        return None

    def undefined_in_formula(
        self, formula: Term, state: State, after: State | None = None
    ) -> tuple[Term, Frame] | None:
        """The operation that is undefined when a formula is evaluated, and the frame as it was then."""
        closure = self.evaluator.compile(formula)
        frame = self.frame(state, after)
        try:
            closure(frame)
        except Undefined as error:
            return error.term, frame
        return None

    def frame(self, state: State, after: State | None = None) -> Frame:
        """A frame for formulas of a state, or of a step; a read of a variable without a value is undefined there."""
        return self.evaluator.frame(_readable(state), None if after is None else _readable(after))

    def steps(self, state: State) -> Iterator[Step]:
        """The steps of all action instances that are not refused, in canonical order."""
        for action, arguments in self.instances():
            step = self.attempt(state, action, arguments)
            if step.outcome != "refused":
                yield step

    def successors(self, state: State) -> Iterator[Step]:
        """The steps that have a successor, inside the constraint or not, in canonical order."""
        return (step for step in self.steps(state) if step.fired)

    # Conditions that must hold

    def inside(self, state: State) -> bool:
        """Whether the state constraints hold; an undefined one counts as true and violates `Defined`."""
        return self.violated_constraint(state) is None

    def violated_constraint(self, state: State) -> str | None:
        """The name of the first state constraint that does not hold."""
        frame = self.evaluator.frame(state)
        for named, closure in self._constraints:
            if not _true_where_undefined(closure, frame):
                return named.name
        return None

    def range_violations(self, state: State) -> tuple[str, ...]:
        """The variables whose value is outside their sort."""
        return self._out_of_range(state, (name for name in self._ranges if name in state))

    def _out_of_range(self, state: State, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self._ranges and not self._within(name, state[name]))

    def _within(self, name: str, value: Any) -> bool:
        return not isinstance(value, NoValue) and bool(self._ranges[name](value))

    def holds(self, prop: Property, state: State, after: State | None = None) -> bool:
        """Whether a property holds in `state`, or an action property of the step from `state` to `after`.

        A formula that is undefined counts as true (and violates `Defined@` its name, unless the state is out of range). `Defined`
        covers the constraints, and every action instance if `state` is inside them.
        """
        match prop.kind:
            case "range":
                return not set(self.range_violations(state)) & set(prop.variables)
            case "defined":
                return next(self.undefined_uses(prop, state, after), None) is None
        if prop.kind == "action" and after is None:
            raise ValueError(f"{prop.name} is a property of steps")
        if prop.expanded and self.range_violations(state):
            return True
        return _true_where_undefined(self.evaluator.compile(self.asked(prop, after)), self.frame(state, after))

    def asked(self, prop: Property, after: State | None = None) -> Term:
        """The formula of a property of this model as it is asked, of a state out of range too (see `fitting.checked`).

        A step that leaves a variable without a value changes it.
        """
        changed = after is not None and any(isinstance(after[v.data], NoValue) for v in prop.subscript)
        return self._formulas[prop.name] if changed else self._asked[prop.name]

    def undefined_formulas(self, prop: Property, state: State, after: State | None = None) -> Iterator[UndefinedUse]:
        """The constraints, or the text that a `defined` property is about, if they are undefined in `state`.

        Given `after`, the text of an action property on the step to it, and nothing else.
        """
        if prop.of_steps is (after is None):
            return
        named = [(prop.about, prop.judged)] if prop.about else [(c.name, c.formula) for c, _ in self._constraints]
        for name, formula in named:
            use = self.undefined_in_formula(formula, state, after)
            if use is not None:
                yield UndefinedUse(use[0], name, formula=formula)

    def undefined_uses(self, prop: Property, state: State, after: State | None = None) -> Iterator[UndefinedUse]:
        """Every undefined use in `state` that a `defined` property is about: of formulas, then, for `Defined`, of action
        instances if the state is inside. Given `after`, those on the step instead.
        """
        yield from self.undefined_formulas(prop, state, after)
        if prop.about is None and after is None and self.inside(state):
            for step in self.steps(state):
                if step.undefined is not None:
                    yield UndefinedUse(step.undefined, step.action, step.arguments)


def _first_false(compiled: _Compiled, frame: Frame) -> int | None:
    """The place of the first guard that refuses, None if all hold; every witness is tried."""
    if not compiled.witnesses:
        return next((place for place, guard in enumerate(compiled.guards) if not guard(frame)), None)
    best = -1
    for values in product(*compiled.witness_values):
        for slot, value in zip(compiled.witnesses, values, strict=True):
            frame[slot] = value
        passed = 0
        for guard in compiled.guards:
            if not guard(frame):
                break
            passed += 1
        best = max(best, passed)
    return None if best == len(compiled.guards) else best


class _Readable(FrozenMap):
    """A state in which some variables have no value: reading one is undefined."""

    def __missing__(self, name: str) -> Any:
        raise Undefined(Term("state", (), BOOL, name))


def _readable(state: State) -> State:
    if NoValue not in map(type, state.values()):
        return state
    return _Readable({name: value for name, value in state.items() if not isinstance(value, NoValue)})


def _true_where_undefined(closure: Closure, frame: Frame) -> bool:
    try:
        return bool(closure(frame))
    except Undefined:
        return True
