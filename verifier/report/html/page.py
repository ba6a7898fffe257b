"""The page of a night's run and the page of one trace, as HTML text made from their documents alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from verifier.documents.nightly import CheckedCertificate, Nightly, Obligation
from verifier.documents.result import NotStated, Property
from verifier.documents.trace import Trace
from verifier.report.html.environment import render
from verifier.report.html.explorer import Explorer, explorer
from verifier.report.html.matrix import MARKS, Matrix, how, matrix
from verifier.report.html.names import Names
from verifier.report.html.plots import meter, sparkline
from verifier.report.listing import value as parameter_value
from verifier.report.nights import (
    date,
    described,
    differences,
    drift,
    drifting,
    grouped,
    headline,
    measured,
    named,
    size,
)


@dataclass(frozen=True)
class Finding:
    """A property of an obligation with all that its verdict carries, ready to be written."""

    place: str
    entry: Property
    how: str
    mark: str
    expected: str
    difference: str
    certificate: CheckedCertificate | None
    link: str
    explorer: Explorer | None


@dataclass(frozen=True)
class Told:
    """An obligation, ready to be written."""

    place: str
    obligation: Obligation
    name: str
    size: str
    parameters: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    not_stated: tuple[NotStated, ...]
    lost: tuple[tuple[str, str, str], ...]
    whole: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A protocol: its matrix and its obligations."""

    matrix: Matrix
    obligations: tuple[Told, ...]


@dataclass(frozen=True)
class Took:
    """How long an obligation took, against its budget and against earlier nights."""

    place: str
    id: str
    seconds: float | None
    budget: float
    cached: bool
    nights: int
    spark: Markup
    meter: Markup
    part: str
    warning: str


def nightly_page(nightly: Nightly) -> str:
    """The page of a night's run. The same document gives the same bytes."""
    names = Names()
    for fixed in ("changed", "verdicts", "durations", "details", "main", "top"):
        names.new(fixed)
    places = _places(nightly, names)
    groups = [
        Group(
            matrix(ours, places, names.new("matrix", protocol), protocol),
            tuple(_told(entry, places, names) for entry in ours),
        )
        for protocol, ours in grouped(nightly)
    ]
    rows = [
        (entry, difference, described(difference), places.get((entry.id, difference.property or ""), places[entry.id, ""]))
        for entry, difference in differences(nightly)
    ]
    by_id = {entry.id: entry for entry in nightly.obligations}
    changes = [
        (
            change,
            places.get((change.obligation, change.property or ""), places.get((change.obligation, ""), "")),
            change.obligation not in by_id or by_id[change.obligation].met,
        )
        for change in nightly.changes
    ]
    return render(
        "nightly.html",
        nightly=nightly,
        day=date(nightly.started),
        headline=headline(nightly),
        standing=nightly.standing,
        statuses=[(status, nightly.count(status)) for status in ("met", "contradicted", "failed", "open")],
        differences=rows,
        changes=changes,
        drifting=[(result, places[result.obligation, ""]) for result in drifting(nightly)],
        groups=groups,
        durations=_durations(nightly, places),
        marks=MARKS,
    )


def trace_page(trace: Trace, explanation: Sequence[str] = ()) -> str:
    """The page of one trace: its explorer. The same document gives the same bytes."""
    return render("trace.html", view=explorer(trace, explanation, Names(), "trace"), meta=trace.meta)


def _places(nightly: Nightly, names: Names) -> dict[tuple[str, str], str]:
    """A place for every obligation, and for every property that its result tells of."""
    places = {}
    for entry in nightly.obligations:
        places[entry.id, ""] = names.new(entry.id)
        if entry.result is not None:
            for prop in entry.result.properties:
                places[entry.id, prop.name] = names.new(entry.id, prop.name)
    return places


def _told(entry: Obligation, places: Mapping[tuple[str, str], str], names: Names) -> Told:
    certificates = {item.property: item for item in entry.certificates}
    unlike = {item.property: described(item) for item in entry.differences if item.property is not None}
    result = entry.result
    findings = []
    for prop in () if result is None else result.properties:
        place = places[entry.id, prop.name]
        expected = entry.expected.get(prop.name)
        view = None
        if prop.trace is not None:
            view = explorer(prop.trace, prop.explanation or (), names, place, "trace")
        different = unlike.get(prop.name, "")
        certificate = certificates.get(prop.name) or certificates.get(prop.published_name or "")
        findings.append(
            Finding(
                place,
                prop,
                how(prop),
                MARKS[prop.verdict],
                "" if expected is None or different or expected.text == prop.verdict else expected.text,
                different,
                certificate,
                "" if certificate is None else _link(certificate.path),
                view,
            )
        )
    known = {prop.entry.name for prop in findings}
    lost = tuple((name, verdict, MARKS[verdict]) for name, verdict in entry.verdicts.items() if name not in known)
    return Told(
        places[entry.id, ""],
        entry,
        named(entry),
        size(entry),
        () if result is None else tuple((name, parameter_value(value)) for name, value in result.parameters.items()),
        tuple(findings),
        () if result is None else result.not_stated,
        lost,
        tuple(described(item) for item in entry.differences if item.property is None or item.property not in known),
    )


def _link(path: str) -> str:
    """A link to a file below the folder of the page; none to anywhere else, whatever the document says."""
    parts = path.split("/")
    return "" if ".." in parts or "" in parts else "./" + quote(path, safe="/@+,")


def _durations(nightly: Nightly, places: Mapping[tuple[str, str], str]) -> list[Took]:
    """The durations, what drifts towards its budget first and then the longest."""
    rows = []
    for entry in nightly.obligations:
        result = drift(nightly, entry)
        nights = measured(nightly, entry)
        seconds = entry.seconds if entry.seconds is not None else (nights[-1][1] if nights else None)
        warn = result is not None
        rows.append(
            Took(
                places[entry.id, ""],
                entry.id,
                seconds,
                entry.timeout,
                entry.cached,
                len(nights),
                sparkline(nights[-30:], entry.timeout, warn=warn),
                Markup("") if seconds is None else meter(seconds, entry.timeout, warn=warn),
                "" if seconds is None else f"{seconds / entry.timeout:.0%}",
                "" if result is None else result.text,
            )
        )
    return sorted(rows, key=lambda row: (not row.warning, -(row.seconds or 0.0)))
