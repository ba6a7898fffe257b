"""Fairness: which steps do not wait forever, of an action, of some of its instances, or of a group of actions.

A condition is about steps that change something (TLA+'s `<<A>>_v`, where v is all variables): a step that leaves the state
unchanged neither counts as taken nor keeps its action enabled.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import Any, NoReturn

from verifier.kernel import misuse
from verifier.kernel.actions import declared_by
from verifier.kernel.binding import Over
from verifier.kernel.errors import ModelError, Position, here, nearest
from verifier.kernel.expressions import coerce
from verifier.kernel.terms import Term


@dataclass(frozen=True, slots=True)
class Part:
    """Some steps of an action: those with these arguments, one for each that the model's function takes; None: any value."""

    action: str
    arguments: tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of fairness for each value of the variables in `bound`.

    Weak: if steps of the parts are enabled from some point on, forever, then some is taken infinitely often. Strong: if they
    are enabled infinitely often. Without parts it is about every action.
    """

    strong: bool
    parts: tuple[Part, ...]
    bound: tuple[Term, ...] = ()
    position: Position | None = None

    @property
    def label(self) -> str:
        """The names of the actions that it is about; `Next` if it is about all."""
        return "+".join(dict.fromkeys(part.action for part in self.parts)) or "Next"

    def covers(self, value: Callable[[Term], Any], action: str, arguments: Mapping[str, Any]) -> bool:
        """Whether the condition is about an action instance with these arguments; `value` gives the values of its variables and
        constants.

        The next values that an action leaves open come last and may be any.
        """
        return not self.parts or any(
            part.action == action
            and all(
                wanted is None or value(wanted) == have
                for wanted, have in zip(part.arguments, arguments.values(), strict=False)
            )
            for part in self.parts
        )

    def name(self, value: Callable[[Term], Any]) -> str:
        """The condition as people write it, for the values that its variables have: `SF(Reset or Inc(n1))`."""
        parts = [
            named(part.action, ["_" if wanted is None else str(value(wanted)) for wanted in part.arguments])
            for part in self.parts
        ]
        return f"{'SF' if self.strong else 'WF'}({' or '.join(parts) or 'Next'})"


def named(action: str, arguments: list[str]) -> str:
    """An action with its arguments, which are left out where each may have any value."""
    return f"{action}({', '.join(arguments)})" if any(given != "_" for given in arguments) else action


@dataclass(frozen=True, slots=True)
class Assumption:
    """Conditions of fairness under a name; properties are stated under them."""

    name: str
    conditions: tuple[Condition, ...]
    position: Position | None = None


DECLARED = "fairness"
"""The name of the conditions that are declared with the protocol."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Steps of some actions, as a model names them; `|` joins them to a group."""

    parts: tuple[Part, ...]

    def __or__(self, other: Steps) -> Steps:
        given: object = other
        if not isinstance(given, Steps):
            raise ModelError(f"steps can only be joined with steps, not with {other!r}", hint=_GROUP, position=here())
        return Steps((*self.parts, *other.parts))

    def __bool__(self) -> bool:
        misuse.refuse_truth()


@dataclass(frozen=True, slots=True, eq=False)
class Fairness(Over):
    """A condition of fairness, as a model states it."""

    condition: Condition

    def __repr__(self) -> str:
        return "a condition of fairness"

    def __bool__(self) -> bool:
        misuse.refuse_truth()

    def over(self, variables: tuple[Term, ...]) -> Fairness:
        """The condition for each value of the variables."""
        return Fairness(replace(self.condition, bound=(*variables, *self.condition.bound)))

    def __and__(self, other: object) -> NoReturn:
        hint = "give them as several arguments: p.fairness(weak(A), weak(B))"
        raise ModelError("conditions of fairness are not joined by &", hint=hint, position=here())

    __rand__ = __and__


Fair = Callable[..., None] | Steps | Callable[[Iterable[object]], bool]
"""The subjects of a condition of fairness: an action, steps, or Python's `all` for every action."""

_GROUP = "write weak(steps(A) | steps(B, n))"
_WHAT = "give the function marked @p.action, steps(...), or all for every action"


def steps(action: Callable[..., None], *arguments: object) -> Steps:
    """The steps of an action: with these arguments, or with any if none are given; `...` stands for any value."""
    declared = declared_by(action)
    if declared is None:
        raise ModelError(f"{_called(action)} is not an action", hint="give the function marked @p.action", position=here())
    wanted = declared.given
    if arguments and len(arguments) != len(wanted):
        names = ", ".join(argument.name for argument in wanted)
        hint = f"write {declared.name}, {names}; ... stands for any value" if wanted else f"{declared.name} takes none"
        message = f"{declared.name} takes {len(wanted)} arguments, not {len(arguments)}"
        raise ModelError(message, hint=hint, position=here())
    given: list[Term | None] = []
    for argument, value in zip(wanted, arguments or (...,) * len(wanted), strict=True):
        if isinstance(value, EllipsisType):
            given.append(None)
            continue
        term = coerce(value, argument.sort, f"argument {argument.name} of {declared.name}")
        if term.op not in ("bound", "literal"):
            hint = f"use forall({argument.sort}, lambda {argument.name}: weak(...)), a name or number of the sort, or ..."
            message = f"argument {argument.name} of {declared.name} must be a variable of {argument.sort} or a constant here"
            raise ModelError(message, hint=hint, position=here())
        given.append(term)
    return Steps((Part(declared.name, tuple(given)),))


def weak(action: Fair, *arguments: object) -> Fairness:
    """Weak fairness: steps that stay enabled forever are taken again and again (TLA+'s WF).

    Of an action (`weak(A)`), of its instances with given arguments (`forall(Node, lambda n: weak(A, n, ...))`), of a group
    (`weak(steps(A) | steps(B))`), or of every action together (`weak(all)`).
    """
    return _condition(False, action, arguments)


def strong(action: Fair, *arguments: object) -> Fairness:
    """Strong fairness: steps that are enabled again and again are taken again and again (TLA+'s SF)."""
    return _condition(True, action, arguments)


def _condition(is_strong: bool, action: Any, arguments: tuple[Any, ...]) -> Fairness:
    if action is builtins.all and not arguments:
        return Fairness(Condition(is_strong, (), position=here()))
    if isinstance(action, Steps):
        if arguments:
            raise ModelError("steps have their arguments already", hint="write steps(A, n)", position=here())
        return Fairness(Condition(is_strong, action.parts, position=here()))
    if not callable(action):
        raise ModelError(f"{action!r} is not an action", hint=_WHAT, position=here())
    return Fairness(Condition(is_strong, steps(action, *arguments).parts, position=here()))


def _called(action: Any) -> str:
    return str(getattr(action, "__name__", repr(action)))


def assumption(name: str, conditions: tuple[Any, ...], actions: Mapping[str, Any], owner: str) -> Assumption:
    """Conditions under a name. ModelError for a value that is not a condition, or a condition about an action of another
    protocol.
    """
    if not conditions:
        raise ModelError(f"{name} states no condition", hint="write weak(A), strong(A) or forall(Sort, ...)", position=here())
    for given in conditions:
        if not isinstance(given, Fairness):
            hint = "write weak(A), strong(A) or forall(Sort, lambda x: weak(A, x))"
            raise ModelError(f"{name} takes conditions of fairness, not {given!r}", hint=hint, position=here())
        bound = set(given.condition.bound)
        for part in given.condition.parts:
            if part.action not in actions or len(part.arguments) != len(actions[part.action].given):
                hint = nearest(part.action, actions, "actions")
                raise ModelError(f"{part.action} is not an action of {owner}", hint=hint, position=given.condition.position)
            for term in part.arguments:
                if term is not None and term.op == "bound" and term not in bound:
                    hint = "use a variable only inside the function that is given it"
                    message = f"{name} reads {term.data}, which is bound elsewhere"
                    raise ModelError(message, hint=hint, position=given.condition.position)
    return Assumption(name, tuple(given.condition for given in conditions), here())
