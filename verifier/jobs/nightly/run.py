"""A run of a suite from its file to its report: plan, look up what is known, run the rest, remember and compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verifier.jobs.arguments import usage
from verifier.jobs.nightly import folder as folders
from verifier.jobs.nightly.digests import sources_digest, versions
from verifier.jobs.nightly.execute import now
from verifier.jobs.nightly.files import default_suite, is_path, read_suite
from verifier.jobs.nightly.local import cores, run_here
from verifier.jobs.nightly.plan import Planned, plan, references
from verifier.jobs.nightly.store import Store

if TYPE_CHECKING:
    from verifier.documents import Nightly, Obligation, Suite

Event = dict[str, Any]

_LOADING = 60.0  # seconds that a protocol's file may take to be loaded
STORE = Path("reports") / "nightly.sqlite"


@dataclass(slots=True)
class Watch:
    """How a front end follows a run; every field may be left out.

    Attributes:
        on_plan: called once with the ids of the obligations that will be run, in their order, and the number of all.
        on_start: called when an obligation begins; from any thread.
        on_event: called with each event of an obligation's worker; from any thread.
        on_finish: called with the report's entry of each obligation as it is known, stored ones first.
        on_tick: called about four times a second.
        folder: the folder of the report, known once the suite has been read.
    """

    on_plan: Callable[[list[str], int], None] = field(default=lambda pending, total: None)
    on_start: Callable[[str], None] = field(default=lambda name: None)
    on_event: Callable[[str, Event], None] = field(default=lambda name, event: None)
    on_finish: Callable[[Obligation], None] = field(default=lambda entry: None)
    on_tick: Callable[[], None] = field(default=lambda: None)
    folder: Path | None = field(default=None, init=False)


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for; None stands for the default."""

    suite: Path | None = None
    jobs: int | None = None
    out: Path | None = None
    fresh: bool = False
    keep: int | None = None
    scheduler: str | None = None
    store: Path | None = None


def run_suite(options: Options, watch: Watch) -> Nightly:
    """Run a suite; the report document is written last, as `report.json`.

    Returns:
        The report; `watch.folder` is where it is. After an interrupt the report says so, and holds what was finished.

    Raises:
        UsageError: the suite or an option is wrong; nothing was run.
        InternalError: the survey of the protocols failed in the tool itself.
    """
    began = time.monotonic()
    path = options.suite or default_suite()
    suite, planned = read_plan(path)
    out = options.out or Path("reports") / date.today().isoformat()
    folders.prepare(out)
    watch.folder = out
    store = Store(options.store or STORE)
    try:
        job = _Run(options, watch, path, suite.title, planned, out, store)
        report = job.report(began)
        folders.write(out / folders.REPORT, report.to_json())
        folders.remove(out, job.outdated(report))
        if options.keep is not None:
            folders.retain(out, options.keep)
        return report
    finally:
        store.close()


def read_plan(path: Path) -> tuple[Suite, list[Planned]]:
    """A suite file, which is read here and never again, and its obligations, every name and setting in it looked up.

    Raises:
        UsageError: the suite is wrong; the message names the file and the key.
    """
    from verifier.catalog import builtins

    suite = read_suite(path)
    names = builtins.names()
    found = references(suite, path.resolve().parent, names)
    surveyed: dict[str, Event] = {}
    for group in _groups(list(dict.fromkeys(found.values()))):
        surveyed.update(zip(group, _survey(group, [])["protocols"], strict=True))
    planned = plan(suite, path, found, surveyed, names)
    _check_settings(planned)
    return suite, planned


def _check_settings(planned: list[Planned]) -> None:
    for group in _groups(list(dict.fromkeys(one.reference for one in planned if one.settings))):
        asked = [one for one in planned if one.reference in group and one.settings]
        settings = [
            {"reference": one.reference, "variant": one.variant, "settings": list(one.settings)} for one in asked
        ]
        for one, fault in zip(asked, _survey([], settings)["settings"], strict=True):
            if fault is not None:
                raise usage(f"{one.where}.parameters: {fault['message']}", fault["hint"])


def _groups(found: list[str]) -> list[list[str]]:
    """Names together, each file of a user's alone: it may do anything when it is loaded."""
    named = [reference for reference in found if not is_path(reference)]
    return ([named] if named else []) + [[reference] for reference in found if is_path(reference)]


def _survey(group: list[str], settings: list[Event]) -> Event:
    from verifier.jobs.session import InternalError, Session, run

    job = {"command": "survey", "references": group, "settings": settings}
    answer = run(job, Session(), timeout=_LOADING)
    if answer.documents:
        return answer.documents[0]
    if answer.ended != "timeout":
        raise answer.errors or InternalError("the survey of the protocols ended without an answer")
    error = {
        "kind": "model",
        "message": f"loading took more than {_LOADING:g} s",
        "hint": None,
        "file": None,
        "line": None,
    }
    return {"protocols": [{"error": error} for _ in group], "settings": [error for _ in settings]}


class _Run:
    """The state of one run."""

    def __init__(
        self,
        options: Options,
        watch: Watch,
        path: Path,
        title: str | None,
        planned: list[Planned],
        out: Path,
        store: Store,
    ) -> None:
        self.options = options
        self.watch = watch
        self.suite = "default" if options.suite is None else str(path)
        self.identity = self.suite if options.suite is None else f"{self.suite}\0{path.resolve()}"
        """Tells the suite from others in the store."""
        self.title = title
        self.planned = planned
        self.out = out
        self.store = store
        self.jobs = options.jobs or cores()
        self.started = now()
        self.sources = sources_digest()
        self.keys = {one.id: one.key(self.sources, versions()) for one in planned}
        self.entries: dict[str, Obligation] = {}
        self.before = folders.earlier_certificates(out)
        self.interrupted = False

    def report(self, began: float) -> Nightly:
        """Answers what the store knows, runs the rest, and gives the whole report."""
        from verifier.documents import Nightly
        from verifier.jobs.nightly.changes import changes, outcomes

        try:
            self._answer()
        except KeyboardInterrupt:
            self.interrupted = True
        self._fill()
        entries = tuple(self.entries[one.id] for one in self.planned)
        last = self.store.last_run(self.identity)
        found = outcomes(entries)
        if not self.interrupted:
            self.store.finished(self.identity, self.started, found)
        return Nightly(
            suite=self.suite,
            title=self.title,
            started=self.started,
            finished=now(),
            seconds=round(time.monotonic() - began, 3),
            jobs=self.jobs,
            scheduler=self.options.scheduler,
            versions=dict(versions()),
            sources_digest=self.sources,
            ended="interrupted" if self.interrupted else "complete",
            previous=last[0] if last is not None else None,
            changes=changes(last[1], found) if last is not None and not self.interrupted else (),
            messages=tuple(self.store.messages),
            obligations=entries,
        )

    def outdated(self, report: Nightly) -> set[str]:
        """The certificates of an earlier report in the same folder that this one does not list."""
        return self.before - {entry.path for one in report.obligations for entry in one.certificates}

    def _answer(self) -> None:
        pending = [one for one in self.planned if not self._known(one)]
        durations = {one.id: self._last(one) for one in pending}
        # The longest first, so that none is left running alone at the end; what was never run might be long.
        pending.sort(key=lambda one: durations[one.id], reverse=True)
        self.watch.on_plan([one.id for one in pending], len(self.planned))
        by_id = {one.id: one for one in pending}
        if not by_id:
            return
        with closing(self._outcomes(pending)) as outcomes:
            for outcome in outcomes:
                self._finish(by_id[outcome["id"]], outcome)

    def _last(self, planned: Planned) -> float:
        known = self._durations(planned, 1)
        return known[-1][1] if known else planned.timeout

    def _name(self, planned: Planned) -> str:
        """An obligation of this suite, as the store knows it: another suite may ask one of the same name."""
        return f"{self.identity}\0{planned.id}"

    def _durations(self, planned: Planned, limit: int = 60) -> list[tuple[str, float]]:
        return self.store.durations(self._name(planned), limit)

    def _known(self, planned: Planned) -> bool:
        """Whether the obligation needs no run: its verdicts are stored, or its model is ill formed."""
        from verifier.jobs.nightly.outcome import entry, trusted, unusable

        history = self._durations(planned)
        if planned.fault is not None:
            self._add(entry(planned, unusable(planned), cached=False, history=history))
            return True
        stored = None if self.options.fresh else self.store.verdict(self.keys[planned.id])
        if stored is None:
            return False
        try:
            if not trusted(stored):
                return False
            found = entry(planned, stored, cached=True, history=history)
        except (LookupError, TypeError, ValueError):
            return False
        if found.status == "failed":
            return False
        folders.write_certificates(self.out, planned.id, stored["certificates"])
        self._add(found)
        return True

    def _outcomes(self, pending: list[Planned]) -> Generator[Event]:
        orders = [
            {
                "id": one.id,
                "job": one.job(),
                "timeout": one.timeout,
                "memory": one.memory,
                "certificates": one.certificates,
            }
            for one in pending
        ]
        if self.options.scheduler is not None:
            from verifier.jobs.nightly.cluster import run_there

            return run_there(orders, address=self.options.scheduler, on_tick=self.watch.on_tick)
        return run_here(
            orders,
            jobs=self.jobs,
            on_start=self.watch.on_start,
            on_event=self.watch.on_event,
            on_tick=self.watch.on_tick,
        )

    def _finish(self, planned: Planned, outcome: Event) -> None:
        """Remembers an outcome at once, and enters it into the report."""
        from verifier.jobs.nightly.outcome import entry, trusted

        history = self._durations(planned)
        found = entry(planned, outcome, cached=False, history=history)
        if found.status != "failed" and trusted(outcome) and self._same_inputs(planned, outcome):
            self.store.keep(self.keys[planned.id], planned.id, outcome["started"], outcome)
        if found.status != "failed" and outcome["seconds"] is not None:
            self.store.took(self._name(planned), outcome["started"], outcome["seconds"])
        folders.write_certificates(self.out, planned.id, outcome["certificates"])
        self._add(found)

    def _same_inputs(self, planned: Planned, outcome: Event) -> bool:
        """Whether what was run is what the key was made of; files may change during a run, and other machines differ."""
        found = (outcome["document"].get("evidence_digest"), outcome["sources"], outcome["versions"])
        return bool(found == (planned.digest, self.sources, dict(versions())))

    def _add(self, found: Obligation) -> None:
        self.entries[found.id] = found
        self.watch.on_finish(found)

    def _fill(self) -> None:
        from verifier.jobs.nightly.outcome import not_run

        for one in self.planned:
            if one.id not in self.entries:
                self.entries[one.id] = not_run(one, "the run was interrupted", self._durations(one))
