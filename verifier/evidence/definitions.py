"""Certificates at published scope: definitions over the fields of a state, and the questions about them that a fixed scheme
poses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verifier.evidence.bits import Posed
from verifier.evidence.claims import has_actions
from verifier.evidence.grammar import Printed, Unreadable, body
from verifier.evidence.scheme import METHODS, Question, Scheme, scheme_of
from verifier.evidence.sexpr import SyntaxFault, read
from verifier.semantics.symbols import quotable

_SORT = re.compile(r"Bool|\(_ BitVec [1-9][0-9]{0,3}\)")
_VALUE = re.compile(r"true|false|#b[01]+")

@dataclass(frozen=True, slots=True)
class Questions:
    """The questions for solvers: `asserts` are those of the questions, after the declarations and definitions of `prelude`."""

    questions: tuple[Question, ...]
    prelude: tuple[Printed, ...]
    asserts: tuple[Printed, ...]

    @property
    def posed(self) -> Posed:
        """The questions as solvers get them."""
        return Posed(self.prelude, self.asserts, [question.expected for question in self.questions])


def unreadable(certificate: Mapping[str, Any]) -> Iterator[Unreadable]:
    """The parts of a certificate that are outside the grammar; no solver gets any text of such a certificate."""
    for part in ("fields", "actions"):
        for entry in certificate[part]:
            if not entry["name"] or not quotable(entry["name"]):
                yield Unreadable(part, f"{entry['name'][:60]!a} is not a name of a certificate")
    for entry in certificate["fields"]:
        if not _SORT.fullmatch(entry["sort"]):
            yield Unreadable(entry["name"], f"{entry['sort'][:60]!a} is not the sort of a field")
    for place, text in enumerate(certificate["declarations"]):
        yield from _tokens(f"declaration {place + 1}", text)
    for part in ("definitions", "obligations", "witnesses"):
        for entry in certificate[part]:
            yield from _tokens(entry["name"], entry["smtlib"])
    for entry in certificate["witnesses"]:
        for value in [*(entry.get("state") or []), *(entry.get("next") or []), entry.get("pick") or "true"]:
            if not _VALUE.fullmatch(value):
                yield Unreadable(entry["name"], f"{value[:60]!a} is not a value")
    known = scheme_of(certificate).definitions()
    for entry in certificate["definitions"]:
        if entry["name"] in known:
            try:
                _body(entry["smtlib"], entry["name"], known[entry["name"]])
            except SyntaxFault as fault:
                yield Unreadable(entry["name"], str(fault))


def _tokens(name: str, text: str) -> Iterator[Unreadable]:
    try:
        _read(text)
    except SyntaxFault as fault:
        yield Unreadable(name, str(fault))


@lru_cache(maxsize=1024)  # the certificates of one run have most of their text in common
def _read(text: str) -> None:
    read(text)


@lru_cache(maxsize=256)
def _body(definition: str, name: str, parameters: tuple[tuple[str, str], ...]) -> str:
    """The body of a definition, over the parameters of `Scheme.numbered`."""
    return body(definition, name, parameters)


def faults(certificate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The faults in the form of a readable certificate at published scope: a name for each, and the reason.

    Without these faults the definitions are those that the scheme needs, and the questions are those of the scheme.
    """
    scheme = scheme_of(certificate)
    result = [("header", reason) for reason in _header(certificate, scheme)]
    wanted, given = list(scheme.definitions()), [entry["name"] for entry in certificate["definitions"]]
    if given != wanted:
        result.append(("definitions", f"expected {', '.join(wanted)}; found {', '.join(given)}"))
    if len(certificate["declarations"]) != scheme.constants or certificate["declarations"] != scheme.declarations():
        result.append(("declarations", "they are not the constants of the states of a path of this length"))
    if result:
        return result
    asked = {"obligations": scheme.obligations(), "witnesses": scheme.witnesses(certificate["witnesses"])}
    for part, questions in asked.items():
        entries = certificate[part]
        for number, question in enumerate(questions):
            entry = entries[number] if number < len(entries) else {}
            if any(entry.get(key) != value for key, value in question.document().items()):
                result.append((question.name, "the certificate has a different text for it, or none"))
        result += [(str(entry.get("name")), "the method does not ask for it") for entry in entries[len(questions) :]]
    for entry, question in zip(certificate["witnesses"], asked["witnesses"], strict=False):
        result += [(question.name, reason) for reason in _values(entry, scheme, question.expected, question.action)]
    return result


def questions_of(certificate: Mapping[str, Any]) -> Questions:
    """The questions about a certificate without faults, as solvers get them."""
    scheme = scheme_of(certificate)
    ours = scheme.numbered()
    named = [*scheme.obligations(), *scheme.witnesses(certificate["witnesses"])]
    asked = [*ours.obligations(), *ours.witnesses(certificate["witnesses"])]
    definitions = given(certificate["definitions"], scheme)
    return Questions(
        tuple(named),
        tuple(Printed(text) for text in (*ours.declarations(), *definitions.values())),
        tuple(Printed(question.smtlib) for question in asked),
    )


def given(definitions: Sequence[Mapping[str, Any]], scheme: Scheme) -> dict[str, Printed]:
    """Definitions by their names as solvers get them. Raises SyntaxFault where one is outside the grammar."""
    ours, known = scheme.numbered(), scheme.definitions()
    names = dict(zip(known, ours.definitions(), strict=True))
    return {
        entry["name"]: Printed(
            ours.define(names[entry["name"]], _body(entry["smtlib"], entry["name"], known[entry["name"]]))
        )
        for entry in definitions
    }


def _header(certificate: Mapping[str, Any], scheme: Scheme) -> list[str]:
    result = []
    method, k = scheme.method, scheme.k
    if method not in METHODS:
        result.append(f"no scheme is known for the method {method!r}")
    elif (k != 0) if method == "trivial" else not 1 <= k <= 10_000:
        result.append(f"{method} with k = {k} is not a proof")
    if method == "trivial" and scheme.lemmas:
        result.append("a trivial proof uses no lemmas")
    if len(certificate["invariant"]) != scheme.lemmas + 1:
        result.append(f"{len(certificate['invariant'])} formulas are named for a property and {scheme.lemmas} lemmas")
    if certificate["logic"] != "QF_BV":
        result.append("the logic is not QF_BV")
    for what, names in (
        ("field", [name for name, _ in scheme.fields]),
        ("action", [name for name, _ in scheme.actions]),
    ):
        if len(set(names)) != len(names):
            result.append(f"two {what}s have the same name")
    if not scheme.actions and has_actions(certificate):
        result.append("there are no actions")
    result += [f"{width} bits cannot number instances" for _, width in scheme.actions if not 1 <= width <= 64]
    return result


def _values(entry: Mapping[str, Any], scheme: Scheme, expected: str, action: str | None) -> list[str]:
    """The faults in the values of a witness."""
    if entry.get("expected") != expected:
        return ["it must be satisfied"]
    if expected == "unsat":
        return ["it has values, but is said to have none"] if entry.get("state") or entry.get("next") else []
    if entry.get("state") is None or (action is not None and (entry.get("next") is None or not entry.get("pick"))):
        return ["it has no values"]
    result = []
    for key in ("state", "next"):
        values = entry.get(key)
        if values is None:
            continue
        if len(values) != len(scheme.fields):
            result.append(f"{key} has {len(values)} values for {len(scheme.fields)} fields")
        pairs = zip(values, scheme.fields, strict=False)
        result += [f"{value} is not a value of {name}" for value, (name, sort) in pairs if not _fits(value, sort)]
    widths = dict(scheme.actions)
    if entry.get("pick") and (action is None or not _fits(entry["pick"], f"(_ BitVec {widths[action]})")):
        result.append(f"{entry['pick']} is not the number of an instance")
    return result


def _fits(value: str, sort: str) -> bool:
    return (f"(_ BitVec {len(value) - 2})" if value.startswith("#b") else "Bool") == sort
