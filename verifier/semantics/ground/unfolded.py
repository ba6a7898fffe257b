"""A path from an initial state in clauses: one copy of the clauses of a step for each step, in one incremental SAT solver.

Every state but the last is inside the constraint, and each step is a storable action instance, as in an unrolling for z3. The
clauses that the solver learns at one depth serve all greater ones (N. Een, N. Sorensson, Temporal induction by incremental SAT
solving, BMC 2003). Literals of nodes are defined when they are first asked for, at any step.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.cnf import TRUE, Clauses
from verifier.semantics.ground.path import PathStep
from verifier.semantics.ground.sat import Sat


class Unfolded:
    """A growing path of a ground model."""

    def __init__(self, clausal: Clausal) -> None:
        self.clausal = clausal
        self.length = 0
        self._clauses = clausal.transition()
        self._solver = Sat(hard=True)
        self._solver.add([TRUE])
        self._model: list[int] = []
        self._last = TRUE
        self._atoms = [self._fresh(clausal.size)]
        #: For each step the solver's variables, by those of the clauses, and how many of the clauses it has been given.
        self._names: list[list[int]] = []
        self._given: list[int] = []
        self._open_step()
        starting = Clauses(clausal.gates)
        for clause in (*clausal.typed(0), [clausal.numbers.literal(clausal.ground.initial)], [clausal.axioms]):
            starting.add(clause)
        self._give(0, starting.all)

    def _fresh(self, number: int) -> list[int]:
        first = self._last + 1
        self._last += number
        return list(range(first, first + number))

    def _open_step(self) -> None:
        self._atoms.append(self._fresh(self.clausal.size))
        self._names.append([0, TRUE, *self._atoms[-2], *self._atoms[-1]])
        self._given.append(0)

    def _give(self, step: int, clauses: Sequence[Sequence[int]]) -> None:
        names = self._names[step]
        names += self._fresh(self.clausal.gates.variables + 1 - len(names))
        for clause in clauses:
            self._solver.add([names[literal] if literal > 0 else -names[-literal] for literal in clause])

    def _refresh(self, step: int) -> None:
        known = self._clauses.all
        self._give(step, known[self._given[step] :])
        self._given[step] = len(known)

    @property
    def queries(self) -> int:
        """Solver calls so far."""
        return self._solver.queries

    def free(self) -> None:
        """Frees the memory of the solver."""
        self._solver.free()

    def extend(self) -> None:
        """Makes the path one step longer."""
        self._solver.add([self._at(self.clausal.go, self.length)])
        self.length += 1
        self._open_step()

    def _at(self, literal: int, step: int) -> int:
        """A literal of a step, equivalent to its node: what is excluded at one step serves the questions about later ones."""
        self._clauses.define_fully(literal)
        self._refresh(step)
        name = self._names[step][abs(literal)]
        return name if literal > 0 else -name

    def literal(self, node: Node, step: int) -> int:
        """The literal of a node, over the states `step` and, where there is one, `step + 1` of the path."""
        return self._at(self.clausal.numbers.literal(node), step)

    def some(self, literals: Sequence[int]) -> Answer:
        """Whether some path has one of the literals."""
        [asked] = self._fresh(1)
        self._refresh(self.length)
        self._solver.add([-asked, *literals])
        answer = self._solver.check([asked])
        # Some solvers forget the model with the next clause.
        self._model = self._solver.model() if answer is Answer.SAT else []
        self._solver.add([-asked])
        return answer

    def exclude(self, literals: Sequence[int]) -> None:
        """Excludes literals that no path has."""
        for literal in literals:
            self._solver.add([-literal])

    def goes_on(self) -> Answer:
        """Whether there is a step out of the last state of some path."""
        return self._solver.check([self._at(self.clausal.go, self.length)])

    def path(self) -> list[PathStep]:
        """The path of the last answer SAT of `some`."""
        model = self._model
        states = [self._codes(model, step) for step in range(self.length + 1)]
        steps = [PathStep(None, states[0])]
        for step in range(self.length):
            chosen = next(m for m in self.clausal.moves if model[self._names[step][m.selector] - 1] > 0)
            steps.append(PathStep(chosen.instance.number, states[step + 1]))
        return steps

    def _codes(self, model: Sequence[int], step: int) -> tuple[int, ...]:
        # A variable that no clause has is not in the model.
        return self.clausal.decoded([model[atom - 1] if atom <= len(model) else -atom for atom in self._atoms[step]])
