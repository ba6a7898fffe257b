"""The unbounded scope: the model for any number of nodes, keys, rounds and versions, its search bounds
dropped.

Anything that only kept a search finite is dropped: guards declared as budgets, the ends of ranges that read a search bound or a
size, constraints that mention one, and variables that nothing else reads. Parameters of the protocol itself stay, as any natural
numbers that satisfy the assumptions; so does the size of an ordered sort whose end an action depends on. A fixed parameter has
its value (see `fixed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from verifier.kernel.actions import Action, Guard, Update
from verifier.kernel.declarations import Named
from verifier.kernel.enabling import Enabling
from verifier.kernel.errors import ModelError, Position
from verifier.kernel.laws import alone
from verifier.kernel.model import Model
from verifier.kernel.properties import Lemma, Property
from verifier.kernel.ranking import Ranking
from verifier.kernel.sorts import RangeSort, SequenceSort, inner_sorts
from verifier.kernel.state import Variable
from verifier.kernel.terms import Term, exists, may_be_undefined, parameter_names, state_names, walk
from verifier.semantics.scope.boundless import NotStated, Unbounded
from verifier.semantics.scope.expressible import is_flat, mismatch, unsupported, unsupported_sort
from verifier.semantics.scope.fixed import settled
from verifier.semantics.scope.inside import SIDES, Inside, Side, end
from verifier.semantics.scope.widening import Allowed, Fault, Widening


def unbounded(model: Model) -> Unbounded:
    """The unbounded scope of `model`.

    Raises ModelError, with the model's line, where the variant says that it has none, or an action, an initial value or a
    constraint depends on a search bound in a way that dropping it would not merely weaken, or uses what first-order logic cannot
    express. Properties that do so are listed as not stated instead.
    """
    variant = model.variant
    if variant.bounded is not None and model.law is None:
        hint = "prove it without --scope unbounded, with other sizes by --set"
        message = f"variant {variant.name} is stated for given sizes alone: {variant.bounded}"
        raise ModelError(message, hint=hint, position=variant.position)
    whole = settled(model)
    scope = without_parameters(whole, (n for n, p in model.parameters.items() if p.kind != "model"))
    if whole is model:
        return scope
    read = parameter_names(*(assumption.formula for assumption in scope.model.assumptions))
    left = {name: declared for name, declared in scope.model.parameters.items() if not declared.fixed or name in read}
    return replace(scope, model=replace(scope.model, parameters=left))


def has_unbounded_scope(model: Model) -> bool:
    """Whether the behaviour of `model` has a meaning at unbounded scope, and if all that it states are laws, one of them has."""
    if _stated(model) is None:
        return False
    if not model.laws or any(prop not in model.laws for prop in model.stated):
        return True
    laws = dict.fromkeys(prop.about or prop.name for prop in model.laws)
    return any(_stated(alone(model, law)) for law in laws)


def _stated(model: Model) -> tuple[Property, ...] | None:
    """The properties of states and steps that a model states at unbounded scope; None if it does not have that scope."""
    try:
        return tuple(unbounded(model).model.properties)
    except ModelError:
        return None


def without_parameters(model: Model, gone: Iterable[str]) -> Unbounded:
    """The model without these parameters, except the sizes that it depends on: they stay, as any natural number."""
    dropping = _Dropping(model, frozenset(gone))
    while needed := dropping.needed():
        dropping = _Dropping(model, dropping.gone - needed)
    return dropping.result()


class _Dropping:
    """The model without some parameters, and its faults."""

    def __init__(self, model: Model, gone: frozenset[str]) -> None:
        self.model = model
        self.gone = gone
        self.dropped: list[str] = []
        self.not_stated: list[NotStated] = []
        self.candidates: set[str] = set()
        self.leaving: set[str] = set()
        self.widening = Widening(gone)
        self._ends = Inside(self._kept_sides, sets=False)
        bounds = [n for n in model.parameters if n in gone and model.parameters[n].kind == "search bound"]
        self.dropped += [f"search bound {name}" for name in bounds]
        self.assumptions = tuple(a for a in model.assumptions if self._keeps(a, "assumption"))
        self.constraints = tuple(c for c in model.constraints if self._keeps(c, "constraint"))
        actions = [self._without_budgets(action) for action in model.actions]
        self.properties = [p for p in self._asked(actions) if self._stated(p)]
        self.absent = self._unread(actions)
        kept = (self._subscript_kept, self._changes_kept, self._read_kept, self._ranges_kept)
        self.properties = [p for p in self.properties if all(stays(p) for stays in kept)]
        self.liveness = [p for p in model.liveness if self._live(p)]
        gone_variables = [v for v in model.variables if v.name in self.absent]
        self.dropped += [f"variable {v.name}" for v in gone_variables]
        for declared in gone_variables:
            if declared.initial is not None:
                self._look_at(f"variable {declared.name}", declared.initial, declared.position)
        self.actions = tuple(self._without_variables(action) for action in actions)
        self.variables = tuple(v for v in model.variables if v.name not in self.absent)

    def needed(self) -> frozenset[str]:
        """The sizes that have to stay: the model says something of them, or would change in the wrong direction without them."""
        sizes = {name for name in self.gone if self.model.parameters[name].kind == "size"}
        faults = (self._fault(stated) for stated in self._behaviour())
        needed = {name for fault in faults if fault for name in fault.parameters & sizes}
        for prop in self.model.properties:
            fault = self.widening.wrong(prop.formula, "forall") if prop.kind in ("state", "action") else None
            if fault and not prop.is_deadlock and fault.parameters <= sizes:
                needed |= fault.parameters
        for term in (*self._said(), *(stated.term for stated in self._behaviour())):
            read = parameter_names(term) & self.gone
            # Parts that read a search bound are dropped with it, and take the sizes along.
            needed |= read if read <= sizes else frozenset()
        return frozenset(needed)

    def _said(self) -> Iterator[Term]:
        """The formulas about parameters and states, apart from the behaviour."""
        model = self.model
        yield from (named.formula for named in (*model.assumptions, *model.constraints))
        yield from (outcome.formula for outcome in model.properties if not outcome.is_deadlock)
        yield from (lemma.formula for lemma in model.lemmas)

    def result(self) -> Unbounded:
        """The scope; ModelError where something has no meaning in it."""
        for sort in self.model.sorts:
            if isinstance(sort, RangeSort):
                self._open(sort)
            if isinstance(sort, SequenceSort) and parameter_names(sort.capacity) & self.gone:
                self.dropped.append(f"capacity of {sort}")
        self._check()
        lemmas = []
        for lemma in self.model.lemmas:
            reason = self._reads_dropped(lemma.formula) or unsupported(lemma.formula)
            if reason or state_names(lemma.formula) & self.absent:
                self.dropped.append(f"lemma {lemma.name}: {reason or 'it reads a variable that is dropped'}")
            else:
                lemmas.append(lemma)
        kept = replace(
            self.model,
            parameters={name: p for name, p in self.model.parameters.items() if name not in self.gone},
            assumptions=self.assumptions,
            variables=self.variables,
            constraints=self.constraints,
            actions=self.actions,
            properties=tuple(self._remaining(lemmas)),
            lemmas=tuple(lemmas),
            liveness=tuple(self.liveness),
            rankings=tuple(ranking for ranking in self.model.rankings if self._ranked(ranking)),
        )
        return Unbounded(kept, self.model, tuple(self.not_stated), tuple(self.dropped), self.gone)

    def _kept_sides(self, sort: RangeSort) -> frozenset[Side]:
        return frozenset(SIDES) - self.widening.open_sides(sort)

    def _reads_dropped(self, term: Term) -> str | None:
        read = parameter_names(term) & self.gone
        return f"it reads {min(read)}, which is dropped" if read else None

    def _keeps(self, named: Named, what: str) -> bool:
        reason = self._reads_dropped(named.formula)
        if reason:
            self.dropped.append(f"{what} {named.name}")
            self.candidates |= state_names(named.formula)
            self._look_at(f"{what} {named.name}", named.formula, named.position)
        return reason is None

    def _without_budgets(self, action: Action) -> Action:
        kept = []
        for guard in action.guards:
            if not self._is_dropped(guard):
                kept.append(guard)
                continue
            what = f"guard {action.name}.{guard.name}"
            self.dropped.append(what)
            self.candidates |= state_names(guard.condition)
            self._look_at(what, guard.condition, guard.position)
        return replace(action, guards=tuple(kept))

    def _is_dropped(self, guard: Guard) -> bool:
        """Whether a guard only enforces bounds that are dropped; one that keeps values within an end that counts stays."""
        if not guard.budget or not self.gone:
            return False
        ends = [end(sort, side) for sort in _ranges(guard.condition) for side in SIDES]
        read = parameter_names(guard.condition, *ends)
        stays = {n for n, p in self.model.parameters.items() if p.kind != "model"} - self.gone
        return bool(read & self.gone) or not read & stays

    def _without_variables(self, action: Action) -> Action:
        kept = []
        for update in action.updates:
            if update.variable in self.absent:
                self._look_at(f"the update of {update.variable} in {action.name}", update.value, update.position)
            else:
                kept.append(update)
        return replace(action, updates=tuple(kept))

    def _look_at(self, what: str, term: Term, position: Position | None) -> None:
        """Whether a term that is dropped has a value still counts, so that must be expressible."""
        if may_be_undefined(term):
            self._raise(what, unsupported(term), position)

    def _open(self, sort: RangeSort) -> None:
        for side in SIDES:
            if side in self.widening.open_sides(sort):
                self.dropped.append(f"{'lower' if side == 'low' else 'upper'} end of {sort}")

    # -- properties ------------------------------------------------------------------------------------------

    def _asked(self, actions: Iterable[Action]) -> Iterator[Property]:
        """The properties as they are decided: whether a step is possible depends on the actions and constraints that remain."""
        for prop in self.model.properties:
            if prop.is_deadlock:
                enabling = Enabling(actions, self.model.variables)
                yield replace(prop, formula=enabling.progress(self.constraints, self.model.stops))
            else:
                yield prop

    def _stated(self, prop: Property) -> bool:
        if prop.kind not in ("state", "action", "law"):
            return True
        reason = (
            prop.bounded
            or self._reads_dropped(prop.formula)
            or _reason(self.widening.wrong(prop.formula, "forall"))
            or unsupported(prop.judged)
        )
        if reason:
            self.not_stated.append(NotStated(prop.short or prop.name, prop.name, reason))
        return reason is None

    def _subscript_kept(self, prop: Property) -> bool:
        """Whether a step that stutters for a property of steps here is one that does with all variables."""
        lost = sorted(state_names(*prop.subscript) & self.absent) if prop.kind == "action" else []
        if lost:
            reason = f"it is about steps that change {lost[0]}, which is dropped"
            self.not_stated.append(NotStated(prop.short or prop.name, prop.name, reason))
        return not lost

    def _changes_kept(self, prop: Property) -> bool:
        """Whether an action that can change something can still change it here."""
        lost = sorted(self.absent.intersection(prop.moved))
        if lost and prop.about is None:
            reason = f"it asks what can change {lost[0]}, which is dropped"
            self.not_stated.append(NotStated(prop.short or prop.name, prop.name, reason))
        return not lost

    def _read_kept(self, prop: Property) -> bool:
        """Whether a property of expanded states, for which no variable is kept, reads only variables that remain."""
        lost = sorted(state_names(prop.formula) & self.absent) if prop.is_deadlock else []
        if lost:
            reason = f"it reads {lost[0]}, which is dropped"
            self.not_stated.append(NotStated(prop.short or prop.name, prop.name, reason))
        return not lost

    def _ranges_kept(self, prop: Property) -> bool:
        """Whether a range property loses only variables that cannot leave an end that counts."""
        lost = [name for name in prop.variables if name in self.absent & self.leaving]
        if lost:
            reason = f"{lost[0]}, which is dropped, might leave an end of its range that is kept"
            self.not_stated.append(NotStated(prop.short or prop.name, prop.name, reason))
        return not lost

    def _live(self, prop: Property) -> bool:
        """Whether a liveness property is stated; it keeps no variable that goes otherwise."""
        asked = [formula for case in prop.cases for formula in case.formulas]
        lost = sorted(state_names(*asked) & self.absent)
        faults = (self.widening.wrong(formula, "exists") for formula in asked)
        reason = (
            prop.bounded
            or next((found for formula in asked if (found := self._reads_dropped(formula))), None)
            or (f"it reads {lost[0]}, which is dropped" if lost else None)
            or next((fault.reason for fault in faults if fault), None)
            or unsupported(*(exists(case.bound, formula) for case in prop.cases for formula in case.formulas))
        )
        if reason:
            self.not_stated.append(NotStated(prop.short or prop.name, prop.name, reason))
        return reason is None

    def _ranked(self, ranking: Ranking) -> bool:
        """Whether a ranking is one at this scope."""
        if ranking.property not in {prop.name for prop in self.liveness}:
            return False
        lost = sorted(state_names(*ranking.formulas) & self.absent)
        reason = next((found for formula in ranking.formulas if (found := self._reads_dropped(formula))), None)
        reason = reason or (f"it reads {lost[0]}, which is dropped" if lost else None)
        if reason:
            self.dropped.append(f"ranking of {ranking.property}: {reason}")
        return reason is None

    def _remaining(self, lemmas: list[Lemma]) -> Iterator[Property]:
        """The properties about variables that are still there, and the definedness of texts that are."""
        texts = {prop.name: prop.formula for prop in self.properties}
        texts |= {lemma.name: lemma.formula for lemma in lemmas}
        live = {prop.name for prop in self.liveness}
        for prop in self.properties:
            if prop.about in live:
                # Of its states and its steps, it is about those whose text can be undefined.
                yield prop
            elif prop.about is not None:
                if prop.about in texts:
                    yield replace(prop, formula=texts[prop.about])
            elif not _vanishes(prop, self.absent):
                yield replace(prop, variables=tuple(name for name in prop.variables if name not in self.absent))

    # -- variables -------------------------------------------------------------------------------------------

    def _unread(self, actions: list[Action]) -> set[str]:
        """The variables that something dropped has read, and nothing reads now but their own updates.

        Whether a dropped term has a value still counts, and so does an end of a range that is kept: what decides that is
        read, too.
        """
        model = self.model
        formulas = [named.formula for named in (*self.constraints, *model.initial)]
        read = state_names(*formulas)
        for stated in self.properties:
            # A question whether a variable changes is not alone a reason to keep it.
            if stated.about is None and not stated.is_deadlock:
                read |= state_names(stated.formula).difference(stated.moved)
        read |= state_names(*(guard.condition for action in actions for guard in action.guards))
        dropped = [g.condition for a in model.actions for g in a.guards if self._is_dropped(g)]
        dropped += [c.formula for c in model.constraints if c not in self.constraints]
        read |= state_names(*(term for term in dropped if may_be_undefined(term)))
        updates = [update for action in actions for update in action.updates]
        self.leaving = {v.name for v in model.variables if self._may_leave(v, updates)}
        read |= {v.name for v in model.variables if v.name in self.leaving and self._can_stay(v, updates)}
        absent: set[str] = set()
        while True:
            needed = set(read)
            for update in updates:
                names = state_names(update.value)
                if may_be_undefined(update.value):
                    needed |= names
                elif update.variable not in absent:
                    needed |= names - {update.variable}
            outcome = self.candidates - absent - needed
            if not outcome:
                return absent
            absent |= outcome
            self.candidates |= {n for u in updates if u.variable in absent for n in state_names(u.value)}

    def _may_leave(self, declared: Variable, updates: Iterable[Update]) -> bool:
        """Whether a variable might leave an end of its range that still counts, as far as the form of its updates says."""
        sequences = [sort for sort in inner_sorts(declared.sort) if isinstance(sort, SequenceSort)]
        if any(not parameter_names(sort.capacity) & self.gone for sort in sequences):
            return True
        values = [update.value for update in updates if update.variable == declared.name]
        if declared.initial is not None:
            values.append(declared.initial)
        return not all(self._ends.of(value, declared.sort) for value in values)

    def _can_stay(self, declared: Variable, updates: Iterable[Update]) -> bool:
        """Whether the values of a variable have a meaning without the dropped parts."""
        values = [update.value for update in updates if update.variable == declared.name]
        if declared.initial is not None:
            values.append(declared.initial)
        return unsupported_sort(declared.sort) is None and not any(
            self._reads_dropped(value) or self.widening.wrong(value, "neither") or unsupported(value)
            for value in values
        )

    # -- errors ----------------------------------------------------------------------------------------------

    def _behaviour(self) -> Iterator[_Stated]:
        """The terms that determine the model's behaviour, with the direction in which longer ranges may change each."""
        for declared in self.variables:
            if declared.initial is not None:
                yield _Stated(f"variable {declared.name}", declared.initial, "neither", declared.position)
        for named in self.model.initial:
            what = "axiom" if named in self.model.axioms else "initial predicate"
            yield _Stated(f"{what} {named.name}", named.formula, "exists", named.position)
        for named in self.constraints:
            yield _Stated(f"constraint {named.name}", named.formula, "exists", named.position, settled=True)
        for action in self.actions:
            for guard in action.guards:
                yield _Stated(f"guard {action.name}.{guard.name}", guard.condition, "exists", guard.position)
            for update in action.updates:
                what = f"the update of {update.variable} in {action.name}"
                yield _Stated(what, update.value, "neither", update.position)

    def _fault(self, stated: _Stated) -> Fault | None:
        fault = self.widening.wrong(stated.term, stated.allowed)
        return fault or (self.widening.unsettled(stated.term) if stated.settled else None)

    def _check(self) -> None:
        """Raises ModelError for the first thing that has no meaning."""
        sorts = {declared.name: declared.sort for declared in self.variables}
        for declared in self.variables:
            what = f"variable {declared.name}"
            self._raise(what, unsupported_sort(declared.sort), declared.position)
            if declared.initial is not None:
                self._raise(what, mismatch(declared.sort, declared.initial.sort), declared.position)
        for action in self.actions:
            for argument in action.arguments:
                self._raise(f"argument {argument.name} of {action.name}", unsupported_sort(argument.sort), action.position)
            for witness in action.witnesses:
                reason = None if is_flat(witness.sort) else f"some {witness.sort} is not a value of first-order logic"
                hint = "make it an argument of the action"
                self._raise(f"witness {witness.name} of {action.name}", reason, action.position, hint)
            for update in action.updates:
                what = f"the update of {update.variable} in {action.name}"
                self._raise(what, mismatch(sorts[update.variable], update.value.sort), update.position)
        for stated in self._behaviour():
            hint = "budget(...) if it only keeps a search finite; p.parameter if the bound matters"
            self._raise(stated.what, self._reads_dropped(stated.term), stated.position, hint)
            hint = "bound the variable by a value of the state, or declare the end with p.parameter"
            self._raise(stated.what, _reason(self._fault(stated)), stated.position, hint)
            self._raise(stated.what, unsupported(stated.term), stated.position)

    @staticmethod
    def _raise(what: str, reason: str | None, position: Position | None, hint: str | None = None) -> None:
        if reason:
            message = f"{what} has no meaning at unbounded scope: {reason}"
            raise ModelError(message, hint=hint, position=position)


@dataclass(frozen=True, slots=True)
class _Stated:
    """A term of the model: over longer ranges it may become true ("exists") or must stay as it is ("neither").

    `settled`: it must not get a value where it had none, either.
    """

    what: str
    term: Term
    allowed: Allowed
    position: Position | None
    settled: bool = False


def _reason(fault: Fault | None) -> str | None:
    return fault.reason if fault else None


def _ranges(term: Term) -> Iterator[RangeSort]:
    """The ranges that a term's bound variables run over."""
    for part in walk(term):
        for bound in part.bound:
            yield from (inner for inner in inner_sorts(bound.sort) if isinstance(inner, RangeSort))


def _vanishes(prop: Property, absent: set[str]) -> bool:
    """Whether a range property has lost all its variables."""
    return prop.kind == "range" and bool(prop.variables) and set(prop.variables) <= absent
