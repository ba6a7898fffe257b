"""The pages of a night's run and the page of one trace, as HTML text made from their documents alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.documents.nightly import Change, Nightly, Obligation
from verifier.documents.trace import Trace
from verifier.report.html.comparison import comparison
from verifier.report.html.details import Took, places_of, protocol_page, took
from verifier.report.html.environment import render
from verifier.report.html.explorer import explorer
from verifier.report.html.matrix import MARKS
from verifier.report.html.names import Names
from verifier.report.nights import date, drifting, grouped, headline, size, spent
from verifier.report.unexpected import Finding, findings, other_changes, run_of

FOLDER = "pages"
"""The folder of the protocol pages, next to the first page."""

_CARDS = 12  # findings shown in full on the first page; the others have a line there
_LINES = 200  # of any list on the first page
_LONGEST = 8  # obligations whose processor time the first page shows
_NAME = 80  # characters of a protocol's name in the name of its page
_STEPS = 6  # steps of a run that the first page names
_ALIKE = 3  # more new or removed obligations of one protocol than this are only counted


@dataclass(frozen=True)
class Card:
    """A finding with a link to its details; `run` are the first steps of its trace, and `more` the number that follow."""

    finding: Finding
    link: str
    run: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class Line:
    """A change, or several similar ones of one protocol, with a link to its details."""

    what: str
    property: str
    text: str
    before: str
    after: str
    link: str


@dataclass(frozen=True)
class Part:
    """An obligation in the list of its protocol."""

    label: str
    link: str
    status: str
    tally: str


@dataclass(frozen=True)
class Row:
    """A protocol in the list of all: the number of its obligations that are met, its verdicts, and words to search it by."""

    name: str
    link: str
    description: str
    status: str
    met: int
    parts: tuple[Part, ...]
    tally: tuple[tuple[str, str, int], ...]
    changed: bool
    words: str


def night_pages(nightly: Nightly) -> dict[str, str]:
    """The pages of a night's run by their paths, `index.html` first. The same document gives the same bytes.

    The first page shows what is new, and links to a page for each protocol with its matrix, its proofs and its traces.
    """
    found = findings(nightly)
    files = Names()
    links: dict[tuple[str, str], str] = {}
    pages: dict[str, str] = {}
    rows = []
    changed = {change.obligation for change in nightly.changes}
    for title, entries in grouped(nightly):
        path = f"{FOLDER}/{files.new(title[:_NAME])}.html"
        names = Names()
        for fixed in ("verdicts", "obligations", "main", "top"):
            names.new(fixed)
        places = places_of(entries, names)
        links |= {key: f"{path}#{place}" for key, place in places.items()}
        pages[path] = protocol_page(nightly, title, entries, found, places, names)
        rows.append(_row(title, path, entries, links, changed))
    return {"index.html": _index(nightly, found, rows, links), **pages}


def trace_page(trace: Trace, explanation: Sequence[str] = (), other: Trace | None = None) -> str:
    """The page of one trace: the property it violates and why, and its explorer. The same document gives the same bytes.

    Args:
        trace: the trace.
        explanation: why the property fails at its end, if the trace does not say so itself.
        other: a trace to compare it with.
    """
    return render(
        "trace.html",
        view=explorer(trace, trace.meta.explanation or explanation, Names(), "trace"),
        meta=trace.meta,
        compared=None if other is None else comparison(trace, other, "the other trace"),
    )


def _index(nightly: Nightly, found: Sequence[Finding], rows: Sequence[Row], links: Mapping[tuple[str, str], str]) -> str:
    cards = [_card(one, links) for one in found]
    # The first findings, new ones first, are shown in full; the rest have a line each.
    told, rest = cards[:_CARDS], cards[_CARDS:]
    lines = _lines(other_changes(nightly), nightly, links)
    longest: list[tuple[Obligation, Took]] = sorted(
        ((entry, took(nightly, entry)) for entry in nightly.obligations if spent(entry) is not None or entry.history),
        key=lambda pair: -(pair[1].seconds or 0.0),
    )[:_LONGEST]
    return render(
        "nightly.html",
        nightly=nightly,
        day=date(nightly.started),
        headline=headline(nightly),
        standing=nightly.standing,
        statuses=[(status, nightly.count(status)) for status in ("met", "contradicted", "failed", "open")],
        new=[card for card in told if card.finding.new],
        known=[card for card in told if not card.finding.new],
        rest=rest[:_LINES],
        left=len(rest) - _LINES,
        lines=lines[:_LINES],
        more=len(lines) - _LINES,
        drifting=[(result, links[result.obligation, ""]) for result in drifting(nightly)][:_LINES],
        rows=rows,
        longest=[(entry.id, links[entry.id, ""], figures) for entry, figures in longest],
        marks=MARKS,
    )


def _card(finding: Finding, links: Mapping[tuple[str, str], str]) -> Card:
    name = finding.properties[0] if len(finding.properties) == 1 else ""
    link = links.get((finding.obligation.id, name)) or links[finding.obligation.id, ""]
    steps = list(run_of(finding.entry)) if finding.entry is not None else []
    return Card(finding, link, tuple(steps[:_STEPS]), max(0, len(steps) - _STEPS))


def _lines(changes: Sequence[Change], nightly: Nightly, links: Mapping[tuple[str, str], str]) -> list[Line]:
    """Changes, where obligations of one protocol that are all new, or all gone, are merged into one."""
    protocols = {entry.id: entry.protocol for entry in nightly.obligations}
    groups: dict[tuple[str, ...], list[Change]] = {}
    for number, change in enumerate(changes):
        alike = change.kind in ("new", "gone") and change.property is None
        protocol = protocols.get(change.obligation, change.obligation.partition("/")[0])
        key: tuple[str, ...] = (str(number),)
        if alike:
            key = (protocol, change.kind, change.before or "", change.after or "")
        groups.setdefault(key, []).append(change)
    lines = []
    for key, group in groups.items():
        if len(group) > _ALIKE:
            link = links.get((group[0].obligation, ""), "").partition("#")[0]
            lines.append(Line(key[0], "", f"{len(group)} obligations are {_kind(group[0])}", "", "", link))
        else:
            lines += [_line(change, links) for change in group]
    return lines


def _line(change: Change, links: Mapping[tuple[str, str], str]) -> Line:
    link = links.get((change.obligation, change.property or "")) or links.get((change.obligation, ""), "")
    if change.kind in ("new", "gone"):
        return Line(change.obligation, change.property or "", _kind(change), "", "", link)
    return Line(change.obligation, change.property or "", change.kind, change.before or "none", change.after or "none", link)


def _kind(change: Change) -> str:
    if change.kind == "new":
        return "new" + (f": {change.after}" if change.after else "")
    return f"no longer {'stated' if change.property else 'in the suite'}" + (f", was {change.before}" if change.before else "")


def _row(
    title: str, path: str, entries: Sequence[Obligation], links: Mapping[tuple[str, str], str], changed: set[str]
) -> Row:
    verdicts = [verdict for entry in entries for verdict in entry.verdicts.values()]
    statuses = [entry.status for entry in entries]
    worst = next((status for status in ("failed", "contradicted", "open") if status in statuses), "met")
    described = next((one.result.description for one in entries if one.result and one.result.description), "")
    properties = {name: None for entry in entries for name in (*entry.verdicts, *entry.expected)}
    words = " ".join([title, *dict.fromkeys(entry.variant for entry in entries), *properties, *dict.fromkeys(statuses)])
    return Row(
        title,
        path,
        described,
        worst,
        sum(entry.met for entry in entries),
        tuple(_part(entry, links[entry.id, ""]) for entry in entries),
        tuple((verdict, mark, verdicts.count(verdict)) for verdict, mark in MARKS.items() if verdict in verdicts),
        any(entry.id in changed for entry in entries),
        words.lower(),
    )


def _part(entry: Obligation, link: str) -> Part:
    verdicts = list(entry.verdicts.values())
    tally = " ".join(f"{mark}{verdicts.count(verdict)}" for verdict, mark in MARKS.items() if verdict in verdicts)
    engine = "" if entry.engine == "auto" else entry.engine
    return Part(" ".join(filter(None, (entry.variant, entry.scope, size(entry), engine))), link, entry.status, tally)

