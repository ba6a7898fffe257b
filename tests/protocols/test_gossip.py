"""What TLC measured of the gossip of redis-rust, as published and per recipient, and what single guards are good for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names
from verifier import check, prove
from verifier.catalog import load
from verifier.proof.engines.explicit import explore
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

PLAIN = {"DeliveryPlain": 2}
VALUES = {"UniqueId": 2, "DeliveryPlain": 2}

SEARCHES = [
    Search("gossip", "safe", 7_792, 13, None, PLAIN, generated=61_957),
    Search("gossip", "safe", 49_816, 14, None, VALUES, generated=408_321, settings={"MaxValue": 2}),
    Search(
        "gossip",
        "safe",
        79_872,
        19,
        None,
        {"EventualDelivery": 4, "DeliveryPlain": 2},
        generated=650_209,
        settings={"Keys": 2, "MaxMessages": 1},
    ),
    Search("gossip", "broadcast", 4_669, 11, None, VALUES, generated=24_991),
    Search("gossip", "reliable", 19_484, 19, None, PLAIN, generated=72_829),
    Search(
        "gossip",
        "reliable",
        2_853,
        11,
        None,
        {"UniqueId": 2},
        generated=10_465,
        settings={"Replicas": 2, "MaxMessages": 2, "MaxValue": 2},
    ),
    Search(
        "gossip",
        "reliable",
        333,
        7,
        None,
        {"UniqueId": 2},
        settings={"Replicas": 2, "MaxMessages": 2, "MaxValue": 2},
        drops=("ReceiveGossip.takes",),
    ),
    # The number of own deltas in an id, in place of the epoch.
    Search(
        "gossip",
        "broadcast",
        25_029,
        13,
        None,
        {"OwnEpoch": 2, "DeliveryPlain": 2},
        settings={"MoreNumbers": 1},
        drops=("CreateDelta.epoch-is-number",),
    ),
    # Dropped in broadcast, as TLC measured them.
    Search("gossip", "broadcast", 4_669, 11, None, VALUES, drops=("ReceiveGossip.not-own",)),
    Search("gossip", "broadcast", 4_669, 11, None, {**VALUES, "AtMostOnce": 4}, drops=("ReceiveGossip.dedup",)),
    Search(
        "gossip",
        "broadcast",
        9_217,
        13,
        None,
        {**VALUES, "ProcessedStep": 3, "LocalKnown": 4},
        drops=("ReceiveGossip.keeps-ids",),
    ),
    Search("gossip", "broadcast", 4_149, 11, None, {**VALUES, "LocalKnown": 1}, drops=("CreateDelta.records-own",)),
]

TWO = {"Replicas": 2, "MaxSeq": 2}
LOST = {"DeliveredStrong": 2, "Delivered": 3}
OLDER = {"Newest": 3, "SEC": 4}

COPIES = [
    Search("gossip-copies", "safe", 125, 10, None),
    Search("gossip-copies", "safe", 61, 9, None, settings=TWO),
    # Sending again leads to no state that is not reached by losing alone.
    Search("gossip-copies", "resend", 1_000, 10, None, LOST),
    Search(
        "gossip-copies",
        "safe",
        27,
        7,
        None,
        {"DeliveredStrong": 1, "Delivered": 2},
        drops=("Create.copy-for-each",),
    ),
    Search("gossip-copies", "safe", 97, 9, None, OLDER, settings=TWO, drops=("Receive.newest",)),
    Search("gossip-copies", "safe", 71, 9, None, OLDER, settings=TWO, drops=("Receive.clock-merge",)),
]

SELECTIVE = [
    Search("gossip-selective", "fixed", 314, 10, None),
    Search("gossip-selective", "as-coded", 7_000, 12, None, {"DeliveredStrong": 2, "Delivered": 2}),
    Search("gossip-selective", "from-one", 4_902, 12, None, {"DeliveredStrong": 2, "Delivered": 3}),
    Search("gossip-selective", "handed-over", 2_330, 12, None),
    Search("gossip-selective", "redirected", 28_672, 16, None, {"DeliveredStrong": 2, "Delivered": 2, "OnlyAddressed": 3}),
]

ROWS = [pytest.param(row, marks=pytest.mark.full) if row.distinct > 10_000 else row for row in [*SEARCHES, *COPIES]]
ROWS += [pytest.param(row, marks=pytest.mark.nightly) if row.distinct > 2_000 else row for row in SELECTIVE]


@pytest.mark.parametrize("row", ROWS, ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


DROPS = [Drop("gossip", ("CreateDelta.not-self",), {**PLAIN, "NoSelfTarget": 2}, settings={"MaxMessages": 1})]


@pytest.mark.parametrize("row", DROPS, ids=names)
def test_what_single_guards_are_good_for(row: Drop) -> None:
    row.check()


@pytest.mark.parametrize("name", ["gossip", "gossip-copies", "gossip-selective"])
def test_every_variant_is_searched_and_expects_what_is_found(name: str) -> None:
    check_expectations(name, [*SEARCHES, *COPIES, *SELECTIVE])


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["fixed", "handed-over"])
def test_any_size_of_targets(variant: str, tmp_path: Path) -> None:
    result = prove("gossip-selective", variant=variant, scope="unbounded", certificates=str(tmp_path), in_process=True)
    announced = {prop.name: prop.expectation(variant) for prop in load("gossip-selective").model(variant).properties}
    stated = [entry for entry in result.properties if entry.name in announced]
    assert len(stated) >= 5
    for entry in stated:
        assert (entry.verdict, entry.steps) == (announced[entry.name].verdict, announced[entry.name].steps)
    assert check([str(path) for path in tmp_path.glob("*.cert.json")], rederive=True).complete


def test_losing_alone() -> None:
    model = load("gossip-copies").model("resend")
    model = replace(model, actions=tuple(action for action in model.actions if action.name != "Resend"))
    found = explore(Ground(finite_scope(model, {})))
    assert (found.distinct, found.diameter) == (1_000, 10)
    assert {violation.property.name: violation.steps for violation in found.violations} == LOST


# What is dropped in a variant, and the lassos that are found, as stem and loop.
PROGRESS = {
    ("safe", ()): {"EventuallyDelivered": None, "EventuallyDeliveredResent": None, "CopyArrives": None},
    ("resend", ()): {"EventuallyDelivered": (1, 4), "EventuallyDeliveredResent": None, "CopyArrives": (1, 4)},
    ("resend", ("insistent.Resend",)): {"EventuallyDeliveredResent": (3, 0)},
}


@pytest.mark.nightly
@pytest.mark.parametrize(("variant", "drops"), PROGRESS)
def test_progress(variant: str, drops: tuple[str, ...]) -> None:
    wanted = PROGRESS[variant, drops]
    result = prove("gossip-copies", variant=variant, drop=drops, properties=tuple(wanted))
    lassos = {entry.name: entry for entry in result.properties if entry.name in wanted}
    found = {name: None if entry.verdict == "proved" else (entry.steps, entry.loop) for name, entry in lassos.items()}
    assert found == wanted


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "proved"), [("gossip", 11), ("gossip-copies", 7)])
def test_any_size(name: str, proved: int, tmp_path: Path) -> None:
    result = prove(name, scope="unbounded", liveness=True, certificates=str(tmp_path))
    assert [entry.verdict for entry in result.properties].count("proved") == proved
    expected = load(name).model().properties
    violated = {prop.name for prop in expected if prop.expectation("safe").verdict == "violated" and not prop.bounded}
    assert {entry.published_name for entry in result.properties if entry.verdict == "violated"} == violated
    assert check([str(path) for path in tmp_path.glob("*.cert.json")], rederive=True).complete
