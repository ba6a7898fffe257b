"""From an outcome, returned by an execution or read from the store, to the entry of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.documents import CheckedCertificate, Difference, Duration, Obligation, Result
from verifier.documents.nightly import Seconds
from verifier.jobs.nightly.expectations import differences, expected_of, verdicts_of
from verifier.jobs.nightly.folder import certificate_path
from verifier.jobs.nightly.restating import Restating

if TYPE_CHECKING:
    from verifier.jobs.nightly.plan import Planned
    from verifier.wire.nights import CertificateOutcome, Failure, Ran

History = list[tuple[str, float]]
Status = Literal["met", "contradicted", "open", "failed"]


class _Failure(BaseModel):
    kind: Literal["input", "internal", "lost"]
    message: str


class _Outcome(BaseModel):
    """The result of `execute`, which may come from the store or from another machine."""

    model_config = ConfigDict(strict=True, extra="ignore")

    started: str
    seconds: Seconds | None
    processor: Seconds | None = None
    stopped: str | None = None
    document: dict[str, Any] | None
    failure: _Failure | None
    certificates: dict[str, str]
    checks: list[dict[str, Any]]
    sources: str
    versions: dict[str, str | None]


# Exceptions from reading an outcome that another program wrote.
_SENSELESS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


def remembered(planned: Planned, stored: object, history: History) -> tuple[Obligation, Ran] | None:
    """The report's entry for a stored outcome, and the outcome; None if it is malformed or may not stand for a run."""
    try:
        outcome = _well_formed(stored)
        if not trusted(outcome):
            return None
        obligation = entry(planned, outcome, cached=True, history=history)
    except _SENSELESS:
        return None
    return (obligation, outcome) if obligation.status != "failed" else None


def returned(planned: Planned, outcome: object, history: History) -> tuple[Obligation, Ran]:
    """The report's entry for the result of an execution, which may have run on another machine, and the outcome."""
    try:
        sound = _well_formed(outcome)
        return entry(planned, sound, cached=False, history=history), sound
    except _SENSELESS as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        unfit = _without_document({"kind": "internal", "message": f"the answer is not an outcome: {reason}"})
        return entry(planned, unfit, cached=False, history=history), unfit


def _well_formed(outcome: object) -> Ran:
    """A value from any source as an outcome, with all its fields. ValueError if it is not one."""
    sound = _Outcome.model_validate(outcome)
    return cast("Ran", {**dict(sound), "failure": None if sound.failure is None else sound.failure.model_dump()})


def entry(planned: Planned, outcome: Ran, *, cached: bool, history: History) -> Obligation:
    """The report's entry of an obligation.

    Args:
        planned: the obligation.
        outcome: what `execute` returned, now or in an earlier run.
        cached: whether it was an earlier one.
        history: when the obligation was run before, and the processor time it took.
    """
    failure = outcome["failure"]
    result: Result | None = None
    if outcome["document"] is not None:
        try:
            result = Result.from_document(outcome["document"])
        except ValidationError as error:
            failure = {"kind": "internal", "message": f"the result does not fit its schema: {error.errors()[0]['msg']}"}
    certificates = tuple(_checked(planned, check) for check in outcome["checks"])
    unlike = _disagreements(certificates)
    if failure is not None:
        unlike.append(_failure(failure))
    elif result is not None:
        unlike += differences(planned, result, outcome["stopped"])
    status = _status(unlike)
    said = Restating(planned, planned.listing)
    if result is not None:
        result = said.result(result)
    return Obligation(
        id=planned.id,
        reference=planned.called,
        protocol=planned.protocol,
        variant=planned.variant,
        scope=planned.scope,
        parameters=dict(planned.parameters),
        properties=planned.properties,
        engine=planned.engine,
        k=planned.k,
        timeout=planned.timeout,
        wall=planned.wall,
        memory=planned.memory,
        expected=dict(expected_of(planned, result)),
        verdicts=verdicts_of(planned, result),
        status=status,
        met=status == "met",
        cached=cached,
        recorded=outcome["started"] if cached else None,
        seconds=outcome["seconds"],
        processor=outcome["processor"],
        reason=_reason(unlike),
        failure=None if failure is None or failure["kind"] == "lost" else failure["kind"],
        differences=tuple(said.difference(one, result) for one in unlike),
        certificates=certificates,
        history=tuple(Duration(started=started, seconds=seconds) for started, seconds in history),
        result=result,
        at=said.at,
        command=said.command(),
    )


def not_run(planned: Planned, reason: str, history: History) -> Obligation:
    """The entry of an obligation that the run did not reach."""
    outcome = _without_document({"kind": "lost", "message": reason})
    return entry(planned, outcome, cached=False, history=history)


def unusable(planned: Planned) -> Ran:
    """The outcome of an obligation whose model is ill formed, in place of running it."""
    kind: Literal["input", "internal"] = "internal" if planned.fault_kind == "internal" else "input"
    return _without_document({"kind": kind, "message": planned.fault or ""})


def _without_document(failure: Failure) -> Ran:
    return {
        "failure": failure,
        "document": None,
        "certificates": {},
        "checks": [],
        "seconds": None,
        "processor": None,
        "stopped": None,
        "started": None,
        "sources": "",
        "versions": {},
    }


def trusted(outcome: Ran) -> bool:
    """Whether the outcome may stand for a later run: complete, every verdict definite, every certificate agreed on."""
    document = outcome["document"]
    return (
        outcome["failure"] is None
        and document is not None
        and document.get("ended", "complete") == "complete"
        and bool(document["properties"])
        and all(entry["verdict"] in ("proved", "bounded", "violated") for entry in document["properties"])
        and all(check["outcome"] in ("agreed", "unchecked") for check in outcome["checks"])
    )


def _checked(planned: Planned, check: CertificateOutcome) -> CheckedCertificate:
    """The outcome for a certificate, with its path in the folder of the report."""
    facts = {name: value for name, value in check.items() if name != "file"}
    return CheckedCertificate.model_validate({**facts, "path": certificate_path(planned.id, check["file"])})


def _disagreements(certificates: tuple[CheckedCertificate, ...]) -> list[Difference]:
    return [
        Difference(
            property=one.property,
            kind="disagreement",
            expected="a certificate that checks",
            found=f"refused by {one.solver or 'the check'}",
            reason=one.reason,
        )
        for one in certificates
        if one.outcome == "disagreed"
    ]


def _failure(failure: Failure) -> Difference:
    # A lost or interrupted obligation has no verdict yet; it may have one tomorrow.
    kind: Literal["open", "failure"] = "open" if failure["kind"] == "lost" else "failure"
    result = {"lost": "not run to its end", "input": "bad input"}.get(failure["kind"], "internal error")
    return Difference(kind=kind, found=result, reason=failure["message"])


def _status(unlike: list[Difference]) -> Status:
    kinds = {one.kind for one in unlike}
    if "failure" in kinds:
        return "failed"
    if kinds & {"contradiction", "disagreement"}:
        return "contradicted"
    return "open" if kinds else "met"


def _reason(unlike: list[Difference]) -> str | None:
    """The first of the most serious differences, in one line."""
    if not unlike:
        return None
    weights = ["failure", "disagreement", "contradiction", "open"]
    first = min(unlike, key=lambda one: weights.index(one.kind))
    text = f"{first.property}: {first.found}" if first.property else first.found
    if first.expected:
        text += f", expected {first.expected}"
    return f"{text}: {first.reason}" if first.reason else text
