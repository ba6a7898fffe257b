"""One call of the interface: run its job, and make its answer a typed document or the exception that it stands for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from verifier.jobs.session import Answer, CutOff, InternalError, Interrupted, NotWritten, Session
from verifier.jobs.session import run as run_job

if TYPE_CHECKING:
    from verifier.documents import Document, Trace
    from verifier.wire.events import AnyDocument
    from verifier.wire.jobs import Job, Source

D = TypeVar("D", bound="Document")


def ask(
    job: Job,
    session: Session | None,
    *,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
) -> Answer:
    """The answer to a job, from a worker or from this process."""
    return run_job(job, session or Session(), timeout=timeout, memory=memory, in_process=in_process)


def source_of(
    given: str | Path | Mapping[str, Any] | Trace, word: str, session: Session, timeout: float | None
) -> Source:
    """A document for a worker to read. Raises CutOff if the time runs out while it is being read."""
    from verifier.documents import reading
    from verifier.files.reading import TooSlow

    deadline = None
    if timeout is not None:
        began = time.monotonic() if session.worker is None else session.worker.started
        deadline = began + timeout
    try:
        return reading.source(given, word, deadline=deadline)
    except TooSlow:
        raise CutOff(f"the time limit ran out ({timeout:g} s) while {given} was being read", "timeout") from None


def only(answer: Answer) -> AnyDocument:
    """The single document of an answer, which must have one."""
    if answer.errors is not None:
        raise answer.errors
    if answer.documents:
        return answer.documents[0]
    if answer.ended == "interrupted":
        raise Interrupted(None)
    raise CutOff(answer.reason, answer.ended)


def one(kind: type[D], answer: Answer) -> D:
    """The single document of an answer, typed."""
    return finish(answer, typed(kind, only(answer)))


def finish(answer: Answer, result: D) -> D:
    """The result, or the exception that carries it if the run was interrupted, the tool failed, or a file was not written."""
    if answer.errors is not None:
        if isinstance(answer.errors, InternalError):
            answer.errors.partial = result
        raise answer.errors
    if answer.ended == "interrupted":
        raise Interrupted(result)
    if answer.unwritten:
        others = len(answer.unwritten) - 1
        raise NotWritten(answer.unwritten[0] + (f" ({others} more cannot, either)" if others else ""), result)
    return result


def typed(kind: type[D], document: AnyDocument) -> D:
    """A document of the worker, typed; one that does not fit its schema is a fault of the tool."""
    from pydantic import ValidationError

    try:
        return kind.from_document(document)
    except ValidationError as error:
        raise InternalError(
            "the worker sent a document that does not fit its schema", details=str(error)
        ) from error
