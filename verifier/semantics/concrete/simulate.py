"""Random runs of a machine: the violations that they meet, shortened, and the sights in them.

Every second run prefers the action that has fired least, so that rare actions are seen too; the others choose any step at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from verifier.kernel.properties import DEFINED, Property
from verifier.semantics.concrete.explain import Attempt
from verifier.semantics.concrete.machine import Machine, State, Step
from verifier.semantics.concrete.samples import some_initial_states
from verifier.semantics.concrete.sights import Sights
from verifier.semantics.concrete.trace import INITIAL, Trace, TraceStep, build_trace, check_trace

INITIAL_STATES = 10_000  # runs start in one of the first this many initial states
LONGEST_CUT = 4  # shortening tries to leave out up to this many steps at once
REMEMBERED = 20_000  # steps of this many states are remembered


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation that a random run met: its trace, shortened and replayed, and why the property fails."""

    prop: Property
    trace: Trace
    explanation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A run that shows something: its steps, and the sights that no sample before it has."""

    steps: tuple[TraceStep, ...]
    shows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sampled:
    """The results of the runs.

    `enabled`: in how many states, counted in every run, an action could happen; `fired`: how often it did. `sights` are all
    sights of the model, and `missing` those that no run has shown. `goal` is a run to a state that was searched for.
    """

    violations: tuple[Violation, ...]
    runs: int
    states: int
    enabled: Mapping[str, int]
    fired: Mapping[str, int]
    samples: tuple[Sample, ...]
    sights: tuple[str, ...]
    missing: tuple[str, ...]
    goal: tuple[TraceStep, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Walk:
    """A run that ends with a violation of `prop`; `attempt` is the instance that is undefined at its end."""

    prop: Property
    steps: tuple[TraceStep, ...]
    attempt: Attempt | None = None


def sample(
    machine: Machine,
    *,
    runs: int,
    depth: int,
    seed: int,
    digest: str,
    properties: Sequence[Property] | None = None,
    progress: Callable[[int], None] | None = None,
    until: Callable[[State], bool | None] | None = None,
) -> Sampled:
    """Runs the machine `runs` times for at most `depth` steps, checking `properties` (default: all).

    A run ends where no action can fire, or outside the constraint. One violation of each property is kept, from the shortest run,
    and shortened; it need not be a shortest one. With `until`, no property is checked, and the runs end with the first that
    reaches such a state. `progress` receives the number of runs done. The same seed gives the same runs. `digest` is the model's,
    for the traces. The violations are in the order of the properties. ModelError if nothing is initial.
    """
    asked = machine.model.properties if properties is None else properties
    watched: Sequence[Property] = () if until is not None else asked
    chance = random.Random(seed)
    best: dict[str, _Walk] = {}
    initial = some_initial_states(machine, INITIAL_STATES)
    undefined = [TraceStep(INITIAL, {}, state) for state in islice(machine.undefined_starts(), 1)]
    if not initial and not undefined:
        raise machine.model.no_initial_state()
    best.update((result.name, _Walk(result, (step,))) for result in watched if result.name == DEFINED for step in undefined)
    tally, done = _Tally(machine), 0
    goal: tuple[TraceStep, ...] | None = None
    for number in range(runs if initial else 0):
        run = _Run(tally, watched, chance, rare=number % 2 == 1)
        for walk in run.walks(chance.choice(initial), depth, until):
            known = best.get(walk.prop.name)
            if known is None or len(walk.steps) < len(known.steps):
                best[walk.prop.name] = walk
        tally.sights.look(run.path)
        done = number + 1
        if progress is not None:
            progress(done)
        if run.reached and until is not None:
            goal = _shortened(machine, run.path, lambda path: until(path[-1].state) is True)
            break
    met = [shorten(machine, best[result.name]) for result in watched if result.name in best]
    samples = [_sample(machine, tally.sights, steps, shows) for steps, shows in tally.sights.samples()]
    return Sampled(
        tuple(_replayed(machine, walk, digest) for walk in met),
        done,
        tally.states,
        tally.enabled,
        tally.fired,
        tuple(samples),
        tally.sights.all,
        tally.sights.missing(),
        goal,
    )


def _sample(machine: Machine, sights: Sights, steps: Sequence[TraceStep], shows: tuple[str, ...]) -> Sample:
    """A run without the steps that it can do without to show these sights."""
    wanted = set(shows)
    return Sample(_shortened(machine, steps, lambda path: sights.shown(path) >= wanted), shows)


def _replayed(machine: Machine, run: _Walk, digest: str) -> Violation:
    trace = build_trace(machine, run.prop, run.steps, digest=digest, shortest=False, attempt=run.attempt)
    replay = check_trace(machine, trace)
    if not (replay.valid and replay.violated):
        raise RuntimeError(f"a random run does not replay: {replay.failure}")
    return Violation(run.prop, trace, replay.explanation)


@dataclass(slots=True)
class _Tally:
    """Counts shared by all runs: how often actions were enabled and fired, and the steps of states seen before."""

    machine: Machine
    enabled: dict[str, int] = field(init=False)
    fired: dict[str, int] = field(init=False)
    sights: Sights = field(init=False)
    states: int = 0
    _known: dict[State, tuple[Step, ...]] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        names = [action.name for action in self.machine.model.actions]
        self.enabled, self.fired = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        self.sights = Sights(self.machine)

    def steps(self, state: State) -> tuple[Step, ...]:
        """The steps of all action instances that are not refused; the actions that can happen are counted."""
        steps = self._known.get(state)
        if steps is None:
            steps = tuple(self.machine.steps(state))
            self.states += 1
            if len(self._known) < REMEMBERED:
                self._known[state] = steps
        for name in {step.action for step in steps if step.state is not None}:
            self.enabled[name] += 1
        return steps


class _Run:
    """One random run: `path` is how far it is, `reached` whether it has reached a state that was searched for."""

    def __init__(self, tally: _Tally, properties: Iterable[Property], chance: random.Random, *, rare: bool) -> None:
        self._tally, self._machine = tally, tally.machine
        self._unmet = list(properties)
        self._chance, self._rare = chance, rare
        self.path: list[TraceStep] = []
        self.reached = False

    def walks(
        self, initial: State, depth: int, until: Callable[[State], bool | None] | None
    ) -> Iterator[_Walk]:
        """Goes on to the end; yields the violations met, at most one of each property."""
        machine, path = self._machine, self.path
        path.append(TraceStep(INITIAL, {}, initial))
        while True:
            yield from self._met(_Walk(prop, tuple(path)) for prop in violated(machine, self._unmet, path))
            end = path[-1].state
            if machine.range_violations(end):
                return
            self.reached = until is not None and until(end) is True
            if self.reached or len(path) > depth or not machine.inside(end):
                return
            steps = self._tally.steps(end)
            for step in steps:
                if not step.fired:
                    yield from self._met(_without_successor(machine, self._unmet, path, step))
            fired = [step for step in steps if step.fired]
            if not fired:
                return
            step = self._chosen(fired)
            assert step.state is not None
            self._tally.fired[step.action] += 1
            path.append(TraceStep(step.action, step.arguments, step.state))

    def _met(self, walks: Iterable[_Walk]) -> Iterator[_Walk]:
        for walk in walks:
            self._unmet = [other for other in self._unmet if other is not walk.prop]
            yield walk

    def _chosen(self, steps: list[Step]) -> Step:
        """Any of the steps; where rare actions are wanted, one of the action that has fired least."""
        if self._rare:
            least = min(self._tally.fired[step.action] for step in steps)
            steps = [step for step in steps if self._tally.fired[step.action] == least]
        return self._chance.choice(steps)


def _shortened(
    machine: Machine, steps: Sequence[TraceStep], shows: Callable[[Sequence[TraceStep]], bool]
) -> tuple[TraceStep, ...]:
    """The run without the steps that it does not need to show the same; every step is re-executed."""
    best = list(steps)
    while True:
        for cut in _cuts(best):
            path = _executed(machine, best[0], cut, shows)
            if path is not None:
                best = path
                break
        else:
            return tuple(best)


def _cuts(steps: Sequence[TraceStep]) -> Iterator[list[TraceStep]]:
    """The steps after the first state with a few in a row left out."""
    for width in range(min(LONGEST_CUT, len(steps) - 1), 0, -1):
        for first in range(1, len(steps) - width + 1):
            yield [*steps[1:first], *steps[first + width :]]


def _without_successor(
    machine: Machine, properties: Iterable[Property], path: Sequence[TraceStep], step: Step
) -> Iterator[_Walk]:
    """The violations by a step that is undefined, or leaves its range; the run goes on with another."""
    if step.outcome == "undefined":
        attempt = step.action, step.arguments
        concerned = (prop for prop in properties if prop.kind == "defined" and prop.about is None)
        yield from (_Walk(prop, tuple(path), attempt) for prop in concerned)
    elif step.state is not None:
        after = (*path, TraceStep(step.action, step.arguments, step.state))
        yield from (_Walk(prop, after) for prop in violated(machine, properties, after))


def violated(machine: Machine, properties: Iterable[Property], path: Sequence[TraceStep]) -> list[Property]:
    """The properties that the last state of a path violates, or its last step."""
    end = path[-1].state
    before = path[-2].state if len(path) > 1 else None
    leaving = bool(machine.range_violations(end))
    asked = [prop for prop in properties if not (leaving and prop.kind == "defined")]
    return [prop for prop in asked if _violates(machine, prop, before, end)]


def _violates(machine: Machine, prop: Property, before: State | None, end: State) -> bool:
    match prop.kind:
        case "action":
            return before is not None and not machine.holds(prop, before, end)
        case "defined":
            if prop.of_steps:
                return before is not None and not machine.holds(prop, before, end)
            # The uses in actions are evaluated when the actions are attempted.
            return next(machine.undefined_formulas(prop, end), None) is not None
    return not machine.holds(prop, end)


def shorten(machine: Machine, run: _Walk) -> _Walk:
    """The run without loops and without the steps that it does not need; every step is re-executed."""
    best = _without_loops(run)
    while True:
        shorter = next(_shorter(machine, best), None)
        if shorter is None:
            return best
        best = shorter


def _shorter(machine: Machine, run: _Walk) -> Iterator[_Walk]:
    """The run with a few steps in a row left out, wherever it still ends with the violation."""

    def shows(path: Sequence[TraceStep]) -> bool:
        if run.attempt is None:
            return bool(violated(machine, [run.prop], path))
        return machine.attempt(path[-1].state, *run.attempt).outcome == "undefined"

    for kept in _cuts(run.steps):
        path = _executed(machine, run.steps[0], kept, shows, expanded=run.attempt is not None)
        if path is not None:
            yield _Walk(run.prop, tuple(path), run.attempt)


def _without_loops(run: _Walk) -> _Walk:
    """The run without the steps between two equal states; its last step stays, as it may be the fault."""
    kept: list[TraceStep] = []
    places: dict[State, int] = {}
    for step in run.steps[:-1]:
        if step.state in places:
            del kept[places[step.state] + 1 :]
            places = {item.state: place for place, item in enumerate(kept)}
        else:
            places[step.state] = len(kept)
            kept.append(step)
    return _Walk(run.prop, (*kept, run.steps[-1]), run.attempt)


def _executed(
    machine: Machine,
    first: TraceStep,
    steps: Sequence[TraceStep],
    shows: Callable[[Sequence[TraceStep]], bool],
    *,
    expanded: bool = False,
) -> list[TraceStep] | None:
    """The run of these action instances up to where it shows the violation or goal; None if it does not.

    `expanded`: only states that are expanded can show it.
    """
    path = [first]
    rest = iter(steps)
    while True:
        end = path[-1].state
        stops = bool(machine.range_violations(end)) or not machine.inside(end)
        if not (expanded and stops) and shows(path):
            return path
        if stops:
            return None
        step = next(rest, None)
        if step is None:
            return None
        done = machine.attempt(end, step.action, step.arguments)
        if done.state is None:
            return None
        path.append(TraceStep(step.action, step.arguments, done.state))
