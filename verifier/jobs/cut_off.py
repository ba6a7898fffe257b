"""The documents of jobs that were cut off: the answers until then, and for the rest the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateCheckEntry, CheckDocument
    from verifier.wire.events import Progress
    from verifier.wire.gaps import BaselineEntry, DropEntry, GapsDocument, GapsPlan
    from verifier.wire.induction import LemmaNames, LemmaReportEntry
    from verifier.wire.jobs import CheckJob, ExploreJob, GapsJob, LemmasJob, ProveJob, RunJob, ThresholdJob
    from verifier.wire.lemmas import LemmasDocument, LemmasPlan
    from verifier.wire.parts import Ended, ModelFacts
    from verifier.wire.results import ResultPlan
    from verifier.wire.searches import ExplorationDocument, RunDocument
    from verifier.wire.thresholds import ThresholdDocument


@dataclass(frozen=True, slots=True)
class End:
    """The end of a job: how it ended, why it ended early, after how many seconds, and at which limit."""

    ended: Ended
    reason: str
    seconds: float
    limit: str | None


def exploration(job: ExploreJob, last: Progress | None, end: End) -> ExplorationDocument:
    """A search that was cut off: its options and the last figures reported."""
    return {
        "schema": "verify.explore/1",
        **_facts(job["protocol"], job["variant"], job["drops"]),
        "parameters": {},
        "versions": {},
        "distinct": None if last is None else last.get("distinct"),
        "generated": None,
        "diameter": None,
        "orbits": None,
        "orbits_reason": None,
        "complete": False,
        "stopped": None,
        "peak_bytes": None,
        "violations": [],
        "actions": [],
        "never_false": [],
        "dot": None,
        "seconds": end.seconds,
        "ended": end.ended,
    }


def runs(job: RunJob, last: Progress | None, end: End) -> RunDocument:
    """Random runs that were cut off: the number of runs."""
    return {
        "schema": "verify.run/1",
        **_facts(job["protocol"], job["variant"], job["drops"]),
        "parameters": {},
        "versions": {},
        "runs": None if last is None else last.get("runs"),
        "depth": job["depth"],
        "seed": job["seed"],
        "until": job.get("until"),
        "found": None,
        "complete": None,
        "steps": None,
        "shortest": None,
        "trace": None,
        "states": None,
        "actions": [],
        "samples": [],
        "sights": [],
        "missing": [],
        "violations": [],
        "seconds": end.seconds,
        "ended": end.ended,
    }


def gaps(job: GapsJob, planned: GapsPlan | None, finished: list[DropEntry], end: End) -> GapsDocument:
    """The drops that were finished; for the others, the reason why there is no answer."""
    plan = planned or _unplanned(job)
    rest: list[DropEntry] = [
        {"action": drop["action"], "name": drop["name"], "kind": drop["kind"], "reason": end.reason}
        for drop in plan["drops"][len(finished) :]
    ]
    baseline: BaselineEntry = {"complete": False, "distinct": None, "violated": []}
    drops = [*finished, *rest]
    return {**plan, "drops": drops, "baseline": baseline, "seconds": end.seconds, "ended": end.ended}


def lemmas(job: LemmasJob, planned: LemmasPlan | None, finished: list[LemmaReportEntry], end: End) -> LemmasDocument:
    """The lemmas that were finished; for the others, the reason why nothing is known."""
    plan = planned or _unstated(job)
    rest = [_unchecked(names, end.reason) for names in plan["lemmas"][len(finished) :]]
    return {
        **plan,
        "lemmas": [*finished, *rest],
        "not_stated": [],
        "next": None,
        "seconds": end.seconds,
        "statistics": None,
        "ended": end.ended,
    }


def thresholds(job: ThresholdJob, end: End) -> ThresholdDocument:
    """Thresholds that were cut off: nothing is known of any, since all depend on the lemmas that every state satisfies."""
    return {
        "schema": "verify.threshold/1",
        **_facts(job["protocol"], None, ()),
        "part": "",
        "whole": "",
        "parameters": {},
        "stakes": job.get("stakes"),
        "versions": {},
        "lemmas": [],
        "thresholds": [],
        "seconds": end.seconds,
        "ended": end.ended,
    }


def check(job: CheckJob, checked: list[CertificateCheckEntry], end: End) -> CheckDocument:
    """The certificates that were checked before the run was cut off, and the names of the others."""
    names = [entry["name"] for entry in job["certificates"]]
    return {
        "schema": "verify.check/1",
        "rederived": job["rederive"],
        "certificates": checked,
        "unchecked": names[len(checked) :],
        "reason": end.reason,
        "seconds": end.seconds,
        "ended": end.ended,
    }


def skeleton(job: ProveJob, index: int) -> ResultPlan:
    """The plan of a protocol that the worker did not reach."""
    return {
        "schema": "verify.result/1",
        **_facts(job["protocols"][index], job["variant"], job["drops"]),
        "label": None,
        "scope": job["scope"],
        "parameters": {},
        "k": job["k"],
        "versions": {},
        "description": None,
        "at": None,
        "actions": [],
        "properties": [{"name": name, "published_name": None, "kind": "state"} for name in job["properties"]],
    }


def _facts(reference: object, variant: str | None, drops: Sequence[str]) -> ModelFacts:
    """The facts about a model in the call itself, if the worker reported none."""
    name, _, own = str(reference).partition(":")
    return {
        "protocol": name,
        "variant": own or variant,
        "dropped": list(drops),
        "model_digest": None,
        "evidence_digest": None,
    }


def _unplanned(job: GapsJob) -> GapsPlan:
    """The plan of a run that ended before making one."""
    facts = _facts(job["protocol"], job["variant"], ())
    return {
        "schema": "verify.gaps/1",
        **facts,
        "parameters": {},
        "k": job["k"],
        "versions": {},
        "description": None,
        "at": None,
        "drops": [],
    }


def _unstated(job: LemmasJob) -> LemmasPlan:
    """The plan of a check that ended before making one."""
    return {
        "schema": "verify.lemmas/1",
        **_facts(job["protocol"], job["variant"], job["drops"]),
        "label": None,
        "scope": job["scope"],
        "parameters": {},
        "question": job["question"],
        "action": job["action"],
        "k": job["k"],
        "versions": {},
        "lemmas": [],
    }


def _unchecked(planned: LemmaNames, reason: str) -> LemmaReportEntry:
    return {
        **planned,
        "status": "unknown",
        "part": None,
        "action": None,
        "with": None,
        "rests_on": [],
        "parameters": None,
        "steps": None,
        "trace": None,
        "explanation": None,
        "cti": None,
        "reason": reason,
        "seconds": None,
        "parts": [],
        "by_action": [],
    }
