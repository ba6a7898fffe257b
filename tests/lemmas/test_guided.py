"""Clauses that exclude counterexamples to induction of small instances, and prove for any size."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verifier.catalog.load import load
from verifier.kernel.printing import text
from verifier.proof.lemmas.clauses import Search
from verifier.proof.lemmas.guided import _Guide
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


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_search_finds_every_clause_of_a_length(length: int) -> None:
    search = Search(words("lockserv"))
    random = np.random.default_rng(length)
    search._extend(random.random((2 * len(search.atoms), 150)) < (0.01, 0.15, 0.25)[length - 1])
    false = np.sort(random.choice(2 * len(search.atoms), 14, replace=False))
    expected = {
        numbers
        for numbers in combinations(false.tolist(), length)
        if not np.logical_and.reduce(search._false[list(numbers)], axis=0).any()
    }
    count = len(search.atoms)
    found = [
        tuple(sorted(number + (not holds) * count for number, holds in clause.literals))
        for clause in search._hitting(false, length, 20_000)
    ]
    assert expected
    assert sorted(found) == sorted(expected)


class Guide(_Guide):
    """A guide whose goals and lemmas need what a table says, after so many counterexamples; it notes who is asked."""

    def __init__(self, goals: list[str], table: dict[Any, tuple[int, list[Any]]]) -> None:
        self._goals = dict.fromkeys(goals)
        self._needs, self._lemmas = {}, {}
        self.table, self.asked = table, list[Any]()

    def _protected(self, target: Any) -> bool:
        self.asked.append(target)
        hard, needs = self.table[target]
        if self.asked.count(target) <= hard:
            return False
        self._needs[target] = needs
        return True


def test_lemmas_are_protected_that_goals_need_and_no_others() -> None:
    first, second, third = (Clause(((number, True),)) for number in range(3))
    guide = Guide(["goal"], {"goal": (1, [second]), second: (0, [third]), third: (0, [second]), first: (0, [])})
    assert guide.selected() == []
    assert guide.asked == ["goal", "goal", second, third]


def test_a_goal_that_is_hard_to_protect_leaves_turns_to_the_others() -> None:
    lemma = Clause(((0, True),))
    guide = Guide(["hard", "easy"], {"hard": (1_000, []), "easy": (9, [lemma]), lemma: (9, [])})
    guide.selected()
    assert lemma in guide._needs
