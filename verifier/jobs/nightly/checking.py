"""Have certificates checked by another solver, in a fresh worker process that knows nothing of the proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.jobs.launch import Worker
from verifier.jobs.nightly.digests import versions
from verifier.jobs.session import InternalError, Session, run

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateCheckEntry, CertificateDocument
    from verifier.wire.events import Event
    from verifier.wire.jobs import CheckJob, GivenCertificate
    from verifier.wire.nights import CertificateOutcome, Order

SECOND = "cvc5"

_COUNTED = "a count of states; verify check searches them again"


def check(
    paths: list[Path],
    order: Order,
    on_event: Callable[[Event], None] | None,
    on_tick: Callable[[float], None] | None,
    start: Callable[..., Worker],
    answered: dict[str, str],
) -> tuple[list[CertificateOutcome], float]:
    """Check certificates that were just written, within a budget as large as that of their obligation's proof.

    At published scope the second solver alone has to agree. At unbounded scope it may not decide formulas with quantifiers in
    its time, so z3 is asked too: neither may contradict, and one has to agree. Certificates that only count states are left
    out.

    Returns:
        The outcome for each, and the processor time used.
    """
    from verifier.evidence.claims import counts_states, missing
    from verifier.kernel.errors import VerifyError

    documents: dict[str, CertificateDocument] = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths
    }
    entries = {name: _unjudged(name, document["property"]) for name, document in documents.items()}
    asked: list[GivenCertificate] = []
    for name, document in documents.items():
        if counts_states(document):
            entries[name].update({"outcome": "unchecked", "reason": _COUNTED})
        elif versions()[SECOND] is None:
            entries[name].update({"outcome": "unchecked", "reason": f"{SECOND} is not installed"})
        else:
            asked.append({"name": name, "document": document})
    if not asked:
        return list(entries.values()), 0.0
    solver = "second" if order["job"]["scope"] == "unbounded" else SECOND

    def take(event: Event) -> None:
        if event["event"] == "certificate":
            result = event["certificate"]
            entries[result["certificate"]] = _judged(entries[result["certificate"]], result)
        elif event["event"] == "answered":
            answered.update(event["answered"])
        elif on_event is not None and event["event"] == "progress":
            on_event({**event, "engine": "certificates"})

    job: CheckJob = {
        "command": "check",
        "certificates": asked,
        "solver": solver,
        "rederive": False,
        "protocol": None,
        "answered": dict(answered),
    }
    reason, processor = "the check ended without an answer", 0.0
    try:
        session = Session(start("check", solver), on_event=take, on_tick=on_tick)
        answer = run(job, session, timeout=order["wall"], processor=order["timeout"], memory=order["memory"])
        processor = answer.processor or 0.0
        reason = answer.reason or reason
    except (VerifyError, InternalError) as error:
        reason = str(error)
    result = list(entries.values())
    for entry in result:
        if entry["outcome"] is None:
            entry.update({"outcome": "open", "reason": reason})
    sound = [entry["outcome"] in ("agreed", "unchecked") for entry in result]
    alone = missing(list(documents.values()), sound)
    return [_alone(entry, lost) if lost else entry for entry, lost in zip(result, alone, strict=True)], processor


def _unjudged(name: str, property: str) -> CertificateOutcome:
    return {"property": property, "file": name, "outcome": None, "solver": None, "reason": None, "seconds": None}


def _alone(entry: CertificateOutcome, lost: list[str]) -> CertificateOutcome:
    """A certificate that rests on others, some without a valid certificate."""
    if entry["outcome"] != "agreed":
        return entry
    return {**entry, "outcome": "open", "reason": f"it rests on {', '.join(lost)}, without a valid certificate"}


def _judged(entry: CertificateOutcome, result: CertificateCheckEntry) -> CertificateOutcome:
    """The outcome for one certificate: open if the only fault is that a solver did not know."""
    failed = [check for check in result["checks"] if not check["passed"]]
    solvers = sorted({solver for check in result["checks"] for solver in check["answers"]})
    asked: CertificateOutcome = {**entry, "solver": " and ".join(solvers) or None, "seconds": result["seconds"]}
    if not failed:
        silent = sum(1 for check in result["checks"] if check["answers"].get(SECOND) == "unknown")
        count = sum(1 for check in result["checks"] if check["answers"])
        reason = f"{SECOND} has no answer to {silent} of {count} questions, which z3 answers" if silent else None
        return {**asked, "outcome": "agreed", "reason": reason}
    contrary = [
        check
        for check in failed
        if not check["answers"] or set(check["answers"].values()) - {"unknown", check["expected"]}
    ]
    first = (contrary or failed)[0]
    reason = f"{first['name']}: {first['reason'] or 'it did not pass'}"
    return {**asked, "outcome": "disagreed" if contrary else "open", "reason": reason}
