"""The fences and orders of the ring's cursor: each minimal set, what breaks without one, in a second way too."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from tests.lib.enumerator import allows, runs
from tests.protocols.figures import Search, check_expectations
from verifier import api
from verifier.catalog import load
from verifier.lib.programs import Expression, Instruction, Program, expression, fence, operation, read, reg, write

WEAK = dict.fromkeys(
    (
        *("LatestNoStampBeforeTheCursor", "LatestNoCursorBeforeTheStamp"),
        *("SkipNoCursorBeforeTheNextStamp", "SkipNoStampBeforeTheCursor"),
    ),
    0,
)
# 256 programs, each with the 35 executions of sequential consistency under TSO.
SEARCHES = [
    Search("cursor-memory", "rc11", 12_537, 1, None, WEAK),
    Search("cursor-memory", "armv8", 12_411, 1, None, WEAK),
    Search("cursor-memory", "tso", 35 * 256, 1, None),
]
WRITER = ("stamp_fence", "stamp_release", "cursor_fence", "cursor_release")
LATEST, SKIP = ("head_acquire", "head_fence"), ("check_acquire", "check_fence")


def test_the_model_announces_what_its_searches_find() -> None:
    check_expectations("cursor-memory", SEARCHES)


@pytest.mark.parametrize("row", SEARCHES[:1] + [pytest.param(row, marks=pytest.mark.nightly) for row in SEARCHES[1:]])
def test_a_search_counts_the_executions_of_all_programs(row: Search) -> None:
    row.check()


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["rc11", "armv8"])
def test_one_order_at_each_place_is_proved_to_be_enough(variant: str) -> None:
    result = api.prove(load("cursor-memory"), variant=variant, in_process=True)
    assert {entry.name: entry.verdict for entry in result.properties} == {
        "EnoughForLatest": "proved",
        "EnoughToSkip": "proved",
        **dict.fromkeys(WEAK, "violated"),
    }


def safe(model: str, orders: frozenset[str], *, skips: bool) -> bool:
    """Whether the model forbids what one of the readers must not see, with these orders alone, by brute force."""

    def order(name: str, strong: str) -> str:
        return strong if name in orders else "rlx"

    def fenced(name: str, kind: str) -> list[Instruction]:
        return [fence(kind)] if name in orders else []

    writer: list[Instruction] = []
    bad: Expression = expression(0)
    for k in (1, 2):
        writer += [*fenced("stamp_fence", "rel"), write(f"stamp{k}", 1, order("stamp_release", "rel"))]
        writer += [*fenced("cursor_fence", "rel"), write("cursor", k, order("cursor_release", "rel"))]
        bad = bad | (operation(">=", reg("head", 1), k) & reg(f"s{k}", 1).equals(0))
    reader = [read("cursor", "head", order("head_acquire", "acq")), *fenced("head_fence", "acq")]
    reader += [read("stamp1", "s1"), read("stamp2", "s2")]
    if skips:
        reader = [read("stamp2", "later", order("check_acquire", "acq")), *fenced("check_fence", "acq"), read("cursor", "head")]
        bad = reg("later", 1).equals(1) & reg("head", 1).equals(0)
    program = Program([writer, reader])
    outcome = program.outcome(bad)
    return not any(run.number(outcome) and allows(model, run) for run in runs(program))


@pytest.mark.parametrize("model", ["RC11", pytest.param("ARMv8", marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    ("skips", "places"),
    [(False, [WRITER[2:], LATEST]), (True, [WRITER[:2], SKIP])],
    ids=["latest", "skip"],
)
def test_the_minimal_sets_are_one_order_at_each_place(model: str, skips: bool, places: list[tuple[str, str]]) -> None:
    orders = (*WRITER, *(SKIP if skips else LATEST))
    for size in range(len(orders) + 1):
        for chosen in map(frozenset, combinations(orders, size)):
            enough = any(frozenset(least) <= chosen for least in product(*places))
            assert safe(model, chosen, skips=skips) == enough, sorted(chosen)
