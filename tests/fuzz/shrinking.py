"""Makes a protocol that fails smaller, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.fuzz.generating import comparable
from tests.fuzz.spec import FALSE, TRUE, Action, Expr, Spec


def shrunk(spec: Spec, fails: Callable[[Spec], bool], tries: int = 400) -> Spec:
    """The smallest protocol found that still fails, after at most so many tries."""
    left = tries
    progress = True
    while progress and left > 0:
        progress = False
        for smaller in _smaller(spec):
            left -= 1
            if left <= 0:
                break
            if fails(smaller):
                spec, progress = smaller, True
                break
    return spec


def _smaller(spec: Spec) -> Iterator[Spec]:
    for field in ("variants", "progress", "fairness", "properties", "constraints", "initially", "actions"):
        for fewer in _without_one(getattr(spec, field)):
            yield replace(spec, **{field: fewer})
    for place, action in enumerate(spec.actions):
        for less in _actions(action):
            yield replace(spec, actions=_with(spec.actions, place, less))
    for place, prop in enumerate(spec.properties):
        for formula in _simpler(prop.formula):
            yield replace(spec, properties=_with(spec.properties, place, replace(prop, formula=formula)))
    for place, live in enumerate(spec.progress):
        for part, formula in enumerate(live.formulas):
            for simple in _simpler(formula):
                less = replace(live, formulas=_with(live.formulas, part, simple))
                yield replace(spec, progress=_with(spec.progress, place, less))
    for name in ("constraints", "initially"):
        formulas = getattr(spec, name)
        for place, formula in enumerate(formulas):
            for simple in _simpler(formula):
                yield replace(spec, **{name: _with(formulas, place, simple)})
    for place, variable in enumerate(spec.variables):
        if not any(e.data == variable[0] and e.op in ("state", "next") for e in _expressions(spec)):
            fewer = spec.variables[:place] + spec.variables[place + 1 :]
            if fewer and not any(u.variable == variable[0] for a in spec.actions for u in a.updates):
                yield replace(spec, variables=fewer)
    for place, sort in enumerate(spec.sorts):
        fewer = spec.sorts[:place] + spec.sorts[place + 1 :]
        if not any(sort in other.inner() for other in fewer):
            # A sort that is still used makes the text ill formed, which is not a failure of the same kind.
            yield replace(spec, sorts=fewer)


def _without_one(items: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for place in range(len(items)):
        yield (*items[:place], *items[place + 1 :])


def _with(items: Sequence[Any], place: int, item: Any) -> tuple[Any, ...]:
    return (*items[:place], item, *items[place + 1 :])


def _actions(action: Action) -> Iterator[Action]:
    for guards in _without_one(action.guards):
        yield replace(action, guards=guards, witnesses=action.witnesses if guards else ())
    for updates in _without_one(action.updates):
        yield replace(action, updates=updates)
    for place in range(len(action.arguments)):
        yield replace(action, arguments=action.arguments[:place] + action.arguments[place + 1 :])
    if action.witnesses:
        yield replace(action, witnesses=())
    for place, guard in enumerate(action.guards):
        if guard.other is not None:
            yield replace(action, guards=_with(action.guards, place, replace(guard, other=None)))
        for condition in _simpler(guard.condition):
            yield replace(action, guards=_with(action.guards, place, replace(guard, condition=condition)))
    for place, update in enumerate(action.updates):
        if update.dropped is not None:
            yield replace(action, updates=_with(action.updates, place, replace(update, choice="", dropped=None)))
        for value in _simpler(update.value):
            yield replace(action, updates=_with(action.updates, place, replace(update, value=value)))


def _simpler(e: Expr) -> Iterator[Expr]:
    """The expression with something in it replaced by less."""
    if e.sort.kind == "bool" and e not in (TRUE, FALSE):
        yield from (TRUE, FALSE)
    for inner in e.walk():
        if inner is not e and comparable(inner.sort, e.sort) and inner.op != "whole":
            yield inner
    for place, arg in enumerate(e.args):
        for less in _simpler(arg):
            yield replace(e, args=_with(e.args, place, less))


def _expressions(spec: Spec) -> Iterator[Expr]:
    roots = [*spec.constraints, *spec.initially, *(p.formula for p in spec.properties)]
    roots += [formula for prop in spec.progress for formula in prop.formulas]
    for action in spec.actions:
        roots += [g.condition for g in action.guards] + [g.other for g in action.guards if g.other]
        roots += [u.value for u in action.updates] + [u.dropped for u in action.updates if u.dropped]
        roots += [index for u in action.updates for index in u.path]
    for root in roots:
        yield from root.walk()
