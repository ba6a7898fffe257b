"""The protocol: the object that a model's file builds, declaration by declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar, cast, overload

from verifier.kernel.actions import Action, build_action, note_action
from verifier.kernel.binding import plain_parameters, returned
from verifier.kernel.declarations import Declarations, Named, Parameter, Variant
from verifier.kernel.errors import ModelError, Position, UsageError, at_hand, check_name, here, nearest
from verifier.kernel.expressions import Bool, Int, Range, coerce, wrap
from verifier.kernel.fairness import DECLARED, Assumption, Fairness, assumption
from verifier.kernel.laws import build_law
from verifier.kernel.liveness import assumed, build_liveness
from verifier.kernel.model import Model, instantiate
from verifier.kernel.properties import DEADLOCK, Expectation, Finding, Lemma, Property, Share, is_reserved
from verifier.kernel.ranking import Ranking, Ranks, build_rankings
from verifier.kernel.reach import STATE, STATES, STEPS, Reach, Vocabulary
from verifier.kernel.sorts import BOOL, INT, EnumSort, FunctionSort
from verifier.kernel.spelling import is_called, is_short_name
from verifier.kernel.state import StateView, Variable, variables_of
from verifier.kernel.temporal import Temporal
from verifier.kernel.terms import Term, state, state_names

S = TypeVar("S")
Predicate = Callable[[Any], "Bool"]
Body = Callable[..., None]
P = ParamSpec("P")
R = TypeVar("R")


def _declares(method: Callable[Concatenate[Protocol, P], R]) -> Callable[Concatenate[Protocol, P], R]:
    """A method that adds to a protocol; a sealed protocol rejects it."""

    @wraps(method)
    def declared(self: Protocol, /, *args: P.args, **kwargs: P.kwargs) -> R:
        self._take()
        return method(self, *args, **kwargs)

    return declared


class Protocol:
    """A protocol under construction, then as it is used: its declarations in the order of the file.

    `name` is what the command line calls it, `title` one line for people, `default_variant` the name of the variant that
    is meant where none is named. It leaves nothing out, unless the model declares it like any other variant.
    """

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
        self.vocabulary = Vocabulary(self)
        self.position = here()

    def seal(self) -> None:
        """Ends the declarations: what was loaded means the same to everyone in the process."""
        self.sealed = True

    def _take(self) -> None:
        if self.sealed:
            hint = "import its module in a file of your own and add to that copy"
            raise ModelError(f"{self.name} is already loaded and takes no more declarations", hint=hint, position=here())

    @_declares
    def _parameter(self, name: str, default: Any, kind: Literal["model", "search bound"], doc: str) -> Int:
        check_name(name, "a parameter")
        if name in self.parameters:
            raise ModelError(f"parameter {name} is declared twice", position=here())
        _natural(name, default)
        self.parameters[name] = Parameter(name, default, kind, doc)
        return cast(Int, wrap(Term("parameter", (), INT, name)))

    @overload
    def parameter(self, name: str, default: int, doc: str = "") -> Int: ...
    @overload
    def parameter(self, name: str, default: list[int] | tuple[int, ...], doc: str = "") -> list[Int]: ...
    def parameter(self, name: str, default: Any, doc: str = "") -> Int | list[Int]:
        """Declares a natural number that is part of the protocol's meaning; `default` is its published value.

        Of a list, each number is a parameter of its own, `name_1` and so on; `--set name=[3,1,1]` sets all of them.
        """
        if not isinstance(default, list | tuple):
            return self._parameter(name, default, "model", doc)
        check_name(name, "a parameter")
        if not default or name in self.parameters:
            message = f"parameter {name} is declared twice" if default else f"parameter {name} is a list without numbers"
            raise ModelError(message, position=here())
        return [self._parameter(part, value, "model", doc) for part, value in zip(parts(name, default), default, strict=True)]

    def search_bound(self, name: str, default: int, doc: str = "") -> Int:
        """Declares a natural number that only keeps a search finite; at unbounded scope it is dropped."""
        return self._parameter(name, default, "search bound", doc)

    @_declares
    def assume(self, name: str, formula: Bool | bool) -> None:
        """Declares an assumption about the parameters; values that violate it are rejected."""
        named = Named(name, coerce(formula, BOOL, f"assumption {name}"), here())
        self.vocabulary.admit(named.formula, Reach(f"assumption {name}", named.position, arithmetic=True))
        self.assumptions.append(named)

    @_declares
    def state(self, cls: type[S]) -> type[S]:
        """Registers the state class: annotated attributes, each with `var(initial value, meaning)`."""
        if self.variables:
            raise ModelError(f"{self.name} has two state classes", hint="put all variables in one", position=here())
        declared = variables_of(cls)
        if not declared:
            hint = f'write name: {at_hand(Range)} = var(0, "meaning")'
            raise ModelError(f"state class {cls.__name__} declares no variables", hint=hint, position=here())
        for variable in declared:
            self.vocabulary.admit_sort(variable.sort, variable.position)
            if variable.initial is not None:
                reach = Reach(f"the initial value of {variable.name}", variable.position)
                self.vocabulary.admit(variable.initial, reach)
        self.variables = declared
        return cls

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
        name = _called(function, name, what)
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

    @_declares
    def axiom(self, function: Predicate, /) -> Predicate:
        """Registers an axiom about the rigid variables, which holds whatever their values are; it reads no others."""
        named = self._predicate(function, "axiom", None, STATE)
        if named.name in {other.name for other in (*self.initial, *self.axioms)}:
            raise ModelError(f"axiom {named.name} is defined twice", position=named.position)
        rigid = {declared.name for declared in self.variables if declared.rigid}
        for name in sorted(state_names(named.formula) - rigid):
            hint = f"declare {name} with var(anything, rigid=True), or mark the predicate @p.initially"
            raise ModelError(f"axiom {named.name} reads {name}, which is not rigid", hint=hint, position=named.position)
        self.axioms.append(named)
        return function

    @overload
    def initially(self, function: Predicate, /) -> Predicate: ...
    @overload
    def initially(self, /, *, name: str | None = None, chosen: bool = False) -> Callable[[Predicate], Predicate]: ...
    def initially(self, function: Any = None, /, *, name: str | None = None, chosen: bool = False) -> Any:
        """Registers a predicate that every initial state satisfies, under the function's name or another one.

        `chosen`: it holds only in variants that name it, see `variant`.
        """

        def register(function: Predicate) -> Predicate:
            named = self._predicate(function, "initial predicate", name, STATE)
            if named.name in {other.name for other in (*self.initial, *self.axioms)}:
                raise ModelError(f"initial predicate {named.name} is defined twice", position=named.position)
            self.initial.append(replace(named, chosen=chosen))
            return function

        return self._with_name(register, function, name or chosen)

    @overload
    def constraint(self, function: Predicate, /) -> Predicate: ...
    @overload
    def constraint(self, /, *, name: str) -> Callable[[Predicate], Predicate]: ...
    def constraint(self, function: Any = None, /, *, name: str | None = None) -> Any:
        """Registers a state constraint: a state outside is checked, but never counted or expanded (TLC's CONSTRAINT)."""

        def register(function: Predicate) -> Predicate:
            self.constraints.append(self._predicate(function, "constraint", name))
            return function

        return self._with_name(register, function, name)

    @overload
    def may_stop(self, function: Predicate, /) -> Predicate: ...
    @overload
    def may_stop(self, /, *, name: str) -> Callable[[Predicate], Predicate]: ...
    def may_stop(self, function: Any = None, /, *, name: str | None = None) -> Any:
        """Registers a predicate on states that are intended ends: there it is not a deadlock that nothing can happen."""

        def register(function: Predicate) -> Predicate:
            self.stops.append(self._predicate(function, "intended end", name))
            return function

        return self._with_name(register, function, name)

    @overload
    def action(self, function: Body, /) -> Body: ...
    @overload
    def action(self, /, *, name: str) -> Callable[[Body], Body]: ...
    def action(self, function: Any = None, /, *, name: str | None = None) -> Any:
        """Registers an action: a function of the state and typed arguments that calls guard(...) and assigns.

        `name` is its published name where that is not the function's.
        """

        def register(function: Body) -> Body:
            self._view("an action")
            defined_at(function, "an action")
            called = _called(function, name, "an action")
            if not called.isidentifier():
                hint = "use letters, digits and _, because formulas refer to it"
                raise ModelError(f"an action cannot be called {called!r}", hint=hint, position=here())
            if called in self.actions:
                raise ModelError(f"action {called} is defined twice", position=here())
            self.actions[called] = build_action(called, function, self.variables, self.vocabulary)
            note_action(function, self.actions[called])
            return function

        return self._with_name(register, function, name)

    def _with_name(self, register: Callable[[Any], Any], function: Any, given: object) -> Any:
        """The result of a decorator that takes an optional name: the registered function or, if called with arguments, the
        decorator itself.
        """
        self._take()
        if function is None and not given:
            raise ModelError("the function is missing", hint="write the decorator without parentheses", position=here())
        return register if function is None else register(function)

    @_declares
    def never_fires(self, action: str, reason: str) -> None:
        """Declares that an action cannot fire, so that this is not an error; `reason` says why."""
        if action not in self.actions:
            raise ModelError(f"unknown action {action}", hint=nearest(action, self.actions, "actions"), position=here())
        self.dead[action] = reason

    @_declares
    def _register(self, prop: Property) -> None:
        check_name(prop.name, "a property")
        names = [name for other in self.properties.values() for name in (other.name, other.short)]
        if prop.short is not None and not is_short_name(prop.short):
            hint = "use letters, digits, _ . @ and -, as in Lock-3-step; blanks may be written where names are read"
            raise ModelError(f"a property cannot be called {prop.short!r}", hint=hint, position=prop.position)
        for variant, expectation in prop.expected.items():
            if not isinstance(expectation, Expectation):
                hint = f'write expected={{"{variant}": violated(3)}}'
                raise ModelError(f"{expectation!r} is not an expectation", hint=hint, position=prop.position)
        for name in (prop.name, prop.short):
            if name and is_called(name, *names):
                raise ModelError(f"property {name} is defined twice", position=prop.position)
            if name and is_reserved(name):
                hint = "every protocol has properties of these names by itself; choose another"
                raise ModelError(f"a property cannot be called {name}", hint=hint, position=prop.position)
        if prop.name in self.lemmas:
            raise ModelError(f"a lemma is called {prop.name} too", position=prop.position)
        self.properties[prop.name] = prop

    def invariant(
        self,
        *,
        name: str | None = None,
        short: str | None = None,
        vacuous: str | None = None,
        expected: Mapping[str, Expectation] | None = None,
        bounded: str | None = None,
    ) -> Callable[[Callable[[Any], Bool | bool]], Callable[[Any], Bool | bool]]:
        """Registers a state invariant, under the function's name or the one given.

        `short` is a second name for it; `vacuous` says why it cannot fail; `expected` the verdicts of variants that do not
        prove it; `bounded` why it is stated at the published scope alone.
        """

        def register(function: Callable[[Any], Bool | bool]) -> Callable[[Any], Bool | bool]:
            named = self._predicate(function, "property", name)
            doc = inspect.getdoc(function) or ""
            kind: Literal["state"] = "state"
            prop = Property(named.name, kind, named.formula, short, doc, (), vacuous, expected or {}, named.position)
            self._register(replace(prop, bounded=bounded))
            return function

        return register

    def action_property(
        self,
        *,
        name: str | None = None,
        short: str | None = None,
        vacuous: str | None = None,
        expected: Mapping[str, Expectation] | None = None,
        subscript: Iterable[str] | Callable[[Iterable[object]], bool] | None = None,
        bounded: str | None = None,
    ) -> Callable[[Callable[[Any, Any], Bool]], Callable[[Any, Any], Bool]]:
        """Registers a property of steps: a function of the state before and the state after.

        A step that changes none of the variables that the formula reads satisfies it. `subscript` names other variables than
        those; `subscript=all` means every variable of the protocol. `bounded` says why it is stated at the published scope
        alone.
        """

        def register(function: Callable[[Any, Any], Bool]) -> Callable[[Any, Any], Bool]:
            named = self._formula(function, "property", ["s: State", "after: State"], STEPS, name)
            doc = inspect.getdoc(function) or ""
            prop = Property(
                named.name,
                "action",
                named.formula,
                short,
                doc,
                vacuous=vacuous,
                expected=expected or {},
                position=named.position,
                given=None if subscript is None else self._subscript(subscript, named),
                of_all=subscript is all,
                bounded=bounded,
            )
            self._register(prop)
            return function

        return register

    def reachable(
        self,
        *,
        name: str | None = None,
        short: str | None = None,
        expected: Mapping[str, Expectation] | None = None,
        bounded: str | None = None,
    ) -> Callable[[Callable[[Any], Bool | bool]], Callable[[Any], Bool | bool]]:
        """Registers a state to be reached: some run reaches a state in which the formula is true.

        PROVED: here is such a run, a witness. VIOLATED: it is proved that there is none. `expected={"variant": unreachable}`
        names the variants for which that is expected; the rest is as for an invariant.
        """

        def register(function: Callable[[Any], Bool | bool]) -> Callable[[Any], Bool | bool]:
            named = self._predicate(function, "property", name)
            doc = inspect.getdoc(function) or ""
            prop = Property(named.name, "reachable", named.formula, short, doc, (), None, expected or {}, named.position)
            self._register(replace(prop, bounded=bounded))
            return function

        return register

    @_declares
    def law(
        self, *, short: str | None = None, expected: Mapping[str, Expectation] | None = None
    ) -> Callable[[Callable[..., Bool | bool]], Callable[..., Bool | bool]]:
        """Registers a law: a function of values, which holds for all values of their sorts, reachable or not.

        The parameters are annotated with sorts, as arguments of an action are; a law reads no state.
        """

        def register(function: Callable[..., Bool | bool]) -> Callable[..., Bool | bool]:
            position = defined_at(function, "a law")
            self._register(build_law(function, self.vocabulary, short=short, expected=expected or {}, position=position))
            return function

        return register

    @_declares
    def fairness(self, *conditions: Fairness) -> Assumption:
        """Declares the conditions of fairness that the protocol comes with: liveness properties are stated under them.

        They stand for one conjunction; `under` of a property names other ones.
        """
        return self._assume_fair(DECLARED, conditions)

    @_declares
    def assume_fair(self, name: str, *conditions: Fairness) -> Assumption:
        """Gives conditions of fairness a name; liveness properties can be stated under it."""
        check_name(name, "an assumption of fairness")
        return self._assume_fair(name, conditions)

    def _assume_fair(self, name: str, conditions: tuple[Fairness, ...]) -> Assumption:
        if name in self.fair:
            raise ModelError(f"{name} is declared twice", hint="give all conditions at once", position=here())
        self.fair[name] = assumption(name, conditions, self.actions, self.name)
        for condition in self.fair[name].conditions:
            for variable in condition.bound:
                self.vocabulary.admit_sort(variable.sort, condition.position)
        return self.fair[name]

    @_declares
    def liveness(
        self,
        short: str | None = None,
        *,
        name: str | None = None,
        under: Assumption | Iterable[Assumption] | None = None,
        expected: Mapping[str, Expectation] | None = None,
        bounded: str | None = None,
    ) -> Callable[[Callable[..., Temporal]], Callable[..., Temporal]]:
        """Registers a liveness property: a function of the state (and, to describe steps, the state after) that returns a
        temporal formula.

        Every infinite behaviour that stays inside the state constraints and satisfies the conditions of fairness satisfies it.
        The conditions are those declared with the protocol, or those of the assumptions given as `under` (`[]` for none).
        `bounded` says why it is stated with the search bounds alone, where it is.
        """

        given: object = short
        if given is not None and not isinstance(given, str):
            hint = 'write @p.liveness() or @p.liveness("L-1")'
            raise ModelError("the short name of a liveness property must be a string", hint=hint, position=here())

        def register(function: Callable[..., Temporal]) -> Callable[..., Temporal]:
            position = defined_at(function, "a liveness property")
            called = _called(function, name, "a property")
            self._view(f"property {called}")
            states = StateView(self.variables, "state"), StateView(self.variables, "next")
            self._register(
                build_liveness(
                    function,
                    called,
                    states,
                    self.vocabulary,
                    short=short,
                    expected=expected or {},
                    under=assumed(under, self.fair, called, position),
                    bounded=bounded,
                    position=position,
                )
            )
            return function

        return register

    def _subscript(self, subscript: Any, named: Named) -> tuple[Term, ...]:
        declared = {variable.name: state(variable.name, variable.sort) for variable in self.variables}
        what = f"the subscript of {named.name}"
        if subscript is all:
            return tuple(declared.values())
        if isinstance(subscript, str) or not isinstance(subscript, Iterable):
            hint = 'write subscript=["x"] with the names of state variables, or subscript=all'
            raise ModelError(f"{what} is {subscript!r}", hint=hint, position=named.position)
        names = list(dict.fromkeys(subscript))
        if not names:
            hint = "every step satisfies it then; leave subscript out"
            raise ModelError(f"{what} names no variable", hint=hint, position=named.position)
        for name in names:
            if name not in declared:
                hint = nearest(str(name), declared, "variables")
                raise ModelError(f"{what} names unknown variable {name}", hint=hint, position=named.position)
        return tuple(declared[name] for name in names)

    def type_ok(
        self,
        name: str = "TypeOK",
        *,
        variables: Iterable[str],
        short: str | None = None,
        expected: Mapping[str, Expectation] | None = None,
    ) -> None:
        """Registers the published type invariant: no step stores a value outside the sorts of these variables."""
        known = {declared.name for declared in self.variables}
        names = _listed(variables, "variables")
        for variable in names:
            if variable not in known:
                hint = nearest(variable, known, "variables")
                raise ModelError(f"{name} names unknown variable {variable}", hint=hint, position=here())
        self._register(
            Property(
                name,
                "range",
                short=short,
                variables=names,
                expected=expected or {},
                position=here(),
                doc="Every variable stays within its type.",
            )
        )

    @_declares
    def lemma(
        self, reason: str, *, name: str | None = None, variants: Collection[str] | None = None
    ) -> Callable[[Callable[[Any], Bool]], Callable[[Any], Bool]]:
        """Registers a hand-written lemma, a hint for induction that is proved like anything else.

        `variants` are those in which it holds, if it does not hold in all.
        """
        only = None if variants is None else (variants,) if isinstance(variants, str) else tuple(variants)
        if not isinstance(reason, str):
            hint = 'write @p.lemma("why it holds")'
            raise ModelError("a lemma needs a reason", hint=hint, position=here())
        if only == ():
            raise ModelError("the lemma is one of no variant", hint="leave variants out, or name some", position=here())

        def register(function: Callable[[Any], Bool]) -> Callable[[Any], Bool]:
            named = self._predicate(function, "lemma", name)
            if named.name in self.lemmas:
                raise ModelError(f"lemma {named.name} is defined twice", position=named.position)
            if named.name in self.properties or is_called(named.name, DEADLOCK):
                raise ModelError(f"a property is called {named.name} too", position=named.position)
            self.lemmas[named.name] = Lemma(named.name, named.formula, reason, named.position, only)
            return function

        return register

    @_declares
    def ranking(self, property: str) -> Callable[[Callable[..., Ranks]], Callable[..., Ranks]]:
        """Registers a measure of the progress that a liveness property promises, a hint that is proved like anything else.

        It is a function of the state and of the variables of the property, and returns `ranks(...)`.
        """

        def register(function: Callable[..., Ranks]) -> Callable[..., Ranks]:
            position = defined_at(function, "a ranking")
            live = [prop for prop in self.properties.values() if prop.kind == "liveness"]
            for prop in live:
                if is_called(property, prop.name, prop.short):
                    view = StateView(self.variables)
                    self.rankings += build_rankings(function, prop, view, self.vocabulary, position)
                    return function
            known = [name for prop in live for name in (prop.name, prop.short) if name]
            hint = nearest(str(property), known, "liveness properties")
            raise ModelError(f"{self.name} has no liveness property {property}", hint=hint, position=position)

        return register

    @_declares
    def finding(self, title: str, text: str, *, command: str) -> None:
        """Records a known fact about the protocol or its published description.

        `title` states it in one line, `text` explains
        it, `command` (`verify ...`) shows it. Findings are listed and documented; they have no influence on verdicts.
        """
        given: dict[str, Any] = {"title": title, "text": text, "command": command}
        for what, value in given.items():
            if not isinstance(value, str) or not value.strip():
                hint = 'p.finding("title", "what it means", command="verify prove ...")'
                raise ModelError(f"a finding needs a {what}, not {value!r}", hint=hint, position=here())
        if not command.startswith("verify "):
            hint = "write the whole command: verify explore ..."
            raise ModelError(f"{command!r} is not a command that shows a finding", hint=hint, position=here())
        if title in {result.title for result in self.findings}:
            raise ModelError(f"finding {title!r} is recorded twice", position=here())
        self.findings.append(Finding(title, text, command, here()))

    @_declares
    def share(self, part: Int, whole: Int, *, variant: str, rest: str | None = None) -> None:
        """Declares the share whose thresholds `verify threshold` finds: for each property, the share at which it begins to
        fail.

        `part` and `whole` are sums of parameters. `variant` is one that assumes nothing about the share. `rest` names the
        variable, a function from labels to amounts, that says where the rest of the whole stands: then thresholds for given
        holders, each of whom belongs to the part or stands in one place, can be asked for.
        """
        if self.shared is not None:
            raise ModelError(f"{self.name} has two shares", hint="declare one", position=here())
        if variant not in self.variants:
            raise ModelError(f"there is no variant {variant}", hint=nearest(variant, self.variants, "variants"), position=here())
        terms = [coerce(amount, INT, f"the {what} of the share") for amount, what in ((part, "part"), (whole, "whole"))]
        for term in terms:
            self.vocabulary.admit(term, Reach("the share", here(), arithmetic=True))
        if rest is not None:
            sorts = {declared.name: declared.sort for declared in self.variables}
            if rest not in sorts:
                raise ModelError(f"there is no variable {rest}", hint=nearest(rest, sorts, "variables"), position=here())
            sort = sorts[rest]
            if not (isinstance(sort, FunctionSort) and isinstance(sort.index, EnumSort) and sort.value.is_integer):
                raise ModelError(f"{rest} is not a function from labels to amounts", hint="Fn[Class, Stake]", position=here())
        self.shared = Share(terms[0], terms[1], variant, here(), rest)

    @_declares
    def variant(
        self,
        name: str,
        *,
        drops: Iterable[str] = (),
        replaces: Mapping[str, str] | None = None,
        without: Iterable[str] = (),
        settings: Mapping[str, int | list[int]] | None = None,
        initially: Iterable[str] | None = None,
        bounded: str | None = None,
        doc: str = "",
    ) -> None:
        """Declares a variant; see `Variant`. ModelError if it names something that does not exist.

        The default variant may be declared too, to leave out parts that only other variants have.
        """
        check_name(name, "a variant")
        if name in self.variants and self.variants[name].position is not None:
            raise ModelError(f"variant {name} is declared twice", position=here())
        values: dict[str, int] = {}
        for parameter, value in (settings or {}).items():
            if isinstance(value, list | tuple):
                if parts(parameter, [*value, 0])[-1] in self.parameters:
                    raise ModelError(f"variant {name} sets {parameter} to a list that is too short", position=here())
                values.update(zip(parts(parameter, value), value, strict=True))
            else:
                values[parameter] = value
        for parameter, number in values.items():
            _natural(parameter, number)
        position = here()
        left_out = _listed(drops, "drops"), _listed(without, "without")
        starts = None if initially is None else _listed(initially, "initially")
        variant = Variant(name, doc, left_out[0], replaces or {}, left_out[1], values, position, starts, bounded)
        self.variants[name] = variant
        try:
            instantiate(self.declarations(), variant, ())
        except UsageError as error:
            raise ModelError(f"variant {name}: {error.message}", hint=error.hint, position=position) from None

    def check(self) -> None:
        """Refuses a protocol that is not complete: state, actions and properties, expectations of existing variants."""
        self.model()
        if not self.properties:
            hint = "add @p.invariant(), or give the file of properties that imports this one"
            raise ModelError(f"{self.name} has no properties", hint=hint, position=self.position)
        for prop in self.properties.values():
            for variant in prop.expected:
                if variant not in self.variants:
                    hint = nearest(variant, self.variants, "variants")
                    message = f"{prop.name} has an expected verdict for variant {variant}, which does not exist"
                    raise ModelError(message, hint=hint, position=prop.position)

    def with_deadlock(self) -> Protocol:
        """The protocol with the property `Deadlock`, on request."""
        return Protocol.of(replace(self.declarations(), deadlock=True))

    def with_lemmas(self, lemmas: Iterable[Lemma]) -> Protocol:
        """The protocol with further lemmas; one whose name is taken replaces the lemma of that name.

        Raises UsageError if a property has the name.
        """
        given = {lemma.name: lemma for lemma in lemmas}
        for name in given:
            if name in self.properties or is_called(name, DEADLOCK):
                raise UsageError(f"a property of {self.name} is called {name}", hint="give the lemma another name")
        return Protocol.of(replace(self.declarations(), lemmas={**self.lemmas, **given}))

    def declarations(self) -> Declarations:
        """The current declarations of the protocol, frozen."""
        given = {part.name: getattr(self, part.name) for part in fields(Declarations)}
        return Declarations(**{name: _frozen(value) for name, value in given.items()})

    @classmethod
    def of(cls, declarations: Declarations) -> Self:
        """A protocol that consists of these declarations and takes no more."""
        protocol = cls(declarations.name, declarations.title)
        for part in fields(Declarations):
            setattr(protocol, part.name, getattr(declarations, part.name))
        protocol.seal()
        return protocol

    def model(self, variant: str | None = None, drops: Iterable[str] = ()) -> Model:
        """The protocol under a variant and further drops (`Action.name`).

        Raises UsageError for an unknown variant, action, guard or choice, naming the nearest.
        """
        name = variant or self.default_variant
        if name not in self.variants:
            hint = nearest(name, self.variants, "variants")
            raise UsageError(f"{self.name} has no variant {name}", hint=hint)
        return instantiate(self.declarations(), self.variants[name], tuple(drops))


def defined_at(function: Any, what: str) -> Position:
    """Where a function of the user's is defined; ModelError if it is not a function that was given a name."""
    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        hint = "write def Name(s: State, ...): below the decorator"
        raise ModelError(f"{what} is a function with a name, not {function!r}", hint=hint, position=here())
    return Position(function.__code__.co_filename, function.__code__.co_firstlineno)


def _called(function: Callable[..., Any], name: str | None, what: str) -> str:
    """The name of what a function declares: its own, unless the model gives another one."""
    if name is None:
        return function.__name__
    check_name(name, what)
    return name


def parts(name: str, values: Sequence[Any]) -> list[str]:
    """The names of the parameters that a list of this name consists of."""
    return [f"{name}_{number}" for number in range(1, len(values) + 1)]


def _frozen(value: Any) -> Any:
    """A copy that does not grow with the protocol."""
    return dict(value) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value


def _natural(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ModelError(f"parameter {name} needs a natural number, not {value!r}", position=here())


def _listed(names: Iterable[str], what: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ModelError(f"{what} takes a list of names", hint=f'write {what}=["{names}"]', position=here())
    return tuple(names)
