"""Litmus tests: published verdicts, decided by proof and by search, against a brute-force enumerator of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.lib.enumerator import Run, allows, outcome_allowed, runs
from tests.models.litmus import MODELS, MPMC, PUBLISHED, SEQLOCK, SLOT, WITNESS, Row, committed, mp, sb, torn
from tests.models.shapes import SHAPES
from verifier import api
from verifier.kernel.errors import ModelError
from verifier.lib.executions import Execution
from verifier.lib.litmus import litmus
from verifier.lib.memory import MEMORIES, Memory, forbidding, violates
from verifier.lib.programs import Program, all_equal, cas, fence, final, local, read, reg, rmw, when, write

SMALL = [*PUBLISHED, *SHAPES]


def protocol(row: Row) -> Any:
    return litmus(row.name, row.program, row.outcome, MEMORIES.values(), source=row.source, allowed=row.allowed)


def verdicts(row: Row) -> str:
    """What proofs say of the outcome, a letter for each model."""
    made = protocol(row)
    letters = {"violated": "A", "proved": "F"}
    results = [api.prove(made, variant=model.lower(), in_process=True) for model in MODELS]
    assert all(entry.verdict != "violated" or entry.steps == 0 for result in results for entry in result.properties)
    return "".join(letters.get(result["Forbidden"].verdict, "?") for result in results)


def execution(run: Run) -> Execution:
    """A run of the enumerator as an execution of the library, all of whose relations are known."""
    both = {read: swap.name for swap in run.program.swaps for read in (swap.success, swap.failure)}
    sources = {(w, both.get(r, r)): True for r, w in run.source.items()}
    writes = [e.name for e in run.program.by_name.values() if e.kind == "W"]
    # Of writes that are not executed the library has no order, whatever it is given.
    rank = {name: run.rank.get(name, -1) for name in writes}
    missed = {swap.name: run.values.get(swap.failure) == run.number(swap.expected) for swap in run.program.swaps}
    return Execution(run.program, sources, {(a, b): rank[a] < rank[b] for a in writes for b in writes if a != b}, {}, missed)


ALWAYS = ("SB", "SB+rel+acq", "MP", "MP+rel+acq", "LB", "IRIW+rel+acq", "CoRR", "2+2W+rel", "RMW-atomic")
BY_NIGHT = [row for row in [*PUBLISHED, *SHAPES, *SEQLOCK, *MPMC] if row.name not in ALWAYS]


@pytest.mark.parametrize("row", [row for row in PUBLISHED if row.name in ALWAYS], ids=lambda row: row.name)
def test_published_litmus_tests_have_their_verdicts(row: Row) -> None:
    assert verdicts(row) == row.verdicts


@pytest.mark.nightly
@pytest.mark.parametrize("row", BY_NIGHT, ids=lambda row: row.name)
def test_further_tests_have_their_verdicts(row: Row) -> None:
    assert verdicts(row) == row.verdicts


EACH = [pytest.param(row, marks=pytest.mark.nightly if row.name == "CoRR2" else []) for row in SMALL]


@pytest.mark.parametrize("row", EACH, ids=lambda row: row.name)
def test_the_library_and_the_enumerator_agree_on_each_execution(row: Row) -> None:
    condition = row.program.outcome(row.outcome)
    seen = set()
    for run in runs(row.program):
        x = execution(run)
        holds = x.holds(condition)
        assert holds is bool(run.number(condition))
        for model in MODELS:
            allowed = allows(model, run)
            assert (not forbidding(MEMORIES[model], x)) is allowed, model
            if allowed and holds:
                seen.add(model)
    assert sorted(seen) == sorted(row.allowed)


@pytest.mark.nightly
@pytest.mark.parametrize("row", [*SEQLOCK, *MPMC], ids=lambda row: row.name)
def test_the_enumerator_has_the_verdicts_of_the_library(row: Row) -> None:
    found = [outcome_allowed(model, row.program, row.outcome)[1] for model in MODELS]
    assert "".join("A" if allowed else "F" for allowed in found) == row.verdicts


def test_each_row_has_executions_that_every_model_allows() -> None:
    """A model that forbids everything would prove everything."""
    for row in SMALL:
        found = list(runs(row.program))
        assert all(any(allows(model, run) for run in found) for model in MODELS), row.name


def weakened(memory: Memory, axiom: str) -> Memory:
    return replace(memory, axioms=tuple(a for a in memory.axioms if a.name != axiom))


@pytest.mark.parametrize(
    ("model", "axiom"), [(m.name, a.name) for m in MEMORIES.values() for a in m.axioms], ids="-".join
)
def test_without_any_of_its_axioms_a_model_allows_more(model: str, axiom: str) -> None:
    memory, weak = MEMORIES[model], weakened(MEMORIES[model], axiom)
    for row in SMALL:
        if model in row.allowed:
            continue
        condition = row.program.outcome(row.outcome)
        for run in runs(row.program):
            if run.number(condition) and forbidding(memory, execution(run)) and not forbidding(weak, execution(run)):
                return
    pytest.fail(f"nothing depends on {axiom} of {model}")


# -- the executions of the seqlock -----------------------------------------------------------------------------------------

COUNTS = {
    "A0": {"SC": (67, 2, 0), "TSO": (67, 2, 0), "RC11": (71, 2, 0), "ARMv8": (71, 2, 0)},
    "A1": {"SC": (67, 2, 0), "TSO": (67, 2, 0), "RC11": (102, 5, 3), "ARMv8": (102, 5, 3)},
    "W1": {"SC": (67, 2, 0), "TSO": (67, 2, 0), "RC11": (102, 5, 3), "ARMv8": (102, 5, 3)},
}
NIGHT = [(name, model) for name, of in COUNTS.items() for model in of if (name, model) not in {("A0", "RC11"), ("A1", "ARMv8")}]


def explored(name: str, variant: str) -> int:
    made = litmus(name, Program(SLOT[name]), torn(), MEMORIES.values())
    return api.explore(made, variant=variant.lower(), in_process=True).distinct


@pytest.mark.parametrize(
    ("name", "model"),
    [("A0", "RC11"), ("A1", "ARMv8"), *(pytest.param(*each, marks=pytest.mark.nightly) for each in NIGHT)],
)
def test_a_search_counts_the_consistent_executions(name: str, model: str) -> None:
    """The initial states are the executions: happens-before is a defined term, so that it does not multiply them."""
    assert explored(name, model) == COUNTS[name][model][0]


def test_a_search_counts_the_candidates() -> None:
    assert explored("A0", "candidates") == 225


@pytest.mark.nightly
@pytest.mark.parametrize("name", COUNTS)
def test_the_enumerator_counts_executions_commits_and_torn_ones(name: str) -> None:
    program = Program(SLOT[name])
    commits, mixed = program.outcome(committed()), program.outcome(torn())
    found = list(runs(program))
    assert len(found) == 225
    for model, expected in COUNTS[name].items():
        allowed = [run for run in found if allows(model, run)]
        counted = (len(allowed), *(sum(bool(run.number(what)) for run in allowed) for what in (commits, mixed)))
        assert counted == expected


@pytest.mark.parametrize("name", WITNESS)
def test_the_published_witness_is_an_execution_that_rc11_allows(name: str) -> None:
    program = Program(SLOT[name])
    registers = ("s1", "d0", "d1", "s2")
    wanted = {f"1:{register}": value for register, value in zip(registers, WITNESS[name], strict=False)}
    condition = program.outcome(all_equal(wanted))
    chosen = [run for run in runs(program) if run.number(condition)]
    assert any(not forbidding(MEMORIES["RC11"], execution(run)) for run in chosen)


@pytest.mark.parametrize("name", ["A0", "A1"])
@pytest.mark.nightly
def test_three_publications_change_no_verdict(name: str) -> None:
    from tests.models.litmus import attempt, writer

    reader = attempt() if name == "A0" else attempt(late=None, second="acq")
    row = Row(name, Program([writer(publications=3), reader]), torn(3), "FFFFF" if name == "A0" else "FFAAA", "")
    assert verdicts(row) == row.verdicts


def test_one_publication_hides_the_missing_fence() -> None:
    """The bound of two publications is needed: with one, A1 is safe."""
    from tests.models.litmus import attempt, writer

    program = Program([writer(publications=1), attempt(late=None, second="acq")])
    assert not any(outcome_allowed(model, program, torn(1))[1] for model in MODELS)


# -- reasons and races -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "variant"),
    [("CoRR", "rc11-coherence"), ("SB+scfences", "rc11-sc"), ("LB", "rc11-no-thin-air"), ("MP+rel+acq", "armv8-external")],
)
def test_the_axiom_that_forbids_an_outcome_does_so_alone(name: str, variant: str) -> None:
    made = protocol(next(row for row in PUBLISHED if row.name == name))
    assert api.prove(made, variant=variant, in_process=True)["Forbidden"].verdict == "proved"
    others = [v for v in made.variants if v.startswith(f"{variant.split('-')[0]}-") and v != variant]
    others = [other for other in others if not (variant.startswith("armv8") and other.startswith("armv8-rcpc"))]
    assert others
    for other in others:
        assert api.prove(made, variant=other, in_process=True)["Forbidden"].verdict == "violated", other


@pytest.mark.parametrize(
    ("flag", "seen", "guarded", "racy"), [("rel", "acq", True, False), ("rlx", "acq", True, True), ("rel", "acq", False, True)]
)
def test_races_of_plain_accesses(flag: str, seen: str, guarded: bool, racy: bool) -> None:
    """Message passing of plain data: no race where the reader looks only after it has synchronised."""
    data = read("x", "b", "na")
    reader = [read("y", "a", seen), when(reg("a"), [data]) if guarded else data]
    program = Program([[write("x", 1, "na"), write("y", 1, flag)], reader])
    made = litmus("mp-plain", program, all_equal({"1:a": 1, "1:b": 0}), [MEMORIES["RC11"]], race=True)
    result = api.prove(made, in_process=True)
    assert result["NoRace"].verdict == ("violated" if racy else "proved")
    assert result["Forbidden"].verdict == ("violated" if flag == "rlx" else "proved")


# -- the notation ----------------------------------------------------------------------------------------------------------


def test_registers_are_followed_through_branches_and_computations() -> None:
    program = Program(
        [
            [
                read("x", "a"),
                when(reg("a").equals(1), [local("b", reg("a") + 4), write("y", 1)], [local("b", 7), write("z", reg("a"))]),
                write("w", reg("b")),
            ],
            [write("x", 1)],
        ]
    )
    seen = {}
    for run in runs(program):
        x = execution(run)
        executed = {name for name in x.events if x.executed(name) is True}
        [value] = x.cases(program.outcome(reg("b", 0)))
        assert value == run.number(program.outcome(reg("b", 0)))
        seen[value] = {name for name in executed if name in ("P0_Wy", "P0_Wz")}
        [ended] = x.cases(program.outcome(final("w")))
        assert ended == value
    assert seen == {5: {"P0_Wy"}, 7: {"P0_Wz"}}
    late = program.by_name["P0_Ww"]
    assert (late.data, late.control) == ({"P0_Rx"}, {"P0_Rx"})


def test_a_compare_and_swap_is_a_pair_or_a_read() -> None:
    program = Program([[cas("x", 0, 1, "ar", "acq", register="won", old="was")], [write("x", 2)]])
    ends = set()
    for run in runs(program):
        x = execution(run)
        won, was, end = (x.cases(program.outcome(value)) for value in (reg("won", 0), reg("was", 0), final("x")))
        assert len(list(x.rmw)) == next(iter(won))
        ends.add((next(iter(won)), next(iter(was)), next(iter(end))))
    assert ends == {(1, 0, 2), (0, 2, 2), (1, 0, 1)}


def test_what_is_computed_from_a_value_that_cancels_depends_on_it() -> None:
    program = Program([[read("x", "a"), write("y", reg("a") ^ reg("a"))]])
    assert program.by_name["P0_Wy"].data == {"P0_Rx"}
    [run] = runs(program)
    assert execution(run).written("P0_Wy") == {0: True}


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: read("x", "a", "rel"), "a read has no order rel"),
        (lambda: write("x", 1, "acq"), "a write has no order acq"),
        (lambda: fence("rlx"), "a fence has no order rlx"),
        (lambda: rmw("x", 1, "na"), "an rmw has no order na"),
        (lambda: litmus("t", Program(sb()), final("x"), [MEMORIES["SC"]], allowed=["TS0"]), "TS0 is none of the memory models"),
        (lambda: litmus("t", Program(mp()), final("z"), [MEMORIES["SC"]]), "the program does not use z"),
    ],
)
def test_what_is_written_wrongly_is_refused(mistake: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        mistake()


def test_the_axioms_say_what_they_are_called() -> None:
    """A picture of an execution evaluates the relations that a proof is about."""
    program = Program(mp())
    condition = program.outcome(all_equal({"1:a": 1, "1:b": 0}))
    [run] = [run for run in runs(program) if run.number(condition)]
    x = execution(run)
    assert forbidding(MEMORIES["SC"], x) == ["sc"]
    assert forbidding(MEMORIES["TSO"], x) == ["ghb"]
    assert forbidding(MEMORIES["RC11"], x) == []
    assert not violates(MEMORIES["ARMv8"].axioms[0], x)
