"""Which properties are marked as vacuous, with which kind; and which are not, although they look as if they were."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tiers import by_day
from verifier.catalog import load, names
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Protocol,
    Range,
    Scalarset,
    Set,
    forall,
    forall_in,
    guard,
    implies,
    labels,
    var,
)
from verifier.proof.strategy import ProveRequest, prove


def door() -> Protocol:
    """A counter that goes up in twos and a door that never breaks; each property isolates one reason."""
    p = Protocol("door", "a door and a counter")
    Limit = p.parameter("Limit", 6)

    class Who(Scalarset, parameter="Whos", size=2):
        pass

    class Mode(Enumeration):
        Shut, Open, Broken = labels(3)

    class Count(Range, low=0, high=Limit):
        pass

    @p.state
    class State:
        x: Count = var(0)
        mode: Mode = var(Mode.Shut)
        asked: Fn[Who, Bool] = var(False)
        inside: Set[Who] = var(set())

    @p.action
    def Turn(s: State) -> None:
        guard("below", s.x + 1 < Limit)
        s.x += 2
        s.mode = Mode.Open

    @p.action
    def Ask(s: State, w: Who) -> None:
        s.asked[w] = True

    @p.invariant()
    def Constant(s: State) -> bool:
        return True

    @p.invariant()
    def OfParameters(s: State) -> Bool:
        return Limit >= 0

    @p.invariant()
    def Typed(s: State) -> Bool:
        return (s.x >= 0) & (s.x <= Limit)

    @p.invariant()
    def PremiseByInduction(s: State) -> Bool:
        return implies(s.mode == Mode.Broken, s.x == 0)

    @p.invariant()
    def PremiseBySearch(s: State) -> Bool:
        return implies(s.x == 3, s.mode == Mode.Shut)

    @p.invariant()
    def PremiseBelowQuantifiers(s: State) -> Bool:
        return forall(Who, lambda w: implies(s.asked[w], implies(s.mode == Mode.Broken, s.x == 0)))

    @p.invariant()
    def NobodyInside(s: State) -> Bool:
        return forall_in(s.inside, lambda w: ~s.asked[w])

    @p.invariant()
    def PremiseTyped(s: State) -> Bool:
        return forall(Who, lambda w: implies((s.x < 2) & (s.x > 4), s.asked[w]))

    @p.invariant()
    def Content(s: State) -> Bool:
        return implies(s.x == 4, s.mode == Mode.Open)

    @p.invariant()
    def OneOfTwoSpeaks(s: State) -> Bool:
        return implies(s.mode == Mode.Broken, s.x == 0) & implies(s.x == 2, s.mode == Mode.Open)

    @p.invariant()
    def PartlySpeaks(s: State) -> Bool:
        return (s.mode != Mode.Broken) & implies(s.x == 3, s.mode == Mode.Shut)

    @p.invariant(vacuous="says the model")
    def Declared(s: State) -> Bool:
        return implies(s.x == 4, s.mode == Mode.Open)

    @p.invariant(vacuous="says the model")
    def DeclaredAndDetected(s: State) -> Bool:
        return s.x >= 0

    @p.invariant(vacuous="it is not")
    def Violated(s: State) -> Bool:
        return s.x < 4

    @p.action_property()
    def ByTheUpdates(s: State, after: State) -> Bool:
        return after.x >= s.x

    @p.action_property()
    def StepTyped(s: State, after: State) -> Bool:
        return after.x <= s.x + Limit

    @p.action_property()
    def StepPremise(s: State, after: State) -> Bool:
        return implies((s.mode == Mode.Open) & (after.mode == Mode.Shut), after.x == 0)

    @p.action_property()
    def StepContent(s: State, after: State) -> Bool:
        return implies((s.mode == Mode.Shut) & (after.mode == Mode.Open), after.x == 2)

    p.type_ok(variables=["x"])
    return p


DOOR = {
    "Constant": "constant",
    "OfParameters": "constant",
    "Typed": "well-typed",
    "PremiseByInduction": "premise-unreachable",
    "PremiseBySearch": "premise-unreachable",
    "PremiseBelowQuantifiers": "premise-unreachable",
    "NobodyInside": "premise-unreachable",
    "PremiseTyped": "premise-unreachable",
    "Declared": "declared",
    "DeclaredAndDetected": "well-typed",
    "StepTyped": "well-typed",
    "StepPremise": "premise-unreachable",
}


def entries(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def kinds(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: entry["vacuous"]["kind"] for name, entry in found.items() if entry["vacuous"] is not None}


@pytest.fixture(scope="module")
def proved() -> dict[str, dict[str, Any]]:
    return entries(door())


def test_each_kind_is_detected_and_nothing_else_is_marked(proved: dict[str, dict[str, Any]]) -> None:
    assert {entry["verdict"] for name, entry in proved.items() if name != "Violated"} == {"proved"}
    assert kinds(proved) == DOOR


def test_the_reason_says_how_it_was_shown(proved: dict[str, dict[str, Any]]) -> None:
    reasons = {name: entry["vacuous"]["reason"] for name, entry in proved.items() if entry["vacuous"]}
    assert reasons["Constant"] == "it is the constant TRUE"
    assert reasons["OfParameters"] == "it reads no part of the state"
    assert reasons["PremiseByInduction"].endswith("proved by induction")
    assert reasons["PremiseBySearch"].endswith("all were visited")
    assert reasons["PremiseTyped"] == "its premise holds in no well-typed state"
    assert reasons["StepTyped"] == "it holds of every pair of well-typed states, reachable or not"


def test_the_models_own_reason_goes_before_the_detected_one(proved: dict[str, dict[str, Any]]) -> None:
    assert proved["Declared"]["vacuous"]["reason"] == "says the model"
    assert proved["DeclaredAndDetected"]["vacuous"] == {"kind": "well-typed", "reason": "says the model"}


def test_what_is_violated_is_not_vacuous_whatever_the_model_says(proved: dict[str, dict[str, Any]]) -> None:
    assert proved["Violated"]["verdict"] == "violated"
    assert proved["Violated"]["vacuous"] is None


@pytest.mark.parametrize("engine", ["kinduction", "explicit"])
def test_every_engine_marks_the_same_of_what_it_proves(engine: str) -> None:
    wanted = ("Typed", "PremiseByInduction", "PremiseBySearch", "Content", "StepPremise", "ByTheUpdates")
    found = entries(door(), engine=engine, properties=wanted)
    assert kinds(found) == {n: DOOR[n] for n in wanted if n in DOOR and found[n]["verdict"] == "proved"}
    assert found["PremiseByInduction"]["verdict"] == "proved"


def test_what_is_only_bounded_is_not_said_to_be_vacuous() -> None:
    found = entries(door(), engine="bmc")
    assert {entry["verdict"] for entry in found.values()} == {"bounded", "violated"}
    assert kinds(found) == {"Declared": "declared", "DeclaredAndDetected": "declared"}


def test_a_premise_that_one_more_value_makes_possible(proved: dict[str, dict[str, Any]]) -> None:
    p = door()

    @p.action
    def Stumble(s: Any) -> None:
        guard("at-start", s.x == 0)
        s.x = 3

    found = kinds(entries(p, properties=("PremiseBySearch", "PremiseByInduction")))
    assert found == {"PremiseByInduction": "premise-unreachable"}


# Everything published that is marked, at the published scope: the dossiers' vacuous claims, and no other.
PUBLISHED = {
    "anti-entropy": {"MerkleConsistent": "well-typed", "GenerationMonotonic": "well-typed"},
    "composed": {"Composed2_ReadAcrossSplitRange": "constant"},
    "economics": {"NonNegative": "well-typed"},
    "gossip": {
        "SourceCorrectInvariant": "well-typed",
        "TargetedMessageValid": "well-typed",
        "ProcessedDeltasGrow": "well-typed",
    },
    "hlc": {"HLC2_NonNeg": "well-typed"},
    "multi-paxos": {"Validity": "well-typed", "Consistency": "premise-unreachable"},
    "mvcc": {},
    "network": {"TimeNotLocked": "well-typed"},
    "occ": {},
    "routes": {
        "Routes1_VersionInRange": "well-typed",
        "Routes2_CoverageDisjoint": "constant",
        "Routes3_SplitAtomicity": "constant",
    },
    "seqlock": {"ResultIsValid": "well-typed"},
    "streaming-persistence": {"NoSegmentIdReuse": "well-typed"},
    "timeouts": {"ThreeDeltasSuffice": "well-typed"},
    "wal-durability": {"WriteCounterMonotonic": "well-typed"},
}
SMALLER = {"multi-paxos": ("Rounds=1", "Attempts=2"), "seqlock": ("NumReaders=1",)}
SLOW = {"hlc", "multi-paxos", "mvcc", "occ"}
NIGHTLY = {"routes-ranges", "hlc-ceiling", "hlc-lagging", "mvcc-replicas"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=by_day(name, tier=pytest.mark.full if name in SLOW else None))
        for name in sorted(PUBLISHED)
    ],
)
def test_the_published_protocols(name: str) -> None:
    assert kinds(entries(load(name), settings=SMALLER.get(name, ()))) == PUBLISHED[name]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=by_day(name, tier=pytest.mark.nightly if name in NIGHTLY else pytest.mark.full))
        for name in sorted(set(names()) - set(PUBLISHED))
    ],
)
def test_no_property_of_a_deeper_model_is_vacuous(name: str) -> None:
    assert kinds(entries(load(name))) == {}


@pytest.mark.parametrize(
    "name",
    ["routes", pytest.param("hlc", marks=pytest.mark.full), pytest.param("multi-paxos", marks=pytest.mark.nightly)],
)
def test_the_same_for_any_number_of_everything(name: str) -> None:
    found = entries(load(name), scope="unbounded")
    stated = {prop: kind for prop, kind in PUBLISHED[name].items() if prop in found}
    assert kinds(found) == stated
