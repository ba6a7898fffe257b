"""Explicit search: all reachable states, breadth first, over packed columns.

A frontier is an array for each word of its packed states. Each action instance turns the rows in which it fires into
successors at once; duplicates go by sorting whole states, while the next rows are expanded. Only the levels are kept: a
counterexample is found backwards, level by level.

Counting follows TLC (L. Lamport, Specifying Systems, chapter 14): a state outside a constraint is checked, but neither
counted nor expanded; an action property is checked on the steps into it too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from verifier.kernel.properties import Property
from verifier.proof.engines.exploration import Exploration, Figures, Violation
from verifier.proof.engines.memory import Room
from verifier.proof.engines.pipeline import Pipeline
from verifier.proof.engines.solutions import TooManyCodes, solutions
from verifier.proof.engines.statesets import LABEL_BITS, Candidates, Reached, StateSet
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array, Batch, Program, chunks
from verifier.semantics.ground.commuting import Commuting
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.orbits import count_orbits
from verifier.semantics.ground.packing import WORD, Packing
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.ground.states import Bools, States
from verifier.semantics.ground.successors import After, Successors, after, evaluate, firing
from verifier.semantics.obligations.monitor import Monitor, monitor
from verifier.semantics.scope.symmetry import symmetry_of

Progress = Callable[[int, int], None]
"""Called as the search goes on, with the number of levels and of states found so far."""

# Words of successors that wait to be sorted together, and rows searched at once for a predecessor.
PENDING = 4_000_000
SEARCHED = 262_144

# The bytes of a process's limit for each such word that may wait: sorting takes many times the room of the words sorted.
ROOM_EACH = 500

# How many codes of fields are tried for the initial states: at least, and for each state that may be stored.
TRIES, TRIES_EACH = 1_000_000, 100

# The label of states that no instance led to.
UNKNOWN = (1 << LABEL_BITS) - 1

# The words of marks that states have at most: instances beyond that many bits take all their steps.
MARKS = 4

Kind = Literal["state", "step", "attempt"]


def explore(
    ground: Ground,
    properties: Sequence[Property] | None = None,
    *,
    max_states: int | None = None,
    symmetry: bool = False,
    progress: Progress | None = None,
) -> Exploration:
    """Searches all reachable states, violating ones too, or the first `max_states`.

    Checks `properties`, by default all of the model. With `symmetry`, counts orbits where the model is symmetric. Raises
    ModelError if there is no initial state.
    """
    checked = tuple(ground.scope.model.properties if properties is None else properties)
    return _searched(Search(ground, checked, max_states), progress, stop=False).result(symmetry)


def decide(
    ground: Ground,
    properties: Sequence[Property],
    *,
    max_states: int | None = None,
    progress: Progress | None = None,
) -> Exploration:
    """Searches until every property is violated or all states are reached; a complete search proves those that are not.

    Raises ModelError if there is no initial state.
    """
    return _searched(Search(ground, properties, max_states), progress, stop=True).result()


def _searched(search: Search, progress: Progress | None, *, stop: bool) -> Search:
    for level, states in search.run(stop=stop):
        if progress is not None:
            progress(level, states)
    return search


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The state at which a violation shows: a bad state, one where a bad step starts, or one where it is attempted."""

    kind: Kind
    steps: int
    level: int
    state: States


class Search:
    """One breadth-first search."""

    def __init__(
        self,
        ground: Ground,
        properties: Sequence[Property],
        max_states: int | None,
        room: Room | None = None,
    ) -> None:
        self._started = time.perf_counter()
        self.ground = ground
        self.packing = Packing(ground.layout)
        self.monitors: list[Monitor] = [monitor(ground, outcome) for outcome in properties]
        self.complete = True
        #: Whether the search ended because there was no room for more.
        self.full = False
        self._limit = max_states
        #: For each action, how often it fired, and how many states it was the first to lead to.
        self.fired = np.zeros(len(ground.scope.model.actions), np.int64)
        self.fresh = np.zeros(len(ground.scope.model.actions), np.int64)
        self._frontier: list[tuple[States, States]] = []
        self._starts = 0
        #: The last level all of whose states were made: the levels before it were expanded.
        self._seen_to = -1
        self._found: dict[str, _Found] = {}
        self._pipeline: Pipeline[Candidates, tuple[Candidates, list[Bools]]] = Pipeline()
        false = ground.circuit.false
        attempts = [outcome.bad_inside for outcome in self.monitors]
        steps = _bad_steps(ground, [outcome.bad_step for outcome in self.monitors])
        self._watched: list[tuple[Monitor, Kind]] = []
        watch: list[Node] = []
        for outcome, attempt, step in zip(self.monitors, attempts, steps, strict=True):
            if attempt is not false:
                self._watched.append((outcome, "attempt"))
                watch.append(attempt)
            if step is not false:
                self._watched.append((outcome, "step"))
                watch.append(step)
        self._judged = [outcome for outcome in self.monitors if outcome.property.kind in ("state", "action")]
        self._leaving = ground.leaving.some if self._judged else false
        if self._leaving is not false:
            self._outside = len(watch)
            watch.append(self._leaving)
        self._behind: tuple[list[Monitor], Program] | None = None
        instances = firing(ground)
        commuting = Commuting(ground, instances)
        actions = {action.name: number for number, action in enumerate(ground.scope.model.actions)}
        self._actions = np.array([actions[instance.action.name] for instance in instances], np.int64)
        # Of a state that several instances lead to, the least label is kept, that is the last instance.
        self._labels = [max(0, UNKNOWN - 1 - place) for place in range(len(instances))]
        self._places = {instance.number: place for place, instance in enumerate(instances)}
        #: For each instance some steps of which are superfluous: the word and the bit of the marks of the states where they are.
        self._marks: dict[int, tuple[int, np.uint64]] = {}
        self.seen = StateSet(self.packing, room, self._marked(commuting))
        always = ground.circuit.true
        inside = {place: node for place, node in commuting.inside.items() if node is not always and place in self._marks}
        self._inside = {place: len(watch) + number for number, place in enumerate(inside)}
        self.successors = Successors(ground, self.packing, [*watch, *inside.values()])
        self._state_checks = [outcome for outcome in self.monitors if outcome.bad_state is not false]
        self._checks = Program([ground.constraint, *(outcome.bad_state for outcome in self._state_checks)])

    def _marked(self, commuting: Commuting) -> States:
        """For each label, a bit for each instance whose steps are superfluous in the states that have it."""
        pairs = commuting.superfluous.sum(axis=1)
        marked = [place for place in np.argsort(-pairs, kind="stable").tolist() if pairs[place]][: MARKS * WORD]
        words = [np.zeros(UNKNOWN + 1, np.uint64) for _ in range(max(1, -(-len(marked) // WORD)))]
        if len(pairs) <= UNKNOWN:
            for number, place in enumerate(marked):
                word, bit = number // WORD, np.uint64(1 << number % WORD)
                self._marks[place] = word, bit
                words[word][np.array(self._labels)[commuting.superfluous[place]]] |= bit
        return States(tuple(words))

    # -- searching ---------------------------------------------------------------------------------------------------

    @property
    def generated(self) -> int:
        """Initial states, and one for each enabled instance of each expanded state."""
        return self._starts + int(self.fired.sum())

    @property
    def levels(self) -> list[list[States]]:
        """The states of each level, in parts."""
        return self.seen.levels

    def run(self, *, stop: bool) -> Iterator[tuple[int, int]]:
        """Searches, with `stop` only until every property is violated; yields the levels and the states found so far."""
        with self._pipeline:
            try:
                yield from self._run(stop=stop)
            except MemoryError:
                self.complete, self.full = False, True
                self.seen.close_level()

    def _run(self, *, stop: bool) -> Iterator[tuple[int, int]]:
        self._check_starts()
        self._start()
        number = 0
        while self._closed(number):
            yield self._so_far()
            if stop and all(outcome.property.name in self._found for outcome in self.monitors):
                self.complete = False
            if not self.complete:
                break
            yield from self._expand(self._frontier, number)
            self._seen_to += self.complete
            number += 1

    def _start(self) -> None:
        """Takes in the initial states. Raises ModelError if there is none: a search of no states would prove everything."""
        tries = None if self._limit is None else max(TRIES, TRIES_EACH * self._limit)
        candidates = solutions(self.packing, self.ground.starts.begins, tries=tries)
        try:
            for states in solutions(self.packing, self.ground.initial, tries=tries):
                self._starts += len(states)
                self._absorb([(states, UNKNOWN)], 0)
                if not self.complete:
                    return
            if not self._starts and not self._found and next(candidates, None) is None:
                raise self.ground.scope.model.no_initial_state()
        except TooManyCodes:
            self.complete = False
            return
        self._seen_to = 0
        if not self._starts:
            self.complete = False

    def _expand(self, level: Sequence[tuple[States, States]], number: int) -> Iterator[tuple[int, int]]:
        for part, marks in _portions(level):
            expansion = self.successors.expand(part)
            np.add.at(self.fired, self._actions, expansion.fired)
            if self._leaving is not self.ground.circuit.false:
                self._look_behind(part[expansion.watched[self._outside]], number)
            for (outcome, kind), values in zip(self._watched, expansion.watched, strict=False):
                count = number + (outcome.attempt_steps if kind == "attempt" else 1)
                self._note(outcome.property.name, kind, count, number, part, values)
            steps = expansion.wanted(partial(self._taken, marks, expansion.watched))
            successors = [(one.states, self._labels[self._places[one.instance.number]]) for one in steps]
            yield self._so_far()
            self._absorb(successors, number + 1)
            if not self.complete:
                return

    def _taken(self, marks: States, watched: Sequence[Bools], place: int, rows: Array) -> Array:
        """The rows in which a step of an instance is not superfluous."""
        if place not in self._marks:
            return rows
        word, bit = self._marks[place]
        wanted: Bools = (marks.words[word].take(rows) & bit) == 0
        if place in self._inside:
            wanted |= ~watched[self._inside[place]].take(rows)
        return rows.compress(wanted)

    def _check_starts(self) -> None:
        """Looks at the candidates for initial states: values out of range, predicates without a value."""
        tries = None if self._limit is None else max(TRIES, TRIES_EACH * self._limit)
        for outcome in self.monitors:
            try:
                states = next(solutions(self.packing, outcome.bad_start, tries=tries), self.packing.empty())
            except TooManyCodes:
                self.complete = False
            else:
                self._note(outcome.property.name, "state", 0, 0, states, np.ones(len(states), np.bool_))

    def _look_behind(self, states: States, number: int) -> None:
        """Checks the states that cannot be stored, after steps out of these states that leave a range."""
        waiting = [outcome for outcome in self._judged if outcome.property.name not in self._found]
        if not len(states) or not waiting:
            return
        if self._behind is None or self._behind[0] != waiting:
            nodes = [self.ground.leaving.violations(outcome.property) for outcome in waiting]
            self._behind = waiting, Program(nodes)
        for part in chunks(states):
            for outcome, values in zip(waiting, evaluate(self.packing, self._behind[1], part), strict=True):
                self._note(outcome.property.name, "attempt", number + 1, number, part, values)

    def _so_far(self) -> tuple[int, int]:
        return len(self.levels), self.seen.count

    def _absorb(self, parts: Sequence[tuple[States, int]], number: int) -> None:
        """Takes states, sooner or later, into level `number`."""
        size = sum(len(states) for states, _ in parts)
        if size:
            self._pipeline.put(size, lambda: self.seen.candidates(parts))
        limit = self.seen.room.limit
        most = (PENDING if limit is None else min(PENDING, limit // ROOM_EACH)) // self.packing.words
        room = most if self._limit is None else min(most, 4 * self._limit + 1000)
        if self._pipeline.waiting >= room:
            self._flush(number)

    def _flush(self, number: int) -> None:
        """Starts taking in the states that wait, and examines the result of those before."""
        self._look_at(self._pipeline.join(self._taken_in), number)

    def _taken_in(self, found: Sequence[Candidates]) -> tuple[Candidates, list[Bools]]:
        """Adds the new states; returns them, and which of them violate which property. May be called in another thread."""
        fresh = self.seen.missing(self.seen.united(found))
        inside, bad = self._checked(fresh.states)
        kept = fresh if inside is None else fresh[inside]
        if self._limit is not None and len(kept) > self._limit - self.seen.count:
            kept = kept[: self._limit - self.seen.count]
            self.complete = False
        self.seen.add(kept)
        new = np.bincount(kept.labels, minlength=UNKNOWN + 1)
        np.add.at(self.fresh, self._actions, new[self._labels])
        return fresh, bad

    def _checked(self, states: States) -> tuple[Bools | None, list[Bools]]:
        """Which of some states are inside the constraint (None: all), and which violate each property of states."""
        if not self._state_checks and self.ground.constraint is self.ground.circuit.true:
            return None, []
        parts = [evaluate(self.packing, self._checks, part) for part in chunks(states)]
        nothing = np.empty(0, np.bool_)
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)] or [nothing] * len(self._checks.roots)
        return columns[0], columns[1:]

    def _look_at(self, taken: Sequence[tuple[Candidates, list[Bools]]], number: int) -> None:
        for fresh, bad in taken:
            for outcome, values in zip(self._state_checks, bad, strict=False):
                self._note(outcome.property.name, "state", number, number, fresh.states, values)

    def _closed(self, number: int) -> bool:
        """Ends a level; whether it has any states."""
        self._flush(number)
        self._look_at(self._pipeline.rest(), number)
        self._frontier = self.seen.close_level()
        return bool(self._frontier)

    def _note(self, name: str, kind: Kind, steps: int, level: int, states: States, bad: Bools) -> None:
        known = self._found.get(name)
        if (known is None or steps < known.steps) and bad.any():
            row = int(np.argmax(bad))
            self._found[name] = _Found(kind, steps, level, states[row : row + 1])

    # -- results -----------------------------------------------------------------------------------------------------

    def result(self, symmetry: bool = False) -> Exploration:
        """The result of the search."""
        reached = Reached(self.seen)
        violations = [self._violation(outcome) for outcome in self.monitors]
        orbits, reason = self._orbits(reached) if symmetry else (None, None)
        return Exploration(
            distinct=self.seen.count,
            generated=self.generated,
            diameter=max(sum(1 for level in self.levels if level), min(1, self.generated)),
            orbits=orbits,
            orbits_reason=reason,
            complete=self.complete,
            peak_bytes=max(self.seen.peak_bytes, self.seen.nbytes),
            seconds=time.perf_counter() - self._started,
            violations=tuple(violation for violation in violations if violation is not None),
            depths={outcome.property.name: self._depth(outcome) for outcome in self.monitors},
            reached=reached,
            actions=self._figures(),
            full=self.full,
        )

    def _figures(self) -> dict[str, Figures]:
        names = [action.name for action in self.ground.scope.model.actions]
        figures = zip(names, self.fired.tolist(), self.fresh.tolist(), strict=True)
        return {name: Figures(fired, new) for name, fired, new in figures}

    def _depth(self, outcome: Monitor) -> int:
        """The steps within which every violation of a property was searched for.

        The actions attempted in a state are evaluated when the state is expanded, one level later than the state itself.
        """
        if self.complete:
            return max(0, sum(1 for level in self.levels if level) - 1)
        attempted = outcome.bad_inside is not self.ground.circuit.false and outcome.attempt_steps == 0
        return max(-1, self._seen_to - attempted)

    def _orbits(self, reached: Reached) -> tuple[int | None, str | None]:
        if not self.complete:
            return None, "the search is not complete"
        symmetry = symmetry_of(self.ground.scope.model)
        if symmetry.reason is not None:
            return None, symmetry.reason
        checked = [
            outcome.property
            for outcome in self.monitors
            if outcome.property.kind == "defined" and not outcome.property.about
        ]
        if symmetry.choices and (not checked or any(outcome.name in self._found for outcome in checked)):
            return None, "a choice among interchangeable values is not known to be unique"
        return count_orbits(self.ground.layout, self.packing, reached.states, self.seen.index), None

    def _violation(self, outcome: Monitor) -> Violation | None:
        at = self._found.get(outcome.property.name)
        if at is None:
            return None
        path = self._path(at.level, at.state)
        if at.kind == "state":
            return Violation(outcome.property, at.steps, Path(path))
        instance = self._responsible(outcome, at)
        if at.kind == "attempt":
            return Violation(outcome.property, at.steps, Path(path, instance.number))
        steps = self.successors.expand(at.state).steps
        (after_,) = [step.states for step in steps if step.instance is instance]
        end = PathStep(instance.number, self.packing.codes(after_)[0])
        return Violation(outcome.property, at.steps, Path((*path, end)))

    def _responsible(self, outcome: Monitor, at: _Found) -> Instance:
        """The first instance that, in the state found, does or attempts the bad step."""
        circuit = self.ground.circuit
        batch = Batch(self.packing.columns(at.state))
        for instance in self.ground.instances:
            if at.kind == "step":
                (bad,) = after(self.ground, instance, [outcome.bad_step])
                node = circuit.and_((instance.storable, bad))
            elif outcome.property.kind == "range":
                node = self.ground.range_violation(outcome.property, instance)
            elif outcome.property.kind != "defined":
                node = self.ground.leaving.violation(outcome.property, instance)
            else:
                node = circuit.or_(self.ground.counts(outcome.property, use) for use in instance.undefined)
            if batch.value(node)[0]:
                return instance
        raise RuntimeError(f"no instance accounts for the violation of {outcome.property.name}")

    def _path(self, level: int, state: States) -> tuple[PathStep, ...]:
        """A path from an initial state to a state of a level."""
        path: list[PathStep] = []
        while level > 0:
            level -= 1
            instance, before = self._predecessor(self.levels[level], state)
            path.append(PathStep(instance.number, self.packing.codes(state)[0]))
            state = before
        return (PathStep(None, self.packing.codes(state)[0]), *reversed(path))

    def _predecessor(self, level: Sequence[States], state: States) -> tuple[Instance, States]:
        for part in (part for states in level for part in chunks(states, SEARCHED)):
            for instance, row in self.successors.predecessors(part, state):
                return instance, part[row : row + 1]
        raise RuntimeError("a state that was reached has no predecessor in the level before")


def _bad_steps(ground: Ground, nodes: Sequence[Node]) -> list[Node]:
    """For each node over steps 0 and 1, whether it holds for some step out of a state, over step 0 alone."""
    circuit = ground.circuit
    parts: list[list[Node]] = [[] for _ in nodes]
    if any(node is not circuit.false for node in nodes):
        following = After(ground, nodes)
        for instance in ground.instances:
            for part, node in zip(parts, following.of(instance), strict=True):
                part.append(circuit.and_((instance.storable, node)))
    return [circuit.or_(part) for part in parts]


def _portions(level: Sequence[tuple[States, States]]) -> Iterator[tuple[States, States]]:
    """A level, a few states at a time, with their marks."""
    for states, marks in level:
        yield from zip(chunks(states), chunks(marks), strict=True)
