"""The fences and orders with which two producers hand the cursor over: each minimal set, in a second way too."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from tests.lib.enumerator import allows, runs
from tests.protocols.figures import Search, check_expectations
from verifier import api
from verifier.catalog import load
from verifier.lib.programs import Instruction, Program, all_equal, cas, fence, read, write

RUST = dict.fromkeys(
    ("PublishedOrders", "LoadsAlone", "FirstNeedsLoads", "FirstNeedsSwaps", "SecondNeedsStores", "SecondNeedsMisses"), 0
)
# 128 programs; under TSO each has the six executions of sequential consistency.
SEARCHES = [
    Search("hand-over-memory", "rc11", 1_125, 1, None, RUST),
    Search("hand-over-memory", "armv8-rcpc", 968, 1, None, {"PublishedOrders": 0, "FirstNeedsLoads": 0}),
    Search("hand-over-memory", "armv8", 800, 1, None),
    Search("hand-over-memory", "tso", 6 * 128, 1, None),
]
FIRST = [{"moved_fence"}, {"load_sc", "swap_sc"}]
SECOND = [{"stored_fence"}, {"retry_fence"}, {"store_sc", "miss_sc"}]
LEAST = {frozenset(one | other) for one, other in product(FIRST, SECOND)}
ORDERS = ("moved_fence", "load_sc", "swap_sc", "stored_fence", "retry_fence", "store_sc", "miss_sc")


def test_the_model_announces_what_its_searches_find() -> None:
    check_expectations("hand-over-memory", SEARCHES)


@pytest.mark.parametrize("row", SEARCHES[:1] + [pytest.param(row, marks=pytest.mark.nightly) for row in SEARCHES[1:]])
def test_a_search_counts_the_executions_of_all_programs(row: Search) -> None:
    row.check()


@pytest.mark.nightly
def test_six_sets_of_orders_are_proved_to_be_enough() -> None:
    result = api.prove(load("hand-over-memory"), in_process=True)
    verdicts = {entry.name: entry.verdict for entry in result.properties}
    assert verdicts == {"EnoughOrders": "proved", **dict.fromkeys(RUST, "violated")}


def safe(model: str, orders: frozenset[str]) -> bool:
    """Whether no execution that the model allows leaves the cursor behind, by brute force, without the model."""

    def order(name: str, otherwise: str) -> str:
        return "sc" if name in orders else otherwise

    def fenced(name: str) -> list[Instruction]:
        return [fence("sc")] if name in orders else []

    def move(message: int, old: str) -> Instruction:
        return cas("cursor", message - 1, message, order("swap_sc", "rel"), order("miss_sc", "rlx"), old=old)

    stores = [write(f"stamp{k}", 1, order("store_sc", "rel")) for k in (1, 2)]
    loads = [read(f"stamp{k}", "done", order("load_sc", "acq")) for k in (1, 2)]
    first = [stores[0], move(1, "before"), *fenced("moved_fence"), loads[1]]
    second = [stores[1], *fenced("stored_fence"), move(2, "early"), loads[0], *fenced("retry_fence"), move(2, "again")]
    program = Program([first, second])
    stranded = {"0:before": 0, "0:done": 0, "1:early": 0, "1:done": 1, "1:again": 0, "cursor": 1}
    outcome = program.outcome(all_equal(stranded))
    return not any(run.number(outcome) and allows(model, run) for run in runs(program))


@pytest.mark.nightly
def test_a_set_is_enough_if_one_of_the_six_is_in_it() -> None:
    for size in range(len(ORDERS) + 1):
        for chosen in map(frozenset, combinations(ORDERS, size)):
            assert safe("RC11", chosen) == any(least <= chosen for least in LEAST), sorted(chosen)


@pytest.mark.nightly
def test_the_published_orders_are_not_enough_and_two_fences_are() -> None:
    assert not safe("RC11", frozenset())
    assert safe("RC11", frozenset({"moved_fence", "retry_fence"}))
