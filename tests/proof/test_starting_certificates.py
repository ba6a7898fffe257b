"""Certificates of `Defined` have obligations of the candidates for initial states: initial values and predicates are defined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof import leavers
from verifier import check, prove
from verifier.evidence.certificate import seal
from verifier.kernel import Bool, Option, Protocol, Scalarset, choose, var
from verifier.kernel.properties import Property
from verifier.proof.strategy.certificates import Certificates
from verifier.proof.strategy.discharge import Discharge
from verifier.proof.strategy.release import needed
from verifier.proof.strategy.requests import head
from verifier.proof.strategy.unbounded_certificates import AnySizeCertificates
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.proof import Proof
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified import check as decide
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import unbounded


def opened(*, right: bool) -> Protocol:
    """The second predicate has a value where the first holds; the other way about, for one candidate it has none."""
    predicates = (lambda s: s.it.is_some), (lambda s: s.it.value == 0)
    return leavers.start(Option[leavers.Low], *(predicates if right else predicates[::-1]))


def chosen() -> Protocol:
    """An initial value that is undefined wherever there are two names."""
    p = Protocol("chosen", "an initial value")

    class Name(Scalarset, parameter="Names", size=1):
        pass

    @p.state
    class State:
        only: Name = var(choose(Name, lambda n: Bool(True)))

    @p.action
    def Step(s: State) -> None:
        s.only = s.only

    @p.invariant()
    def Same(s: State) -> Bool:
        return s.only == s.only

    return p


def defined(p: Protocol) -> Property:
    return p.model().find_property("Defined")


def published(p: Protocol) -> dict[str, Any]:
    """A certificate that says that `Defined` is proved, right or wrong."""
    scope = finite_scope(p.model())
    ground = Ground(scope)
    facts = {**head(scope.model), "scope": "published", "parameters": dict(scope.parameters), "versions": {}}
    rests_on = [other.name for other in needed(defined(p), scope.model.properties)]
    return Certificates(ground, facts).certificate(Proof(monitor(ground, defined(p)), "k-induction", 1), rests_on)


def for_any_size(p: Protocol, *, said: bool = True) -> dict[str, Any]:
    """Likewise at unbounded scope; unless it is `said`, nothing is stated of initial states."""
    scope = unbounded(p.model())
    facts = {**head(scope.model), "scope": "unbounded", "parameters": {}, "versions": {}}
    quantified = Quantified(scope)
    uses = [use.formula for use in quantified.defined_uses(defined(p))]
    starts = [use.formula for use in quantified.defined_starts(defined(p))] if said else []
    return AnySizeCertificates(scope, facts).certificate(defined(p), ("k-induction", 1), ([], [], uses, starts, []), [])


def failures(found: dict[str, Any], p: Protocol, *, rederive: bool = False) -> list[str]:
    [entry] = check(found, protocol=p if rederive else None, rederive=rederive, solver="z3", in_process=True).certificates
    return [failed.name for failed in entry.failures]


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_what_is_proved_is_certified(scope: Any, tmp_path: Path) -> None:
    p = opened(right=True)
    prove(p, scope=scope, certificates=tmp_path, in_process=True)
    paths = sorted(tmp_path.glob("*.json"))
    assert any("Defined" in path.name for path in paths)
    result = check(paths, protocol=p, rederive=True, in_process=True)
    assert [(failed.name, failed.reason) for one in result.certificates for failed in one.failures] == []


def test_at_published_scope_candidates_are_a_base_case() -> None:
    assert failures(published(opened(right=True)), opened(right=True), rederive=True) == []
    assert "base case 0" in failures(published(opened(right=False)), opened(right=False))


def test_at_published_scope_candidates_cannot_be_left_out() -> None:
    """Initial states that are only those that the predicates let be initial, and what is bad only of reachable states."""
    p = opened(right=False)
    wrong = published(p)
    ground = Ground(finite_scope(p.model()))
    smt = Certificates(ground, {})._text.smtlib
    plain = {"Init": smt.initial(ground.initial), "Bad": "false"}
    kept = {entry["name"]: entry["smtlib"] for entry in wrong["definitions"]}
    for name, body in plain.items():
        head_, _, _ = kept[name].rpartition(") Bool ")
        kept[name] = f"{head_}) Bool {body})"
    wrong["definitions"] = [{"name": name, "smtlib": text} for name, text in kept.items()]
    found = failures(seal(wrong), p, rederive=True)
    assert "base case 0" not in found
    assert {"Init, derived again", "Bad, derived again"} <= set(found)


@pytest.mark.parametrize("wrong", [opened(right=False), chosen()], ids=["predicate", "value"])
def test_at_unbounded_scope_candidates_are_uses(wrong: Protocol) -> None:
    found = for_any_size(wrong)
    assert any(name.startswith("safety of use") for name in failures(found, wrong))
    # What says nothing of them is valid by itself, and not derived again.
    silent = for_any_size(wrong, said=False)
    assert failures(silent, wrong) == []
    assert "uses, derived again" in failures(silent, wrong, rederive=True)


@pytest.mark.parametrize("wrong", [opened(right=False), chosen()], ids=["predicate", "value"])
def test_candidates_are_asked_about_again_before_anything_is_proved(wrong: Protocol) -> None:
    quantified = Quantified(unbounded(wrong.model()))
    starts = [use.formula for use in quantified.defined_starts(defined(wrong))]
    failure = Discharge(quantified, decide).failure([], [], [], starts)
    assert failure is not None
    assert (failure.obligation, failure.answer) == ("initiation", Answer.SAT)
    assert Discharge(quantified, decide).failure([], [], []) is None
