"""Votor by groups of equal stake: what small profiles break, as the ledgers of single validators find too."""

from __future__ import annotations

import pytest

from verifier import api

AT_A_FIFTH = {
    "NoConflictingFinalization",
    "NotarizationUnique",
    "FastFinalExcludesOtherNotarFallback",
    "FastFinalExcludesSkip",
    "SlowFinalExcludesOtherNotarFallback",
    "SlowFinalExcludesSkip",
    "CertifiedHasHonestNotar",
}


@pytest.mark.full
@pytest.mark.parametrize(
    ("voters", "offline", "broken"),
    [(3, 1, {"CertifiedHasHonestNotar"}), (4, 0, AT_A_FIFTH), (4, 1, set()), (6, 0, set())],
    ids=["small, silent", "small", "one of six, silent", "boundary"],
)
def test_equal_validators_one_of_them_byzantine(voters: int, offline: int, broken: set[str]) -> None:
    common = ("F=1", f"Offline={offline}")
    counted = ("Groups=1", f"Most={voters}", "stake_1=1", f"members_1={voters}", *common)
    single = (f"Validators={voters}", *(f"stake_{i}={int(i <= voters)}" for i in range(1, 11)), *common)
    for model, settings in (("votor-groups", counted), ("votor-ledger", single)):
        asked = [*AT_A_FIFTH, "FastFinalUnique", "FastFinalExcludesOtherNotar", "FinalCertHasNotarCert"]
        found = api.prove(model, settings=settings, properties=asked)
        assert {entry.name for entry in found.properties if entry.verdict == "violated"} == broken, model
        assert {entry.name for entry in found.properties if entry.verdict == "proved"} == {*asked} - broken, model
