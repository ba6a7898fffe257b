"""A walk that is answered in this process, for models that are objects of it."""

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
        """What a model prints here is printed."""
        return ""

    def ask(self, request: WalkRequest) -> WalkAnswer:
        """The answer to a request."""
        return self._answers.answer(request)

    def close(self) -> None:
        """Nothing is to be ended."""


def _ignored(event: Event) -> None:
    """What a worker would say beside its answers."""
