"""Traces step by step: the action, its arguments, and only the variables that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from verifier.documents.trace import ACTION, PICKS
from verifier.report.explanations import merged
from verifier.report.layout import Hung, Item
from verifier.report.values import arguments, changes, difference, text

if TYPE_CHECKING:
    from verifier.documents.search import Replayed
    from verifier.documents.trace import Trace


_INDENT = 7


def trace_lines(
    trace: Trace, explanation: Sequence[str] = (), *, first: str = "init", style: str = "red"
) -> Iterator[Item]:
    """A trace, one line for each step and each change, then why the property fails at its end.

    Args:
        trace: the run.
        explanation: the conjunct of the property that fails, and the elements for which it does.
        first: the name of the first state.
        style: the colour of the explanation.
    """
    variables = [name for name in trace.variables if not name.startswith("mbt::")]
    previous: dict[str, Any] | None = None
    for number, state in enumerate(trace.states):
        if previous is None:
            yield _step(number, first if ACTION in state else "values", {})
            yield from _initial({name: text(state[name]) for name in variables})
        else:
            yield _step(number, str(state.get(ACTION, "?")), arguments(state.get(PICKS)))
            yield from _changed(item for name in variables for item in changes(name, previous[name], state[name]))
        previous = state
    if trace.loop is not None:
        stays = trace.loop == len(trace.states) - 1
        yield Text(f"     {'stays in' if stays else 'back to'} state {trace.loop}, forever", style="bold")
    yield from explanation_lines(explanation, style=style)


def explanation_lines(explanation: Sequence[str], *, style: str = "red") -> Iterator[Item]:
    """The reason why a property fails in the last state: the conjunct, and the elements for which it fails."""
    for line, likewise in merged(explanation):
        yield Text(f"  {line}", style=style)
        if likewise:
            yield Text(f"    likewise for {'; '.join(likewise)}", style=style)


def replay_lines(replayed: Replayed) -> Iterator[Item]:
    """A re-executed trace, step by step."""
    for step in replayed.steps:
        yield _step(step.index, step.action, {name: text(value) for name, value in step.arguments.items()})
        if step.index == 0:
            yield from _initial({name: new for name, (_, new) in step.changes.items()})
        else:
            yield from _changed((name, old or "", new) for name, (old, new) in step.changes.items())


def _step(number: int, action: str, picks: dict[str, str]) -> Text:
    called = f"({', '.join(f'{name} = {value}' for name, value in picks.items())})" if picks else ""
    return Text.assemble((f"{number:>5}  ", "dim"), (action, "bold"), (called, ""))


def _initial(values: dict[str, str]) -> Iterator[Item]:
    width = max(map(cell_len, values), default=0)
    for name, value in values.items():
        yield _beside(Text(_padded(name, width) + " = ", style="dim"), Text(value, style="dim"))


def _changed(items: Iterator[tuple[str, str, str]]) -> Iterator[Item]:
    """Each change; for a set that keeps some of its elements, only those added and removed."""
    rows = list(items)
    width = max((cell_len(place) for place, _, _ in rows), default=0)
    for place, old, new in rows:
        came_and_went = difference(old, new)
        change = Text.assemble((old, "dim"), (" -> ", "dim"), new) if came_and_went is None else Text(came_and_went)
        yield _beside(Text(_padded(place, width) + " : "), change)
    if not rows:
        yield Text("       nothing changes", style="dim")


def _padded(name: str, width: int) -> str:
    return " " * _INDENT + name + " " * (width - cell_len(name))


def _beside(place: Text, value: Text) -> Item:
    """A value beside its place; further lines continue below it."""
    return Hung(Text.assemble(place, value), place.cell_len)
