"""Any engine at a finite scope, on slices: the variables that the properties do not depend on are left out of the model (see
`slicing`).

A proof about a slice is a proof about the model. A violation in a slice is first extended to states of the whole model; where
some step of the slice is not a step of the model, no verdict is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Budget, Decided, Engine, Event, Open, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.semantics.ground.circuit import Node, below, copied
from verifier.semantics.ground.evaluate import Evaluator, successor
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.obligations.proof import Proof, Searched, Support
from verifier.semantics.scope.slicing import Cones, Slice


class OnSlices:
    """An engine on each slice that is less than the model and holds all that some open property depends on.

    The greatest slice comes first: if it can be decided, so are the properties of all that are part of it.
    """

    def __init__(self, engine: Engine[FiniteTask]) -> None:
        self._engine = engine

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for that do not depend on the whole model; see `Engine`."""
        cones = Cones(task.ground.scope.model)
        reach = {name: cones.of(prop) for name, prop in task.asked().items()}
        everything = len(task.ground.scope.model.variables)
        for kept in sorted({cone for cone in reach.values() if 0 < len(cone) < everything}, key=_greatest_first):
            names = [name for name, cone in reach.items() if cone <= kept and name in task.open]
            if names:
                yield from self._on(task, budget, cones.slice(kept), names)

    def _on(self, task: FiniteTask, budget: Budget, part: Slice, names: list[str]) -> Iterator[Event]:
        sliced = SlicedGround(task.ground, part)
        own = {prop.name: prop for prop in part.model.properties}

        def asked() -> Mapping[str, Property]:
            return {name: own[name] for name in names if name in task.open}

        inner = FiniteTask(sliced.ground, asked(), asked, learning=False)
        for event in self._engine.run(inner, budget):
            match event:
                case Decided(name, Proved(proof)):
                    yield Decided(name, Proved(sliced.proof(task, own[name], proof)))
                case Decided(name, Violated(path)):
                    whole = None if task.start is None else sliced.extended(own[name], path, task.start)
                    yield Decided(name, _UNMET if whole is None else Violated(whole))
                case _:
                    yield event
        task.statistics.queries += inner.statistics.queries


_UNMET = Open(-1, "what violates it in a part of the model is not a run of the whole")


def _greatest_first(cone: frozenset[str]) -> tuple[int, list[str]]:
    return -len(cone), sorted(cone)


class SlicedGround:
    """The ground of a slice, together with that of the whole model."""

    def __init__(self, whole: Ground, part: Slice) -> None:
        self.whole = whole
        self.part = part
        self.ground = Ground(part.at(whole.scope))
        #: For each field of the slice its number in the whole model.
        self.fields = [field.number for name in part.kept for field in whole.layout.of(name)]
        self._copies: dict[int, Node] = {}
        self._searches: dict[Searched, Searched] = {}

    def lifted(self, node: Node) -> Node:
        """A node of the slice, in the circuit of the whole model."""
        for inner in below(node):
            if inner.op == "field" and inner.index not in self._copies:
                self._copies[inner.index] = self.whole.field_node(self.fields[inner.value], inner.step)
        return copied(node, self.whole.circuit, self._copies)

    def proof(self, task: FiniteTask, prop: Property, proof: Proof) -> Proof:
        """A proof about the slice as one about the whole model."""
        supports = (
            Support(s.text, self.lifted(s.node), None if s.needs is None else tuple(map(self.lifted, s.needs)), term=s.term)
            for s in proof.supports
        )
        if proof.search is not None and proof.search not in self._searches:
            self._searches[proof.search] = replace(proof.search, left_out=self.part.left_out)
        search = None if proof.search is None else self._searches[proof.search]
        return Proof(task.monitor(prop), proof.method, proof.k, tuple(supports), search)

    def extended(self, prop: Property, path: Path, start: tuple[int, ...]) -> Path | None:
        """A violation in the slice as one of the whole model; None if some step, or the last attempt, is not one there.

        The variables left out begin as in `start`, an initial state: initial predicates do not relate them to the slice.
        """
        whole = self.whole
        instances = {_key(instance): instance for instance in whole.instances}
        codes = list(start)
        for number, code in zip(self.fields, path.steps[0].codes, strict=True):
            codes[number] = code
        steps = [PathStep(None, tuple(codes))]
        if not Evaluator(steps[0].codes).holds(whole.initial):
            return None
        for step in path.steps[1:]:
            assert step.instance is not None
            instance, before = instances[_key(self.ground.instances[step.instance])], steps[-1].codes
            new = successor(instance, before) if Evaluator(before).holds(whole.constraint) else None
            if new is None:
                return None
            steps.append(PathStep(instance.number, new))
        if path.attempt is None:
            # The property reads nothing but the slice.
            return Path(tuple(steps))
        instance = instances[_key(self.ground.instances[path.attempt])]
        end = Evaluator(steps[-1].codes)
        if end.holds(whole.constraint) and end.holds(attempted(whole, prop, instance)):
            return Path(tuple(steps), instance.number)
        return None


def attempted(ground: Ground, prop: Property, instance: Instance) -> Node:
    """Whether the instance, attempted in a state inside the constraint, violates a property there or after the step."""
    match prop.kind:
        case "range":
            return ground.range_violation(prop, instance)
        case "defined":
            return ground.circuit.or_(ground.counts(prop, use) for use in instance.undefined)
    return ground.leaving.violation(prop, instance)


def _key(instance: Instance) -> tuple[Any, ...]:
    return (instance.action.name, *instance.arguments.items())
