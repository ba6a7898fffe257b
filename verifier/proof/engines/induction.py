"""Bounded model checking and k-induction in lock-step, for many properties at once.

Sources: A. Biere, A. Cimatti, E. Clarke, Y. Zhu, Symbolic model checking without BDDs, TACAS 1999 (base cases);
M. Sheeran, S. Singh, G. Stalmarck, Checking safety properties using induction and a SAT-solver, FMCAD 2000 (steps).

At depth d the base case of every open property is asked first, at every depth without exception: a model that can deadlock makes
a one-time base check unsound. It includes the states after steps that leave a range: such a step ends a path of d steps, and
violates in d + 1. Then, for k = d + 1: is there a path of k steps from an initial state at all (if not, every open property
holds: method `horizon`), and for each property by itself, do k states without a violation exclude one in the next (method
`k-induction`)? The first answer wins, so that counterexamples are shortest and k is least. A violated or open property never
constrains a path. Limits: no simple-path constraint, so a property that needs one stays BOUNDED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import z3

from verifier.proof.engines.engine import Budget, Decided, Event, Open, Outcome, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.unrolling import Unrolling
from verifier.semantics.answers import Answer
from verifier.semantics.ground.path import Path
from verifier.semantics.ground.smt import Encoding, Formula
from verifier.semantics.obligations.proof import Checker, Proof
from verifier.semantics.obligations.violations import Violations


def starts(encoding: Encoding, waiting: dict[str, Violations]) -> dict[str, Outcome]:
    """The properties that initial values and predicates violate by themselves, or for which a solver cannot tell."""
    result: dict[str, Outcome] = {}
    for name, violations in waiting.items():
        if violations.start is None:
            continue
        candidate = Unrolling(encoding, rooted=False, candidates=True)
        answer = candidate.check(candidate.literal(violations.start))
        if answer is Answer.SAT:
            result[name] = Violated(Path(tuple(encoding.path(candidate.model, 0))))
        elif answer is Answer.UNKNOWN:
            result[name] = Open(-1, f"the solver gave up on the candidates for initial states: {candidate.reason}")
    return result


class LockStep:
    """The engine for one encoding; `invariants` are proved state formulas over step 0 that every path may assume.

    The proofs rest on the ranges: they do not cover the states after steps that leave one. `steps` limits each question, in the
    solver's own steps; a base case that takes more leaves its properties open. `given_up` are the properties with an induction
    step that was not answered.
    """

    def __init__(
        self,
        encoding: Encoding,
        *,
        invariants: Sequence[Formula] = (),
        induction: bool = True,
        steps: int | None = None,
    ) -> None:
        self.encoding = encoding
        self.base = Unrolling(encoding, rooted=True, steps=steps)
        self.step = Unrolling(encoding, rooted=False, steps=steps)
        self.induction = induction
        self.given_up: set[str] = set()
        self._assumed: dict[str, Formula] = {}
        for formula in invariants:
            self.step.assume_invariant(formula)

    @property
    def queries(self) -> int:
        """Solver calls so far."""
        return self.base.queries + self.step.queries

    def run(self, violations: dict[str, Violations], bound: int) -> Iterator[Event]:
        """Decides the properties, keyed by name, to unrolling depth and induction depth `bound`."""
        waiting = dict(violations)
        if self.encoding.ground.starts.outside:
            # No initial state can be stored, so there is no path; only the candidates can violate anything.
            said = {**dict.fromkeys(waiting, Open(0)), **starts(self.encoding, waiting)}
            yield from (Decided(name, outcome) for name, outcome in said.items())
            return
        for depth in range(bound + 1):
            yield Progress("bounded unrolling", depth)
            for name, outcome in self.base_case(waiting, depth).items():
                del waiting[name]
                yield Decided(name, outcome)
            if not waiting or depth == bound:
                break
            if self.no_path(depth + 1):
                for name, closed in waiting.items():
                    yield Decided(name, Proved(Proof(closed.monitor, "horizon", depth + 1)))
                return
            if self.induction:
                yield from self.induce(waiting, depth + 1)
            if not waiting:
                break
        for name in waiting:
            yield Decided(name, Open(bound))

    def induce(self, waiting: dict[str, Violations], k: int) -> Iterator[Event]:
        """Proves by induction of depth k what it proves; that waits no longer then."""
        if not all(violations.never for violations in waiting.values()):
            yield Progress("k-induction", k)
        for name in self.induction_step(waiting, k):
            yield Decided(name, Proved(Proof(waiting.pop(name).monitor, "k-induction", k)))

    def base_case(self, waiting: dict[str, Violations], depth: int) -> dict[str, Outcome]:
        """The properties that some path of `depth` steps violates, or one that ends by leaving a range, or that the solver
        gave up on.
        """
        result = starts(self.encoding, waiting) if depth == 0 else {}
        self.base.extend(depth)
        goals = {n: v.at(depth) for n, v in waiting.items() if n not in result and not v.never}
        result.update(self._shortest(goals, depth, lambda name, model: waiting[name].attempt(model, depth)))
        result.update(self._behind({n: v for n, v in waiting.items() if n not in result}, depth))
        return result

    def _behind(self, waiting: dict[str, Violations], depth: int) -> dict[str, Outcome]:
        """The properties that are violated after a step that leaves a range, taken after `depth` steps."""
        ground = self.encoding.ground
        asked = {n: v for n, v in waiting.items() if v.monitor.property.kind in ("state", "action")}
        leaves = ground.circuit.and_((ground.constraint, ground.leaving.some))
        if not asked or leaves is ground.circuit.false:
            return {}
        # Most models leave no range, and then formulas over the states after such steps are not needed.
        answer = self.base.check(self.base.literal(self.encoding.at(self.encoding.formula(leaves), depth)))
        if answer is Answer.UNSAT:
            return {}
        said = {name: violations.behind(depth) for name, violations in asked.items()}
        goals = {name: goal for name, goal in said.items() if goal is not None}
        return self._shortest(goals, depth, lambda name, model: asked[name].leaver(model, depth))

    def _shortest(
        self, goals: dict[str, Formula], depth: int, attempt: Callable[[str, Any], int | None]
    ) -> dict[str, Outcome]:
        """Those of the goals that some path of `depth` steps reaches, with a path and the instance attempted at its end."""
        result: dict[str, Outcome] = {}
        waiting = dict(goals)
        while waiting:
            answer = self.base.check(self.base.literal(z3.Or(*waiting.values())))
            if answer is Answer.UNSAT:
                break
            if answer is Answer.UNKNOWN:
                reason = f"the solver gave up at depth {depth}: {self.base.reason}"
                result.update({name: Open(depth - 1, reason) for name in waiting})
                break
            model = self.base.model
            path = tuple(self.encoding.path(model, depth))
            for name in [name for name, goal in waiting.items() if self.encoding.holds(model, goal)]:
                result[name] = Violated(Path(path, attempt(name, model)))
                del waiting[name]
        return result

    def no_path(self, length: int) -> bool:
        """Whether no path of `length` steps starts in an initial state."""
        self.base.extend(length)
        return self.base.check() is Answer.UNSAT

    def induction_step(self, waiting: dict[str, Violations], k: int) -> list[str]:
        """The properties, each by itself, that k states without a violation carry to the next state."""
        self.step.extend(k)
        closed = []
        for name, violations in waiting.items():
            if name not in self._assumed:
                self._assumed[name] = self.step.literal([])
                for earlier in range(k - 1):
                    self._assume(name, violations, earlier)
            self._assume(name, violations, k - 1)
            if violations.never:
                closed.append(name)
                continue
            goal = self.step.literal(violations.at(k))
            match self.step.check(self._assumed[name], goal):
                case Answer.UNSAT:
                    closed.append(name)
                case Answer.UNKNOWN:
                    self.given_up.add(name)
        return closed

    def _assume(self, name: str, violations: Violations, step: int) -> None:
        self.step.imply(self._assumed[name], z3.Not(violations.at(step)))


class FirstStep:
    """Base case 0 and induction of depth 1, in the solvers that lemma inference goes on with.

    `budget.steps` limits each induction step: a step that is hard for a solver may concern few states.
    """

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties that it can; see `Engine`."""
        first = task.kept(LockStep, lambda: LockStep(task.encoding))
        before = first.queries
        waiting = {name: task.violations(result) for name, result in task.considered().items()}
        for name, outcome in first.base_case(waiting, 0).items():
            del waiting[name]
            task.uncleared.add(name)
            yield Decided(name, outcome)
        if budget.depth and waiting:
            first.step.limit(budget.steps)
            yield from first.induce(waiting, 1)
            first.step.limit(None)
            task.given_up |= first.given_up
        task.statistics.queries += first.queries - before


class Lockstep:
    """Bounded unrolling, and k-induction with the lemmas of the task unless `induction` is False."""

    def __init__(self, *, induction: bool) -> None:
        self._induction = induction

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for, to the depth of the budget; see `Engine`."""
        task.learn()
        lemmas = list(task.lemmas) if self._induction else []
        engine = LockStep(
            task.encoding,
            invariants=[entry.formula for entry in lemmas],
            induction=self._induction,
            steps=budget.steps,
        )
        checker = Checker(task.encoding)
        for event in engine.run({n: task.violations(result) for n, result in task.asked().items()}, budget.depth):
            match event:
                case Decided(name, Proved(proof)) if lemmas and proof.method == "k-induction":
                    # The proof is only given lemmas if it does not do without.
                    if checker.check(proof) is not None:
                        supports = tuple(task.support(entry) for entry in lemmas)
                        proof = Proof(proof.monitor, "lemmas", proof.k, supports)
                    yield Decided(name, Proved(proof))
                case _:
                    yield event
        task.statistics.queries += engine.queries + checker.queries
