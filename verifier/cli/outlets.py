"""Files for other programs that a command writes on request: JUnit's XML, and SARIF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from verifier.files.writing import check_writable, write
from verifier.jobs.arguments import usage

if TYPE_CHECKING:
    from verifier.documents import Nightly, Result, Results
    from verifier.report.layout import Item

D = TypeVar("D")
Way = Callable[[D], None]

Junit = Annotated[
    str | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML, for CI systems.")
]
Sarif = Annotated[
    str | None,
    typer.Option("--sarif", metavar="FILE", help="Write properties that are not proved as SARIF, for code scanning and editors."),
]
Problems = Annotated[
    bool, typer.Option("--problems", help="Print a line FILE:LINE: for each property that is not proved, as compilers do.")
]


def of_results(junit: str | None, sarif: str | None, *, hints: str | None = None) -> list[Way[Result | Results]]:
    """The ways to write results. Raises UsageError, before any work is done, for a file that cannot be written."""

    def as_junit(result: Result | Results) -> str:
        from verifier.report.junit import junit_of_results

        return junit_of_results(result)

    def as_sarif(result: Result | Results) -> str:
        from verifier.report.sarif import sarif_of_results

        return sarif_of_results(result)

    def as_hints(result: Result | Results) -> str:
        from verifier.report.hints import hints_of_results

        return hints_of_results(result)

    ways = [*_way(junit, "--junit", as_junit), *_way(sarif, "--sarif", as_sarif)]
    return [*ways, *_way(hints, "--write-hints", as_hints)]


def of_night(junit: str | None, sarif: str | None) -> list[Way[Nightly]]:
    """The ways to write a night. Raises UsageError, before any work is done, for a file that cannot be written."""

    def as_junit(report: Nightly) -> str:
        from verifier.report.junit import junit_xml

        return junit_xml(report)

    def as_sarif(report: Nightly) -> str:
        from verifier.report.sarif import sarif_of_night

        return sarif_of_night(report)

    return [*_way(junit, "--junit", as_junit), *_way(sarif, "--sarif", as_sarif)]


def problem_lines(result: Result | Results) -> Iterator[Item]:
    """A line for each property that is not proved, then a summary line for each protocol."""
    from verifier.report.layout import Unbroken
    from verifier.report.problems import problems
    from verifier.report.text import summary

    for one in result.results:
        yield from (Unbroken(problem.line) for problem in problems(one))
    yield from map(summary, result.results)


def _way(file: str | None, option: str, text: Callable[[D], str]) -> Iterator[Way[D]]:
    if file is None:
        return
    if file == "-":
        raise usage(f"{option} -: it is written to a file", "give the name of a file: verify.xml")
    check_writable(file, option)
    yield lambda result: write(file, text(result))
