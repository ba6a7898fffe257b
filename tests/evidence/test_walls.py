"""Wrong proofs handed to the checker of certificates: each is refused by one rule of the scheme, or of agreement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from verifier import check
from verifier.evidence import solvers
from verifier.evidence.certificate import complete
from verifier.evidence.check import _until
from verifier.evidence.grammar import Script
from verifier.evidence.scheme import Scheme
from verifier.evidence.solvers import Asker, Said
from verifier.semantics.answers import Answer

# A counter of two bits: `x`. `Up` adds one below `top`; a state is expanded below `inside`.
WIDTH = 2


def certificate(method: str, k: int, *, init: str, up: str, bad: str, inside: str = "true", values: Any = ()) -> dict[str, Any]:
    """A certificate of a counter that its writer says is proved so, right or wrong."""
    scheme = Scheme((("x", "(_ BitVec 2)"),), (("Up", 1),), 0, method, k)
    bodies = {"Typed": "true", "Init": init, "Constraint": inside, "Action Up": up, "Bad": bad, "BadStep": "false"}
    violating = bad[-5:-1]
    witnesses = [*map(dict, values), {"expected": "sat", "state": [violating], "next": [violating]}]
    asked = scheme.witnesses(witnesses)
    return complete(
        {
            "schema": "verify.certificate/1",
            **dict.fromkeys(("protocol", "property", "published_name"), "counter"),
            "variant": None, "dropped": [], "scope": "published", "parameters": {}, "model_digest": "0" * 64,
            "versions": {}, "property_kind": "state", "protocol_text": "", "method": method, "k": k,
            "formula": "x", "invariant": ["x"], "rests_on": ["Defined"], "logic": "QF_BV",
            "fields": [{"name": "x", "sort": "(_ BitVec 2)"}],
            "actions": [{"name": "Up", "width": 1}],
            "declarations": scheme.declarations(),
            "definitions": [{"name": name, "smtlib": scheme.define(name, body)} for name, body in bodies.items()],
            "obligations": [question.document() for question in scheme.obligations()],
            "witnesses": [{**q.document(), **given} for q, given in zip(asked, witnesses, strict=True)],
        }
    )


def step(start: str, end: str) -> str:
    return f"(and (= |?pick| #b0) (= |x| {start}) (= |x'| {end}))"


def fires(start: str, end: str, first: str = "#b00") -> list[dict[str, Any]]:
    return [
        {"expected": "sat", "state": [first]},
        {"expected": "sat", "state": [start], "next": [end], "pick": "#b0"},
    ]


def is_(value: str) -> str:
    return f"(= |x| {value})"


def failures(found: dict[str, Any], **options: Any) -> list[str]:
    [entry] = check(found, in_process=True, **{"solver": "z3", **options}).certificates
    return [failed.name for failed in entry.failures]


def test_a_right_proof_passes() -> None:
    right = {"init": is_("#b00"), "up": step("#b00", "#b01"), "bad": is_("#b11"), "values": fires("#b00", "#b01")}
    for method, k in (("k-induction", 1), ("k-induction", 2), ("horizon", 2)):
        assert failures(certificate(method, k, **right), solver="both") == []


@pytest.mark.parametrize("method", ["k-induction", "horizon"])
def test_an_initial_violation_is_a_base_case(method: str) -> None:
    """There are two initial states, one of them bad, from which no step leads."""
    init = f"(or {is_('#b00')} {is_('#b11')})"
    wrong = certificate(method, 2, init=init, up=step("#b00", "#b01"), bad=is_("#b11"), values=fires("#b00", "#b01"))
    assert failures(wrong) == ["base case 0"]


@pytest.mark.parametrize("method", ["k-induction", "horizon"])
def test_a_violation_after_a_step_is_a_base_case(method: str) -> None:
    wrong = certificate(
        method, 2, init=is_("#b00"), up=step("#b00", "#b01"), bad=is_("#b01"), values=fires("#b00", "#b01")
    )
    assert "base case 1" in failures(wrong)


def test_a_run_as_long_as_the_horizon_is_noticed() -> None:
    up = f"(or {step('#b00', '#b01')} {step('#b01', '#b10')})"
    wrong = certificate("horizon", 2, init=is_("#b00"), up=up, bad=is_("#b11"), values=fires("#b00", "#b01"))
    assert failures(wrong) == ["no path of 2 steps"]


@pytest.mark.parametrize(
    ("method", "k", "missed"),
    [
        ("k-induction", 1, "consecution of Up"),
        ("k-induction", 2, "base case 1"),
        ("horizon", 2, "base case 1"),
        ("trivial", 0, "safety of Up"),
    ],
)
def test_a_state_outside_the_constraint_is_looked_at(method: str, k: int, missed: str) -> None:
    """The constraint is asked of the state before a step, not of the one after it, where the property is violated."""
    wrong = certificate(
        method,
        k,
        init=is_("#b00"),
        up=step("#b00", "#b01"),
        bad=is_("#b01"),
        inside=is_("#b00"),
        values=fires("#b00", "#b01"),
    )
    assert missed in failures(wrong)


@pytest.mark.parametrize(
    ("method", "k", "missed"), [("k-induction", 1, "consecution of Up"), ("k-induction", 2, "induction step 2 by Up")]
)
def test_what_is_not_inductive_is_noticed(method: str, k: int, missed: str) -> None:
    up = f"(or {step('#b01', '#b10')} {step('#b10', '#b11')} {step('#b00', '#b00')})"
    wrong = certificate(method, k, init=is_("#b00"), up=up, bad=is_("#b11"), values=fires("#b00", "#b00"))
    assert failures(wrong) == [missed]


def test_a_trivial_proof_is_about_every_typed_state() -> None:
    wrong = certificate(
        "trivial", 0, init=is_("#b00"), up=step("#b00", "#b01"), bad=is_("#b11"), values=fires("#b00", "#b01")
    )
    assert failures(wrong) == ["safety"]


# -- two solvers -----------------------------------------------------------------------------------------------------------

RIGHT = {"init": is_("#b00"), "up": step("#b00", "#b01"), "bad": is_("#b11"), "values": fires("#b00", "#b01")}


@pytest.mark.parametrize("answer", [Answer.SAT, Answer.UNKNOWN])
def test_at_published_scope_both_solvers_say_what_is_expected(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.evidence import check as checking

    ask_all = checking.ask_all

    def contrary(solver: str, prelude: Any, asserts: Any, *rest: Any) -> Iterator[Said]:
        for number, said in enumerate(ask_all(solver, prelude, asserts, *rest)):
            yield Said(answer) if solver == "cvc5" and number == 1 else said

    found = certificate("k-induction", 1, **RIGHT)
    assert failures(found, solver="both") == []
    monkeypatch.setattr(checking, "ask_all", contrary)
    assert failures(found, solver="both") == ["consecution of Up"]


@pytest.mark.parametrize(("answer", "valid"), [(Answer.SAT, False), (Answer.UNKNOWN, True)])
def test_at_unbounded_scope_no_solver_says_the_contrary(
    answer: Answer, valid: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Asker.ask

    def contrary(self: Asker, solver: str, script: Any, *, patient: bool = True, expected: str = "unsat") -> Said:
        said = ask(self, solver, script, patient=patient)
        return Said(answer) if solver == "cvc5" and said.answer is Answer.UNSAT else said

    monkeypatch.setattr(Asker, "ask", contrary)
    script = "(declare-fun a () Bool)\n(assert a)\n(assert (not a))"
    found = {
        **certificate("k-induction", 1, **RIGHT),
        "scope": "unbounded", "logic": "ALL", "fields": [], "declarations": [], "definitions": [],
        "actions": [{"name": "Up", "width": 0}],
        "obligations": [
            {"name": "initiation of formula 1", "kind": "initiation", "action": None, "smtlib": script},
            {"name": "consecution of formula 1 by Up", "kind": "consecution", "action": "Up", "smtlib": script},
        ],
        "witnesses": [
            {"name": name, "kind": "witness", "action": action, "expected": "sat", "smtlib": "(assert true)"}
            for name, action in (("initial and invariant", None), ("invariant and Up fires", "Up"))
        ],
    }
    assert (failures(complete(found), solver="both") == []) == valid


def test_z3_says_why_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    import z3

    from verifier.evidence.bits import _z3_all
    from verifier.evidence.grammar import Printed

    class Starved:
        def add(self, formula: object) -> None:
            pass

        def check(self) -> z3.CheckSatResult:
            return z3.unknown

        def reason_unknown(self) -> str:
            return "starved"

    monkeypatch.setattr(z3, "SolverFor", lambda logic, ctx: Starved())
    assert list(_z3_all((), [Printed("(assert true)")])) == [Said(Answer.UNKNOWN, "starved")]


class Knowing:
    """An asker whose solvers prove what they are asked only as listed: which one, and whether it is given time."""

    def __init__(self, *known: tuple[str, bool]) -> None:
        self.known = known
        self.asked: list[tuple[str, bool]] = []

    def ask(self, solver: str, script: Script, *, patient: bool = True, expected: str = "unsat") -> Said:
        self.asked.append((solver, patient))
        return Said(Answer.UNSAT if (solver, patient) in self.known else Answer.UNKNOWN)


BRIEFLY = [("z3", False), ("cvc5", False)]


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (("cvc5", False), BRIEFLY),
        (("z3", True), [*BRIEFLY, ("z3", True)]),
        (("cvc5", True), [*BRIEFLY, ("z3", True), ("cvc5", True)]),
    ],
)
def test_a_solver_is_given_time_only_where_none_has_said_what_is_expected(
    known: tuple[str, bool], asked: list[tuple[str, bool]]
) -> None:
    asker = Knowing(known)
    _until(cast("Asker", asker), Script((), ()), "unsat", ("z3", "cvc5"), relay=False)
    assert asker.asked == asked


@pytest.mark.parametrize("first", [Said(Answer.UNSAT), Said(Answer.UNKNOWN, "unreadable", failed=True)])
def test_cvc5_is_asked_in_another_way_only_where_it_does_not_know(first: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter([Said(Answer.UNKNOWN), first, Said(Answer.UNKNOWN)])
    monkeypatch.setattr(solvers, "cvc5_script", lambda script, options: next(said))
    assert Asker().ask("cvc5", Script((), ())) == first
