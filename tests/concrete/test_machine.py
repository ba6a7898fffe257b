"""Initial states, action instances and steps; the published figures of Composed; the small protocols."""

from __future__ import annotations

from typing import Any

import pytest

from tests.concrete.searches import Search, search, small
from tests.models.constructs import ALL
from verifier.catalog import load
from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Quorums,
    Range,
    Scalarset,
    Set,
    anything,
    exists,
    forall,
    guard,
    implies,
    ite,
    min_of,
    var,
    witness,
)
from verifier.kernel.errors import UsageError
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.trace import check_trace
from verifier.semantics.scope import FrozenMap, NoValue, finite_scope

SMALL = [(name, variant) for name, protocol in ALL.items() for variant in protocol.variants]

# Every shortest violation that breadth-first search finds; what is not named is not violated.
VIOLATIONS: dict[tuple[str, str], dict[str, int]] = {
    ("grid", "safe"): {"SubsetOfLevels": 2, "Defined": 2},
    ("stamps", "safe"): {"Defined": 2},
    ("stamps", "greatest-first"): {"Defined": 2},
    ("log", "safe"): {"DoneIsApplied": 3, "Range@log": 5, "Defined": 0, "Defined@FirstIsNotLast": 1},
    ("vote", "majority"): {"DeposedMayDecide": 0, "DefaultOnly": 3},
    ("vote", "free"): {"DeposedMayDecide": 0, "DefaultOnly": 3, "VotesStay": 2},
    ("vote", "hasty"): {"Agreement": 2, "DecidedHasVote": 1, "DefaultOnly": 1},
    ("balance", "safe"): {"TypeOK": 2, "NeverAlike": 0, "FactorStep": 2},
    ("partial", "safe"): {
        "HolderKnows": 4,
        "MarkIsPast": 5,
        "MarkOfSomebody": 5,
        "MarkGrows": 7,
        "Defined": 0,
        "Defined@MarkOfSomebody": 2,
        "Defined@MarkGrows": 4,
    },
    ("relay", "safe"): {"NeverLight": 2},
}
DISTINCT = {
    ("grid", "safe"): 762,
    ("stamps", "safe"): 308,
    ("stamps", "greatest-first"): 434,
    ("log", "safe"): 819,
    ("vote", "majority"): 99,
    ("vote", "free"): 207,
    ("vote", "hasty"): 64,
    ("balance", "safe"): 428,
    ("partial", "safe"): 83,
    ("relay", "safe"): 156,
}


@pytest.fixture(scope="module")
def searches() -> dict[tuple[str, str], Search]:
    return {(name, variant): small(name, variant) for name, variant in SMALL}


def composed(variant: str = "safe", settings: dict[str, str | int] | None = None) -> Machine:
    return Machine(finite_scope(load("composed").model(variant), settings))


def run(machine: Machine, *instances: tuple[str, dict[str, Any]]) -> FrozenMap:
    (state,) = machine.initial_states()
    for action, arguments in instances:
        step = machine.attempt(state, action, arguments)
        assert step.fired
        assert step.state is not None
        state = step.state
    return state


@pytest.mark.parametrize("case", SMALL)
def test_the_small_protocols_violate_what_they_are_meant_to(
    searches: dict[tuple[str, str], Search], case: tuple[str, str]
) -> None:
    assert searches[case].violations == VIOLATIONS[case]
    assert searches[case].distinct == DISTINCT[case]


@pytest.mark.parametrize("case", SMALL)
def test_every_shortest_trace_replays(searches: dict[tuple[str, str], Search], case: tuple[str, str]) -> None:
    for trace in searches[case].traces.values():
        replay = check_trace(searches[case].machine, trace)
        assert (replay.valid, replay.violated, replay.failure) == (True, True, None)
        assert replay.explanation


@pytest.mark.parametrize("case", SMALL)
def test_every_action_of_the_small_protocols_can_fire(
    searches: dict[tuple[str, str], Search], case: tuple[str, str]
) -> None:
    outcomes = searches[case].outcomes
    assert {action for action, found in outcomes.items() if "fired" in found} == {
        action.name for action in searches[case].machine.model.actions
    }


def test_the_small_protocols_show_every_outcome(searches: dict[tuple[str, str], Search]) -> None:
    seen = {outcome for found in searches.values() for outcomes in found.outcomes.values() for outcome in outcomes}
    assert seen == {"fired", "undefined", "out of range"}


@pytest.mark.parametrize(
    ("variant", "distinct", "violations"),
    [
        pytest.param("safe", 9629, {}, marks=pytest.mark.nightly),
        pytest.param("gap", 9785, {"Composed1_CommitToOwningGroup": 4}, marks=pytest.mark.nightly),
        pytest.param("currentfence-gap", 9789, {"Composed1a_CommitToCurrentOwner": 4}, marks=pytest.mark.nightly),
        pytest.param("first", 6015, {}, marks=pytest.mark.nightly),
        pytest.param("first-gap", 7045, {"Composed1_CommitToOwningGroup": 3}, marks=pytest.mark.full),
    ],
)
def test_composed_has_the_published_figures(variant: str, distinct: int, violations: dict[str, int]) -> None:
    found = search(load("composed").model(variant))
    assert (found.distinct, found.diameter, found.violations) == (distinct, 7, violations)
    if variant == "safe":
        assert found.generated == 13315


def test_instances_come_in_canonical_order() -> None:
    instances = composed().instances()
    assert [name for name, _ in instances] == sorted(
        (name for name, _ in instances),
        key=["ProposeRouteChange", "BeginTxn", "WriteIntent", "Commit", "Abort"].index,
    )
    assert instances[:3] == [
        ("ProposeRouteChange", {"k": "k1", "g": "g1"}),
        ("ProposeRouteChange", {"k": "k1", "g": "g2"}),
        ("ProposeRouteChange", {"k": "k2", "g": "g1"}),
    ]


def test_the_initial_state_of_composed() -> None:
    (state,) = composed().initial_states()
    assert state["catalogVersion"] == 0
    assert state["txnState"] == {"t1": "Idle", "t2": "Idle"}
    assert state["routes"] == {version: {"k1": "g1", "k2": "g1"} for version in range(3)}
    assert list(state) == [declared.name for declared in load("composed").model().variables]


def test_labels_that_are_set_take_part() -> None:
    machine = composed(settings={"Keys": "{x}", "Groups": "{here,there}"})
    (state,) = machine.initial_states()
    assert state["routes"][0] == {"x": "here"}
    assert ("ProposeRouteChange", {"k": "x", "g": "there"}) in machine.instances()


def test_a_refused_step_names_the_first_guard_that_is_false() -> None:
    machine = composed()
    state = run(machine, ("BeginTxn", {"t": "t1"}), ("WriteIntent", {"t": "t1", "k": "k1"}))
    refused = machine.attempt(state, "Commit", {"t": "t1", "g": "g2"})
    assert (refused.outcome, refused.guard, refused.state) == ("refused", "observed-owner", None)
    assert machine.attempt(state, "WriteIntent", {"t": "t1", "k": "k1"}).guard == "new-key"
    assert machine.attempt(state, "Commit", {"t": "t2", "g": "g2"}).guard == "active"


def test_a_variable_that_is_not_mentioned_keeps_its_value() -> None:
    machine = composed()
    before = run(machine, ("BeginTxn", {"t": "t1"}))
    step = machine.attempt(before, "Abort", {"t": "t1"})
    assert step.state == {**before, "txnState": {"t1": "Aborted", "t2": "Idle"}}


quorums = Protocol("quorums", "witnesses and guards")


class Node(Scalarset, parameter="Nodes", size=3):
    pass


class Quorum(Quorums[Node]):
    pass


class Round(Range, low=0, high=2):
    pass


@quorums.state
class State:
    up: Set[Node] = var(anything)
    voted: Set[Node] = var(anything)
    rounds: Fn[Node, Set[Round]] = var({0})


@quorums.initially
def AllVotersAreUp(s: State) -> Any:
    return s.voted <= s.up


@quorums.action
def Decide(s: State) -> None:
    q = witness("q", Quorum)
    guard("up", forall(Node, lambda n: implies(q.contains(n), s.up.contains(n))))
    guard("voted", forall(Node, lambda n: implies(q.contains(n), s.voted.contains(n))))
    s.voted = set()  # type: ignore[assignment]


@quorums.action
def Ask(s: State) -> None:
    n = witness("n", Node)
    guard("voted", s.voted.contains(n))
    guard("first", min_of(s.rounds[n]) == 0)
    s.up = set()  # type: ignore[assignment]


@quorums.action
def Forget(s: State, n: Node) -> None:
    guard("some", exists(Round, lambda r: s.rounds[n].contains(r)))
    s.rounds[n] = set()


MACHINE = Machine(finite_scope(quorums.model()))


def state(up: set[str], voted: set[str], rounds: set[int] | None = None) -> FrozenMap:
    kept = frozenset({0} if rounds is None else rounds)
    return FrozenMap(up=frozenset(up), voted=frozenset(voted), rounds=FrozenMap(n1=kept, n2=kept, n3=kept))


def test_open_initial_values_are_enumerated_and_filtered() -> None:
    states = list(MACHINE.initial_states())
    assert len(states) == len(set(states)) == 27
    assert all(found["voted"] <= found["up"] for found in states)


def test_too_many_open_initial_values_are_refused() -> None:
    machine = Machine(finite_scope(quorums.model(), {"Nodes": 12}))
    assert next(machine.initial_states())
    with pytest.raises(UsageError, match="too many initial values"):
        list(machine.initial_states())


@pytest.mark.parametrize(
    ("up", "voted", "guard_name"),
    [
        ({"n1"}, {"n1", "n2"}, "up"),
        # One quorum is up, another has voted, none is both: it is the second guard that no witness satisfies.
        ({"n1", "n2"}, {"n2", "n3"}, "voted"),
        ({"n1", "n2"}, set(), "voted"),
    ],
)
def test_with_witnesses_the_guard_named_is_the_first_that_none_satisfies(
    up: set[str], voted: set[str], guard_name: str
) -> None:
    assert MACHINE.attempt(state(up, voted), "Decide", {}).guard == guard_name


def test_a_witness_does_not_multiply_successors() -> None:
    everyone = {"n1", "n2", "n3"}
    steps = [step for step in MACHINE.successors(state(everyone, everyone)) if step.action == "Decide"]
    assert len(steps) == 1


def test_witnesses_are_strict() -> None:
    mixed = state({"n1"}, {"n1", "n2"})
    emptied = FrozenMap({**mixed, "rounds": FrozenMap({**mixed["rounds"], "n2": frozenset()})})
    assert MACHINE.attempt(mixed, "Ask", {}).fired
    step = MACHINE.attempt(emptied, "Ask", {})
    assert step.outcome == "undefined"
    assert step.undefined is not None
    assert step.undefined.op == "minimum"
    # Guards are looked at in order, so a node that has not voted is not asked.
    unasked = FrozenMap({**emptied, "voted": frozenset({"n1"})})
    assert MACHINE.attempt(unasked, "Ask", {}).fired


def test_with_an_undefined_initial_value_there_is_no_initial_state() -> None:
    p = Protocol("bad", "bad")

    @p.state
    class S:
        x: Round = var(min_of(Round_set()))

    @p.action
    def Step(s: S) -> None:
        s.x = Round(0)

    machine = Machine(finite_scope(p.model()))
    assert list(machine.initial_states()) == []
    assert [state["x"] for state in machine.undefined_starts()] == [NoValue("its initial value is undefined")]


def Round_set() -> Set[Round]:
    from verifier.kernel import set_of

    return set_of(Round, lambda r: r > 2)


def test_a_step_out_of_range_keeps_its_full_width_values() -> None:
    found = small("balance")
    step = next(step for state in found.states for step in found.machine.steps(state) if step.outcome == "out of range")
    assert step.state is not None
    assert not step.fired
    assert found.machine.range_violations(step.state) == step.variables != ()
    assert step.state not in set(found.states)


def test_states_outside_the_constraint_are_checked_but_not_expanded() -> None:
    p = Protocol("counter", "counts")

    class Count(Range, low=0, high=5):
        pass

    @p.state
    class S:
        count: Count = var(0)

    @p.constraint
    def Small(s: S) -> Any:
        return s.count <= 2

    @p.action
    def Step(s: S) -> None:
        s.count = s.count + 1

    @p.invariant()
    def NotThree(s: S) -> Any:
        return s.count != 3

    @p.invariant()
    def NotFour(s: S) -> Any:
        return s.count != 4

    found = search(p.model())
    assert found.violations == {"NotThree": 3}
    assert (found.distinct, found.generated, found.diameter) == (3, 4, 3)
    assert not found.machine.inside(FrozenMap(count=3))


@pytest.mark.parametrize(
    ("assumed", "values"),
    [
        (lambda a, b: a == b, [True, False, False]),
        (lambda a, b: a != b, [False, True, True]),
        (lambda a, b: a < b, [False, True, False]),
        (lambda a, b: a <= b, [True, True, False]),
        (lambda a, b: a + 1 <= b, [False, True, False]),
        (lambda a, b: a - b <= -1, [False, True, False]),
        (lambda a, b: a * 2 <= b + 1, [False, True, False]),
        (lambda a, b: (a < b) | (b < a), [False, True, True]),
        (lambda a, b: (a <= b) & (b <= a), [True, False, False]),
        (lambda a, b: implies(a <= b, b <= a), [True, False, True]),
        (lambda a, b: ite(a < b, b, a) == 3, [False, True, True]),
    ],
)
def test_an_assumption_is_a_formula_over_the_parameters(assumed: Any, values: list[bool]) -> None:
    p = Protocol("assuming", "two parameters")
    a, b = p.parameter("A", 2), p.parameter("B", 2)
    p.assume("Assumed", assumed(a, b))

    @p.state
    class S:
        x: Bool = var(False)

    @p.action
    def Step(s: S) -> None:
        s.x = True

    for sizes, holds in zip(((2, 2), (2, 3), (3, 2)), values, strict=True):
        settings = dict(zip("AB", sizes, strict=True))
        if holds:
            assert finite_scope(p.model(), settings).parameters == settings
        else:
            with pytest.raises(UsageError, match="violate the assumption Assumed"):
                finite_scope(p.model(), settings)
