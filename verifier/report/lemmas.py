"""Lemmas and invariants, each by itself, as text: a table, then the evidence of faults, then the next command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from verifier.documents import InductionCounterexample, LemmaEntry, Lemmas
from verifier.report.layout import Column, Command, Grid, Item
from verifier.report.phrases import named, not_stated, scope, sizes, steps
from verifier.report.trace import trace_lines

STYLES = {
    "inductive": "green",
    "initial": "green",
    "preserved": "green",
    "unknown": "magenta",
    "not preserved": "cyan",
    "false": "bold red",
}
CTI_STYLE = STYLES["not preserved"]

_WORDS = {"initial": "holds initially"}


def lemmas_text(result: Lemmas) -> Iterator[Item]:
    """The status of each lemma and invariant."""
    yield _title(result)
    yield lemma_table(result.lemmas)
    for left in result.not_stated:
        yield Text(not_stated(left.name, result.scope, left.reason), style="dim")
    for entry in result.lemmas:
        yield from lemma_details(entry)
    if result.question == "preserved":
        yield from _by_action(result.lemmas)
    yield lemmas_summary(result)
    if result.next is not None:
        yield next_line(result.next)


def lemmas_summary(result: Lemmas) -> Text:
    """One line: the number of entries with each status."""
    line = Text(f"{_named(result)}: ")
    counts = {status: sum(entry.status == status for entry in result.lemmas) for status in STYLES}
    parts = [(f"{count} {_WORDS.get(status, status)}", STYLES[status]) for status, count in counts.items() if count]
    for number, (words, style) in enumerate(parts):
        line.append(", " if number else "").append(words, style=style)
    if not parts:
        line.append("there are no lemmas and no invariants")
    if result.ended != "complete":
        line.append(f" ({result.ended})", style="magenta")
    return line.append("" if result.seconds is None else f" in {result.seconds:.2f} s")


def next_line(command: str) -> Command:
    """The next command to type."""
    return Command(Text("next: ", style="dim"), command)


def _named(result: Lemmas) -> str:
    return named(result.label or result.protocol, result.variant)


def _title(result: Lemmas) -> Text:
    line = Text.assemble((_named(result), "bold"))
    line.append(f"  {about}" if (about := scope(result.scope, result.parameters)) else "")
    if result.dropped:
        line.append(f"  without {', '.join(result.dropped)}", style="yellow")
    return line


def lemma_table(entries: Sequence[LemmaEntry]) -> Grid:
    """One line for each lemma and invariant: its name, its status, its assumptions, and its meaning."""
    grid = Grid("name", Column("kind", beside_title=True), Column("status", beside_title=True), free="remark")
    words = {entry.name: _WORDS.get(entry.status, entry.status) for entry in entries}
    for entry in entries:
        status = Text(_status(entry), style=STYLES[entry.status])
        grid.add(entry.name, Text(entry.kind, style="dim"), status, free=_remark(entry, words))
    return grid


def _status(entry: LemmaEntry) -> str:
    words = _WORDS.get(entry.status, entry.status)
    if entry.status == "not preserved":
        words += f" by {entry.action}"
    if entry.status == "false":
        words += f" in {steps(entry.steps or 0)}"
    return words + (f" (part {entry.part})" if entry.part is not None else "")


def _remark(entry: LemmaEntry, words: Mapping[str, str]) -> str:
    parts = []
    if not set(entry.with_ or ()) <= set(entry.rests_on or ()):
        parts.append(f"with {', '.join(entry.with_ or ())}")
    if entry.rests_on:
        parts.append(_resting(entry, words))
    if entry.reason is not None:
        parts.append(entry.reason)
    said = "; ".join(parts)
    return f"{said} ({entry.doc})".strip() if entry.kind == "lemma" and entry.doc else said


def _resting(entry: LemmaEntry, words: Mapping[str, str]) -> str:
    return "rests on " + ", ".join(f"{name} ({words.get(name, 'not shown')})" for name in entry.rests_on)


def lemma_details(entry: LemmaEntry) -> Iterator[Item]:
    """The evidence against a lemma: the trace that falsifies it, or the counterexample to induction."""
    if entry.status == "false" and entry.trace is not None:
        yield Text("")
        how = f" in {steps(entry.steps or 0)}{_at(entry)}"
        yield Text.assemble((entry.name, "bold"), " is ", ("FALSE", STYLES["false"]), how)
        yield from _formula(entry)
        yield from trace_lines(entry.trace, entry.explanation or ())
    elif entry.cti is not None:
        yield Text("")
        yield Text.assemble((entry.name, "bold"), f" is not preserved by {entry.action}{_at(entry)}")
        yield from _formula(entry)
        yield from cti_lines(entry.cti)


def _at(entry: LemmaEntry) -> str:
    return f", {about}" if (about := scope(None, entry.parameters)) else ""


def _formula(entry: LemmaEntry) -> Iterator[Text]:
    part = next((part for part in entry.parts if part.number == entry.part), None)
    shown = entry.formula if part is None else part.formula
    if shown is not None:
        called = entry.name if entry.part is None else f"part {entry.part}"
        yield Text(f"  {called}: {shown}", style="dim")


def cti_lines(cti: InductionCounterexample) -> Iterator[Item]:
    """A counterexample to induction, and the known facts about its first state."""
    yield Text.assemble(
        ("counterexample to induction", CTI_STYLE),
        f" for {cti.property}: the first state need not be reachable, so this is not a violation",
    )
    yield from trace_lines(cti.trace, cti.explanation, first="some state", style=CTI_STYLE)
    first = cti.first_state
    if first is None:
        return
    about = f" for {sizes(first.parameters)}" if first.parameters else ""
    if first.reachable is False:
        yield Text(f"  no run{about} reaches the first state: a lemma that is false in it is missing", style=CTI_STYLE)
    else:
        yield Text(
            f"  no run of at most {steps(first.steps or 0)}{about} reaches the first state; "
            "if none does, a lemma that is false in it is missing",
            style=CTI_STYLE,
        )


def _by_action(entries: Sequence[LemmaEntry]) -> Iterator[Item]:
    """The effect of the steps of each action on each of them."""
    grid = Grid("action", Column("name", beside_title=True), Column("status", beside_title=True), free="with", label="with")
    actions = dict.fromkeys(step.action for entry in entries for step in entry.by_action)
    for action in actions:
        for entry in entries:
            for step in entry.by_action:
                if step.action == action:
                    remark = ", ".join(step.with_ or ()) if step.reason is None else step.reason
                    grid.add(action, entry.name, Text(step.status, style=STYLES[step.status]), free=remark)
    if actions:
        yield Text("")
        yield grid
