"""A walk through a model in the worker: it answers one request after the other, until its input ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from verifier.kernel.errors import VerifyError

if TYPE_CHECKING:
    from verifier.watching.answers import Answers
    from verifier.wire.events import Emit
    from verifier.wire.jobs import StepJob
    from verifier.wire.walks import WalkOpened, WalkRequest


def opened(job: StepJob, emit: Emit) -> tuple[Answers, WalkOpened]:
    """The answers of a walk through the model of a job, and the description of the model."""
    from verifier.jobs.references import resolve
    from verifier.proof.strategy.requests import head
    from verifier.proof.strategy.scopes import parameters
    from verifier.semantics.concrete.machine import Machine
    from verifier.semantics.scope.finite import finite_scope, parse_settings
    from verifier.watching.answers import Answers

    protocol, variant = resolve(job["protocol"], job["variant"], emit)
    model = protocol.model(variant, tuple(job["drops"]))
    settings = parse_settings(tuple(job["settings"]))
    scope = finite_scope(model, settings)

    def told(states: int) -> None:
        emit({"event": "progress", "text": f"{states:,} states", "engine": "search", "k": None, "distinct": states})

    answers = Answers(Machine(scope), told)
    about: WalkOpened = {
        "about": head(model),
        "parameters": parameters(scope, settings),
        "actions": {action.name: [argument.name for argument in action.arguments] for action in model.actions},
        "properties": [prop.name for prop in model.properties],
        "starts": len(answers.course.starts),
    }
    return answers, about


def serve(job: StepJob, emit: Emit, requests: Iterable[WalkRequest]) -> None:
    """Answers requests as they come. A request for something that does not exist is rejected, and the walk goes on."""
    from verifier.jobs.worker import mistake

    answers, about = opened(job, emit)
    emit({"event": "opened", "opened": about})
    for request in requests:
        try:
            emit({"event": "answer", "answer": answers.answer(request)})
        except (VerifyError, RecursionError) as error:
            emit({**mistake(error), "event": "refused"})
