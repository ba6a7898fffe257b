"""Votor in one slot: the counts of the dossier, all toggles with everything that they break, and a plain enumerator.

Rows count levels, as `explore` does: one more than the steps of the longest shortest path.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from tests.protocols.figures import Search, check_expectations, names, reachable
from tests.protocols.votor_enumeration import Rules, enumerate_all, enumerate_pools
from verifier import api
from verifier.catalog import load
from verifier.kernel import exists

load("votor")
SHARES = sys.modules["verifier.encodings._votor_given"].SHARES

U5 = (21, 20, 20, 20)
SPLIT = {"Validators": 3, "stake_1": 39, "stake_2": 39, "stake_3": 4, "F": 18}
EQUAL = {"Validators": 3, "stake_1": 10, "stake_2": 10, "stake_3": 10, "F": 0}
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
    Search("votor", "byz20", 34_659, 13, None, {
        "NotarizationUnique": 4, "CertifiedHasHonestNotar": 4, "FastFinalExcludesOtherNotarFallback": 5,
        "FastFinalExcludesSkip": 5, "NoConflictingFinalization": 6, "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    }),
    Search("votor", "nodedupe", 19_134, 13, None, {
        "FastFinalExcludesSkip": 5, "SlowFinalExcludesOtherNotarFallback": 6, "SlowFinalExcludesSkip": 6,
    }),
    Search("votor", "ss30", 14_238, 13, None, {"FastFinalExcludesSkip": 5}),
    Search("votor", "snhi30", 18_102, 13, None, {"FastFinalExcludesOtherNotarFallback": 5}),
    Search("votor", "snlo0", 17_388, 13, None, {"CertifiedHasHonestNotar": 4}),
    Search("votor", "final-after-fallback", 20_632, 16, None, LATE),
    Search("votor", "fallback-after-final", 20_632, 16, None, LATE),
    Search("votor", "double-vote", 2_571_146, 21, None, {
        "HonestInitialVoteUnique": 2, "NoHonestOffence": 2, "NotarizationUnique": 4, "FinalVoteExclusive": 4,
        "FastFinalExcludesOtherNotar": 5, "FastFinalExcludesOtherNotarFallback": 5, "FastFinalExcludesSkip": 5,
        "NoConflictingFinalization": 6, "FastFinalUnique": 6, "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    }),
    Search("votor", "equiv-off", 3_616, 11, None, {
        "CertifiedHasHonestNotar": 3, "FastFinalExcludesOtherNotarFallback": 4, "FastFinalExcludesSkip": 4,
        "SlowFinalExcludesOtherNotarFallback": 4, "SlowFinalExcludesSkip": 4,
    }),
    Search("votor", "certificates", 14_740, 14, None),
    Search("votor", "forged-cert", 4_960, 11, None, {
        "CertificateValidity": 1, "CertificateUniqueness": 2, "NoConflictingCertificates": 2,
    }),
    Search("votor", "live", 2_140, 11, None, {"SettledIsFinal": 4}),
    Search("votor", "no-safe-to-skip", 700, 9, None, {"SettledIsDecided": 4, "SettledIsFinal": 4}),
    Search("votor", "no-safe-to-notar", 80, 6, None, {"SettledIsDecided": 3, "SettledIsFinal": 3}),
    Search("votor", "split", 128, 8, None, {"SettledIsDecided": 3, "SettledIsFinal": 3}),
    Search("votor", "correct-leader", 14, 6, None),
    Search("votor", "no-fair-final", 14, 6, None),
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


# Voters that count once for each kind of vote, at 10 % of the stake; shares of a configuration, at 2 %; and rounded quorums.
PER_KIND = {"FastFinalExcludesSkip": 4, "SlowFinalExcludesOtherNotarFallback": 4, "SlowFinalExcludesSkip": 4}
TEN = {"Validators": 3, "F": 10}
DEFAULTS = {f"{name}_{place}": value for name, share in {
    "fast": (67, 100), "notar": (51, 100), "fallback": (51, 100), "skip": (51, 100), "final": (51, 100),
}.items() for place, value in enumerate(share, start=1)}  # fmt: skip
THIRD = {"notar_1": 1, "notar_2": 3, "final_1": 1, "final_2": 3, "fast_1": 2, "fast_2": 3}
FINDINGS = [
    Search("votor", "nodedupe", 1_058, 10, None, PER_KIND, settings={**TEN, "stake_1": 50, "stake_2": 20, "stake_3": 20}),
    Search("votor", "nodedupe", 1_338, 10, None, settings={**TEN, "stake_1": 30, "stake_2": 30, "stake_3": 30}),
    Search("votor", "safe", 94, 7, None, {
        "NotarizationUnique": 2, "NoConflictingFinalization": 3, "SlowFinalExcludesOtherNotarFallback": 3,
        "SlowFinalExcludesSkip": 3,
    }, settings={"Validators": 2, "stake_1": 49, "stake_2": 49, "F": 2, **DEFAULTS}),
    Search("votor", "safe", 924, 10, None, {
        "NotarizationUnique": 2, "NoConflictingFinalization": 3, "FastFinalExcludesOtherNotar": 3,
        "SlowFinalExcludesOtherNotarFallback": 4, "SlowFinalExcludesSkip": 4,
    }, settings={"Validators": 3, "stake_1": 1, "stake_2": 1, "stake_3": 1, "F": 0, **THIRD}),
]  # fmt: skip


# Without Byzantine stake, and one of six equal validators.
HONEST = {"Validators": 5, "stake_5": 19, "F": 0}
LATER = {"FinalVoteExclusive": 7, "NoHonestOffence": 7, "SlowFinalExcludesOtherNotarFallback": 9, "SlowFinalExcludesSkip": 9}
LARGER = [
    Search(
        "votor", "fast60", 115_424, 16, None, {"FastFinalExcludesOtherNotarFallback": 6, "FastFinalExcludesSkip": 6},
        settings=HONEST,
    ),
    Search("votor", "safe", 8_931, 13, None, {"CertifiedHasHonestNotar": 6}, settings={**SHARES["snlo0"], "F": 0}),
    Search("votor", "final-after-fallback", 170_880, 19, None, LATER, settings=HONEST),
    Search("votor", "safe", 196_266, 16, None, settings={"Validators": 5, "stake_1": 20, "stake_5": 20, "F": 20}),
]  # fmt: skip


FEW = Search("votor", "safe", 974, 10, None, settings={**SPLIT, "MaxFallbacks": 1})
# With one block the only fallback votes are to skip.
ONE = Search("votor", "final-after-fallback", 761, 12, None, {
    "FinalVoteExclusive": 6, "NoHonestOffence": 6, "SlowFinalExcludesSkip": 7
}, settings={"Blocks": 1})  # fmt: skip
TWO = Search("votor", "double-vote", 962, 11, None, {
    "HonestInitialVoteUnique": 2, "NoHonestOffence": 2, "NotarizationUnique": 2, "FinalVoteExclusive": 3,
    "FastFinalExcludesOtherNotar": 3, "FastFinalExcludesOtherNotarFallback": 3, "FastFinalExcludesSkip": 3,
    "NoConflictingFinalization": 3, "FastFinalUnique": 4, "SlowFinalExcludesOtherNotarFallback": 3,
    "SlowFinalExcludesSkip": 3,
}, settings={"Validators": 2, "stake_1": 41, "stake_2": 40})  # fmt: skip


@pytest.mark.parametrize("row", [FEW, ONE, TWO], ids=names)
def test_small_instances(row: Search) -> None:
    row.check()


@pytest.mark.nightly
@pytest.mark.parametrize("row", LARGER, ids=names)
def test_more_validators_and_none_that_is_byzantine(row: Search) -> None:
    row.check()


@pytest.mark.full
@pytest.mark.parametrize("row", FINDINGS, ids=names)
def test_what_the_findings_say(row: Search) -> None:
    row.check()


RULES = {
    "safe": Rules(U5, 19),
    "split": Rules((39, 39, 4), 18),
    "equal": Rules((10, 10, 10), 0),
    "fast60": Rules(U5, 19, fast=Fraction(3, 5)),
    "slow50": Rules(
        U5, 19, notar=Fraction(1, 2), fallback=Fraction(1, 2), skip=Fraction(1, 2), final=Fraction(1, 2)
    ),
    "final50": Rules(U5, 19, final=Fraction(1, 2)),
    "byz20": Rules((20, 20, 20, 20), 20),
    "nodedupe": Rules(U5, 19, per_kind=True),
    "ss30": Rules(U5, 19, safe_skip=Fraction(3, 10)),
    "snhi30": Rules(U5, 19, high=Fraction(3, 10)),
    "snlo0": Rules(U5, 19, low=Fraction(0)),
    "final-after-fallback": Rules(U5, 19, toggles=frozenset({"final after fallback"})),
    "few": Rules((39, 39, 4), 18, most_fallbacks=1),
    "one": Rules(U5, 19, blocks=1, toggles=frozenset({"final after fallback"})),
    "two": Rules((41, 40), 19, toggles=frozenset({"double vote"})),
    "fallback-after-final": Rules(U5, 19, toggles=frozenset({"fallback after final"})),
}


QUICK = {"split", "equal", "few", "one", "two"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.nightly) for name in RULES]
)
def test_a_plain_enumerator_finds_the_same(name: str) -> None:
    found = enumerate_all(RULES[name])
    variants = {row.variant: row for row in VARIANTS}
    known = {**variants, "safe": FIGURES[0], "split": FIGURES[1], "equal": FIGURES[2], "few": FEW, "one": ONE, "two": TWO}
    row = known[name]
    judged = {prop: steps for prop, steps in row.violated.items() if prop != "NoHonestOffence"}
    assert (found.states, found.diameter + 1, found.violated) == (row.distinct, row.diameter, judged)


PROGRESS = ["SlotDecided", "EventualProgress"]
SETTLED = ["SettledIsDecided", "SettledIsFinal"]
HALF = ("Offline=44",)  # 62 of 124 are online
MOST = ("stake_1=41", "stake_2=41", "Offline=0")  # 82 of 100

# Whether a slot is decided, and whether a block is finalized, by the share of the stake that is online.
ONLINE: list[tuple[str, tuple[str, ...], bool, bool]] = [
    ("correct-leader", (), True, True),
    ("correct-leader", MOST, True, True),
    ("correct-leader", HALF, False, False),
    ("split", (), False, False),
    ("split", ("stake_1=79", "stake_2=79", "F=42", "Offline=0"), False, False),  # 79 %, which halves still divide
    ("split", ("stake_1=80", "stake_2=80", "F=40", "Offline=0"), True, False),
    ("live", (), True, False),
    ("no-safe-to-skip", (), False, False),
    ("no-safe-to-notar", (), False, False),
]


def live(variant: str, settings: tuple[str, ...] = ()) -> dict[str, str]:
    found = api.prove("votor", variant=variant, settings=settings, properties=[*PROGRESS, *SETTLED])
    return {entry.name: entry.verdict for entry in found.properties}


@pytest.mark.parametrize(
    ("variant", "settings", "decided", "final"),
    [pytest.param(*row, marks=pytest.mark.full if row[1] == HALF else pytest.mark.nightly) for row in ONLINE],
)
def test_progress_and_the_question_about_settled_states_agree(
    variant: str, settings: tuple[str, ...], decided: bool, final: bool
) -> None:
    words = {True: "proved", False: "violated"}
    found = live(variant, settings)
    assert [found[name] for name in PROGRESS] == [found[name] for name in SETTLED] == [words[decided], words[final]]


@pytest.mark.nightly
def test_without_fairness_of_final_votes_a_slot_is_decided_and_nothing_is_final() -> None:
    found = live("no-fair-final")
    assert (found["SlotDecided"], found["EventualProgress"]) == ("proved", "violated")
    # Where 82 % are online, the fast path needs no final vote.
    assert live("no-fair-final", MOST)["EventualProgress"] == "proved"


@pytest.mark.parametrize(
    ("stakes", "f", "same"), [((41, 40), 19, True), ((40, 40), 20, False), ((31, 31), 38, False)], ids=["19", "20", "38"]
)
def test_pools_of_votes_lead_to_the_states_of_the_best_view(stakes: tuple[int, ...], f: int, same: bool) -> None:
    """Validators that act on what they received reach nothing else, and violate the same properties.

    The best view lets one validator act on contradictory Byzantine votes: that is more, from 20 % of the stake on.
    """
    rules = Rules(stakes, f)
    states, violated = enumerate_pools(rules)
    best = enumerate_all(rules)
    assert violated == set(best.violated)
    assert len(states) <= best.states
    assert (len(states) == best.states) == same


def fast(m: Any, s: Any) -> Any:
    return exists(m.Block, m.slot(s).fast)


def slow_alone(m: Any, s: Any) -> Any:
    return exists(m.Block, lambda b: m.slot(s).slow(b) & ~m.slot(s).fast(b))


def slow_beside_a_skip(m: Any, s: Any) -> Any:
    return exists(m.Block, m.Validator, lambda b, i: m.slot(s).slow(b) & s.skip.contains(i))


def two_fallback_certificates(m: Any, s: Any) -> Any:
    return exists(m.Block, m.Block, lambda a, b: (a != b) & m.slot(s).fallback(a) & m.slot(s).fallback(b))


def notarized_and_skipped(m: Any, s: Any) -> Any:
    return exists(m.Block, lambda b: m.slot(s).notar(b) & m.slot(s).skip() & ~m.slot(s).finalized(b))


@pytest.mark.full
@pytest.mark.parametrize(
    "says", [fast, slow_alone, slow_beside_a_skip, two_fallback_certificates, notarized_and_skipped]
)
def test_what_a_slot_can_come_to(says: Callable[[Any, Any], Any]) -> None:
    assert reachable("votor", {}, says)
