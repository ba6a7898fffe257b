"""Certificates of searches that list their states: an invariant that solvers check, from which nothing can be left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.proof import models
from tests.proof.test_slices import chain
from tests.searches import count_only
from verifier import check
from verifier.catalog import load
from verifier.evidence.certificate import seal
from verifier.kernel import Protocol
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.ground.circuit import below
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.members import members
from verifier.semantics.scope.finite import finite_scope

Certificate = dict[str, Any]


def certified(protocol: Protocol, folder: Path, **options: Any) -> dict[str, Certificate]:
    prove(ProveRequest(protocol, engine="explicit", certificates=folder, **options), lambda event: None)
    documents = (json.loads(path.read_text()) for path in sorted(folder.iterdir()))
    return {document["published_name"]: document for document in documents}


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certified(chain(), tmp_path_factory.mktemp("low"))["Low"]


def valid(certificate: Certificate, protocol: Protocol, **options: Any) -> bool:
    return check([certificate], protocol=protocol, in_process=True, **options).certificates[0].valid


@pytest.mark.parametrize("constrained", [False, True])
def test_few_states_are_listed_and_solvers_check_them(constrained: bool, tmp_path: Path) -> None:
    protocol = chain(constrained=constrained)
    documents = certified(protocol, tmp_path)
    searched = {name: document for name, document in documents.items() if document["method"] == "exhaustive"}
    assert {"Low", "Fixed", "Steady", "Range@x"} <= searched.keys()
    outside = ", or it is outside the constraints" if constrained else ""
    for document in searched.values():
        states = document["exhaustive"]["states"]
        assert document["exhaustive"]["form"] == "set"
        assert document["invariant"][1] == f"the state is one of the {states} that a search reaches{outside}"
    # No model is needed, and both solvers agree.
    for outcome in check([searched["Low"], searched["Range@x"]], solver="both", in_process=True).certificates:
        assert outcome.valid, outcome.failures
        assert {"initiation", "consecution", "safety", "witness"} <= {entry.kind for entry in outcome.checks}


def changed(certificate: Certificate, change: Callable[[Certificate], object]) -> Certificate:
    copy = json.loads(json.dumps(certificate))
    change(copy)
    return dict(seal(copy))


def _lemma(certificate: Certificate) -> Any:
    return next(entry for entry in certificate["definitions"] if entry["name"] == "Lemma 1")


def _say(certificate: Certificate, body: str) -> None:
    text = _lemma(certificate)["smtlib"]
    _lemma(certificate)["smtlib"] = text[: text.index(") Bool ") + 7] + body + ")"


def test_another_set_is_no_invariant_or_not_what_the_model_says(low: Certificate) -> None:
    protocol = chain()
    assert valid(low, protocol, solver="z3")
    assert not valid(changed(low, lambda c: _say(c, "false")), protocol)
    # This property needs no lemma.
    everything = changed(low, lambda c: _say(c, "true"))
    assert valid(everything, protocol)
    assert not valid(everything, protocol, rederive=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [("states", 51), ("states", 49), ("diameter", 3), ("digest", "0" * 64), ("left_out", ["v"]), ("left_out", ["z"])],
)
def test_figures_are_compared_where_the_model_is_searched_again(key: str, value: object, low: Certificate) -> None:
    other = changed(low, lambda c: c["exhaustive"].__setitem__(key, value))
    assert not valid(other, chain(), rederive=True, solver="z3")


def test_a_set_that_the_model_says_is_valid(low: Certificate) -> None:
    assert valid(low, chain(), rederive=True, solver="z3")


def test_a_set_is_not_passed_off_as_a_count_nor_a_count_as_a_set(
    low: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = chain()
    assert not valid(changed(low, lambda c: c["exhaustive"].__setitem__("form", "count")), protocol)
    count_only(monkeypatch)
    document = certified(protocol, tmp_path)["Low"]
    assert document["exhaustive"]["form"] == "count"
    with pytest.raises(Exception, match="obligations"):
        valid(changed(document, lambda c: c["exhaustive"].__setitem__("form", "set")), protocol)


def test_of_more_states_ic3_finds_an_invariant(tmp_path: Path) -> None:
    composed = load("composed")
    document = certified(composed, tmp_path, properties=["Composed-1"])["Composed1_CommitToOwningGroup"]
    assert (document["method"], document["exhaustive"]["form"]) == ("exhaustive", "invariant")
    assert document["exhaustive"]["states"] > 1_000
    assert len(document["invariant"]) > 1
    assert valid(document, composed, solver="z3", rederive=True)
    assert not valid(changed(document, lambda c: _say(c, "true")), composed, solver="z3")


def test_where_ic3_finds_nothing_it_is_asked_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("verifier.proof.strategy.exhausted.STATES", 0)
    monkeypatch.setattr("verifier.proof.strategy.certificates.by_ic3", lambda ground, proof, questions: asked.append(questions))
    searched = [one for one in certified(chain(), tmp_path).values() if one["method"] == "exhaustive"]
    assert {one["exhaustive"]["form"] for one in searched} == {"count"}
    assert asked == [25_000 // 4**place for place in range(len(searched))]
    assert len(asked) > 1


def test_a_law_of_few_values_lists_them(tmp_path: Path) -> None:
    document = certified(models.dead_end(), tmp_path)
    assert all(one["exhaustive"] is None or one["exhaustive"]["form"] == "set" for one in document.values())


def test_members_are_the_rows_and_no_others() -> None:
    ground = Ground(finite_scope(models.counter(high=10).model(), {}))
    [field] = ground.layout.fields
    for wanted in ([], [0], [0, 1, 2], [1, 2, 5, 9], list(range(11))):
        node = members(ground, [field.number], [(code,) for code in wanted])
        assert [code for code in range(11) if Evaluator((code,)).holds(node)] == wanted
    assert members(ground, [field.number], [(code,) for code in range(11)]) is ground.circuit.true


def test_what_is_said_twice_is_said_once() -> None:
    ground = Ground(finite_scope(chain().model(), {}))
    names = ("x", "y", "z")
    fields = [field.number for name in names for field in ground.layout.of(name)]
    product = [(x, y, z) for x in range(3) for y in range(3) for z in range(3)]
    assert len(list(below(members(ground, fields, product)))) < 16
    with pytest.raises(ValueError, match="one code for each field"):
        members(ground, fields, [(0, 0)])
