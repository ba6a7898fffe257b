"""Run one job from start to finish and answer with its documents: in a child process, or in this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verifier.jobs.launch import Worker
from verifier.kernel.codes import UNWRITTEN
from verifier.kernel.errors import Error

if TYPE_CHECKING:
    from verifier.jobs.collect import Collector
    from verifier.jobs.supervisor import Outcome
    from verifier.kernel.errors import VerifyError
    from verifier.wire.events import AnyDocument, Event, Mistake
    from verifier.wire.jobs import Job


class InternalError(Error):
    """Something went wrong inside the tool. `details` is for a report to its maintainers, `partial` what was finished."""

    def __init__(self, message: str, *, details: str = "", partial: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.partial = partial


class Interrupted(KeyboardInterrupt):
    """The user interrupted the run. `partial` holds what was finished; the rest is UNKNOWN in it.

    It is not an `Error`, so `except Exception` does not swallow an interrupt.
    """

    def __init__(self, partial: Any) -> None:
        super().__init__("interrupted")
        self.partial = partial


class NotWritten(Error):
    """The work was done, but one of its files could not be written. `partial` holds all results."""

    code = UNWRITTEN

    def __init__(self, message: str, partial: Any) -> None:
        super().__init__(message)
        self.message = message
        self.partial = partial


class CutOff(Error):
    """A limit, or the system, ended a call that has no partial result. `ended` is as in `supervisor.Outcome`."""

    def __init__(self, message: str, ended: str) -> None:
        super().__init__(message)
        self.message = message
        self.ended = ended


@dataclass(slots=True)
class Session:
    """How a front end takes part in a run; every field may be left out.

    Attributes:
        worker: a worker started ahead of the call, for the same command. It is used up by the call.
        on_event: called with each event of the run as it arrives.
        on_tick: called about four times a second with the seconds since the start.
        meanwhile: called once, after the work has been handed to the worker.
        output: after the run, the output of the model or of a library.
    """

    worker: Worker | None = None
    on_event: Callable[[Event], None] | None = None
    on_tick: Callable[[float], None] | None = None
    meanwhile: Callable[[], None] | None = None
    output: str = field(default="", init=False)

    def take_worker(self, command: str) -> Worker:
        """The worker that was started ahead, or a new one."""
        from verifier.jobs.launch import start

        worker, self.worker = self.worker, None
        return worker if worker is not None else start(command)


@dataclass(frozen=True, slots=True)
class Answer:
    """The documents of a job, in the order of the call, and how the job ended (see `supervisor.Outcome`).

    `reason` is why it ended early, `unwritten` what it could not write, `refused` the mistake in one of several protocols,
    whose document is missing. `processor` is the processor time that it used, if a limit required measuring it.
    """

    documents: tuple[AnyDocument, ...]
    ended: str
    errors: Exception | None = None
    reason: str = ""
    unwritten: tuple[str, ...] = ()
    refused: VerifyError | None = None
    processor: float | None = None


def run(
    job: Job,
    session: Session,
    *,
    timeout: float | None = None,
    processor: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
) -> Answer:
    """Do a job.

    Args:
        job: `command` and its options, see `handlers.handle`.
        session: the front end's part in the run.
        timeout: seconds for the whole call, counted from the start of the worker.
        processor: seconds of processor time of the worker and its children.
        memory: MiB of resident memory of the worker.
        in_process: do the work in this process; there are no limits then, and the answer is complete or an
            exception.

    Returns:
        The documents; if the tool itself failed, `errors` is set and the documents are those that were finished.

    Raises:
        VerifyError: the job names something that does not exist, or a model is ill formed.
    """
    from verifier.jobs.collect import Collector

    collector = Collector(job)

    def on_event(event: Event) -> None:
        collector.take(event)
        if session.on_event is not None:
            session.on_event(event)

    if in_process:
        from verifier.jobs.handlers import handle

        handle(job, on_event)
        documents = collector.documents("complete", seconds=0.0)
        return Answer(tuple(documents), "complete", unwritten=tuple(collector.unwritten), refused=_refused(collector))

    from verifier.jobs.supervisor import supervise

    outcome = supervise(
        session.take_worker(job["command"]),
        job,
        on_event=on_event,
        on_tick=session.on_tick,
        meanwhile=session.meanwhile,
        timeout=timeout,
        processor=processor,
        memory=memory,
    )
    session.output = outcome.errors
    failure = outcome.failure
    errors: Exception | None = None
    if outcome.ended == "failed" and failure is not None:
        if failure["kind"] != "internal":
            raise rebuilt(failure)
        errors = InternalError(failure["message"], details=(failure["traceback"] or "") + outcome.errors)
    elif outcome.ended == "crashed":
        how = _end_of_process(outcome.status)
        if collector.loading is not None:
            fatal = _fatal(collector.loading, how)
            if not collector.finished:
                raise fatal
            return Answer(tuple(collector.finished), outcome.ended, refused=fatal)
        errors = InternalError(f"the worker process ended unexpectedly, {how}", details=outcome.errors)
    limit = _limit(outcome, timeout, processor, memory)
    documents = collector.documents(outcome.ended, seconds=outcome.seconds, limit=limit)
    reason = "" if outcome.ended == "complete" else collector.reason(outcome.ended, limit)
    return Answer(
        tuple(documents),
        outcome.ended,
        errors,
        reason,
        tuple(collector.unwritten),
        refused=_refused(collector),
        processor=outcome.processor,
    )


def _refused(collector: Collector) -> VerifyError | None:
    """The first mistake that kept a protocol of several from being proved."""
    return next((rebuilt(failure) for _, failure in sorted(collector.refused.items())), None)


def _end_of_process(status: int | None) -> str:
    """How a process ended that was not asked to end."""
    import signal

    if status is None or status >= 0:
        return f"with status {status}"
    return f"by signal {-status} ({signal.strsignal(-status)})"


def _fatal(reference: str, how: str) -> VerifyError:
    """The mistake of a model whose code ends the process that loads it."""
    from verifier.kernel.errors import ModelError

    return ModelError(f"{reference}: the process ended while it was being loaded, {how}")


def _limit(outcome: Outcome, timeout: float | None, processor: float | None, memory: int | None) -> str | None:
    """The limit that ended the job, for people."""
    if outcome.ended == "processor":
        return f"{processor:g} s"
    if outcome.ended == "timeout":
        used = "" if processor is None else f", in which the job had {outcome.processor or 0.0:.0f} s of processor time"
        return f"{timeout:g} s{used}"
    return f"{memory} MB" if outcome.ended == "memory" and memory is not None else None


def rebuilt(failure: Mistake) -> VerifyError:
    """The library's exception that a failure event stands for."""
    from verifier.kernel.errors import ModelError, Position, UsageError

    file, line = failure["file"], failure["line"]
    position = None if file is None or line is None else Position(file, line)
    kind = ModelError if failure["kind"] == "model" else UsageError
    error = kind(failure["message"], hint=failure["hint"], position=position)
    error.code = failure.get("code")  # not the code of the place where the event is read
    return error
