"""The release rule: what a verdict becomes where something that it needs is not proved. And what may enter the lemmas."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proof import models
from verifier.kernel import Bool, Option, Protocol, Range, guard, none, some, var
from verifier.kernel.properties import Property
from verifier.kernel.terms import TRUE
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.release import PROVED, Release, Standing, combined, needed
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Checker, Failure, Proof

P = Property("P", "state", TRUE)
Q = Property("Q", "state", TRUE)
MODEL = Property("Defined", "defined")
TEXT = Property("Defined@P", "defined", about="P")
OTHER = Property("Defined@Q", "defined", about="Q")
RANGE = Property("TypeOK", "range", variables=("x", "y"))
REST = Property("Range@z", "range", variables=("z",))
ALL = (P, Q, RANGE, REST, MODEL, TEXT, OTHER)


def test_what_a_property_needs() -> None:
    assert needed(P, ALL) == [RANGE, REST, MODEL, TEXT]
    assert needed(MODEL, ALL) == [RANGE, REST]
    assert needed(RANGE, ALL) == [REST, MODEL]
    assert needed(TEXT, ALL) == [RANGE, REST, MODEL]
    assert needed(P, ALL, ranges=()) == [MODEL, TEXT]
    assert needed(P, ALL, ranges=("y",)) == [RANGE, MODEL, TEXT]


BOUNDED = Standing("bounded", 8)
GAVE_UP = Standing("unknown", 3, "the solver gave up")


@pytest.mark.parametrize(
    ("own", "other", "standing", "verdict"),
    [
        # A range that is left in r steps: r steps were looked at.
        (PROVED, RANGE, Standing("violated", 3), Standing("bounded", 3, "TypeOK is violated in 3 steps")),
        (PROVED, RANGE, Standing("violated", 1), Standing("bounded", 1, "TypeOK is violated in 1 step")),
        (BOUNDED, RANGE, Standing("violated", 3), Standing("bounded", 3, "TypeOK is violated in 3 steps")),
        (BOUNDED, RANGE, Standing("violated", 9), BOUNDED),
        (Standing("violated", 5), RANGE, Standing("violated", 3), Standing("violated", 5)),
        (GAVE_UP, RANGE, Standing("violated", 1), Standing("unknown", 1, "TypeOK is violated in 1 step")),
        # What is only bounded bounds.
        (PROVED, MODEL, Standing("bounded", 8), Standing("bounded", 8, "Defined is not proved beyond 8 steps")),
        (BOUNDED, MODEL, Standing("bounded", 8), BOUNDED),
        (BOUNDED, MODEL, Standing("bounded", 5), Standing("bounded", 5, "Defined is not proved beyond 5 steps")),
        (GAVE_UP, MODEL, Standing("bounded", 5), GAVE_UP),
        # Steps without a meaning, or a text without one, leave no proof.
        (PROVED, MODEL, Standing("violated", 2), Standing("unknown", 2, "Defined is violated in 2 steps")),
        (PROVED, TEXT, Standing("violated", 2), Standing("unknown", 1, "Defined@P is violated in 2 steps")),
        (PROVED, TEXT, Standing("violated", 0), Standing("unknown", None, "Defined@P is violated in 0 steps")),
        (BOUNDED, TEXT, Standing("violated", 2), Standing("bounded", 1, "Defined@P is violated in 2 steps")),
        # What is unknown lets nothing be proved, and bounds as far as it got.
        (PROVED, RANGE, Standing("unknown", None, "why"), Standing("unknown", None, "TypeOK is not proved: why")),
        (PROVED, RANGE, Standing("unknown", 4, "why"), Standing("bounded", 4, "TypeOK is not proved: why")),
        (BOUNDED, RANGE, Standing("unknown", None, "why"), Standing("unknown", None, "TypeOK is not proved: why")),
        (PROVED, RANGE, PROVED, PROVED),
        (BOUNDED, RANGE, PROVED, BOUNDED),
    ],
)
def test_what_a_verdict_becomes(own: Standing, other: Property, standing: Standing, verdict: Standing) -> None:
    assert combined(P, own, [(other, standing)]) == verdict


def test_the_least_counts() -> None:
    others = [(RANGE, Standing("violated", 5)), (REST, Standing("violated", 2)), (MODEL, Standing("bounded", 8))]
    assert combined(P, PROVED, others) == Standing("bounded", 2, "Range@z is violated in 2 steps")


def test_a_verdict_waits_for_all_that_it_needs() -> None:
    release = Release({found.name: needed(found, ALL) for found in ALL})
    assert release.settle(P, PROVED) == []
    assert release.settle(MODEL, PROVED) == []
    assert release.settle(RANGE, PROVED) == []
    # With the last range, everything that waits for the ranges and for `Defined` is released, but not what waits for a text.
    assert {found.name for found, _ in release.settle(REST, PROVED)} == {"Defined", "TypeOK", "Range@z"}
    assert [(found.name, verdict) for found, verdict in release.settle(TEXT, PROVED)] == [
        ("P", PROVED),
        ("Defined@P", PROVED),
    ]


def test_a_violation_waits_for_nothing() -> None:
    release = Release({found.name: needed(found, ALL) for found in ALL})
    assert release.settle(P, Standing("violated", 1)) == [(P, Standing("violated", 1))]


def test_nothing_waits_for_what_only_a_violated_property_needs() -> None:
    release = Release({found.name: needed(found, ALL) for found in ALL})
    assert release.waited(["P"]) == {"TypeOK", "Range@z", "Defined", "Defined@P"}
    release.settle(P, PROVED)
    assert "TypeOK" in release.waited(["P"])
    release.settle(Q, Standing("violated", 1))
    assert release.waited(["Q"]) == set()
    assert "Defined@P" in release.waited(["P", "Q"])


# -- in the strategy --------------------------------------------------------------------------------------------------------


def run(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def leaving() -> Protocol:
    """`y` leaves its range in the fourth step; `Small` is inductive, `Deep` needs a search."""
    p = Protocol("leaving", "a range that is left")

    class N(Range, low=0, high=3):
        """A number."""

    @p.state
    class State:
        x: N = var(0)
        y: N = var(0)

    @p.action
    def Turn(s: State) -> None:
        guard("even", s.x < 2)
        s.x = s.x + 2

    @p.action
    def Back(s: State) -> None:
        guard("two", s.x == 2)
        s.x = 0

    @p.action
    def Up(s: State) -> None:
        s.y = s.y + 1

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.x <= 3

    @p.invariant()
    def Even(s: State) -> Bool:
        return s.x != 1

    return p


@pytest.mark.parametrize("engine", ["auto", "bmc", "kinduction", "explicit"])
@pytest.mark.parametrize("selected", [(), ("Small",), ("Even",), ("Small", "Even")])
def test_no_property_is_proved_beside_a_range_that_is_left(engine: str, selected: tuple[str, ...]) -> None:
    found = run(leaving(), engine=engine, properties=selected)
    assert (found["Range@y"]["verdict"], found["Range@y"]["steps"]) == ("violated", 4)
    for name in selected or ("Small", "Even"):
        entry = found[name]
        assert (entry["verdict"], entry["k"], entry["reason"]) == ("bounded", 4, "Range@y is violated in 4 steps")
        assert entry["vacuous"] is None
    assert ("Range@x" in found) is (not selected)


def test_the_reason_of_what_is_bounded_and_the_bound_agree() -> None:
    found = run(leaving(), engine="bmc", k=2)
    assert {entry["verdict"] for entry in found.values()} == {"bounded"}
    assert {entry["k"] for entry in found.values()} == {2}
    # What is proved by the circuit alone, and so is not bounded by itself, is bounded by the range.
    assert {entry["reason"] for entry in found.values()} <= {None, "Range@x is not proved beyond 2 steps"}
    assert found["Even"]["reason"] is None


# -- joint proofs -----------------------------------------------------------------------------------------------------------


def test_partners_are_proved_together() -> None:
    found = run(models.partners())
    assert {found[name]["verdict"] for name in ("First", "Second")} == {"proved"}
    assert (found["First"]["lemmas"], found["Second"]["lemmas"]) == (["Second"], ["First"])


def test_a_partner_that_was_not_closed_keeps_the_other_out_of_the_lemmas(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Checker.check
    learned: list[list[str]] = []

    def gave_up(self: Checker, proof: Proof) -> Failure | None:
        if proof.monitor.property.name == "Second":
            return Failure("consecution", Answer.UNKNOWN, "it had enough")
        return original(self, proof)

    def watched(self: FiniteTask) -> None:
        learn(self)
        learned.append([name for name in ("First", "Second") if self.member(name) in self.lemmas])

    learn = FiniteTask.learn
    monkeypatch.setattr(Checker, "check", gave_up)
    monkeypatch.setattr(FiniteTask, "learn", watched)
    found = run(models.partners())
    assert found["Second"]["verdict"] == "unknown"
    assert not any("First" in names for names in learned)


def test_a_text_that_may_have_no_value_is_shared_only_once_it_is_shown_to_have_one() -> None:
    found = run(models.forgetful())
    assert found["Small"]["lemmas"] is None


def test_a_text_that_is_known_to_have_no_value_somewhere_serves_no_proof() -> None:
    """Its obligation is closed, but not as proved."""
    p = Protocol("unwritten", "a number that is copied twice")

    class N(Range, low=0, high=9):
        """A number."""

    @p.state
    class State:
        source: N = var(3)
        between: Option[N] = var(none)
        target: N = var(3)

    @p.action
    def Write(s: State) -> None:
        s.between = some(s.source)

    @p.action
    def Copy(s: State) -> None:
        guard("written", s.between.is_some)
        s.target = s.between.value

    @p.invariant()
    def Same(s: State) -> Bool:
        return s.between.value == s.source

    @p.invariant()
    def Copied(s: State) -> Bool:
        return s.target == s.source

    found = run(p)
    assert found["Defined@Same"]["verdict"] == "violated"
    assert found["Copied"]["verdict"] == "proved"
    assert "Same" not in (found["Copied"]["lemmas"] or [])
