"""Votor in one slot: the counts of the dossier, all toggles with everything that they break, and a plain enumerator.

Rows count levels, as `explore` does: one more than the steps of the longest shortest path.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names
from tests.protocols.votor_enumeration import Rules, enumerate_all

U5 = (21, 20, 20, 20)
SPLIT = {"Validators": 3, "stake_1": 39, "stake_2": 39, "stake_3": 4, "F": 18}
EQUAL = {"Validators": 3, "stake_1": 10, "stake_2": 10, "stake_3": 10, "F": 0}
INITIAL = ("NotarVote.not-voted", "SkipVote.not-voted")
LATE = {
    "FinalVoteExclusive": 6,
    "NoHonestOffence": 6,
    "SlowFinalExcludesOtherNotarFallback": 7,
    "SlowFinalExcludesSkip": 7,
}  # fmt: skip

FIGURES = [
    Search("votor", "safe", 12_804, 13, None),
    Search("votor", "safe", 1_070, 10, None, settings=SPLIT),
    Search("votor", "safe", 612, 10, None, settings=EQUAL),
]

VARIANTS = [
    Search("votor", "fast60", 12_804, 13, None, {"FastFinalExcludesOtherNotarFallback": 5, "FastFinalExcludesSkip": 5}),
    Search("votor", "slow50", 16_368, 13, None, {
        "NotarizationUnique": 4, "NoConflictingFinalization": 6, "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    }),
    Search("votor", "final50", 12_804, 13, None, {"SlowFinalExcludesOtherNotarFallback": 7, "SlowFinalExcludesSkip": 7}),
    Search("votor", "fifth", 34_659, 13, None, {
        "NotarizationUnique": 4, "CertifiedHasHonestNotar": 4, "FastFinalExcludesOtherNotarFallback": 5,
        "FastFinalExcludesSkip": 5, "NoConflictingFinalization": 6, "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    }),
    Search("votor", "per-kind", 19_134, 13, None, {
        "FastFinalExcludesSkip": 5, "SlowFinalExcludesOtherNotarFallback": 6, "SlowFinalExcludesSkip": 6,
    }),
    Search("votor", "skip30", 14_238, 13, None, {"FastFinalExcludesSkip": 5}),
    Search("votor", "notar30", 18_102, 13, None, {"FastFinalExcludesOtherNotarFallback": 5}),
    Search("votor", "any-notar", 17_388, 13, None, {"CertifiedHasHonestNotar": 4}),
    Search("votor", "final-after-fallback", 20_632, 16, None, LATE),
    Search("votor", "fallback-after-final", 20_632, 16, None, LATE),
    Search("votor", "one-voice", 3_616, 11, None, {
        "CertifiedHasHonestNotar": 3, "FastFinalExcludesOtherNotarFallback": 4, "FastFinalExcludesSkip": 4,
        "SlowFinalExcludesOtherNotarFallback": 4, "SlowFinalExcludesSkip": 4,
    }),
    Search("votor", "certificates", 14_740, 14, None),
    Search("votor", "forged", 4_960, 11, None, {
        "CertificateValidity": 1, "CertificateUniqueness": 2, "NoConflictingCertificates": 2,
    }),
    Search("votor", "certificates", 39_774, 14, None, {
        "CertificateValidity": 2, "FastFinalExcludesSkip": 4, "SlowFinalExcludesOtherNotarFallback": 5,
        "SlowFinalExcludesSkip": 5,
    }, settings={"PerKind": 1}),
]  # fmt: skip


@pytest.mark.parametrize("row", FIGURES, ids=names)
def test_the_counts_of_the_dossier(row: Search) -> None:
    row.check()


@pytest.mark.full
@pytest.mark.parametrize("row", VARIANTS, ids=names)
def test_what_each_toggle_breaks(row: Search) -> None:
    row.check()


def test_the_model_announces_what_a_search_finds() -> None:
    check_expectations("votor", FIGURES + VARIANTS)


@pytest.mark.nightly
def test_any_number_of_initial_votes() -> None:
    Drop("votor", INITIAL, {
        "HonestInitialVoteUnique": 2, "NoHonestOffence": 2, "NotarizationUnique": 4, "FinalVoteExclusive": 4,
        "FastFinalExcludesOtherNotar": 5, "FastFinalExcludesOtherNotarFallback": 5, "FastFinalExcludesSkip": 5,
        "NoConflictingFinalization": 6, "FastFinalUnique": 6, "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    }).check()  # fmt: skip


RULES = {
    "safe": Rules(U5, 19),
    "split": Rules((39, 39, 4), 18),
    "equal": Rules((10, 10, 10), 0),
    "fast60": Rules(U5, 19, fast=Fraction(3, 5)),
    "slow50": Rules(
        U5, 19, notar=Fraction(1, 2), fallback=Fraction(1, 2), skip=Fraction(1, 2), final=Fraction(1, 2)
    ),
    "final50": Rules(U5, 19, final=Fraction(1, 2)),
    "fifth": Rules((20, 20, 20, 20), 20),
    "per-kind": Rules(U5, 19, per_kind=True),
    "skip30": Rules(U5, 19, safe_skip=Fraction(3, 10)),
    "notar30": Rules(U5, 19, high=Fraction(3, 10)),
    "any-notar": Rules(U5, 19, low=Fraction(0)),
    "final-after-fallback": Rules(U5, 19, toggles=frozenset({"final after fallback"})),
    "fallback-after-final": Rules(U5, 19, toggles=frozenset({"fallback after final"})),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("split", "equal") else pytest.mark.nightly) for name in RULES]
)
def test_a_plain_enumerator_finds_the_same(name: str) -> None:
    found = enumerate_all(RULES[name])
    row = next(row for row in FIGURES + VARIANTS if name in (row.variant, {612: "equal", 1_070: "split"}.get(row.distinct)))
    judged = {prop: steps for prop, steps in row.violated.items() if prop != "NoHonestOffence"}
    assert (found.states, found.diameter + 1, found.violated) == (row.distinct, row.diameter, judged)
