"""Clauses that IC3 finds in a small instance, read for any size."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from verifier.catalog.load import load
from verifier.evidence.certificate import seal
from verifier.kernel import (
    Bool,
    Protocol,
    Range,
    Sequence,
    Set,
    budget,
    disjoint,
    empty,
    guard,
    var,
)
from verifier.kernel.printing import text
from verifier.kernel.sorts import BOOL
from verifier.kernel.terms import FALSE, Term, conjunction, forall, negation, variable
from verifier.proof.engines.generalizing import Generalizing
from verifier.proof.lemmas import lifted
from verifier.proof.strategy import ProveRequest, prove, unbounded
from verifier.proof.strategy.recheck import rederive
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope

p = Protocol("numbered-log", "entries are numbered, buffered and written")
Most = p.search_bound("Most", 3, "entries")


class Entry(Range, low=1, high=Most):
    """An entry, by its number."""


class Next(Range, low=1, high=Most + 1):
    """The number of the next entry."""


class Buffer(Sequence[Entry], capacity=Most):
    """Entries that wait, in their order."""


@p.state
class State:
    next: Next = var(1, "the number of the next entry")
    buffer: Buffer = var(empty, "entries that wait")
    written: Set[Entry] = var(set(), "entries that are written")


@p.action
def Append(s: State) -> None:
    """An entry gets the next number."""
    budget("most", s.next <= Most)
    s.buffer = s.buffer.append(Entry(s.next))
    s.next += 1


@p.action
def Write(s: State) -> None:
    """All entries that wait are written."""
    guard("waiting", s.buffer.length() > 0)
    s.written |= s.buffer.elements()
    s.buffer = empty


@p.invariant()
def WrittenOnce(s: State) -> Bool:
    """What waits is not written."""
    return disjoint(s.buffer.elements(), s.written)


def proved(folder: Path | None = None) -> dict[str, Any]:
    request = ProveRequest(p, scope="unbounded", hints=False, certificates=None if folder is None else str(folder))
    return {entry["name"]: entry for entry in prove(request, lambda event: None)["properties"]}


def readings(*wanted: tuple[str, str, int]) -> list[str]:
    """The readings of the cube with these parts: a place, `is` or `least` or not, and a code."""
    clausal = Clausal(Ground(finite_scope(p.model())))
    cube = []
    for name, how, code in wanted:
        [fact] = [fact for fact in clausal.facts.all if fact.fields[0].name == name]
        cube.append(clausal.variable(fact, code) * (-1 if how.startswith("not") else 1))
    found = Generalizing(clausal).readings(tuple(sorted(cube, key=abs)))
    return [text(term, p.model().vocabulary, outer=False) for term in found]


def test_what_numbers_a_clause_names_it_is_about_all() -> None:
    assert readings(("3 in written", "is", 1), ("next", "not least", 4)) == ["\\A x \\in written : x < next"]


def test_a_threshold_is_all_beyond_a_number_that_is_named_anyway() -> None:
    found = readings(("buffer[1]", "least", 2), ("3 in written", "is", 1))
    assert found[0] == "\\A x, y \\in Entry : \\A i \\in 1..Len(buffer) : x <= buffer[i] => y \\notin written"
    assert found[2] == found[0].replace(": x <=", ": x < y /\\ x <=")


def test_a_low_number_may_be_itself() -> None:
    found = readings(("buffer[1]", "least", 2), ("3 in written", "is", 1))
    assert "\\A x \\in Entry : 0 < Len(buffer) /\\ 2 <= buffer[1] => x \\notin written" in found


def test_two_positions_are_in_their_order() -> None:
    found = readings(("buffer[1]", "least", 2), ("buffer[2]", "not least", 3))
    ascending = "\\A i \\in 1..Len(buffer) : \\A j \\in 1..Len(buffer) : i < j => (x <= buffer[i] => x < buffer[j])"
    assert found[0] == f"\\A x \\in Entry : {ascending}"


def test_of_all_numbers_some_one_is_meant() -> None:
    assert readings(*((f"{number} in written", "not is", 1) for number in (1, 2, 3)))[-1] == "\\E e \\in Entry : e \\in written"


def test_literals_of_another_model_have_no_readings() -> None:
    assert Generalizing(Clausal(Ground(finite_scope(p.model())))).readings((10_000,)) == []


# -- proofs -----------------------------------------------------------------------------------------------------------


def test_what_ic3_finds_proves_for_any_size(tmp_path: Path) -> None:
    """And its certificate names the clauses, of which the lemmas are found again."""
    entry = proved(tmp_path)["WrittenOnce"]
    assert entry["verdict"] == "proved"
    assert "\\A x \\in written : x < next" in entry["lemmas"]
    [path] = tmp_path.glob("*.safe.WrittenOnce.cert.json")
    certificate = json.loads(path.read_text())
    assert {clause["form"] for clause in certificate["clauses"]} == {"reading"}
    assert len(certificate["clauses"]) == len(entry["lemmas"])
    assert [check for check in rederive(certificate, p, lambda message: None) if not check["passed"]] == []
    certificate["clauses"][0]["literals"][0] *= -1
    assert [check for check in rederive(seal(certificate), p, lambda message: None) if not check["passed"]]


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("wal-rotation", "sync-first"),
        ("wal-shards", "mark-per-shard"),
        ("wal-durability", "stream-in-order"),
        ("wal-replay", "stream-in-order"),
    ],
)
def test_a_built_in_protocol_is_proved_without_its_lemmas(name: str, variant: str) -> None:
    request = ProveRequest(load(name), variant=variant, scope="unbounded", hints=False)
    assert {entry["verdict"] for entry in prove(request, lambda event: None)["properties"]} == {"proved"}


def test_a_reading_that_is_not_inductive_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is said about the instance: for any size each reading is asked like every lemma."""
    right = lifted.clauses

    def wrong(*arguments: Any) -> dict[Any, list[Any]]:
        return {(): [FALSE], **{cube: [negation(term) for term in terms] for cube, terms in right(*arguments).items()}}

    stages = [stage for stage in unbounded.UNBOUNDED if stage.name in ("inferred lemmas", "numbered clauses")]
    monkeypatch.setattr(unbounded, "UNBOUNDED", stages)
    assert proved()["WrittenOnce"]["verdict"] == "proved"
    monkeypatch.setattr(lifted, "clauses", wrong)
    monkeypatch.setattr(lifted, "inductive", lambda finite, terms, steps: (set(terms), True))
    assert proved()["WrittenOnce"]["verdict"] == "unknown"


def test_a_reading_with_a_variable_for_each_of_many_numbers_is_left_out() -> None:
    scope = finite_scope(load("occ").model())
    [number] = [sort for sort in scope.model.sorts if sort.name == "Timestamp"]
    names = [variable(name, number) for name in "xyzuv"]
    ascending = [Term("lt", pair, BOOL) for pair in pairwise(names)]
    assert lifted._is_small(scope, forall(tuple(names[:3]), conjunction(ascending[:2])))
    assert not lifted._is_small(scope, forall(tuple(names), conjunction(ascending)))
    assert not lifted._is_small(scope, negation(forall(tuple(names), conjunction(ascending))))
