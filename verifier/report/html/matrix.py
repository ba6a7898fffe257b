"""The verdict matrix of a night: for each protocol its properties against variants, scopes and sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from verifier.documents.nightly import Difference, Obligation
from verifier.documents.result import NotStated, Property
from verifier.report.nights import size

MARKS = {"proved": "✓", "violated": "✗", "bounded": "≤", "unknown": "?"}


@dataclass(frozen=True)
class Cell:
    """The verdict on a property in one obligation.

    `verdict` is null if the property is not stated (`reason` says why) or was not requested (`reason` is empty). `kind` is that
    of the difference from the expectation, if there is one.
    """

    verdict: str | None = None
    mark: str = ""
    detail: str = ""
    place: str = ""
    vacuous: str = ""
    reason: str = ""
    difference: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Column:
    """An obligation at the head of a column; `label` is the whole head in a line."""

    scope: str
    size: str
    engine: str
    status: str
    place: str
    label: str


@dataclass(frozen=True)
class Row:
    """A property and its cells, in the order of the columns."""

    name: str
    published_name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Matrix:
    """The matrix of one protocol; `variants` are the heads above the columns, each with the number that it spans."""

    protocol: str
    place: str
    variants: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def firsts(self) -> frozenset[int]:
        """The first column of each variant."""
        ends = accumulate((span for _, span in self.variants), initial=0)
        return frozenset(ends)


def matrix(
    obligations: Sequence[Obligation], places: Mapping[tuple[str, str], str], place: str, protocol: str
) -> Matrix:
    """The matrix of the obligations of one protocol, with variants kept together in the order of their first occurrence.

    Args:
        obligations: of one protocol.
        places: the names of the places that describe an obligation (property empty) and its properties.
        place: the name of the matrix's own place.
        protocol: the name of the protocol in its heading.
    """
    order = list(dict.fromkeys(entry.variant for entry in obligations))
    ordered = sorted(obligations, key=lambda entry: order.index(entry.variant))
    names: dict[str, str] = {}
    for entry in ordered:
        for name, published in _properties(entry):
            names[name] = names.get(name) or published
    return Matrix(
        protocol,
        place,
        tuple((variant, len(list(group))) for variant, group in groupby(entry.variant for entry in ordered)),
        tuple(
            Column(
                entry.scope,
                size(entry),
                "" if entry.engine == "auto" else entry.engine,
                entry.status,
                places[entry.id, ""],
                " ".join(filter(None, (entry.variant, entry.scope, size(entry), "" if entry.engine == "auto" else entry.engine))),
            )
            for entry in ordered
        ),
        tuple(
            Row(name, "" if published == name else published, tuple(_cell(entry, name, places) for entry in ordered))
            for name, published in names.items()
        ),
    )


def _properties(entry: Obligation) -> list[tuple[str, str]]:
    """Names and published names of all properties that an obligation mentions, in its order."""
    result: list[tuple[str, str]] = []
    if entry.result is not None:
        stated: list[Property | NotStated] = [*entry.result.properties, *entry.result.not_stated]
        result += [(item.name, item.published_name or "") for item in stated]
    known = {name.lower() for pair in result for name in pair}
    for name in (*entry.verdicts, *entry.expected, *entry.properties):
        if name.lower() not in known:
            known.add(name.lower())
            result.append((name, ""))
    return result


def _cell(entry: Obligation, name: str, places: Mapping[tuple[str, str], str]) -> Cell:
    """The cell of a property in an obligation."""
    place = places.get((entry.id, name), places[entry.id, ""])
    different, kind = _difference(entry, name)
    if entry.result is not None:
        for item in entry.result.not_stated:
            if item.name == name:
                return Cell(reason=item.reason, place=place)
        for prop in entry.result.properties:
            if prop.name == name:
                asked = entry.expected.get(name)
                expected = prop.verdict == "violated" and asked is not None and asked.verdict == "violated"
                return Cell(
                    prop.verdict,
                    MARKS[prop.verdict],
                    how(prop) + (", as expected" if expected and not different else ""),
                    place,
                    "" if prop.vacuous is None else f"{prop.vacuous.kind}: {prop.vacuous.reason}",
                    difference=different,
                    kind=kind,
                )
    if name in entry.verdicts or different or any(name == known for known, _ in _properties(entry)):
        verdict = entry.verdicts.get(name, "unknown")
        return Cell(verdict, MARKS[verdict], "", place, reason=entry.reason or "", difference=different, kind=kind)
    return Cell()


def how(entry: Property) -> str:
    """The method, length or depth: `k-induction, k = 2`, `in 3 steps`, `to depth 8`."""
    if entry.loop is not None:
        return f"stem {entry.steps}, loop {entry.loop}"
    if entry.verdict == "violated" and entry.steps is not None:
        return f"in {entry.steps} {'step' if entry.steps == 1 else 'steps'}"
    if entry.verdict == "bounded":
        return f"to depth {entry.k}"
    if entry.verdict == "proved":
        inductive = entry.k is not None and entry.method not in ("trivial", "exhaustive")
        return f"{entry.method}, k = {entry.k}" if inductive else entry.method or ""
    return ""


def _difference(entry: Obligation, name: str) -> tuple[str, str]:
    """The difference of a property from its expectation, and the kind of the difference."""
    differences = [item for item in entry.differences if item.property == name]
    return "; ".join(_told(item) for item in differences), differences[0].kind if differences else ""


def _told(item: Difference) -> str:
    return f"expected {item.expected}" if item.expected else item.found
