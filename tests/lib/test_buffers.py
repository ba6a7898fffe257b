"""Store-buffer machines against the axioms: the same outcomes on the same programs, and what only a weaker buffer shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lib.enumerator import allows, runs
from tests.models.litmus import MPMC, PUBLISHED, SEQLOCK, SLOT, Row, attempt, mp, torn, two_plus_two, writer
from tests.models.shapes import SHAPES
from verifier import api
from verifier.lib.buffers import Kind, machine
from verifier.lib.programs import Expression, Program, all_equal, fence, final, read, reg, rmw, when, write
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import finite_scope

Outcome = tuple[tuple[str, int], ...]
AXIOMS: dict[Kind, str] = {"sc": "SC", "tso": "TSO"}


def axiomatic(program: Program, model: str) -> set[Outcome]:
    """Registers and final memory of the executions that the model allows."""
    places = sorted({event.location for event in program.events if event.location})
    result = set()
    for run in runs(program):
        if allows(model, run):
            ended = {name: run.number(value) for name, value in program.registers.items()}
            memory = {place: run.number(Expression("final", place)) for place in places}
            result.add(tuple(sorted((ended | memory).items())))
    return result


def ends(made: Any) -> Iterator[Any]:
    """The reachable states without a step, by the concrete semantics."""
    concrete = Machine(finite_scope(made.model()))
    waiting = list(concrete.initial_states())
    seen = set(waiting)
    while waiting:
        state = waiting.pop()
        after = [step.state for step in concrete.successors(state)]
        if not after:
            yield state
        waiting += [new for new in dict.fromkeys(after) if new not in seen]
        seen.update(after)


def operational(program: Program, kind: Kind) -> set[Outcome]:
    """Registers and memory of the states in which the machine stops."""
    places = sorted({event.location for event in program.events if event.location})
    result = set()
    for state in ends(machine("m", program, all_equal({}), kind)):
        ended = {name: value_of(program, value, state) for name, value in program.registers.items()}
        result.add(tuple(sorted((ended | {place: state[f"mem_{place}"] for place in places}).items())))
    return result


def value_of(program: Program, value: Expression, state: Any) -> int:
    from verifier.lib.programs import OPERATIONS

    swaps = {swap.name: swap for swap in program.swaps}
    swap_of = {read: swap.name for swap in program.swaps for read in (swap.success, swap.failure)}
    match value.head:
        case "constant":
            return int(value.data)
        case "read":
            return int(state[f"reg_{swap_of.get(str(value.data), value.data)}"])
        case "choice":
            return int(state[f"reg_{value.data}"] == value_of(program, swaps[str(value.data)].expected, state))
        case "ite":
            chosen = value.parts[1 if value_of(program, value.parts[0], state) else 2]
            return value_of(program, chosen, state)
    left, right = (value_of(program, part, state) for part in value.parts)
    return OPERATIONS[value.head](left, right)


@pytest.mark.parametrize("kind", AXIOMS)
@pytest.mark.parametrize("row", [row for row in PUBLISHED if row.name != "CoRR2"], ids=lambda row: row.name)
def test_machine_and_axioms_have_the_same_outcomes(row: Row, kind: Kind) -> None:
    """Buffers hold all stores of a thread."""
    expected = axiomatic(row.program, AXIOMS[kind])
    assert expected
    assert operational(row.program, kind) == expected


@pytest.mark.nightly
@pytest.mark.parametrize("kind", AXIOMS)
@pytest.mark.parametrize("row", [*PUBLISHED[16:17], *SHAPES, *MPMC, SEQLOCK[0], SEQLOCK[9]], ids=lambda row: row.name)
def test_machine_and_axioms_have_the_same_outcomes_further_on(row: Row, kind: Kind) -> None:
    assert operational(row.program, kind) == axiomatic(row.program, AXIOMS[kind])


@pytest.mark.nightly
@pytest.mark.parametrize("row", [*PUBLISHED, *SHAPES, *MPMC], ids=lambda row: row.name)
def test_a_weaker_buffer_shows_more(row: Row) -> None:
    strong, weak, weakest = (operational(row.program, kind) for kind in ("sc", "tso", "pso"))
    assert strong <= weak <= weakest


STORES = {
    **dict.fromkeys(("MP", "MP+rlx+acq", "2+2W", "S", "SB"), "A"),
    **dict.fromkeys(("MP+rel+acq", "MP+relF+acqF", "2+2W+rel", "LB"), "F"),
}


@pytest.mark.parametrize(("name", "verdict"), STORES.items())
def test_pso_leaves_out_what_orders_stores(name: str, verdict: str) -> None:
    row = next(row for row in PUBLISHED if row.name == name)
    found = api.explore(machine("m", row.program, row.outcome, "pso"), deadlock=True, in_process=True)
    assert [v.property for v in found.violations] == (["Forbidden"] if verdict == "A" else [])


@pytest.mark.parametrize(("capacity", "allowed"), [(1, True), (2, True)])
def test_a_buffer_of_one_store_suffices_for_store_buffering(capacity: int, allowed: bool) -> None:
    row = PUBLISHED[0]
    made = machine("sb", row.program, row.outcome, "tso", capacity=capacity, allowed=True, steps=6)
    result = api.prove(made, in_process=True)["Forbidden"]
    assert (result.verdict, result.steps) == ("violated", 6)


def test_a_full_buffer_waits() -> None:
    program = Program([[write("x", 1), write("y", 1), read("z", "a")], [write("z", 1), read("y", "b"), read("x", "c")]])
    made = [machine("m", program, all_equal({}), "tso", capacity=capacity) for capacity in (1, 2, None)]
    one, two, all_ = (api.explore(each, in_process=True).distinct for each in made)
    assert one < two == all_


def test_the_writer_and_reader_of_the_seqlock_have_sc_behaviours_only_under_tso() -> None:
    """Nothing loads after a store of its own that still waits."""
    program = Program([writer(publications=1), attempt()])
    assert operational(program, "sc") == operational(program, "tso") == axiomatic(program, "SC")


@pytest.mark.parametrize(
    ("form", "kind", "torn_"),
    [("W1", "tso", False), ("W1", "pso", True), ("A0", "pso", False), ("W2", "pso", True), ("A1", "pso", False)],
)
@pytest.mark.nightly
def test_pso_shows_the_toggles_of_the_writer(form: str, kind: Kind, torn_: bool) -> None:
    made = machine("slot", Program(SLOT[form]), torn(), kind)
    found = api.explore(made, in_process=True)
    assert bool(found.violations) is torn_


def test_what_is_under_a_condition_is_skipped() -> None:
    program = Program([[read("x", "a"), when(reg("a"), [write("y", 1)], [write("y", 2), rmw("z", 3)])], [write("x", 1)]])
    assert operational(program, "tso") == axiomatic(program, "TSO") == {
        (("0:a", 0), ("x", 1), ("y", 2), ("z", 3)),
        (("0:a", 1), ("x", 1), ("y", 1), ("z", 0)),
    }


def test_a_forgotten_drain_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.lib import buffers

    program = Program([[write("x", 1), fence("sc"), read("y", "a")], [write("y", 1), fence("sc"), read("x", "b")]])
    assert operational(program, "tso") == axiomatic(program, "TSO")
    monkeypatch.setattr(buffers.Machine, "_drained", lambda self, s, thread, place: True)
    made = machine("m", program, all_equal({"0:a": 0, "1:b": 0}), "tso")
    assert api.explore(made, in_process=True).violations


def test_forwarding_is_from_the_newest_store_of_the_thread() -> None:
    program = Program([[write("x", 1), write("x", 2), read("x", "a")]])
    assert {dict(outcome)["0:a"] for outcome in operational(program, "tso")} == {2}
    assert final("x") == Expression("final", "x")
    assert operational(Program(mp()), "tso") < operational(Program(mp()), "pso")
    assert operational(Program(two_plus_two()), "tso") < operational(Program(two_plus_two()), "pso")
