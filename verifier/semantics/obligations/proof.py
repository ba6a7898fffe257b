"""Proofs at a finite scope, and their re-check: every obligation again, from the model, in fresh solvers.

The check shares the formulas of the model, but no solver, no path and no learned fact with the engine that found the proof.
Its obligations:

- `k-induction`, `lemmas`, `pdr`: every support holds initially and is preserved by every step (initiation, consecution); the
  property holds along every path of fewer than k steps (base cases); k states without a violation, supports assumed, exclude
  one in the next (the step).
- `horizon`: base cases at every depth below k, and no path of k steps.
- For all of these methods, initial values and predicates do not violate the property by themselves.
- `trivial`: no well-typed state and no step between well-typed states violates the property, reachable or not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.obligations.monitor import Monitor
from verifier.semantics.obligations.violations import Violations

if TYPE_CHECKING:
    from verifier.kernel.terms import Term
    from verifier.semantics.ground.reduction import Reduction
    from verifier.semantics.ground.smt import Encoding, FiniteSolver, Formula

Method = Literal["k-induction", "lemmas", "pdr", "exhaustive", "horizon", "trivial"]


@dataclass(frozen=True, slots=True)
class Clause:
    """The origin of a lemma that IC3 found: the literals of a cube that it excludes, by the numbers of their atoms.

    With it, it excludes all `copies` under renaming, or its `family` along ordered sorts too (in which `neighbours` stay
    neighbours); or it excludes that `single` cube.
    """

    form: Literal["copies", "family", "neighbours", "single"]
    literals: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """A state formula that a proof assumes: readable `text`, and its circuit node.

    `needs` are the other supports, or the property itself, that its own consecution uses; None: any of them. `clause`: of what
    IC3 made it. `term` is its formula, if the kernel can state it and it is not that of a property.
    """

    text: str
    node: Node
    needs: tuple[Node, ...] | None = None
    clause: Clause | None = None
    term: Term | None = None


@dataclass(frozen=True, eq=False)
class Searched:
    """The result of a search of all states: the exploration, and the variables that were left out, if a slice was searched."""

    exploration: Any
    left_out: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """The digest of the set of states."""
        return str(self.exploration.reached.digest())


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """A proof of one property. `supports` are inductive together with the property at k = 1, by themselves otherwise.

    `search` is that of a proof by exhaustive search. `reduction` is the reduction that the proof of a liveness property is about:
    the nodes are its nodes, and the property is that its bad states are not reached.
    """

    monitor: Monitor
    method: Method
    k: int
    supports: tuple[Support, ...] = ()
    search: Searched | None = None
    reduction: Reduction | None = None

    @property
    def lemmas(self) -> list[str]:
        """The formulas that the proof assumes in addition to the property, for people."""
        return [support.text for support in self.supports]

    @property
    def formulas(self) -> list[Term]:
        """The formulas of the lemmas that the kernel can state."""
        return [support.term for support in self.supports if support.term is not None]

    @property
    def unstated(self) -> list[str]:
        """The lemmas that the kernel cannot state, for people."""
        return [support.text for support in self.supports if support.term is None and support.clause is not None]

    @property
    def left_out(self) -> list[str]:
        """The variables that were left out of the model where all states of a slice were searched."""
        return [] if self.search is None else list(self.search.left_out)


@dataclass(frozen=True, slots=True)
class Failure:
    """An obligation that was not discharged: `answer` is SAT (the proof is wrong) or UNKNOWN (with the reason)."""

    obligation: str
    answer: Answer
    reason: str


class Checker:
    """Re-checks proofs at one finite scope. `queries` counts solver calls; `steps` limits each, in the solver's own steps."""

    def __init__(self, encoding: Encoding, *, steps: int | None = None) -> None:
        self.encoding = encoding
        self._steps = steps
        self.queries = 0
        self._discharged: set[tuple[Any, ...]] = set()
        self._short: dict[tuple[int, bool], FiniteSolver] = {}
        self.seconds: dict[str, float] = {}
        """How long each obligation took."""

    def check(self, proof: Proof) -> Failure | None:
        """None if every obligation of the proof is discharged, else the first that is not."""
        violations = Violations(self.encoding, proof.monitor)
        if proof.method not in ("trivial", "k-induction", "lemmas", "pdr", "horizon"):
            raise ValueError(f"a proof by {proof.method} is not checked by induction")
        asked = self._typed(violations) if proof.method == "trivial" else self._obligations(proof, violations)
        for failure in asked:
            if failure is not None:
                return failure
        return None

    def _typed(self, violations: Violations) -> Iterator[Failure | None]:
        """The claims of a trivial proof about well-typed states and steps."""
        name = violations.monitor.property.name
        yield self.starts(violations)
        if not violations.never:
            yield self._discharge(f"{name}: well-typed states", 0, False, [violations.at(0)])
            if self.encoding.ground.instances:
                yield self._discharge(f"{name}: steps between well-typed states", 1, False, [violations.at(1)])

    def _obligations(self, proof: Proof, violations: Violations) -> Iterator[Failure | None]:
        name, at = proof.monitor.property.name, self.encoding.at
        if proof.k < 1:
            yield Failure("depth", Answer.SAT, f"there is no proof by {proof.method} of depth {proof.k}")
        yield self.starts(violations)
        if not violations.never:
            for depth in range(proof.k):
                yield self._discharge(f"{name}: base case {depth}", depth, True, [violations.at(depth)])
        if proof.method == "horizon":
            yield self._discharge(f"no path of {proof.k} steps", proof.k, True, [])
            return
        formulas = [self.encoding.formula(support.node) for support in proof.supports]
        for support, formula in zip(proof.supports, formulas, strict=True):
            needs = self._needs(support, proof, violations)
            key = (support.node.index, frozenset(node.index for node in needs))
            if key in self._discharged:
                continue
            yield self._discharge(f"initiation of {support.text}", 0, True, [self.encoding.not_(formula)])
            lost = self.encoding.not_(self.encoding.next_state(formula))
            assumed = [formula, *(self.encoding.formula(node) for node in needs)]
            yield self._discharge(f"consecution of {support.text}", 1, False, [*assumed, lost])
            self._discharged.add(key)
        if violations.never:
            return
        goal: list[Formula] = [violations.at(proof.k)]
        for step in range(proof.k):
            goal += [at(formula, step) for formula in formulas]
            goal.append(self.encoding.not_(violations.at(step)))
        if proof.k > 1:
            goal += [at(formula, proof.k) for formula in formulas]
        yield self._discharge(f"{name}: induction step {proof.k}", proof.k, False, goal)

    def starts(self, violations: Violations) -> Failure | None:
        """None if no candidate for an initial state violates the property by itself."""
        if violations.start is None:
            return None
        name = violations.monitor.property.name
        solver = self.encoding.solver(self._steps)
        solver.add(self.encoding.typed, violations.start)
        return self._answered(f"{name}: candidates for initial states", solver, solver.check())

    @staticmethod
    def _needs(support: Support, proof: Proof, violations: Violations) -> list[Node]:
        """The nodes that the consecution of a support may assume besides the support: other supports, and at k = 1 the property.
        """
        allowed = {other.node.index: other.node for other in proof.supports if other is not support}
        if proof.k == 1:
            allowed[violations.holds.index] = violations.holds
        if support.needs is None:
            return list(allowed.values())
        return [node for node in support.needs if node.index in allowed]

    def _discharge(self, obligation: str, length: int, rooted: bool, formulas: Sequence[Formula]) -> Failure | None:
        """Asks whether a path of `length` steps satisfies the formulas; it must not."""
        self.queries += 1
        began = time.perf_counter()
        if length > 1:
            solver = self._path(length, rooted)
            solver.add(*formulas)
            answer = solver.check()
        else:
            # Most obligations are about a state or a step; their path is asserted once, and each is asked by itself.
            solver = self._short[length, rooted] = self._short.get((length, rooted)) or self._path(length, rooted)
            solver.push()
            solver.add(*formulas)
            answer = solver.check()
            solver.pop()
        self.seconds[obligation] = self.seconds.get(obligation, 0.0) + time.perf_counter() - began
        return self._answered(obligation, solver, answer)

    def _answered(self, obligation: str, solver: FiniteSolver, answer: Answer) -> Failure | None:
        match answer:
            case Answer.UNSAT:
                return None
            case Answer.SAT:
                return Failure(obligation, answer, "the obligation has a counterexample")
            case Answer.UNKNOWN:
                return Failure(obligation, answer, solver.reason)

    def _path(self, length: int, rooted: bool) -> FiniteSolver:
        """A fresh solver that holds a path: typed states in which the axioms hold, all but the last inside the constraint."""
        encoding, solver = self.encoding, self.encoding.solver(self._steps)
        solver.add(*([encoding.initial] if rooted else []), encoding.typed, encoding.axioms)
        for step in range(length):
            solver.add(encoding.at(encoding.constraint, step), encoding.at(encoding.transition, step))
            solver.add(encoding.at(encoding.typed, step + 1))
        return solver
