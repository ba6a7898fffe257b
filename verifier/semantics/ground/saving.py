"""Liveness to safety: a lasso becomes a path to a state that was saved before (A. Biere, C. Artho, V. Schuppan, Liveness checking
as safety checking, FMICS 2002).

At some time, once a case is pursued, the state is saved: the loop begins here. From then on the conditions that the loop has seen
are recorded: those that the case wants to see again and again, and those that meet each condition of fairness. A state is bad
that is the saved one again, when everything was seen. The state right after it was saved is bad if stuttering there forever
violates the property.
"""

from __future__ import annotations

from functools import cached_property

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.liveness import Fairness, Liveness
from verifier.semantics.ground.path import Path
from verifier.semantics.ground.reduction import CASE, WATCH, Condition, Reduction, flag, variable

SAVE = "save the state"
BEGUN = "loop begun"


class Saving(Reduction):
    """The reduction. A lasso of the ground is a path to a bad state here, and the other way round.

    Where every case may begin anywhere, it begins where the state is saved: the states before do not matter to it.
    """

    name = "liveness to safety"

    def __init__(self, base: Ground, liveness: Liveness) -> None:
        cases = liveness.cases
        self._at_once = all(case.trigger is base.circuit.true and not case.initially for case in cases)
        copies = [
            variable(f"saved {v.name}", v.sort, f"{v.name} where the loop begins")
            for v in base.scope.model.variables
            if not v.rigid
        ]
        recurring = max((len(case.recur) for case in cases), default=0)
        latches = [flag(f"seen {place + 1}", "the loop has seen it") for place in range(recurring)]
        for place, fairness in enumerate(liveness.fairness):
            latches.append(flag(_met(place), f"{fairness.name}: taken" + ("" if fairness.strong else ", or disabled")))
            if fairness.strong:
                latches.append(flag(_asked(place), f"{fairness.name}: enabled"))
        own = [] if self._at_once else [flag(BEGUN, "the loop has begun")]
        steps = [SAVE] if self._at_once or all(case.initially for case in cases) else [WATCH, SAVE]
        super().__init__(base, liveness, [*own, *latches, *copies], steps)

    @cached_property
    def saved(self) -> Node:
        """Whether the loop has begun."""
        return self.pursuing if self._at_once else self.added(BEGUN)

    @cached_property
    def latches(self) -> dict[str, Condition]:
        """The condition that each latch records."""
        result = {f"seen {place}": condition for place, condition in enumerate(self.recurring, 1)}
        for place, fairness in enumerate(self.liveness.fairness):
            if fairness.strong:
                result[_met(place)] = Condition(fairness.name, self.circuit.false, fairness.instances)
                result[_asked(place)] = Condition(fairness.name, fairness.enabled)
            else:
                result[_met(place)] = self.weak(fairness)
        return result

    def latched(self, instance: Instance | None) -> dict[str, Node]:
        """The values of the latches after a step, if the loop has begun before."""
        circuit = self.circuit
        return {
            name: circuit.or_((self.added(name), circuit.and_((self.saved, self.seen(condition, instance)))))
            for name, condition in self.latches.items()
        }

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """Those of the ground; then those that begin to pursue a case, and that save the state."""
        result = [self.beside(instance, self.latched(instance)) for instance in self.base.instances]
        circuit = self.circuit
        copies = {copy: self.field_node(field) for field, copy in self.copies.items()}
        if self._at_once:
            for case in self.watched:
                writes = {**copies, self.number(CASE): circuit.int(case)}
                result.append(self.step(SAVE, len(result), self.pursued(0), writes))
            return tuple(result)
        result += [self.watching(len(result) + place, case) for place, case in enumerate(self.watched)]
        guard = circuit.and_((self.pursuing, circuit.not_(self.saved)))
        result.append(self.step(SAVE, len(result), guard, {**copies, self.number(BEGUN): circuit.true}))
        return tuple(result)

    @cached_property
    def copies(self) -> dict[int, int]:
        """For each field of the ground that may change the field of its copy."""
        result: dict[int, int] = {}
        for declared in self.base.scope.model.variables:
            if not declared.rigid:
                pairs = zip(self.base.layout.of(declared.name), self.layout.of(f"saved {declared.name}"), strict=True)
                result.update((field.number, copy.number) for field, copy in pairs)
        return result

    @cached_property
    def canonical(self) -> Node:
        """Also: before the state is saved, nothing is written of it."""
        circuit = self.circuit
        return circuit.and_((super().canonical, circuit.or_((self.saved, circuit.and_(self._nothing)))))

    @cached_property
    def _nothing(self) -> list[Node]:
        circuit = self.circuit
        nodes = [self.field_node(number) for number in self.copies.values()] + [self.added(name) for name in self.latches]
        return [circuit.not_(node) if node.is_bool else circuit.eq(node, circuit.int(node.low)) for node in nodes]

    @cached_property
    def again(self) -> Node:
        """The state is the saved one."""
        circuit = self.circuit
        pairs = [(self.field_node(field), self.field_node(copy)) for field, copy in self.copies.items()]
        return circuit.and_(circuit.iff(a, b) if a.is_bool else circuit.eq(a, b) for a, b in pairs)

    @cached_property
    def met(self) -> Node:
        """Every latch that has to be set is, or is about to be by stuttering."""
        circuit, seen = self.circuit, self.latched(None)
        recurring = [seen[f"seen {place}"] for place, _ in enumerate(self.recurring, 1)]
        return circuit.and_((*recurring, *(self._fair(place, f, seen) for place, f in enumerate(self.liveness.fairness))))

    def _fair(self, place: int, fairness: Fairness, seen: dict[str, Node]) -> Node:
        met = seen[_met(place)]
        return self.circuit.or_((met, self.circuit.not_(seen[_asked(place)]))) if fairness.strong else met

    @cached_property
    def bad(self) -> Node:
        """The loop is closed, and everything was seen. The case also wants a stuttering step there."""
        stuttering = self.seen(Condition("", self.wanted_steps), None)
        return self.circuit.and_((self.saved, self.again, self.met, self.constraint, stuttering))

    def lasso(self, path: Path) -> Path:
        """The lasso of the ground that a path to a bad state describes."""
        own = len(self.base.instances)
        last = max(place for place, step in enumerate(path.steps) if step.instance is not None and step.instance >= own)
        loop = len(self.steps_of_ground(Path(path.steps[:last]))) - 1
        return Path(tuple(self.steps_of_ground(path)), loop=loop)


def _met(place: int) -> str:
    return f"met {place + 1}"


def _asked(place: int) -> str:
    return f"asked {place + 1}"
