"""A night's run as text for a terminal or a log: the differences from the expectations, then a summary line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from verifier.documents import Nightly, Obligation
from verifier.documents.nightly import WORST_FIRST
from verifier.report.nights import date
from verifier.report.unexpected import changed_text, other_changes

if TYPE_CHECKING:
    from verifier.report.layout import Item

_STYLES = {"met": "green", "open": "yellow", "contradicted": "bold red", "failed": "bold red"}
_SHOWN = 30  # changes


def nightly_text(report: Nightly, folder: str | None = None) -> Iterator[Item]:
    """The whole text: messages, changes, differences, the summary, and the place of the report."""
    from rich.text import Text

    yield from report.messages
    changes = other_changes(report)
    if report.previous is not None and changes:
        yield f"since {report.previous}:"
        for change in changes[:_SHOWN]:
            what = change.obligation + (f" {change.property}" if change.property else "")
            values = " -> ".join(value for value in (change.before, change.after) if value is not None)
            yield f"  {what}: {values if change.kind not in ('new', 'gone') else f'{change.kind} ({values})'}"
        if len(changes) > _SHOWN:
            yield f"  and {len(changes) - _SHOWN} more"
    waiting = [entry for entry in report.obligations if report.ended != "complete" and entry.result is None]
    for entry in report.obligations:
        if not entry.met and entry not in waiting:
            yield Text(f"{entry.status}: {entry.id}", style=_STYLES[entry.status])
            yield from _differences(entry)
    if waiting:
        yield f"not finished: {len(waiting)} obligations"
    yield from brief_text(report)
    if folder is not None:
        yield f"report: {folder}"


def brief_text(report: Nightly) -> Iterator[Item]:
    """One line: the number of obligations met, from the store or by a new run, and the number not met."""
    from rich.text import Text

    total = len(report.obligations)
    parts = [f"{report.count('met')} of {total} obligations met"]
    parts += [f"{report.count(status)} {status}" for status in WORST_FIRST if report.count(status)]
    if report.cached:
        parts.append("all from the store" if report.cached == total else f"{report.cached} from the store")
    end = "" if report.ended == "complete" else f" ({report.ended})"
    yield Text(f"{', '.join(parts)}, in {report.seconds:.1f} s{end}", style=_STYLES[report.standing])


def _differences(entry: Obligation) -> Iterator[Item]:
    from rich.text import Text

    from verifier.report.layout import Command

    for one in entry.differences:
        about = f"{one.property}: " if one.property else ""
        expected = f", expected {one.expected}" if one.expected else ""
        reason = f" ({one.reason})" if one.reason else ""
        origin = "" if one.origin is None else changed_text(one.origin)
        if one.origin is not None and one.origin.nights > 1:
            origin = f"since {date(one.origin.since)}"
        yield f"  {about}{one.found}{expected}{reason}" + (f"; {origin}" if origin else "")
        yield from (f"    {line}" for line in (*filter(None, [" ".join(one.doc.split())]), *(one.explanation or ())))
        if one.command is not None:
            yield Command(Text("    "), one.command)
