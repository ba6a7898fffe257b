"""A walk that this process answers, for models that are objects in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.wire.events import Event
    from verifier.wire.jobs import StepJob
    from verifier.wire.walks import WalkAnswer, WalkOpened, WalkRequest


class Inside:
    """Answers the requests of a walk without a worker."""

    def __init__(self, job: StepJob) -> None:
        from verifier.jobs.walking import opened

        self.opened: WalkOpened
        self._answers, self.opened = opened(job, _ignored)

    @property
    def output(self) -> str:
        """Empty: the output of a model in this process goes to its standard output directly."""
        return ""

    def ask(self, request: WalkRequest) -> WalkAnswer:
        """The answer to a request."""
        return self._answers.answer(request)

    def close(self) -> None:
        """Does nothing: there is no process to end."""


def _ignored(event: Event) -> None:
    """Ignores the events that a worker would report in addition to its answers."""
