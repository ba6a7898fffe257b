"""State declarations, and the view of the state that an action or a property reads and assigns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verifier.kernel import misuse
from verifier.kernel.annotations import annotations_of
from verifier.kernel.errors import ModelError, Position, here, nearest
from verifier.kernel.expressions import Expr, sort_of, stored, wrap
from verifier.kernel.literals import Mapped
from verifier.kernel.sorts import FunctionSort, IntSort, QuorumSort, Sort, inner_sorts
from verifier.kernel.terms import Term, variable

if TYPE_CHECKING:
    from verifier.kernel.actions import ActionBuilder


@dataclass(frozen=True, slots=True)
class Variable:
    """A state variable. `initial` is its value in every initial state, None where any value of the sort may stand.

    One that is `rigid` has any value that the axioms admit, the same in all states of a run.
    """

    name: str
    sort: Sort
    initial: Term | None
    doc: str
    position: Position | None
    rigid: bool = False


class Declaration:
    """The placeholder that `var(...)` leaves in a state class until the class is registered."""

    def __init__(self, initial: Any, doc: str, rigid: bool) -> None:
        self.initial = initial
        self.doc = doc
        self.rigid = rigid
        self.position = here()


class _Anything:
    def __repr__(self) -> str:
        return "anything"


anything: Any = _Anything()


def var(initial: Any, doc: str = "", *, rigid: bool = False) -> Any:
    """Declares a state variable in a state class: `catalogVersion: Version = var(0, "latest durable version")`.

    `initial` is the initial value; for a function, one value for all indices, or `fn(...)`. `anything` leaves the initial value
    open, to be constrained by an `initially` predicate. `var(anything, rigid=True)` is a constant that only the axioms
    constrain: no action assigns it.
    """
    declared = Declaration(initial, doc, rigid)
    if rigid and initial is not anything:
        hint = "write var(anything, rigid=True), and an axiom: s.x == value"
        raise ModelError("a rigid variable has no initial value", hint=hint, position=declared.position)
    return declared


def initial_value(value: Any, sort: Sort, name: str) -> Term:
    """The initial value of a variable; a value given for a function stands for all indices."""
    is_function = isinstance(value, Mapped) or (isinstance(value, Expr) and isinstance(value._term.sort, FunctionSort))
    if isinstance(sort, FunctionSort) and not is_function:
        index = variable("i", sort.index)
        return Term("function", (initial_value(value, sort.value, name),), sort, (index,))
    return stored(value, sort, f"the initial value of {name}")


def variables_of(cls: type) -> tuple[Variable, ...]:
    """The state variables that a state class declares, in the order of its annotations, after those of the classes it extends."""
    result: dict[str, Variable] = {}
    for declaring in reversed(cls.__mro__):
        if declaring is cls or any(isinstance(value, Declaration) for value in vars(declaring).values()):
            for declared in _declared_in(declaring):
                if declared.name in result:
                    hint = "leave it out, or do not extend the class that declares it"
                    message = f"state variable {declared.name} is declared in two classes"
                    raise ModelError(message, hint=hint, position=declared.position)
                result[declared.name] = declared
    return tuple(result.values())


def _declared_in(cls: type) -> tuple[Variable, ...]:
    """The state variables of a class, without those of the classes it extends."""
    hints = annotations_of(cls)
    declared = {name: value for name, value in cls.__dict__.items() if isinstance(value, Declaration)}
    for name, declaration in declared.items():
        if name.startswith("_"):
            hint = "names that begin with _ are Python's own"
            raise ModelError(f"state variable {name} needs another name", hint=hint, position=declaration.position)
        if name not in hints:
            hint = f"write {name}: Sort = var(...)"
            raise ModelError(f"state variable {name} has no sort", hint=hint, position=declaration.position)
    for name in hints:
        if name not in declared:
            hint = f"write {name}: ... = var(initial value)"
            raise ModelError(f"state variable {name} has no initial value", hint=hint, position=here())
    result = []
    for name, declaration in declared.items():
        try:
            sort = sort_of(hints[name])
            opened = declaration.initial is anything
            initial = None if opened else initial_value(declaration.initial, sort, name)
        except ModelError as error:
            raise ModelError(error.message, hint=error.hint, position=declaration.position) from None
        storable(sort, name, declaration.position, "state variable", "name the quorum in a guard with witness(...)")
        result.append(Variable(name, sort, initial, declaration.doc, declaration.position, declaration.rigid))
    return tuple(result)


def storable(sort: Sort, name: str, position: Position | None, what: str, quorum: str) -> None:
    """ModelError unless a variable can have every value of the sort: no integer without a range, no quorum.

    `what` describes the variable; `quorum` is advice on what to write in place of a quorum.
    """
    for inner in inner_sorts(sort):
        if isinstance(inner, IntSort):
            where = "" if inner is sort else f": {sort} is made of Int"
            called = f"{name[:1].upper()}{name[1:]}" if inner is sort else "Name"
            hint = f"declare one: class {called}(Range, low=0, high=...)"
            raise ModelError(f"{what} {name} needs an integer range{where}", hint=hint, position=position)
        if isinstance(inner, QuorumSort):
            raise ModelError(f"{what} {name} cannot store a quorum", hint=quorum, position=position)


@dataclass(frozen=True, slots=True)
class Target:
    """A place in the state that can be assigned: a variable, or a point of a function variable."""

    builder: ActionBuilder
    name: str
    path: tuple[Term, ...]

    def below(self, index: Term) -> Target:
        """The place at `index` of the function at this place."""
        return Target(self.builder, self.name, (*self.path, index))

    def assign(self, value: Term) -> None:
        """Records the assignment in the action being built."""
        self.builder.assign(self.name, self.path, value)


class StateView:
    """The state as a model reads it: one attribute for each variable. In an action the attributes can be assigned."""

    def __init__(
        self, variables: tuple[Variable, ...], op: str = "state", builder: ActionBuilder | None = None
    ) -> None:
        object.__setattr__(self, "_variables", {variable.name: variable for variable in variables})
        object.__setattr__(self, "_op", op)
        object.__setattr__(self, "_builder", builder)

    def _variable(self, name: str) -> Variable:
        variables: dict[str, Variable] = object.__getattribute__(self, "_variables")
        if name not in variables:
            raise ModelError(
                f"unknown state variable {name}", hint=nearest(name, variables, "variables"), position=here()
            )
        return variables[name]

    def __getattr__(self, name: str) -> Any:
        declared = self._variable(name)
        builder: ActionBuilder | None = object.__getattribute__(self, "_builder")
        if builder is not None:
            builder.check_open(name)
        opened = builder is not None and name in builder.opened.values()
        if builder is not None and name in builder.assigned and not opened and not misuse.stores_at_point(name):
            if misuse.stores_into(name) and name not in builder.pointwise:
                builder.refuse_second(name)
            raise ModelError(
                f"{name} is read after it was assigned; updates are simultaneous",
                hint=f"read it before: old = s.{name}",
                position=here(),
            )
        # A constant has one symbol, whichever state it is read in.
        op = "state" if declared.rigid else object.__getattribute__(self, "_op")
        result = wrap(Term(op, (), declared.sort, name))
        if builder is not None and isinstance(declared.sort, FunctionSort):
            result._target = Target(builder, name, ())
        return result

    def __setattr__(self, name: str, value: Any) -> None:
        declared = self._variable(name)
        builder: ActionBuilder | None = object.__getattribute__(self, "_builder")
        if builder is None:
            raise ModelError(f"{name} cannot be assigned here", hint="only actions assign; write ==", position=here())
        builder.assign(name, (), stored(value, declared.sort, f"the variable {name}"))

    def __delattr__(self, name: str) -> None:
        raise ModelError(f"{self._variable(name).name} cannot be deleted", hint="assign a value", position=here())
