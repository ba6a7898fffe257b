"""Litmus tests as text: the answers of each memory model, then an execution as a picture of events and their relations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from rich.text import Text

from verifier.documents.litmus import Litmus, LitmusExecution, LitmusModel, LitmusTest
from verifier.report.layout import GAP, Column, Grid, Item, wrapped

STYLES = {"allowed": "yellow", "forbidden": "green", None: "magenta"}


def litmus_text(result: Litmus) -> Iterator[Item]:
    """Each test with its table and pictures."""
    for number, test in enumerate(result.tests):
        if number:
            yield Text("")
        yield from _test(test)


def litmus_summary(result: Litmus) -> Iterator[Item]:
    """A line for each test."""
    for test in result.tests:
        words = ", ".join(f"{entry.model} {entry.outcome or 'unknown'}" for entry in test.models)
        yield Text(f"{test.name}: {words}")


def _test(test: LitmusTest) -> Iterator[Item]:
    yield Text.assemble((test.name, "bold"), f"  {test.quantifier} {test.condition}")
    asked = "negated condition" if test.quantifier == "forall" else "outcome"
    grid = Grid("model", Column(asked, beside_title=True), "by", "expected")
    for entry in test.models:
        told = Text(entry.outcome or "unknown", style=STYLES[entry.outcome])
        grid.add(entry.model, told, " and ".join(entry.axioms), _expectation(entry))
    yield grid
    for entry in test.models:
        if entry.reason:
            yield Text(f"{entry.model}: {entry.reason}")
        if entry.race:
            yield Text(f"{entry.model}: {' and '.join(entry.race)} race, so the program has no meaning in C", style="red")
    yield from _pictures(test)


def _expectation(entry: LitmusModel) -> str:
    if entry.expected is None:
        return ""
    return entry.expected if entry.met else f"{entry.expected}, which it is not" if entry.met is False else entry.expected


def _pictures(test: LitmusTest) -> Iterator[Item]:
    """Each execution once, with the answers of the models."""
    shown: dict[str, list[tuple[LitmusModel, LitmusExecution]]] = {}
    for entry in test.models:
        if entry.execution is not None:
            key = repr((entry.execution.events, entry.execution.edges))
            shown.setdefault(key, []).append((entry, entry.execution))
    for entries in shown.values():
        execution = entries[0][1]
        yield Text("")
        yield _Threads(execution)
        yield Text(_edges(execution))
        for entry, own in entries:
            yield from _verdict(entry, own)


class _Threads:
    """The threads side by side, after the initial values; one below the other if they do not fit."""

    def __init__(self, execution: LitmusExecution) -> None:
        self._threads: dict[str, list[str]] = {}
        for event in execution.events:
            heading = "initially" if event.thread is None else f"P{event.thread}"
            self._threads.setdefault(heading, []).append(f"{event.name}: {event.text}")

    def lines(self, width: int | None) -> Iterator[Text]:
        """The lines."""
        widths = [max(map(len, (heading, *events))) for heading, events in self._threads.items()]
        if width is None or sum(widths) + GAP * (len(widths) - 1) <= width:
            for row in (tuple(self._threads), *zip_longest(*self._threads.values(), fillvalue="")):
                yield Text((" " * GAP).join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip())
            return
        for heading, events in self._threads.items():
            yield Text(heading)
            for event in events:
                yield from wrapped(f"  {event}", width)


def _edges(execution: LitmusExecution) -> str:
    """The reads-from edges, and coherence order where it is not that of a thread or from an initial value."""
    thread = {event.name: event.thread for event in execution.events}
    told = [e for e in execution.edges if e.relation != "co" or thread[e.source] not in (None, thread[e.target])]
    return ", ".join(f"{edge.source} -{edge.relation}-> {edge.target}" for edge in told)


def _verdict(entry: LitmusModel, execution: LitmusExecution) -> Iterator[Item]:
    """The cycle that a model forbids, or the one that it does not detect, with the steps that it does not keep."""
    steps = execution.cycle
    way = (steps[0].source + "".join(f" -{step.relation}-> {step.target}" for step in steps)) if steps else ""
    if entry.outcome == "forbidden":
        yield Text(f"{entry.model} forbids it: {way}")
    elif not steps:
        yield Text(f"{entry.model} allows it: it is sequentially consistent")
    else:
        yield Text(f"{entry.model} allows it: {way}")
        lost = [step for step in steps if not step.kept]
        # In C11 the missing synchronisation is the reason, if there is such a step.
        for step in [step for step in lost if step.relation in ("rf", "po")] or lost:
            yield Text(f"  {step.source} -{step.relation}-> {step.target} {_UNORDERED.get(step.relation, _KEPT)}")


_KEPT = "is not kept in order"
_UNORDERED = {
    "rf": "does not synchronise",
    "fr": "does not order the read before the write",
    "co": "does not order the writes for others",
}
