"""Bounded model checking on clauses: at each depth, whether some path of so many steps violates a property.

Source: A. Biere, A. Cimatti, E. Clarke, Y. Zhu, Symbolic model checking without BDDs, TACAS 1999. The questions, and so the
verdicts and the lengths, are those of the base cases of `induction`, but a SAT solver answers them: every depth in turn, the
states after steps that leave a range, and whether there is a longer path. From about ten steps on, a SAT solver is faster than
z3 on protocols, by a factor of ten and more. Limits: z3 unrolls models in which an integer has very many values, and examines
the candidates for initial states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Outcome, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import Lockstep, starts
from verifier.proof.engines.walks import LONGEST, walks
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.obligations.proof import Proof

WALKED = 80
"""The states of the walks that show that there are paths of some length."""

MANY_CODES = 4_096
"""An integer with as many values makes the clauses too many."""


class BoundedUnrolling:
    """Decides the properties asked for to the depth of the budget."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """See `Engine`."""
        ground = task.ground
        if ground.starts.outside or any(f.high - f.low >= MANY_CODES for f in ground.layout.fields):
            yield from Lockstep(induction=False).run(task, budget)
            return
        run = _Run(task, budget)
        try:
            yield from run.decide()
        finally:
            task.statistics.queries += run.unfolded.queries
            run.unfolded.free()


class _Run:
    """One run of the engine."""

    def __init__(self, task: FiniteTask, budget: Budget) -> None:
        from verifier.semantics.ground.clausal import Clausal
        from verifier.semantics.ground.unfolded import Unfolded

        self.task = task
        self.ground = task.ground
        self.budget = budget
        self.unfolded = Unfolded(Clausal(task.ground))

    def decide(self) -> Iterator[Event]:
        """Goes down the depths until nothing is open or the depth is reached."""
        waiting = dict(self.task.asked())
        for name, outcome in self._starts(waiting).items():
            del waiting[name]
            yield Decided(name, outcome)
        for depth in range(self.budget.depth + 1):
            yield Progress("bounded unrolling", depth)
            for name, path in self._violations(waiting, depth).items():
                del waiting[name]
                yield Decided(name, Violated(path))
            # Ranges are asked about only as long as some other property may be proved.
            asked = self.task.asked()
            waiting = {name: prop for name, prop in waiting.items() if name in asked}
            if not waiting or depth == self.budget.depth:
                break
            if depth >= self._walked and self.unfolded.goes_on() is Answer.UNSAT:
                proofs = {name: Proof(self.task.monitor(prop), "horizon", depth + 1) for name, prop in waiting.items()}
                yield from (Decided(name, Proved(proof)) for name, proof in proofs.items())
                return
            self.unfolded.extend()
        yield from (Decided(name, Open(self.budget.depth)) for name in waiting)

    @cached_property
    def _walked(self) -> int:
        """The length of a path that is known: of the longest of a few walks."""
        longest = length = 0
        if self.task.start is not None:
            for _, instance, _ in walks(self.ground, self.task.start, WALKED):
                length = 0 if instance is None or length == LONGEST else length + 1
                longest = max(longest, length)
        return longest

    def _starts(self, waiting: Mapping[str, Property]) -> dict[str, Outcome]:
        no = self.ground.circuit.false
        asked = [name for name, prop in waiting.items() if self.task.monitor(prop).bad_start is not no]
        return starts(self.task.encoding, {name: self.task.violations(waiting[name]) for name in asked}) if asked else {}

    def _violations(self, waiting: Mapping[str, Property], depth: int) -> dict[str, Path]:
        """The properties that some path of so many steps violates, or one that ends by leaving a range."""
        found: dict[str, Path] = {}
        self._meet(waiting, {name: self._ends(prop, depth) for name, prop in waiting.items()}, found, behind=False)
        ground, circuit = self.ground, self.ground.circuit
        asked = {n: p for n, p in waiting.items() if n not in found and p.kind in ("state", "action")}
        leaves = circuit.and_((ground.constraint, ground.leaving.some))
        # Most models leave no range, and then nothing about the states after such steps is needed.
        if not asked or leaves is circuit.false or self.unfolded.some([self.unfolded.literal(leaves, depth)]) is Answer.UNSAT:
            return found
        behind = {n: [(circuit.and_((ground.constraint, ground.leaving.violations(p))), depth)] for n, p in asked.items()}
        self._meet(asked, behind, found, behind=True)
        return found

    def _ends(self, prop: Property, depth: int) -> list[tuple[Node, int]]:
        """The nodes that violate a property at the end of a path, each with its step."""
        circuit, monitor = self.ground.circuit, self.task.monitor(prop)
        inside = circuit.and_((monitor.bad_inside, self.ground.constraint))
        steps = [(monitor.bad_step, depth - 1)] if depth else []
        return [(circuit.or_((monitor.bad_state, inside)), depth), *steps]

    def _meet(
        self, waiting: Mapping[str, Property], ends: Mapping[str, list[tuple[Node, int]]], found: dict[str, Path], *, behind: bool
    ) -> None:
        """Adds a path for each property that some path violates at its end."""
        no, unfolded = self.ground.circuit.false, self.unfolded
        goals = {
            name: [unfolded.literal(node, step) for node, step in nodes if node is not no] for name, nodes in ends.items()
        }
        while any(goals.values()):
            literals = [literal for goal in goals.values() for literal in goal]
            if unfolded.some(literals) is Answer.UNSAT:
                unfolded.exclude(literals)
                return
            steps = unfolded.path()
            met = [name for name in goals if self._holds(ends[name], steps)]
            assert met, "a path does not have what its model says"
            for name in met:
                found[name] = Path(tuple(steps), self._attempt(waiting[name], steps[-1].codes, behind))
                del goals[name]

    @staticmethod
    def _holds(ends: list[tuple[Node, int]], steps: list[PathStep]) -> bool:
        """Whether one of the nodes holds in a path."""
        states = [step.codes for step in steps]
        return any(Evaluator(states[step], states[min(step + 1, len(states) - 1)]).holds(node) for node, step in ends)

    def _attempt(self, prop: Property, codes: tuple[int, ...], behind: bool) -> int | None:
        """The instance whose attempt in the last state is the violation, if that is the reason."""
        from verifier.proof.engines.slices import attempted

        at = Evaluator(codes)
        if not behind and (prop.kind not in ("range", "defined") or prop.about is not None):
            return None
        if not at.holds(self.ground.constraint):
            return None
        return next((one.number for one in self.ground.instances if at.holds(attempted(self.ground, prop, one))), None)
