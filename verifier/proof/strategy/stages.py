"""Stages: the engines in their order, each with its question and the condition for skipping it, as readable lists.

The lists are in `published_stages`, `unbounded_stages` and, for explicit search alone, here. A new engine is a file of its own
and a row in one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from verifier.proof.engines.circuit import Circuit
from verifier.proof.engines.engine import Budget, Decided, Engine, Open, Progress, Statistics
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import ExplicitSearch
from verifier.proof.engines.validity import Values
from verifier.proof.strategy.ledger import Ledger, named
from verifier.proof.strategy.requests import ProveRequest

Task = TypeVar("Task")


@dataclass(frozen=True)
class Stage(Generic[Task]):
    """One stage: its name, its question, its engine, and the engine's budget.

    `skipped` says when it is left out, from the task and the request; a stage is always left out when nothing more is asked for.
    `phase` is where its time is counted. Properties that a `tentative` stage leaves open are not noted: a later one knows more.
    """

    name: str
    asks: str
    engine: Engine[Task]
    budget: Callable[[ProveRequest], Budget]
    skipped: Callable[[Task, ProveRequest], bool] = lambda task, request: False
    phase: str | None = None
    tentative: bool = False


SEARCHED: list[Stage[FiniteTask]] = [
    Stage(
        "circuit",
        "what does the circuit exclude by itself?",
        Circuit(),
        lambda request: Budget(),
        lambda task, request: task.start is None,
    ),
    Stage("search", "what do all states say?", ExplicitSearch(), lambda request: Budget(), phase="search"),
]
"""The stages of explicit search alone, which has no limit."""

SEARCHED_LAW: list[Stage[FiniteTask]] = [
    SEARCHED[0],
    Stage("values", "what do all values say?", Values(), lambda request: Budget(), phase="search"),
]
"""The stages of a law where no solver is asked."""


def run(stages: Sequence[Stage[Any]], task: Any, ledger: Ledger, request: ProveRequest, statistics: Statistics) -> None:
    """Runs the stages in their order until nothing is asked for any more."""
    for stage in stages:
        if not task.asked() or (request.fail_fast and ledger.violated):
            return
        if stage.skipped(task, request):
            continue
        with ledger.report.clock.phase(stage.phase) if stage.phase else nullcontext():
            for event in stage.engine.run(task, stage.budget(request)):
                match event:
                    case Decided(_, Open()) if stage.tentative:
                        continue
                    case Decided():
                        ledger.take(event)
                        if request.fail_fast and ledger.violated:
                            return
                    case Progress(engine, depth, about):
                        asked = list(task.asked().values())
                        for prop in asked:
                            statistics.tried(prop.short or prop.name, engine)
                        ledger.report.progress(about or named(asked), engine, depth)
