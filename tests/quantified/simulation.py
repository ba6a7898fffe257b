"""What a finite instance does, the unbounded model does: each step and each violation of random models, asked of z3.

A state of the instance is one of the unbounded model in which functions hold anything beyond the ends of their ranges. Whatever
they hold there, a step that the instance takes must be a step, with the same effect, and a property that is false in the
instance must be false.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from tests.quantified.formulas import Formulas
from tests.quantified.instances import Instance
from tests.quantified.widened import World, value
from verifier.kernel import Bool, budget, guard, ite
from verifier.kernel.errors import ModelError
from verifier.kernel.protocol import Protocol
from verifier.kernel.terms import conjunction, exists
from verifier.semantics.answers import Answer
from verifier.semantics.quantified.smt import Ast
from verifier.semantics.scope import FrozenMap
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.unbounded import unbounded

CLAIMS = 4
UPDATED = ("w", "v", "small", "down", "on", "seen", "maybe", "pair", "next", "at", "log")


def protocol(seed: int, *, total: bool = False) -> Protocol | None:
    """A random protocol with a search bound; None if the unbounded scope refuses it. `total`: no use is undefined."""
    draw = random.Random(seed)
    world = World()
    p, node, number = world.p, world.Node, world.W
    for place in range(2):

        def Step(s: Any, n: node, t: number) -> None:  # type: ignore[valid-type]
            made = Formulas(world, s, draw, total=total)
            made.nodes.append(n)
            made.numbers.append(t)
            if draw.random() < 0.7:
                budget("room", made.number(0) < world.limit)
            guard("random", made.formula(draw.choice([1, 2])))
            # Values are made before one is assigned: updates are simultaneous.
            new = {name: _new(made, name, n, draw) for name in draw.sample(UPDATED, 2)}
            for name, made_value in new.items():
                setattr(s, name, made_value)

        Step.__name__ = f"Step{place}"
        p.action(Step)
        p.never_fires(Step.__name__, "it is random")
    for place in range(CLAIMS):

        def Claim(s: Any) -> Bool:
            return Formulas(world, s, draw, total=total).formula(draw.choice([1, 2]))  # type: ignore[no-any-return]

        Claim.__name__ = f"Claim{place}"
        p.invariant()(Claim)
    try:
        unbounded(p.model())
    except ModelError:
        return None
    return p


def _new(made: Formulas, name: str, node: Any, draw: random.Random) -> Any:
    """A new value for a variable, in some variable's stead more often than not one that has been stored."""
    s, m = made.state, made.world
    match name:
        case "on":
            return made.formula(1)
        case "seen":
            return made.set(1)
        case "maybe":
            return made.options[-1] if draw.random() < 0.3 else made._option(1)
        case "pair":
            return made._pair(1)
        case "next":
            return made._function(1)
        case "log":
            rest = ite(s.log.length() > 0, s.log.tail(), s.log)
            return draw.choice([lambda: s.log.append(made.number(1)), lambda: rest, lambda: s.log + s.log])()
        case "at":
            return s.at.updated(node, made.number(1))
        case "down":
            return draw.choice([s.down - 1, s.down + 1])
        case "small":
            return draw.choice([s.small + 1, m.Small(0), s.small - 1])
    return made.number(1)


class Simulation:
    """One model, unbounded, and its instance at one bound."""

    def __init__(self, made: Protocol, scope: Unbounded, limit: int) -> None:
        self.instance = Instance(made.model(), scope, {"Limit": limit})
        self.undecided = self.decided = 0

    def differences(self, states: Iterable[FrozenMap]) -> Iterator[str]:
        """What the instance does in these states and the unbounded model does not."""
        for state in states:
            yield from self._in(state)

    def states(self, draw: random.Random, count: int) -> list[FrozenMap]:
        """Random states."""
        scope = self.instance.scope
        return [FrozenMap((v.name, value(v.sort, scope, draw)) for v in scope.model.variables) for _ in range(count)]

    def _in(self, state: FrozenMap) -> Iterator[str]:
        made, quantified = self.instance, self.instance.quantified
        lowering, smt, machine = quantified.lowering, made.smt, made.machine
        for found in quantified.model.properties:
            if found.kind == "state" and not machine.holds(found, state):
                self._terms = [found.formula, quantified.definedness.defined(found.formula)]
                if self._possible(state, [lowering.formula(term) for term in self._terms]):
                    yield f"{found.name} is false of {dict(state)}"
        if not machine.inside(state):
            return
        for name, chosen in machine.instances():
            step = machine.attempt(state, name, chosen)
            if step.state is None:
                continue
            action = quantified.model.action(name)
            given = [
                part
                for argument in action.arguments
                for part in made.same(chosen[argument.name], lowering.constants[argument.variable], argument.sort)
            ]
            witnesses = tuple(witness.variable for witness in action.witnesses)
            fires = exists(witnesses, conjunction(guard.condition for guard in action.guards))
            uses = [use.formula for use in quantified.definedness.action(action)]
            label = f"{name}({', '.join(map(str, chosen.values()))}) in {dict(state)}"
            self._terms = [fires, *uses]
            where = [*given, *(lowering.formula(use) for use in uses)]
            if self._possible(state, [*where, smt.negate(lowering.formula(fires))]):
                yield f"{label} does not fire"
            for update in action.updates:
                self._terms = [update.value, *uses]
                sort = quantified.model.variable(update.variable).sort
                new = smt.conjunction(made.same(step.state[update.variable], lowering.term(update.value), sort))
                if self._possible(state, [*where, smt.negate(new)]):
                    yield f"{label} makes another {update.variable}"

    def _possible(self, state: FrozenMap, facts: list[Ast]) -> bool:
        """Whether the facts hold in some state of the unbounded model that agrees with this one."""
        made, quantified = self.instance, self.instance.quantified
        solver = made.smt.solver({"rlimit": 3_000_000})
        known = [*made.facts, *(premise.formula for premise in quantified.background()), *made._pinned(state)]
        axioms = [axiom.formula for axiom in quantified.lowering.axioms(self._terms)]
        for fact in [*known, *axioms, *facts]:
            solver.add(fact)
        answer = solver.check()
        self.undecided += answer is Answer.UNKNOWN
        self.decided += answer is not Answer.UNKNOWN
        return answer is Answer.SAT
