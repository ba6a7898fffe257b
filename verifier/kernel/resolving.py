"""Resolve a variant and drops: from the declarations of a protocol to its model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from verifier.kernel.actions import Action, Guard, Update
from verifier.kernel.declarations import Declarations, Named, Parameter, Variant
from verifier.kernel.enabling import Enabling
from verifier.kernel.errors import ModelError, UsageError, nearest
from verifier.kernel.fairness import DECLARED, Condition
from verifier.kernel.implied import deadlock, definedness, ranges, texts
from verifier.kernel.model import Model
from verifier.kernel.properties import Lemma, Property
from verifier.kernel.ranking import Ranking
from verifier.kernel.reach import sorts_of
from verifier.kernel.sorts import RangeSort, ScalarSort, Sort
from verifier.kernel.state import Variable
from verifier.kernel.terms import Term, remembered, rewrite, sizes_in, state_names, walk

Stated = TypeVar("Stated", Named, Property, Lemma)


def instantiate(protocol: Declarations, variant: Variant, drops: tuple[str, ...]) -> Model:
    """The model of `protocol` under `variant` with further `drops`.

    Raises UsageError for names that do not exist, ModelError where the protocol is incomplete, or the rest of it reads a
    variable that the variant leaves out.
    """
    laws = [prop for prop in protocol.properties.values() if prop.kind == "law" and prop.name not in variant.without]
    if not protocol.variables and not laws:
        raise ModelError(f"{protocol.name} has no state", hint="declare it with @p.state", position=protocol.position)
    dropped = {_droppable(name, protocol) for name in (*variant.drops, *drops)}
    replaced: dict[str, Term] = {}
    for name, other in variant.replaces.items():
        action, part = _split(name, protocol)
        options = {key: term for guard in action.guards if guard.name == part for key, term in guard.instead}
        if other not in options:
            raise UsageError(f"{name} has no alternative {other}", hint=nearest(other, options, "alternatives"))
        replaced[name] = options[other]
    known = {*(v.name for v in protocol.variables), *protocol.actions, *protocol.properties}
    for name in variant.without:
        if name not in known:
            raise UsageError(f"{protocol.name} has no variable, action or property {name}", hint=nearest(name, known))
    absent = set(variant.without)
    variables = tuple(v for v in protocol.variables if v.name not in absent)
    if variant.initially is not None:
        variables = tuple(replace(v, initial=None) for v in variables)
    kept = [_resolve(a, dropped, replaced, absent) for a in protocol.actions.values() if a.name not in absent]
    enabling = Enabling(kept, variables)
    constraints = _asked(enabling, (c for c in protocol.constraints if not state_names(c.formula) & absent))
    axioms = tuple(axiom for axiom in protocol.axioms if not state_names(axiom.formula) & absent)
    initial = (*axioms, *_asked(enabling, starting(protocol, variant)))
    properties = _asked(enabling, _properties(protocol, variables, absent))
    fair = _fair(protocol, {action.name for action in kept}, dropped)
    live = _asked(enabling, _liveness(protocol, fair, absent))
    sought = _asked(enabling, _reachable(protocol, absent))
    stops = _asked(enabling, (c for c in protocol.stops if not state_names(c.formula) & absent))
    if protocol.deadlock and variables:
        properties = (*properties, deadlock(enabling.progress(constraints, stops), protocol))
    lemmas = _asked(enabling, (x for x in _lemmas(protocol, variant) if not state_names(x.formula) & absent))
    stated: list[Named | Property | Lemma] = [
        *protocol.assumptions, *initial, *constraints, *stops, *properties, *live, *sought, *lemmas,
    ]  # fmt: skip
    stated += laws
    formulas = [prop.formula for prop in stated] + [formula for prop in live for formula in _formulas(prop)]
    # The variables of conditions of fairness run over sorts, too.
    formulas += [bound for one in protocol.fair.values() for condition in one.conditions for bound in condition.bound]
    # Dropping a guard drops no parameter: the parameters that can be set or listed do not depend on drops.
    whole = [action for action in protocol.actions.values() if action.name not in absent]
    named = tuple(sorts_of(*formulas))
    parameters = _parameters(protocol, _sorts(variables, whole, named))
    for name, value in variant.settings.items():
        if name not in parameters:
            raise UsageError(f"{protocol.name} has no parameter {name}", hint=nearest(name, parameters))
        parameters[name] = replace(parameters[name], default=value)
    return Model(
        protocol,
        variant,
        drops,
        parameters,
        tuple(protocol.assumptions),
        variables,
        initial,
        constraints,
        tuple(kept),
        (*properties, *definedness([*properties, *live, *sought], lemmas)) if variables else (),
        lemmas,
        _sorts(variables, kept, named),
        (*laws, *texts(laws)),
        axioms=axioms,
        stops=stops,
        liveness=live,
        fairness=fair.get(DECLARED, ()),
        reachable=sought,
        rankings=tuple(_rankings(protocol, live, {action.name for action in kept}, enabling, absent)),
    )


def starting(protocol: Declarations, variant: Variant) -> Iterator[Named]:
    """The predicates on initial states that a variant has: those of the protocol, or those that it names.

    UsageError for a name that does not exist, ModelError for a predicate that reads a variable that the variant leaves out.
    """
    absent = set(variant.without)
    if variant.initially is None:
        yield from (c for c in protocol.initial if not c.chosen and not state_names(c.formula) & absent)
        return
    invariants = [statement for statement in protocol.properties.values() if statement.kind == "state"]
    stated: list[Named | Property | Lemma] = [*protocol.lemmas.values(), *invariants, *protocol.initial]
    known = {statement.name: statement for statement in stated}
    for name in variant.initially:
        if name not in known:
            hint = nearest(name, known, "initial predicates, invariants and lemmas")
            raise UsageError(f"{protocol.name} has no initial predicate, invariant or lemma {name}", hint=hint)
        statement = known[name]
        missing = state_names(statement.formula) & absent
        if missing:
            hint = "leave it out of `initially` too"
            raise ModelError(f"{name} reads {min(missing)}, which is left out", hint=hint, position=statement.position)
        yield Named(name, statement.formula, statement.position)


def _droppable(name: str, protocol: Declarations) -> str:
    """The full name of a guard, a choice or the conditions of fairness about some actions; UsageError if it names none."""
    assumption, _, label = name.partition(".")
    if assumption in protocol.fair and assumption not in protocol.actions:
        known = [f"{assumption}.{condition.label}" for condition in protocol.fair[assumption].conditions]
        if name not in known:
            hint = nearest(name, known, f"conditions of {assumption}")
            raise UsageError(f"{assumption} has no condition of fairness about {label}", hint=hint)
        return name
    action, part = _split(name, protocol)
    return f"{action.name}.{part}"


def _split(name: str, protocol: Declarations) -> tuple[Action, str]:
    action_name, dot, part = name.partition(".")
    if not dot or action_name not in protocol.actions:
        known = [f"{a.name}.{n}" for a in protocol.actions.values() for n in a.names]
        if dot:
            hint = nearest(name, known, "guards and choices")
            raise UsageError(f"{protocol.name} has no action {action_name}", hint=hint)
        own = [full for full in known if full.startswith(f"{name}.")]
        hint = f"guards and choices: {', '.join(own)}" if own else nearest(name, protocol.actions, "actions")
        raise UsageError(f"{name} names no guard; write ACTION.NAME", hint=hint)
    action = protocol.actions[action_name]
    if part not in action.names:
        hint = nearest(part, action.names, f"guards and choices of {action_name}")
        raise UsageError(f"{action_name} has no guard or choice {part}", hint=hint)
    return action, part


def _asked(enabling: Enabling, stated: Iterable[Stated]) -> tuple[Stated, ...]:
    """Formulas in which `enabled` and `can_change` are written out."""
    result: list[Stated] = []
    for outcome in stated:
        written = replace(outcome, formula=enabling.resolved(outcome.formula))
        if isinstance(written, Property):
            cases = tuple(replace(
                case,
                trigger=enabling.resolved(case.trigger),
                hold=enabling.resolved(case.hold),
                recur=tuple(map(enabling.resolved, case.recur)),
            ) for case in written.cases)  # fmt: skip
            written = replace(written, moved=enabling.moved(outcome.formula), cases=cases)
        result.append(written)
    return tuple(result)


@remembered
def _has_choice(root: Term) -> bool:
    return any(term.op == "choice" for term in walk(root))


def _resolve(action: Action, dropped: set[str], replaced: dict[str, Term], absent: set[str]) -> Action:
    def chosen(term: Term) -> Term:
        return rewrite(term, select) if _has_choice(term) else term

    def select(term: Term) -> Term | None:
        if term.op != "choice":
            return None
        return term.args[1] if f"{action.name}.{term.data}" in dropped else term.args[0]

    guards: list[Guard] = []
    for guard in action.guards:
        name = f"{action.name}.{guard.name}"
        if name in dropped:
            continue
        condition = chosen(replaced.get(name, guard.condition))
        _present(condition, absent, f"guard {name}", guard)
        guards.append(replace(guard, condition=condition, instead=()))
    updates: list[Update] = []
    for update in action.updates:
        if update.variable in absent:
            continue
        value = chosen(update.value)
        _present(value, absent, f"the update of {update.variable} in {action.name}", update)
        updates.append(replace(update, value=value))
    return replace(action, guards=tuple(guards), updates=tuple(updates))


def _present(term: Term, absent: set[str], what: str, where: Guard | Update) -> None:
    missing = state_names(term) & absent
    if missing:
        hint = "drop the guard or choice in the variant too"
        raise ModelError(f"{what} reads {min(missing)}, which is left out", hint=hint, position=where.position)


def _properties(protocol: Declarations, variables: tuple[Variable, ...], absent: set[str]) -> tuple[Property, ...]:
    result: list[Property] = []
    covered: set[str] = set()
    for prop in protocol.properties.values():
        if prop.kind in ("law", "liveness", "reachable"):
            continue
        if prop.of_all and prop.given is not None:
            prop = replace(prop, given=tuple(v for v in prop.given if v.data not in absent))
        if prop.name in absent or state_names(prop.formula, *(prop.given or ())) & absent:
            continue
        if prop.kind == "range":
            names = tuple(name for name in prop.variables if name not in absent)
            covered.update(names)
            prop = replace(prop, variables=names)
        result.append(prop)
    result += ranges(variables, covered)
    return tuple(result)


def _fair(protocol: Declarations, kept: set[str], dropped: set[str]) -> dict[str, tuple[Condition, ...]]:
    """The conditions of each assumption that are not dropped, of the actions that a variant has."""
    result = {}
    for name, assumption in protocol.fair.items():
        left = [one for one in assumption.conditions if f"{name}.{one.label}" not in dropped]
        result[name] = tuple(_present_parts(left, kept))
    return result


def _present_parts(conditions: Iterable[Condition], kept: set[str]) -> Iterator[Condition]:
    """Conditions of the actions that a variant has; one without parts is about all of them."""
    for condition in conditions:
        parts = tuple(part for part in condition.parts if part.action in kept)
        if parts or not condition.parts:
            yield replace(condition, parts=parts)


def _liveness(
    protocol: Declarations, fair: Mapping[str, tuple[Condition, ...]], absent: set[str]
) -> Iterator[Property]:
    """The liveness properties that a variant has, with the conditions that each is stated under."""
    for prop in protocol.properties.values():
        if prop.kind == "liveness" and prop.name not in absent and not state_names(*_formulas(prop)) & absent:
            yield replace(prop, fair=tuple(condition for name in prop.under for condition in fair.get(name, ())))


def _reachable(protocol: Declarations, absent: set[str]) -> Iterator[Property]:
    """The properties about states to be reached that a variant has."""
    for prop in protocol.properties.values():
        if prop.kind == "reachable" and prop.name not in absent and not state_names(prop.formula) & absent:
            yield prop


def _rankings(
    protocol: Declarations, live: Iterable[Property], kept: set[str], enabling: Enabling, absent: set[str]
) -> Iterator[Ranking]:
    """The rankings of the properties that a variant has, except those that read a variable that it leaves out."""
    stated = {prop.name for prop in live}
    for ranking in protocol.rankings:
        if ranking.property in stated and not state_names(*ranking.formulas) & absent:
            helpers = (
                replace(helper, condition=condition, when=None if helper.when is None else enabling.resolved(helper.when))
                for helper in ranking.helpers
                for condition in _present_parts([helper.condition], kept)
            )
            yield replace(
                ranking,
                pending=enabling.resolved(ranking.pending),
                measure=tuple(map(enabling.resolved, ranking.measure)),
                helpers=tuple(helpers),
            )


def _formulas(prop: Property) -> list[Term]:
    """All formulas in the cases of a liveness property."""
    return [formula for case in prop.cases for formula in case.formulas]


def _lemmas(protocol: Declarations, variant: Variant) -> Iterator[Lemma]:
    """The lemmas of a variant. ModelError if one is for a variant that does not exist."""
    for lemma in protocol.lemmas.values():
        for name in lemma.variants or ():
            if name not in protocol.variants:
                message, hint = f"lemma {lemma.name} is for {name}, which is not a variant", nearest(name, protocol.variants)
                raise ModelError(message, hint=hint, position=lemma.position)
        if lemma.variants is None or variant.name in lemma.variants:
            yield lemma


def _sorts(variables: Iterable[Variable], actions: Iterable[Action], named: Iterable[Sort]) -> tuple[Sort, ...]:
    """The named sorts of variables, arguments and every term, those inside them first; `named` are those of formulas."""
    terms = [declared.initial for declared in variables if declared.initial is not None]
    sorts = [declared.sort for declared in variables]
    for action in actions:
        sorts += [argument.sort for argument in (*action.arguments, *action.witnesses)]
        terms += [update.value for update in action.updates]
        for guard in action.guards:
            terms += [guard.condition, *(other for _, other in guard.instead)]
    sorts += [*named, *sorts_of(*terms)]
    result: dict[str, Sort] = {}

    noted: set[int] = set()

    def note(sort: Sort) -> None:
        if id(sort) in noted:
            return
        noted.add(id(sort))
        for part in sort.parts:
            note(part)
        for other in sizes_in(*sort.ends):
            note(other)
        result.setdefault(str(sort), sort)

    for sort in sorts:
        note(sort)
    return tuple(sort for sort in result.values() if sort.is_declared)


def _parameters(protocol: Declarations, sorts: Iterable[Sort]) -> dict[str, Parameter]:
    sizes: dict[str, Parameter] = {}
    for sort in sorts:
        if not isinstance(sort, (ScalarSort, RangeSort)) or not sort.parameter or sort.size is None:
            continue
        known = sizes.get(sort.parameter)
        if known and known.sort != sort.name:
            message = f"sorts {known.sort} and {sort} share the parameter {sort.parameter}"
            raise ModelError(message, position=protocol.position)
        doc = f"number of values of {sort}"
        if sort.parameter in protocol.parameters:
            message = f"parameter {sort.parameter} is declared twice: it is the size of {sort} too"
            raise ModelError(message, position=protocol.position)
        sizes[sort.parameter] = Parameter(sort.parameter, sort.size, "size", doc, sort.name)
    return {**sizes, **protocol.parameters}
