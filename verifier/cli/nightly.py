"""`verify nightly`: its options, a live table on a terminal, plain lines in logs, and annotations where GitHub runs it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from verifier import api
from verifier.cli import exitcodes, options, outlets, screen, streams
from verifier.cli.front import Front
from verifier.cli.messages import say
from verifier.kernel.characters import one_line

if TYPE_CHECKING:
    from rich.text import Text

    from verifier.documents import Nightly, Obligation
    from verifier.jobs.nightly.run import Watch
    from verifier.report.layout import Item
    from verifier.wire import events

_ROWS = 24  # running obligations that the table shows


def nightly(
    context: typer.Context,
    suite: Annotated[
        str | None, typer.Option("--suite", metavar="FILE", help="The suite, a TOML file; the shipped one if left out.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", help="Obligations at a time; by default the cores.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR", help="Where the report goes; by default reports/<date>[-SUITE].")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything again, whatever the store holds.")] = False,
    keep: Annotated[
        int | None, typer.Option("--keep", metavar="N", help="Remove all but the newest N dated reports next to it.")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FILE", help="The store of verdicts; by default reports/nightly.sqlite."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster of this scheduler.")
    ] = None,
    timeout: options.Timeout = None,
    junit: outlets.Junit = None,
    sarif: outlets.Sarif = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Run a suite of obligations in parallel, and compare the verdicts with the expectations."""
    from verifier.report.nightly import brief_text, nightly_text

    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    written = outlets.of_night(junit, sarif)
    progress = Progress(
        terminal=sys.stderr.isatty() and os.environ.get("TERM") != "dumb",
        quiet=quiet,
        color=screen.colored(sys.stderr, no_color=no_color),
    )

    watch = progress.watch(front.check_interrupt)

    def call(_: api.Session) -> Nightly:
        try:
            return api.nightly(
                suite=suite,
                jobs=jobs,
                out=out,
                fresh=fresh,
                keep=keep,
                store=store,
                scheduler=scheduler,
                timeout=timeout,
                watch=watch,
            )
        finally:
            progress.close()

    return front.run(
        call,
        code=exitcodes.of_nightly,
        text=lambda report: nightly_text(report, str(watch.folder)),
        brief=brief_text,
        also=[lambda report: annotate(report, watch.folder, to_stdout=json_file != "-"), *written],
    )


class Progress:
    """Shows a run on standard error: a table that changes on a terminal, otherwise one line for each finished obligation."""

    def __init__(self, *, terminal: bool, quiet: bool, color: bool) -> None:
        self._terminal = terminal and not quiet
        self._quiet = quiet
        self._color = color
        self._lock = threading.Lock()
        self._running: dict[str, tuple[float, events.Progress | None]] = {}
        self._done = 0
        self._cached = 0
        self._total = 0
        self._live: Any = None

    def watch(self, check: Callable[[], None]) -> Watch:
        """The callbacks for the run; `check` is called about four times a second, too."""
        from verifier.jobs.nightly.run import Watch

        def tick() -> None:
            check()
            self._tick()

        return Watch(
            on_plan=self._plan,
            on_start=self._start,
            on_event=self._event,
            on_finish=self._finish,
            on_tick=tick,
            on_wait=say,
        )

    def close(self) -> None:
        """Take the table off the terminal."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _plan(self, pending: list[str], total: int) -> None:
        self._total = total
        if self._quiet:
            return
        if not self._terminal:
            say(f"{total} obligations, {total - len(pending)} of them known, {len(pending)} to run")
        elif pending:
            from rich.console import Console
            from rich.live import Live

            console = Console(
                file=sys.stderr, color_system="standard" if self._color else None, highlight=False, markup=False, emoji=False
            )
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()

    def _start(self, name: str) -> None:
        with self._lock:
            self._running[name] = (time.monotonic(), None)

    def _event(self, name: str, event: events.Event) -> None:
        if event["event"] == "progress":
            with self._lock:
                self._running[name] = (self._running[name][0], event)

    def _finish(self, entry: Obligation) -> None:
        with self._lock:
            self._running.pop(entry.id, None)
        self._done += 1
        self._cached += entry.cached
        if self._quiet or (entry.cached and entry.met):
            return
        seconds = "" if entry.seconds is None else f"  {entry.seconds:.1f} s"
        line = f"{entry.status:<12} {entry.id}{seconds}" + (f"  {entry.reason}" if entry.reason else "")
        if self._live is None:
            if not self._terminal:
                streams.note(f"{one_line(line)}\n")
        elif not entry.met:
            style = "red" if entry.status in ("contradicted", "failed") else "yellow"
            self._live.console.print(_folded([one_line(line)]), style=style)

    def _tick(self) -> None:
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Text:
        """The obligations that are running, and for how long."""
        from verifier.report.layout import Column, Grid

        grid = Grid("obligation", "engine", Column("k", right=True), Column("seconds", right=True))
        with self._lock:
            rows = sorted(self._running.items(), key=lambda item: item[1][0])
        moment = time.monotonic()
        for name, (began, event) in rows[:_ROWS]:
            engine = event["engine"] if event is not None else None
            depth = event["k"] if event is not None else None
            grid.add(one_line(name), engine or "", "" if depth is None else str(depth), f"{moment - began:.0f}")
        known = f", {self._cached} from the store" if self._cached else ""
        return _folded([grid, f"{self._done} of {self._total} done{known}"])


def _folded(items: list[Item]) -> Text:
    """The items laid out for the terminal of standard error, as one text."""
    from rich.text import Text

    from verifier.report.layout import laid_out

    return Text("\n", overflow="ignore", no_wrap=True).join(laid_out(items, screen.columns(sys.stderr)))


def annotate(report: Nightly, folder: Path | None, *, to_stdout: bool) -> None:
    """Where GitHub runs the command, mark each difference, and add the summary to the page of the run."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from verifier.report.summary import github_annotations

    lines = "".join(f"{line}\n" for line in github_annotations(report))
    streams.commands(lines, to_stdout=to_stdout)
    page, summary = os.environ.get("GITHUB_STEP_SUMMARY"), None if folder is None else folder / "summary.md"
    if page and summary is not None and summary.is_file():
        try:
            with Path(page).open("a", encoding="utf-8") as file:
                file.write(summary.read_text(encoding="utf-8"))
        except OSError as error:
            say(f"{page} cannot be written: {error.strerror}")
