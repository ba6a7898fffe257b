"""The net under proofs of liveness: lassos of the concrete semantics, which violate nothing that is called PROVED.

Walks from the initial states take the steps that were taken least. Where one comes back to a state that it has passed, that is a
lasso; where nothing changes the state any more, it stays forever. A lasso that is fair and violates a proved property is an
internal error. The same walks every time; how many steps are attempted is counted, not timed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.kernel.errors import UsageError
from verifier.kernel.properties import Property
from verifier.proof.strategy.net import STARTS, Net
from verifier.semantics.concrete.lasso import Lasso, judge
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.samples import some_initial_states
from verifier.semantics.concrete.trace_steps import INITIAL, TraceStep
from verifier.semantics.scope.finite import FiniteScope

if TYPE_CHECKING:
    from verifier.wire.traces import TraceDocument

ATTEMPTS = 4_000
"""Action instances that are attempted; most of them are refused."""

LONGEST, LASSOS = 30, 60
"""Steps of a walk, and lassos that are judged."""


@dataclass(frozen=True, slots=True)
class CaughtLasso:
    """A lasso that violates a property: its stem, its loop, and its document."""

    stem: int
    loop: int
    trace: TraceDocument


class LiveNet:
    """The lassos of one finite instance that walks meet."""

    def __init__(self, scope: FiniteScope, *, attempts: int = ATTEMPTS) -> None:
        self.scope = scope
        self._attempts = attempts
        self._machine = Machine(scope)
        self._lassos: list[tuple[list[TraceStep], int]] | None = None

    def caught(self, prop: Property) -> CaughtLasso | None:
        """A lasso that violates the property; None if none that was met does."""
        for steps, loop in self._all():
            if judge(self._machine, prop, steps, loop).violated:
                return CaughtLasso(loop, len(steps) - 1 - loop, self._shown(prop, steps, loop))
        return None

    def fair(self, prop: Property) -> TraceDocument | None:
        """A lasso that meets every condition of fairness that the property is stated under; None if none that was met does."""
        for steps, loop in self._all():
            if is_fair(self._machine, prop, steps, loop):
                return self._shown(prop, steps, loop)
        return None

    def _all(self) -> list[tuple[list[TraceStep], int]]:
        if self._lassos is None:
            self._lassos = list(self._met())
        return self._lassos

    def _shown(self, prop: Property, steps: list[TraceStep], loop: int) -> TraceDocument:
        from verifier.catalog.digest import digest
        from verifier.evidence.itf import to_itf
        from verifier.semantics.concrete.trace import build_trace

        of = digest(self._machine.model.protocol)
        trace = build_trace(self._machine, prop, steps, digest=of, shortest=False, loop=loop)
        document: TraceDocument = to_itf(trace, self._machine)
        document["#meta"]["verdict"] = "fair"
        return document

    def _met(self) -> Iterator[tuple[list[TraceStep], int]]:
        if not Net(self.scope, []).fits():
            return
        machine, left, taken = self._machine, self._attempts, Counter[tuple[str, str]]()
        chance = random.Random(0)
        try:
            starts = [state for state in some_initial_states(machine, STARTS) if self._stays(state)]
        except UsageError:
            return
        found = 0
        while starts and left > 0:
            steps = [TraceStep(INITIAL, {}, starts[found % len(starts)])]
            places: dict[State, int] = {steps[0].state: 0}
            while len(steps) <= LONGEST and left > 0:
                state, ways = steps[-1].state, []
                for action, arguments in machine.instances():
                    left -= 1
                    step = machine.attempt(state, action, arguments)
                    if step.fired and step.state is not None and step.state != state and self._stays(step.state):
                        ways.append(TraceStep(action, arguments, step.state))
                yield list(steps), len(steps) - 1
                found += 1
                if not ways:
                    break
                least = min(taken[way.action, repr(way.arguments)] for way in ways)
                way = chance.choice([way for way in ways if taken[way.action, repr(way.arguments)] == least])
                taken[way.action, repr(way.arguments)] += 1
                steps.append(way)
                if way.state in places:
                    yield list(steps), places[way.state]
                    found += 1
                places[way.state] = len(steps) - 1
                if found >= LASSOS:
                    return
            left -= 1

    def _stays(self, state: State) -> bool:
        return not self._machine.range_violations(state) and self._machine.inside(state)


def is_fair(machine: Machine, prop: Property, steps: Sequence[TraceStep], loop: int) -> bool:
    """Whether the behaviour that goes round a loop meets every condition of fairness that a property is stated under."""
    lasso = Lasso(machine, steps, loop)
    return all(
        lasso.unfair(condition, given) is None for condition in prop.fair for given in lasso.bindings(condition.bound)
    )
