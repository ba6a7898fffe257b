"""The entries of a result document: one for each property, built as its verdict becomes known."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from verifier.kernel.describing import described_actions, stated
from verifier.kernel.model import Model
from verifier.kernel.places import place
from verifier.kernel.properties import Property

if TYPE_CHECKING:
    from verifier.proof.strategy.requests import ProveRequest
    from verifier.wire.events import Emit
    from verifier.wire.induction import LemmaReportEntry
    from verifier.wire.parts import NotStatedEntry, Verdict
    from verifier.wire.results import (
        BlameEntry,
        PlannedProperty,
        Presented,
        PropertyEntry,
        PropertyNames,
        ResultDocument,
        ResultFacts,
        ResultPlan,
        Statistics,
        VacuityEntry,
        VerdictFacts,
    )

Document = Callable[[], "ResultDocument"]

_ABSENT: VerdictFacts = {
    "method": None,
    "k": None,
    "lemmas": None,
    "left_out": None,
    "blame": None,
    "blamed": None,
    "steps": None,
    "loop": None,
    "shortest": None,
    "trace": None,
    "values": None,
    "certificate": None,
    "reason": None,
    "cti": None,
    "next": None,
    "command": None,
    "undefined_at": None,
}


def names(prop: Property) -> PropertyNames:
    """The names and the kind of a property, as documents have them."""
    kind = prop.kind if prop.goal is None else "reachable"
    return {"name": prop.short or prop.name, "published_name": prop.name, "kind": kind}


def presented(model: Model) -> Presented:
    """The facts about the protocol itself in a result: its subject, its position, and its actions with their guards."""
    protocol = model.protocol
    return {"description": protocol.title, "at": place(protocol.position), "actions": described_actions(protocol)}


def together(parts: Sequence[Statistics]) -> Statistics:
    """The statistics of all parts of a run: first the model, whose figures are kept, then its laws."""
    result: Statistics = {**parts[0]}
    for part in parts[1:]:
        result["queries"] += part["queries"]
        for figures in ("engines", "lemmas"):
            if figures in part:
                result[figures] = {**result[figures], **part[figures]}
        for shown in ("hints", "warnings", "cti", "obligations", "dropped"):
            if shown in part:
                result[shown] = [*result.get(shown, []), *(one for one in part[shown] if one not in result.get(shown, []))]
    return result


def versions(*solvers: str) -> dict[str, str]:
    """The versions of the tools with which a verdict was reached."""
    from verifier._version import __version__

    result = {"verify": __version__, "python": sys.version.split()[0]}
    if "z3" in solvers:
        import z3

        result["z3"] = z3.get_version_string()
    if "numpy" in solvers:
        import numpy

        result["numpy"] = numpy.__version__
    return result


@dataclass(slots=True)
class Clock:
    """Seconds since the run began, and seconds spent in each phase."""

    started: float = field(default_factory=time.perf_counter)
    phases: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return round(time.perf_counter() - self.started, 3)

    def phase(self, name: str) -> _Phase:
        """A context manager that adds the time spent inside it to a phase."""
        return _Phase(self, name)


def reached(verdict: Verdict, facts: VerdictFacts) -> tuple[Verdict, VerdictFacts]:
    """The verdict on states to be reached, from that on the contrary: a violation of the contrary is a run that reaches one."""
    match verdict:
        case "violated":
            trace = facts.get("trace")
            if trace is not None:
                trace["#meta"]["verdict"] = "proved"
            return "proved", {**facts, "method": "witness"}
        case "proved":
            reason = "no run comes to such a state"
            said = facts.get("reason")
            return "violated", {**facts, "reason": f"{reason}: {said}" if said else reason}
    return verdict, facts


class _Phase:
    def __init__(self, clock: Clock, name: str) -> None:
        self._clock = clock
        self._name = name
        self._begun = 0.0

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        spent = time.perf_counter() - self._begun
        self._clock.phases[self._name] = round(self._clock.phases.get(self._name, 0.0) + spent, 4)


class Report:
    """The document of one run, filled property by property; each finished property is emitted at once.

    `vacuity` says why a proved property is vacuous, as far as that was detected; `remark` gives any further remark on it.
    """

    def __init__(
        self, head: ResultFacts, selected: Sequence[Property], emit: Emit, clock: Clock, request: ProveRequest
    ) -> None:
        self.head = head
        self._request = request
        self._selected = tuple(selected)
        self.emit = emit
        self.clock = clock
        self.entries: dict[str, PropertyEntry] = {}
        self.lemmas: list[LemmaReportEntry] = []
        """The known facts about the lemmas and invariants."""
        self.vacuity: Callable[[Property], VacuityEntry | None] = lambda result: None
        self.remark: Callable[[Property], str | None] = lambda result: None
        plan: ResultPlan = {**head, "properties": [self._stated(result) for result in selected]}
        emit({"event": "plan", "document": plan})

    def finish(self, prop: Property, verdict: Verdict, **facts: Unpack[VerdictFacts]) -> None:
        """Records the verdict on a property and emits it.

        For a state that is to be reached, the verdict is about the contrary, and is reversed here and nowhere else.
        """
        if prop.goal is not None:
            verdict, facts = reached(verdict, facts)
            self._record(prop, verdict, None, facts)
            return
        vacuous = None if verdict == "violated" else self._vacuous(prop, proved=verdict == "proved")
        if verdict == "proved":
            facts = {**facts, "reason": facts.get("reason") or self.remark(prop)}
        self._record(prop, verdict, vacuous, facts)

    def _record(self, prop: Property, verdict: Verdict, vacuous: VacuityEntry | None, facts: VerdictFacts) -> None:
        command = self._request.command(prop.short or prop.name)
        trace = facts.get("trace")
        if trace is not None:
            trace["#meta"]["command"] = command
        entry: PropertyEntry = {
            **self._stated(prop),
            "verdict": verdict,
            "vacuous": vacuous,
            **_ABSENT,
            **facts,
            "command": command,
            "seconds": self.clock.seconds,
        }
        self.entries[prop.name] = entry
        self.emit({"event": "property", "property": entry})

    def _stated(self, prop: Property) -> PlannedProperty:
        return {**names(prop), **stated(prop, self._request.protocol)}

    def _vacuous(self, prop: Property, *, proved: bool) -> VacuityEntry | None:
        """Why a property that is not violated cannot fail: the model's own reason before the one that was detected.

        A property that cannot fail is proved thereby, so nothing is detected for properties that are not proved.
        """
        detected = self.vacuity(prop) if proved else None
        if prop.vacuous is None:
            return detected
        return {"kind": detected["kind"] if detected else "declared", "reason": prop.vacuous}

    def blame(self, name: str, blamed: BlameEntry | None) -> None:
        """Adds to the entry of a property the parts that its proof used; None if that is not known."""
        self.entries[name]["blamed"] = blamed
        self.entries[name]["blame"] = None if blamed is None else [*blamed["guards"], *blamed["lemmas"]]

    def certify(self, wanted: Sequence[tuple[Property, Callable[[], str | None]]], document: Document) -> None:
        """Writes the certificates of the proved properties, one after the other, and notes their paths.

        Their witnesses can take long. So all verdicts are emitted before, in a document that lists the missing certificates: if
        the run ends early, no verdict is lost.
        """
        for number, (prop, write) in enumerate(wanted):
            missing = ", ".join(other.short or other.name for other, _ in wanted[number:])
            known = document()
            statistics = known["statistics"] or {}
            warnings = [*statistics.get("warnings", []), f"the run ended before there were certificates of {missing}"]
            whole: ResultDocument = {**known, "statistics": {**statistics, "warnings": warnings}}
            self.emit({"event": "document", "document": whole})
            self.progress(prop.short or prop.name, "certificate", 0)
            with self.clock.phase("certificates"):
                path = write()
            if prop.name in self.entries:
                self.entries[prop.name]["certificate"] = path

    def progress(self, text: str, engine: str, k: int) -> None:
        """Reports the current work, for the progress line and for the depth reached if time runs out."""
        self.emit({"event": "progress", "text": text, "engine": engine, "k": k})

    def document(self, statistics: Statistics, not_stated: Sequence[NotStatedEntry] = ()) -> ResultDocument:
        """The finished document: selected properties first, then companions that were not proved."""
        order = [result.name for result in self._selected]
        extra = [name for name in self.entries if name not in order]
        entries = [self.entries[name] for name in [*order, *extra] if name in self.entries]
        following = [entry.get("next") for entry in entries if entry["verdict"] in ("unknown", "bounded")]
        return {
            **self.head,
            "seconds": self.clock.seconds,
            "statistics": statistics,
            "not_stated": list(not_stated),
            "properties": entries,
            "lemma_report": self.lemmas,
            "next": next((command for command in following if command is not None), None),
            "ended": "complete",
        }


def select(model: Model, wanted: Sequence[str], available: Sequence[Property], *, liveness: bool = False) -> list[Property]:
    """The properties to report: those named, else all but `Defined`, which is listed when it is not proved, and liveness.

    With `liveness`, those too.
    """
    if not wanted:
        return [prop for prop in available if prop.kind != "defined" and (liveness or prop.kind != "liveness")]
    chosen = {prop.name: prop for prop in available if liveness and prop.kind == "liveness"}
    for name in wanted:
        prop = model.find_property(name)
        chosen[prop.name] = prop
    return [prop for prop in available if prop.name in chosen]
