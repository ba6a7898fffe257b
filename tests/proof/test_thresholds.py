"""Thresholds: exact shares, attained or not, with runs that get there; and honest where a formula is about more than shares."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from verifier import threshold
from verifier.documents import Threshold
from verifier.files.stakes import read_stakes
from verifier.kernel import Bool, Enumeration, Fn, Int, Protocol, Range, anything, guard, labels, var
from verifier.kernel.errors import ModelError, UsageError

FIFTH, TWO_FIFTHS, THREE_FIFTHS = Fraction(1, 5), Fraction(2, 5), Fraction(3, 5)


def test_those_of_votor_are_the_published_ones() -> None:
    found = threshold("votor-classes", in_process=True)
    assert {entry.property: (entry.share, entry.strict, entry.steps) for entry in found.thresholds} == {
        "NoConflictingFinalization": (FIFTH, False, 3),
        "NotarizationUnique": (FIFTH, False, 2),
        "CertificateUniqueness": (FIFTH, False, 2),
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
    with pytest.raises(UsageError, match="routes declares no share for its thresholds"):
        threshold("routes", in_process=True)
    with pytest.raises(UsageError, match="any: thresholds are those of the variant"):
        threshold("votor-classes:any", in_process=True)
    with pytest.raises(UsageError, match="Range@stake is not a property of states"):
        threshold("votor-classes", properties=["Range@stake"], in_process=True)
    with pytest.raises(UsageError, match="parameter Fair has no value at unbounded scope"):
        threshold(votes(), settings={"Fair": 3}, in_process=True)
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


def stood(*, rest: str | None = "stake", lemma: bool = True, stuck: bool = False) -> Protocol:
    """Voters who stand nowhere, for or against, beside faulty ones that are counted on both sides."""
    p = Protocol("stood", "counts votes")
    faulty = p.parameter("Faulty", 1, "stake counted on both sides")
    fair = p.parameter("Fair", 4, "stake that votes once")
    part, of = p.parameter("share", [2, 3], "the share that is too much on both sides", fixed=True)

    class Stake(Range, low=0, high=fair):
        pass

    class Side(Enumeration):
        NONE, AYE, NO = labels(3)

    @p.state
    class State:
        stake: Fn[Side, Stake] = var(anything)

    @p.initially
    def Any(s: State) -> Bool:
        return (s.stake[Side.NONE] == fair) & (s.stake[Side.AYE] == 0) & (s.stake[Side.NO] == 0)

    @p.action
    def Vote(s: State, side: Side, more: Stake) -> None:
        guard("some", (more > 0) & (more <= s.stake[Side.NONE]))
        guard("side", side != Side.NONE)
        guard("stuck", faulty > fair) if stuck else None
        old = s.stake
        s.stake = old.updated(Side.NONE, old[Side.NONE] - more).updated(side, old[side] + more)

    if lemma:

        @p.lemma("stake is conserved")
        def Conserved(s: State) -> Bool:
            return s.stake[Side.NONE] + s.stake[Side.AYE] + s.stake[Side.NO] == fair

    @p.invariant()
    def NoTwoThirds(s: State) -> Bool:
        """Not two thirds on either side."""
        both = [of * (s.stake[side] + faulty) >= part * (fair + faulty) for side in (Side.AYE, Side.NO)]
        return ~(both[0] & both[1])

    @p.invariant()
    def Whole(s: State) -> Bool:
        """All stake is somewhere."""
        return s.stake[Side.AYE] <= fair

    p.variant("any", initially=["Any"])
    p.share(faulty, fair + faulty, variant="any", rest=rest)
    return p


def enumerated(stakes: list[int]) -> tuple[int, int] | None:
    """The least stake of a coalition that breaks NoTwoThirds, and the fewest members, by going through everything."""
    found = []
    for choice in product(("faulty", "none", "aye", "no"), repeat=len(stakes)):
        of = {side: sum(s for s, at in zip(stakes, choice, strict=True) if at == side) for side in choice}
        faulty = of.get("faulty", 0)
        if all(3 * (of.get(side, 0) + faulty) >= 2 * sum(stakes) for side in ("aye", "no")):
            found.append((faulty, choice.count("faulty")))
    return min(found, default=None)


@pytest.mark.parametrize("stakes", [[1] * 5, [2, 3, 4, 5, 6], [10, 1, 1, 1], [4, 4, 4, 0], [7], [5, 5, 1, 1, 1, 1]])
def test_the_smallest_coalition_of_given_holders(stakes: list[int]) -> None:
    result = threshold(stood(), stakes={f"v{i}": stake for i, stake in enumerate(stakes)}, in_process=True)
    found, wanted = result["NoTwoThirds"], enumerated(stakes)
    assert wanted is not None
    assert found.coalition is not None
    assert found.places is not None
    assert (found.share, len(found.coalition)) == (Fraction(wanted[0], sum(stakes)), wanted[1])
    assert {*found.coalition, *found.places} == {f"v{i}" for i in range(len(stakes))}
    assert found.steps is not None
    assert found.reason is None
    assert result["Whole"].coalition is None
    assert result["Whole"].known


def test_a_coalition_of_votor() -> None:
    """A fifth is too much for any sizes; with six equal validators one of them is not enough."""
    wanted = ["NotarizationUnique", "FinalCertHasNotarCert"]
    six = threshold("votor-classes", properties=wanted, stakes={str(i): 1 for i in range(6)}, in_process=True)
    found = six["NotarizationUnique"]
    assert (found.share, found.strict, len(found.coalition or ())) == (Fraction(1, 3), False, 2)
    assert found.steps is not None
    assert six["FinalCertHasNotarCert"].fraction is None
    assert six.stakes == {str(i): 1 for i in range(6)}


def test_other_shares_have_other_thresholds() -> None:
    half, three = ["share=[1,2]"], {"a": 1, "b": 1, "c": 1}
    anyone = threshold(stood(), settings=half, in_process=True)
    assert anyone.parameters == {"share_1": 1, "share_2": 2}
    found = anyone["NoTwoThirds"]
    assert (found.share, found.strict, found.steps) == (Fraction(0), False, 2)
    assert found.command is not None
    assert "--set 'share=[1,2]' --set Faulty=" in found.command
    found = threshold(stood(), settings=half, stakes=three, in_process=True)["NoTwoThirds"]
    assert (found.share, found.coalition) == (Fraction(1, 3), ("a",))
    assert "--set 'share=[1,2]' --set Faulty=" in (found.command or "")


@pytest.mark.nightly
def test_other_certificates_have_other_thresholds() -> None:
    """Two halves and a fiftieth notarize two blocks; of seven equal validators it takes one, not three."""
    wanted, half = ["NotarizationUnique"], ["notar=[51,100]"]
    found = threshold("votor-classes", properties=wanted, settings=half, in_process=True)["NotarizationUnique"]
    assert (found.share, found.strict, found.steps) == (Fraction(1, 50), False, 2)
    seven = {str(i): 1 for i in range(7)}
    found = threshold("votor-classes", properties=wanted, settings=half, stakes=seven, in_process=True)["NotarizationUnique"]
    assert (found.share, len(found.coalition or ())) == (Fraction(1, 7), 1)


def test_a_coalition_without_a_run_is_not_said_to_suffice() -> None:
    found = threshold(stood(stuck=True), properties=["NoTwoThirds"], stakes={"a": 1, "b": 1, "c": 1}, in_process=True)
    assert found["NoTwoThirds"].reason == "no run to it was found, so that the threshold may be higher"


def test_where_nothing_shows_where_stake_stands_no_coalition_is_named() -> None:
    found = threshold(stood(lemma=False), properties=["NoTwoThirds"], stakes={"a": 1, "b": 1}, in_process=True)
    assert found["NoTwoThirds"].reason == (
        "it is not about shares alone: nothing shows that stake holds all that is not in the part"
    )


def test_stakes_that_cannot_be() -> None:
    with pytest.raises(UsageError, match="votes has no thresholds for given stakes"):
        threshold(votes(), stakes={"a": 1}, in_process=True)
    with pytest.raises(UsageError, match="stakes must be integers >= 0"):
        threshold(stood(), stakes={"a": 0}, in_process=True)
    with pytest.raises(ModelError, match="there is no variable steak"):
        stood(rest="steak")


def test_a_file_of_stakes(tmp_path: Path) -> None:
    config = {"validators": 2, "byzantine_count": 0, "stake_distribution": None}
    for value, stakes in (
        ([3, 4], {"0": 3, "1": 4}),
        ({"a": 3, "b": 0}, {"a": 3, "b": 0}),
        (config, {"0": 1, "1": 1}),
        ({**config, "stake_distribution": {"0": 5, "1": 6}}, {"0": 5, "1": 6}),
    ):
        (tmp_path / "stakes.json").write_text(json.dumps(value), encoding="utf-8")
        assert read_stakes(str(tmp_path / "stakes.json")) == stakes
    nobody, too_many = '{"validators": 0}', '{"validators": 10000000000}'
    for text in ("[", "[]", "[0]", "[true]", "[-1]", "[1.5]", "{}", "3", '{"validators": "2"}', nobody, too_many):
        (tmp_path / "stakes.json").write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=r"stakes\.json"):
            read_stakes(str(tmp_path / "stakes.json"))
