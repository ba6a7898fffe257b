"""Guided walks: a few reachable states and steps, found without a solver or numpy, in a millisecond or two.

A walk fires what has been fired least, and prefers instances that share arguments with what it has fired already: one
transaction that begins, writes and commits is reached sooner than by chance. All but the first walk leave some actions out
(A. Groce et al., Swarm testing, ISSTA 2012): what aborts or resets then does not undo the rest. The same walks every time.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground, Instance

LONGEST = 40
"""Steps of one walk; it ends earlier in a deadlock or outside the constraint."""

KEPT = 0.75
"""The part of the actions that a walk may fire, on average."""

Codes = tuple[int, ...]


def walks(ground: Ground, start: Codes, states: int) -> Iterator[tuple[Evaluator, Instance | None, Codes]]:
    """At most about `states` reachable states, each with an instance that fires in it (None at a walk's end) and the codes
    of the state that it leads to.
    """
    walker = _Walker(ground)
    left = states
    while left > 0:
        codes = start
        walker.choose_actions(all_of_them=left == states)
        used: set[tuple[str, Any]] = set()
        fired: Counter[int] = Counter()
        for _ in range(LONGEST):
            left -= 1
            at = Evaluator(codes)
            step = walker.step(at, used, fired)
            if step is None:
                yield at, None, codes
                break
            instance, following = step
            yield at, instance, following
            fired[instance.number] += 1
            used.update(instance.arguments.items())
            codes = following


class _Walker:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._random = random.Random(0)
        self._fired: Counter[str] = Counter()
        self._instances: Sequence[Instance] = ground.instances

    def choose_actions(self, *, all_of_them: bool) -> None:
        """Decides which actions the next walk may fire."""
        actions = self._ground.scope.model.actions
        kept = {action.name for action in actions if all_of_them or self._random.random() < KEPT}
        self._instances = [instance for instance in self._ground.instances if instance.action.name in kept]

    def step(self, at: Evaluator, used: set[tuple[str, Any]], fired: Counter[int]) -> tuple[Instance, Codes] | None:
        """The enabled instance that comes first in the order of preference and changes something."""
        if not at.holds(self._ground.constraint):
            return None
        for instance in sorted(self._instances, key=lambda instance: self._rank(instance, used, fired)):
            if not at.holds(instance.storable):
                continue
            following = list(at.current)
            for number, code in instance.writes.items():
                following[number] = at.value(code)
            if following != list(at.current):
                self._fired[instance.action.name] += 1
                return instance, tuple(following)
        return None

    def _rank(self, instance: Instance, used: set[tuple[str, Any]], fired: Counter[int]) -> tuple[float, ...]:
        shared = sum(argument in used for argument in instance.arguments.items())
        return self._fired[instance.action.name], fired[instance.number], -shared, self._random.random()
