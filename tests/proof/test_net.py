"""The net under every proof: a wrong proof, planted at either scope, is contradicted by a run before anything is reported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.proof import models
from verifier.catalog import load
from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    Set,
    all_of,
    anything,
    budget,
    exists,
    guard,
    none,
    some,
    var,
)
from verifier.kernel.expressions import class_of
from verifier.proof.engines import explicit
from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.search import QuickSearch
from verifier.proof.lemmas import unbounded as lemmas
from verifier.proof.strategy import ProveRequest, prove, recheck
from verifier.proof.strategy.errors import Inconsistency
from verifier.proof.strategy.ledger import Ledger
from verifier.proof.strategy.net import ATTEMPTS, Net
from verifier.proof.strategy.net_unbounded import UnboundedNet, small_instances
from verifier.semantics.answers import Answer
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.obligations.proof import Checker
from verifier.semantics.quantified import Outcome
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import unbounded


def run(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def net(protocol: Protocol, *, properties: Sequence[str] = (), **options: Any) -> Callable[[str], Any]:
    model = protocol.model()
    tried = Net(finite_scope(model), model.properties, **options)
    return lambda name: tried.caught(model.find_property(name))


def steps() -> Protocol:
    """Every kind of property, violated in a step or two; `Fine` and `Total` hold."""
    p = Protocol("steps", "all that can go wrong")

    class N(Scalarset, parameter="Ns", size=2, prefix="n"):
        """A name."""

    class C(Range, low=0, high=3):
        """A number."""

    @p.state
    class State:
        x: C = var(0)
        o: Option[N] = var(none)

    @p.action
    def Up(s: State) -> None:
        s.x = s.x + 1

    @p.action
    def Take(s: State, n: N) -> None:
        guard("one", s.x == 1)
        s.o = some(n)

    @p.action
    def Use(s: State) -> None:
        guard("two", s.x == 2)
        s.o = some(s.o.value)

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.x < 2

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.x >= 0

    @p.invariant()
    def Text(s: State) -> Bool:
        return (s.x < 3) | exists(N, lambda n: s.o.value == n)

    @p.action_property()
    def Even(s: State, after: State) -> Bool:
        return (after.x != 2) | (s.x != 1)

    return p


# -- what the runs meet ------------------------------------------------------------------------------------------------


def test_every_kind_of_violation_is_met_in_a_shortest_run() -> None:
    caught = net(steps())
    wanted = {"Small": 2, "Even": 2, "Range@x": 4, "Defined": 2, "Defined@Text": 3}
    found = {name: caught(name) for name in [*wanted, "Fine", "Text"]}
    assert {name: one.steps for name, one in found.items() if one is not None} == wanted
    assert found["Small"].path == "Up, Up"
    assert found["Small"].explanation == ["Small fails: x < 2 is false: left 2, right 2"]
    assert found["Defined"].trace["#meta"]["attempt"]["action"] == "Use"


def there_and_back() -> Protocol:
    """Two states, two steps, of which the second violates a property."""
    p = Protocol("there-and-back", "two states")

    @p.state
    class State:
        there: Bool = var(False)

    @p.action
    def Go(s: State) -> None:
        s.there = ~s.there

    @p.action_property()
    def Stays(s: State, after: State) -> Bool:
        return after.there | ~s.there

    return p


def test_no_action_is_executed_twice_in_one_state(monkeypatch: pytest.MonkeyPatch) -> None:
    executed: list[tuple[Any, str]] = []
    attempt = Machine.attempt

    def noted(self: Machine, state: Any, action: str, arguments: Any) -> Any:
        executed.append((state, action))
        return attempt(self, state, action, arguments)

    monkeypatch.setattr(Machine, "attempt", noted)
    model = there_and_back().model()
    assert Net(finite_scope(model), model.properties).firings().steps.keys() == {"Go"}
    assert len(executed) == len(set(executed)) == 2


def test_a_step_that_is_taken_again_is_asked_for_what_it_was_not_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Net, "_stride", staticmethod(lambda work: 3))
    assert net(there_and_back())("Stays").steps == 2


def test_an_initial_state_is_tried() -> None:
    p = models.counter()

    @p.invariant()
    def Positive(s: Any) -> Any:
        return s.x > 0

    caught = net(p)("Positive")
    assert (caught.steps, caught.path) == (0, "init")


def many(width: int, *, undefined: bool = False) -> Protocol:
    """More candidates for initial states than can be gone through, some of them without a value of the predicate."""
    p = Protocol("many", "open initial values")

    class W(Range, low=0, high=width):
        """A wide range."""

    @p.state
    class State:
        x: W = var(anything)
        y: W = var(anything)
        o: Option[W] = var(anything)

    @p.initially
    def Ordered(s: State) -> Bool:
        return (s.x <= s.y) & ((s.o.value >= 0) if undefined else (s.o.is_none | s.o.is_some))

    @p.action
    def Swap(s: State) -> None:
        s.x, s.y = s.y, s.x

    @p.invariant()
    def NotFull(s: State) -> Bool:
        return s.y < width

    @p.invariant()
    def StillOrdered(s: State) -> Bool:
        return s.x <= s.y

    return p


@pytest.mark.parametrize("width", [3, 2**70])
def test_open_initial_values_are_gone_through_or_drawn(width: int) -> None:
    caught = net(many(width))
    assert caught("NotFull").steps == 0
    assert caught("StillOrdered").steps == 1


def test_the_only_initial_state_is_looked_for_where_none_is_drawn() -> None:
    p = many(30)

    @p.initially
    def Only(s: Any) -> Any:
        return (s.x == 15) & (s.y == 15) & s.o.is_none

    @p.invariant()
    def Below(s: Any) -> Any:
        return s.y < 15

    assert net(p)("Below").steps == 0


def test_an_instance_that_cannot_be_listed_is_not_run() -> None:
    p = many(2**40)

    @p.invariant()
    def Expanded(s: Any) -> Any:
        return exists(class_of(p.variables[0].sort), lambda w: w == s.x)

    assert net(p)("NotFull") is None


def test_a_candidate_without_a_value_violates_defined() -> None:
    caught = net(many(3, undefined=True))("Defined")
    assert caught.steps == 0
    assert "Ordered" in caught.explanation[0]


def test_states_outside_the_constraint_are_tried_and_not_left() -> None:
    caught = net(models.constrained())
    assert caught("NotThree").steps == 3
    assert caught("NotIntoThree").steps == 3
    assert caught("NotFour") is None


def test_a_deep_violation_is_met_by_walking() -> None:
    p = models.counter(high=60, limit=38)
    caught = net(p, attempts=400)("BelowLimit")
    assert caught.steps == 38


@pytest.mark.parametrize("name", ["composed", "multi-paxos"])
def test_the_same_steps_every_time_and_no_more_than_allowed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.semantics.concrete.machine import Machine

    seen: list[list[Any]] = []
    original = Machine.attempt

    def counted(self: Machine, state: Any, action: str, arguments: Any) -> Any:
        seen[-1].append((state, action, dict(arguments)))
        return original(self, state, action, arguments)

    monkeypatch.setattr(Machine, "attempt", counted)
    model = load(name).model()
    for _ in range(2):
        seen.append([])
        Net(finite_scope(model), model.properties).caught(model.properties[0])
    assert seen[0] == seen[1]
    assert 0 < len(seen[0]) <= ATTEMPTS


def test_it_shares_nothing_with_what_proves() -> None:
    code = """
import sys
from verifier.catalog import load
from verifier.proof.strategy.net import Net
from verifier.semantics.scope import finite_scope
model = load("composed").model("gap")
Net(finite_scope(model), model.properties).caught(model.properties[0])
mine = [name for name in sys.modules if name.startswith("verifier.")]
print([n for n in mine if any(part in n for part in ("ground", "quantified", "engines"))])
print([n for n in ("z3", "numpy") if n in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


# -- a wrong proof at published scope -----------------------------------------------------------------------------------


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """An induction that closes everything, and a re-check that lets it pass."""
    monkeypatch.setattr(LockStep, "base_case", lambda self, waiting, depth: {})
    monkeypatch.setattr(LockStep, "induction_step", lambda self, waiting, k: list(waiting))
    monkeypatch.setattr(Checker, "check", lambda self, proof: None)


@pytest.mark.usefixtures("wrong")
@pytest.mark.parametrize("make", [models.counter, models.dead_end, models.two_claims, steps])
def test_a_wrong_proof_is_an_internal_error_with_both_documents(make: Callable[[], Protocol]) -> None:
    reported: list[dict[str, Any]] = []
    with pytest.raises(Inconsistency, match="is contradicted by a run of") as caught:
        prove(ProveRequest(make(), engine="kinduction"), reported.append)
    assert not [e for e in reported if e["event"] == "property" and e["property"]["verdict"] == "violated"]
    proof, trace = caught.value.__notes__
    assert json.loads(proof.removeprefix("the proof:\n"))["schema"] == "verify.certificate/1"
    assert json.loads(trace.removeprefix("the run:\n"))["#meta"]["format"] == "ITF"


def test_a_search_that_overlooks_a_violation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = explicit.Search.result

    def blind(self: explicit.Search, symmetry: bool = False) -> Any:
        return replace(original(self, symmetry), complete=True, violations=())

    monkeypatch.setattr(explicit.Search, "result", blind)
    with pytest.raises(Inconsistency, match="by exhaustive is contradicted by a run of 5 steps"):
        run(models.counter(), engine="explicit")


@pytest.mark.usefixtures("wrong")
def test_the_companions_of_a_proof_are_tried_too() -> None:
    with pytest.raises(Inconsistency, match=r"the proof of (Range@x|Defined) by"):
        run(steps(), properties=("Fine",), engine="kinduction")


# -- a wrong proof at unbounded scope --------------------------------------------------------------------------------------


def keys() -> Protocol:
    """`Few` is violated where there are four keys, `Two` where there is one; at the published three neither is."""
    p = Protocol("keys", "claims about how many there are")

    class Key(Scalarset, parameter="Keys", size=3, prefix="k"):
        """A key."""

    @p.state
    class State:
        a: Set[Key] = var(set())

    @p.action
    def Add(s: State, k: Key) -> None:
        s.a = s.a | {k}

    @p.invariant()
    def Few(s: State) -> Bool:
        def four(a: Key, b: Key, c: Key, d: Key) -> Bool:
            return all_of(a != b, a != c, a != d, b != c, b != d, c != d, s.a.contains(a), s.a.contains(b))

        return ~exists(Key, Key, Key, Key, four)

    @p.invariant()
    def Two(s: State) -> Bool:
        return exists(Key, Key, lambda a, b: a != b)

    return p


def ends(*, lower: bool = False, undefined: bool = False) -> Protocol:
    """A counter that leaves the end that is dropped, and its lower end or a definition if wanted."""
    p = Protocol("ends", "what is left at an end")
    Max = p.search_bound("Max", 2)

    class C(Range, low=0, high=Max):
        """A number."""

    class N(Scalarset, parameter="Ns", size=2, prefix="n"):
        """A name."""

    @p.state
    class State:
        x: C = var(0)
        f: Fn[C, Bool] = var(False)
        o: Option[N] = var(none)
        n: N = var(anything)

    @p.action
    def Up(s: State) -> None:
        budget("room", s.x <= Max)
        s.f[s.x + 1] = True
        s.x = s.x + 1

    @p.action
    def Down(s: State) -> None:
        guard("some", (s.x > 0) | lower)
        s.x = s.x - 1

    @p.action
    def Copy(s: State) -> None:
        guard("some", s.o.is_some | undefined)
        s.n = s.o.value

    @p.action
    def Fill(s: State, n: N) -> None:
        s.o = some(n)

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.x >= 0

    return p


def everywhere(protocol: Protocol) -> Callable[[str], Any]:
    scope = unbounded(protocol.model())
    tried = UnboundedNet(scope, finite_scope(protocol.model()))
    return lambda name: tried.caught(scope.model.find_property(name))


def test_a_few_sizes_are_tried() -> None:
    found = [dict(scope.parameters) for scope in small_instances(finite_scope(keys().model()))]
    assert found == [{"Keys": 3}, {"Keys": 1}, {"Keys": 4}]
    caught = everywhere(keys())
    assert (caught("Few")[0].steps, caught("Few")[1]) == (2, {"Keys": 4})
    assert (caught("Two")[0].steps, caught("Two")[1]) == (0, {"Keys": 1})


def test_an_end_that_is_dropped_is_not_left() -> None:
    caught = everywhere(ends())
    assert [caught(name) for name in ("Range@x", "Defined", "Low")] == [None, None, None]


def test_an_end_that_counts_is_left() -> None:
    caught = everywhere(ends(lower=True))
    assert caught("Range@x")[0].path == "Down"


def beyond(*, low: bool) -> Protocol:
    """A place that is left at the end that is kept (`low`), or at the one that is dropped; every place is one of them."""
    p = Protocol("beyond", "quantifiers that end where the instance does")
    bound = p.search_bound("Bound", 2)

    class Place(Range, low=0, high=bound):
        """A place."""

    @p.state
    class State:
        place: Place = var(1)

    @p.action
    def Move(s: State) -> None:
        s.place = s.place - 1 if low else s.place + 1

    @p.invariant()
    def Somewhere(s: State) -> Bool:
        return exists(Place, lambda q: q == s.place)

    @p.action_property()
    def Moves(s: State, t: State) -> Bool:
        return exists(Place, lambda q: q == t.place)

    return p


@pytest.mark.parametrize("name", ["Somewhere", "Moves"])
def test_what_is_false_beyond_an_end_counts_where_the_end_does(name: str) -> None:
    """Beyond an end that is dropped, a quantifier of the unbounded model goes further than one of the instance."""
    assert everywhere(beyond(low=False))(name) is None
    assert everywhere(beyond(low=True))(name)[0].steps == 2


def test_what_is_undefined_at_every_size_counts() -> None:
    caught = everywhere(ends(undefined=True))
    assert caught("Defined")[0].steps == 0


@pytest.mark.parametrize(("make", "name"), [(keys, "Few"), (keys, "Two"), (models.counter, "BelowLimit")])
def test_a_wrong_proof_for_any_size_is_an_internal_error(
    make: Callable[[], Protocol], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lemmas, "check", lambda obligation, **options: Outcome(Answer.UNSAT, "always"))
    monkeypatch.setattr(QuickSearch, "run", lambda self, task, budget: iter(()))
    with pytest.raises(Inconsistency, match=f"the proof of {name} for any size is contradicted by a run of") as caught:
        run(make(), scope="unbounded", properties=(name,))
    proof, trace = caught.value.__notes__
    assert json.loads(proof.removeprefix("the proof:\n"))["scope"] == "unbounded"
    assert json.loads(trace.removeprefix("the run:\n"))["states"]


# -- certificates of wrong proofs -----------------------------------------------------------------------------------------


def nothing(self: Any, *arguments: Any) -> None:
    """In place of the net."""


@pytest.mark.usefixtures("wrong")
def test_a_certificate_of_a_wrong_proof_is_refused_when_it_is_derived_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Ledger, "_try", nothing)
    entry = run(models.counter(), engine="kinduction", certificates=str(tmp_path))["BelowLimit"]
    checks = rederived(entry, models.counter())
    assert checks["runs of the model"]["reason"] == "a run of 5 steps violates it: Up, Up, Up, Up, Up"


def test_so_is_one_for_any_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lemmas, "check", lambda obligation, **options: Outcome(Answer.UNSAT, "always"))
        patch.setattr(Ledger, "_try", nothing)
        entry = run(keys(), scope="unbounded", properties=("Two",), certificates=str(tmp_path))["Two"]
    checks = rederived(entry, keys())
    assert checks["runs of the model"]["reason"] == "a run of 0 steps at Keys=1 violates it: init"


def test_a_right_one_passes(tmp_path: Path) -> None:
    entry = run(models.counter(), certificates=str(tmp_path))["AtMostLimit"]
    assert rederived(entry, models.counter())["runs of the model"]["passed"]


def rederived(entry: dict[str, Any], protocol: Protocol) -> dict[str, dict[str, Any]]:
    document = json.loads(Path(entry["certificate"]).read_text(encoding="utf-8"))
    return {check["name"]: check for check in recheck.rederive(document, protocol, lambda text: None)}
