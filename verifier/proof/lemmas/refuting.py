"""Refutation of claims for any size: engines of the finite scope, run on instances of the unbounded model.

A violation of an instance is one of the unbounded model. That an instance has none proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import combinations
from math import prod

from verifier.kernel.actions import Action
from verifier.kernel.errors import ModelError, VerifyError
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.sorts import RangeSort, ScalarSort
from verifier.kernel.terms import Term, parameter_names, walk
from verifier.proof.engines.engine import Budget, Decided, Engine, Event, Open, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import Lockstep
from verifier.proof.engines.search import ExplicitSearch
from verifier.proof.lemmas.any_size import AnySizeTask
from verifier.semantics.concrete.order import instances, size
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.scope.finite import FiniteScope, finite_scope

GROWN = 2
"""How many values more than at the published sizes the sorts get, one after the other."""

TRIED, SMALLER = 16, 6
"""How many other sizes are tried, and how many smaller ones."""

ROWS = 5_000
"""How many instances an action may have at another size, and how many rows a quantifier."""

LIGHT = 250_000
"""How many rows the formulas of all instances of actions may have together where a scope only gets a short look."""


def at_instance(ground: Ground, wanted: Mapping[str, Property]) -> dict[str, Property]:
    """The properties of an unbounded model as an instance has them; of ranges, the variables that are left."""
    published = {prop.name: prop for prop in ground.scope.model.properties}
    return {
        name: replace(published[name], variables=prop.variables) if prop.kind == "range" else published[name]
        for name, prop in wanted.items()
    }


def instance_task(task: AnySizeTask, ground: Ground | None = None) -> FiniteTask:
    """The task of an engine that refutes the properties asked for: at the published sizes, or in another instance."""
    if ground is None:
        known = task.instance
        result = replace(known, asked=lambda: at_instance(known.ground, task.asked()))
        result.encoding = known.encoding
        return result
    return FiniteTask(ground, {}, lambda: at_instance(ground, task.asked()), learning=False)


class Refute:
    """An engine of the finite scope at the published sizes; only its violations count.

    `last`: reports how far it came on the properties that stay open.
    """

    def __init__(self, engine: Engine[FiniteTask], *, last: bool = False) -> None:
        self._engine = engine
        self._last = last

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Refutes the properties that it can; see `Engine`."""
        finite = instance_task(task)
        sizes = ", ".join(f"{name}={value}" for name, value in finite.ground.scope.parameters.items())
        for event in self._engine.run(finite, budget):
            match event:
                case Progress():
                    yield Progress(event.engine, event.depth, "refutation")
                case Decided(name, Violated(path)):
                    yield Decided(name, Violated(path, finite.ground))
                case Decided(name, Proved() | Open() as outcome) if self._last:
                    depth = outcome.depth if isinstance(outcome, Open) else budget.depth
                    if depth >= 0:
                        where = sizes or "the published scope"
                        yield Decided(name, Open(-1, f"no violation within {depth} steps at {where}"))


class OtherParameters:
    """Tries other values of parameters by short searches, if a property reads one: a comparison with them is often false."""

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Refutes the properties that it can; see `Engine`."""
        published = task.instance.ground.scope
        known = {name for name, declared in published.model.parameters.items() if declared.kind == "model"}
        for scope in filter(light, other_sizes(published, known)):
            wanted = {name: prop for name, prop in task.asked().items() if parameter_names(prop.formula) & known}
            if not wanted:
                return
            ground = Instance(scope, task.quantified)
            finite = FiniteTask(ground, {}, partial(at_instance, ground, wanted), learning=False)
            yield from _refuted(ExplicitSearch(), finite, budget, "refutation at other values of parameters")


class SmallerSizes:
    """Short searches where one or two ordered sorts are as small as possible: few states reach a depth there."""

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Refutes the properties that it can; see `Engine`."""
        for scope in smaller_sizes(task.instance.ground.scope):
            if not task.asked():
                return
            finite = instance_task(task, Instance(scope, task.quantified))
            yield from _refuted(ExplicitSearch(), finite, budget, "refutation at smaller sizes")


class OtherSizes:
    """Looks at a few other sizes, the smallest first, each by a short search and short runs."""

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Refutes the properties that it can; see `Engine`."""
        for scope in other_sizes(task.instance.ground.scope):
            if not task.asked():
                return
            ground = Instance(scope, task.quantified)
            finite = instance_task(task, ground)
            for engine in (ExplicitSearch(), Lockstep(induction=False)):
                yield from _refuted(engine, finite, budget, "refutation at other sizes")


def _refuted(engine: Engine[FiniteTask], finite: FiniteTask, budget: Budget, what: str) -> Iterator[Event]:
    """The violations that an engine finds at an instance."""
    try:
        for event in engine.run(finite, budget):
            match event:
                case Progress():
                    yield Progress(event.engine, event.depth, what)
                case Decided(name, Violated(path)):
                    yield Decided(name, Violated(path, finite.ground))
    except ModelError:
        return  # There is no initial state at these sizes.


def other_sizes(published: FiniteScope, names: Collection[str] | None = None) -> list[FiniteScope]:
    """Scopes near the published one, as far as assumptions let them; the smallest come first.

    One parameter after the other, and then all sizes together, get their least value, and a few more than published. Only those
    of `names` do, if they are given.
    """
    model = published.model
    free = [name for name, declared in model.parameters.items() if not declared.fixed]
    least = {name: _least(published, name) for name in free if names is None or name in names}
    sizes = [name for name in least if model.parameters[name].kind == "size"]
    settings = [{name: value} for name, low in least.items() for value in (low, *_more(published, name))]
    settings += [{name: least[name] for name in sizes}]
    settings += [{name: published.parameters[name] + more for name in sizes} for more in range(1, GROWN + 1)]
    result: dict[tuple[int, ...], FiniteScope] = {}
    for setting in settings:
        values = {**published.parameters, **setting}
        key = tuple(values.values())
        if key not in result and values != published.parameters:
            try:
                result[key] = finite_scope(model, values)
            except VerifyError:
                continue  # There is no such instance.
    return [scope for _, scope in sorted(result.items(), key=lambda item: sum(item[0])) if fits(scope)][:TRIED]


def smaller_sizes(published: FiniteScope) -> list[FiniteScope]:
    """Scopes in which two ordered sorts have as few members as possible, or one does.

    A violation often needs one ballot, one round, and each more multiplies the states; few names have nothing to disagree about.
    """
    model = published.model
    ordered = [s.parameter for s in model.sorts if isinstance(s, RangeSort) or (isinstance(s, ScalarSort) and s.ordered)]
    least = {name: _least(published, name) for name in ordered if name and model.parameters[name].kind == "size"}
    least = {name: low for name, low in least.items() if low < published.parameters[name]}
    result = []
    for names in (*combinations(least, 2), *((name,) for name in least)):
        try:
            result.append(finite_scope(model, {**published.parameters, **{name: least[name] for name in names}}))
        except VerifyError:
            continue  # There is no such instance.
    return [scope for scope in result if fits(scope)][:SMALLER]


def fits(scope: FiniteScope) -> bool:
    """Whether the circuit of a scope is made in a moment."""
    model = scope.model
    if any(_arguments(scope, action) > ROWS for action in model.actions):
        return False
    terms = [*_of_states(model), *(term for action in model.actions for term in _of_steps(action))]
    return all(instances(scope, term) <= ROWS for term in walk(*terms))


def light(scope: FiniteScope) -> bool:
    """Whether the circuit of a scope is made in a second."""
    rows = sum(instances(scope, term) for term in walk(*_of_states(scope.model)))
    for action in scope.model.actions:
        rows += _arguments(scope, action) * sum(instances(scope, term) for term in walk(*_of_steps(action)))
    return rows <= LIGHT


def _arguments(scope: FiniteScope, action: Action) -> int:
    return prod(size(scope, argument.sort) for argument in action.arguments)


def _of_states(model: Model) -> list[Term]:
    named = (*model.constraints, *model.initial)
    return [*(prop.formula for prop in model.properties), *(one.formula for one in named)]


def _of_steps(action: Action) -> list[Term]:
    return [*(guard.condition for guard in action.guards), *(update.value for update in action.updates)]


def _least(published: FiniteScope, name: str) -> int:
    model = published.model
    if model.parameters[name].kind != "size":
        return 0
    return next((s.least for s in model.sorts if isinstance(s, ScalarSort) and s.parameter == name), 1)


def _more(published: FiniteScope, name: str) -> list[int]:
    return [published.parameters[name] + more for more in range(1, GROWN + 1)]
