"""Actions: typed arguments, named guards, named choices, witnesses, simultaneous updates."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, cast
from weakref import WeakKeyDictionary

from verifier.kernel.annotations import evaluate_annotation
from verifier.kernel.binding import SurfaceOf, plain_parameters, quantifiable
from verifier.kernel.errors import ModelError, Position, check_name, here
from verifier.kernel.expressions import Bool, Expr, coerce, sort_of, term_of, wrap
from verifier.kernel.formulas import _common
from verifier.kernel.reach import STATE, Reach, Vocabulary
from verifier.kernel.sorts import BOOL, FunctionSort, Sort
from verifier.kernel.state import StateView, Variable
from verifier.kernel.terms import Term, alike, state, variable, walk

A = TypeVar("A", bound=Expr)


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition of an action. `budget`: it only enforces a search bound. `instead`: named replacements."""

    name: str
    condition: Term
    budget: bool
    position: Position | None
    instead: tuple[tuple[str, Term], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A named part of an update that a variant may replace."""

    name: str
    position: Position | None


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of an action: `variable` is the bound variable that stands for it in the action's terms.

    `opened`: it is the next value of a place that the action leaves open.
    """

    name: str
    variable: Term
    opened: bool = False

    @property
    def sort(self) -> Sort:
        """The sort that the argument ranges over."""
        return self.variable.sort


@dataclass(frozen=True, slots=True)
class Update:
    """The new value of one state variable, as a term over the current state."""

    variable: str
    value: Term
    position: Position | None


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a protocol.

    It can fire for arguments for which all guards hold; `witnesses` are bound existentially around the conjunction of the
    guards, without multiplying successors. Variables without an update keep their value.
    """

    name: str
    arguments: tuple[Argument, ...]
    witnesses: tuple[Argument, ...]
    guards: tuple[Guard, ...]
    choices: tuple[Choice, ...]
    updates: tuple[Update, ...]
    doc: str
    position: Position | None

    @property
    def given(self) -> tuple[Argument, ...]:
        """The arguments that the model's function takes, without the next values that it leaves open."""
        return tuple(argument for argument in self.arguments if not argument.opened)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the guards and choices, which a variant or `--drop` may leave out."""
        return tuple(guard.name for guard in self.guards) + tuple(choice.name for choice in self.choices)


class ActionBuilder:
    """Collects guards and updates while the user's function for one action runs."""

    def __init__(
        self, name: str, variables: tuple[Variable, ...], vocabulary: Vocabulary, arguments: tuple[Argument, ...]
    ) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self.arguments = arguments
        self.opened: dict[Argument, str] = {}
        self.variables = {declared.name: declared for declared in variables}
        self.guards: list[Guard] = []
        self.choices: list[Choice] = []
        self.witnesses: list[Argument] = []
        self.assigned: dict[str, Update] = {}
        self.pointwise: set[str] = set()
        self.own: set[Term] = set()
        self.finished = False

    def _fresh(self, name: Any) -> None:
        if not isinstance(name, str):
            raise ModelError("a guard or choice needs a name", hint='guard("op-budget", ...)', position=here())
        check_name(name, "a guard or choice")
        if name in {guard.name for guard in self.guards} | {choice.name for choice in self.choices}:
            hint = "names within an action are unique"
            raise ModelError(f"{self.name} has two guards or choices named {name}", hint=hint, position=here())

    def guard(self, name: str, condition: Any, budget: bool, instead: dict[str, Any]) -> None:
        """Adds a guard."""
        self._fresh(name)
        others = tuple((key, coerce(value, BOOL, f"guard {name}")) for key, value in instead.items())
        self.guards.append(Guard(name, coerce(condition, BOOL, f"guard {name}"), budget, here(), others))

    def choice(self, name: str, chosen: Any, dropped: Any) -> Any:
        """Adds a named choice and returns the expression for it."""
        self._fresh(name)
        self.choices.append(Choice(name, here()))
        first, second, sort = _common(chosen, dropped, f"choice {name}")
        term = Term("choice", (first, second), sort, name)
        self.own.add(term)
        return wrap(term)

    def witness(self, name: str, sort: Sort) -> Any:
        """Adds a witness shared by the guards."""
        bound = variable(name, quantifiable(sort, "witness"))
        self.witnesses.append(Argument(name, bound))
        return wrap(bound)

    def open(self, place: Term) -> Any:
        """Leaves the next value of a variable, or of a point of a function variable, open, and returns it."""
        name, path = _place(place)
        if name not in self.variables:
            hint = "open_next(s.network), or open_next(s.inbox[n]) for one point of a function"
            raise ModelError("open_next takes a variable of the state", hint=hint, position=here())
        taken = {argument.name for argument in (*self.arguments, *self.witnesses, *self.opened)}
        called = f"next_{name}"
        while called in taken:
            called += "_"
        bound = variable(called, quantifiable(place.sort, f"open_next of {name}"))
        self.assign(name, path, bound)
        self.opened[Argument(called, bound, opened=True)] = name
        return wrap(bound)

    def relation(self, name: str, condition: Any, instead: dict[str, Any]) -> None:
        """Adds a guard that relates open next values."""
        self.guard(name, condition, False, instead)
        result = self.guards[-1]
        opened = {argument.variable for argument in self.opened}
        if not any(term in opened for term in walk(result.condition, *(other for _, other in result.instead))):
            hint = "relate the value that open_next(...) returned; a condition on the state alone is a guard"
            raise ModelError(f"relation {name} reads no next value", hint=hint, position=here())

    def assign(self, name: str, path: tuple[Term, ...], value: Term) -> None:
        """Records an assignment to a variable, or to one point of a function variable, where a later one prevails."""
        self.check_open(name)
        if self.variables[name].rigid:
            hint = "a rigid variable is the same in all states; leave rigid=True out of its var(...) if steps change it"
            raise ModelError(f"{self.name} assigns {name}, which is rigid", hint=hint, position=here())
        before = self.assigned.get(name)
        if before is not None and not (path and name in self.pointwise):
            self.refuse_second(name)
        sort = self.variables[name].sort
        new = _updated(before.value if before else state(name, sort), sort, path, value)
        self.assigned[name] = Update(name, new, here())
        if path:
            self.pointwise.add(name)

    def refuse_second(self, name: str) -> NoReturn:
        """Raises the ModelError for a second assignment to a whole variable, or to one that has been assigned as a whole."""
        hint = "one write a variable and action"
        if isinstance(self.variables[name].sort, FunctionSort):
            hint += f"; several points s.{name}[i] = ... may be assigned"
        raise ModelError(f"{name} is assigned twice in {self.name}", hint=hint, position=here())

    def check_open(self, name: str) -> None:
        """ModelError if the action is complete: its state was kept, and is read or assigned elsewhere."""
        if self.finished:
            hint = "read and assign the state that is given to the function itself"
            raise ModelError(f"{name} is used through the state of action {self.name}", hint=hint, position=here())

    def finish(self, doc: str, position: Position | None) -> Action:
        """The action; ModelError if a guard or update reads something out of its reach, or an update reads a witness."""
        self.finished = True
        arguments = (*self.arguments, *self.opened)
        witnesses = {id(w.variable) for w in self.witnesses}
        for update in self.assigned.values():
            if any(id(term) in witnesses for term in walk(update.value)):
                hint = "a witness is only shared by guards; make it an argument of the action"
                raise ModelError(
                    f"the update of {update.variable} reads a witness", hint=hint, position=update.position
                )
        own = frozenset(self.own.union(bound.variable for bound in (*arguments, *self.witnesses)))
        for bound in (*arguments, *self.witnesses):
            self.vocabulary.admit_sort(bound.sort, position)
        for guard in self.guards:
            reach = Reach(f"guard {self.name}.{guard.name}", guard.position, STATE, own)
            for term in (guard.condition, *(other for _, other in guard.instead)):
                self.vocabulary.admit(term, reach)
        for update in self.assigned.values():
            reach = Reach(f"the update of {update.variable} in {self.name}", update.position, STATE, own)
            self.vocabulary.admit(update.value, reach)
        return Action(
            self.name,
            arguments,
            tuple(self.witnesses),
            tuple(self.guards),
            tuple(self.choices),
            tuple(self.assigned.values()),
            doc,
            position,
        )


def _place(place: Term) -> tuple[str | None, tuple[Term, ...]]:
    """The variable and the indices of a place in the state; the name is None if the term is not such a place."""
    path: list[Term] = []
    while place.op == "apply":
        path.insert(0, place.args[1])
        place = place.args[0]
    return (place.data if place.op == "state" else None), tuple(path)


def _updated(base: Term, sort: Sort, path: tuple[Term, ...], value: Term) -> Term:
    """The value `base` of a sort, with another value at a path of indices."""
    if not path:
        return value
    assert isinstance(sort, FunctionSort)
    at = here()
    index, rest = path[0], path[1:]
    if rest and base.op == "update" and alike(base.args[1], index):
        # A further point of a row that has been changed already.
        return Term("update", (*base.args[:2], _updated(base.args[2], sort.value, rest, value)), sort, None, at)
    row = Term("apply", (base, index), sort.value, None, at)
    return Term("update", (base, index, _updated(row, sort.value, rest, value)), sort, None, at)


_DECLARED: WeakKeyDictionary[Callable[..., None], Action] = WeakKeyDictionary()
"""The action that each function of a model describes."""


def note_action(function: Callable[..., None], action: Action) -> None:
    """Remembers which action a function describes, for formulas that refer to the action."""
    _DECLARED[function] = action


def declared_by(function: Callable[..., None]) -> Action | None:
    """The action that a function of a model describes; None if it describes none."""
    return _DECLARED.get(function) if inspect.isfunction(function) else None


_BUILDER: ContextVar[ActionBuilder | None] = ContextVar("action being built", default=None)


@contextmanager
def _building(builder: ActionBuilder) -> Iterator[None]:
    token = _BUILDER.set(builder)
    try:
        yield
    finally:
        _BUILDER.reset(token)


def _builder(what: str) -> ActionBuilder:
    builder = _BUILDER.get()
    if builder is None:
        raise ModelError(
            f"{what} stands outside an action", hint="use it inside a function marked @p.action", position=here()
        )
    return builder


def guard(name: str, condition: Bool | bool, **instead: Bool | bool) -> None:
    """A named condition of the action being defined; `instead` names replacements that a variant may choose."""
    _builder("guard").guard(name, condition, False, instead)


def budget(name: str, condition: Bool | bool) -> None:
    """A guard that only enforces a search bound: left out where the protocol is proved for any size."""
    _builder("budget").guard(name, condition, True, {})


def choice(name: str, chosen: A, dropped: A | int | bool | set[Any]) -> A:
    """A named choice in an update: `chosen`, or `dropped` in a variant that drops the name."""
    return cast(A, _builder("choice").choice(name, chosen, dropped))


def witness(name: str, sort: type[A]) -> A:
    """A value shared by several guards that is not an argument: one quorum for two conditions."""
    return cast(A, _builder("witness").witness(name, sort_of(sort)))


def open_next(place: A) -> A:
    """Leaves the next value of a variable open, or of one point of a function, and returns it: `left = open_next(s.network)`.

    It may be any value that satisfies the relations, and is an argument of the action.
    """
    if not isinstance(place, Expr):
        hint = "open_next(s.network)"
        raise ModelError(f"open_next takes a variable of the state, not {place!r}", hint=hint, position=here())
    return cast(A, _builder("open_next").open(term_of(place)))


def relation(name: str, condition: Bool | bool, **instead: Bool | bool) -> None:
    """A guard between next values that are open and the state: `relation("subset", left <= s.network)`."""
    _builder("relation").relation(name, condition, instead)


def enabled(action: Callable[..., None], *arguments: Any) -> Bool:
    """Whether an action can happen in the current state: with these arguments, or with some if none are given.

    For properties, lemmas and constraints, as in TLA+'s ENABLED; the guards are those that the variant has, and the step may
    leave everything as it is. It is false in a variant that leaves the action out.
    """
    return _asks("enabled", action, arguments)


def can_change(action: Callable[..., None], *arguments: Any) -> Bool:
    """Whether an action can happen and changes a variable: with these arguments, or with some if none are given.

    For properties, lemmas and constraints, as in TLA+'s ENABLED <<A>>_vars.
    """
    return _asks("can_change", action, arguments)


def _asks(op: str, action: Callable[..., None], given: tuple[Any, ...]) -> Bool:
    if _BUILDER.get() is not None:
        hint = "write its guards out"
        raise ModelError("an action cannot ask whether another is enabled", hint=hint, position=here())
    declared = declared_by(action)
    name = declared.name if declared else getattr(action, "__name__", None)
    if not isinstance(name, str):
        hint = f"give it the function marked @p.action: {op}(A)"
        raise ModelError(f"{op} takes an action, not {action!r}", hint=hint, position=here())
    wanted = declared.given if declared else ()
    if given and len(given) != len(wanted):
        names = ", ".join(argument.name for argument in wanted)
        hint = f"write {op}({name}, {names}), or {op}({name}) for some arguments" if wanted else f"write {op}({name})"
        raise ModelError(f"{name} takes {len(wanted)} arguments, not {len(given)}", hint=hint, position=here())
    values = [
        coerce(value, argument.sort, f"argument {argument.name} of {name}")
        for argument, value in zip(wanted, given, strict=bool(given))
    ]
    return cast(Bool, wrap(Term(op, tuple(values), BOOL, name, here())))


def build_action(
    name: str, function: Callable[..., Any], variables: tuple[Variable, ...], vocabulary: Vocabulary
) -> Action:
    """Runs the user's function once with symbolic state and arguments, and returns the action `name` that it describes.

    Raises ModelError for whatever is ill formed, with the line of the model.
    """
    position = Position(function.__code__.co_filename, function.__code__.co_firstlineno)
    names = plain_parameters(function, f"action {name}")
    if not names:
        raise ModelError(f"action {name} takes no state", hint="def A(s: State, ...)", position=position)
    if inspect.iscoroutinefunction(function):
        raise ModelError(f"action {name} is a coroutine", hint="write def, not async def", position=position)
    arguments = arguments_of(function, names[1:], name, position)
    builder = ActionBuilder(name, variables, vocabulary, arguments)
    view = StateView(variables, builder=builder)
    with _building(builder):
        result = function(view, *(wrap(bound.variable) for bound in arguments))
    if result is not None:
        hint = "an action assigns: s.x = ..."
        raise ModelError(f"action {name} returns a value", hint=hint, position=position)
    return builder.finish(inspect.getdoc(function) or "", position)


def arguments_of(
    function: Callable[..., Any], names: Sequence[str], what: str, position: Position
) -> tuple[Argument, ...]:
    """The parameters of a user's function that stand for values, each with the sort of its annotation."""
    arguments = []
    for name in names:
        if name not in function.__annotations__:
            raise ModelError(f"argument {name} of {what} has no sort", hint=f"write {name}: Sort", position=position)
        hint = evaluate_annotation(function.__annotations__[name], *_scope(function), name)
        arguments.append(Argument(name, variable(name, quantifiable(SurfaceOf.sort_of(hint), f"argument {name}"))))
    return tuple(arguments)


def _scope(function: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Globals, and the names a function sees from the functions around it, for evaluating its annotations."""
    import sys

    locals_: dict[str, Any] = {}
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals is function.__globals__:
            locals_ = {**frame.f_locals, **locals_}
        frame = frame.f_back  # type: ignore[assignment]
    return function.__globals__, locals_
