"""Certificate documents: their seal, their files, and what a well-formed one looks like."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from verifier.evidence.scheme import METHODS, Scheme, scheme_of
from verifier.evidence.sexpr import Expression, SyntaxFault, read_one, symbol
from verifier.evidence.sexpr import write as written
from verifier.kernel.errors import UsageError

SCHEMA = "verify.certificate/1"

_FACTS = ("protocol", "variant", "dropped", "scope", "parameters", "model_digest", "versions")
_LISTS = (
    "invariant",
    "fields",
    "actions",
    "declarations",
    "definitions",
    "steps",
    "uses",
    "obligations",
    "witnesses",
    "warnings",
)
_SORT = re.compile(r"Bool|\(_ BitVec [1-9][0-9]{0,3}\)")
_NAME = re.compile(r"[^|\\@?']+")
_NUMBER = re.compile(r"[0-9]+")
_BITS = re.compile(r"#b[01]+")
_OPERATORS = frozenset(("not", "and", "or", "=>", "ite", "=", "bvule", "bvsle", "bvadd", "bvsub", "bvmul"))
_INDEXED = {"extract": 2, "sign_extend": 1, "zero_extend": 1}


def facts_of(head: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a result document that its certificates repeat."""
    return {"schema": SCHEMA, **{name: head[name] for name in _FACTS}}


def content_digest(certificate: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of everything in a certificate but this digest itself."""
    content = {key: value for key, value in certificate.items() if key != "content_digest"}
    canon = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canon.encode("ascii")).hexdigest()


def seal(certificate: dict[str, Any]) -> dict[str, Any]:
    """The certificate with every field that it has nothing for, and its digest."""
    whole = {**{name: [] for name in _LISTS}, "logic": None, "exhaustive": None, **certificate}
    return {**whole, "content_digest": content_digest(whole)}


def write(folder: Path, certificate: Mapping[str, Any]) -> str:
    """Writes a certificate into a folder, as a whole or not at all, and returns the path.

    Raises UsageError where the file cannot be written.
    """
    name = f"{certificate['protocol']}.{certificate['variant']}.{certificate['property']}.cert.json"
    path = folder / name.replace("/", "_")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(certificate, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return str(path)


def faults(certificate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the form of a certificate at published scope: a name for each fault, and the reason.

    After none of these faults, the definitions are closed formulas over the state's constants and nothing else, and the
    questions are those of the method's scheme.
    """
    found: list[tuple[str, str]] = []
    scheme = scheme_of(certificate)
    found += [("header", reason) for reason in _header(certificate, scheme)]
    if found:
        return found
    found += _definitions(certificate, scheme)
    if certificate["declarations"] != scheme.declarations():
        found.append(("declarations", "they are not the constants of the states of a path of this length"))
    asked = {"obligations": scheme.obligations(), "witnesses": scheme.witnesses(certificate["witnesses"])}
    for part, questions in asked.items():
        given = certificate[part]
        for number, question in enumerate(questions):
            entry = given[number] if number < len(given) else {}
            if any(entry.get(key) != value for key, value in question.document().items()):
                found.append((question.name, "the certificate has another text, or none, for it"))
        found += [(str(entry.get("name")), "the method does not ask for it") for entry in given[len(questions) :]]
    for entry, question in zip(certificate["witnesses"], asked["witnesses"], strict=False):
        found += [(question.name, reason) for reason in _values(entry, scheme, question.expected, question.action)]
    return found


def _header(certificate: Mapping[str, Any], scheme: Scheme) -> list[str]:
    found = []
    method, k = scheme.method, scheme.k
    if method not in METHODS:
        found.append(f"no scheme is known for the method {method!r}")
    elif (k != 0) if method == "trivial" else not 1 <= k <= 10_000:
        found.append(f"{method} with k = {k} is no proof")
    if method == "trivial" and scheme.lemmas:
        found.append("a trivial proof uses no lemmas")
    if len(certificate["invariant"]) != scheme.lemmas + 1:
        found.append(f"{len(certificate['invariant'])} formulas are named for a property and {scheme.lemmas} lemmas")
    if certificate["logic"] != "QF_BV":
        found.append("the logic is not QF_BV")
    for what, names in (
        ("field", [name for name, _ in scheme.fields]),
        ("action", [name for name, _ in scheme.actions]),
    ):
        if len(set(names)) != len(names):
            found.append(f"two {what}s have the same name")
        found += [f"{name!r} cannot name a {what}" for name in names if not _NAME.fullmatch(name)]
    if not scheme.fields or not scheme.actions:
        found.append("there are no fields, or no actions")
    found += [f"{sort!r} is not the sort of a field" for _, sort in scheme.fields if not _SORT.fullmatch(sort)]
    found += [f"{width} bits cannot number instances" for _, width in scheme.actions if not 1 <= width <= 64]
    return found


def _definitions(certificate: Mapping[str, Any], scheme: Scheme) -> list[tuple[str, str]]:
    wanted = scheme.definitions()
    given = [entry["name"] for entry in certificate["definitions"]]
    if given != list(wanted):
        return [("definitions", f"expected {', '.join(wanted)}; found {', '.join(given)}")]
    faults = [
        (name, _misdefined(entry["smtlib"], name, wanted[name]))
        for name, entry in zip(given, certificate["definitions"], strict=True)
    ]
    return [(name, reason) for name, reason in faults if reason is not None]


@lru_cache(maxsize=256)  # the certificates of one run have most of their definitions in common
def _misdefined(smtlib: str, name: str, parameters: str) -> str | None:
    """What is wrong with the definition of a truth value of this name, over these parameters; None if nothing is."""
    try:
        form = read_one(smtlib)
    except SyntaxFault as fault:
        return str(fault)
    if not isinstance(form, list) or len(form) != 5 or form[:2] != ["define-fun", f"|{name}|"] or form[3] != "Bool":
        return "it is not the definition of a truth value of this name"
    if written(form[2]) != parameters:
        return "its parameters are not the state's fields"
    return _foreign(form[4], {symbol(str(pair[0])) for pair in form[2] if isinstance(pair, list)})


def _foreign(body: Expression, known: set[str]) -> str | None:
    """What in a formula is neither a parameter nor an operation of QF_BV; None if nothing is."""
    stack: list[tuple[Expression, frozenset[str]]] = [(body, frozenset(known))]
    while stack:
        item, scope = stack.pop()
        if isinstance(item, str):
            if item not in ("true", "false") and not _BITS.fullmatch(item) and symbol(item) not in scope:
                return f"{item[:60]} is not known here"
            continue
        head = item[0] if item else ""
        if head == "let" and len(item) == 3 and isinstance(item[1], list):
            names = set()
            for pair in item[1]:
                if not isinstance(pair, list) or len(pair) != 2 or not re.fullmatch(r"\?[0-9]+", str(pair[0])):
                    return "a let binds what is no name"
                names.add(str(pair[0]))
                stack.append((pair[1], scope))
            stack.append((item[2], scope | names))
            continue
        if isinstance(head, list):
            indexed = head[0] == "_" and len(head) > 1 and isinstance(head[1], str) and head[1] in _INDEXED
            if not indexed or len(head) != 2 + _INDEXED[str(head[1])]:
                return f"{written(head)[:60]} is no operation of a certificate"
            if not all(isinstance(index, str) and _NUMBER.fullmatch(index) for index in head[2:]):
                return f"{written(head)[:60]} is no operation of a certificate"
        elif head not in _OPERATORS:
            return f"{head[:60] or '()'} is no operation of a certificate"
        stack.extend((argument, scope) for argument in item[1:])
    return None


def _values(entry: Mapping[str, Any], scheme: Scheme, expected: str, action: str | None) -> list[str]:
    """What is wrong with the values of a witness."""
    if entry.get("expected") != expected:
        return ["it must be satisfied"]
    if expected == "unsat":
        return ["it has values, but is said to have none"] if entry.get("state") or entry.get("next") else []
    if not entry.get("state") or (action is not None and not (entry.get("next") and entry.get("pick"))):
        return ["it has no values"]
    found = []
    for key in ("state", "next"):
        values = entry.get(key) or []
        if values and len(values) != len(scheme.fields):
            found.append(f"{key} has {len(values)} values for {len(scheme.fields)} fields")
        found += [f"{str(value)[:60]!r} is no value" for value in values if not _literal(value)]
    if entry.get("pick") and not _literal(entry["pick"]):
        found.append(f"{str(entry['pick'])[:60]!r} is no value")
    return found


def _literal(value: object) -> bool:
    return isinstance(value, str) and (value in ("true", "false") or bool(_BITS.fullmatch(value)))
