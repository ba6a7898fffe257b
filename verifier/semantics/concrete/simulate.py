"""Random runs of a machine; the violations that they meet, shortened."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from verifier.kernel.properties import DEFINED, Property
from verifier.semantics.concrete.explain import Attempt
from verifier.semantics.concrete.machine import Machine, State, Step
from verifier.semantics.concrete.samples import some_initial_states
from verifier.semantics.concrete.trace import INITIAL, Trace, TraceStep, build_trace, check_trace

INITIAL_STATES = 10_000  # runs start in one of the first this many initial states
LONGEST_CUT = 4  # shortening tries to leave out up to so many steps at once


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation that a random run met: its trace, shortened and replayed, and why the property fails."""

    prop: Property
    trace: Trace
    explanation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Walk:
    """A run that ends with a violation of `prop`; `attempt` is the instance that is undefined at its end."""

    prop: Property
    steps: tuple[TraceStep, ...]
    attempt: Attempt | None = None


def simulate(
    machine: Machine,
    *,
    runs: int,
    depth: int,
    seed: int,
    digest: str,
    properties: Sequence[Property] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Violation]:
    """Runs the machine `runs` times for at most `depth` steps, checking `properties` (default: all).

    The next step is any enabled one, with equal chances. A run ends where no action can fire, or outside the
    constraint. Of each property one violation is kept, from the shortest run, and shortened; it need not be
    a shortest one. `progress` is told the number of runs done. The same seed gives the same runs. `digest`
    is the model's, for the traces. The result is in the order of the properties. ModelError if nothing is
    initial.
    """
    watched = machine.model.properties if properties is None else properties
    chance = random.Random(seed)
    best: dict[str, _Walk] = {}
    initial = some_initial_states(machine, INITIAL_STATES)
    undefined = [TraceStep(INITIAL, {}, state) for state in islice(machine.undefined_starts(), 1)]
    if not initial and not undefined:
        raise machine.model.no_initial_state()
    best.update((result.name, _Walk(result, (step,))) for result in watched if result.name == DEFINED for step in undefined)
    for number in range(runs if initial else 0):
        for run in _random_run(machine, watched, chance.choice(initial), depth, chance):
            known = best.get(run.prop.name)
            if known is None or len(run.steps) < len(known.steps):
                best[run.prop.name] = run
        if progress is not None:
            progress(number + 1)
    met = [shorten(machine, best[result.name]) for result in watched if result.name in best]
    return [_replayed(machine, run, digest) for run in met]


def _replayed(machine: Machine, run: _Walk, digest: str) -> Violation:
    trace = build_trace(machine, run.prop, run.steps, digest=digest, shortest=False, attempt=run.attempt)
    replay = check_trace(machine, trace)
    if not (replay.valid and replay.violated):
        raise RuntimeError(f"a random run does not replay: {replay.failure}")
    return Violation(run.prop, trace, replay.explanation)


def _random_run(
    machine: Machine, properties: Iterable[Property], initial: State, depth: int, chance: random.Random
) -> Iterator[_Walk]:
    """One random run; yields the violations met, at most one of each property."""
    path = [TraceStep(INITIAL, {}, initial)]
    unmet = list(properties)
    while True:
        for prop in violated(machine, unmet, path):
            unmet = [other for other in unmet if other is not prop]
            yield _Walk(prop, tuple(path))
        end = path[-1].state
        if len(path) > depth or machine.range_violations(end) or not machine.inside(end):
            return
        instances = machine.instances()
        for place in chance.sample(range(len(instances)), len(instances)):
            step = machine.attempt(end, *instances[place])
            if step.fired:
                break
            for run in _without_successor(machine, unmet, path, step):
                unmet = [other for other in unmet if other is not run.prop]
                yield run
        else:
            return
        assert step.state is not None
        path.append(TraceStep(step.action, step.arguments, step.state))


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
            # What actions use is looked at when they are attempted.
            return next(machine.undefined_formulas(prop, end), None) is not None
    return not machine.holds(prop, end)


def shorten(machine: Machine, run: _Walk) -> _Walk:
    """The run without loops and without steps that it can do without; every step is executed again."""
    best = _without_loops(run)
    while True:
        shorter = next(_shorter(machine, best), None)
        if shorter is None:
            return best
        best = shorter


def _shorter(machine: Machine, run: _Walk) -> Iterator[_Walk]:
    """The run with a few steps in a row left out, wherever it still ends with the violation."""
    for width in range(min(LONGEST_CUT, len(run.steps) - 1), 0, -1):
        for first in range(1, len(run.steps) - width + 1):
            kept = [*run.steps[1:first], *run.steps[first + width :]]
            shorter = _executed(machine, run, kept)
            if shorter is not None:
                yield shorter


def _without_loops(run: _Walk) -> _Walk:
    """The run without what lies between two equal states; its last step stays, as it may be what is wrong."""
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


def _executed(machine: Machine, run: _Walk, steps: Sequence[TraceStep]) -> _Walk | None:
    """The run of these action instances up to where it shows the violation; None if it does not."""
    path = [run.steps[0]]
    rest = iter(steps)
    while True:
        end = path[-1].state
        if run.attempt is None and violated(machine, [run.prop], path):
            return _Walk(run.prop, tuple(path))
        if machine.range_violations(end) or not machine.inside(end):
            return None
        if run.attempt is not None and machine.attempt(end, *run.attempt).outcome == "undefined":
            return _Walk(run.prop, tuple(path), run.attempt)
        step = next(rest, None)
        if step is None:
            return None
        done = machine.attempt(end, step.action, step.arguments)
        if done.state is None:
            return None
        path.append(TraceStep(step.action, step.arguments, done.state))
