"""The declarations of a protocol's claims: properties of every kind, with the lemmas and rankings that prove them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from verifier.kernel.construction import UnderConstruction, called_as, declares, defined_at, listed
from verifier.kernel.declarations import Named
from verifier.kernel.errors import ModelError, check_name, here, nearest
from verifier.kernel.expressions import Bool
from verifier.kernel.fairness import Assumption
from verifier.kernel.laws import build_law
from verifier.kernel.liveness import assumed, build_liveness
from verifier.kernel.properties import DEADLOCK, Expectation, Lemma, Property, is_reserved
from verifier.kernel.ranking import Ranks, build_rankings
from verifier.kernel.reach import STEPS
from verifier.kernel.spelling import is_called, is_short_name
from verifier.kernel.state import StateView
from verifier.kernel.temporal import Temporal
from verifier.kernel.terms import Term, state


class DeclaresClaims(UnderConstruction):
    """The claims of a protocol, declared in the order of its file."""

    @declares
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

    @declares
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

    @declares
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
            called = called_as(function, name, "a property")
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
        names = listed(variables, "variables")
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

    @declares
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

    @declares
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
