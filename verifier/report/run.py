"""Sample runs as text: how often actions were enabled and taken, the coverage, the violations, a path to a state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from verifier.report.layout import Column, Grid, Item
from verifier.report.phrases import named, scope, steps
from verifier.report.text import STYLES
from verifier.report.trace import trace_lines

if TYPE_CHECKING:
    from verifier.documents.search import Run


def run_text(run: Run, *, samples: bool = True) -> Iterator[Item]:
    """The outcome of runs, with the `samples` if requested."""
    count = "sample runs" if run.runs is None else "1 run" if run.runs == 1 else f"{run.runs:,} runs"
    limits = f" of at most {run.depth} steps, seed {run.seed}" if run.depth is not None else ""
    if run.until is None or run.runs:
        line = Text.assemble((named(run.protocol, run.variant), "bold"), f"  {count}{limits}")
    else:
        line = Text.assemble((named(run.protocol, run.variant), "bold"), "  breadth first")
    yield line.append(f" {about}" if (about := scope(None, run.parameters)) else "")
    if run.until is not None:
        yield from _until(run, samples)
    else:
        yield from _figures(run)
        if samples:
            yield from _samples(run)
        yield from _violations(run)
    if run.ended != "complete":
        yield Text(f"not complete ({run.ended})", style="magenta")


def _until(run: Run, samples: bool) -> Iterator[Item]:
    if run.found and run.trace is not None:
        if samples:
            yield from trace_lines(run.trace)
        shortest = "no run is shorter" if run.shortest else "there may be a shorter run"
        yield Text.assemble(("found", "green"), f" in {steps(run.steps or 0)}: {run.until}; {shortest}")
    elif run.complete:
        yield Text(f"not found: {run.until} is true in no reachable state", style="magenta")
    elif run.ended == "complete":
        yield Text(f"not found: {run.until}; there may be such a state all the same", style="magenta")


def _figures(run: Run) -> Iterator[Item]:
    """For each action, the number of states in which it was enabled and of steps that took it; then the actions and labels not
    seen.
    """
    if not run.actions:
        return
    grid = Grid("action", Column("enabled", right=True), Column("fired", right=True))
    for action in run.actions:
        grid.add(action.action, f"{action.enabled:,}", f"{action.fired:,}", style="" if action.fired else "yellow")
    yield grid
    if run.missing:
        yield Text(f"not seen: {', '.join(run.missing)}; more or longer runs may show it, or verify explore say that none does",
                   style="yellow")
    else:
        yield Text("every action and every label was seen", style="green")


def _samples(run: Run) -> Iterator[Item]:
    for number, sample in enumerate(run.samples, 1):
        yield Text("")
        yield Text.assemble((f"sample {number}", "bold"), f", {steps(sample.steps)}, shows {', '.join(sample.shows)}")
        yield from trace_lines(sample.trace)


def _violations(run: Run) -> Iterator[Item]:
    for violation in run.violations:
        yield Text("")
        verdict = ("VIOLATED", STYLES["violated"])
        yield Text.assemble((violation.property, "bold"), " is ", verdict, f" in {steps(violation.steps)}")
        yield from trace_lines(violation.trace, violation.explanation or ())
    if not run.violations:
        met = "no violation was met" if run.runs else "no run was finished"
        yield Text(f"{met}; random runs prove nothing")
