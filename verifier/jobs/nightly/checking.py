"""Have certificates checked by another solver, in a fresh worker process that knows nothing of the proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from verifier.jobs.launch import Worker
from verifier.jobs.nightly.digests import versions
from verifier.jobs.session import InternalError, Session, run

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateCheckEntry
    from verifier.wire.events import Event
    from verifier.wire.jobs import CheckJob
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
    its time, so z3 is asked too: neither may contradict, and one has to agree. Of certificates that only count states, only the
    form is checked.

    Args:
        paths: of the certificates, which only the worker reads: they may be large.
        order: the obligation.
        on_event: called with the progress of the check.
        on_tick: called about four times a second.
        start: starts the worker of the check.
        answered: answers of the second solver to texts of certificates; those that it gives now are added.

    Returns:
        The outcome for each, and the processor time used.
    """
    from verifier.evidence.claims import lost
    from verifier.kernel.errors import VerifyError

    if versions()[SECOND] is None:
        return [_unjudged(path, "unchecked", f"{SECOND} is not installed") for path in paths], 0.0
    solver = "second" if order["job"]["scope"] == "unbounded" else SECOND
    judged: dict[str, CertificateOutcome] = {}
    rests_on: dict[str, list[str]] = {}
    sound: dict[str, list[str]] = {}

    def take(event: Event) -> None:
        if event["event"] == "certificate":
            result = event["certificate"]
            name = result["certificate"]
            judged[name], rests_on[name] = _judged(result), result["rests_on"]
            if judged[name]["outcome"] in ("agreed", "unchecked"):
                sound[result["published_name"] or result["property"]] = result["rests_on"]
        elif event["event"] == "answered":
            answered.update(event["answered"])
        elif on_event is not None and event["event"] == "progress":
            on_event({**event, "engine": "certificates"})

    job: CheckJob = {
        "command": "check",
        "certificates": [{"name": path.name, "path": str(path)} for path in paths],
        "solver": solver,
        "rederive": False,
        "protocol": None,
        "form_of_counts": True,
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
    return [
        _alone(judged[path.name], lost(rests_on[path.name], sound))
        if path.name in judged
        else _unjudged(path, "open", reason)
        for path in paths
    ], processor


def _unjudged(path: Path, outcome: Literal["open", "unchecked"], reason: str) -> CertificateOutcome:
    """The outcome for a certificate that no worker has read to the end; one that holds no property has the name of its file."""
    try:
        property = json.loads(path.read_bytes())["property"]
    except (ValueError, LookupError, TypeError, RecursionError):
        property = path.name
    return {
        "property": str(property),
        "file": path.name,
        "outcome": outcome,
        "solver": None,
        "reason": reason,
        "seconds": None,
    }


def _alone(entry: CertificateOutcome, lost: list[str]) -> CertificateOutcome:
    """The outcome for a certificate that rests on these, too, which have no valid certificate."""
    if not lost or entry["outcome"] != "agreed":
        return entry
    return {**entry, "outcome": "open", "reason": f"it rests on {', '.join(lost)}, without a valid certificate"}


def _judged(result: CertificateCheckEntry) -> CertificateOutcome:
    """The outcome for one certificate: open if the only fault is that a solver did not know."""
    failed = [check for check in result["checks"] if not check["passed"]]
    solvers = sorted({solver for check in result["checks"] for solver in check["answers"]})
    asked: CertificateOutcome = {
        "property": result["property"],
        "file": result["certificate"],
        "outcome": None,
        "solver": " and ".join(solvers) or None,
        "reason": None,
        "seconds": result["seconds"],
    }
    if not failed and not solvers and result["method"] == "exhaustive":
        return {**asked, "outcome": "unchecked", "reason": _COUNTED}
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
