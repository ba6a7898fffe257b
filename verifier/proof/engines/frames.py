"""The frames of IC3: clauses that hold in all states within a number of steps, each frame with a SAT solver of its own.

Frame i holds the known facts about the states that some path of at most i steps reaches; frame 0 describes the initial states. A
fact about more steps also holds for fewer. A clause is the negation of a cube, which is a set of literals over the atoms of a
state.

Sources: A. Bradley, SAT-based model checking without unrolling, VMCAI 2011; N. Een, A. Mishchenko, R. Brayton, Efficient
implementation of property directed reachability, FMCAD 2011 (a cube of predecessors that all reach the successor). That clauses
are learned with all their copies: A. Goel, K. Sakallah, On symmetry and quantification, NFM 2021. Counterexamples to
generalization (Z. Hassan, A. Bradley, F. Somenzi, Better generalization in IC3, FMCAD 2013) are not searched for: on Multi-Paxos,
with copies and thresholds, they cost more than they saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from verifier.proof.engines.families import Families, reduced
from verifier.semantics.answers import Answer
from verifier.semantics.ground.clausal import Clausal, Move
from verifier.semantics.ground.cnf import TRUE, Clauses
from verifier.semantics.ground.sat import Sat

Cube = tuple[int, ...]
"""Literals of the current state, in order; states that satisfy them all are meant."""

SPENT = 2_000
"""After this many questions that needed a variable of their own a solver is made again."""

FOREVER = 1 << 30
"""The level of clauses that hold in every reachable state."""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A state from which `move` leads into a cube, all literals of it, and those that are the reason."""

    state: tuple[int, ...]
    cube: Cube
    move: Move


@dataclass(slots=True)
class _Held:
    """The bits of a state of a frame out of which a step enters a cube, and how many clauses were known when that was last so."""

    level: int
    state: int
    learned: int


class _Questions:
    """A solver for the clauses of a list that grows, and for questions with a clause of their own."""

    def __init__(self, clauses: Clauses, always: Iterable[Sequence[int]] = ()) -> None:
        self._clauses = clauses
        self._always = [list(clause) for clause in always]
        self.queries = 0
        self._start()

    def _start(self) -> None:
        self._solver = Sat([*self._clauses.all, *self._always])
        self._told = len(self._clauses.all)
        self._first = self._next = self._clauses.gates.variables + 1

    def refresh(self) -> None:
        """Passes the new clauses to the solver."""
        if self._next - self._first > SPENT or (
            self._told < len(self._clauses.all) and self._clauses.gates.variables >= self._first
        ):
            self.queries += self._solver.queries
            self._solver.free()
            self._start()
            self.restarted()
        for clause in self._clauses.all[self._told :]:
            self._solver.add(clause)
        self._told = len(self._clauses.all)

    def restarted(self) -> None:
        """Repeats the assertions other than the clauses."""

    def ask(self, assumptions: Sequence[int]) -> Answer:
        """Whether the assumptions are possible."""
        self.refresh()
        return self._solver.check(assumptions)

    def ask_under(self, clause: Iterable[int], assumptions: Sequence[int]) -> Answer:
        """Whether they are, where one of the literals of a clause holds."""
        self.refresh()
        own = self._next
        self._next += 1
        self._solver.add([-own, *clause])
        answer = self._solver.check([own, *assumptions])
        self._solver.add([-own])
        return answer

    def impossible(
        self, groups: Sequence[Sequence[int]], assumptions: Sequence[int], met: Callable[[list[int]], Iterable[int]]
    ) -> set[int]:
        """The places of the groups of literals that the assumptions exclude; `met` says which ones a model satisfies."""
        self.refresh()
        own, first = self._next, self._next + 1
        self._next += 1 + len(groups)
        for place, group in enumerate(groups):
            for literal in group:
                self._solver.add([-(first + place), literal])
        self._solver.add([-own, *range(first, first + len(groups))])
        left = set(range(len(groups)))
        while left and self._solver.check([own, *assumptions]) is Answer.SAT:
            found = left.intersection(met(self._solver.model()))
            assert found, "a model satisfies none of the groups"
            left -= found
            for place in found:
                self._solver.add([-(first + place)])
        for place in (own - first, *left):
            self._solver.add([-(first + place)])
        return left

    def model(self) -> list[int]:
        return self._solver.model()

    def core(self) -> set[int]:
        return self._solver.core()

    def free(self) -> None:
        self.queries += self._solver.queries
        self._solver.free()


class _Frame(_Questions):
    """The solver of one frame: the clauses of `learned` from its level on hold."""

    def __init__(
        self, clauses: Clauses, level: int, always: Iterable[Sequence[int]], learned: list[tuple[int, Sequence[int]]]
    ) -> None:
        self.level = level
        self._learned = learned
        self._heard = 0
        super().__init__(clauses, always)

    def refresh(self) -> None:
        super().refresh()
        learned = self._learned
        while self._heard < len(learned):
            level, clause = learned[self._heard]
            if level >= self.level:
                self._solver.add(clause)
            self._heard += 1

    def restarted(self) -> None:
        self._heard = 0


class Frames:
    """The frames of one model. `copies` gives the copies of a cube, itself among them, that are excluded where it is."""

    def __init__(self, clausal: Clausal, copies: Callable[[Cube], Iterable[Cube]]) -> None:
        self.clausal = clausal
        self.copies = copies
        self.families = Families(clausal)
        self._known: dict[Cube, int] = {}
        self.clauses = clausal.transition()
        self.clauses.add([clausal.axioms])
        initial = clausal.numbers.literal(clausal.ground.initial)
        starting = Clauses(clausal.gates)
        for clause in (*clausal.typed(0), [initial], [clausal.axioms]):
            starting.add(clause)
        self._starting = _Questions(starting)
        self._lifting = Clauses(clausal.gates)
        for clause in (*clausal.typed(0), [clausal.canonical], [clausal.axioms]):
            self._lifting.add(clause)
        for move in clausal.moves:
            self._lifting.define(-move.guard)
            for value in move.writes.values():
                self._lifting.define_fully(value)
        self._lifting.define(-clausal.constraint)
        self._lifter = _Questions(self._lifting)
        self._learned: list[tuple[int, Sequence[int]]] = []
        self._masks: list[list[int]] = [[]]
        self._held: dict[Cube, _Held] = {}
        self._initially = list(starting.all)
        self._solvers: list[_Frame] = [_Frame(self.clauses, 0, self._initially, self._learned)]
        self.levels: list[dict[Cube, int]] = [{}]
        """For each frame the cubes that are excluded there and not known to be in the next, with their masks."""
        self.lasting: dict[Cube, None] = {}
        """The cubes that no reachable state is in: their clauses are inductive together."""
        self._forever = _Frame(self.clauses, FOREVER, (), self._learned)

    @property
    def top(self) -> int:
        """The number of the last frame."""
        return len(self.levels) - 1

    @property
    def queries(self) -> int:
        """Solver calls so far."""
        solvers: list[_Questions] = [self._starting, self._lifter, self._forever, *self._solvers]
        return sum(solver.queries + solver._solver.queries for solver in solvers)

    def free(self) -> None:
        """Frees the memory of the solvers."""
        for solver in (self._starting, self._lifter, self._forever, *self._solvers):
            solver.free()

    def extend(self) -> None:
        """Adds a frame; nothing is known about it except what always holds."""
        self.levels.append({})
        self._masks.append([])
        self._solvers.append(_Frame(self.clauses, self.top, (), self._learned))

    # -- questions ---------------------------------------------------------------------------------------------------

    def begins(self, cube: Iterable[int]) -> bool:
        """Whether an initial state is in a cube."""
        return self._starting.ask(list(cube)) is Answer.SAT

    def initial_state(self, cube: Iterable[int]) -> tuple[int, ...]:
        """The field codes of an initial state in a cube that has one."""
        answer = self._starting.ask(list(cube))
        assert answer is Answer.SAT
        return self.clausal.codes(self._starting.model())

    def some(self, level: int | None, literal: int) -> tuple[int, ...] | None:
        """All literals of a state of a frame in which a literal, that is defined in the clauses, is true.

        Level None: of the states that nothing lasting excludes.
        """
        frame = self._forever if level is None else self._solvers[level]
        if frame.ask([literal]) is Answer.UNSAT:
            return None
        return tuple(frame.model()[1 : 1 + self.clausal.size])

    def some_step(self, level: int | None, literal: int) -> tuple[tuple[int, ...], Move] | None:
        """Likewise of a step out of the frame, with the move."""
        frame = self._forever if level is None else self._solvers[level]
        if frame.ask([self.clausal.go, literal]) is Answer.UNSAT:
            return None
        model = frame.model()
        return tuple(model[1 : 1 + self.clausal.size]), self.clausal.moved(model)

    def reason(self, state: Sequence[int], wanted: Sequence[int]) -> Cube:
        """Literals of a state that make all of the wanted ones true, whatever else is true of a state."""
        open_ = [literal for literal in wanted if literal != TRUE]
        if not open_:
            return ()
        for literal in open_:
            self._lifting.define(-literal)
        answer = self._lifter.ask_under([-literal for literal in open_], state)
        assert answer is Answer.UNSAT, "a state does not have what its model says"
        return tuple(sorted(self._lifter.core() & set(state), key=abs))

    def lifted(self, state: Sequence[int], move: Move, cube: Cube) -> Cube:
        """Literals of a state such that a move leads from all states with them into a cube: by its guard, and by what it writes.
        """
        wanted = [self.clausal.constraint, move.guard]
        kept = []
        for literal in cube:
            value = move.writes.get(abs(literal))
            if value is None:
                kept.append(literal)
            else:
                wanted.append(value if literal > 0 else -value)
        return tuple(sorted({*kept, *self.reason(state, wanted)}, key=abs))

    def blocked(self, level: int, cube: Cube) -> Cube | Predecessor:
        """Whether the step before excludes a cube: literals of it that no step enters from outside them out of frame `level - 1`.

        Otherwise a state of that frame from which a step does.
        """
        frame = self._solvers[level - 1] if level < FOREVER else self._forever
        ahead = {self.clausal.following(literal): literal for literal in cube}
        answer = frame.ask_under([-literal for literal in cube], [self.clausal.go, *ahead])
        if answer is Answer.UNSAT:
            core = frame.core()
            return tuple(literal for new, literal in ahead.items() if new in core)
        model = frame.model()
        state, move = tuple(model[1 : 1 + self.clausal.size]), self.clausal.moved(model)
        return Predecessor(state, (), move)

    # -- clauses -----------------------------------------------------------------------------------------------------

    def assume(self, level: int, cube: Cube) -> None:
        """Asserts that no state of the frames up to `level` is in a cube, or in a copy of it."""
        copies = self.copies(cube)
        name = min(copies)
        self._known[name] = max(level, self._known.get(name, -1))
        for copy in copies:
            self._learned.append((level, [-literal for literal in copy]))
            bits = mask(copy)
            for known in self._masks[: level + 1]:
                known.append(bits)

    def exclude(self, level: int, cube: Cube) -> None:
        """Learns that no state of the frames up to `level` is in a cube, or in a copy of it."""
        self.assume(level, cube)
        if level == FOREVER:
            self.lasting[cube] = None
            return
        own = mask(cube)
        for known in self.levels[1 : level + 1]:
            for other in [other for other, theirs in known.items() if own & theirs == own]:
                del known[other]
        self.levels[level][cube] = own

    def shrunk(self, cube: Cube, core: Cube) -> Cube:
        """A core of a cube that has no initial state, with literals of the cube put back if it has one."""
        if not self.begins(core):
            return core
        kept = list(core)
        for literal in cube:
            if literal not in core:
                kept.append(literal)
                if not self.begins(kept):
                    break
        return tuple(sorted(kept, key=abs))

    def generalized(self, level: int, cube: Cube) -> Cube:
        """A larger set of states that frame `level` excludes: with fewer literals than the cube, which it excludes.

        Thresholds are dropped first: they often hold for one instance, conditions on names for all.
        """
        for literal in sorted(cube, key=lambda literal: self.clausal.atom(abs(literal)).fact.kind != "ordinal"):
            if literal not in cube or len(cube) == 1:
                continue
            smaller = tuple(other for other in cube if other != literal)
            if not self.begins(smaller):
                core = self.blocked(level, smaller)
                if not isinstance(core, Predecessor):
                    cube = self.shrunk(smaller, core)
        return cube

    def learn(self, level: int, cube: Cube) -> int:
        """Excludes a generalization of a cube, that frame `level` excludes, as far up as it goes; the level."""
        cube = self.loosened(level, self.generalized(level, cube))
        if not isinstance(self.blocked(FOREVER, cube), Predecessor):
            level = FOREVER
        while level < self.top and not isinstance(self.blocked(level + 1, cube), Predecessor):
            level += 1
        self.exclude(level, cube)
        self._exclude_family(level, cube)
        return level

    def loosened(self, level: int, cube: Cube) -> Cube:
        """The cube with thresholds that say less, as far as frame `level` excludes it."""
        again = True
        while again:
            again = False
            for other in self.families.looser(cube):
                if not self.begins(other) and not isinstance(self.blocked(level, other), Predecessor):
                    cube, again = reduced(self.clausal, other), True
                    break
        return cube

    def _exclude_family(self, level: int, cube: Cube) -> None:
        """Excludes the members of a family that frame `level` excludes, unless the first few are not."""
        for rigid in (False, True):
            pattern, members = self.families.family(cube, rigid=rigid), []
            if pattern is None or not self.families.ordered(pattern):
                continue
            for other in self.families.members(pattern):
                if self._excluded(other) < level:
                    if self.begins(other) or isinstance(self.blocked(level, other), Predecessor):
                        break
                    members.append(other)
            else:
                for other in members:
                    self.exclude(level, other)
                return

    def _excluded(self, cube: Cube) -> int:
        """The level at which a cube is known to be excluded; -1 if it is not."""
        return self._known.get(min(self.copies(cube)), -1)

    def push(self) -> bool:
        """Moves every clause up as far as it holds; whether a frame has become equal to the next, so that it lasts."""
        for level in range(1, self.top):
            for cube in self._going_on(level):
                if cube in self.levels[level]:
                    del self.levels[level][cube]
                    self.exclude(level + 1, cube)
            if not self.levels[level]:
                for above in range(level + 1, self.top + 1):
                    for cube in list(self.levels[above]):
                        self.exclude(FOREVER, cube)
                    self.levels[above] = {}
                return True
        return False

    def _going_on(self, level: int) -> list[Cube]:
        """The cubes of a frame that the next frame excludes, too: no step out of the frame enters them."""
        asked = [(cube, bits) for cube, bits in self.levels[level].items() if not self._is_held(level, cube)]
        size = self.clausal.size

        def met(model: list[int]) -> list[int]:
            after = mask(literal - size if literal > 0 else literal + size for literal in model[1 + size : 1 + 2 * size])
            entered = [place for place, (_, bits) in enumerate(asked) if bits & after == bits]
            held = _Held(level, mask(model[1 : 1 + size]), len(self._masks[level]))
            self._held.update((asked[place][0], held) for place in entered)
            return entered

        ahead = [[self.clausal.following(literal) for literal in cube] for cube, _ in asked]
        left = self._solvers[level].impossible(ahead, [self.clausal.go], met)
        return [asked[place][0] for place in sorted(left)]

    def _is_held(self, level: int, cube: Cube) -> bool:
        """Whether a state that kept a cube from going on is still one of the frame."""
        held = self._held.get(cube)
        if held is None or held.level != level:
            return False
        new = self._masks[level][held.learned :]
        if any(bits & held.state == bits for bits in new):
            del self._held[cube]
            return False
        held.learned += len(new)
        return True


def mask(literals: Iterable[int]) -> int:
    """A bit for each literal: a cube holds in a state if its bits are among those of the state."""
    result = 0
    for literal in literals:
        result |= 1 << (2 * literal if literal > 0 else 1 - 2 * literal)
    return result
