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
from functools import partial
from typing import Literal

import numpy as np

from verifier.kernel.properties import Property
from verifier.proof.engines.compiled import WORTHWHILE, Compiled, text_of, worthwhile
from verifier.proof.engines.compiled_orbits import compiled_orbits
from verifier.proof.engines.exploration import Exploration, Figures
from verifier.proof.engines.inner_loop import Loop
from verifier.proof.engines.memory import Room
from verifier.proof.engines.pipeline import Pipeline
from verifier.proof.engines.retracing import Found, Kind, Retracing
from verifier.proof.engines.solutions import TooManyCodes, solutions
from verifier.proof.engines.statesets import LABELS, Candidates, Part, Reached, StateSet, unmarked
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array, Program, chunks
from verifier.semantics.ground.commuting import Commuting, Entries
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.orbits import count_orbits
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import Bools, States, joined
from verifier.semantics.ground.successors import After, Successors, evaluate, firing
from verifier.semantics.obligations.monitor import Monitor, monitor
from verifier.semantics.scope.symmetry import symmetry_of

Progress = Callable[[int, int], None]
"""Called as the search goes on, with the number of levels and of states found so far."""

# Words of successors that wait to be sorted together.
PENDING = 4_000_000

# The bytes of a process's limit for each such word that may wait: sorting takes many times the room of the words sorted.
ROOM_EACH = 500

# How many codes of fields are tried for the initial states: at least, and for each state that may be stored.
TRIES, TRIES_EACH = 1_000_000, 100

# The label of states that no instance led to.
UNKNOWN = LABELS - 1


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
        self._found: dict[str, Found] = {}
        #: The loop as text, empty if it cannot be compiled; compiled, or False if it is not to be.
        self._text: str | None = None
        self._compiled: Compiled | Literal[False] | None = None
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
        watched = tuple(watch)
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
        self._entries = Entries(commuting)
        self.seen = StateSet(self.packing, room, self._entries.words)
        always = ground.circuit.true
        landing = {place: commuting.inside[place] for place in self._entries.superfluous}
        inside = {place: node for place, node in landing.items() if node is not always}
        self._inside = {place: len(watch) + number for number, place in enumerate(inside)}
        self.successors = Successors(ground, self.packing, [*watch, *inside.values()])
        self._state_checks = [outcome for outcome in self.monitors if outcome.bad_state is not false]
        self._checks = Program([ground.constraint, *(outcome.bad_state for outcome in self._state_checks)])
        self._loop = Loop(
            self.packing,
            self.successors.instances,
            self._entries,
            landing,
            watched,
            self._leaving,
            self._checks.roots,
        )

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
            if self._compiled is None and self.seen.count >= WORTHWHILE:
                self._compile()
            if self._compiled:
                yield from self._expand_compiled(self._compiled, number)
            else:
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
                self._absorb([Part(states, UNKNOWN, unmarked(len(states), self._entries.words))], 0)
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
        for part, entries in _portions(level):
            expansion = self.successors.expand(part)
            np.add.at(self.fired, self._actions, expansion.fired)
            if self._leaving is not self.ground.circuit.false:
                self._look_behind(part[expansion.watched[self._outside]], number)
            for (outcome, kind), values in zip(self._watched, expansion.watched, strict=False):
                count = number + (outcome.attempt_steps if kind == "attempt" else 1)
                self._note(outcome.property.name, kind, count, number, part, values)
            successors = []
            for one in expansion.wanted(partial(self._taken, entries, expansion.watched)):
                place = self._places[one.instance.number]
                successors.append(Part(one.states, self._labels[place], self._entries.after(place, entries, one.rows)))
            yield self._so_far()
            self._absorb(successors, number + 1)
            if not self.complete:
                return

    def _compile(self) -> None:
        """Compiles the loop at the beginning of a level, if that is possible and worthwhile."""
        if self._text is None:
            self._text = text_of(self._loop) or ""
        if not self._text:
            self._compiled = False
        elif self.seen.count >= worthwhile(self._text) and self._grows():
            made = Compiled(self._loop, self._text, self.seen.room, self._limit)
            before = [part for level in self.levels[:-1] for part in level]
            level = joined([states for states, _ in self._frontier])
            entries = joined([entries for _, entries in self._frontier])
            self._compiled = made.begin(before, level, entries) and made

    def _grows(self) -> bool:
        """Whether the last level is the largest so far: once levels become smaller, fewer states are left than were found."""
        sizes = [sum(len(part) for part in level) for level in self.levels]
        return sizes[-1] == max(sizes)

    def _expand_compiled(self, loop: Compiled, number: int) -> Iterator[tuple[int, int]]:
        end = known = loop.count
        for left in loop.level():
            self.seen.append(loop.states(slice(known, loop.count)), loop.entries(known, loop.count))
            known = loop.count
            self._look_behind(loop.states(left), number)
            yield self._so_far()
        self.seen.peak_bytes = max(self.seen.peak_bytes, self.seen.nbytes + loop.nbytes)
        np.add.at(self.fired, self._actions, loop.fired)
        np.add.at(self.fresh, self._actions, loop.fresh)
        one = np.ones(1, np.bool_)
        for (outcome, kind), noted in zip(self._watched, loop.noted.tolist(), strict=True):
            if noted >= 0:
                count = number + (outcome.attempt_steps if kind == "attempt" else 1)
                self._note(outcome.property.name, kind, count, number, loop.states(slice(noted, noted + 1)), one)
        for outcome, state in zip(self._state_checks, loop.bad, strict=True):
            if state is not None:
                self._note(outcome.property.name, "state", number + 1, number + 1, state, one)
        if loop.row < end and loop.full:
            self.complete = False
        elif loop.row < end:
            self._compiled = False
            yield from self._expand([(loop.states(slice(loop.row, end)), loop.entries(loop.row, end))], number)

    def _taken(self, entries: States, watched: Sequence[Bools], place: int, rows: Array) -> Array:
        """The rows in which a step of an instance is not superfluous."""
        wanted = self._entries.wanted(place, entries, rows)
        if wanted is None:
            return rows
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

    def _absorb(self, parts: Sequence[Part], number: int) -> None:
        """Takes states, sooner or later, into level `number`."""
        size = sum(len(part) for part in parts)
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
        new = np.bincount(kept.labels, minlength=LABELS)
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
        if self._compiled and self._compiled.full:
            self.complete = False
        self._frontier = self.seen.close_level()
        return bool(self._frontier)

    def _note(self, name: str, kind: Kind, steps: int, level: int, states: States, bad: Bools) -> None:
        known = self._found.get(name)
        if (known is None or steps < known.steps) and bad.any():
            row = int(np.argmax(bad))
            self._found[name] = Found(kind, steps, level, states[row : row + 1])

    # -- results -----------------------------------------------------------------------------------------------------

    def result(self, symmetry: bool = False) -> Exploration:
        """The result of the search."""
        reached = Reached(self.seen)
        back = Retracing(self.ground, self.successors, self.levels)
        found = [(outcome, self._found.get(outcome.property.name)) for outcome in self.monitors]
        violations = [back.violation(outcome, at) for outcome, at in found if at is not None]
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
            violations=tuple(violations),
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
        counted = compiled_orbits(self._compiled, self.ground) if self._compiled else None
        if counted is None:
            counted = count_orbits(self.ground.layout, self.packing, reached.states, self.seen.index)
        return counted, None

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
    """A level, a few states at a time, with their entries."""
    for states, entries in level:
        yield from zip(chunks(states), chunks(entries), strict=True)
