"""The report of a scenario, from the answers to its questions; every number in it is measured."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from verifier._version import __version__
from verifier.documents.scenario import (
    AGREE,
    Coverage,
    CrossValidation,
    Deciding,
    Replaying,
    ScenarioConfig,
    ScenarioMetadata,
    ScenarioMetrics,
    ScenarioProperty,
    ScenarioReport,
)
from verifier.scenario.ask import BY_TIME, Answer
from verifier.scenario.fields import EFFECTS
from verifier.scenario.names import ALIASES
from verifier.scenario.reading import Reading

if TYPE_CHECKING:
    from verifier.jobs.launch import Worker

_BY_BYZANTINE = {"ByzSign", "ByzSend", "TraitorVotes", "TraitorSkips", "Offend", "Leak", "Inject"}
_BY_NETWORK = {"Deliver", "Lose", "Retransmit", "Split", "Heal", "Forward", "LeaderSend", "Repair", "Tick", "Stabilize"}
_PUBLISHED = ("ALPENGLOW_", "STATERIGHT_", "RUST_")
_METHODS = {"trivial": "k-induction", "lemmas": "k-induction", "exhaustive": "explicit"}
_OF = {
    "state_space_coverage": "properties that were decided completely, by a proof, a search of all states or a counterexample",
    "code_coverage": "not measured",
}


@dataclass
class Clock:
    """The cost of a run: wall clock, and processor time and memory of the workers, which have ended."""

    started: float = field(default_factory=time.monotonic)
    workers: list[Worker] = field(default_factory=list)

    def read(self) -> tuple[int, int, int]:
        """Milliseconds, milliseconds of processor time, and the largest memory of a worker in bytes."""
        processor = sum(worker.processor for worker in self.workers)
        peak = max((worker.peak for worker in self.workers), default=0)
        return round(1000 * (time.monotonic() - self.started)), round(1000 * processor), peak


def report(scenario: str, reading: Reading, answers: list[Answer], clock: Clock, *, compared: bool) -> ScenarioReport:
    """The report of a run."""
    by_property: dict[str, list[str]] = {}
    absent = []
    asked = {answer.question.name for answer in answers}
    for alias, name in ALIASES[scenario].items():
        if name in asked:
            by_property.setdefault(str(name), []).append(alias)
        else:
            absent.append(alias)
    entries = tuple(_entry(answer, tuple(by_property.get(answer.question.name, ())), compared) for answer in answers)
    timeouts = sum(answer.error == BY_TIME for answer in answers)
    decided = sum(answer.conclusive for answer in answers)
    traces = [answer.entry.trace for answer in answers if answer.entry is not None and answer.entry.trace is not None]
    taken = [action for trace in traces for action in trace.actions]
    searched = [answer for answer in answers if answer.entry is not None and answer.entry.method == "exhaustive"]
    return _whole(
        scenario,
        reading.config,
        entries,
        clock,
        timeouts=timeouts,
        byzantine_events=sum(action in _BY_BYZANTINE for action in taken),
        network_events=sum(action in _BY_NETWORK for action in taken),
        coverage=Coverage(
            state_space_coverage=decided / len(answers) if answers else 0.0,
            unique_states=sum({answer.question.model: answer.states for answer in searched}.values()),
            transitions=sum(answer.entry.k or 0 for answer in answers if answer.entry is not None),
            code_coverage=0.0,
            of={**_OF, "transitions": "depths of unrolling, added up"},
        ),
        assumptions=assumptions(reading),
        warnings=tuple(reading.warnings()),
        not_modelled=tuple(absent),
    )


def failed(scenario: str, reading: Reading, message: str, clock: Clock) -> ScenarioReport:
    """The report of a run that an error ended."""
    entry = ScenarioProperty(
        name="Verification", passed=False, states_explored=0, duration_ms=0, error=message, verdict="unknown", conclusive=False
    )
    nothing = Coverage(state_space_coverage=0.0, unique_states=0, transitions=0, code_coverage=0.0, of=_OF)
    return _whole(
        scenario,
        reading.config,
        (entry,),
        clock,
        timeouts=0,
        byzantine_events=0,
        network_events=0,
        coverage=nothing,
        assumptions=assumptions(reading),
        warnings=tuple(reading.warnings()),
        not_modelled=(),
    )


def assumptions(reading: Reading) -> dict[str, Any]:
    """The interpretation of the configuration."""
    fast, slow = reading.shares
    return {
        "thresholds": reading.thresholds,
        "fast": f"{fast.numerator}/{fast.denominator}",
        "slow": f"{slow.numerator}/{slow.denominator}",
        "offline": reading.offline,
        "byzantine": reading.byzantine,
        "byzantine_validators": list(reading.traitors),
        "byzantine_stake": reading.stake_of(reading.traitors),
        "offline_validators": list(reading.absent),
        "offline_stake": reading.stake_of(reading.absent),
        "total_stake": reading.total,
        "fields": dict(EFFECTS),
    }


def _entry(answer: Answer, aliases: tuple[str, ...], compared: bool) -> ScenarioProperty:
    question, entry = answer.question, answer.entry
    violated = answer.verdict == "violated"
    error = answer.error
    if answer.conclusive and not answer.passed:
        error = answer.differs or f"{answer.verdict}, expected {question.expected}"
    trace = None if entry is None else entry.trace or entry.values
    return ScenarioProperty(
        name=question.name,
        passed=answer.passed,
        states_explored=answer.states,
        duration_ms=answer.milliseconds,
        error=error,
        counterexample_length=entry.steps if entry is not None and violated and not answer.passed else None,
        cross_validation=_compared(answer) if compared else None,
        expected=question.expected,
        verdict=answer.verdict,
        vacuous=None if entry is None or entry.vacuous is None else entry.vacuous.reason,
        method=_method(answer),
        bound=None if entry is None else entry.k,
        conclusive=answer.conclusive,
        horizon_slots=question.slots,
        aliases=aliases,
        instance=question.instance,
        command=question.model.command(question.says),
        trace=None if trace is None else trace.to_document(),
    )


def _method(answer: Answer) -> str | None:
    entry = answer.entry
    if entry is None or not answer.conclusive:
        return None
    if entry.kind == "law":
        return "static"
    if answer.question.model.scope == "unbounded":
        return "parametric"
    if entry.verdict == "violated":
        return "bmc"
    return _METHODS.get(entry.method or "", entry.method)


def _compared(answer: Answer) -> CrossValidation:
    """The other decisions; `external_result` is one that differs, if any does."""
    verdicts = sorted((one.verdict for one in answer.decisions), key=lambda verdict: verdict == answer.verdict)
    done = answer.replayed
    return CrossValidation(
        local_result=answer.verdict == "proved" if answer.conclusive else None,
        external_result=verdicts[0] == "proved" if verdicts else None,
        tla_result=None,
        consistent=not answer.differs,
        details=answer.differs or AGREE,
        deciders=tuple(Deciding(command=one.command, result=one.verdict == "proved") for one in answer.decisions),
        replay=None if done is None else Replaying(model=done.model, steps=done.steps, failure=done.failure),
        same_length=answer.same_length,
    )


def _whole(
    scenario: str,
    config: ScenarioConfig,
    entries: tuple[ScenarioProperty, ...],
    clock: Clock,
    *,
    timeouts: int,
    byzantine_events: int,
    network_events: int,
    coverage: Coverage,
    assumptions: dict[str, Any],
    warnings: tuple[str, ...],
    not_modelled: tuple[str, ...],
) -> ScenarioReport:
    wall, cpu, memory = clock.read()
    states = sum(entry.states_explored for entry in entries)
    violations = sum(not entry.passed for entry in entries)
    return ScenarioReport(
        scenario=scenario,
        states_explored=states,
        properties_checked=len(entries),
        violations=violations,
        duration_ms=wall,
        success=violations == 0,
        property_results=entries,
        metrics=ScenarioMetrics(
            peak_memory_bytes=memory,
            states_per_second=states / (wall / 1000) if wall else 0.0,
            cpu_time_ms=cpu,
            timeouts=timeouts,
            byzantine_events=byzantine_events,
            network_events=network_events,
            coverage=coverage,
        ),
        config=config,
        timestamp=timestamp(),
        metadata=_metadata(),
        assumptions=assumptions,
        warnings=warnings,
        not_modelled=not_modelled,
    )


def timestamp() -> str:
    """Now, as RFC 3339 has it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _metadata() -> ScenarioMetadata:
    from importlib.metadata import version

    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_PUBLISHED) or name in ("CI", "GITHUB_ACTIONS")
    }
    kept["ALPENGLOW_SOLVER"] = f"z3 {version('z3-solver')}"
    return ScenarioMetadata(
        rust_version="n/a",
        stateright_version=f"verify {__version__}",
        hostname=platform.node(),
        environment=dict(sorted(kept.items())),
        git_commit=_commit(),
    )


def _commit() -> str | None:
    """The commit of the working directory; None where there is none."""
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
