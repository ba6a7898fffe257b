"""Nightly runs: a suite of obligations, and the pages of its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from verifier.jobs.arguments import check_limits, check_number
from verifier.jobs.session import Interrupted, NotWritten
from verifier.kernel.errors import UsageError

if TYPE_CHECKING:
    from verifier.documents import Nightly
    from verifier.jobs.nightly.run import Watch


def nightly(
    *,
    suite: str | Path | None = None,
    jobs: int | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    keep: int | None = None,
    scheduler: str | None = None,
    store: str | Path | None = None,
    timeout: float | None = None,
    watch: Watch | None = None,
) -> Nightly:
    """Run a suite of obligations, each in its own process, and compare the verdicts with the expectations.

    Args:
        suite: a TOML file (`verify.suite/1`); the shipped suite if left out.
        jobs: the number of obligations to run at a time; by default the number of available processors.
        out: the folder of the report; by default `reports/<date>`, for a suite of your own `reports/<date>-<name>`.
        fresh: run everything, whatever the store of verdicts holds.
        keep: remove all but this many of the newest dated report folders next to this one.
        scheduler: the address of a Dask scheduler, to run on its cluster.
        store: the file of the store; by default `reports/nightly.sqlite`.
        timeout: seconds for the whole run, in addition to the limits of each obligation in the suite; obligations not run by
            then are open.
        watch: for front ends, callbacks.

    Returns:
        The report, which is also in the folder as `report.json`, next to the pages made from it.

    Raises:
        UsageError: the suite or an option is wrong; nothing was run.
        CutOff: the time limit ran out before anything was run.
        Interrupted: the user interrupted the run; `partial` is the report on the finished obligations.
        NotWritten: a file of the report could not be written; `partial` is the report.
        InternalError: the tool itself failed. A failure within one obligation is in the report.
    """
    check_number("jobs", jobs, 1)
    check_number("keep", keep, 1)
    check_limits(timeout, None, in_process=False)
    from verifier.jobs.nightly.run import Options, Watch, run_suite

    chosen = Options(
        suite=None if suite is None else Path(suite),
        jobs=jobs,
        out=None if out is None else Path(out),
        fresh=fresh,
        keep=keep,
        scheduler=scheduler,
        store=None if store is None else Path(store),
        timeout=timeout,
    )
    watch = watch or Watch()
    result = run_suite(chosen, watch)
    if watch.folder is not None:
        from verifier.report.pages import write_pages

        try:
            write_pages(result, watch.folder)
        except UsageError as error:
            watch.unwritten.append(error.message)
    if result.ended == "interrupted":
        raise Interrupted(result)
    if watch.unwritten:
        raise NotWritten(watch.unwritten[0], result)
    return result


def report(folder: str | Path) -> Nightly:
    """Write a night's pages again (`index.html` and `pages/`, `junit.xml`, `summary.md`), from its `report.json` alone.

    Args:
        folder: the folder that holds `report.json` and receives the pages.

    Raises:
        UsageError: there is no such document, or a page cannot be written.
    """
    from verifier.report.pages import rebuild

    return rebuild(folder)
