"""Certificates re-checked from their text alone, by z3, by cvc5 or by both. No model is read, no engine is used.

First all text is read (`grammar`), then the form is checked, and only then is a solver asked. At published scope the questions
are put together from the certificate's definitions (`scheme`); at unbounded scope each is a script of its own, and the required
scripts are counted (`scripts`). Every question is answered, so the report names every fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verifier.evidence import claims, scripts
from verifier.evidence.bits import ask_all
from verifier.evidence.certificate import content_digest
from verifier.evidence.definitions import faults, questions_of, unreadable
from verifier.evidence.grammar import Script, script
from verifier.evidence.remembered import Remembered, Said
from verifier.evidence.solvers import SOLVERS, Asker
from verifier.semantics.answers import Answer

if TYPE_CHECKING:
    from verifier.wire.certificates import CheckedEntry

Progress = Callable[[str], None]


def readable(certificate: Mapping[str, Any]) -> None:
    """Reads all text of a certificate that solvers may get. Raises Unreadable where it is outside the grammar."""
    if certificate["scope"] == "unbounded":
        scripts.read(certificate)
        return
    for fault in unreadable(certificate):
        raise fault


def form(certificate: Mapping[str, Any]) -> list[CheckedEntry]:
    """Whether a readable certificate is whole: its digest, and the faults in its form.

    A certificate with a fault states nothing that could be checked.
    """
    wrong = claims.faults(certificate)
    if not claims.counts_states(certificate):
        wrong += (faults if certificate["scope"] == "published" else scripts.faults)(certificate)
    return [_digest(certificate), *(_entry(name, "form", "well-formed", {}, False, reason) for name, reason in wrong)]


def check(
    certificate: Mapping[str, Any],
    solvers: Sequence[str] = SOLVERS,
    progress: Progress | None = None,
    *,
    relay: bool = False,
    answers: Remembered | None = None,
) -> list[CheckedEntry]:
    """The answers of the solvers about a certificate in which `form` finds no fault.

    Args:
        certificate: the document.
        solvers: all of them are asked every question.
        progress: called with the question being asked.
        relay: for a certificate that was just written, at unbounded scope, where a solver may answer unknown: a solver is asked
            only the questions that those before it leave unknown. The premises, for which there are witnesses, are not asked by
            themselves.
        answers: the answers of earlier checks about the same texts; those of this one are added.

    Returns:
        A list of `{name, kind, expected, answers, passed, reason}`, of each obligation and witness.
    """
    known = progress or (lambda text: None)
    if certificate["scope"] == "published":
        return list(_published(certificate, solvers, known, Remembered() if answers is None else answers))
    return list(_unbounded(certificate, solvers, known, relay, answers))


def answer_witnesses(
    certificates: Sequence[Mapping[str, Any]], solvers: Sequence[str], answers: Remembered, *, relay: bool = False
) -> None:
    """Adds to the `answers` those about witnesses at unbounded scope that values which are found once satisfy.

    The certificates of one model mostly have one state in common for each action, and values that satisfy all assertions about
    it satisfy those of each certificate. Where none are found, each is asked about alone. See `check` for the arguments.
    """
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for certificate in certificates:
        if certificate["scope"] == "unbounded":
            for entry in certificate["witnesses"]:
                if entry["expected"] == "sat":
                    group = groups.setdefault((claims.same_model(certificate), entry["name"]), {})
                    group[entry["smtlib"]] = None
    asker = Asker()
    for texts in groups.values():
        left = [script(text).text for text in texts]
        for solver in solvers:
            known = {text: answers.said(solver, text, patient=False) for text in left}
            unasked = [text for text, said in known.items() if said is None]
            whole = scripts.together(list(texts)) if len(unasked) > 1 else None
            if whole is not None and asker.ask(solver, whole, patient=False, expected="sat").answer is Answer.SAT:
                known |= dict.fromkeys(unasked, Said(Answer.SAT))
                for text in unasked:
                    answers.keep(solver, text, Said(Answer.SAT), patient=False)
            if relay:
                left = [text for text, said in known.items() if not (said is not None and said.answer is Answer.SAT)]


def _digest(certificate: Mapping[str, Any]) -> CheckedEntry:
    same = certificate.get("content_digest") == content_digest(certificate)
    return _entry("content digest", "form", "equal", {}, same, None if same else "the certificate was changed")


def _published(
    certificate: Mapping[str, Any], solvers: Sequence[str], known: Progress, before: Remembered
) -> Iterator[CheckedEntry]:
    asked = questions_of(certificate)
    expected = [question.expected for question in asked.questions]
    answers: list[dict[str, Said]] = [{} for _ in asked.questions]
    for solver in solvers:
        result = ask_all(solver, asked.prelude, asked.asserts, expected, before)
        for number, (question, said) in enumerate(zip(asked.questions, result, strict=True)):
            known(f"{question.name} ({solver})")
            answers[number][solver] = said
    for question, given in zip(asked.questions, answers, strict=True):
        passed = all(said.word == question.expected for said in given.values())
        yield _judged(question.name, question.kind, question.expected, given, passed)


def _unbounded(
    certificate: Mapping[str, Any], solvers: Sequence[str], known: Progress, relay: bool, before: Remembered | None
) -> Iterator[CheckedEntry]:
    text, asker = scripts.read(certificate), Asker(before)
    for entry in certificate["obligations"]:
        known(entry["name"])
        given = _until(asker, text[entry["smtlib"]], "unsat", solvers, relay)
        yield _judged(entry["name"], entry["kind"], "unsat", given, _agreed(given, "unsat"))
    for entry in certificate["witnesses"]:
        known(entry["name"])
        given = _until(asker, text[entry["smtlib"]], entry["expected"], solvers, relay)
        yield _judged(entry["name"], "witness", entry["expected"], given, _agreed(given, entry["expected"]))
    if relay:
        return
    dead = {entry["action"] for entry in certificate["witnesses"] if entry["expected"] == "unsat"}
    quickest = "z3" if "z3" in solvers else solvers[0]
    for premises in scripts.premises(certificate, text, dead):
        known(f"premises of {next(iter(premises.each.values()))}")
        if premises.together is None or _refuted(asker.ask(quickest, premises.together, patient=False, expected="unknown")):
            for alone, name in premises.each.items():
                said = asker.ask(quickest, alone, patient=False, expected="unknown")
                if _refuted(said):
                    yield _judged(f"premises of {name}", "witness", "sat", {quickest: said}, False)


def _refuted(said: Said) -> bool:
    """Whether premises are shown to be contradictory, or cannot be read."""
    return said.failed or said.answer is Answer.UNSAT


def _until(
    asker: Asker, script: Script, expected: str, solvers: Sequence[str], relay: bool
) -> dict[str, Said]:
    """The answer of each solver to a script: each in a short time, and then with patience until one gives the expected answer.

    In a relay a solver is asked only where those before it answer unknown.
    """
    given: dict[str, Said] = {}
    for solver in solvers:
        given[solver] = asker.ask(solver, script, patient=False, expected=expected)
        if relay and given[solver].word != "unknown":
            return given
    for solver in (known for known in SOLVERS if known in given):
        if any(said.word == expected for said in given.values()):
            break
        if given[solver].word == "unknown":
            given[solver] = asker.ask(solver, script, expected=expected)
    return given


def _agreed(given: Mapping[str, Said], expected: str) -> bool:
    """No solver gives the opposite answer or fails to read the script, and at least one gives the expected answer."""
    answers = {said.word for said in given.values()}
    return expected in answers and answers <= {expected, "unknown"}


def _judged(name: str, kind: str, expected: str, given: Mapping[str, Said], passed: bool) -> CheckedEntry:
    reason = None
    if not passed:
        parts = [f"{solver} says {said.word}{': ' + said.reason if said.reason else ''}" for solver, said in given.items()]
        reason = f"{', '.join(parts)}; it must be {expected}"
    return _entry(name, kind, expected, {solver: said.word for solver, said in given.items()}, passed, reason)


def _entry(
    name: str, kind: str, expected: str, answers: dict[str, str], passed: bool, reason: str | None
) -> CheckedEntry:
    return {
        "name": name,
        "kind": kind,
        "expected": expected,
        "answers": answers,
        "passed": passed,
        "reason": reason,
    }
