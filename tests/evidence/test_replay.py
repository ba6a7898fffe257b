"""Re-execution of trace documents: true ones, changed ones, those of other models, hostile ones."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.concrete.searches import small
from tests.models.constructs import ALL, partial
from tests.proof import leavers
from verifier.catalog import load
from verifier.catalog.digest import digest
from verifier.evidence.itf import to_itf
from verifier.evidence.replay import replay
from verifier.evidence.values import some
from verifier.kernel import Option
from verifier.kernel.errors import UsageError
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.trace import INITIAL, TraceStep, build_trace
from verifier.semantics.scope import FrozenMap, Some, finite_scope

RUN: list[tuple[str, dict[str, Any]]] = [
    ("BeginTxn", {"t": "t1"}),
    ("WriteIntent", {"t": "t1", "k": "k1"}),
    ("ProposeRouteChange", {"k": "k1", "g": "g2"}),
    ("Commit", {"t": "t1", "g": "g2"}),
]


@pytest.fixture(scope="module")
def original() -> dict[str, Any]:
    protocol = load("composed")
    machine = Machine(finite_scope(protocol.model("gap")))
    steps = [TraceStep(INITIAL, {}, next(machine.initial_states()))]
    for action, arguments in RUN:
        step = machine.attempt(steps[-1].state, action, arguments)
        assert step.state is not None
        steps.append(TraceStep(action, arguments, step.state))
    found = machine.model.find_property("Composed-1")
    trace = build_trace(machine, found, steps, digest=digest(protocol), shortest=True)
    return json.loads(json.dumps(to_itf(trace, machine)))  # type: ignore[no-any-return]


@pytest.fixture
def document(original: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(original)


def test_a_counterexample_of_composed_replays(document: dict[str, Any]) -> None:
    outcome = replay(document, load("composed"))
    assert (outcome.valid, outcome.violated, outcome.failure) == (True, True, None)
    assert outcome.property == "Composed1_CommitToOwningGroup"
    assert [step.action for step in outcome.steps] == ["init", *(name for name, _ in RUN)]
    assert outcome.steps[0].changes["catalogVersion"] == (None, "0")
    assert outcome.steps[2].arguments == {"t": "t1", "k": "k1"}
    assert outcome.steps[2].changes == {"txnWriteSet[t1]": ("{}", "{k1}"), "opCount": ("1", "2")}
    assert outcome.steps[4].changes["txnCommitGroup[t1]"] == ("none", "some(g2)")
    assert outcome.explanation[0].startswith("Composed1_CommitToOwningGroup fails for t = t1, k = k1")


def test_a_step_that_a_guard_forbids_is_refused_by_name(document: dict[str, Any]) -> None:
    document["#meta"]["variant"] = "safe"
    outcome = replay(document, load("composed"))
    assert not outcome.valid
    assert outcome.failure == "step 4: Commit(t = t1, g = g2) is refused by guard observed-owner"
    assert [step.index for step in outcome.steps] == [0, 1, 2, 3, 4]
    document["#meta"].update(variant="safe", dropped=["Commit.observed-owner"])
    assert replay(document, load("composed")).violated


def test_one_value_changed_by_hand_is_refused_with_the_step(document: dict[str, Any]) -> None:
    document["states"][2]["txnState"] = {"#map": [["t1", "Aborted"], ["t2", "Idle"]]}
    outcome = replay(document, load("composed"))
    assert not outcome.valid
    assert outcome.failure == (
        "step 2: WriteIntent(t = t1, k = k1) makes txnState[t1] = Active, but the trace has Aborted; "
        "taken as it is, step 4: Commit(t = t1, g = g2) is refused by guard active"
    )
    assert len(outcome.steps) == 3


def test_where_another_instance_would_make_the_state_its_guard_is_named(document: dict[str, Any]) -> None:
    document["states"][4]["txnCommitGroup"]["#map"][0][1] = some("g1")
    outcome = replay(document, load("composed"))
    assert outcome.failure == (
        "step 4: Commit(t = t1, g = g2) makes txnCommitGroup[t1] = some(g2), but the trace has some(g1); "
        "Commit(t = t1, g = g1) would, but is refused by guard current-owner"
    )


def test_one_argument_changed_by_hand_is_refused_with_the_guard(document: dict[str, Any]) -> None:
    document["states"][4]["mbt::nondetPicks"]["t"] = some("t2")
    outcome = replay(document, load("composed"))
    assert outcome.failure == "step 4: Commit(t = t2, g = g2) is refused by guard active"


def test_a_trace_that_violates_nothing_says_that_the_property_holds(document: dict[str, Any]) -> None:
    del document["states"][-1]
    outcome = replay(document, load("composed"))
    assert (outcome.valid, outcome.violated) == (True, False)
    assert outcome.failure == "Composed1_CommitToOwningGroup holds in the last state"


def test_other_parameters_are_other_runs(document: dict[str, Any]) -> None:
    document["#meta"]["parameters"]["MaxOps"] = 2
    outcome = replay(document, load("composed"))
    assert outcome.failure == "step 3: ProposeRouteChange(k = k1, g = g2) is refused by guard op-budget"


def test_a_trace_of_another_model_is_refused(document: dict[str, Any]) -> None:
    document["#meta"]["model_digest"] = "0" * 64
    with pytest.raises(UsageError, match="another version of composed"):
        replay(document, load("composed"))
    with pytest.raises(UsageError, match="not of partial"):
        replay(document, ALL["partial"])


def test_a_model_that_changed_since_is_refused() -> None:
    machine = Machine(finite_scope(ALL["partial"].model()))
    found = small("partial").traces["HolderKnows"]
    steps = found.steps
    trace = build_trace(
        machine, machine.model.find_property("HolderKnows"), steps, digest=digest(ALL["partial"]), shortest=True
    )
    written = to_itf(trace, machine)
    assert replay(written, partial()).violated
    changed = partial()
    changed.actions.pop("Rewind")
    with pytest.raises(UsageError, match="the model has changed"):
        replay(written, changed)


@pytest.mark.parametrize("name", list(ALL))
def test_every_shortest_trace_of_the_small_protocols_replays(name: str) -> None:
    machine = Machine(finite_scope(ALL[name].model()))
    for found, trace in small(name).traces.items():
        written = to_itf(trace, machine)
        written["#meta"]["model_digest"] = digest(ALL[name])
        outcome = replay(json.loads(json.dumps(written)), ALL[name])
        assert (outcome.valid, outcome.violated, outcome.property) == (True, True, found)
        assert outcome.explanation


def test_nothing_that_a_document_names_is_opened(document: dict[str, Any], tmp_path: Path) -> None:
    trap = tmp_path / "trap.py"
    trap.write_text("raise SystemExit('imported')\n", encoding="utf-8")
    document["#meta"] |= {"file": str(trap), "source": str(trap), "module": "trap", "protocol_file": str(trap)}
    sys.path.insert(0, str(tmp_path))
    try:
        assert replay(document, load("composed")).violated
    finally:
        sys.path.remove(str(tmp_path))
    assert "trap" not in sys.modules
    document["#meta"]["protocol"] = str(trap)
    with pytest.raises(UsageError, match="not of composed"):
        replay(document, load("composed"))


def test_a_variable_that_is_open_initially_begins_within_its_sort() -> None:
    """The range of what is open is part of what an initial state is."""
    protocol = leavers.start(Option[leavers.Low], lambda s: s.it.is_some)
    machine = Machine(finite_scope(protocol.model()))
    found = machine.model.find_property("Range@it")
    state = next(machine.initial_states())

    def again(value: int) -> Any:
        start = TraceStep(INITIAL, {}, FrozenMap({**state, "it": Some(value)}))
        trace = build_trace(machine, found, [start], digest=digest(protocol), shortest=True)
        return replay(to_itf(trace, machine), protocol)

    assert (again(0).valid, again(0).violated) == (True, False)
    assert (again(5).valid, again(5).violated) == (False, False)
    assert again(5).failure.startswith("state 0 is not initial: it.value = 5 is outside Low")
