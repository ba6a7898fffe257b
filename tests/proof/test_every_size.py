"""What is proved for any size decides a large finite size, if nothing at that size is against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.evidence.claims import missing
from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, Set, budget, forall, guard, implies, var
from verifier.proof.strategy import ProveRequest, every_size, prove, size_runs
from verifier.proof.strategy.recheck import rederive
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Failure
from verifier.semantics.scope.finite import finite_scope

Entries = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def _nothing_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_size, "LARGE", 0)


def decided(protocol: Protocol, *settings: str, **options: Any) -> Entries:
    """The verdicts at a size that is larger than the published one."""
    request = ProveRequest(protocol, settings=settings or ("Most=5",), **options)
    return {entry["published_name"]: dict(entry) for entry in prove(request, lambda event: None)["properties"]}


def how(entry: dict[str, Any]) -> tuple[str, str | None]:
    return entry["verdict"], entry["reason"]


FOR_ANY_SIZE = ("proved", every_size.REASON)


def counting(*, bounded: bool = True, beyond: bool = False) -> Protocol:
    """One number follows another. `bounded`: within the range; `beyond`: what lies behind the number is looked at."""
    p = Protocol("counting", "one number follows another")
    most = p.search_bound("Most", 2)

    class Count(Range, low=0, high=most):
        """A number."""

    @p.state
    class State:
        first: Count = var(0)
        second: Count = var(0)
        seen: Fn[Count, Bool] = var(False)

    @p.action
    def advance(s: State) -> None:
        if bounded:
            budget("bound", s.first < most)
        s.first += 1

    @p.action
    def follow(s: State) -> None:
        if beyond:
            guard("unseen", ~s.seen[s.first + 1])
        s.second = s.first

    @p.invariant()
    def Behind(s: State) -> Bool:
        return s.second <= s.first

    @p.action_property()
    def Forward(s: State, after: State) -> Bool:
        return after.second >= s.second

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.first <= most

    return p


def test_a_large_size_is_decided_for_any() -> None:
    result = decided(counting())
    assert how(result["Behind"]) == how(result["Forward"]) == FOR_ANY_SIZE
    assert (result["Behind"]["method"], result["Behind"]["k"]) == ("k-induction", 1)
    assert result["Forward"]["lemmas"] == ["second <= first"]


def test_what_is_not_stated_for_any_size_is_not_decided_so() -> None:
    assert how(decided(counting())["Small"]) == ("proved", None)


def test_the_published_size_is_decided_as_ever() -> None:
    assert (
        how(decided(counting(), "Most=2")["Behind"]) == how(decided(counting(), "Most=1")["Behind"]) == ("proved", None)
    )


def test_only_a_large_circuit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_size, "LARGE", 10_000)
    assert how(decided(counting())["Behind"]) == ("proved", None)


@pytest.mark.parametrize("options", [{"engine": "kinduction"}, {"lemmas": False}])
def test_an_engine_that_was_asked_for_decides(options: dict[str, Any]) -> None:
    assert decided(counting(), **options)["Behind"]["reason"] != every_size.REASON


def test_nothing_is_proved_where_a_range_is_left() -> None:
    result = decided(counting(bounded=False))
    assert result["Range@first"]["verdict"] == "violated"
    assert (result["Behind"]["verdict"], result["Behind"]["k"]) == ("bounded", 6)


def test_nothing_is_proved_where_a_use_is_undefined_at_this_size_alone() -> None:
    assert {entry["verdict"] for name, entry in unbounded(counting(beyond=True)).items() if name != "Small"} == {
        "proved"
    }
    result = decided(counting(beyond=True))
    assert result["Defined"]["verdict"] == "violated"
    assert result["Behind"]["verdict"] == "unknown"


def unbounded(protocol: Protocol) -> Entries:
    request = ProveRequest(protocol, scope="unbounded")
    return {entry["published_name"]: dict(entry) for entry in prove(request, lambda event: None)["properties"]}


def test_whether_something_is_left_to_do_is_asked_of_the_size() -> None:
    p = ending().with_deadlock()
    assert unbounded(p)["Deadlock"]["verdict"] == "proved"
    assert not every_size.is_decided(p.model().find_property("Deadlock"))
    assert how(decided(p)["Deadlock"]) == ("proved", None)


def test_a_text_without_a_value_for_some_size_proves_nothing() -> None:
    """The property looks at all numbers: for any size beyond what is stored, too, and has no value there."""
    p = Protocol("beyond", "a text that has a value at each size alone")
    most = p.search_bound("Most", 2)

    class Count(Range, low=0, high=most):
        """A number."""

    class Half(Range, low=0, high=3):
        """A number with an end that counts."""

    @p.state
    class State:
        f: Fn[Half, Bool] = var(False)
        at: Count = var(0)

    @p.action
    def go(s: State) -> None:
        budget("bound", s.at < most)
        s.at += 1

    @p.invariant()
    def Never(s: State) -> Bool:
        return forall(Count, lambda c: ~s.f[c])

    assert unbounded(p)["Never"]["verdict"] == "unknown"
    assert decided(p, "Most=3")["Never"]["reason"] != every_size.REASON


def test_a_proof_that_does_not_recheck_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    failure = Failure("consecution of follow", Answer.UNKNOWN, "the budget ran out")
    monkeypatch.setattr(size_runs.Discharge, "failure", lambda *args: failure)
    assert decided(counting())["Behind"]["verdict"] == "unknown"


def test_what_a_proof_needs_for_any_size_must_be_proved_there(monkeypatch: pytest.MonkeyPatch) -> None:
    run = size_runs.started(finite_scope(counting().model(), {"Most": 5}), hints=True)
    assert run is not None
    run.prove(["Behind"])
    assert run.needs("Behind") == ["Defined"]
    assert run.is_proved("Behind")
    del run.proofs["Defined"]
    assert not run.is_proved("Behind")


def test_an_action_that_fires_at_finite_sizes_alone_is_no_ground_for_proofs() -> None:
    p = counting()
    state = p.model()
    assert size_runs.started(finite_scope(state, {"Most": 5}), hints=True) is not None

    q = Protocol("stuck", "an action reads a search bound")
    most = q.search_bound("Most", 2)

    class Count(Range, low=0, high=most):
        """A number."""

    @q.state
    class State:
        at: Count = var(0)

    @q.action
    def go(s: State) -> None:
        guard("below", s.at < most)
        s.at += 1

    @q.invariant()
    def Positive(s: State) -> Bool:
        return s.at >= 0

    assert size_runs.started(finite_scope(q.model(), {"Most": 5}), hints=True) is None
    assert decided(q)["Positive"]["reason"] is None


def ending() -> Protocol:
    """Something that a search bound alone ends."""
    p = Protocol("until", "a count")
    most = p.search_bound("Most", 2)

    class Count(Range, low=0, high=most):
        """A number."""

    @p.state
    class State:
        at: Count = var(0)

    @p.action
    def go(s: State) -> None:
        budget("bound", s.at < most)
        s.at += 1

    return p


def locks() -> Protocol:
    p = Protocol("locks", "one lock")
    p.search_bound("Most", 2)

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        """A client."""

    @p.state
    class State:
        free: Bool = var(True)
        held: Set[Node] = var(set())

    @p.action
    def take(s: State, n: Node) -> None:
        guard("free", s.free)
        s.free = Bool(False)
        s.held |= {n}

    @p.action
    def give(s: State, n: Node) -> None:
        guard("held", s.held.contains(n))
        s.held -= {n}
        s.free = Bool(True)

    @p.invariant()
    def Mutex(s: State) -> Bool:
        return forall(Node, Node, lambda m, n: implies(s.held.contains(m) & s.held.contains(n), m == n))

    @p.lemma("nobody holds a free lock")
    def Free(s: State) -> Bool:
        return implies(s.free, s.held.is_empty())

    return p


def test_hints_are_used_only_where_they_may_be() -> None:
    assert how(decided(locks(), "Nodes=4")["Mutex"]) == FOR_ANY_SIZE
    assert decided(locks(), "Nodes=4", hints=False)["Mutex"]["lemmas"] != ["free => held = {}"]


def test_the_certificate_is_the_one_for_any_size(tmp_path: Path) -> None:
    p = locks()
    result = decided(p, "Nodes=4", certificates=str(tmp_path))
    known = {path.name: json.loads(path.read_text()) for path in tmp_path.iterdir()}
    own = json.loads(Path(result["Mutex"]["certificate"]).read_text())
    assert (own["scope"], own["parameters"], own["rests_on"]) == ("unbounded", {}, ["Defined"])
    assert {(entry["published_name"], entry["scope"]) for entry in known.values()} == {
        ("Mutex", "unbounded"),
        ("Defined", "unbounded"),
        ("Defined", "published"),
    }
    everything = list(known.values())
    assert missing(everything, [True] * len(everything)) == [[]] * len(everything)
    assert [check for check in rederive(own, p, lambda message: None) if not check["passed"]] == []


def test_what_a_proof_used_is_that_for_any_size() -> None:
    blame = decided(locks(), "Nodes=4", blame=True)["Mutex"]["blame"]
    assert "free" in json.dumps(blame)
