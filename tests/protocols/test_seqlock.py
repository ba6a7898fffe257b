"""The seqlock ring: published and measured figures, what each variant and each guard breaks, proofs for any ring.

The measured diameters count steps from the initial state; a search counts levels, which are one more.
"""

from __future__ import annotations

import pytest

from tests.protocols.figures import Search, check_expectations, names

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
    Search("seqlock", "split-finish", 1_898, 33, None, {"NoTornRead": 21, "LagBound": 12}),
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
    Search("seqlock", "stamp-wrap-8", 1_027, 26, None, {"NoTornRead": 18, "NoTornReadC": 18, "FreshCommit": 18, **LAP}),
    Search(
        "seqlock",
        "stamp-wrap-4",
        1_693,
        36,
        None,
        {"NoTornReadC": 9, "Published": 9, "ReaderBound": 9, "NoTornRead": 12, "FreshCommit": 12, "TypeOK": 21, **LAP},
    ),
    Search("seqlock", "no-skip", 672, 33, None, LAP),
    Search("seqlock", "skip-one-too-far", 916, 29, None, {"SkipExact": 11, "NoTornRead": 17, **LAP}),
    Search("seqlock", "any-slots", 3_436, 21, None, {"LagReal": 7, "FreshCommit": 12, **LAP}),
    Search("seqlock", "counted", 1_425, 33, None, {"NothingLost": 11, "NoTornRead": 17, **LAP}),
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


def test_every_variant_is_searched_and_expects_what_is_found() -> None:
    check_expectations("seqlock", VARIANTS)
