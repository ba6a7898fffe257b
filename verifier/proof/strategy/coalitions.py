"""A run in which given holders get where a property is violated: each moves with all that it holds.

The sizes are those of the holders, and may be large, so that no instance is explored. A run is searched for among those in which
all that stand in one place at the end have moved together, with those first in which more of them are there already; each of its
steps is one of the concrete semantics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count, product
from operator import ne

from verifier.kernel.actions import Action
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.semantics.concrete.machine import Instance, Machine, State
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.values import FrozenMap

MOST_STATES = 5_000


@dataclass(frozen=True, slots=True)
class Run:
    """How many steps it has, and where each holder stands at its end, where the property is violated."""

    steps: int
    places: Mapping[str, str]


def find_run(
    model: Model, settings: Mapping[str, int], rest: str, prop: Property, places: Mapping[str, str], amounts: Mapping[str, int]
) -> Run | None:
    """A run to a violation; None if none of the runs examined violates the property.

    Args:
        model: with values for its parameters in `settings`.
        rest: the variable that says how much stands in each place.
        prop: a property of states.
        places: where the holders are to get.
        amounts: the amount of each.
    """
    machine = Machine(finite_scope(model, settings))
    watched = next(one for one in machine.model.properties if one.name == prop.name)
    teams = sorted(set(places.values()))
    sizes = [sum(amounts[name] for name, at in places.items() if at == team) for team in teams]
    teams, sizes = [team for team, size in zip(teams, sizes, strict=True) if size], [size for size in sizes if size]
    search = _Search(machine, rest, sizes)
    number = count()
    queue = [(0, 0, next(number), start) for start in search.starts()]
    seen = {start for *_, start in queue}
    while queue:
        _, steps, _, (at, state) = heappop(queue)
        if not machine.holds(watched, state):
            ends = dict(zip(teams, at, strict=True))
            return Run(steps, {name: ends.get(team, team) for name, team in places.items()})
        for after in search.steps(at, state) if machine.inside(state) else ():
            if after not in seen and len(seen) < MOST_STATES:
                seen.add(after)
                heappush(queue, (sum(map(ne, after[0], teams)), steps + 1, next(number), after))
    return None


_Where = tuple[tuple[str, ...], State]
"""Where each team stands, and the state."""


class _Search:
    """Steps in which one team moves."""

    def __init__(self, machine: Machine, rest: str, sizes: list[int]) -> None:
        self._machine, self._rest, self._sizes = machine, rest, sizes
        self._declared = {declared.name: declared for declared in machine.model.variables}
        self._labels = machine.scope.domain(self._declared[rest].sort.parts[0])
        self._instances = [one for action in machine.model.actions for one in self._instances_of(action)]

    def _instances_of(self, action: Action) -> Iterator[Instance]:
        domains = [
            sorted(set(self._sizes)) if argument.sort.is_integer else self._machine.scope.domain(argument.sort)
            for argument in action.arguments
        ]
        for values in product(*domains):
            yield action.name, dict(zip((argument.name for argument in action.arguments), values, strict=True))

    def _amounts(self, at: tuple[str, ...]) -> FrozenMap:
        amounts = dict.fromkeys(self._labels, 0)
        for label, size in zip(at, self._sizes, strict=True):
            amounts[label] += size
        return FrozenMap(amounts)

    def starts(self) -> Iterator[_Where]:
        """The initial states in which all stand in one place."""
        machine = self._machine
        others = {name: one for name, one in self._declared.items() if name != self._rest}
        if any(one.initial is None for one in others.values()):
            return
        given = {name: machine.initial_value(one) for name, one in others.items()}
        for label in self._labels:
            at = (label,) * len(self._sizes)
            state = FrozenMap({**given, self._rest: self._amounts(at)})
            if all(machine.satisfies(named, state) for named in machine.model.initial) and not machine.range_violations(state):
                yield at, state

    def steps(self, at: tuple[str, ...], state: State) -> Iterator[_Where]:
        """Where a step leads in which one team moves."""
        for action, arguments in self._instances:
            step = self._machine.attempt(state, action, arguments)
            if step.fired and step.state is not None:
                for team, old in enumerate(at):
                    for label in self._labels:
                        after = (*at[:team], label, *at[team + 1 :])
                        if label != old and step.state[self._rest] == self._amounts(after):
                            yield after, step.state
