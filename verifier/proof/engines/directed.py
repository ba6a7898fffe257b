"""One run of IC3, property directed reachability: invariants from counterexamples to induction, one clause after the other.

A property is cleared for more and more steps. A state that violates it is excluded from the frame of that many steps by a clause
that generalizes it, once its predecessors are excluded from the frame before; so the first violation that is found is a shortest
one. When one frame is equal to the next, its clauses are an invariant. The frames serve every property. Sources are with
`frames`.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from verifier.kernel.properties import DEFINED, Property
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Proved, Violated
from verifier.proof.engines.families import Pattern
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.frames import FOREVER, Cube, Frames, Predecessor
from verifier.proof.engines.invariants import Invariants, Name
from verifier.proof.engines.sayings import Sayings
from verifier.proof.engines.seeding import smaller, transferred
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

SEEDING = 5_000
"""How many questions a smaller instance may take."""


@dataclass(frozen=True, slots=True)
class _Goal:
    """The violations of a property, as literals: a state, a step, a state out of which a step that leaves a range violates it."""

    prop: Property
    monitor: Monitor
    good: Node
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
        self._sown: list[Name] = []
        self._elsewhere = 0
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
        return self.frames.queries + self._invariants.queries + self._elsewhere

    @property
    def refused(self) -> str | None:
        """Why the model is none for IC3."""
        names = (f.fields[0].name for f in self.clausal.facts.all if wide(f) and f.high - f.low >= WIDEST)
        return next((f"{name} has more than {WIDEST:,} values" for name in names), None)

    def free(self) -> None:
        """Frees the memory of the solvers."""
        self.frames.free()
        self._invariants.free()

    def decide(self) -> Iterator[Event]:
        """Goes through the properties: those first that the others rest on."""
        asked = self.task.asked()
        if self.refused is not None:
            for name in asked:
                yield Decided(name, Open(-1, self.refused))
            return
        ranges = [name for name in asked if asked[name].kind == "range"]
        others = sorted((name for name in asked if name not in ranges), key=lambda name: asked[name].kind != "defined")
        for names in (ranges, others):
            goals = self._goals([asked[name] for name in names if name in self.task.open])
            if names is others:
                self._sow(goals)
            for goal in goals:
                if goal.prop.name in self.task.open:
                    outcome = yield from self._searched(goal)
                    yield Decided(goal.prop.name, Proved(self._proof(goal)) if outcome is None else outcome)

    # -- a smaller instance first ------------------------------------------------------------------------------------

    def _sow(self, goals: list[_Goal]) -> None:
        """Excludes the families, of clauses that prove the properties in a smaller instance, that are inductive here."""
        scope = smaller(self.clausal.facts) if goals else None
        if scope is None:
            return
        wanted = {goal.prop.name: goal.prop for goal in goals}
        # Candidates need no proofs, so it is no matter that the properties closed here are not closed there.
        task = FiniteTask(Ground(scope), wanted, lambda: wanted, learning=False, closed=self.task.closed)
        run = Run(task, Budget(steps=SEEDING))
        try:
            cubes = transferred(run.clauses(), run.clausal, self.clausal)
        finally:
            self._elsewhere += run.queries
            run.free()
        names = self._families(cubes)
        for cube in cubes:
            if not self.frames.begins(cube):
                self._invariants.add(cube, self.copies(cube), [cube])
                names.append(cube)
        self._sown = self._invariants.inductive(names)
        for name in self._sown:
            for cube in self._cubes(name):
                self.frames.assume(FOREVER, cube)

    def _cubes(self, name: Name) -> Iterator[Cube]:
        """The cubes of a group, without their copies."""
        if isinstance(name, Pattern):
            yield from self.frames.families.members(name)
        elif isinstance(name, tuple):
            yield name

    def clauses(self) -> list[Cube]:
        """The cubes whose exclusion proves the properties that are asked for, those of a property that is not proved left out."""
        found: dict[Name, None] = {}
        for goal in self._goals(list(self.task.asked().values())):
            outcome = _result(self._searched(goal))
            if outcome is None:
                found.update(dict.fromkeys(self._needed(goal)))
        return [cube for cube in found if isinstance(cube, tuple)]

    # -- goals -------------------------------------------------------------------------------------------------------

    def _goals(self, props: list[Property]) -> list[_Goal]:
        """The goals of properties. New nodes in goals make new solvers necessary, so goals are made together."""
        return [self._goal(prop) for prop in props]

    def _goal(self, prop: Property) -> _Goal:
        circuit, monitor = self.ground.circuit, self.task.monitor(prop)
        inside = circuit.and_((monitor.bad_inside, self.ground.constraint))
        behind = circuit.false
        if prop.kind in ("state", "action") and not self._within_ranges():
            behind = circuit.and_((self.ground.constraint, self.ground.leaving.violations(prop)))
        bad = circuit.or_((monitor.bad_state, inside))
        nodes = (bad, monitor.bad_step, behind)
        literals = [self.clausal.numbers.literal(node) for node in nodes]
        for literal in literals:
            self.frames.clauses.define(literal)
        return _Goal(prop, monitor, circuit.not_(bad), *literals)

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

    def _searched(self, goal: _Goal) -> Generator[Event, None, Violated | Open | None]:
        """Clears a property for one step more at a time; None as the outcome if it is cleared for all."""
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
                    return Violated(path)
                if self._spent():
                    break
                bad = self._bad(goal, level)
            if self._spent():
                return Open(level - 1, f"pdr stopped after {self.queries:,} questions")
            if level == frames.top:
                frames.extend()
            frames.push()
            if self._bad(goal, None) is None:
                return None
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
        needs = self._quantified(goal, self._needed(goal))
        lemmas = {name: self._lemma(name) for name in needs}
        supports = [
            replace(lemmas[name], needs=(goal.good, *(lemmas[other].node for other in others))) for name, others in needs.items()
        ]
        return Proof(goal.monitor, "pdr", 1, tuple(supports))

    def _needed(self, goal: _Goal) -> dict[Name, list[Name]]:
        """The clauses, of those that last, that prove a property, each with those that its own consecution needs."""
        for cube in self.frames.lasting:
            self._invariants.add(cube, self.copies(cube), [cube])
        needs = self._invariants.needed(*self._broken(goal), [*self._sown, *self.frames.lasting])
        assert needs is not None, "the clauses that last are not inductive"
        return needs

    def _broken(self, goal: _Goal) -> tuple[int, int]:
        """The literals that a state has the property, and that a step or the state after it violates it."""
        circuit, literal = self.ground.circuit, self.clausal.numbers.literal
        after = at_next(self.ground, circuit.not_(goal.good))
        return literal(goal.good), literal(circuit.or_((after, goal.monitor.bad_step)))

    def _quantified(self, goal: _Goal, needs: dict[Name, list[Name]]) -> dict[Name, list[Name]]:
        """The clauses that a proof needs, with whole families in place of their members where those are inductive."""
        names = self._families([cube for cube in needs if isinstance(cube, tuple)])
        if not names:
            return needs
        holds, broken = self._broken(goal)
        inductive = self._invariants.inductive([*needs, *names])
        spared = self._invariants.spared(holds, broken, [*needs, *(name for name in inductive if name not in needs)])
        found = self._invariants.needed(holds, broken, spared)
        return needs if found is None else found

    def _families(self, cubes: Iterable[Cube]) -> list[Name]:
        """The families of cubes that have words and no initial state, added to the invariants."""
        families, names = self.frames.families, list[Name]()
        for cube in cubes if self._copied else ():
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
        return names

    def _lemma(self, name: Name) -> Support:
        """A clause with its copies, or a family, in the words of the model if it has some for it."""
        clause = self._origins.get(name)
        if clause is None:
            assert isinstance(name, tuple)
            clause = self._origins[name] = Clause("copies" if self._copied else "single", name)
        said = self._sayings.of(clause)
        assert said is not None, "a clause is not about the atoms of its model"
        return said


def _result(events: Generator[Event, None, Violated | Open | None]) -> Violated | Open | None:
    """The outcome of a search, whose events nobody follows."""
    while True:
        try:
            next(events)
        except StopIteration as ended:
            outcome: Violated | Open | None = ended.value
            return outcome


def at_next(ground: Ground, node: Node) -> Node:
    """A node over the current state, over the next."""
    return with_fields(ground.circuit, node, lambda field: ground.field_node(field.value, 1))


def _after(instance: Instance, codes: tuple[int, ...]) -> tuple[int, ...]:
    at, new = Evaluator(codes), list(codes)
    for number, value in instance.writes.items():
        new[number] = at.value(value)
    return tuple(new)
