"""ReplicationConvergence: what TLC measured of the repaired specification, and what its gaps violate in how many steps."""

from __future__ import annotations

import pytest

from tests.protocols.figures import Search, check_expectations, names

NAME = "replication-convergence"
WRONG = {"EventualConvergence": 0}
MISORDERED = {"RegisterStep": 3, "ConvergedValues": 4, "ConvergedLossless": 4}
LOST = {**WRONG, "ConvergedValues": 3}

SEARCHES = [
    Search(NAME, "safe", 1_772, 10, 961, LOST, generated=7_934),
    Search(NAME, "whole", 871, 9, None, WRONG),
    Search(NAME, "ghosts", 8_177, 10, None, LOST),
    Search(NAME, "no-tie-break", 955, 9, None, {**WRONG, "ConvergedValues": 4, "ConvergedLossless": 4}),
    # Messages that wait out the partition arrive.
    Search(NAME, "queueing", 1_742, 10, None, WRONG),
]
MORE = [
    Search(
        NAME, "safe", 13_848, 13, None, {**WRONG, "ConvergedValues": 4},
        generated=107_921, settings={"Replicas": 3, "Values": 1, "MaxTime": 1},
    ),
    # Either half of the queueing network alone loses messages still.
    Search(NAME, "safe", 2_252, 10, None, LOST, drops=("Set.send-filter", "Delete.send-filter")),
    Search(NAME, "safe", 4_844, 11, None, LOST, drops=("CreatePartition.drop-in-flight",)),
    # No message ever connects replicas that cannot reach each other.
    Search(NAME, "safe", 1_772, 10, None, LOST, drops=("ReceiveDelta.not-partitioned",)),
    # A receipt need not count as a step of the clock.
    Search(NAME, "safe", 1_016, 8, None, LOST, drops=("ReceiveDelta.receipt-tick",)),
    Search(NAME, "safe", 2_716, 10, None, {**LOST, "TombstoneConsistency": 2}, drops=("Delete.clear-value",)),
    Search(
        NAME, "whole", 1_345, 9, None, {**WRONG, "ClockCovers": 2, **MISORDERED},
        drops=("ReceiveDelta.clock-update",),
    ),
    Search(
        NAME, "whole", 1_756, 9, None, {**WRONG, **MISORDERED},
        drops=("ReceiveDelta.compare",),
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", [*SEARCHES, *(pytest.param(row, marks=pytest.mark.nightly) for row in MORE)], ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


def test_every_variant_is_searched_and_expects_what_is_found() -> None:
    check_expectations(NAME, SEARCHES)
