"""The unbounded scope: the model for any number of nodes, keys, rounds and versions, its search bounds
dropped.

What only kept a search finite goes: guards declared as budgets, the ends of ranges that read a search bound
or a size, constraints that mention one, and variables that nothing else reads. Parameters of the protocol
itself stay, as any natural numbers that satisfy the assumptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from verifier.kernel.actions import Action
from verifier.kernel.errors import ModelError, Position
from verifier.kernel.model import Model
from verifier.kernel.properties import Lemma, Property
from verifier.kernel.protocol import Named
from verifier.kernel.sorts import BOOL, INT, RangeSort
from verifier.kernel.state import Variable
from verifier.kernel.terms import Term, parameter_names, state_names
from verifier.semantics.scope.widening import (
    Allowed,
    Widening,
    is_flat,
    mismatch,
    unsupported,
    unsupported_sort,
)

_OPEN = Term("parameter", (), INT, "")


def opened(sort: RangeSort) -> RangeSort:
    """The sort without its ends: all integers, for what a store may hold before its range is checked."""
    return replace(sort, low=_OPEN, high=_OPEN)


@dataclass(frozen=True, slots=True)
class NotStated:
    """A property that does not exist at unbounded scope: its short name (or only one), published name, and
    why.
    """

    name: str
    published_name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Unbounded:
    """A model without its search bounds.

    `model` has what is left of the protocol, and only parameters of kind `model`; its sorts are unchanged,
    `low` and `high` say which ends of a range still count. `dropped` lists, for people, everything that went.
    """

    model: Model
    not_stated: tuple[NotStated, ...]
    dropped: tuple[str, ...]
    gone: frozenset[str] = field(repr=False)

    def low(self, sort: RangeSort) -> Term | None:
        """The lower end of a range; None where it is open."""
        return None if sort.low is _OPEN or parameter_names(sort.low) & self.gone else sort.low

    def high(self, sort: RangeSort) -> Term | None:
        """The upper end of a range; None where it is open."""
        return None if sort.high is _OPEN or parameter_names(sort.high) & self.gone else sort.high

    def inhabited_ranges(self) -> list[tuple[str, Term]]:
        """The ranges whose two ends count, each with the fact that it is not empty, where that depends on
        parameters.
        """
        found = []
        for sort in self.model.sorts:
            if isinstance(sort, RangeSort):
                low, high = self.low(sort), self.high(sort)
                if low is not None and high is not None and parameter_names(low, high):
                    found.append((str(sort), Term("le", (low, high), BOOL)))
        return found


def unbounded(model: Model) -> Unbounded:
    """The unbounded scope of `model`.

    Raises ModelError, with the model's line, where an action, an initial value or a constraint depends on a
    bound in a way that dropping it would not merely weaken, or uses what first-order logic cannot express.
    Properties of which this is true are listed as not stated instead.
    """
    return _Dropping(model, frozenset(n for n, p in model.parameters.items() if p.kind != "model")).result()


def without_parameters(model: Model, gone: Iterable[str]) -> Unbounded:
    """The model with these parameters dropped, and only these; for tests that compare with a finite scope."""
    return _Dropping(model, frozenset(gone)).result()


class _Dropping:
    def __init__(self, model: Model, gone: frozenset[str]) -> None:
        self.model = model
        self.gone = gone
        self.dropped: list[str] = []
        self.not_stated: list[NotStated] = []
        self.candidates: set[str] = set()
        self.widening = Widening(gone)

    def result(self) -> Unbounded:
        model, gone = self.model, self.gone
        bounds = [n for n in model.parameters if n in gone and model.parameters[n].kind == "search bound"]
        self.dropped += [f"search bound {name}" for name in bounds]
        assumptions = tuple(a for a in model.assumptions if self._keeps(a, "assumption"))
        constraints = tuple(c for c in model.constraints if self._keeps(c, "constraint"))
        actions = [self._without_budgets(action) for action in model.actions]
        properties = [p for p in model.properties if self._stated(p)]
        absent = self._unread(actions, constraints, [p for p in properties if p.about is None])
        self.dropped += [f"variable {v.name}" for v in model.variables if v.name in absent]
        actions = [replace(a, updates=tuple(u for u in a.updates if u.variable not in absent)) for a in actions]
        variables = tuple(v for v in model.variables if v.name not in absent)
        for sort in model.sorts:
            if isinstance(sort, RangeSort):
                self._open(sort)
        self._check(variables, actions, constraints)
        lemmas = []
        for lemma in model.lemmas:
            reason = self._reads_dropped(lemma.formula) or unsupported(lemma.formula)
            if reason or state_names(lemma.formula) & absent:
                self.dropped.append(f"lemma {lemma.name}: {reason or 'it reads a variable that is dropped'}")
            else:
                lemmas.append(lemma)
        kept = replace(
            model,
            parameters={name: p for name, p in model.parameters.items() if name not in gone},
            assumptions=assumptions,
            variables=variables,
            constraints=constraints,
            actions=tuple(actions),
            properties=tuple(self._kept(properties, lemmas, absent)),
            lemmas=tuple(lemmas),
        )
        return Unbounded(kept, tuple(self.not_stated), tuple(self.dropped), gone)

    def _reads_dropped(self, term: Term) -> str | None:
        read = parameter_names(term) & self.gone
        return f"it reads {min(read)}, which is dropped" if read else None

    def _keeps(self, named: Named, what: str) -> bool:
        reason = self._reads_dropped(named.formula)
        if reason:
            self.dropped.append(f"{what} {named.name}")
            self.candidates |= state_names(named.formula)
        return reason is None

    def _without_budgets(self, action: Action) -> Action:
        for guard in action.guards:
            if guard.budget and self.gone:
                self.dropped.append(f"guard {action.name}.{guard.name}")
                self.candidates |= state_names(guard.condition)
        return replace(action, guards=tuple(g for g in action.guards if not (g.budget and self.gone)))

    def _open(self, sort: RangeSort) -> None:
        for end, term in (("lower", sort.low), ("upper", sort.high)):
            if parameter_names(term) & self.gone:
                self.dropped.append(f"{end} end of {sort}")

    # -- properties ------------------------------------------------------------------------------------------

    def _stated(self, found: Property) -> bool:
        if found.kind not in ("state", "action"):
            return True
        reason = (
            self._reads_dropped(found.formula)
            or self.widening.wrong(found.formula, "forall")
            or unsupported(found.formula)
        )
        if reason:
            self.not_stated.append(NotStated(found.short or found.name, found.name, reason))
        return reason is None

    @staticmethod
    def _kept(properties: list[Property], lemmas: list[Lemma], absent: set[str]) -> Iterator[Property]:
        """The properties about variables that are still there, and the definedness of texts that are."""
        texts = {found.name: found.formula for found in properties}
        texts |= {lemma.name: lemma.formula for lemma in lemmas}
        for found in properties:
            if found.about is not None:
                if found.about in texts:
                    yield replace(found, formula=texts[found.about])
            elif not _vanishes(found, absent):
                yield replace(found, variables=tuple(name for name in found.variables if name not in absent))

    # -- variables -------------------------------------------------------------------------------------------

    def _unread(self, actions: list[Action], constraints: tuple[Named, ...], properties: list[Property]) -> set[str]:
        """The variables that something dropped has read, and nothing reads now but their own updates."""
        read = {name for named in (*constraints, *self.model.initial) for name in state_names(named.formula)}
        read |= {name for found in properties for name in state_names(found.formula)}
        read |= {name for action in actions for guard in action.guards for name in state_names(guard.condition)}
        updates = [update for action in actions for update in action.updates]
        absent: set[str] = set()
        while True:
            needed = set(read)
            for update in updates:
                if update.variable not in absent:
                    needed |= state_names(update.value) - {update.variable}
            found = self.candidates - absent - needed
            if not found:
                return absent
            absent |= found
            self.candidates |= {n for u in updates if u.variable in absent for n in state_names(u.value)}

    # -- errors ----------------------------------------------------------------------------------------------

    def _check(self, variables: tuple[Variable, ...], actions: list[Action], constraints: tuple[Named, ...]) -> None:
        for declared in variables:
            what = f"variable {declared.name}"
            self._raise(what, unsupported_sort(declared.sort), declared.position)
            if declared.initial is not None:
                self._refuse(what, declared.initial, "neither", declared.position)
                self._raise(what, mismatch(declared.sort, declared.initial.sort), declared.position)
        for named in self.model.initial:
            self._refuse(f"initial predicate {named.name}", named.formula, "exists", named.position)
        for named in constraints:
            self._refuse(f"constraint {named.name}", named.formula, "exists", named.position)
        sorts = {declared.name: declared.sort for declared in variables}
        for action in actions:
            for argument in (*action.arguments, *action.witnesses):
                reason = None if is_flat(argument.sort) else f"it runs over {argument.sort}"
                self._raise(f"argument {argument.name} of {action.name}", reason, action.position)
            for guard in action.guards:
                self._refuse(f"guard {action.name}.{guard.name}", guard.condition, "exists", guard.position)
            for update in action.updates:
                what = f"the update of {update.variable} in {action.name}"
                self._refuse(what, update.value, "neither", update.position)
                self._raise(what, mismatch(sorts[update.variable], update.value.sort), update.position)

    def _refuse(self, what: str, term: Term, allowed: Allowed, position: Position | None) -> None:
        hint = "budget(...) if it only keeps a search finite; p.parameter if the bound matters"
        self._raise(what, self._reads_dropped(term), position, hint)
        hint = "bound the variable by a value of the state, or declare the end with p.parameter"
        self._raise(what, self.widening.wrong(term, allowed), position, hint)
        self._raise(what, unsupported(term), position)

    @staticmethod
    def _raise(what: str, reason: str | None, position: Position | None, hint: str | None = None) -> None:
        if reason:
            message = f"{what} has no meaning at unbounded scope: {reason}"
            raise ModelError(message, hint=hint, position=position)


def _vanishes(found: Property, absent: set[str]) -> bool:
    """Whether a range property has lost all its variables."""
    return found.kind == "range" and bool(found.variables) and set(found.variables) <= absent
