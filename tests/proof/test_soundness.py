"""The soundness rules of the engines: each test fails when its rule is broken.

Where a rule guards against the verifier's own mistakes, the test makes the mistake and sees it noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.proof import models
from verifier.catalog import load
from verifier.kernel.errors import ModelError
from verifier.kernel.protocol import Protocol
from verifier.proof.engines import bounded
from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.lemmas.houdini import Houdini
from verifier.proof.strategy import (
    ExploreRequest,
    GapsRequest,
    ProveRequest,
    RunRequest,
    explore,
    find_gaps,
    prove,
    sample,
)
from verifier.proof.strategy.errors import Inconsistency
from verifier.semantics.answers import Answer
from verifier.semantics.ground.path import PathStep
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.ground.unfolded import Unfolded
from verifier.semantics.obligations.proof import Checker, Failure

ENGINES = ("auto", "bmc", "kinduction", "explicit")


def run(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    """The entries of the result document, by published name."""
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def verdict(entry: dict[str, Any]) -> tuple[str, int | None]:
    """The verdict and its steps."""
    return entry["verdict"], entry["steps"]


def unrolled_by_z3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded unrolling asks z3, as it does where integers have very many values."""
    monkeypatch.setattr(bounded, "MANY_CODES", 0)


# -- rule 1: a violation is re-executed ----------------------------------------------------------------------------------


def test_a_path_that_does_not_replay_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Encoding.path

    def corrupted(self: Encoding, model: Any, length: int) -> list[PathStep]:
        path = original(self, model, length)
        first = path[0]
        return [PathStep(None, (first.codes[0] + 1, *first.codes[1:])), *path[1:]]

    monkeypatch.setattr(Encoding, "path", corrupted)
    unrolled_by_z3(monkeypatch)
    with pytest.raises(Inconsistency, match="does not replay"):
        run(models.counter(), engine="bmc")


def test_nor_is_a_path_of_clauses_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Unfolded.path

    def corrupted(self: Unfolded) -> list[PathStep]:
        first, *rest = original(self)
        return [PathStep(None, (first.codes[0] + 1, *first.codes[1:])), *rest] if rest else [first]

    monkeypatch.setattr(Unfolded, "path", corrupted)
    with pytest.raises(Inconsistency, match="does not replay"):
        run(models.counter(), engine="bmc")


def test_a_claimed_violation_of_a_true_property_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    original = LockStep.base_case

    def lying(self: LockStep, waiting: Any, depth: int) -> Any:
        found = original(self, waiting, depth)
        broken = original(self, {"BelowLimit": waiting["BelowLimit"]}, depth) if "BelowLimit" in waiting else {}
        return {**found, **dict.fromkeys(["AtMostLimit"] if broken else [], next(iter(broken.values()), None))}

    monkeypatch.setattr(LockStep, "base_case", lying)
    unrolled_by_z3(monkeypatch)
    with pytest.raises(Inconsistency, match="does not replay"):
        run(models.counter(), engine="bmc")


# -- rule 2: every proof is checked again --------------------------------------------------------------------------------


def test_a_false_induction_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LockStep, "induction_step", lambda self, waiting, k: list(waiting))
    with pytest.raises(Inconsistency, match="does not re-check"):
        run(models.counter(), engine="kinduction", lemmas=False)


def test_a_false_horizon_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LockStep, "no_path", lambda self, length: True)
    unrolled_by_z3(monkeypatch)
    with pytest.raises(Inconsistency, match="no path of"):
        run(models.counter(), engine="bmc")


def test_a_false_horizon_of_clauses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unfolded, "goes_on", lambda self: Answer.UNSAT)
    monkeypatch.setattr(bounded._Run, "_walked", 0)
    with pytest.raises(Inconsistency, match="no path of"):
        run(models.counter(), engine="bmc")


def test_lemmas_that_are_not_inductive_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Houdini, "inductive", lambda self, found: list(found))
    monkeypatch.setattr(Houdini, "closure", lambda self, goal, own, assumed, **options: list(assumed))
    with pytest.raises(Inconsistency, match="does not re-check"):
        run(load("composed"))


def test_a_recheck_without_answer_makes_the_verdict_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def gave_up(self: Checker, obligation: str, *rest: Any) -> Failure:
        return Failure(obligation, Answer.UNKNOWN, "it was told to")

    monkeypatch.setattr(Checker, "_discharge", gave_up)
    entry = run(models.counter(), engine="kinduction")["AtMostLimit"]
    assert entry["verdict"] == "unknown"
    assert "re-check gave up" in entry["reason"]


# -- rule 4: open and violated properties constrain nothing ----------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_violated_property_does_not_constrain_paths(engine: str) -> None:
    entries = run(models.two_claims(), engine=engine)
    assert verdict(entries["Sooner"]) == ("violated", 2)
    assert verdict(entries["Later"]) == ("violated", 4)


# -- rule 6: base cases at every depth, unknown is not an answer ----------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bad_deadlock_is_found(engine: str) -> None:
    assert verdict(run(models.dead_end(), engine=engine)["NotBad"]) == ("violated", 1)


@pytest.mark.parametrize("rooted", [True, False])
def test_an_unknown_answer_proves_and_refutes_nothing(monkeypatch: pytest.MonkeyPatch, rooted: bool) -> None:
    original = Unrolling.check

    def silent(self: Unrolling, *assumptions: Any) -> Answer:
        answer = original(self, *assumptions)
        if assumptions and self.rooted is rooted:
            self.reason = "it was told to"
            return Answer.UNKNOWN
        return answer

    monkeypatch.setattr(Unrolling, "check", silent)
    entries = run(models.counter(), engine="kinduction", k=3)
    assert {entry["verdict"] for entry in entries.values()} <= {"unknown", "bounded"}


@pytest.mark.parametrize("k", [0, 1, 2, 4, 5, 7])
def test_a_larger_bound_never_changes_a_verdict(k: int) -> None:
    entry = run(models.counter(), engine="kinduction", lemmas=False, k=k)["BelowLimit"]
    if k < 5:
        assert (entry["verdict"], entry["k"]) == ("bounded", k)
    else:
        assert verdict(entry) == ("violated", 5)


def test_no_depth_is_called_proved() -> None:
    entry = run(models.two_claims(), engine="bmc", k=3)["Later"]
    assert (entry["verdict"], entry["k"], entry["method"]) == ("bounded", 3, None)


# -- rule 7: action properties and constraints -----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_states_outside_the_constraint_are_checked_and_not_expanded(engine: str) -> None:
    entries = run(models.constrained(), engine=engine)
    assert verdict(entries["NotThree"]) == ("violated", 3)
    assert verdict(entries["NotIntoThree"]) == ("violated", 3)
    assert entries["NotFour"]["verdict"] == "proved"
    assert entries["NeverDown"]["verdict"] == "proved"


# -- section 2: ranges and definedness ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_that_leaves_its_range_is_a_violation(engine: str) -> None:
    entries = run(models.overflowing(), engine=engine)
    assert verdict(entries["TypeOK"]) == ("violated", 3)
    assert entries["TypeOK"]["trace"]["states"][-1]["x"] == {"#bigint": "3"}
    positive = entries["Positive"]
    assert (positive["verdict"], positive["k"], positive["reason"]) == ("bounded", 3, "TypeOK is violated in 3 steps")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_undefined_use_is_a_violation_and_nothing_else_is_proved(engine: str) -> None:
    entries = run(models.forgetful(), engine=engine)
    assert verdict(entries["Defined"]) == ("violated", 2)
    if engine == "bmc":
        assert entries["Small"]["verdict"] == "bounded"
    else:
        assert entries["Small"]["verdict"] == "unknown"
        assert "Defined" in entries["Small"]["reason"]


def test_defined_is_checked_under_property_too() -> None:
    entries = run(models.forgetful(), properties=("Small",))
    assert entries["Defined"]["verdict"] == "violated"


def test_defined_is_not_listed_where_it_is_proved() -> None:
    assert "Defined" not in run(load("composed"))
    assert run(load("composed"), properties=("Defined",))["Defined"]["verdict"] == "proved"


# -- an encoding that is accidentally unsatisfiable proves everything -------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_no_initial_state_is_an_error(engine: str) -> None:
    with pytest.raises(ModelError, match="no initial state") as caught:
        run(models.contradictory(), engine=engine)
    assert caught.value.position is not None


@pytest.mark.parametrize(
    ("command", "request_"), [(explore, ExploreRequest), (find_gaps, GapsRequest), (sample, RunRequest)]
)
def test_no_initial_state_is_an_error_of_every_command(command: Any, request_: Any) -> None:
    with pytest.raises(ModelError, match="no initial state"):
        command(request_(models.contradictory()), lambda event: None)


def test_an_unsatisfiable_transition_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check that every action can fire, made on the relation itself, sees a transition that is false."""
    protocol = load("composed")
    assert not firing_failures(protocol)
    original = Encoding._transition

    def false(self: Encoding) -> Any:
        original(self)
        return self._term(self.ground.circuit.false)

    monkeypatch.setattr(Encoding, "_transition", false)
    assert set(firing_failures(protocol)) == {action.name for action in protocol.model().actions}


def firing_failures(protocol: Protocol) -> list[str]:
    """Actions that the encoded transition cannot take from any well-typed state."""
    from verifier.semantics.ground.ground import Ground
    from verifier.semantics.scope import finite_scope

    model = protocol.model()
    ground = Ground(finite_scope(model))
    encoding = Encoding(ground)
    path = Unrolling(encoding, rooted=False)
    path.extend(1)
    result = []
    for action in model.actions:
        chosen = encoding.selected(i.number for i in ground.instances if i.action is action)
        if path.check(path.literal(chosen)) is not Answer.SAT:
            result.append(action.name)
    return result


def test_a_dead_action_is_a_warning_at_published_scope_and_an_error_at_unbounded_scope() -> None:
    document = prove(ProveRequest(models.never_firing()), lambda event: None)
    assert document["statistics"]["warnings"] == ["Dead cannot fire at this scope"]
    with pytest.raises(ModelError, match="Dead never fires"):
        run(models.never_firing(), scope="unbounded")
    document = prove(ProveRequest(models.never_firing(declared=True), scope="unbounded"), lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"proved"}


# -- the same answer from every engine -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [models.counter, models.dead_end, models.two_claims, models.constrained, models.modes])
def test_engines_agree(make: Callable[[], Protocol]) -> None:
    answers = {engine: {n: verdict(e) for n, e in run(make(), engine=engine).items()} for engine in ENGINES}
    exact = answers["explicit"]
    for engine, found in answers.items():
        for name, answer in found.items():
            assert answer == exact[name] or answer[0] == "bounded", (engine, name)


def test_lemmas_of_the_second_family_are_found() -> None:
    entries = run(models.modes(), engine="kinduction", k=2)
    assert {entry["verdict"] for entry in entries.values()} == {"proved"}
    assert "AtMostOnce" in entries["DoneOnce"]["lemmas"]


# -- unbounded scope -------------------------------------------------------------------------------------------------------------


def test_a_violation_at_unbounded_scope_is_rebuilt_and_names_its_sizes() -> None:
    entry = run(load("composed"), variant="gap", scope="unbounded")["Composed1_CommitToOwningGroup"]
    assert verdict(entry) == ("violated", 4)
    assert "Keys=2" in entry["reason"]
    assert entry["shortest"] is False


def test_a_false_proof_at_unbounded_scope_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.proof.lemmas.unbounded import Invariants

    monkeypatch.setattr(Invariants, "settle", lambda self: None)
    monkeypatch.setattr(Invariants, "closure", lambda self, goals: list(self.kept))
    with pytest.raises(Inconsistency, match="does not re-check"):
        run(load("composed"), variant="gap", scope="unbounded")
