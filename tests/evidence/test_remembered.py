"""Answers of solvers that are not asked for again: by the digest of a text, with the patience of those that do not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.proof import models
from verifier import prove
from verifier.evidence.bits import Posed, answer, ask_all
from verifier.evidence.grammar import Printed
from verifier.evidence.remembered import Remembered, Said
from verifier.jobs.certified import check_certificates
from verifier.semantics.answers import Answer

if TYPE_CHECKING:
    from verifier.wire.jobs import CheckJob, GivenCertificate


def test_what_is_not_known_is_remembered_with_the_patience_of_the_question() -> None:
    known = Remembered()
    known.keep("cvc5", "hard", Said(Answer.UNKNOWN), patient=False)
    assert known.said("cvc5", "hard", patient=True) is None
    assert known.said("cvc5", "hard", patient=False) == Said(Answer.UNKNOWN)
    known.keep("cvc5", "hard", Said(Answer.UNSAT), patient=True)
    assert known.said("cvc5", "hard", patient=False) == Said(Answer.UNSAT)


def test_neither_what_z3_does_not_know_nor_a_failure_is_remembered() -> None:
    known = Remembered()
    known.keep("z3", "hard", Said(Answer.UNKNOWN), patient=True)
    known.keep("cvc5", "wrong", Said(Answer.UNKNOWN, failed=True), patient=True)
    assert known.new() == {}
    assert known.said("z3", "hard", patient=True) is None


def test_answers_are_of_one_solver_and_serve_elsewhere() -> None:
    known = Remembered()
    known.keep("z3", "text", Said(Answer.SAT), patient=False)
    elsewhere = Remembered(known.new())
    assert known.new() == {}
    assert elsewhere.said("z3", "text", patient=True) == Said(Answer.SAT)
    assert elsewhere.said("cvc5", "text", patient=True) is None
    assert elsewhere.new() == {}


def posed(*definitions: str, asserts: str, expected: str) -> Posed:
    declared = Printed("(declare-fun |x@0| () (_ BitVec 2))")
    defined = [Printed(f"(define-fun |Bad| ((|x| (_ BitVec 2))) Bool {body})") for body in definitions]
    return Posed([declared, *defined], [Printed(f"(assert {asserts})")], [expected])


OFTEN = "(= |x| #b11)"
ALWAYS = "(bvule |x| #b11)"


def test_certificates_are_asked_about_together_with_definitions_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A definition of the same name may differ, so what is false of one certificate is not of another."""
    known = Remembered()
    refuted = posed(ALWAYS, asserts="(not (|Bad| |x@0|))", expected="unsat")
    witness = posed(OFTEN, asserts="(and (|Bad| |x@0|) (= |x@0| #b11))", expected="sat")
    answer([refuted, witness], known)
    assert sorted(known.new().values()) == ["sat", "unsat"]
    # Now nothing is asked any more.
    monkeypatch.setattr("cvc5.TermManager", None)
    said = [next(ask_all("cvc5", one.prelude, one.asserts, one.expected, known)).answer for one in (refuted, witness)]
    assert said == [Answer.UNSAT, Answer.SAT]


def test_one_that_is_not_as_expected_spoils_the_joint_question_and_nothing_else() -> None:
    known = Remembered()
    refuted = posed(ALWAYS, asserts="(not (|Bad| |x@0|))", expected="unsat")
    forged = posed(OFTEN, asserts="(not (|Bad| |x@0|))", expected="unsat")
    answer([refuted, forged], known)
    assert known.new() == {}
    for one, expected in ((refuted, Answer.UNSAT), (forged, Answer.SAT)):
        assert next(ask_all("cvc5", one.prelude, one.asserts, one.expected, known)).answer is expected


@pytest.mark.parametrize("values", ["(= |x@0| #b01)", "(= |x@0| (bvadd |x@0| #b01))", "(bvule |x@0| #b11)"])
def test_values_that_do_not_satisfy_a_witness_or_are_none_do_not_count(values: str) -> None:
    known = Remembered()
    answer([posed(OFTEN, asserts=f"(and (|Bad| |x@0|) {values})", expected="sat")], known)
    assert known.new() == {}


def test_constants_of_another_sort_are_asked_about_apart() -> None:
    known = Remembered()
    other = Posed([Printed("(declare-fun |x@0| () Bool)")], [Printed("(assert (and |x@0| (not |x@0|)))")], ["unsat"])
    answer([posed(ALWAYS, asserts="(not (|Bad| |x@0|))", expected="unsat"), other], known)
    assert len(known.new()) == 1
    assert next(ask_all("cvc5", other.prelude, other.asserts, other.expected, known)).answer is Answer.UNSAT


def test_a_check_of_certificates_returns_answers_that_serve_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(models.counter(), scope="unbounded", certificates=tmp_path, in_process=True)
    given: list[GivenCertificate] = [
        {"name": path.name, "document": json.loads(path.read_text(encoding="utf-8"))} for path in tmp_path.glob("*.cert.json")
    ]
    assert given

    def checked(answered: dict[str, str]) -> tuple[list[bool], dict[str, str]]:
        events: list[Any] = []
        job: CheckJob = {
            "command": "check",
            "certificates": given,
            "solver": "second",
            "rederive": False,
            "protocol": None,
            "answered": answered,
        }
        check_certificates(job, events.append, lambda name, protocol: models.counter())
        valid = [event["certificate"]["valid"] for event in events if event["event"] == "certificate"]
        return valid, {text: word for e in events if e["event"] == "answered" for text, word in e["answered"].items()}

    valid, answers = checked({})
    assert all(valid)
    assert answers
    monkeypatch.setattr("cvc5.Solver", None)
    assert checked(answers) == (valid, {})
