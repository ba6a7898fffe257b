"""One run of IC3, property directed reachability: invariants from counterexamples to induction, one clause after the other.

A property is cleared for more and more steps. A state that violates it is excluded from the frame of that many steps by a clause
that generalizes it, once its predecessors are excluded from the frame before; so the first violation that is found is a shortest
one. When one frame is equal to the next, its clauses are an invariant. The frames serve every property. Sources are with
`frames`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from verifier.kernel.properties import DEFINED, Property
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.frames import Cube, Frames, Predecessor
from verifier.proof.engines.invariants import Invariants, Name
from verifier.proof.engines.sayings import Sayings
from verifier.semantics.ground.circuit import Node, with_fields
from verifier.semantics.ground.clausal import Clausal, Move, wide
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.ground.renaming import Copies
from verifier.semantics.obligations.monitor import Monitor
from verifier.semantics.obligations.proof import Clause, Proof, Support

WIDEST = 4_096
"""The greatest number of values of a stored integer."""


@dataclass(frozen=True, slots=True)
class _Goal:
    """The violations of a property, as literals: a state, a step, a state out of which a step that leaves a range violates it."""

    prop: Property
    monitor: Monitor
    state: int
    step: int
    behind: int


@dataclass(frozen=True, slots=True, eq=False)
class _Obligation:
    """A cube from all states of which `move` leads into that of `then`; from the last one the property is violated."""

    level: int
    cube: Cube
    move: Move | None
    then: _Obligation | None
    kind: str


class Run:
    """One run of the engine over the properties of a task; `budget.steps` limits the questions."""

    def __init__(self, task: FiniteTask, budget: Budget) -> None:
        self.task = task
        self.ground = task.ground
        self.budget = budget
        self.clausal = Clausal(task.ground)
        self._symmetry = task.ground.symmetry
        self._copies = Copies(self.clausal) if self._symmetry.reason is None else None
        self.frames = Frames(self.clausal, self.copies)
        self._sayings = Sayings(self.clausal)
        self._invariants = Invariants(self.clausal, self.frames.clauses)
        self._origins: dict[Name, Clause] = {}
        self._ahead = True
        self._order = count()

    def copies(self, cube: Cube) -> tuple[Cube, ...]:
        """The cubes that are excluded with a cube."""
        return self._copies(cube) if self._copies is not None and self._copied else (cube,)

    @property
    def _copied(self) -> bool:
        """Whether renaming the members of scalarsets changes nothing. A choice is the same for all only where it is defined."""
        return self._copies is not None and (not self._symmetry.choices or DEFINED in self.task.closed)

    @property
    def queries(self) -> int:
        """Solver calls so far."""
        return self.frames.queries + self._invariants.queries

    def free(self) -> None:
        """Frees the memory of the solvers."""
        self.frames.free()
        self._invariants.free()

    def decide(self) -> Iterator[Event]:
        """Goes through the properties: those first that the others rest on."""
        asked = self.task.asked()
        for fact in self.clausal.facts.all:
            if wide(fact) and fact.high - fact.low >= WIDEST:
                reason = f"{fact.fields[0].name} has more than {WIDEST:,} values"
                for name in asked:
                    yield Decided(name, Open(-1, reason))
                return
        ranges = [name for name in asked if asked[name].kind == "range"]
        others = sorted((name for name in asked if name not in ranges), key=lambda name: asked[name].kind != "defined")
        for names in (ranges, others):
            # New nodes in goals make new solvers necessary, so goals are made together.
            goals = [self._goal(asked[name]) for name in names if name in self.task.open]
            for goal in goals:
                if goal.prop.name in self.task.open:
                    yield from self._property(goal)

    # -- goals -------------------------------------------------------------------------------------------------------

    def _goal(self, prop: Property) -> _Goal:
        circuit, monitor = self.ground.circuit, self.task.monitor(prop)
        inside = circuit.and_((monitor.bad_inside, self.ground.constraint))
        behind = circuit.false
        if prop.kind in ("state", "action") and not self._within_ranges():
            behind = circuit.and_((self.ground.constraint, self.ground.leaving.violations(prop)))
        nodes = (circuit.or_((monitor.bad_state, inside)), monitor.bad_step, behind)
        literals = [self.clausal.numbers.literal(node) for node in nodes]
        for literal in literals:
            self.frames.clauses.define(literal)
        return _Goal(prop, monitor, *literals)

    def _within_ranges(self) -> bool:
        """Whether no step leaves a range, as is proved."""
        ranges = (prop.name for prop in self.ground.scope.model.properties if prop.kind == "range")
        return self.task.closed.keys() >= set(ranges)

    def _bad(self, goal: _Goal, level: int | None) -> _Obligation | None:
        """States of a frame that violate a property, or out of which a step of the path does; None if the property is cleared.

        Level n is about violations in n steps; None about any number.
        """
        frames, no = self.frames, -1
        state = frames.some(level, goal.state) if goal.state != no else None
        if state is not None:
            return _Obligation(level or 0, frames.reason(state, [goal.state]), None, None, "state")
        before = None if level is None else level - 1
        if level == 0:
            return None
        if goal.step != no:
            found = frames.some_step(before, goal.step)
            if found is not None:
                state, move = found
                node = self._before(goal.monitor.bad_step, move.instance)
                wanted = [self.clausal.constraint, move.guard, self.clausal.numbers.literal(node)]
                return _Obligation(before or 0, frames.reason(state, wanted), move, None, "step")
        if goal.behind != no:
            state = frames.some(before, goal.behind)
            if state is not None:
                return _Obligation(before or 0, frames.reason(state, [goal.behind]), None, None, "behind")
        return None

    def _before(self, node: Node, instance: Instance) -> Node:
        """A node over a step of an instance, over the state that it leaves."""
        ground = self.ground

        def field(node: Node) -> Node:
            written = instance.writes.get(node.value) if node.step else None
            return ground.field_node(node.value) if written is None else written

        return with_fields(ground.circuit, node, field)

    # -- one property ------------------------------------------------------------------------------------------------

    def _property(self, goal: _Goal) -> Iterator[Event]:
        frames, level = self.frames, 0
        self._ahead = True
        while True:
            yield Progress("pdr", level, goal.prop.short or goal.prop.name)
            bad = self._bad(goal, level)
            while bad is not None:
                path = self._blocked(bad, goal)
                if path is not None and len(path.steps) - 1 > bad.level + int(bad.move is not None):
                    # There is a violation, and perhaps a shorter one: from now on none is searched for further ahead.
                    self._ahead = False
                elif path is not None:
                    yield Decided(goal.prop.name, Violated(path))
                    return
                if self._spent():
                    break
                bad = self._bad(goal, level)
            if self._spent():
                yield Decided(goal.prop.name, Open(level - 1, f"pdr stopped after {self.queries:,} questions"))
                return
            if level == frames.top:
                frames.extend()
            frames.push()
            if self._bad(goal, None) is None:
                yield Decided(goal.prop.name, Proved(self._proof(goal)))
                return
            level += 1

    def _spent(self) -> bool:
        return self.budget.steps is not None and self.queries > self.budget.steps

    def _blocked(self, bad: _Obligation, goal: _Goal) -> Path | None:
        """Excludes a cube from its frame, and its predecessors from theirs; a path if it cannot be.

        Nothing of the kind, if the budget is spent.
        """
        frames = self.frames
        waiting = [(bad.level, next(self._order), bad)]
        while waiting and not self._spent():
            level, _, obligation = waiting[0]
            cube = obligation.cube
            if frames.begins(cube):
                return self._path(obligation, goal)
            assert level > 0, "a state of the initial frame is not initial"
            found = frames.blocked(level, cube)
            if isinstance(found, Predecessor):
                lifted = frames.lifted(found.state, found.move, cube)
                earlier = _Obligation(level - 1, lifted, found.move, obligation, obligation.kind)
                heapq.heappush(waiting, (level - 1, next(self._order), earlier))
            else:
                heapq.heappop(waiting)
                reached = frames.learn(level, frames.shrunk(cube, found))
                if reached < min(frames.top, bad.level) and self._ahead:
                    again = _Obligation(reached + 1, cube, obligation.move, obligation.then, obligation.kind)
                    heapq.heappush(waiting, (reached + 1, next(self._order), again))
        return None

    def _path(self, obligation: _Obligation, goal: _Goal) -> Path:
        """The path from an initial state in the cube of an obligation."""
        codes = self.frames.initial_state(obligation.cube)
        steps = [PathStep(None, codes)]
        at: _Obligation | None = obligation
        while at is not None:
            if at.move is not None:
                codes = _after(at.move.instance, codes)
                steps.append(PathStep(at.move.instance.number, codes))
            at = at.then
        return Path(tuple(steps), self._attempt(goal, obligation.kind, codes))

    def _attempt(self, goal: _Goal, kind: str, codes: tuple[int, ...]) -> int | None:
        """The instance whose attempt in the last state is the violation, if that is the reason."""
        ground, prop, at = self.ground, goal.prop, Evaluator(codes)
        attempted = prop.kind in ("range", "defined") and prop.about is None
        if kind == "step" or (kind == "state" and not attempted):
            return None
        for instance in ground.instances:
            if kind == "behind":
                node = ground.leaving.violation(prop, instance)
            elif prop.kind == "range":
                node = ground.circuit.and_((instance.enabled, ground.range_violation(prop, instance)))
            else:
                uses = ground.circuit.or_(ground.counts(prop, use) for use in instance.undefined)
                node = ground.circuit.and_((ground.constraint, uses))
            if at.holds(node):
                return instance.number
        return None

    # -- proofs ------------------------------------------------------------------------------------------------------

    def _proof(self, goal: _Goal) -> Proof:
        circuit, monitor = self.ground.circuit, goal.monitor
        for cube in self.frames.lasting:
            self._invariants.add(cube, self.copies(cube), [cube])
        bad = circuit.or_((monitor.bad_state, circuit.and_((monitor.bad_inside, self.ground.constraint))))
        literal = self.clausal.numbers.literal
        good = circuit.not_(bad)
        holds, broken = literal(good), literal(circuit.or_((at_next(self.ground, bad), monitor.bad_step)))
        needs = self._invariants.needed(holds, broken, list(self.frames.lasting))
        assert needs is not None, "the clauses that last are not inductive"
        needs = self._quantified(holds, broken, needs)
        lemmas = {name: self._lemma(name) for name in needs}
        supports = [
            replace(lemmas[name], needs=(good, *(lemmas[other].node for other in others))) for name, others in needs.items()
        ]
        return Proof(monitor, "pdr", 1, tuple(supports))

    def _quantified(self, holds: int, broken: int, needs: dict[Name, list[Name]]) -> dict[Name, list[Name]]:
        """The clauses that a proof needs, with whole families in place of their members where those are inductive."""
        families, names = self.frames.families, list[Name]()
        for cube in [cube for cube in needs if isinstance(cube, tuple)] if self._copied else []:
            for rigid in (True, False):
                pattern = families.family(cube, rigid=rigid)
                clause = Clause("neighbours" if rigid else "family", cube)
                if pattern is None or pattern in self._origins or self._sayings.family(clause) is None:
                    continue
                self._origins[pattern] = clause
                members = list(families.members(pattern))
                if len(members) > 1 and not any(self.frames.begins(member) for member in members):
                    self._invariants.add(pattern, (copy for member in members for copy in self.copies(member)), members)
                    names.append(pattern)
        if not names:
            return needs
        inductive = self._invariants.inductive([*needs, *names])
        spared = self._invariants.spared(holds, broken, [*needs, *(name for name in inductive if name not in needs)])
        found = self._invariants.needed(holds, broken, spared)
        return needs if found is None else found

    def _lemma(self, name: Name) -> Support:
        """A clause with its copies, or a family, in the words of the model if it has some for it."""
        clause = self._origins.get(name)
        if clause is None:
            assert isinstance(name, tuple)
            clause = self._origins[name] = Clause("copies" if self._copied else "single", name)
        said = self._sayings.of(clause)
        assert said is not None, "a clause is not about the atoms of its model"
        return said


def at_next(ground: Ground, node: Node) -> Node:
    """A node over the current state, over the next."""
    return with_fields(ground.circuit, node, lambda field: ground.field_node(field.value, 1))


def _after(instance: Instance, codes: tuple[int, ...]) -> tuple[int, ...]:
    at, new = Evaluator(codes), list(codes)
    for number, value in instance.writes.items():
        new[number] = at.value(value)
    return tuple(new)
