"""k-liveness: counts rounds in which everything is seen that has to be seen again and again; there are at most k (K. Claessen, N.
Sorensson, A liveness checking algorithm that counts, FMCAD 2012).

A round ends when everything was seen that the pursued case wants again and again, and that meets each condition of fairness.
An infinite fair behaviour that violates the property has infinitely many rounds; if no path has more than k, there is none.
Strong fairness is met by steps or, from some time on, by never being enabled again: from where a step of its own says so.
Stuttering is a step here, as it ends rounds.
"""

from __future__ import annotations

from functools import cached_property

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.liveness import Fairness, Liveness
from verifier.semantics.ground.reduction import WATCH, Condition, Reduction, between, flag, variable

STUTTER = "stutter on"
RENOUNCE = "renounce fairness"
ROUNDS = "rounds seen"


class Rounds(Reduction):
    """The reduction, for this many `rounds`. A bad state has seen one more; that does not show that the property is violated."""

    name = "k-liveness"
    rounds: int

    def __init__(self, base: Ground, liveness: Liveness, rounds: int) -> None:
        self.rounds = rounds
        recurring = max((len(case.recur) for case in liveness.cases), default=0)
        latches = [flag(f"seen {place + 1}", "the round has seen it") for place in range(recurring)]
        latches += [flag(_met(place), f"{f.name}: met in this round") for place, f in enumerate(liveness.fairness)]
        self._strong = [(place, fairness) for place, fairness in enumerate(liveness.fairness) if fairness.strong]
        never = [flag(_never(place), f"{fairness.name}: never enabled again") for place, fairness in self._strong]
        count = variable(ROUNDS, between(0, rounds + 1), "rounds that were seen")
        steps = [STUTTER, *([WATCH] if any(not c.initially for c in liveness.cases) else []), *([RENOUNCE] if never else [])]
        super().__init__(base, liveness, [count, *latches, *never], steps)

    @cached_property
    def latches(self) -> dict[str, Condition]:
        """The conditions that have to be seen in a round."""
        result = {f"seen {place}": condition for place, condition in enumerate(self.recurring, 1)}
        for place, fairness in enumerate(self.liveness.fairness):
            result[_met(place)] = self._wanted_of(place, fairness)
        return result

    def _wanted_of(self, place: int, fairness: Fairness) -> Condition:
        if fairness.strong:
            return Condition(fairness.name, self.added(_never(place)), fairness.instances)
        return self.weak(fairness)

    def counted(self, instance: Instance | None) -> dict[str, Node]:
        """The values written along with a step: the conditions seen in the round; the next round begins once all have been seen.
        """
        circuit = self.circuit
        seen = {n: circuit.or_((self.added(n), self.seen(condition, instance))) for n, condition in self.latches.items()}
        whole = circuit.and_((self.pursuing, *seen.values()))
        partly = circuit.and_((self.pursuing, circuit.not_(whole)))
        rounds, most = self.added(ROUNDS), circuit.int(self.rounds + 1)
        another = circuit.and_((whole, circuit.not_(circuit.eq(rounds, most))))
        count = circuit.ite(another, circuit.add(rounds, circuit.int(1)), rounds)
        return {ROUNDS: count, **{name: circuit.and_((partly, node)) for name, node in seen.items()}}

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """Those of the ground; then stuttering, those that begin to pursue a case, and those that renounce a strong fairness."""
        circuit = self.circuit
        result = [self.beside(instance, self.counted(instance)) for instance in self.base.instances]
        stuttering = self.seen(Condition("", self.wanted_steps), None)
        counted = {self.number(name): node for name, node in self.counted(None).items()}
        result.append(self.step(STUTTER, len(result), circuit.and_((self.pursuing, stuttering)), counted))
        result += [self.watching(len(result) + place, case) for place, case in enumerate(self.watched)]
        for place, _ in self._strong:
            never = self.added(_never(place))
            guard = circuit.and_((self.pursuing, circuit.not_(never)))
            result.append(self.step(RENOUNCE, len(result), guard, {self.number(_never(place)): circuit.true}))
        return tuple(result)

    @cached_property
    def constraint(self) -> Node:
        """Also: a condition that is never enabled again is not enabled."""
        circuit = self.circuit
        kept = [circuit.not_(circuit.and_((self.added(_never(place)), f.enabled))) for place, f in self._strong]
        return circuit.and_((super().constraint, *kept))

    @cached_property
    def canonical(self) -> Node:
        """Also: before a case is pursued, nothing is counted."""
        circuit = self.circuit
        names = [*self.latches, *(_never(place) for place, _ in self._strong)]
        nothing = [circuit.not_(self.added(name)) for name in names]
        nothing.append(circuit.eq(self.added(ROUNDS), circuit.int(0)))
        return circuit.and_((super().canonical, circuit.or_((self.pursuing, circuit.and_(nothing)))))

    @cached_property
    def bad(self) -> Node:
        """There were too many rounds."""
        return self.circuit.eq(self.added(ROUNDS), self.circuit.int(self.rounds + 1))


def _met(place: int) -> str:
    return f"met {place + 1}"


def _never(place: int) -> str:
    return f"never {place + 1}"
