"""The stages, the ledger behind them, and an engine that is one file and one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.proof import models
from tests.proof.toy import Toy
from verifier.catalog import load
from verifier.evidence.replay import replay
from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, budget, forall, guard, var
from verifier.kernel.printing import text
from verifier.proof.engines.circuit import Circuit
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Proved
from verifier.proof.engines.explicit import explore
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.lemmas import unbounded as invariants
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.errors import Inconsistency
from verifier.proof.strategy.published_stages import PUBLISHED
from verifier.proof.strategy.stages import Stage
from verifier.proof.strategy.unbounded_stages import UNBOUNDED
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Checker, Failure, Proof
from verifier.semantics.quantified import Obligation, Outcome, check

Entries = dict[str, dict[str, Any]]


def run(protocol: Protocol, **options: Any) -> Entries:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def reported(protocol: Protocol, **options: Any) -> list[str]:
    """The properties in the order in which their verdicts come."""
    found: list[str] = []

    def emit(event: dict[str, Any]) -> None:
        if event["event"] == "property":
            found.append(event["property"]["published_name"])

    prove(ProveRequest(protocol, **options), emit)
    return found


# -- an engine of its own -------------------------------------------------------------------------------------------


def test_an_engine_is_one_file_and_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = Stage[FiniteTask]("toy", "does a toy find it?", Toy(), lambda request: Budget())
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", [toy, *PUBLISHED])
    protocol = models.counter()
    document = prove(ProveRequest(protocol), lambda event: None)
    entries = {entry["published_name"]: entry for entry in document["properties"]}
    assert (entries["BelowLimit"]["verdict"], entries["BelowLimit"]["steps"]) == ("violated", 5)
    assert entries["AtMostLimit"]["verdict"] == "proved"
    assert "toy" in document["statistics"]["engines"]["BelowLimit"]
    trace = entries["BelowLimit"]["trace"]
    assert trace["loop"] == 5
    assert all("ghost" not in state for state in trace["states"])
    outcome = replay(trace, protocol)
    assert (outcome.valid, outcome.violated) == (True, True)


@pytest.mark.parametrize("loop", [0, 4, 6])
def test_a_lasso_returns_to_the_state_that_it_says(loop: int) -> None:
    trace = dict(run(models.counter())["BelowLimit"]["trace"], loop=loop)
    outcome = replay(trace, models.counter())
    assert not outcome.valid
    assert str(outcome.failure).startswith(f"the last state is not state {loop}")


@pytest.mark.parametrize("stages", [PUBLISHED, UNBOUNDED])
def test_each_stage_says_what_it_asks(stages: list[Stage[Any]]) -> None:
    assert all(stage.name and stage.asks.endswith("?") for stage in stages)
    assert len({stage.name for stage in stages}) == len(stages)


# -- the ledger -----------------------------------------------------------------------------------------------------


def test_a_wrong_proof_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an engine says is re-checked, whichever engine it is."""

    class Liar:
        def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
            for name, found in task.asked().items():
                yield Decided(name, Proved(Proof(task.monitor(found), "k-induction", 1)))

    liar = Stage[FiniteTask]("liar", "is it true?", Liar(), lambda request: Budget())
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", [liar])
    with pytest.raises(Exception, match="the proof of BelowLimit does not re-check"):
        run(models.counter())


@pytest.mark.parametrize("looked", [True, False])
def test_a_search_that_was_not_made_proves_nothing(monkeypatch: pytest.MonkeyPatch, looked: bool) -> None:
    """A search is not repeated by the run, but what it claims must be what it has seen."""

    class Boast:
        def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
            if looked:
                # All states were searched, but for another property.
                task.explored = explore(task.ground, [])
            for name, found in task.asked().items():
                yield Decided(name, Proved(Proof(task.monitor(found), "exhaustive", 5)))

    boast = Stage[FiniteTask]("boast", "is it true?", Boast(), lambda request: Budget())
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", [boast])
    with pytest.raises(Inconsistency, match="does not re-check: search"):
        run(models.counter())


def test_what_no_engine_decides_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", [])
    entries = run(models.counter())
    assert {entry["verdict"] for entry in entries.values()} == {"unknown"}
    assert all("no engine was left to try" in entry["reason"] for entry in entries.values())


def test_a_later_engine_may_decide_what_an_earlier_one_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost:
        def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
            for name in task.asked():
                yield Decided(name, Open(-1, "it lost its way"))

    lost = Stage[FiniteTask]("lost", "where am I?", Lost(), lambda request: Budget())
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", [lost, *PUBLISHED])
    entries = run(models.counter())
    assert {name: entry["verdict"] for name, entry in entries.items() if name.endswith("Limit")} == {
        "AtMostLimit": "proved",
        "BelowLimit": "violated",
    }


@pytest.mark.parametrize("tentative", [True, False])
def test_what_a_tentative_stage_leaves_open_is_not_told(monkeypatch: pytest.MonkeyPatch, tentative: bool) -> None:
    class Lost:
        def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
            for name in task.asked():
                yield Decided(name, Open(-1, "it lost its way"))

    lost = Stage[FiniteTask]("lost", "where am I?", Lost(), lambda request: Budget(), tentative=tentative)
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", [lost])
    reasons = {entry["reason"] for entry in run(models.counter()).values()}
    assert any("it lost its way" in reason for reason in reasons) is not tentative


def test_a_violated_property_that_nobody_asked_for_is_neither_reported_nor_asked_about_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[set[str]] = []

    class Spy:
        def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
            seen.append(set(task.open))
            yield from ()

    spy = Stage[FiniteTask]("spy", "what is open?", Spy(), lambda request: Budget())
    after = 1 + [stage.name for stage in PUBLISHED].index("first induction")
    stages = [*PUBLISHED[:after], spy, *PUBLISHED[after:]]
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", stages)
    document = prove(ProveRequest(initially_wrong(), properties=("Right",)), lambda event: None)
    assert [entry["published_name"] for entry in document["properties"]] == ["Right"]
    assert seen
    assert "Wrong" not in seen[0]


def initially_wrong() -> Protocol:
    """`Wrong` is false in the initial state, `Right` needs a search."""
    p = Protocol("initially-wrong", "one of two is false at once")

    class N(Range, low=0, high=9):
        """A number."""

    @p.state
    class State:
        a: N = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("even", s.a < 8)
        s.a += 2

    @p.invariant()
    def Right(s: State) -> Bool:
        return s.a != 7

    @p.invariant()
    def Wrong(s: State) -> Bool:
        return s.a != 0

    return p


# -- one hard obligation costs no other property its verdict --------------------------------------------------------


def keys() -> Protocol:
    """Two counters; each has a property of its own."""
    p = Protocol("two-counters", "they count up")
    limit = p.search_bound("Limit", 3, "keeps the search finite")

    class N(Range, low=-5, high=limit):
        """A number."""

    @p.state
    class State:
        a: N = var(0)
        b: N = var(0)

    @p.action
    def Up(s: State) -> None:
        budget("bound", s.a < limit)
        s.a += 1

    @p.action
    def Other(s: State) -> None:
        budget("bound", s.b < limit)
        s.b += 1

    @p.invariant()
    def First(s: State) -> Bool:
        return s.a >= 0

    @p.invariant()
    def Hard(s: State) -> Bool:
        return s.b >= 0

    @p.action_property()
    def Step(s: State, after: State) -> Bool:
        return after.a >= s.a

    return p


def of_hard(obligation: Obligation) -> bool:
    return any(goal.term.op != "true" and "b" in names(goal.term) for goal in obligation.goals)


def names(term: Any) -> set[str]:
    from verifier.kernel.terms import state_names

    return set(state_names(term))


def test_a_hard_obligation_costs_no_other_property_its_verdict_at_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(obligation: Obligation, **options: Any) -> Outcome:
        if obligation.kind == "consecution" and of_hard(obligation):
            return Outcome(Answer.UNKNOWN, "none", reason="it was starved")
        return check(obligation, **options)

    monkeypatch.setattr(invariants, "check", starved)
    entries = run(keys(), scope="unbounded", properties=("First", "Step", "Hard"))
    assert {name: entry["verdict"] for name, entry in entries.items()} == {
        "First": "proved",
        "Step": "proved",
        "Hard": "unknown",
    }
    assert "it was starved" in entries["Hard"]["reason"]


def test_what_is_false_in_few_states_is_not_tried_to_be_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, str]] = set()

    def heard(obligation: Obligation, **options: Any) -> Outcome:
        asked.update((obligation.kind, text(goal.term)) for goal in obligation.goals)
        return check(obligation, **options)

    monkeypatch.setattr(invariants, "check", heard)
    entries = run(models.counter(), scope="unbounded", properties=("BelowLimit",))
    assert entries["BelowLimit"]["verdict"] == "violated"
    assert ("consecution", "x < 5") not in asked
    assert run(models.counter(), scope="unbounded", properties=("AtMostLimit",))["AtMostLimit"]["verdict"] == "proved"
    assert ("consecution", "x <= 5") in asked


def test_verdicts_are_reported_before_the_hard_one_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str]] = []
    done: list[str] = []

    def slow(obligation: Obligation, **options: Any) -> Outcome:
        if obligation.kind == "consecution" and of_hard(obligation):
            asked.append((len(options["portfolio"]), ",".join(done)))
            return Outcome(Answer.UNKNOWN, "none", reason="it was starved")
        return check(obligation, **options)

    def emit(event: dict[str, Any]) -> None:
        if event["event"] == "property":
            done.append(event["property"]["published_name"])

    monkeypatch.setattr(invariants, "check", slow)
    prove(ProveRequest(keys(), scope="unbounded", properties=("Hard", "First", "Step")), emit)
    assert done == ["Step", "First", "Hard"]
    # Only the first effort, the cheapest, came before the others had their verdicts.
    cheapest = len(invariants.EFFORTS[0][1])
    dearer = [before for settings, before in asked if settings > cheapest]
    assert dearer
    assert all(before.startswith("Step,First") for before in dearer)


def test_a_hard_obligation_costs_no_other_property_its_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Checker.check

    def starved(self: Checker, proof: Proof) -> Failure | None:
        if proof.monitor.property.name == "Hard":
            return Failure("induction step", Answer.UNKNOWN, "it was starved")
        return original(self, proof)

    monkeypatch.setattr(Checker, "check", starved)
    entries = run(keys(), engine="kinduction", properties=("First", "Step", "Hard"))
    assert {name: entry["verdict"] for name, entry in entries.items()} == {
        "First": "proved",
        "Step": "proved",
        "Hard": "unknown",
    }


@pytest.mark.parametrize("hard", ["Defined", "Range@x"])
def test_where_what_proofs_need_is_hard_nothing_is_proved_and_violations_stay(
    monkeypatch: pytest.MonkeyPatch, hard: str
) -> None:
    original = Checker.check

    def starved(self: Checker, proof: Proof) -> Failure | None:
        if proof.monitor.property.name == hard:
            return Failure("induction step", Answer.UNKNOWN, "it was starved")
        return original(self, proof)

    monkeypatch.setattr(Checker, "check", starved)
    monkeypatch.setattr(Circuit, "run", lambda self, task, budget: iter(()))
    entries = run(models.counter(), engine="kinduction", k=6)
    assert entries["BelowLimit"]["verdict"] == "violated"
    assert "proved" not in {entries[name]["verdict"] for name in ("AtMostLimit", "Range@x")}
    assert hard in entries["AtMostLimit"]["reason"]


def beside() -> Protocol:
    """`First` is about a variable of its own; the range of `b` has nothing to do with it."""
    p = Protocol("beside", "two variables that have nothing to do with each other")
    most = p.parameter("Most", 3)

    class N(Range, low=0, high=most):
        """A number."""

    @p.state
    class State:
        a: N = var(0)
        b: N = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("room", s.a < most)
        s.a += 1

    @p.action
    def Other(s: State) -> None:
        guard("room", s.b < most)
        s.b += 1

    @p.invariant()
    def First(s: State) -> Bool:
        return s.a >= 0

    return p


def test_a_hard_range_that_a_proof_does_not_need_does_not_hold_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(obligation: Obligation, **options: Any) -> Outcome:
        if obligation.kind == "consecution" and of_hard(obligation):
            return Outcome(Answer.UNKNOWN, "none", reason="it was starved")
        return check(obligation, **options)

    monkeypatch.setattr(invariants, "check", starved)
    assert reported(beside(), scope="unbounded") == ["First", "Range@a", "Range@b"]


# -- the verdict of a property does not depend on the others --------------------------------------------------------


@pytest.mark.parametrize("scope", ["published", "unbounded"])
@pytest.mark.parametrize("name", ["First", "Second"])
def test_siblings_serve_as_lemmas_also_where_they_are_not_selected(scope: str, name: str) -> None:
    together = run(models.partners(), scope=scope, engine="auto")
    alone = run(models.partners(), scope=scope, properties=(name,))
    assert list(alone) == [name]
    facts = ("verdict", "method", "k", "lemmas")
    assert [alone[name][fact] for fact in facts] == [together[name][fact] for fact in facts]
    assert alone[name]["verdict"] == "proved"


@pytest.mark.full
@pytest.mark.parametrize("protocol", ["composed", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("occ", "hlc"))])
def test_alone_or_together(protocol: str) -> None:
    together = run(load(protocol))
    for name, entry in together.items():
        alone = run(load(protocol), properties=(name,))
        facts = ("verdict", "method", "k", "steps")
        assert [alone[name][fact] for fact in facts] == [entry[fact] for fact in facts], name


def test_a_conjunction_is_proved_in_its_parts() -> None:
    p = Protocol("parts", "a conjunction under a quantifier")

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        """A node."""

    @p.state
    class State:
        up: Fn[Node, Bool] = var(False)
        seen: Fn[Node, Bool] = var(False)

    @p.action
    def Rise(s: State, n: Node) -> None:
        s.seen[n] = True
        s.up[n] = True

    @p.invariant()
    def Both(s: State) -> Bool:
        return forall(Node, lambda n: (s.up[n] | ~s.up[n]) & (s.seen[n] | ~s.up[n]))

    entry = run(p, scope="unbounded")["Both"]
    assert entry["verdict"] == "proved"
