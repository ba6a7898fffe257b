"""The page of one protocol in a night: its matrix, and the full content of its verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from verifier.documents.nightly import CheckedCertificate, EarlierTrace, Nightly, Obligation
from verifier.documents.result import NotStated, Property
from verifier.report.html.comparison import Comparison, comparison
from verifier.report.html.environment import render
from verifier.report.html.explorer import Explorer, explorer
from verifier.report.html.matrix import MARKS, how, matrix
from verifier.report.html.names import Names
from verifier.report.html.plots import meter, sparkline
from verifier.report.listing import value as parameter_value
from verifier.report.nights import date, drift, measured, named, size, spent
from verifier.report.unexpected import Finding

Places = Mapping[tuple[str, str], str]
"""The names of the places that describe an obligation (property empty) and its properties."""


@dataclass(frozen=True)
class Told:
    """A property of an obligation with the full content of its verdict, ready to be written."""

    place: str
    entry: Property
    how: str
    mark: str
    expected: str
    finding: Finding | None
    certificate: CheckedCertificate | None
    link: str
    explorer: Explorer | None
    compared: Comparison | None


@dataclass(frozen=True)
class Section:
    """An obligation, ready to be written; `whole` are the findings that belong to none of its verdicts."""

    place: str
    obligation: Obligation
    name: str
    size: str
    parameters: tuple[tuple[str, str], ...]
    told: tuple[Told, ...]
    not_stated: tuple[NotStated, ...]
    lost: tuple[tuple[str, str, str], ...]
    whole: tuple[Finding, ...]
    took: Took


@dataclass(frozen=True)
class Took:
    """The processor time of an obligation, against its budget and against earlier nights."""

    seconds: float | None
    budget: float
    cached: bool
    spark: Markup
    meter: Markup
    part: str
    warning: str


def places_of(entries: Sequence[Obligation], names: Names) -> dict[tuple[str, str], str]:
    """A place for every obligation, and for every property in its result."""
    places = {}
    for entry in entries:
        places[entry.id, ""] = names.new(entry.id)
        if entry.result is not None:
            for prop in entry.result.properties:
                places[entry.id, prop.name] = names.new(entry.id, prop.name)
    return places


def protocol_page(
    nightly: Nightly, title: str, entries: Sequence[Obligation], found: Sequence[Finding], places: Places, names: Names
) -> str:
    """The page of one protocol.

    Args:
        nightly: the whole night.
        title: the name of the protocol.
        entries: its obligations.
        found: the findings of the night.
        places: of this page.
        names: of this page, including those of `places`.
    """
    about: dict[str, list[Finding]] = {}
    for finding in found:
        about.setdefault(finding.obligation.id, []).append(finding)
    statuses = ("met", "contradicted", "failed", "open")
    return render(
        "protocol.html",
        nightly=nightly,
        title=title,
        description=next((one.result.description for one in entries if one.result and one.result.description), ""),
        statuses=[(status, sum(one.status == status for one in entries)) for status in statuses],
        matrix=matrix(entries, places, names.new("matrix"), title),
        sections=[_section(nightly, entry, about.get(entry.id, []), places, names) for entry in entries],
        stated=_stated(entries),
        marks=MARKS,
    )


def _stated(entries: Sequence[Obligation]) -> list[Property]:
    """Each property that has a sentence or a formula, once, from the first obligation that lists it."""
    found: dict[str, Property] = {}
    for entry in entries:
        for prop in () if entry.result is None else entry.result.properties:
            if (prop.doc or prop.formula) and prop.name not in found:
                found[prop.name] = prop
    return list(found.values())


def took(nightly: Nightly, entry: Obligation) -> Took:
    """The processor time of an obligation; an answer from the store used none tonight, and shows its last actual run."""
    result = drift(nightly, entry)
    nights = measured(nightly, entry)
    used = spent(entry)
    seconds = used if used is not None else (nights[-1][1] if nights else None)
    warn = result is not None
    return Took(
        seconds,
        entry.timeout,
        entry.cached,
        sparkline(nights[-30:], entry.timeout, warn=warn),
        Markup("") if seconds is None else meter(seconds, entry.timeout, warn=warn),
        "" if seconds is None else f"{seconds / entry.timeout:.0%}",
        "" if result is None else result.text,
    )


def _section(nightly: Nightly, entry: Obligation, found: Sequence[Finding], places: Places, names: Names) -> Section:
    certificates = {item.property: item for item in entry.certificates}
    about = {one.properties[0]: one for one in found if len(one.properties) == 1}
    result = entry.result
    told = []
    for prop in () if result is None else result.properties:
        place = places[entry.id, prop.name]
        expected = entry.expected.get(prop.name)
        view = None if prop.trace is None else explorer(prop.trace, prop.explanation or (), names, place, "trace")
        finding = about.pop(prop.name, None)
        before = next((one for one in entry.earlier if one.property == prop.name), None)
        certificate = certificates.get(prop.name) or certificates.get(prop.published_name or "")
        told.append(
            Told(
                place,
                prop,
                how(prop),
                MARKS[prop.verdict],
                "" if expected is None or finding or expected.text == prop.verdict else expected.text,
                finding,
                certificate,
                "" if certificate is None else _link(certificate.path),
                view,
                None if prop.trace is None or before is None else comparison(prop.trace, before.trace, _found_on(before)),
            )
        )
    known = {one.entry.name for one in told}
    return Section(
        places[entry.id, ""],
        entry,
        named(entry),
        size(entry),
        () if result is None else tuple((name, parameter_value(value)) for name, value in result.parameters.items()),
        tuple(told),
        () if result is None else result.not_stated,
        tuple((name, verdict, MARKS[verdict]) for name, verdict in entry.verdicts.items() if name not in known),
        tuple(one for one in found if len(one.properties) != 1 or one in about.values()),
        took(nightly, entry),
    )


def _found_on(earlier: EarlierTrace) -> str:
    return f"the trace that was found on {date(earlier.recorded)}"


def _link(path: str) -> str:
    """A link to a file below the folder of the report; none to anywhere else, whatever the document says."""
    parts = path.split("/")
    return "" if ".." in parts or "" in parts else "../" + quote(path, safe="/@+,")

