"""A solver that does not know says neither yes nor no, wherever one is asked."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import z3

from tests.proof import models
from tests.proof.test_net import many
from tests.source import ROOT, Source, read
from verifier.catalog import load
from verifier.evidence.bits import ask_all
from verifier.evidence.check import _agreed
from verifier.evidence.grammar import Printed, Script, script
from verifier.evidence.remembered import Remembered, Said
from verifier.evidence.solvers import Asker
from verifier.kernel.protocol import Protocol
from verifier.proof.engines.candidate import candidate
from verifier.proof.engines.engine import Open, Violated
from verifier.proof.engines.induction import LockStep, starts
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.lemmas.houdini import Houdini
from verifier.proof.lemmas.unbounded import Invariants
from verifier.proof.strategy import LemmasRequest, ProveRequest, check_lemmas, prove
from verifier.proof.strategy.blame import Blame
from verifier.proof.strategy.certificates import Certificates
from verifier.proof.strategy.errors import Unanswered
from verifier.proof.strategy.recheck import _equivalent
from verifier.proof.strategy.unbounded_witnesses import ANY_NUMBER, Search
from verifier.proof.strategy.vacuity import Vacuity
from verifier.proof.strategy.vacuity_solver import VacuitySolver
from verifier.proof.strategy.witnesses import Witnesses
from verifier.proof.strategy.workbench.bench import Bench
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.proof import Checker, Proof, Support
from verifier.semantics.obligations.violations import Violations
from verifier.semantics.quantified import Quantified, check
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import unbounded

# -- the type ------------------------------------------------------------------------------------------------------------------


def test_an_answer_has_no_truth_value() -> None:
    for answer in Answer:
        with pytest.raises(TypeError, match="no truth value"):
            bool(answer)


@pytest.mark.parametrize("other", ["sat", "unsat", "unknown", z3.sat, z3.unsat, z3.unknown, True, None])
def test_an_answer_equals_nothing_but_answers(other: object) -> None:
    for answer in Answer:
        with pytest.raises(TypeError, match="compared with answers only"):
            _ = answer == other


def test_what_z3_says_becomes_an_answer() -> None:
    assert [Answer.of(told) for told in (z3.sat, z3.unsat, z3.unknown)] == [Answer.SAT, Answer.UNSAT, Answer.UNKNOWN]
    with pytest.raises(ValueError, match="error"):
        Answer.of("error")


# -- the source: unknown cannot be read as one of the others ---------------------------------------------------------------------


def misread(known: dict[str, Source]) -> list[str]:
    """Places that take what is not SAT for UNSAT, or read a solver's own result without making it an answer."""
    found = []
    for source in known.values():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Compare):
                wrong = [o for o in node.ops if isinstance(o, (ast.IsNot, ast.NotEq, ast.NotIn))]
                sides = {ast.unparse(side) for side in (node.left, *node.comparators)}
                if wrong and any("Answer.SAT" in side for side in sides):
                    found.append(f"{source.name}:{node.lineno}: not SAT may be UNKNOWN")
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("z3.sat", "z3.unsat", "z3.unknown"):
                found.append(f"{source.name}:{node.lineno}: a result of z3 is read")
            if isinstance(node, ast.Constant) and node.value == "unknown" and source.name in SOLVING:
                found.append(f"{source.name}:{node.lineno}: an answer is a word")
    return found


SOLVING = ("verifier.semantics.obligations.proof", "verifier.semantics.quantified.checking", "verifier.evidence.solvers")


def test_no_place_takes_unknown_for_an_answer() -> None:
    assert misread(read(ROOT)) == []


@pytest.mark.parametrize(
    "text",
    ["x = path.check() is not Answer.SAT", "x = solver.check() == z3.unsat", "x = answer != Answer.SAT"],
)
def test_a_place_that_does_is_noticed(tmp_path: Path, text: str) -> None:
    (tmp_path / "verifier").mkdir()
    (tmp_path / "verifier" / "a.py").write_text(text, encoding="utf-8")
    assert misread(read(tmp_path))


# -- finite scope, with a solver that gives up -----------------------------------------------------------------------------------


class Silent:
    """A solver that gives up on every question after the first `answered`."""

    def __init__(self, solver: Any, questions: Iterator[int], answered: int) -> None:
        self._solver, self._questions, self._answered = solver, questions, answered

    def __getattr__(self, name: str) -> Any:
        return getattr(self._solver, name)

    def check(self, assumptions: Any = ()) -> Answer:
        answer: Answer = self._solver.check(assumptions)
        return answer if next(self._questions) < self._answered else Answer.UNKNOWN

    @property
    def reason(self) -> str:
        return "it was starved"


Starve = Callable[..., None]


@pytest.fixture
def starve(monkeypatch: pytest.MonkeyPatch) -> Starve:
    """Makes all solvers of finite scopes give up, after some answers between them."""
    original = Encoding.solver

    def now(answered: int = 0) -> None:
        questions = iter(range(1_000_000))
        monkeypatch.setattr(Encoding, "solver", lambda self, steps=None: Silent(original(self, steps), questions, answered))

    return now


class Known:
    """An encoding of a protocol with the violations of its properties."""

    def __init__(self, protocol: Protocol) -> None:
        self.model = protocol.model()
        self.ground = Ground(finite_scope(self.model))
        self.encoding = Encoding(self.ground)
        found = self.model.properties
        self.violations = {p.name: Violations(self.encoding, monitor(self.ground, p)) for p in found}

    def proof(self, name: str) -> Proof:
        return Proof(self.violations[name].monitor, "k-induction", 1)


def statistics(protocol: Protocol, **options: Any) -> tuple[dict[str, str], list[str]]:
    """Verdicts by name, and warnings."""
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    verdicts = {entry["published_name"]: entry["verdict"] for entry in document["properties"]}
    return verdicts, document["statistics"].get("warnings", [])


def test_a_starved_solver_starves_an_unrolling(starve: Starve) -> None:
    known = Known(models.counter())
    starve()
    path = Unrolling(known.encoding, rooted=True)
    assert path.check() is Answer.UNKNOWN
    assert (path.model, path.reason) == (None, "it was starved")


def test_a_starved_engine_leaves_everything_open(starve: Starve) -> None:
    known = Known(models.counter())
    starve()
    engine = LockStep(known.encoding)
    outcomes = engine.base_case(known.violations, 0)
    assert outcomes
    assert all(isinstance(outcome, Open) and outcome.depth == -1 for outcome in outcomes.values())
    assert not engine.no_path(99)
    assert [name for name in engine.induction_step(known.violations, 1) if not known.violations[name].never] == []


def test_a_starved_filter_keeps_no_lemma_and_supports_nothing(starve: Starve) -> None:
    known = Known(models.counter())
    starve()
    houdini = Houdini(known.encoding, Unrolling(known.encoding, rooted=True), Unrolling(known.encoding, rooted=False))
    (true,) = [candidate(known.encoding, p.formula) for p in known.model.properties if p.name == "AtMostLimit"]
    assert houdini.initiated([true]) == []
    assert houdini.inductive([true]) == []
    assert houdini.support(known.violations["AtMostLimit"].at(1), None, [true]) is None
    assert houdini.closure(known.violations["AtMostLimit"].at(1), true, [true]) is None


@pytest.mark.parametrize("method", ["k-induction", "lemmas", "horizon"])
@pytest.mark.parametrize("answered", [0, 1, 2])
def test_a_starved_recheck_discharges_nothing(starve: Starve, method: Any, answered: int) -> None:
    known = Known(models.counter())
    starve(answered)
    proof = known.proof("AtMostLimit")
    supports = (Support("true", known.violations["AtMostLimit"].holds),) if method == "lemmas" else ()
    failure = Checker(known.encoding).check(Proof(proof.monitor, method, 6 if method == "horizon" else 1, supports))
    if answered < 2 or method != "k-induction":
        assert failure is not None
        assert (failure.answer, failure.reason) == (Answer.UNKNOWN, "it was starved")


def test_a_starved_question_for_an_initial_state_proves_nothing_and_is_no_error(starve: Starve) -> None:
    for protocol in (models.counter(), models.contradictory()):
        starve()
        verdicts, _ = statistics(protocol, engine="kinduction")
        assert set(verdicts.values()) == {"unknown"}


def test_where_a_solver_gives_up_on_candidates_for_initial_states_a_property_is_open(starve: Starve) -> None:
    known = Known(many(3, undefined=True))
    waiting = {"Defined": known.violations["Defined"]}
    assert isinstance(starts(known.encoding, waiting)["Defined"], Violated)
    starve()
    found = starts(known.encoding, waiting)["Defined"]
    assert isinstance(found, Open)
    assert (found.depth, "it was starved" in str(found.reason)) == (-1, True)


def test_a_starved_solver_calls_no_action_dead(starve: Starve) -> None:
    starve()
    assert statistics(models.never_firing(), engine="kinduction")[1] == []


def test_induction_shows_nothing_vacuous_that_is_false_initially_or_not_known(starve: Starve) -> None:
    known = Known(models.counter(limit=0))
    at_most, below = (known.model.find_property(name) for name in ("AtMostLimit", "BelowLimit"))
    assert VacuitySolver(known.encoding).inductive(at_most)
    assert not VacuitySolver(known.encoding).inductive(below)
    starve()
    assert not VacuitySolver(known.encoding).inductive(at_most)


def test_a_starved_solver_marks_nothing_vacuous(starve: Starve) -> None:
    known = Known(models.never_firing())
    starve()
    vacuity = Vacuity(known.ground, known.model.properties, None, VacuitySolver(known.encoding))
    marks = {p.name: vacuity.of(p) for p in known.model.properties if p.kind in ("state", "action")}
    assert all(mark is None or mark["kind"] == "constant" for mark in marks.values())


@pytest.mark.parametrize("answered", range(4))
def test_a_certificate_never_says_that_an_action_cannot_fire_because_a_solver_gave_up(
    starve: Starve, answered: int
) -> None:
    known = Known(models.counter())

    def witnesses() -> list[str]:
        # Certificates that have found no values before.
        certificates = Certificates(known.ground, {}, lambda: known.encoding)
        return [entry["expected"] for entry in certificates.definitions(known.proof("AtMostLimit"))["witnesses"]]

    expected = witnesses()
    assert expected[:2] == ["sat", "sat"]
    starve(answered)
    if answered < 3:
        with pytest.raises(Unanswered, match="gave up on"):
            witnesses()
    else:
        assert witnesses() == expected


def test_a_verdict_stays_where_its_certificate_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def gives_up(self: Witnesses, *rest: Any) -> Any:
        raise Unanswered("the solver gave up on a step of Up: it was starved")

    monkeypatch.setattr(Witnesses, "of", gives_up)
    verdicts, warnings = statistics(models.counter(), certificates=str(tmp_path))
    assert verdicts["AtMostLimit"] == "proved"
    assert "no certificate for AtMostLimit: the solver gave up on a step of Up: it was starved" in warnings
    assert list(tmp_path.iterdir()) == []


def bench(known: Known) -> Bench:
    return Bench(known.ground, [found for found in known.model.properties if found.kind == "state"])


def test_a_counterexample_to_induction_that_a_solver_gave_up_on_is_neither_there_nor_missing(starve: Starve) -> None:
    known = Known(models.counter())
    at_most, below = (known.model.find_property(name) for name in ("AtMostLimit", "BelowLimit"))
    assert bench(known).breaks(at_most) is Answer.UNSAT
    found = bench(known).counterexample(below)
    assert found is not None
    assert found.fewest is True
    starve()
    for name in (at_most, below):
        assert bench(known).breaks(name) is Answer.UNKNOWN
        assert bench(known).counterexample(name) is None
        assert bench(known).inductive([name]) is None


@pytest.mark.parametrize("answered", [1, 2])
def test_a_counterexample_to_induction_is_the_plainest_only_if_that_is_known(starve: Starve, answered: int) -> None:
    known = Known(models.counter())
    starve(answered)
    found = bench(known).counterexample(known.model.find_property("BelowLimit"))
    assert found is not None
    assert found.fewest is False


def test_a_starved_workbench_knows_nothing_of_lemmas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bench, "breaks", lambda *rest: Answer.UNKNOWN)
    document = check_lemmas(LemmasRequest(models.counter()), lambda event: None)
    [about] = [entry for entry in document["lemmas"] if entry["name"] == "AtMostLimit"]
    assert (about["status"], about["cti"]) == ("unknown", None)
    assert "gave up" in (about["reason"] or "")


def test_a_starved_solver_blames_nothing(starve: Starve) -> None:
    known = Known(models.counter())
    blame = Blame(known.ground.scope)
    assert blame.of(known.proof("AtMostLimit")) == {"guards": ["Up.below"], "lemmas": []}
    starve()
    assert Blame(known.ground.scope).of(known.proof("AtMostLimit")) is None


def test_guards_are_not_said_to_be_searched_to_where_a_solver_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.proof.strategy import GapsRequest, find_gaps, gaps

    original = Unrolling.check

    def silent(self: Unrolling, *assumptions: Any) -> Answer:
        return Answer.UNKNOWN if self.length > 2 and assumptions else original(self, *assumptions)

    monkeypatch.setattr(gaps, "SEARCHED_STATES", 1)
    monkeypatch.setattr(Unrolling, "check", silent)
    document = find_gaps(GapsRequest(models.two_claims(), k=5), lambda event: None)
    assert [entry["k"] for entry in document["drops"]] == [2]


# -- unbounded scope, and certificates ----------------------------------------------------------------------------------------


def test_a_starved_set_of_invariants_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    quantified = Quantified(unbounded(load("composed").model()))
    formula = next(p.formula for p in quantified.model.properties if p.kind == "state")
    monkeypatch.setattr("verifier.proof.lemmas.unbounded.check", lambda asked, **options: check(asked, rounds=(1,)))
    invariants = Invariants(quantified)
    invariants.add([formula])
    assert invariants.kept == []
    assert invariants.dropped[formula].answer is Answer.UNKNOWN


def test_goals_of_which_one_is_not_known_are_not_shown() -> None:
    quantified = Quantified(unbounded(load("composed").model()))
    formulas = [p.formula for p in quantified.model.properties if p.kind == "state"]
    assert check(quantified.initiation(formulas)).answer is Answer.UNSAT
    assert check(quantified.initiation(formulas), rounds=(1,)).answer is Answer.UNKNOWN


def said(*answers: Answer, failed: bool = False) -> dict[str, Said]:
    return {str(number): Said(answer, failed=failed) for number, answer in enumerate(answers)}


def test_solvers_agree_if_one_says_what_is_expected_and_none_the_contrary() -> None:
    assert _agreed(said(Answer.UNSAT, Answer.UNKNOWN), "unsat")
    assert not _agreed(said(Answer.UNKNOWN, Answer.UNKNOWN), "unsat")
    assert not _agreed(said(Answer.UNSAT, Answer.SAT), "unsat")
    assert not _agreed({**said(Answer.UNSAT), "b": Said(Answer.UNKNOWN, "unreadable", failed=True)}, "unsat")


@pytest.mark.parametrize("solver", ["z3", "cvc5"])
def test_what_a_solver_cannot_read_has_no_answer(solver: str) -> None:
    nonsense = Printed("(assert (nonsense))")
    found = next(iter(ask_all(solver, [], [nonsense])))
    assert (found.answer, found.failed, found.word) == (Answer.UNKNOWN, True, "error")
    found = Asker().ask(solver, Script((), (nonsense,)))
    assert (found.answer, found.failed, found.word) == (Answer.UNKNOWN, True, "error")


def test_a_witness_that_no_solver_finds_is_not_said_to_be_impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Asker, "ask", lambda self, solver, script, **options: Said(Answer.UNKNOWN, "it was starved"))
    script = "(declare-sort S 0)\n(assert true)"
    assert Search().size(script) == (ANY_NUMBER, Answer.UNKNOWN)


def test_definitions_are_the_same_only_if_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.evidence.scheme import Scheme

    def starved(*rest: Any) -> Iterator[Said]:
        yield Said(Answer.UNKNOWN, "it was starved")

    monkeypatch.setattr("verifier.proof.strategy.recheck.ask_all", starved)
    scheme = Scheme((("x", "Bool"),), (("A", 1),), 0, "trivial", 0)
    init = [{"name": "Init", "smtlib": scheme.define("Init", "true")}]
    assert list(_equivalent(scheme, init, init)) == [Answer.UNKNOWN]


SMALL = [Printed("(declare-fun |x| () Bool)"), Printed("(define-fun |Not| ((|y| Bool)) Bool (not |y|))")]
ASKED = [
    (Printed("(assert (and |x| (|Not| |x|)))"), Answer.UNSAT),
    (Printed("(assert (and |x| (not (|Not| |x|))))"), Answer.SAT),
    (Printed("(assert (|Not| (|Not| |x|)))"), Answer.SAT),
    (Printed("(assert (= |x| (|Not| |x|)))"), Answer.UNSAT),
]


@pytest.mark.parametrize("expected", ["unsat", "sat", "right", "wrong"])
def test_what_a_question_is_expected_to_be_does_not_change_what_is_said(expected: str) -> None:
    right = [answer.value for _, answer in ASKED]
    hoped = {"right": right, "wrong": right[1:] + right[:1]}.get(expected, [expected] * 4)
    known = Remembered()
    for _ in range(2):
        said = ask_all("cvc5", SMALL, [text for text, _ in ASKED], hoped, known)
        assert [one.answer for one in said] == [answer for _, answer in ASKED]
    assert len(known.new()) == 4


def test_a_question_is_asked_once_word_for_word(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Remembered()
    first = list(ask_all("cvc5", SMALL, [text for text, _ in ASKED], (), known))
    monkeypatch.setattr("cvc5.TermManager", None)
    monkeypatch.setattr("cvc5.Solver", None)
    assert list(ask_all("cvc5", SMALL, [text for text, _ in ASKED], (), known)) == first


def test_a_question_that_cannot_be_read_is_named_among_others() -> None:
    texts = [ASKED[0][0], Printed("(assert (= |x| #b1))"), ASKED[3][0]]
    assert [said.word for said in ask_all("cvc5", SMALL, texts)] == ["unsat", "error", "unsat"]


MODELS = {"mbqi": "true"}
MACROS = {"macros-quant": "true", "macros-quant-mode": "all", **MODELS}
NARROW = {"enum-inst": "true", "miniscope-quant": "agg"}
PARTIAL = {"enum-inst": "true", "partial-triggers": "true"}


@pytest.mark.parametrize(("expected", "ways"), [("unsat", [{}, NARROW, PARTIAL]), ("sat", [MACROS, MODELS, {}])])
def test_cvc5_is_first_asked_in_the_way_that_finds_what_is_expected(
    expected: str, ways: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    options: list[dict[str, str]] = []

    def said(script: str, given: dict[str, str]) -> Said:
        options.append({name: value for name, value in given.items() if name != "tlimit-per"})
        return Said(Answer.UNKNOWN)

    monkeypatch.setattr("verifier.evidence.solvers.cvc5_script", said)
    Asker().ask("cvc5", Script((), ()), patient=False, expected=expected)
    assert options == ways


@pytest.mark.parametrize(("name", "way"), [("narrow", NARROW), ("partial", PARTIAL)])
def test_cvc5_enumerates_instances_where_matching_refutes_nothing(
    name: str, way: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parent / "scripts" / f"{name}.smt2").read_text(encoding="utf-8")
    monkeypatch.setattr("verifier.evidence.solvers._CVC5_MILLISECONDS", 1_000_000)
    for ways, word in (((), "unknown"), ((way,), "unsat")):
        monkeypatch.setattr("verifier.evidence.solvers._CVC5_INSTANCES", ways)
        assert Asker().ask("cvc5", script(text), patient=False, expected="unsat").word == word


def test_cvc5_is_asked_a_script_once_but_again_with_patience_where_it_did_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def said(script: str, patient: bool, expected: str) -> Said:
        asked.append(script)
        return Said(Answer.UNKNOWN if "hard" in script and not patient else Answer.UNSAT)

    monkeypatch.setattr("verifier.evidence.solvers._cvc5_one", said)
    known = Remembered()
    easy, hard = Script((), (Printed("easy"),)), Script((), (Printed("hard"),))
    for patient in (False, False, True, False):
        answers = [Asker(known).ask("cvc5", script, patient=patient).answer for script in (easy, hard)]
        assert answers[0] is Answer.UNSAT
    assert answers[1] is Answer.UNSAT
    assert asked == ["easy", "hard", "hard"]
