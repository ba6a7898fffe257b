"""A run of a suite from its file to its report: plan, look up known verdicts, run the rest, remember and compare.

No failure of one obligation, of the store or of the disk costs the report the outcomes of the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from verifier.files.scratch import remove_abandoned
from verifier.files.writing import prepare_folder, write
from verifier.jobs.forkserver import ForkServer
from verifier.jobs.nightly import folder as folders
from verifier.jobs.nightly.commits import commit_of
from verifier.jobs.nightly.digests import sources_digest, versions
from verifier.jobs.nightly.execute import Start, now
from verifier.jobs.nightly.files import default_suite
from verifier.jobs.nightly.local import cores, run_here
from verifier.jobs.nightly.plan import Planned
from verifier.jobs.nightly.planning import read_plan
from verifier.jobs.nightly.store import Store
from verifier.kernel.errors import UsageError

if TYPE_CHECKING:
    from verifier.documents import Nightly, Obligation
    from verifier.wire.events import Event
    from verifier.wire.nights import Order, Outcome, Ran

STORE = Path("reports") / "nightly.sqlite"


@dataclass(slots=True)
class Watch:
    """How a front end follows a run; every field may be left out.

    Attributes:
        on_plan: called once with the ids of the obligations that will be run, in their order, and the number of all.
        on_start: called when an obligation begins; from any thread.
        on_event: called with each event of an obligation's worker; from any thread.
        on_finish: called with the report's entry for each obligation once it is known, stored ones first.
        on_tick: called about four times a second.
        on_wait: called with a line when the run has to wait for something.
        folder: the folder of the report, known once the suite has been read.
        unwritten: the messages for parts of the report that could not be written.
    """

    on_plan: Callable[[list[str], int], None] = field(default=lambda pending, total: None)
    on_start: Callable[[str], None] = field(default=lambda name: None)
    on_event: Callable[[str, Event], None] = field(default=lambda name, event: None)
    on_finish: Callable[[Obligation], None] = field(default=lambda entry: None)
    on_tick: Callable[[], None] = field(default=lambda: None)
    on_wait: Callable[[str], None] = field(default=lambda message: None)
    folder: Path | None = field(default=None, init=False)
    unwritten: list[str] = field(default_factory=list, init=False)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run; None stands for the default."""

    suite: Path | None = None
    jobs: int | None = None
    out: Path | None = None
    fresh: bool = False
    keep: int | None = None
    scheduler: str | None = None
    store: Path | None = None
    timeout: float | None = None


def run_suite(options: Options, watch: Watch) -> Nightly:
    """Run a suite; the report document is written last, as `report.json`.

    Returns:
        The report; it is in `watch.folder`, except the parts that `watch.unwritten` names. After an interrupt, or when the time
        limit ran out, the report says so, and holds the finished obligations.

    Raises:
        UsageError: the suite or an option is wrong; nothing was run.
        CutOff: the time limit ran out before anything was run.
    """
    began = time.monotonic()
    deadline = None if options.timeout is None else began + options.timeout
    path = options.suite or default_suite()
    with ExitStack() as servers:

        def serve(references: Iterable[str]) -> Start:
            return servers.enter_context(closing(ForkServer(references))).start

        suite, planned, start = read_plan(path, deadline, watch.on_tick, serve)
        suite_name = None if options.suite is None else str(options.suite)
        where = options.out or folders.default_folder(date.today().isoformat(), suite_name)
        out = prepare_folder(where, "--out", parents=True)
        watch.folder = out
        remove_abandoned()
        store = Store(options.store or STORE, say=watch.on_wait)
        with closing(store):
            job = _Night(options, watch, path, suite.title, planned, start, out, store, deadline)
            report = job.report(began)
    try:
        write(out / folders.REPORT, report.to_json())
    except UsageError as error:
        watch.unwritten.append(error.message)
        return report
    folders.remove(job.outdated(report))
    if options.keep is not None:
        folders.retain(out, options.keep)
    return report


class _OutOfTime(Exception):
    """The time limit of the run has passed."""


class _Night:
    """The state of one run."""

    def __init__(
        self,
        options: Options,
        watch: Watch,
        path: Path,
        title: str | None,
        planned: list[Planned],
        start: Start,
        out: Path,
        store: Store,
        deadline: float | None,
    ) -> None:
        self.options = options
        self.watch = watch
        self.suite = folders.SHIPPED if options.suite is None else str(path)
        self.identity = self.suite if options.suite is None else f"{self.suite}\0{path.resolve()}"
        """Identifies the suite in the store."""
        self.title = title
        self.planned = planned
        self.start = start
        self.out = out
        self.store = store
        self.deadline = deadline
        self.jobs = options.jobs or cores()
        self.started = now()
        self.sources = sources_digest()
        self.commit = commit_of(path.resolve().parent)
        self.keys = {one.id: one.key(self.sources, versions()) for one in planned}
        self.entries: dict[str, Obligation] = {}
        self.messages: list[str] = []
        self.before = folders.earlier_certificates(out)
        self.ended: Literal["complete", "interrupted", "timeout"] = "complete"

    def report(self, began: float) -> Nightly:
        """Answers from the store where possible, runs the rest, and returns the whole report."""
        from verifier.documents import Nightly
        from verifier.jobs.nightly.changes import changes, outcomes
        from verifier.jobs.nightly.origins import Tonight, remember, with_origins

        try:
            self._answer()
        except KeyboardInterrupt:
            self.ended = "interrupted"
        except _OutOfTime:
            self.ended = "timeout"
        self._fill()
        last = self.store.last_run(self.identity)
        tonight = Tonight(self.started, self.commit, self.sources, versions())
        known = [self.entries[one.id] for one in self.planned]
        entries = with_origins(known, self.planned, last[1] if last is not None else {}, tonight)
        result = {
            one.id: remember(outcome, entry, tonight, tonight.inputs(one))
            for one, entry, outcome in zip(self.planned, entries, outcomes(entries).values(), strict=True)
        }
        if self.ended == "complete":
            self.store.finished(self.identity, self.started, result)
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
            commit=self.commit,
            ended=self.ended,
            previous=last[0] if last is not None else None,
            changes=changes(last[1], result) if last is not None and self.ended == "complete" else (),
            messages=(*self.messages, *self.store.messages, *self.watch.unwritten),
            obligations=entries,
        )

    def outdated(self, report: Nightly) -> list[Path]:
        """The certificates of an earlier report in the same folder that this one does not list."""
        listed = {self.out / entry.path for one in report.obligations for entry in one.certificates}
        return [path for path in self.before if path not in listed]

    def _answer(self) -> None:
        pending = [one for one in self.planned if not self._known(one)]
        durations = {one.id: self._last(one) for one in pending}
        # The longest first, so none is left running alone at the end; an obligation that never ran might be long.
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
        """The store's name for an obligation of this suite: another suite may have one of the same name."""
        return f"{self.identity}\0{planned.id}"

    def _durations(self, planned: Planned, limit: int = 60) -> list[tuple[str, float]]:
        return self.store.durations(self._name(planned), limit)

    def _known(self, planned: Planned) -> bool:
        """Whether the obligation needs no run: its verdicts are stored, or its model is ill formed."""
        from verifier.jobs.nightly.outcome import entry, remembered, unusable

        history = self._durations(planned)
        if planned.fault is not None:
            self._add(entry(planned, unusable(planned), cached=False, history=history))
            return True
        stored = None if self.options.fresh else self.store.verdict(self.keys[planned.id])
        if stored is None:
            return False
        known = remembered(planned, stored, history)
        if known is None:
            return False
        obligation, outcome = known
        self._write_certificates(planned, outcome)
        self._add(self._compared(planned, obligation))
        return True

    def _compared(self, planned: Planned, obligation: Obligation) -> Obligation:
        """The obligation with its earlier traces, where these are of use."""
        from verifier.jobs.nightly.earlier import compares, with_earlier

        if not compares(obligation):
            return obligation
        stored = self.store.earlier(self._name(planned), self.keys[planned.id])
        return obligation if stored is None else with_earlier(obligation, stored)

    def _lost(self, message: str) -> None:
        self.messages.append(message)
        self.watch.on_wait(message)

    def _tick(self) -> None:
        self.watch.on_tick()
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise _OutOfTime

    def _outcomes(self, pending: list[Planned]) -> Generator[Outcome]:
        orders: list[Order] = [
            {
                "id": one.id,
                "job": one.job(),
                "timeout": one.timeout,
                "wall": one.wall,
                "memory": one.memory,
                "certificates": one.certificates,
            }
            for one in pending
        ]
        if self.options.scheduler is not None:
            from verifier.jobs.nightly.cluster import run_there

            return run_there(orders, address=self.options.scheduler, on_tick=self._tick, on_lost=self._lost)
        return run_here(
            orders,
            jobs=self.jobs,
            start=self.start,
            on_start=self.watch.on_start,
            on_event=self.watch.on_event,
            on_tick=self._tick,
        )

    def _finish(self, planned: Planned, outcome: Outcome) -> None:
        """Remembers an outcome at once, and enters it into the report."""
        from verifier.jobs.nightly.outcome import returned, trusted

        obligation, ran = returned(planned, outcome, self._durations(planned))
        started, spent = ran["started"], ran["processor"]
        if obligation.status != "failed" and started is not None:
            if trusted(ran) and self._same_inputs(planned, ran):
                self.store.keep(self.keys[planned.id], self._name(planned), started, ran)
            if spent is not None:
                self.store.lasted(self._name(planned), started, spent)
        self._write_certificates(planned, ran)
        self._add(self._compared(planned, obligation))

    def _write_certificates(self, planned: Planned, outcome: Ran) -> None:
        """Write the certificates. A failure is reported once, and costs no verdict."""
        try:
            folders.write_certificates(self.out, planned.id, outcome["certificates"])
        except UsageError as error:
            if not self.watch.unwritten:
                self.watch.unwritten.append(error.message)

    def _same_inputs(self, planned: Planned, outcome: Ran) -> bool:
        """Whether the run used the inputs that the key was made from; files may change meanwhile, and other machines differ."""
        document = outcome["document"]
        digest = None if document is None else document.get("evidence_digest")
        return (digest, outcome["sources"], outcome["versions"]) == (planned.digest, self.sources, dict(versions()))

    def _add(self, obligation: Obligation) -> None:
        self.entries[obligation.id] = obligation
        self.watch.on_finish(obligation)

    def _fill(self) -> None:
        from verifier.jobs.nightly.outcome import not_run

        reason = (
            f"the time limit of the run was reached ({self.options.timeout:g} s)" if self.ended == "timeout" else ""
        )
        for one in self.planned:
            if one.id not in self.entries:
                history = self._durations(one)
                self.entries[one.id] = not_run(one, reason or "the run was interrupted", history)
