"""Clauses that exclude counterexamples to induction of small instances, and prove for any size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.catalog.load import load
from verifier.kernel.printing import text
from verifier.proof.lemmas.vocabulary import Vocabulary
from verifier.proof.lemmas.wording import Clause, Wording, named
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.recheck import rederive
from verifier.semantics.scope.unbounded import unbounded

EXAMPLES = Path(__file__).parents[2] / "examples"


def proved(name: str, **options: Any) -> dict[str, str]:
    request = ProveRequest(load(str(EXAMPLES / f"{name}.py")), scope="unbounded", hints=False, **options)
    return {entry["name"]: entry["verdict"] for entry in prove(request, lambda event: None)["properties"]}


# Clauses; with a quorum inside; with an index that has two facts.
@pytest.mark.parametrize(
    ("name", "prop"),
    [
        ("lockserv", "Mutex"),
        ("toy_consensus", "Agreement"),
        pytest.param("sharded_kv", "KeysUnique", marks=pytest.mark.full),
        pytest.param("ring_leader", "OneLeader", marks=pytest.mark.nightly),
        pytest.param("ewd840", "TerminationDetection", marks=pytest.mark.full),
    ],
)
def test_proved_without_hints(name: str, prop: str) -> None:
    assert proved(name)[prop] == "proved"


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["mvcc", "occ", "hlc"])
def test_a_built_in_protocol_is_proved_without_hints(name: str) -> None:
    request = ProveRequest(load(name), scope="unbounded", hints=False)
    assert {entry["verdict"] for entry in prove(request, lambda event: None)["properties"]} == {"proved"}


def test_what_is_false_has_no_proof() -> None:
    assert proved("lockserv", variant="twice") == {"Mutex": "violated"}


def test_without_lemmas_no_clauses_are_looked_for() -> None:
    assert proved("lockserv", lemmas=False) == {"Mutex": "unknown"}


def test_a_certificate_with_clauses_is_derived_again(tmp_path: Path) -> None:
    proved("toy_consensus", certificates=str(tmp_path))
    [path] = tmp_path.glob("*Agreement*")
    certificate = json.loads(path.read_text())
    assert any("\\E" in formula for formula in certificate["invariant"])
    checks = rederive(certificate, load(str(EXAMPLES / "toy_consensus.py")), lambda message: None)
    assert [entry for entry in checks if not entry["passed"]] == []


def words(name: str) -> Vocabulary:
    return Vocabulary(unbounded(load(str(EXAMPLES / f"{name}.py")).model()).model)


def test_a_clause_is_found_by_how_it_reads() -> None:
    known = words("lockserv")
    for literals in (
        ((2, False),),
        ((2, False), (8, False)),
        ((2, False), (3, False), (9, True)),
        ((4, True), (7, True)),
    ):
        shown = text(Clause(literals).formula(known.atoms), known.model.vocabulary, outer=False)
        assert [text(one, known.model.vocabulary, outer=False) for one in named(known.model, [shown])][:1] == [shown]


def test_clauses_that_differ_in_names_alone_are_one() -> None:
    known = words("lockserv")
    wording = Wording(known, known.atoms)
    said = [text(atom.term, known.model.vocabulary) for atom in known.atoms]
    first, second = said.index("n \\in grant_msg"), said.index("n2 \\in grant_msg")
    assert (
        wording.plain(Clause(((second, False),)))
        == wording.plain(Clause(((first, False),)))
        == Clause(((first, False),))
    )
