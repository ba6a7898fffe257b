"""Guided walks: a few reachable states and steps, found without a solver or numpy, in a millisecond or two; random states.

A walk fires the actions that have been fired least, and prefers instances that share arguments with those it has fired already:
one transaction that begins, writes and commits is reached sooner than by chance. All but the first walk leave some actions out
(A. Groce et al., Swarm testing, ISSTA 2012): actions that abort or reset then do not undo the rest. The same walks every time.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.layout import Layout

LONGEST = 40
"""Steps of one walk; it ends earlier in a deadlock or outside the constraint."""

KEPT = 0.75
"""The part of the actions that a walk may fire, on average."""

RANDOM_STATES = 60
"""How many well-typed states are tried at random."""

Codes = tuple[int, ...]


def falsified_at_random(layout: Layout, canonical: Node, fails: Mapping[str, Node]) -> list[str]:
    """The names of the nodes that some random well-typed states, reachable or not, satisfy: or pairs of them, at two steps."""
    generator = random.Random(0)
    open_ = dict(fails)
    result: list[str] = []
    before: Codes | None = None
    for _ in range(RANDOM_STATES):
        if not open_:
            break
        # A sample in which all codes are small has many equal values, on which formulas are most easily wrong.
        spread = generator.random()
        parts = [int(spread * generator.random() * 2**53) for _ in layout.fields]
        codes = tuple(f.low + (part * (f.high - f.low + 1) >> 53) for f, part in zip(layout.fields, parts, strict=True))
        if not Evaluator(codes).holds(canonical):
            codes = layout.encode(layout.decode(codes))
        at = Evaluator(before or codes, codes)
        for name in [name for name, node in open_.items() if at.holds(node)]:
            result.append(name)
            del open_[name]
        before = codes
    return result


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
