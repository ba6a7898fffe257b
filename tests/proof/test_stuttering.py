"""A step that changes none of the variables that a property of steps is about satisfies it: TLA+'s `[A]_v`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import verifier
from verifier.catalog.digest import digest
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    budget,
    enabled,
    forall,
    guard,
    implies,
    labels,
    none,
    some,
    var,
)
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.printing import show
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import unbounded

ENGINES = ["auto", "kinduction", "explicit"]

Formula = Callable[[Any, Any], Any]


def run(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["name"]: entry for entry in document["properties"]}


def idling(formula: Formula, subscript: Any = None) -> Protocol:
    """Counts x down; y turns by itself where x is 0, and nothing changes at all in a third action."""
    p = Protocol("idling", "a counter that counts down and may idle")

    class N(Range, low=0, high=3):
        pass

    @p.state
    class State:
        x: N = var(3)
        y: Bool = var(False)

    @p.action
    def Down(s: State) -> None:
        guard("positive", s.x > 0)
        s.x -= 1

    @p.action
    def Turn(s: State) -> None:
        guard("end", s.x == 0)
        s.y = ~s.y

    @p.action
    def Idle(s: State) -> None:
        guard("any", s.x >= 0)

    def P(s: State, after: State) -> Bool:
        return formula(s, after)

    p.action_property(subscript=subscript)(P)
    return p


def down(s: Any, after: Any) -> Any:
    return after.x < s.x


# -- the rule, in every engine and scope ----------------------------------------------------------------


@pytest.mark.parametrize("options", [*({"engine": engine} for engine in ENGINES), {"scope": "unbounded"}])
def test_a_step_that_changes_nothing_that_is_read_satisfies_it(options: dict[str, Any]) -> None:
    assert run(idling(down), **options)["P"]["verdict"] == "proved"


@pytest.mark.parametrize("options", [*({"engine": engine} for engine in ENGINES), {"scope": "unbounded"}])
@pytest.mark.parametrize("subscript", [all, ["y"], ["x", "y"]])
def test_other_variables_can_be_named(options: dict[str, Any], subscript: Any) -> None:
    entry = run(idling(down, subscript), **options)["P"]
    assert (entry["verdict"], entry["steps"]) == ("violated", 4)
    last = entry["trace"]["states"][-2:]
    assert last[0]["x"] == last[1]["x"]
    assert last[0]["y"] != last[1]["y"]


@pytest.mark.parametrize("options", [*({"engine": engine} for engine in ENGINES), {"scope": "unbounded"}])
def test_fewer_variables_than_are_read_can_be_named(options: dict[str, Any]) -> None:
    def both(s: Any, after: Any) -> Any:
        return (after.y != s.y) & (after.x == s.x)

    assert run(idling(both), **options)["P"]["verdict"] == "violated"
    assert run(idling(both, ["y"]), **options)["P"]["verdict"] == "proved"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_constant_is_about_the_steps_of_its_subscript(engine: str) -> None:
    def false(s: Any, after: Any) -> Any:
        return s.x != s.x

    assert run(idling(lambda s, after: False), engine=engine)["P"]["verdict"] == "proved"
    assert run(idling(lambda s, after: False, all), engine=engine)["P"]["steps"] == 1
    assert run(idling(false, ["y"]), engine=engine)["P"]["steps"] == 4


def test_all_semantics_mean_the_same() -> None:
    """Of every pair of states, reachable or not: unchanged, or the formula holds."""
    for subscript, names in ((None, {"x"}), (["y"], {"y"}), (["x", "y"], {"x", "y"}), (all, {"x", "y"})):
        model = idling(down, subscript).model()
        found = model.find_property("P")
        scope = finite_scope(model)
        machine, ground = Machine(scope), Ground(scope)
        node = ground.holds(found)
        states = list(_states(ground))
        for before, after in product(states, repeat=2):
            expected = after["x"] < before["x"] or all(after[name] == before[name] for name in names)
            evaluator = Evaluator(ground.layout.encode(before), ground.layout.encode(after))
            assert machine.holds(found, before, after) is expected
            assert evaluator.holds(node) is expected


def _states(ground: Ground) -> Iterable[Any]:
    from verifier.semantics.scope import FrozenMap

    ranges = [range(field.low, field.high + 1) for field in ground.layout.fields]
    return [FrozenMap(ground.layout.decode(codes)) for codes in product(*ranges)]


MODEL = """
from verifier.kernel import *

p = Protocol("turning", "two flags that turn by themselves")

@p.state
class State:
    x: Bool = var(False)
    y: Bool = var(False)

@p.action
def TurnX(s: State) -> None:
    s.x = ~s.x

@p.action
def TurnY(s: State) -> None:
    s.y = ~s.y

@p.action_property(subscript=["y"])
def P(s: State, after: State) -> Bool:
    return (after.y != s.y) & (after.x == s.x)
"""


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_certificates_say_the_same(scope: Any, tmp_path: Path) -> None:
    model, folder = tmp_path / "turning.py", tmp_path / "certificates"
    model.write_text(MODEL, encoding="utf-8")
    folder.mkdir()
    proved = verifier.prove(str(model), scope=scope, certificates=folder, in_process=True)["P"]
    assert proved.verdict == "proved"
    formula = json.loads(Path(str(proved.certificate)).read_text(encoding="utf-8"))["formula"]
    assert formula.endswith(", of steps that change y")
    outcome = verifier.check(
        sorted(folder.iterdir()), solver="both", rederive=True, protocol=str(model), in_process=True
    )
    assert all(entry.valid for entry in outcome.certificates), outcome


# -- what a formula reads -------------------------------------------------------------------------------


def waiting(dropped: tuple[str, ...] = ()) -> Protocol:
    """`Go` waits for a flag; the property says that it is never enabled by a step that leaves its other variables alone."""
    p = Protocol("waiting", "enabled in a property of steps")

    class Place(Enumeration):
        Here, There = labels(2)

    @p.state
    class State:
        at: Place = var(Place.Here)
        flag: Bool = var(False)
        other: Bool = var(False)

    @p.action
    def Raise(s: State) -> None:
        s.flag = True

    @p.action
    def Flip(s: State) -> None:
        s.other = ~s.other

    @p.action
    def Go(s: State) -> None:
        guard("here", s.at == Place.Here)
        guard("flag", s.flag)
        s.at = Place.There

    @p.action_property()
    def Moves(s: State, after: State) -> Bool:
        return ~enabled(Go)

    return p


@pytest.mark.parametrize("engine", ENGINES)
def test_what_enabled_looks_at_is_read(engine: str) -> None:
    found = waiting().model().find_property("Moves")
    assert [v.data for v in found.subscript] == ["at", "flag"]
    # Not by Flip, after Raise, though Go is enabled there: that step changes neither of the two.
    entry = run(waiting(), engine=engine)["Moves"]
    assert (entry["verdict"], entry["steps"]) == ("violated", 2)
    assert entry["trace"]["states"][-1]["mbt::actionTaken"] == "Go"


def test_without_a_guard_less_is_read() -> None:
    found = waiting().model(None, ("Go.flag",)).find_property("Moves")
    assert [v.data for v in found.subscript] == ["at"]


# -- undefined where nothing changes --------------------------------------------------------------------


def holding(undefined_in: str) -> Protocol:
    """Reads the value of an option that is none in the states where one action, and only that, does something."""
    p = Protocol("holding", "an option")

    class N(Range, low=0, high=2):
        pass

    @p.state
    class State:
        held: Option[N] = var(some(N(1)))
        y: Bool = var(False)

    @p.action
    def Drop(s: State) -> None:
        guard("one", s.y)
        s.held = none

    @p.action
    def Turn(s: State) -> None:
        s.y = ~s.y

    def P(s: State, after: State) -> Bool:
        return s.held.value >= 0 if undefined_in == "the state before" else after.held.value >= 0

    p.action_property()(P)
    return p


@pytest.mark.parametrize("options", [*({"engine": engine} for engine in ENGINES), {"scope": "unbounded"}])
def test_a_formula_is_not_looked_at_where_nothing_changes(options: dict[str, Any]) -> None:
    entries = run(holding("the state before"), properties=("P",), **options)
    assert [entry["verdict"] for entry in entries.values()] == ["proved"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_formula_is_looked_at_where_something_changes(engine: str) -> None:
    entries = run(holding("the state after"), properties=("P",), engine=engine)
    assert entries.pop("P")["verdict"] == "unknown"
    (entry,) = entries.values()
    assert (entry["verdict"], entry["steps"]) == ("violated", 2)


# -- scopes and variants --------------------------------------------------------------------------------


def counted(subscript: Any) -> Protocol:
    """A counter of operations that only keeps the search finite: it is gone at unbounded scope."""
    p = Protocol("counted", "with a budget")
    most = p.search_bound("MaxOps", 3)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Ops(Range, low=0, high=most):
        pass

    @p.state
    class State:
        seen: Fn[Node, Bool] = var(False)
        ops: Ops = var(0)

    @p.action
    def See(s: State, n: Node) -> None:
        budget("ops", s.ops < most)
        s.seen[n] = True
        s.ops += 1

    def P(s: State, after: State) -> Bool:
        return forall(Node, lambda n: implies(s.seen[n], after.seen[n]))

    p.action_property(subscript=subscript)(P)
    p.variant("blind", without=["seen"], drops=[])
    return p


@pytest.mark.parametrize("subscript", [all, ["ops"], ["seen", "ops"]])
def test_what_is_about_a_dropped_variable_is_not_stated(subscript: Any) -> None:
    scope = unbounded(counted(subscript).model())
    assert [(entry.name, entry.reason) for entry in scope.not_stated] == [
        ("P", "it is about steps that change ops, which is dropped")
    ]
    assert "ops" not in {variable.name for variable in scope.model.variables}
    with pytest.raises(UsageError, match="P is not stated at unbounded scope"):
        run(counted(subscript), scope="unbounded", properties=("P",))


def test_what_means_something_at_its_sizes_alone_is_not_stated() -> None:
    p = counted(["seen"])

    @p.invariant(bounded="there are more nodes")
    def Two(s: Any) -> Bool:
        return s.seen == s.seen

    @p.action_property(bounded="and more steps")
    def Three(s: Any, after: Any) -> Bool:
        return after.seen == after.seen

    scope = unbounded(p.model())
    assert [(entry.name, entry.reason) for entry in scope.not_stated] == [
        ("Two", "there are more nodes"),
        ("Three", "and more steps"),
    ]
    assert {"P"} == {prop.name for prop in scope.model.properties if prop.kind in ("state", "action")}
    assert {"Two", "Three"} <= {prop.name for prop in p.model().properties}


@pytest.mark.parametrize("subscript", [None, ["seen"]])
def test_what_is_about_other_variables_is(subscript: Any) -> None:
    assert run(counted(subscript), scope="unbounded")["P"]["verdict"] == "proved"


def test_a_property_about_a_variable_that_is_left_out_does_not_exist() -> None:
    """Of all the variables of the protocol, a variant has those that it has."""

    def kept(subscript: Any) -> list[list[str]]:
        p = idling(lambda s, after: after.x <= s.x, subscript)
        p.variant("alone", without=["y", "Turn"])
        return [[v.data for v in f.subscript] for f in p.model("alone").properties if f.kind == "action"]

    assert kept(["y"]) == []
    assert kept(["x"]) == [["x"]]
    assert kept(all) == [["x"]]


# -- what is said of it ---------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_formula_unless_a_subscript_is_named() -> None:
    digests = [digest(idling(down, subscript)) for subscript in (None, ["x"], ["y"], ["x", "y"], all)]
    assert len(set(digests)) == 5
    assert digest(idling(down)) == digests[0]


@pytest.mark.parametrize(
    ("subscript", "title"),
    [
        (None, "ACTION PROPERTY P =="),
        (["y", "x"], "ACTION PROPERTY P, of steps that change y or x =="),
        (all, "ACTION PROPERTY P, of steps that change anything =="),
    ],
)
def test_a_subscript_is_shown(subscript: Any, title: str) -> None:
    assert title in show(idling(down, subscript))


def test_a_property_about_what_never_changes_is_vacuous() -> None:
    p = idling(lambda s, after: after.y)
    model = p.model(None, ())
    assert model.find_property("P").vacuous is None
    fixed = Protocol("fixed", "nothing happens to y")

    @fixed.state
    class State:
        x: Bool = var(False)
        y: Bool = var(False)

    @fixed.action
    def Flip(s: State) -> None:
        s.x = ~s.x

    @fixed.action_property()
    def P(s: State, after: State) -> Bool:
        return after.y

    entry = run(fixed)["P"]
    assert entry["verdict"] == "proved"
    assert entry["vacuous"]["kind"] == "premise-unreachable"
    assert entry["vacuous"]["reason"] == "what it is about changes in no reachable step: proved by induction"


@pytest.mark.parametrize(
    ("subscript", "message", "hint"),
    [
        (["z"], "the subscript of P names unknown variable z", "variables: x, y"),
        ([], "the subscript of P names no variable", "leave subscript out"),
        ("x", "the subscript of P is 'x'", 'write subscript=["x"]'),
        (3, "the subscript of P is 3", "subscript=all"),
        ([3], "the subscript of P names unknown variable 3", "variables: x, y"),
    ],
)
def test_a_wrong_subscript_is_refused(subscript: Any, message: str, hint: str) -> None:
    with pytest.raises(ModelError) as caught:
        idling(down, subscript)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.position is not None
