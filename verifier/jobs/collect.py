"""Fold the events of a job into its documents, complete or, if the job was cut off, as far as it got.

A property that has no verdict when the job ends becomes UNKNOWN, with the reason and the depth reached.

Further attributes of a collector: `loading`, the file or distribution whose code was being executed at the last event;
`unwritten`, the messages for files that could not be written; and `refused`, the failures of rejected protocols, by their place
in the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from verifier.jobs import cut_off
from verifier.jobs.cut_off import End
from verifier.kernel.commands import About

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateCheckEntry
    from verifier.wire.events import AnyDocument, Event, Progress, Refused
    from verifier.wire.gaps import DropEntry, GapsPlan
    from verifier.wire.induction import LemmaReportEntry
    from verifier.wire.jobs import Job, ProveJob
    from verifier.wire.lemmas import LemmasPlan
    from verifier.wire.parts import Ended
    from verifier.wire.results import PlannedProperty, PropertyEntry, PropertyNames, ResultDocument, ResultPlan

_WHY = {
    "complete": "the run stopped at the first violation",
    "timeout": "the time limit ran out",
    "processor": "the budget of processor time is used up",
    "memory": "the memory limit was reached",
    "interrupted": "interrupted",
    "killed": "the worker process was killed by the system, most often for lack of memory",
    "failed": "the run failed before this property had a verdict",
    "crashed": "the worker process ended unexpectedly",
}

# The engines that finish one depth for all open properties before they begin the next.
_BY_DEPTH = ("bounded unrolling", "k-induction")


class Collector:
    """Takes events as they arrive; `documents` returns the documents once the job has ended."""

    def __init__(self, job: Job) -> None:
        self.loading: str | None = None
        self.unwritten: list[str] = []
        self.refused: dict[int, Refused] = {}
        self._job = job
        self._plans: dict[int, ResultPlan] = {}
        self._targets: GapsPlan | None = None
        self._finished: dict[int, AnyDocument] = {}
        self._certificates: list[CertificateCheckEntry] = []
        self._properties: dict[int, list[PropertyEntry]] = {}
        self._depths: dict[tuple[int, str, str], int] = {}
        self._last: Progress | None = None
        self._drops: list[DropEntry] = []
        self._statements: LemmasPlan | None = None
        self._lemmas: list[LemmaReportEntry] = []

    def take(self, event: Event) -> None:
        """Remember a plan, progress, property or document event; others are ignored."""
        index = event.get("index", 0)
        match event["event"]:
            case "plan":
                self._plan(index, event["document"])
            case "progress":
                self._note(index, event)
            case "property":
                self._properties.setdefault(index, []).append(event["property"])
            case "drop":
                self._drops.append(event["drop"])
            case "lemma":
                self._lemmas.append(event["lemma"])
            case "certificate":
                self._certificates.append(event["certificate"])
            case "document":
                self._finished[index] = event["document"]
            case "refused":
                self.refused[index] = event
            case "references":
                self._job = cast("Job", {**self._job, "protocols": event["references"]})
            case "loading":
                self.loading = event["reference"]
            case "unwritten":
                self.unwritten.append(event["message"])

    @property
    def finished(self) -> list[AnyDocument]:
        """The complete documents, in the order of the call."""
        return [self._finished[index] for index in sorted(self._finished)]

    def reason(self, ended: str, limit: str | None = None) -> str:
        """The reason why a job ended early."""
        reason = _WHY.get(ended, ended) + (f" ({limit})" if limit else "")
        return f"{reason} while {self.loading} was being loaded" if self.loading is not None else reason

    def documents(self, ended: str, *, seconds: float, limit: str | None = None) -> list[AnyDocument]:
        """The documents of the job in the order of the call.

        Args:
            ended: how the job ended, a value of `Outcome.ended`.
            seconds: the wall time of the whole job.
            limit: the limit that was hit, such as `2 s`, for the reasons.
        """
        job, end = self._job, End(_ended(ended), self.reason(ended, limit), round(seconds, 3), limit)
        if job["command"] == "prove":
            return [
                self._finished.get(index) or self._result(job, index, end)
                for index in range(len(job["protocols"]))
                if index not in self.refused
            ]
        if 0 in self._finished:
            return [self._finished[0]]
        if ended == "complete":
            return []
        match job["command"]:
            case "gaps":
                return [cut_off.gaps(job, self._targets, self._drops, end)]
            case "lemmas":
                return [cut_off.lemmas(job, self._statements, self._lemmas, end)]
            case "check":
                return [cut_off.check(job, self._certificates, end)]
            case "explore":
                return [cut_off.exploration(job, self._last, end)]
            case "run":
                return [cut_off.runs(job, self._last, end)]
            case "threshold":
                return [cut_off.thresholds(job, end)]
            case _:
                return []

    def _result(self, job: ProveJob, index: int, end: End) -> ResultDocument:
        result = {_published(entry): entry for entry in self._properties.get(index, [])}
        plan = self._plans.get(index)
        facts = plan or cut_off.skeleton(job, index)
        warnings = [] if plan else [f"nothing was searched: {end.reason}"]
        entries = []
        for planned in facts["properties"]:
            name = _published(planned)
            entries.append(result.pop(name) if name in result else self._unknown(index, planned, end))
        entries.extend(result.values())
        following = [entry.get("next") for entry in entries if entry.get("verdict") in ("unknown", "bounded")]
        return {
            **facts,
            "properties": entries,
            "statistics": {"warnings": warnings} if warnings else None,
            "not_stated": [],
            "lemma_report": [],
            "next": next((command for command in following if command is not None), None),
            "seconds": end.seconds,
            "ended": end.ended,
        }

    def _unknown(self, index: int, planned: PlannedProperty, end: End) -> PropertyEntry:
        plan = self._plans.get(index)
        properties = [] if plan is None else plan["properties"]
        names = set(_names(planned))
        others = {name for entry in properties for name in _names(entry)}
        seen = [
            (depth, engine)
            for (where, about, engine), depth in self._depths.items()
            if where == index and about not in others - names
        ]
        # A depth is reported when the work at it begins, so the one before it was finished.
        searched = max((depth - 1 for depth, engine in seen if engine in _BY_DEPTH), default=-1)
        if plan is not None and plan["scope"] == "unbounded":
            searched = -1  # the depth there is that of a finite instance only
        parts = [end.reason, f"searched to depth {searched}" if searched >= 0 else "no depth was finished"]
        if seen:
            depth, engine = seen[-1]
            parts.append(f"then {engine} at depth {depth}")
        return {
            "name": planned["name"],
            "published_name": planned["published_name"],
            "kind": planned["kind"],
            "doc": planned.get("doc", ""),
            "formula": planned.get("formula"),
            "at": planned.get("at"),
            "verdict": "unknown",
            "k": searched if searched >= 0 else None,
            "reason": "; ".join(parts),
            "next": self._again(index, planned, end),
            "command": self._command(index, planned),
        }

    def _again(self, index: int, planned: PropertyNames, end: End) -> str | None:
        """The command that tries a property again, with twice the limit that was hit; None where the call named no model."""
        hit = end.limit.split()[0] if end.limit is not None and end.ended in ("timeout", "memory") else None
        more = {end.ended: f"{2 * float(hit):g}"} if hit is not None else {}
        return self._command(index, planned, **more)

    def _command(self, index: int, planned: PropertyNames, **more: str) -> str | None:
        """The command that asks about a property as the call did; None where the call named no model."""
        job = self._job
        if job["command"] != "prove" or not isinstance(reference := job["protocols"][index], str):
            return None
        about = About(reference, job["variant"], tuple(job["drops"]), job["scope"], tuple(job.get("settings", ())))
        engine = None if job.get("engine", "auto") == "auto" else job["engine"]
        flags = [f"--no-{name}" for name in ("hints", "lemmas") if job.get(name) is False]
        given = job.get("given_by")
        return about.command(
            "prove", *flags, property=planned["name"], k=None if job["k"] == 8 else job["k"], engine=engine, hints=given, **more
        )

    def _plan(self, index: int, plan: ResultPlan | GapsPlan | LemmasPlan) -> None:
        match plan["schema"]:
            case "verify.result/1":
                self._plans[index] = plan
            case "verify.lemmas/1":
                self._statements = plan
            case _:
                self._targets = plan

    def _note(self, index: int, event: Progress) -> None:
        """Keep the greatest depth of each work, the latest work last, and the last figures of a search."""
        depth, engine = event.get("k"), event.get("engine")
        if depth is not None and engine is not None:
            key = (index, event["text"], engine)
            before = self._depths.pop(key, depth)
            self._depths[key] = max(depth, before)
        self._last = event


def _published(entry: PropertyNames) -> str:
    return entry.get("published_name") or entry["name"]


def _names(entry: PropertyNames) -> tuple[str, str | None]:
    return entry["name"], entry.get("published_name")


def _ended(ended: str) -> Ended:
    if ended == "processor":
        return "timeout"
    return "killed" if ended in ("failed", "crashed") else cast("Ended", ended)
