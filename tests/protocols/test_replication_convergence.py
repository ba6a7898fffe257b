"""ReplicationConvergence: what TLC measured of the repaired specification, and what its gaps violate in how many steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.figures import Search, check_expectations, names
from verifier import api
from verifier.catalog import load

NAME = "replication-convergence"
WRONG = {"EventualConvergence": 0}
MISORDERED = {"RegisterStep": 3, "ConvergedValues": 4, "ConvergedLossless": 4}
LOST = {**WRONG, "ConvergedValues": 3}

RESYNC = "replication-resync"
WRAPPER = "replication-wrapper"

SEARCHES = [
    Search(NAME, "safe", 1_772, 10, 961, LOST, generated=7_934),
    Search(NAME, "whole", 871, 9, None, WRONG),
    Search(NAME, "ghosts", 8_177, 10, None, LOST),
    # Messages that wait out the partition arrive.
    Search(NAME, "queueing", 1_742, 10, None, WRONG),
    Search(RESYNC, "safe", 5_287, 12, None),
    Search(WRAPPER, "safe", 1_076, 9, None, {"SECExpiry": 4}),
    Search(WRAPPER, "three", 2_225, 10, None, {"SECValue": 7}),
    Search(WRAPPER, "repaired", 976, 9, None),
]
MORE = [
    # Each repair is for one of the two.
    Search(WRAPPER, "safe", 976, 9, None, drops=("ApplyRemoteDelta.expiry-merge",)),
    Search(WRAPPER, "three", 1_964, 10, None, drops=("ApplyRemoteDelta.own-stamp",)),
    Search(WRAPPER, "repaired", 1_903, 10, None, settings={"Replicas": 3, "MaxTime": 1}),
    # One direction is not enough, and neither is a comparison of times.
    Search(RESYNC, "safe", 3_983, 12, None, {"ConvergedValues": 4}, drops=("HealPartition.back",)),
    Search(RESYNC, "safe", 3_983, 12, None, {"ConvergedValues": 4}, drops=("HealPartition.forth",)),
    Search(RESYNC, "safe", 4_325, 10, None, {"ConvergedValues": 4}, drops=("ReceiveDelta.tie-break",)),
    Search(
        NAME, "whole", 955, 9, None, {**WRONG, "ConvergedValues": 4, "ConvergedLossless": 4},
        drops=("ReceiveDelta.tie-break",),
    ),
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


@pytest.mark.parametrize("name", [NAME, RESYNC, WRAPPER])
def test_every_variant_is_searched_and_expects_what_is_found(name: str) -> None:
    check_expectations(name, SEARCHES)


LASSOS = {
    (NAME, "safe"): {"EventuallyAgree": (3, 0), "EventuallyAgreeHealing": (2, 2), "EventuallyAgreeUnfair": (1, 0)},
    (NAME, "whole"): {"EventuallyAgreeUnfair": (1, 0)},
    (NAME, "queueing"): {"EventuallyAgreeHealing": (1, 2), "EventuallyAgreeUnfair": (1, 0)},
    (RESYNC, "safe"): {},
}


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "variant"), LASSOS)
def test_progress(name: str, variant: str) -> None:
    live = [prop.name for prop in load(name).model(variant).liveness]
    result = api.prove(name, variant=variant, properties=live, engine="explicit", in_process=True)
    found = {one.name: (one.steps, one.loop) for one in result.properties if one.verdict == "violated"}
    assert found == LASSOS[name, variant]
    assert {one.verdict for one in result.properties if one.name not in found} <= {"proved"}


UNBOUNDED = [
    (NAME, "safe"),
    (NAME, "ghosts"),
    (NAME, "whole"),
    (NAME, "queueing"),
    (RESYNC, "safe"),
    (WRAPPER, "repaired"),
]


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "variant"), UNBOUNDED)
def test_any_number_of_replicas_keys_values_and_clocks(name: str, variant: str, tmp_path: Path) -> None:
    result = api.prove(name, variant=variant, scope="unbounded", certificates=tmp_path, in_process=True)
    expected = {p.name: p.expectation(variant).verdict for p in load(name).model(variant).properties}
    assert {one.name: one.verdict for one in result.properties} == {
        one.name: expected.get(one.name, "proved") for one in result.properties
    }
    assert api.check(sorted(tmp_path.iterdir())).valid
