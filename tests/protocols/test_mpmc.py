"""The ring with several producers: figures of TLC, what each toggle breaks, and what is proved at any size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.protocols.figures import Search, check_expectations, names
from verifier import api
from verifier.catalog import load
from verifier.evidence.replay import replay
from verifier.kernel.model import Model
from verifier.kernel.resolving import instantiate
from verifier.proof.engines.explicit import decide, explore
from verifier.proof.engines.fair_search import States
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import liveness
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.slicing import Cones
from verifier.semantics.scope.unbounded import has_unbounded_scope

LOST = {"OneAhead": 3, "SlotExclusive": 5, "StampMonotone": 5, "NoTornReadC": 11, "NoGapStamp": 15}
BLIND = {
    "NoGap": 9,
    "NoGapStamp": 9,
    "OneAhead": 17,
    "SlotExclusive": 19,
    "StampMonotone": 19,
    "NoTornReadC": 27,
}
SPLIT = {
    "UniqueOwner": 4,
    "SlotExclusive": 6,
    "StampMonotone": 8,
    "NoGapStamp": 9,
    "NoHole": 11,
    "CursorBelowClaims": 15,
}

SEARCHES = [
    Search("mpmc", "safe", 134_616, 52, None, generated=359_393),
    Search("mpmc", "two", 24_010, 40, None, generated=62_783),
    Search("mpmc", "slot-wait", 145_364, 56, None, generated=389_787),
    Search("mpmc", "slot-wait-two", 145_364, 56, None, generated=389_787),
    Search(
        "mpmc", "three", 610_658, 42, None, {**LOST, "StampsComplete": 20, "CursorComplete": 22, "NoReaderStuck": 25}
    ),
    Search("mpmc", "catch-up-equality", 135_404, 52, None, {"CursorComplete": 31, "NoReaderStuck": 31}),
    Search("mpmc", "pred-wait-equality", 24_010, 40, None, {"NoProducerDeadlock": 20}),
    Search("mpmc", "scan-ignores-stamp", 168_320, 52, None, {**BLIND, "StampsComplete": 29, "NoReaderStuck": 34}),
    Search(
        "mpmc",
        "split-claim",
        849_426,
        88,
        None,
        {**SPLIT, "ProducerOrder": 24, "NoTornReadC": 26, "StampsComplete": 29, "NoReaderStuck": 34},
    ),
    Search("mpmc", "blind-retry", 173_714, 50, None, {"CursorStep": 11, "CursorMonotone": 13}),
    # A plain enumerator finds 25 for NoReaderStuck, too: CursorComplete in 23, and two steps of a reader.
    Search("mpmc", "no-scan", 54_868, 44, None, {"CursorComplete": 23, "NoReaderStuck": 25}),
    # Without the second attempt nothing breaks.
    Search("mpmc", "no-retry", 80_274, 46, None),
    Search("mpmc", "safe", 24_010, 40, None, generated=62_783, settings={"MaxSeq": 2}),
    Search("mpmc", "slot-wait", 302_525, 45, None, generated=954_768, settings={"P": 3, "MaxSeq": 2}),
]

SMALL = {"safe:MaxSeq=2", "pred-wait-equality"}
ROWS = [
    row if row.name.removeprefix("mpmc:") in SMALL else pytest.param(row, marks=pytest.mark.nightly) for row in SEARCHES
]


@pytest.mark.parametrize("row", ROWS, ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


def test_every_variant_is_searched_and_expects_what_is_found() -> None:
    check_expectations("mpmc", SEARCHES)


READERS = {"readerPC", "readerCursor", "readStamp1", "readValue", "readResult", "consumed"}


def producers(variant: str, settings: dict[str, int]) -> Ground:
    """The ring without readers: a slice, as nothing that a producer does depends on them."""
    model = load("mpmc").model(variant)
    kept = [variable.name for variable in model.variables if variable.name not in READERS]
    return Ground(Cones(model).slice(kept).at(finite_scope(model, settings)))


@pytest.mark.parametrize(
    ("variant", "settings", "states", "generated", "diameter", "violated"),
    [
        ("safe", {}, 2_363, 4_197, 40, {}),
        ("safe", {"MaxSeq": 5}, 9_543, 17_653, 62, {}),
        ("slot-wait", {}, 2_745, 4_913, 44, {}),
        ("slot-wait", {"P": 3, "MaxSeq": 2}, 9_412, 20_950, 34, {}),
        ("catch-up-equality", {}, 2_377, 4_209, 40, {"CursorComplete": 31}),
        # No slot is entered twice before the last number: three producers do no harm.
        pytest.param("safe", {"P": 3, "N": 4}, 73_321, 178_393, 43, {"OneAhead": 3}, marks=pytest.mark.nightly),
        pytest.param("slot-wait", {"P": 3}, 80_743, 197_005, 47, {}, marks=pytest.mark.nightly),
        pytest.param(
            "three",
            {"MaxSeq": 3},
            212_167,
            None,
            44,
            {
                "OneAhead": 3,
                "SlotExclusive": 5,
                "StampMonotone": 5,
                "NoGapStamp": 15,
                "NoProducerDeadlock": 26,
                "StampsComplete": 26,
                "CursorComplete": 28,
            },
            marks=pytest.mark.nightly,
        ),
        (
            "three",
            {},
            21_511,
            None,
            31,
            {
                "OneAhead": 3,
                "SlotExclusive": 5,
                "StampMonotone": 5,
                "NoGapStamp": 15,
                "StampsComplete": 20,
                "CursorComplete": 22,
            },
        ),
        ("catch-up-equality", {"N": 3, "MaxSeq": 4}, 5_147, 9_353, 51, {"CursorComplete": 39}),
        ("no-retry", {}, 1_503, 2_619, 33, {}),
        ("pred-wait-equality", {"MaxSeq": 3}, 2_363, 4_145, 40, {"NoProducerDeadlock": 26}),
        ("pred-wait-equality", {"MaxSeq": 1}, None, None, None, {}),
    ],
)
def test_producers_alone_have_the_figures_of_tlc(
    variant: str,
    settings: dict[str, int],
    states: int | None,
    generated: int | None,
    diameter: int | None,
    violated: dict[str, int],
) -> None:
    found = explore(producers(variant, settings))
    assert found.complete
    assert states in (None, found.distinct)
    assert generated in (None, found.generated)
    assert diameter in (None, found.diameter - 1)
    assert {v.property.name: v.steps for v in found.violations} == violated


def first_violation(model: Model, name: str, settings: dict[str, int], *, readers: bool = False) -> int | None:
    """The steps of the shortest violation of one property."""
    kept = [variable.name for variable in model.variables if variable.name not in READERS]
    found = decide(
        Ground(finite_scope(model, settings) if readers else Cones(model).slice(kept).at(finite_scope(model, settings))),
        [model.find_property(name)],
    )
    return found.violations[0].steps if found.violations else None


@pytest.mark.parametrize(
    ("variant", "name", "settings", "readers", "steps"),
    [
        # Already the odd stamp of message 3 lets the scan pass message 1; a plain enumerator finds 12 steps, too.
        ("three", "NoGap", {"P": 4, "MaxSeq": 3}, False, 12),
        ("three", "SlotExclusive", {"N": 3, "MaxSeq": 3}, False, 16),
        ("three", "SlotExclusive", {"N": 4, "MaxSeq": 4}, False, 24),
        # A torn read takes 8N - 2 steps.
        pytest.param("three", "NoTornReadC", {"N": 3, "MaxSeq": 3}, True, 22, marks=pytest.mark.nightly),
        pytest.param("three", "NoTornReadC", {"N": 4, "MaxSeq": 4}, True, 30, marks=pytest.mark.nightly),
    ],
)
def test_larger_rings_and_more_producers_take_these_steps(
    variant: str, name: str, settings: dict[str, int], readers: bool, steps: int
) -> None:
    assert first_violation(load("mpmc").model(variant), name, settings, readers=readers) == steps


def test_the_wait_for_the_slot_mends_neither_equality() -> None:
    declared = load("mpmc").declarations()
    waits = declared.variants["slot-wait"]
    pred_wait = replace(waits, name="both", replaces={"WaitPred.pred-done": "equality"}, settings={"MaxSeq": 2})
    catch_up = replace(waits, name="both", drops=(*waits.drops, "ScanStamp.ordering"))
    assert first_violation(instantiate(declared, pred_wait, ()), "NoProducerDeadlock", {}) == 23
    assert first_violation(instantiate(declared, catch_up, ()), "CursorComplete", {}) == 35


@pytest.mark.parametrize(
    ("settings", "steps"),
    [({"P": 3, "MaxSeq": 2}, 3), ({"P": 3, "N": 3}, 3), ({"N": 3, "MaxSeq": 5}, None), ({"MaxSeq": 5}, None)],
)
def test_claims_are_one_ahead_of_two_producers_alone_with_the_wait_too(settings: dict[str, int], steps: int | None) -> None:
    declared = load("mpmc").declarations()
    waits = declared.variants["slot-wait"]
    stating = replace(waits, name="stating", without=[name for name in waits.without if name != "OneAhead"])
    assert first_violation(instantiate(declared, stating, ()), "OneAhead", settings) == steps


@pytest.mark.nightly
def test_three_producers_with_the_wait_publish_everything_and_readers_read_on() -> None:
    ground = Ground(finite_scope(load("mpmc").model("slot-wait"), {"P": 3, "MaxSeq": 2}))
    forms = [liveness(ground, prop) for prop in ground.scope.model.liveness]
    states = States(ground, explore(ground, []).reached, forms)
    found = {form.property.name: states.has_lasso(form) for form in forms}
    assert found == {"Terminate": False, "CursorReaches": False, "ReaderDrain": False}


def found_violated(variant: str, name: str) -> dict[str, Any]:
    """The entry of a property that the usual stages find violated, with a trace that is replayed."""
    mpmc = load("mpmc")
    document = prove(ProveRequest(mpmc, variant=variant, properties=[name]), lambda event: None)
    [entry] = document["properties"]
    assert entry["verdict"] == "violated"
    outcome = replay(entry["trace"], mpmc)
    assert (outcome.valid, outcome.violated) == (True, True)
    return dict(entry)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("variant", "name", "steps"),
    [
        ("three", "NoTornReadC", 11),
        ("pred-wait-equality", "NoProducerDeadlock", 20),
        ("catch-up-equality", "CursorComplete", 31),
    ],
)
def test_the_usual_stages_find_counterexamples_that_are_as_short(variant: str, name: str, steps: int) -> None:
    entry = found_violated(variant, name)
    assert (entry["steps"], entry["shortest"]) == (steps, True)


def stated(variant: str) -> set[str]:
    """The state and action properties of a variant."""
    return {prop.name for prop in load("mpmc").model(variant).properties if prop.kind in ("state", "action")}


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["two", "slot-wait-two"])
def test_two_producers_are_proved_for_any_ring_as_published_and_with_the_wait(variant: str) -> None:
    result = api.prove(f"mpmc:{variant}", scope="unbounded", in_process=True)
    assert {entry.name for entry in result.properties} >= stated(variant) >= {"NoTornReadC", "OneAhead"}
    assert {entry.verdict for entry in result.properties} == {"proved"}


@pytest.mark.nightly
def test_the_repair_is_proved_for_any_ring_any_producers_and_any_number_of_messages(tmp_path: Path) -> None:
    result = api.prove("mpmc:slot-wait", scope="unbounded", certificates=str(tmp_path), in_process=True)
    assert {entry.name for entry in result.properties} >= stated("slot-wait") >= {"NoProducerDeadlock", "NoReaderStuck"}
    assert {entry.verdict for entry in result.properties} == {"proved"}
    certificates = api.check([str(path) for path in tmp_path.glob("*.json")], in_process=True).certificates
    assert all(one.valid for one in certificates)
    assert len(certificates) >= len(result.properties)


def test_what_depends_on_the_number_of_producers_is_not_stated_at_any_size() -> None:
    models = {variant: load("mpmc").model(variant) for variant in load("mpmc").variants}
    assert {variant for variant, model in models.items() if has_unbounded_scope(model)} == {"two", "slot-wait", "slot-wait-two"}
