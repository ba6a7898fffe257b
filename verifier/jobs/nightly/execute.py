"""One obligation from order to outcome, in its own worker processes; a plain function of JSON values, so it can run on another
machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from verifier.files.scratch import scratch
from verifier.jobs.launch import Worker, start
from verifier.jobs.nightly.digests import sources_digest, versions
from verifier.jobs.session import Answer, InternalError, Session, run

if TYPE_CHECKING:
    from verifier.wire.events import Event
    from verifier.wire.jobs import ProveJob
    from verifier.wire.nights import CertificateOutcome, Failure, Order, Outcome
    from verifier.wire.results import PropertyEntry, ResultDocument

Start = Callable[..., Worker]
"""Starts a worker for a command and further words, as `launch.start` does."""


def now() -> str:
    """This moment in ISO 8601, to the millisecond, with the offset of the local time zone."""
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


def execute(
    order: Order,
    on_event: Callable[[Event], None] | None = None,
    on_tick: Callable[[float], None] | None = None,
    start: Start = start,
    answered: dict[str, str] | None = None,
) -> Outcome:
    """Run one obligation, and have the certificates of its proofs checked.

    Whatever the model or a solver does, it does in a child process, which is killed when the budget is used up.

    Args:
        order: the obligation.
        on_event: called with each event of the worker.
        on_tick: called about four times a second; raising KeyboardInterrupt there ends the obligation.
        start: starts the worker of the proof, and another that checks its certificates.
        answered: answers of the second solver to texts of certificates; those of this obligation are added.

    Returns:
        The outcome; see `verifier.wire.nights`.
    """
    started, began = now(), time.monotonic()
    job = order["job"].copy()
    document: ResultDocument | None = None
    failure: Failure | None
    certificates: dict[str, str] = {}
    checks: list[CertificateOutcome] = []
    proof, checked = Answer((), "failed"), 0.0
    try:
        with scratch() as folder:
            job["certificates"] = str(folder) if order["certificates"] else None
            proof, failure = _prove(job, order, on_event, on_tick, start)
            document = _portable(cast("ResultDocument", proof.documents[0])) if proof.documents else None
            paths = sorted(folder.glob("*.cert.json"))
            certificates = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in paths}
            if certificates and document is not None and document.get("ended", "complete") == "complete":
                from verifier.jobs.nightly.checking import check

                checks, checked = check(paths, order, on_event, on_tick, start, {} if answered is None else answered)
    except OSError as error:
        # No room for a file or a process: there may be room tomorrow.
        failure = {"kind": "lost", "message": f"this machine has no room for the obligation: {error}"}
    return {
        "id": order["id"],
        "started": started,
        "seconds": round(time.monotonic() - began, 3),
        "processor": None if proof.processor is None else round(proof.processor + checked, 3),
        "stopped": proof.reason or None,
        "document": document,
        "failure": failure,
        "certificates": certificates,
        "checks": checks,
        "sources": sources_digest(),
        "versions": dict(versions()),
    }


def _prove(
    job: ProveJob,
    order: Order,
    on_event: Callable[[Event], None] | None,
    on_tick: Callable[[float], None] | None,
    start: Start,
) -> tuple[Answer, Failure | None]:
    """The answer, with the result document as far as it is complete, and the failure if there was one."""
    from verifier.kernel.errors import VerifyError

    worker = start("prove", *map(str, job["protocols"]), job["scope"])
    session = Session(worker, on_event=on_event, on_tick=on_tick)
    try:
        answer = run(job, session, timeout=order["wall"], processor=order["timeout"], memory=order["memory"])
    except VerifyError as error:
        return Answer((), "failed"), {"kind": "input", "message": str(error)}
    except InternalError as error:
        return Answer((), "failed"), {"kind": "internal", "message": error.message}
    finally:
        worker.kill()
    if answer.errors is not None:
        return answer, {"kind": "internal", "message": str(answer.errors)}
    if answer.unwritten:
        return answer, {"kind": "lost", "message": answer.unwritten[0]}
    return answer, None


def _portable(document: ResultDocument) -> ResultDocument:
    """The document without paths of the scratch folder, which no longer exists when the document is read."""
    entries: list[PropertyEntry] = []
    for entry in document["properties"]:
        path = entry.get("certificate")
        entries.append({**entry, "certificate": Path(path).name} if isinstance(path, str) else entry)
    return {**document, "properties": entries}
