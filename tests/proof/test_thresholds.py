"""Thresholds: exact shares, attained or not, with runs that get there; and honest where a formula is about more than shares."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verifier import threshold
from verifier.documents import Threshold
from verifier.kernel import Bool, Int, Protocol, Range, guard, var
from verifier.kernel.errors import ModelError, UsageError

FIFTH, TWO_FIFTHS, THREE_FIFTHS = Fraction(1, 5), Fraction(2, 5), Fraction(3, 5)


def test_those_of_votor_are_the_published_ones() -> None:
    found = threshold("votor-classes", in_process=True)
    assert {entry.property: (entry.share, entry.strict, entry.steps) for entry in found.thresholds} == {
        "NoConflictingFinalization": (FIFTH, False, 3),
        "NotarizationUnique": (FIFTH, False, 2),
        "FastFinalUnique": (THREE_FIFTHS, False, 2),
        "FastFinalExcludesOtherNotar": (TWO_FIFTHS, False, 2),
        "FastFinalExcludesOtherNotarFallback": (FIFTH, False, 3),
        "FastFinalExcludesSkip": (FIFTH, False, 3),
        "SlowFinalExcludesOtherNotarFallback": (FIFTH, False, 3),
        "SlowFinalExcludesSkip": (FIFTH, False, 3),
        "FinalCertHasNotarCert": (None, False, None),
        "CertifiedHasHonestNotar": (FIFTH, False, 2),
    }
    assert all(entry.known for entry in found.thresholds)
    assert "ByzantineBelowFifth" not in found.lemmas


def votes(*, lemma: bool = True, never: bool = False) -> Protocol:
    """Voters for and against, beside faulty ones that are counted on both sides."""
    p = Protocol("votes", "counts votes")
    faulty = p.parameter("Faulty", 1, "votes counted on both sides")
    fair = p.parameter("Fair", 4, "votes cast once")

    class Votes(Range, low=0, high=fair):
        pass

    @p.state
    class State:
        ayes: Votes = var(0)
        noes: Votes = var(0)

    @p.initially
    def FewFaulty(s: State) -> Bool:
        return 5 * faulty < fair + faulty

    @p.initially(chosen=True)
    def Any(s: State) -> Bool:
        return (s.ayes == 0) & (s.noes == 0)

    @p.action
    def Vote(s: State, more: Votes) -> None:
        guard("some", more > 0)
        guard("left", s.ayes + s.noes + more <= fair)
        guard("never", faulty > fair) if never else None
        s.ayes += more

    @p.action
    def Object(s: State, more: Votes) -> None:
        guard("some", more > 0)
        guard("left", s.ayes + s.noes + more <= fair)
        s.noes += more

    if lemma:

        @p.lemma("nobody votes twice")
        def Once(s: State) -> Bool:
            return s.ayes + s.noes <= fair

    def whole() -> Int:
        return fair + faulty

    @p.invariant()
    def NoTwoThirds(s: State) -> Bool:
        """Not two thirds on either side."""
        return ~((3 * (s.ayes + faulty) >= 2 * whole()) & (3 * (s.noes + faulty) >= 2 * whole()))

    @p.invariant()
    def NoMoreThanTwoThirds(s: State) -> Bool:
        """Not more than two thirds on either side."""
        return ~((3 * (s.ayes + faulty) > 2 * whole()) & (3 * (s.noes + faulty) > 2 * whole()))

    @p.invariant()
    def Counted(s: State) -> Bool:
        """Never more votes than there are."""
        return s.ayes + s.noes <= fair

    @p.invariant()
    def AtMostTwo(s: State) -> Bool:
        """A number, which is not a share."""
        return s.ayes <= 2

    p.variant("any", initially=["Any"])
    p.share(faulty, whole(), variant="any")
    return p


@pytest.fixture(scope="module")
def known() -> dict[str, Threshold]:
    return {entry.property: entry for entry in threshold(votes(), in_process=True).thresholds}


def test_a_threshold_that_is_attained(known: dict[str, Threshold]) -> None:
    found = known["NoTwoThirds"]
    assert (found.share, found.strict, found.steps) == (Fraction(1, 3), False, 2)
    assert found.witness == {"ayes": 1, "noes": 1, "Fair": 2, "Faulty": 1}
    assert found.command == "verify prove votes --variant any --set Fair=2 --set Faulty=1 --property NoTwoThirds".replace(
        "--set Fair=2 --set Faulty=1", "--set Faulty=1 --set Fair=2"
    )


def test_a_threshold_that_is_not(known: dict[str, Threshold]) -> None:
    found = known["NoMoreThanTwoThirds"]
    assert (found.share, found.strict) == (Fraction(1, 3), True)
    witness = found.witness or {}
    share = Fraction(witness["Faulty"], witness["Fair"] + witness["Faulty"])
    assert Fraction(1, 3) < share <= Fraction(2, 5)
    assert found.steps == 2


def test_what_holds_whatever_the_share_is(known: dict[str, Threshold]) -> None:
    assert known["Counted"].known
    assert known["Counted"].fraction is None


def test_a_number_is_not_a_share(known: dict[str, Threshold]) -> None:
    assert not known["AtMostTwo"].known
    assert known["AtMostTwo"].reason == (
        "it is not about shares alone: an amount is compared with a number other than 0"
    )


def test_what_is_known_too_little_of_is_said_so() -> None:
    """Without the lemma, or where a guard keeps an action from happening, some state violates it and no run gets there."""
    for protocol in (votes(lemma=False), votes(never=True)):
        found = threshold(protocol, properties=["NoTwoThirds"], in_process=True).thresholds[0]
        assert found.steps is None
        assert found.reason == "no run to it was found, so that the threshold may be higher"


def test_bad_input() -> None:
    with pytest.raises(UsageError, match="routes does not say of which share"):
        threshold("routes", in_process=True)
    with pytest.raises(UsageError, match="any: thresholds are those of the variant"):
        threshold("votor-classes:any", in_process=True)
    with pytest.raises(UsageError, match="Range@stake is not a property of states"):
        threshold("votor-classes", properties=["Range@stake"], in_process=True)
    p = votes()
    with pytest.raises(ModelError, match="votes has two shares"):
        p.share(p_one := p.parameter("One", 1), p_one, variant="any")


def test_the_share_names_a_variant() -> None:
    p = Protocol("p", "test")
    n = p.parameter("N", 1)
    with pytest.raises(ModelError, match="there is no variant anything"):
        p.share(n, n + n, variant="anything")


def owing(bound: str | None = None) -> Protocol:
    """A debt, which is negative, against what there is."""
    p = Protocol("owing", "counts debts")
    part, whole = p.parameter("Part", 1), p.parameter("Whole", 5)

    class Balance(Range, low=-3, high=3):
        pass

    @p.state
    class State:
        balance: Balance = var(0)

    @p.initially
    def Solvent(s: State) -> Bool:
        return s.balance == 0

    @p.action
    def Owe(s: State) -> None:
        guard("some", s.balance > -3)
        s.balance -= 1

    @p.invariant(bounded=bound)
    def NeverBelow(s: State) -> Bool:
        """False of a debt, whatever the share is."""
        return (s.balance >= 0) | (part > whole)

    p.variant("any", initially=["Solvent"])
    p.share(part, whole, variant="any")
    return p


def test_what_a_state_holds_may_be_negative() -> None:
    """Otherwise it would seem that the property holds whatever the share is."""
    found = threshold(owing(), in_process=True)["NeverBelow"]
    assert (found.share, found.steps) == (0, 1)


def test_what_is_not_stated_at_any_size_has_no_threshold() -> None:
    found = threshold(owing("it has a size"), in_process=True)["NeverBelow"]
    assert not found.known
    assert found.reason == "it is not stated at unbounded scope"
