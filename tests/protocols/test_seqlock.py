"""The seqlock ring: published and measured figures, what each variant and each guard breaks, proofs for any ring.

The measured diameters count steps from the initial state; a search counts levels, which are one more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.figures import Search, check_expectations, names
from tests.protocols.seqlock_enumeration import longest_wait, states
from verifier import check, gaps, prove
from verifier.catalog import load

LAP = {"LagBound": 9}


def safe(
    readers: int, ring: int, last: int, distinct: int, steps: int, generated: int | None, **violated: int
) -> Search:
    settings = {"NumReaders": readers, "RingSize": ring, "MaxSeq": last}
    return Search("seqlock", "safe", distinct, steps + 1, None, violated, generated, settings)


# A reader shows a skip from N+1 messages on, and a lap from N on.
MEASURED = [
    safe(1, 2, 1, 57, 14, 99),
    safe(1, 2, 2, 159, 19, 267, **LAP),
    safe(1, 2, 3, 459, 22, None, NoTornRead=17, **LAP),
    safe(1, 2, 4, 1_256, 27, 2_144, NoTornRead=17, **LAP),
    safe(1, 3, 4, 560, 28, None, NoTornRead=20, LagBound=12),
    safe(2, 2, 2, 4_577, 29, 11_028, **LAP),
    safe(1, 4, 4, 340, 31, None, LagBound=15),
    safe(1, 4, 5, 682, 34, None, NoTornRead=23, LagBound=15),
]
VARIANTS = [
    Search("seqlock", "safe", 265_796, 40, None, {"NoTornRead": 17, **LAP}, 661_228),
    Search("seqlock", "live", 4_577, 30, None, LAP, 11_028),
    Search("seqlock", "progress", 159, 20, None),
    Search("seqlock", "split-finish", 1_898, 33, None),
    Search(
        "seqlock", "skip-second-check", 942, 26, None, {"NoTornRead": 11, "NoTornReadC": 11, "FreshCommit": 12, **LAP}
    ),
    Search("seqlock", "skip-odd-stamp", 718, 28, None, {"NoTornRead": 11, "NoTornReadC": 11, **LAP}),
    Search(
        "seqlock",
        "stamp-before-data",
        2_201,
        29,
        None,
        {"NoTornReadC": 5, "Published": 5, "ReaderBound": 5, "LagReal": 9, "NoTornRead": 17, **LAP},
    ),
    Search("seqlock", "stamp-wrap-8", 1_025, 26, None, {"NoTornRead": 18, "NoTornReadC": 18, "FreshCommit": 18, **LAP}),
    Search(
        "seqlock",
        "stamp-wrap-4",
        1_426,
        33,
        None,
        {"NoTornReadC": 9, "Published": 9, "ReaderBound": 9, "NoTornRead": 12, "FreshCommit": 12, **LAP},
    ),
    Search("seqlock", "no-skip", 672, 33, None, LAP),
    Search("seqlock", "skip-one-too-far", 916, 29, None, {"SkipExact": 11, "NoTornRead": 17, **LAP}),
    Search("seqlock", "any-slots", 3_480, 21, None, {"LagReal": 7, "FreshCommit": 12, "NothingLost": 11}),
    Search("seqlock", "bounded", 275, 36, None),
    Search("seqlock", "endless", 2_808, 42, None, {"NeverBack": 14, "NoTornRead": 17, **LAP}),
]
BOUNDED = [
    Search("seqlock", "bounded", 5_967, 56, None, settings={"NumReaders": 2}),
    Search("seqlock", "bounded", 114, 38, None, settings={"Watermark": 1}),
]


@pytest.mark.parametrize("row", [*MEASURED, *VARIANTS, *BOUNDED], ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


@pytest.mark.parametrize("row", [row for row in MEASURED if row.settings["NumReaders"] == 1], ids=names)
def test_a_plain_program_finds_the_same_states(row: Search) -> None:
    """Whatever has happened, a reader that runs alone between two messages commits one in seven steps."""
    seen, steps = states(row.settings["RingSize"], row.settings["MaxSeq"])
    assert (len(seen), steps + 1) == (row.distinct, row.diameter)
    assert longest_wait(seen) == (7 if row.settings["MaxSeq"] >= row.settings["RingSize"] else 4)


def test_every_variant_is_searched_and_expects_what_is_found() -> None:
    check_expectations("seqlock", VARIANTS)


@pytest.mark.nightly
def test_guards_that_others_imply_are_found_to_be_inert() -> None:
    document = gaps("seqlock", settings={"NumReaders": 1, "MaxSeq": 2}, in_process=True)
    drops = {drop.full_name: drop for drop in document.drops}
    for name in (
        "ReaderLoadValue.lv-even",
        "WriterData.wd-odd",
        "WriterFinish.wf-odd",
        "ReaderStampMismatch.mm-behind",
    ):
        assert (drops[name].inert, drops[name].complete, drops[name].same_states) == (True, True, True), name


@pytest.mark.parametrize(
    "variant",
    [pytest.param(each, marks=pytest.mark.nightly) for each in ("endless", "no-skip", "bounded")],
)
def test_progress_of_the_other_rings(variant: str) -> None:
    """A writer that never ends starves a reader that goes round with it: in five steps, and one that renumbers messages."""
    protocol = load("seqlock")
    asked = [prop.name for prop in protocol.model(variant).liveness]
    result = prove(f"seqlock:{variant}", properties=asked, engine="explicit", in_process=True)
    for entry in result.properties:
        wanted = protocol.properties[entry.name].expectation(variant)
        assert (entry.verdict, entry.steps, entry.loop) == (wanted.verdict, wanted.steps, wanted.loop), entry.name


CORRECTED = ["NoTornReadC", "Published", "Monotone", "NeverBack", "ReaderBound", "FreshCommit", "SkipExact", "LagReal"]


def _for_any_ring(
    variant: str, properties: list[str], folder: Path, *, liveness: bool = False
) -> dict[str, tuple[str, ...]]:
    """Proves properties at any size, checks their certificates, and tells the lemmas of each."""
    reference = f"seqlock:{variant}"
    result = prove(
        reference,
        properties=properties,
        scope="unbounded",
        liveness=liveness,
        certificates=str(folder),
        in_process=True,
    )
    assert {entry.name: entry.verdict for entry in result.properties} == dict.fromkeys(properties, "proved")
    certificates = check([str(path) for path in folder.glob("*.json")], in_process=True).certificates
    assert all(one.valid for one in certificates)
    assert {one.property for one in certificates} >= set(properties)
    return {entry.name: entry.lemmas for entry in result.properties}


@pytest.mark.nightly
@pytest.mark.parametrize("variant", ["safe", "split-finish"])
def test_what_is_put_right_holds_for_any_ring(variant: str, tmp_path: Path) -> None:
    stated = {prop.name for prop in load("seqlock").model(variant).stated}
    lemmas = _for_any_ring(variant, [name for name in CORRECTED if name in stated], tmp_path)
    # What is read is the message, whatever function takes messages to slots; what is skipped depends on laps.
    assert not any("idx[a]" in lemma for name in ("NoTornReadC", "Published") for lemma in lemmas[name])
    assert any("idx[a]" in lemma for lemma in lemmas["FreshCommit"])


@pytest.mark.nightly
def test_what_is_read_is_the_message_in_any_slots(tmp_path: Path) -> None:
    _for_any_ring("any-slots", ["NoTornReadC", "Published", "NoSilentLoss"], tmp_path)


@pytest.mark.nightly
def test_a_bounded_channel_loses_nothing_and_waits_for_no_one_in_vain_at_any_size(tmp_path: Path) -> None:
    properties = ["NoTornRead", "LagBound", "NoSilentLoss", "NothingLost", "NoLap", "WriterNotStuck"]
    _for_any_ring("bounded", properties, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("variant", "properties"),
    [
        ("progress", ["ReaderProgressC_ReadersMid", "ReaderProgressC_All", "ReadsToTheEnd", "NeverBack", "ReaderBound"]),
        ("bounded", ["ReaderProgressC_ReadersMid", "ReaderProgressC_All"]),
    ],
)
def test_readers_get_on_in_any_ring_as_long_as_messages_end(variant: str, properties: list[str], tmp_path: Path) -> None:
    _for_any_ring(variant, properties, tmp_path, liveness=True)
