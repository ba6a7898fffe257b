"""What breaks without which guard, as a table, and the guards on which no property depends."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from verifier.documents.gaps import Drop, Gaps
from verifier.report.listing import value as parameter_value


def gaps_text(gaps: Gaps) -> Iterator[RenderableType]:
    """Every guard and choice, what breaks without it in how many steps, and how surely nothing does."""
    parameters = " ".join(f"{name}={parameter_value(value)}" for name, value in gaps.parameters.items())
    title = Text.assemble((_named(gaps), "bold"), ("  each guard and choice left out alone", ""))
    yield title.append(f"  {parameters}" if parameters else "", style="dim")
    if gaps.baseline.violated:
        names = ", ".join(gaps.baseline.violated)
        yield Text(f"violated with nothing left out, so not said to break: {names}", style="yellow")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("left out", "kind", "breaks", "reachable states"):
        table.add_column(heading, no_wrap=True)
    if gaps.baseline.distinct is not None:
        table.add_row(Text("(nothing)", style="dim"), "", "", Text(f"{gaps.baseline.distinct:,}", style="dim"))
    for drop in gaps.drops:
        table.add_row(
            Text(drop.full_name), Text(drop.kind, style="dim"), _breaks(drop), Text(_states(drop), style="dim")
        )
    yield table
    if gaps.inert:
        yield Text("")
        yield Text("no property depends on")
        for drop in gaps.inert:
            same = ", and without it the same states are reachable" if drop.same_states else ""
            yield Text(f"  {drop.full_name}{same}")
    if any(drop.breaks for drop in gaps.drops):
        yield Text("")
        yield Text("--drop ACTION.NAME, given to verify prove, shows how it breaks", style="dim")
    yield gaps_summary(gaps)


def gaps_summary(gaps: Gaps) -> Text:
    """One line: how many guards and choices something depends on, and how many are inert or not decided."""
    breaking = sum(bool(drop.breaks) for drop in gaps.drops)
    counts = [
        (breaking, "break something", "bold red"),
        (len(gaps.inert), "inert", "green"),
        (len(gaps.drops) - breaking - len(gaps.inert), "not decided", "magenta"),
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
    return gaps.protocol if gaps.variant is None else f"{gaps.protocol}:{gaps.variant}"


def _breaks(drop: Drop) -> Text:
    if drop.breaks:
        result = Text()
        for broken in drop.breaks:
            result.append(", " if result else "").append(broken.property, style="bold red")
            loop = None if broken.trace.loop is None else broken.trace.steps - broken.trace.loop
            steps = f"in {broken.steps} {'step' if broken.steps == 1 else 'steps'}"
            result.append(f" {steps if loop is None else f'by a lasso of stem {broken.steps}, loop {loop}'}")
        return result if drop.complete else result.append(", perhaps more", style="magenta")
    if drop.inert:
        return Text("nothing", style="green")
    if drop.reason is not None:
        return Text(drop.reason, style="magenta")
    return Text(f"nothing within {drop.k} steps", style="magenta")


def _states(drop: Drop) -> str:
    if drop.same_states:
        return "the same"
    return "" if drop.distinct is None else f"{drop.distinct:,}"
