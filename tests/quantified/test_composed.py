"""Composed at unbounded scope, with the three lemmas of its dossier: every obligation, and what each lemma
and guard is for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.quantified.uses import step_uses_of, uses_of
from verifier.catalog import builtins
from verifier.kernel.expressions import term_of
from verifier.kernel.formulas import forall, implies
from verifier.kernel.protocol import Protocol
from verifier.kernel.terms import Term
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, Quantified, check, smoke
from verifier.semantics.scope.unbounded import unbounded

builtins.mount()


@dataclass
class Proof:
    """The model under drops, and the joint invariant that proves it: properties, lemmas, typing facts by
    name.
    """

    quantified: Quantified
    properties: dict[str, Term]
    lemmas: dict[str, Term]
    facts: list[Term]

    @property
    def invariant(self) -> list[Term]:
        return [*self.properties.values(), *self.lemmas.values(), *self.facts]

    def consecutions(self, goals: list[Term], without: str | None = None) -> Iterator[tuple[Obligation, Outcome]]:
        absent = self.lemmas.get(without or "")
        for action in self.quantified.model.actions:
            assumptions = [term for term in self.invariant if term is not absent]
            obligation = self.quantified.consecution(action, assumptions, goals)
            yield obligation, check(obligation)


def protocol() -> Protocol:
    """A copy of the built-in, so that the tests' lemmas are not those of everybody."""
    importlib.import_module("verifier.properties.composed")
    found = importlib.import_module("verifier.encodings.composed").composed
    assert isinstance(found, Protocol)
    return found


def prove(*drops: str) -> Proof:
    module = importlib.import_module("verifier.encodings.composed")
    view = protocol()._view("a lemma")
    txn, status = module.Txn, module.TxnState
    lemmas = {
        "D1": forall(txn, lambda t: view.txnObservedVer[t] <= view.catalogVersion),
        "D2": forall(txn, lambda t: view.currentVersionAtCommit[t] <= view.catalogVersion),
        "D3": forall(
            txn,
            lambda t: implies(view.txnState[t] == status.Committed, view.txnCommitTs[t] <= view.tsCounter),
        ),
    }
    quantified = Quantified(unbounded(protocol().model(drops=drops)))
    states = {p.short or p.name: p.formula for p in quantified.model.properties if p.kind == "state"}
    return Proof(quantified, states, {name: term_of(found) for name, found in lemmas.items()}, quantified.typing_facts())


@pytest.fixture(scope="module")
def safe() -> Proof:
    return prove()


def test_the_search_bounds_and_what_served_them_are_dropped(safe: Proof) -> None:
    scope = safe.quantified.scope
    assert [v.name for v in scope.model.variables if v.name in ("opCount", "txnStartTs")] == ["txnStartTs"]
    assert {g.name for a in scope.model.actions for g in a.guards} == {
        "idle", "active", "new-key", "observed-owner", "current-owner",
    }  # fmt: skip
    assert "variable opCount" in scope.dropped
    assert "upper end of Version" in scope.dropped
    assert scope.not_stated == ()
    assert scope.model.parameters == {}


def test_axioms_and_initial_states_exist(safe: Proof) -> None:
    assert smoke(safe.quantified).answer is Answer.SAT


def test_each_action_can_fire(safe: Proof) -> None:
    for action in safe.quantified.model.actions:
        assert check(safe.quantified.enabled(action, safe.invariant)).answer is Answer.SAT


def test_properties_lemmas_and_types_are_one_inductive_invariant(safe: Proof) -> None:
    assert check(safe.quantified.initiation(safe.invariant)).answer is Answer.UNSAT
    for obligation, outcome in safe.consecutions(safe.invariant):
        assert (obligation.name, outcome.answer, outcome.setting) == (obligation.name, Answer.UNSAT, "default")


def test_everything_is_defined_in_it(safe: Proof) -> None:
    uses = uses_of(safe.quantified)
    assert uses
    assert all(use.position is not None for use in uses)
    assert check(safe.quantified.safety(safe.invariant, [use.formula for use in uses])).answer is Answer.UNSAT
    assert step_uses_of(safe.quantified) == []


def test_what_is_defined_depends_on_the_types(safe: Proof) -> None:
    uses = [use.formula for use in uses_of(safe.quantified)]
    assert check(safe.quantified.safety([], uses)).answer is Answer.SAT


def test_action_properties_hold_without_lemmas(safe: Proof) -> None:
    formulas = [p.formula for p in safe.quantified.model.properties if p.kind == "action"]
    assert len(formulas) == 3
    for action in safe.quantified.model.actions:
        assert check(safe.quantified.step(action, [], formulas)).answer is Answer.UNSAT


@pytest.mark.parametrize(("lemma", "short"), [("D1", "Composed-1"), ("D2", "Composed-1a"), ("D3", "Composed-3")])
def test_each_property_needs_its_lemma(safe: Proof, lemma: str, short: str) -> None:
    goal = safe.properties[short]
    answers = [outcome.answer for _, outcome in safe.consecutions([goal], without=lemma)]
    assert Answer.SAT in answers
    used = [outcome for _, outcome in safe.consecutions([goal])]
    assert any(safe.lemmas[lemma] in outcome.used for outcome in used)
    assert all(safe.lemmas[other] not in o.used for o in used for other in safe.lemmas if other != lemma)


@pytest.mark.parametrize(
    ("drop", "broken", "intact"),
    [
        ("Commit.observed-owner", "Composed-1", "Composed-1a"),
        ("Commit.current-owner", "Composed-1a", "Composed-1"),
    ],
)
def test_a_dropped_guard_breaks_consecution_of_its_property_alone(drop: str, broken: str, intact: str) -> None:
    proof = prove(drop)
    failing = {
        o.action: out for o, out in proof.consecutions([proof.properties[broken]]) if out.answer is not Answer.UNSAT
    }
    assert set(failing) == {"Commit"}
    assert failing["Commit"].answer is Answer.SAT
    assert failing["Commit"].falsified == (proof.properties[broken],)
    assert {out.answer for _, out in proof.consecutions([proof.properties[intact]])} == {Answer.UNSAT}


def test_the_guards_that_a_step_needs_are_named() -> None:
    # Afresh: which of several refutations z3 finds depends on what was asked before.
    proof = prove()
    outcomes = {o.action: out for o, out in proof.consecutions([proof.properties["Composed-1"]])}
    assert outcomes["Commit"].names == ("Commit.observed-owner",)


def test_the_same_question_has_the_same_answer_at_the_same_cost() -> None:
    def run() -> list[tuple[str, int, tuple[str, ...]]]:
        proof = prove()
        return [(out.answer, out.effort, out.names) for _, out in proof.consecutions(proof.invariant)]

    assert run() == run()


def test_an_obligation_is_a_script_for_any_solver(safe: Proof) -> None:
    action = safe.quantified.model.action("Commit")
    script = safe.quantified.consecution(action, safe.invariant, [safe.properties["Composed-1"]]).smtlib()
    assert "(check-sat)" in script
    assert "(declare-fun state.routes (Int sort.Key) sort.Group)" in script
    z3 = pytest.importorskip("z3")
    solver = z3.Solver()
    solver.from_string(script)
    assert solver.check() == z3.unsat
