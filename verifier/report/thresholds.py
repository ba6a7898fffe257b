"""Thresholds as text: a table, and for each the smallest example and the command that shows it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from verifier.documents import Threshold, Thresholds
from verifier.report.layout import Column, Grid, Item
from verifier.report.lemmas import next_line
from verifier.report.phrases import sizes as valued
from verifier.report.phrases import steps


def thresholds_text(result: Thresholds) -> Iterator[Item]:
    """The share at which each property begins to fail."""
    given = result.stakes
    sizes = "any sizes" if given is None else f"{len(given)} {'holder' if len(given) == 1 else 'holders'} of given stakes"
    fixed = f" with {valued(result.parameters)}" if result.parameters else ""
    yield Text.assemble((result.protocol, "bold"), f"  share of {result.part} in {result.whole}, {sizes}{fixed}")
    example = "smallest example" if given is None else "smallest coalition"
    grid = Grid("property", "holds as long as", Column("run", right=True), free=example, label=example)
    for entry in result.thresholds:
        holds, run, witness = _cells(entry)
        grid.add(entry.property, holds, run, free=witness)
    yield grid
    if result.lemmas:
        yield Text(f"holds in every reachable state, whatever the share: {', '.join(result.lemmas)}", style="dim")
    for entry in result.thresholds:
        if entry.reason is not None:
            yield Text(f"{entry.property}: {entry.reason}", style="magenta")
    yield thresholds_summary(result)
    shown = next((entry.command for entry in result.thresholds if entry.steps is not None), None)
    if shown is not None:
        yield next_line(shown)


def thresholds_summary(result: Thresholds) -> Text:
    """One line: the number of thresholds found."""
    found = sum(entry.fraction is not None for entry in result.thresholds)
    always = sum(entry.fraction is None and entry.known for entry in result.thresholds)
    line = Text(f"{result.protocol}: {found} {'threshold' if found == 1 else 'thresholds'}")
    if always:
        line.append(f", {always} {'holds' if always == 1 else 'hold'} at any share", style="green")
    if result.ended != "complete":
        line.append(f" ({result.ended})", style="magenta")
    return line.append("" if result.seconds is None else f" in {result.seconds:.2f} s")


def _cells(entry: Threshold) -> tuple[str, str, str]:
    if entry.fraction is None:
        return ("always" if entry.known else "?"), "", ""
    if entry.coalition is None:
        witness = ", ".join(f"{name} = {amount}" for name, amount in (entry.witness or {}).items())
    else:
        witness = ", ".join(entry.coalition)
    run = "" if entry.steps is None else steps(entry.steps)
    return f"share {'<=' if entry.strict else '<'} {entry.fraction}", run, witness
