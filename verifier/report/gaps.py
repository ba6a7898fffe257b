"""A table of guards with the properties that break without each; guards on which no property depends stand out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from verifier.documents.gaps import Drop, Gaps
from verifier.report.layout import Column, Command, Grid, Item
from verifier.report.phrases import named, scope, steps

PROTECTS = "green"
INERT = "bold yellow"
OPEN = "magenta"


def gaps_text(gaps: Gaps) -> Iterator[Item]:
    """Every guard and choice, the properties that break without it and in how many steps, or the certainty that none does."""
    title = Text.assemble((_named(gaps), "bold"), "  each guard and choice left out alone")
    yield title.append(f" {about}" if (about := scope(None, gaps.parameters)) else "")
    if gaps.baseline.violated:
        names = ", ".join(gaps.baseline.violated)
        yield Text(f"violated with nothing left out, so not counted as broken: {names}", style="yellow")
    kind, states = Column("kind", beside_title=True), Column("reachable states", right=True)
    grid = Grid("left out", kind, states, free="breaks", label="breaks")
    if gaps.baseline.distinct is not None:
        grid.add(Text("(nothing)", style="dim"), "", Text(f"{gaps.baseline.distinct:,}", style="dim"))
    for drop in gaps.drops:
        grid.add(drop.full_name, Text(drop.kind, style="dim"), Text(_states(drop), style="dim"), free=_breaks(drop))
    yield grid
    if gaps.inert:
        yield Text("")
        yield Text("no property depends on", style=INERT)
        for drop in gaps.inert:
            same = ", and without it the same states are reachable" if drop.same_states else ""
            yield Text.assemble("  ", (drop.full_name, INERT), same)
    command = next((broken.command for drop in gaps.drops for broken in drop.breaks if broken.command), None)
    if command is not None:
        yield Text("")
        yield Command(Text("to see one break: ", style="dim"), command)
    yield gaps_summary(gaps)


def gaps_summary(gaps: Gaps) -> Text:
    """One line: the number of guards and choices that matter, that are inert, and that are not decided."""
    breaking = sum(bool(drop.breaks) for drop in gaps.drops)
    counts = [
        (breaking, "break something", PROTECTS),
        (len(gaps.inert), "inert", INERT),
        (len(gaps.drops) - breaking - len(gaps.inert), "not decided", OPEN),
    ]
    line = Text()
    for count, what, style in counts:
        if count:
            line.append(", " if line else "").append(f"{count} {what}", style=style)
    if not line:
        nothing = "there is no guard or choice to leave out" if gaps.ended == "complete" else "nothing was left out yet"
        line.append(nothing)
    if gaps.ended != "complete":
        line.append(f" ({gaps.ended})", style="magenta")
    if gaps.seconds is not None:
        line.append(f" in {gaps.seconds:.2f} s")
    return Text.assemble(f"{_named(gaps)}: ", line)


def _named(gaps: Gaps) -> str:
    return named(gaps.protocol, gaps.variant)


def _breaks(drop: Drop) -> Text:
    if drop.breaks:
        result = Text()
        for broken in drop.breaks:
            result.append(", " if result else "").append(broken.property, style=PROTECTS)
            loop = None if broken.trace.loop is None else broken.trace.steps - broken.trace.loop
            result.append(f" in {steps(broken.steps)}" if loop is None else f" by a lasso of stem {broken.steps}, loop {loop}")
        return result if drop.complete else result.append(", perhaps more", style=OPEN)
    if drop.inert:
        return Text("nothing", style=INERT)
    if drop.reason is not None:
        return Text(f"not decided: {drop.reason}", style=OPEN)
    return Text(f"nothing within {drop.k} steps", style=OPEN)


def _states(drop: Drop) -> str:
    if drop.same_states:
        return "the same"
    return "" if drop.distinct is None else f"{drop.distinct:,}"
