"""A walk from Python: states, instances, guards, undo, searches, traces; in a worker and in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import verifier
from verifier.api import CutOff
from verifier.kernel.errors import ModelError, UsageError
from verifier.session.walk import Walk

HERE = Path(__file__).parent


@pytest.fixture
def turns() -> Iterator[Walk]:
    with verifier.walk(verifier.load(HERE / "toys.py"), in_process=True) as walk:
        yield walk


@pytest.fixture
def parted() -> Iterator[Walk]:
    with verifier.walk(verifier.load(HERE / "parted.py"), in_process=True) as walk:
        yield walk


def test_it_begins_in_the_first_initial_state(turns: Walk) -> None:
    state = turns.state
    assert (state.number, state.step, state.changes, state.violated) == (0, "init", (), ())
    assert dict(state["phase"]) == {"c1": "Idle", "c2": "Idle"}
    assert (state["lock"], state["token"], state.values["seen"]) == (None, 0, frozenset())
    assert dict(state.text) == {"phase": "[all -> Idle]", "lock": "none", "token": "0", "seen": "{}"}
    assert turns.actions == {"Request": ("c",), "Grant": ("c",), "Release": ("c",)}


def test_initial_states_can_be_chosen(parted: Walk) -> None:
    assert [state.text["by"] for state in parted.starts()] == ["0", "1"]
    assert parted.init(2).text["by"] == "1"
    with pytest.raises(UsageError, match="there are 2 initial states"):
        parted.init(3)
    assert parted.state.text["by"] == "1"


def test_what_can_happen_and_what_cannot(turns: Walk) -> None:
    assert [str(one) for one in turns.enabled()] == ["Request(c = c1)", "Request(c = c2)"]
    outcomes = {str(one): (one.outcome, one.guard) for one in turns.enabled(disabled=True)}
    assert outcomes["Grant(c = c2)"] == ("refused", "waiting")
    assert len(outcomes) == 6


def test_why_names_every_false_guard_and_what_fails(turns: Walk) -> None:
    turns.step("Request", "c1")
    turns.step("Grant", c="c1")
    why = turns.why("Grant", "c1")
    assert [(guard.name, guard.holds) for guard in why.guards] == [("waiting", False), ("free", False), ("room", True)]
    assert why.refusing[0].lines == ("phase[c] = Waiting is false: left Holding, right Waiting",)
    assert why.refusing[1].lines == ("lock = none is false: left some(c1), right none",)
    assert (why.enabled, Path(why.guards[0].file or "").name) == (False, "toys.py")


def test_a_guard_about_a_witness_holds_if_some_witness_does(turns: Walk) -> None:
    turns.step("Request", "c1")
    turns.step("Grant", "c1")
    why = turns.why("Release", "c1")
    assert [(guard.name, guard.holds) for guard in why.guards] == [("holding", True), ("somebody-waits", False)]
    turns.step("Request", "c2")
    assert turns.why("Release", "c1").enabled


def test_undo_redo_goto(turns: Walk) -> None:
    turns.step(turns.enabled()[0])
    turns.step("Grant", "c1")
    assert (turns.undo().number, turns.length) == (1, 2)
    assert turns.redo().step == "Grant(c = c1)"
    assert turns.goto(0).number == 0
    assert turns.goto(2).number == 2
    turns.goto(1)
    turns.step("Request", "c2")
    with pytest.raises(UsageError, match="nothing to redo"):
        turns.redo()
    assert [state.step for state in turns.path()] == ["init", "Request(c = c1)", "Request(c = c2)"]
    turns.goto(0)
    with pytest.raises(UsageError, match="nothing to undo"):
        turns.undo()


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("Grnt", ["c1"], "did you mean Grant"),
        ("Grant", [], "needs a value for c"),
        ("Grant", ["c9"], "c = c9 is not a Client"),
        ("Grant", ["c1", "c2"], "no further argument c2"),
        ("Grant", ["c1"], "is stopped by waiting"),
        ("Grant", [frozenset()], "not an argument as text"),
    ],
)
def test_a_step_that_cannot_be_taken_says_why_and_changes_nothing(
    turns: Walk, action: str, arguments: list[object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        turns.step(action, *arguments)
    assert turns.state.number == 0


def test_find_goes_the_shortest_way(turns: Walk) -> None:
    search = turns.find("phase[c2] == Holding and token == 2")
    assert (search.found, search.state.number) == (True, 5)
    missing = turns.find("phase[c1] == Broken")
    assert (missing.found, missing.complete, missing.state.number) == (False, True, 5)
    turns.init()
    cut = turns.find("token == 3", max_states=3)
    assert (cut.found, cut.complete) == (False, False)
    assert turns.find("token == 0").state.number == 0


def test_a_search_does_not_count_states_that_left_their_range(parted: Walk) -> None:
    assert parted.find("count == 5").state.number == 5  # outside the constraint: looked at, and not expanded
    assert parted.state.constraint == "Low"
    assert parted.enabled() == ()
    parted.init()
    missing = parted.find("count == 6")
    assert (missing.found, missing.complete) == (False, True)


def test_a_step_that_leaves_a_range_is_the_last_one(parted: Walk) -> None:
    parted.find("count == 4")
    assert {str(one): one.outcome for one in parted.enabled()} == {"Up": "fired", "Leap": "out of range"}
    assert parted.why("Leap").lines == ("count = 7 is outside Count, 0..5",)
    state = parted.step("Leap")
    assert (state.leaves, "Range@count" in state.violated, "Five" in state.violated) == (("count",), True, True)
    with pytest.raises(UsageError, match="out of range"):
        parted.step("Up")
    assert verifier.replay(parted.trace(), protocol=verifier.load(HERE / "parted.py"), in_process=True).confirmed


def test_a_use_without_a_value_violates_defined_and_says_why(parted: Walk) -> None:
    state = parted.step("Up")
    assert state.violated == ("Defined",)
    assert parted.holds("6 // by == 1") is None
    why = parted.why("Share")
    assert (why.instance.outcome, why.enabled) == ("undefined", False)
    assert "the divisor is 0" in why.lines[0]


def test_a_violated_property_is_told() -> None:
    with verifier.walk(verifier.load(HERE / "toys.py"), variant="hasty", in_process=True) as walk:
        assert walk.find("not Mutex").state.violated == ("Mutex",)
        assert walk.state.number == 4


def test_a_walk_is_saved_as_a_trace_that_replays(turns: Walk, tmp_path: Path) -> None:
    turns.find("token == 2")
    file = turns.save(tmp_path / "walk.itf.json")
    replayed = verifier.replay(file, protocol=verifier.load(HERE / "toys.py"), in_process=True)
    assert (replayed.confirmed, replayed.property, len(replayed.steps)) == (True, None, turns.state.number + 1)
    changed = file.read_text().replace('"Waiting"', '"Holding"', 1)
    file.write_text(changed)
    assert not verifier.replay(file, protocol=verifier.load(HERE / "toys.py"), in_process=True).confirmed


@pytest.mark.full
def test_a_worker_answers_and_limits_hold(tmp_path: Path) -> None:
    with verifier.walk(str(HERE / "toys.py") + ":hasty", settings={"Clients": 3}) as walk:
        assert walk.parameters["Clients"] == 3
        assert walk.find("not Mutex").state.violated == ("Mutex",)
        with pytest.raises(UsageError, match="is not known"):
            walk.holds("nonsense")
        assert walk.state.number == 4  # a mistake does not end it
    with pytest.raises(CutOff):
        walk.undo()
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(30)\n")
    with pytest.raises(CutOff, match="time limit"):
        verifier.walk(slow, timeout=0.5)
    with pytest.raises(ModelError):
        verifier.walk(_broken(tmp_path))


def _broken(folder: Path) -> Path:
    path = folder / "broken.py"
    path.write_text("from verifier.kernel import Protocol\np = Protocol('broken', 'no state')\n")
    return path
