"""Certificates checked again from their text alone, by z3, by cvc5 or by both. No model is read, no engine is used.

At published scope the questions are put together here from the certificate's definitions (`scheme`); at unbounded scope each
is a script of its own, and what must be asked is counted here (`scripts`). Every question is answered, so that the report
names all that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from verifier.evidence import scripts
from verifier.evidence.certificate import content_digest, faults
from verifier.evidence.scheme import Question, scheme_of
from verifier.evidence.solvers import SOLVERS, Asker, Said, ask_all
from verifier.semantics.answers import Answer

Progress = Callable[[str], None]


def check(
    certificate: Mapping[str, Any],
    solvers: Sequence[str] = SOLVERS,
    progress: Progress | None = None,
    *,
    relay: bool = False,
) -> dict[str, Any]:
    """What the solvers say of a certificate document that has SMT-LIB text.

    Args:
        certificate: the document.
        solvers: all of them are asked every question.
        progress: told what is being asked.
        relay: for a certificate that was just written, at unbounded scope, where a solver may not know: a solver is asked only
            what those before it do not know, and the premises, for which there are witnesses, not by themselves.

    Returns:
        `checks`, a list of `{name, kind, expected, answers, passed, reason}`: the form first, then each obligation and
        witness; `warnings`; `valid`, whether all passed.
    """
    told = progress or (lambda text: None)
    checks = [_digest(certificate)]
    published = certificate["scope"] == "published"
    wrong = faults(certificate) if published else scripts.faults(certificate)
    checks += [_entry(name, "form", "well-formed", {}, False, reason) for name, reason in wrong]
    try:
        if published:
            checks += _published(certificate, wrong, solvers, told)
        else:
            checks += _unbounded(certificate, wrong, solvers, told, relay)
    except (LookupError, TypeError, ValueError) as error:
        checks.append(_entry("questions", "form", "well-formed", {}, False, f"they cannot be put together: {error}"))
    warnings = [entry["reason"] for entry in checks if entry["passed"] and entry["kind"] == "warning"]
    return {
        "checks": [entry for entry in checks if entry["kind"] != "warning"],
        "warnings": [*warnings],
        "valid": all(entry["passed"] for entry in checks),
    }


def _digest(certificate: Mapping[str, Any]) -> dict[str, Any]:
    same = certificate.get("content_digest") == content_digest(certificate)
    return _entry("content digest", "form", "equal", {}, same, None if same else "the certificate was changed")


def _published(
    certificate: Mapping[str, Any], wrong: Sequence[tuple[str, str]], solvers: Sequence[str], told: Progress
) -> Iterator[dict[str, Any]]:
    if any(reason for name, reason in wrong if name in _UNSAFE or name.startswith(("Action ", "Lemma "))):
        return
    scheme = scheme_of(certificate)
    questions = [*scheme.obligations(), *scheme.witnesses(certificate["witnesses"])]
    prelude = [*scheme.declarations(), *(entry["smtlib"] for entry in certificate["definitions"])]
    answers: list[dict[str, Said]] = [{} for _ in questions]
    for solver in solvers:
        asked = ask_all(solver, "QF_BV", prelude, [question.smtlib for question in questions])
        for number, (question, said) in enumerate(zip(questions, asked, strict=True)):
            told(f"{question.name} ({solver})")
            answers[number][solver] = said
    for question, given in zip(questions, answers, strict=True):
        passed = all(said.word == question.expected for said in given.values())
        yield _judged(question.name, question.kind, question.expected, given, passed)
        if question.action or certificate["property_kind"] in ("state", "action"):
            yield from _warned(question)


# Faults after which the text is not handed to a solver: it could hold anything.
_UNSAFE = frozenset(("header", "definitions", "Typed", "Init", "Constraint", "Bad", "BadStep"))


def _warned(question: Question) -> Iterator[dict[str, Any]]:
    if question.kind == "witness" and question.expected == "unsat":
        what = (
            f"{question.action} cannot fire" if question.action else "no well-typed state or step violates the property"
        )
        yield _entry(question.name, "warning", "unsat", {}, True, what)


def _unbounded(
    certificate: Mapping[str, Any],
    wrong: Sequence[tuple[str, str]],
    solvers: Sequence[str],
    told: Progress,
    relay: bool,
) -> Iterator[dict[str, Any]]:
    if wrong:
        return
    asker = Asker()
    for entry in certificate["obligations"]:
        told(entry["name"])
        given = _until(asker, entry["smtlib"], "unsat", solvers, relay)
        yield _judged(entry["name"], entry["kind"], "unsat", given, _agreed(given, "unsat"))
    for entry in certificate["witnesses"]:
        told(entry["name"])
        given = _until(asker, entry["smtlib"], entry["expected"], solvers, relay)
        yield _judged(entry["name"], "witness", entry["expected"], given, _agreed(given, entry["expected"]))
        if entry["expected"] == "unsat":
            yield _entry(entry["name"], "warning", "unsat", {}, True, f"{entry['action']} cannot fire")
    if relay:
        return
    dead = {entry["action"] for entry in certificate["witnesses"] if entry["expected"] == "unsat"}
    quickest = "z3" if "z3" in solvers else solvers[0]
    for name, premises in scripts.premises(certificate, dead):
        told(name)
        said = asker.ask(quickest, premises, patient=False)
        if said.failed or said.answer is Answer.UNSAT:
            yield _judged(f"premises of {name}", "witness", "sat", {quickest: said}, False)


def _until(
    asker: Asker, script: str, expected: str, solvers: Sequence[str], relay: bool
) -> dict[str, Said]:
    """What each solver says of a script: each in a short time, and then with patience until one says what is expected.

    In a relay a solver is asked only where those before it do not know.
    """
    given: dict[str, Said] = {}
    for solver in solvers:
        given[solver] = asker.ask(solver, script, patient=False)
        if relay and given[solver].word != "unknown":
            return given
    for solver in (known for known in SOLVERS if known in given):
        if any(said.word == expected for said in given.values()):
            break
        if given[solver].word == "unknown":
            given[solver] = asker.ask(solver, script)
    return given


def _agreed(given: Mapping[str, Said], expected: str) -> bool:
    """No solver says the contrary or cannot read it, and at least one says what is expected."""
    answers = {said.word for said in given.values()}
    return expected in answers and answers <= {expected, "unknown"}


def _judged(name: str, kind: str, expected: str, given: Mapping[str, Said], passed: bool) -> dict[str, Any]:
    reason = None
    if not passed:
        parts = [f"{solver} says {said.word}{': ' + said.reason if said.reason else ''}" for solver, said in given.items()]
        reason = f"{', '.join(parts)}; it must be {expected}"
    return _entry(name, kind, expected, {solver: said.word for solver, said in given.items()}, passed, reason)


def _entry(
    name: str, kind: str, expected: str, answers: dict[str, str], passed: bool, reason: str | None
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "expected": expected,
        "answers": answers,
        "passed": passed,
        "reason": reason,
    }
