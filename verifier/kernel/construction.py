"""A protocol under construction: its declarations so far, and the functions of a model's file that become formulas of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from verifier.kernel.actions import Action
from verifier.kernel.binding import plain_parameters, returned
from verifier.kernel.declarations import Declarations, Named, Parameter, Variant
from verifier.kernel.errors import ModelError, Position, check_name, here
from verifier.kernel.fairness import Assumption
from verifier.kernel.properties import Finding, Lemma, Property, Share
from verifier.kernel.ranking import Ranking
from verifier.kernel.reach import STATES, Reach, Vocabulary
from verifier.kernel.state import StateView, Variable

C = TypeVar("C", bound="UnderConstruction")
P = ParamSpec("P")
R = TypeVar("R")


def declares(method: Callable[Concatenate[C, P], R]) -> Callable[Concatenate[C, P], R]:
    """A method that adds to a protocol; a sealed protocol rejects it."""

    @wraps(method)
    def declared(self: C, /, *args: P.args, **kwargs: P.kwargs) -> R:
        self._take()
        return method(self, *args, **kwargs)

    return declared


class UnderConstruction:
    """The declarations of a protocol in the order of its file, as long as it takes more; see `Protocol`."""

    def __init__(self, name: str, title: str, *, source: str = "", default_variant: str = "safe") -> None:
        check_name(name, "a protocol")
        check_name(default_variant, "a variant")
        self.name = name
        self.title = title
        self.source = source
        self.parameters: dict[str, Parameter] = {}
        self.assumptions: list[Named] = []
        self.variables: tuple[Variable, ...] = ()
        self.axioms: list[Named] = []
        self.initial: list[Named] = []
        self.constraints: list[Named] = []
        self.stops: list[Named] = []
        self.fair: dict[str, Assumption] = {}
        self.deadlock = False
        self.actions: dict[str, Action] = {}
        self.properties: dict[str, Property] = {}
        self.lemmas: dict[str, Lemma] = {}
        self.rankings: list[Ranking] = []
        self.findings: list[Finding] = []
        self.shared: Share | None = None
        self.default_variant = default_variant
        self.variants: dict[str, Variant] = {default_variant: Variant(default_variant, "the protocol as it stands")}
        self.dead: dict[str, str] = {}
        self.sealed = False
        self._declared: Declarations | None = None
        self.vocabulary = Vocabulary(self)
        self.position = here()

    def seal(self) -> None:
        """Ends the declarations: what was loaded means the same to everyone in the process."""
        self.sealed = True

    def _take(self) -> None:
        if self.sealed:
            hint = "import its module in a file of your own and add to that copy"
            raise ModelError(f"{self.name} is already loaded and takes no more declarations", hint=hint, position=here())

    def _view(self, what: str) -> Any:
        if not self.variables:
            raise ModelError(f"{what} comes before the state", hint="declare @p.state first", position=here())
        return StateView(self.variables)

    def _formula(
        self, function: Callable[..., Any], what: str, views: Sequence[str], reads: frozenset[str], name: str | None
    ) -> Named:
        """The formula that the user's function returns for symbolic states, one for each of `views`, the names of its
        parameters.

        `reads` are the operators that it may use, see `Reach`; `name` replaces that of the function.
        """
        position = defined_at(function, what)
        name = called_as(function, name, what)
        given = plain_parameters(function, f"{what} {name}")
        if len(given) != len(views):
            raise ModelError(
                f"{what} {name} takes {len(given)} parameters",
                hint=f"write def {name}({', '.join(views)}) -> Bool",
                position=position,
            )
        self._view(what)
        states = [StateView(self.variables, op) for op in ("state", "next")]
        value = function(*states[: len(views)])
        formula = returned(value, f"{what} {name}", position)
        self.vocabulary.admit(formula, Reach(f"{what} {name}", position, reads))
        return Named(name, formula, position)

    def _predicate(
        self, function: Callable[[Any], Any], what: str, name: str | None, reads: frozenset[str] = STATES
    ) -> Named:
        return self._formula(function, what, ["s: State"], reads, name)

    def _with_name(self, register: Callable[[Any], Any], function: Any, given: object) -> Any:
        """The result of a decorator that takes an optional name: the registered function or, if called with arguments, the
        decorator itself.
        """
        self._take()
        if function is None and not given:
            raise ModelError("the function is missing", hint="write the decorator without parentheses", position=here())
        return register if function is None else register(function)


def defined_at(function: Any, what: str) -> Position:
    """Where a function of the user's is defined; ModelError if it is not a function that was given a name."""
    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        hint = "write def Name(s: State, ...): below the decorator"
        raise ModelError(f"{what} is a function with a name, not {function!r}", hint=hint, position=here())
    return Position(function.__code__.co_filename, function.__code__.co_firstlineno)


def called_as(function: Callable[..., Any], name: str | None, what: str) -> str:
    """The name of what a function declares: its own, unless the model gives another one."""
    if name is None:
        return function.__name__
    check_name(name, what)
    return name


def listed(names: Iterable[str], what: str) -> tuple[str, ...]:
    """Names that a declaration lists; ModelError for a single string, whose letters would be meant."""
    if isinstance(names, str):
        raise ModelError(f"{what} takes a list of names", hint=f'write {what}=["{names}"]', position=here())
    return tuple(names)
