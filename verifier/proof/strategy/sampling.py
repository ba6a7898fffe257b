"""Sample runs of a protocol: the sights in them, the violations that they meet, and the way to a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verifier.catalog.digest import digest
from verifier.evidence.itf import to_itf
from verifier.kernel.describing import stated
from verifier.proof.strategy.entries import Clock, names, versions
from verifier.proof.strategy.requests import RunRequest, command, head
from verifier.proof.strategy.scopes import parameters
from verifier.semantics.concrete.finding import find
from verifier.semantics.concrete.goal import Goal
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.samples import some_initial_states
from verifier.semantics.concrete.simulate import INITIAL_STATES, Violation, sample
from verifier.semantics.concrete.trace import TraceStep, build_trace, check_trace
from verifier.semantics.scope.finite import finite_scope, parse_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.wire.events import Emit
    from verifier.wire.searches import RunDocument, ViolationEntry

SEARCHED = 20_000
"""States that are searched breadth first for the goal of a run, before random runs search for it."""


def run(request: RunRequest, emit: Emit) -> RunDocument:
    """Runs the protocol at random; every violation met is shortened and replayed."""
    clock = Clock()
    model = request.protocol.model(request.variant, request.drops)
    if not model.variables:
        raise model.no_state()
    settings = parse_settings(request.settings)
    scope = finite_scope(model, settings)
    machine = Machine(scope)
    goal = None if request.until is None else Goal(machine, request.until)
    called = digest(model.protocol)

    def progress(done: int) -> None:
        emit({"event": "progress", "text": f"run {done}", "engine": "sample runs", "k": None, "runs": done})

    def told(states: int) -> None:
        emit({"event": "progress", "text": f"{states:,} states", "engine": "search", "k": None, "distinct": states})

    document: RunDocument = {
        "schema": "verify.run/1",
        **head(model),
        "parameters": parameters(scope, settings),
        "versions": versions(),
        "runs": 0,
        "depth": request.depth,
        "seed": request.seed,
        "until": request.until,
        "found": None,
        "complete": None,
        "steps": None,
        "shortest": None,
        "trace": None,
        "states": None,
        "actions": [],
        "samples": [],
        "sights": [],
        "missing": [],
        "seconds": 0.0,
        "violations": [],
        "ended": "complete",
    }
    found = None
    if goal is not None:
        starts = some_initial_states(machine, INITIAL_STATES)
        if not starts:
            raise model.no_initial_state()
        found = find(machine, starts, goal, most=SEARCHED, depth=request.depth, told=told)
        document["complete"] = found.complete
        document["found"] = found.steps is not None
        if found.steps is not None:
            _show(document, machine, found.steps, called, shortest=True)
        if found.steps is not None or found.complete:
            document["seconds"] = clock.seconds
            return document
    sampled = sample(
        machine,
        runs=request.runs,
        depth=request.depth,
        seed=request.seed,
        digest=called,
        progress=progress,
        until=None if goal is None else goal.holds,
    )
    document["runs"] = sampled.runs
    if goal is not None:
        document["found"] = sampled.goal is not None
        if sampled.goal is not None:
            _show(document, machine, sampled.goal, called, shortest=False)
    else:
        document["violations"] = [_met(request, machine, violation) for violation in sampled.violations]
        document["states"] = sampled.states
        document["actions"] = [
            {"action": name, "enabled": sampled.enabled[name], "fired": sampled.fired[name]} for name in sampled.enabled
        ]
        document["samples"] = [
            {"shows": list(one.shows), "steps": len(one.steps) - 1, "trace": _trace(machine, one.steps, called)}
            for one in sampled.samples
        ]
        document["sights"], document["missing"] = list(sampled.sights), list(sampled.missing)
    document["seconds"] = clock.seconds
    return document


def _show(document: RunDocument, machine: Machine, steps: Sequence[TraceStep], called: str, *, shortest: bool) -> None:
    """Puts a run that was searched for into the document."""
    document["steps"], document["shortest"] = len(steps) - 1, shortest
    document["trace"] = _trace(machine, steps, called, shortest=shortest)


def _trace(machine: Machine, steps: Sequence[TraceStep], called: str, *, shortest: bool = False) -> Any:
    """A run as a document that claims nothing else; it is re-executed first."""
    trace = build_trace(machine, None, steps, digest=called, shortest=shortest)
    replay = check_trace(machine, trace)
    if not replay.valid:
        raise RuntimeError(f"a run does not replay: {replay.failure}")
    return to_itf(trace, machine)


def _met(request: RunRequest, machine: Machine, violation: Violation) -> ViolationEntry:
    """A violation that a random run met."""
    prop = violation.prop
    called, lines = names(prop), list(violation.explanation)
    trace = to_itf(violation.trace, machine, explanation=lines)
    shown = trace["#meta"]["command"] = command(request, property=called["name"])
    return {
        "property": called["name"],
        "published_name": called["published_name"],
        "steps": violation.trace.length,
        "trace": trace,
        "explanation": lines,
        **stated(prop, request.protocol),
        "command": shown,
    }
