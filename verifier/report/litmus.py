"""Litmus tests as text: what each memory model says, then an execution as a picture of events and what relates them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from verifier.documents.litmus import Litmus, LitmusExecution, LitmusModel, LitmusTest

STYLES = {"allowed": "yellow", "forbidden": "green", None: "magenta"}


def litmus_text(result: Litmus) -> Iterator[RenderableType]:
    """Each test with its table and pictures."""
    for number, test in enumerate(result.tests):
        if number:
            yield Text("")
        yield from _test(test)


def litmus_summary(result: Litmus) -> Iterator[RenderableType]:
    """A line for each test."""
    for test in result.tests:
        words = ", ".join(f"{entry.model} {entry.outcome or 'unknown'}" for entry in test.models)
        yield Text(f"{test.name}: {words}")


def _test(test: LitmusTest) -> Iterator[RenderableType]:
    yield Text(f"{test.name}  {test.quantifier} {test.condition}")
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="")
    for heading in ("model", "negated condition" if test.quantifier == "forall" else "outcome", "by", "expected"):
        table.add_column(heading)
    for entry in test.models:
        told = Text(entry.outcome or "unknown", style=STYLES[entry.outcome])
        table.add_row(entry.model, told, " and ".join(entry.axioms), _expectation(entry))
    yield table
    for entry in test.models:
        if entry.reason:
            yield Text(f"{entry.model}: {entry.reason}")
        if entry.race:
            yield Text(f"{entry.model}: {' and '.join(entry.race)} race, so that the program has no meaning in C", style="red")
    yield from _pictures(test)


def _expectation(entry: LitmusModel) -> str:
    if entry.expected is None:
        return ""
    return entry.expected if entry.met else f"{entry.expected}, which it is not" if entry.met is False else entry.expected


def _pictures(test: LitmusTest) -> Iterator[RenderableType]:
    """Each execution once, with what the models say of it."""
    shown: dict[str, list[tuple[LitmusModel, LitmusExecution]]] = {}
    for entry in test.models:
        if entry.execution is not None:
            key = repr((entry.execution.events, entry.execution.edges))
            shown.setdefault(key, []).append((entry, entry.execution))
    for entries in shown.values():
        execution = entries[0][1]
        yield Text("")
        yield _threads(execution)
        yield Text(_edges(execution))
        for entry, own in entries:
            yield from _verdict(entry, own)


def _threads(execution: LitmusExecution) -> RenderableType:
    """The threads beside each other, the initial values before them."""
    threads: dict[int | None, list[str]] = {}
    for event in execution.events:
        threads.setdefault(event.thread, []).append(f"{event.name}: {event.text}")
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="")
    for thread in threads:
        table.add_column("initially" if thread is None else f"P{thread}")
    for row in zip_longest(*threads.values(), fillvalue=""):
        table.add_row(*(Text(cell) for cell in row))
    return table


def _edges(execution: LitmusExecution) -> str:
    """Who reads from whom, and coherence order where it is not that of a thread or from an initial value."""
    thread = {event.name: event.thread for event in execution.events}
    told = [e for e in execution.edges if e.relation != "co" or thread[e.source] not in (None, thread[e.target])]
    return ", ".join(f"{edge.source} -{edge.relation}-> {edge.target}" for edge in told)


def _verdict(entry: LitmusModel, execution: LitmusExecution) -> Iterator[RenderableType]:
    """The circle that a model forbids, or the one it does not see, with the steps that it does not keep."""
    steps = execution.cycle
    way = (steps[0].source + "".join(f" -{step.relation}-> {step.target}" for step in steps)) if steps else ""
    if entry.outcome == "forbidden":
        yield Text(f"{entry.model} forbids it: {way}")
    elif not steps:
        yield Text(f"{entry.model} allows it: it is sequentially consistent")
    else:
        yield Text(f"{entry.model} allows it: {way}")
        lost = [step for step in steps if not step.kept]
        # Of C11, what does not synchronise is what is missing, where there is such a step.
        for step in [step for step in lost if step.relation in ("rf", "po")] or lost:
            yield Text(f"  {step.source} -{step.relation}-> {step.target} {_UNORDERED.get(step.relation, _KEPT)}")


_KEPT = "is not kept in order"
_UNORDERED = {
    "rf": "does not synchronise",
    "fr": "does not order the read before the write",
    "co": "does not order the writes for others",
}
