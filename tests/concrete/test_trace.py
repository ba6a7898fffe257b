"""The check of traces: what is a counterexample, and what is said of one that is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.concrete.searches import search, small
from tests.models.constructs import ALL
from verifier.catalog import load
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.simulate import sample
from verifier.semantics.concrete.trace import INITIAL, Replay, Trace, TraceStep, build_trace, check_trace
from verifier.semantics.scope import FrozenMap, finite_scope

FIRST_GAP: list[tuple[str, dict[str, Any]]] = [
    ("BeginTxn", {"t": "t1"}),
    ("WriteIntent", {"t": "t1", "k": "k1"}),
    ("Commit", {"t": "t1", "g": "g2"}),
]


def trace_of(
    machine: Machine, name: str, instances: Sequence[tuple[str, dict[str, Any]]], start: State | None = None
) -> Trace:
    """The run of these action instances as a trace for the property."""
    steps = [TraceStep(INITIAL, {}, start or next(iter(machine.initial_states())))]
    for action, arguments in instances:
        step = machine.attempt(steps[-1].state, action, arguments)
        assert step.state is not None
        steps.append(TraceStep(action, arguments, step.state))
    return build_trace(machine, machine.model.find_property(name), steps, digest="", shortest=True)


def first_gap() -> tuple[Machine, Trace]:
    machine = Machine(finite_scope(load("composed").model("first-gap")))
    return machine, trace_of(machine, "Composed-1", FIRST_GAP)


def with_step(trace: Trace, number: int, change: Callable[[TraceStep], TraceStep]) -> Trace:
    steps = list(trace.steps)
    steps[number] = change(steps[number])
    return replace(trace, steps=tuple(steps))


def with_value(trace: Trace, number: int, name: str, value: Any) -> Trace:
    return with_step(trace, number, lambda s: replace(s, state=FrozenMap({**s.state, name: value})))


def test_the_three_step_counterexample_of_the_first_publication() -> None:
    machine, trace = first_gap()
    assert trace.length == 3
    assert check_trace(machine, trace) == Replay(
        True,
        True,
        explanation=(
            "Composed1_CommitToOwningGroup fails for t = t1, k = k1: some(routes[txnObservedVer[t]][k]) = "
            "txnCommitGroup[t] is false: left some(g1), right some(g2)",
        ),
    )


def test_a_step_that_a_guard_forbids_is_named_with_the_guard() -> None:
    _, trace = first_gap()
    safe = Machine(finite_scope(load("composed").model("first")))
    outcome = check_trace(safe, trace)
    assert not outcome.valid
    assert not outcome.violated
    assert outcome.step == 3
    assert outcome.failure == "step 3: Commit(t = t1, g = g2) is refused by guard observed-owner"


def failure(machine: Machine, trace: Trace) -> str:
    outcome = check_trace(machine, trace)
    assert not (outcome.valid and outcome.violated)
    assert outcome.failure is not None
    return outcome.failure


def test_a_changed_value_is_noticed_wherever_it_stands() -> None:
    machine, trace = first_gap()
    changed = with_value(trace, 0, "opCount", 1)
    assert failure(machine, changed) == "state 0 is not initial: opCount is 1, but initially 0"
    changed = with_value(trace, 1, "txnStartTs", FrozenMap(t1=2, t2=0))
    assert failure(machine, changed) == ("step 1: BeginTxn(t = t1) makes txnStartTs[t1] = 1, but the trace has 2")
    changed = with_value(trace, 3, "txnCommitGroup", FrozenMap(t1=None, t2=None))
    assert failure(machine, changed).startswith("step 3: Commit(t = t1, g = g2) makes txnCommitGroup[t1] = some(g2)")


@pytest.mark.parametrize("number", range(4))
def test_a_change_to_any_variable_of_any_state_is_noticed(number: int) -> None:
    machine, trace = first_gap()
    other = search(machine.model, {"MaxOps": 2}).states[-1]
    for name, value in trace.steps[number].state.items():
        if other[name] != value:
            assert not check_trace(machine, with_value(trace, number, name, other[name])).valid


def test_a_changed_action_or_argument_is_noticed() -> None:
    machine, trace = first_gap()
    other = with_step(trace, 1, lambda s: replace(s, arguments={"t": "t2"}))
    assert failure(machine, other).startswith("step 1: BeginTxn(t = t2) makes txnState[t1] = Idle")
    other = with_step(trace, 2, lambda s: replace(s, action="Abort", arguments={"t": "t1"}))
    assert failure(machine, other).startswith("step 2: Abort(t = t1) makes")
    other = with_step(trace, 2, lambda s: replace(s, action="Undo", arguments={}))
    assert failure(machine, other) == "step 2: there is no action Undo"
    other = with_step(trace, 2, lambda s: replace(s, arguments={"t": "t1"}))
    assert failure(machine, other) == "step 2: WriteIntent takes the arguments t, k, not t"
    other = with_step(trace, 0, lambda s: replace(s, action="BeginTxn"))
    assert failure(machine, other) == "state 0 is not initial: its action is BeginTxn, not init"


def test_a_run_after_which_the_property_holds_is_no_counterexample() -> None:
    machine, trace = first_gap()
    shorter = replace(trace, steps=trace.steps[:-1])
    outcome = check_trace(machine, shorter)
    assert outcome == Replay(True, False, "Composed1_CommitToOwningGroup holds in the last state", 2)
    action = replace(trace, property_name="Composed_TsMonotonic")
    assert failure(machine, action) == "Composed_TsMonotonic holds of the last step"
    none = replace(action, steps=trace.steps[:1])
    assert failure(machine, none) == "Composed_TsMonotonic is about steps, but the trace has none"


def test_an_initial_predicate_that_is_false_is_named() -> None:
    machine = Machine(finite_scope(ALL["vote"].model()))
    state = next(machine.initial_states())
    wrong = FrozenMap({**state, "ready": frozenset({"n3"})})
    trace = trace_of(machine, "DefaultOnly", [], wrong)
    assert failure(machine, trace) == "state 0 is not initial: the initial predicate LeaderIsReady is false"


def test_states_before_the_last_must_be_inside_the_constraint() -> None:
    found = small("balance")
    machine = found.machine
    inside = next(
        (state, step)
        for state in found.states
        for step in machine.successors(state)
        if step.state is not None and not machine.inside(step.state)
    )
    outside = inside[1].state
    assert outside is not None
    onwards = next(machine.successors(outside))
    assert onwards.state is not None
    path = list(found.traces["NeverAlike"].steps[:1])
    path = [TraceStep(INITIAL, {}, outside), TraceStep(onwards.action, onwards.arguments, onwards.state)]
    open_model = ALL["balance"].model()
    trace = build_trace(machine, open_model.find_property("NeverAlike"), path, digest="", shortest=False)
    assert "is not initial" in failure(machine, trace)
    # The same run under a model whose only initial predicate is dropped is stopped by the constraint.
    free = Machine(finite_scope(replace(open_model, initial=())))
    assert failure(free, trace) == "step 1: the state before it is outside the constraint NotTooMuch"


def test_a_step_out_of_range_ends_a_trace() -> None:
    found = small("balance")
    trace = found.traces["TypeOK"]
    outcome = check_trace(found.machine, trace)
    assert (outcome.valid, outcome.violated) == (True, True)
    other = replace(trace, property_name="SquaresArePositive")
    assert failure(found.machine, other) == "SquaresArePositive holds in the last state"
    undefined = replace(trace, property_name="Defined")
    assert failure(found.machine, undefined).endswith("out of range, so it has no successor")
    longer = replace(trace, steps=(*trace.steps, trace.steps[-1]))
    assert "out of range, so it has no successor" in failure(found.machine, longer)


def test_an_initial_value_out_of_range_violates_in_no_steps() -> None:
    machine = Machine(finite_scope(load("composed").model(), {"MaxTs": 0}))
    assert not machine.range_violations(next(machine.initial_states()))
    from verifier.kernel import Protocol, Range, var

    p = Protocol("high", "starts too high")

    class Count(Range, low=0, high=2):
        pass

    @p.state
    class S:
        count: Count = var(7)

    @p.action
    def Step(s: S) -> None:
        s.count = Count(0)

    machine = Machine(finite_scope(p.model()))
    trace = trace_of(machine, "Range@count", [])
    outcome = check_trace(machine, trace)
    assert outcome == Replay(True, True, explanation=("Range@count fails: count = 7 is outside Count, 0..2",))


def test_an_undefined_attempt_is_checked() -> None:
    found = small("grid")
    trace = found.traces["Defined"]
    assert trace.attempt == ("Paint", {})
    assert check_trace(found.machine, trace).violated
    other = replace(trace, attempt=("Swap", {}))
    assert failure(found.machine, other) == "Swap is defined in the last state"
    none = replace(trace, attempt=None)
    assert failure(found.machine, none) == "every constraint is defined in the last state"


def test_an_attempt_says_nothing_of_the_text_of_a_property() -> None:
    found = small("partial")
    trace = replace(found.traces["Defined@MarkOfSomebody"], attempt=("Drop", {"x": "s2"}))
    assert failure(found.machine, trace) == "Defined@MarkOfSomebody is not about actions"


def test_nothing_is_attempted_outside_a_constraint() -> None:
    from verifier.kernel import Bool, Protocol, Range, max_of, set_of, var

    p = Protocol("beyond", "an action without a value in a state that is not expanded")

    class Count(Range, low=0, high=2):
        pass

    @p.state
    class S:
        count: Count = var(0)

    @p.constraint
    def Below(s: S) -> Bool:
        return s.count < 1

    @p.action
    def Up(s: S) -> None:
        s.count = Count(1)

    @p.action
    def Use(s: S) -> None:
        s.count = max_of(set_of(Count, lambda c: (c > s.count) & (s.count < 1)))

    machine = Machine(finite_scope(p.model()))
    assert machine.attempt(FrozenMap({"count": 1}), "Use", {}).outcome == "undefined"
    trace = replace(trace_of(machine, "Defined", [("Up", {})]), attempt=("Use", {}))
    assert failure(machine, trace) == "the last state is outside the constraint Below, so nothing is attempted there"


def test_parameters_and_labels_rebuild_the_scope() -> None:
    model = load("composed").model("first-gap")
    machine = Machine(finite_scope(model, {"Keys": "{a,b,c}", "MaxTs": 2}))
    run: list[tuple[str, dict[str, Any]]] = [
        ("BeginTxn", {"t": "t1"}),
        ("WriteIntent", {"t": "t1", "k": "b"}),
        ("Commit", {"t": "t1", "g": "g2"}),
    ]
    trace = trace_of(machine, "Composed-1", run)
    assert trace.parameters["Keys"] == ("a", "b", "c")
    assert trace.parameters["Groups"] == 2
    again = Machine(finite_scope(model, trace.settings))
    assert again.scope.labels == machine.scope.labels
    assert again.scope.parameters == machine.scope.parameters
    assert check_trace(again, trace).violated


@pytest.mark.parametrize("name", list(ALL))
def test_random_runs_find_what_search_finds_with_traces_that_replay(name: str) -> None:
    model = ALL[name].model()
    exact = small(name).violations
    machine = Machine(finite_scope(model))
    met = sample(machine, runs=150, depth=20, seed=7, digest="").violations
    for violation in met:
        found = violation.trace.property_name
        assert exact[found] <= violation.trace.length <= exact[found] + 2
        assert not violation.trace.shortest
        assert check_trace(machine, violation.trace).violated
    assert {violation.trace.property_name for violation in met} == set(exact)


def test_the_same_seed_gives_the_same_runs() -> None:
    machine = Machine(finite_scope(ALL["partial"].model()))
    first = sample(machine, runs=30, depth=10, seed=3, digest="")
    assert first == sample(machine, runs=30, depth=10, seed=3, digest="")
    told: list[int] = []
    sample(machine, runs=3, depth=2, seed=3, digest="", progress=told.append)
    assert told == [1, 2, 3]


def test_only_the_properties_asked_for_are_watched() -> None:
    machine = Machine(finite_scope(ALL["partial"].model()))
    wanted = [machine.model.find_property("MarkIsPast")]
    met = sample(machine, runs=60, depth=12, seed=3, digest="", properties=wanted).violations
    assert [violation.trace.property_name for violation in met] == ["MarkIsPast"]
