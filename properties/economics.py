"""Properties of stake, fees, rewards and slashing."""

from __future__ import annotations

from typing import Any

from verifier.encodings.economics import Amount, Issuance, State, Ticket, Users, Validator, economics, total
from verifier.kernel import Bool, Fn, Int, Set, all_of, forall, implies, ite, sum_of, violated

EXPECTED = {
    "free-reward": {"StakeConservation": 1},
    "free-fee": {"StakeConservation": 1},
    "overslash": {"StakeConservation": 3, "BalanceLedger": 3, "SlashBounded": 3},
    "slash-without-evidence": {"NoHonestSlashed": 2},
    "double-credit": {"StakeConservation": 1, "BalanceLedger": 1, "SlashBounded": 3},
}
"""The steps of the shortest violations where a rule is left out, but for the published statements, which are always violated."""


def _expected(name: str) -> dict[str, Any]:
    return {variant: violated(steps[name]) for variant, steps in EXPECTED.items() if name in steps}


def _broken(steps: int) -> dict[str, Any]:
    """A published statement is violated, whatever else is."""
    return dict.fromkeys(("safe", "epochs", *EXPECTED), violated(steps))


@economics.invariant(short="Eco-1", expected=_expected("StakeConservation"))
def StakeConservation(s: State) -> Bool:
    """The total equals the initial amount plus the amount minted."""
    return total(s) == sum_of(Validator, lambda v: s.first[v]) + Users + s.minted


@economics.invariant(short="Eco-1p", expected=_broken(1), bounded="it is published, and wrong")
def PublishedConservation(s: State) -> Bool:
    """As the guide has it: initial + rewards - slashed + fee pool = initial."""
    return sum_of(Validator, lambda v: s.rw[v]) + s.fee == sum_of(Validator, lambda v: s.sl[v])


@economics.invariant(short="Eco-2", vacuous="it only restates that an amount is not negative, as its type does")
def NonNegative(s: State) -> Bool:
    """No account is overdrawn."""
    accounts = all_of(s.user >= 0, s.fee >= 0, s.treasury >= 0, s.burned >= 0)
    return accounts & forall(Validator, lambda v: s.bal[v] >= 0)


@economics.invariant(short="Eco-3", expected=_expected("BalanceLedger"))
def BalanceLedger(s: State) -> Bool:
    """The stake of a validator is what its ledger says."""
    return forall(Validator, lambda v: s.bal[v] == s.first[v] + s.rw[v] - s.sl[v] - s.tickets[v])


@economics.invariant(short="Eco-4", expected=_expected("SlashBounded"))
def SlashBounded(s: State) -> Bool:
    """No validator loses more than it ever had."""
    return forall(Validator, lambda v: s.sl[v] <= s.first[v] + s.rw[v])


@economics.invariant(
    short="Eco-4p",
    expected=_broken(2) | {"slash-without-evidence": violated(1)},
    bounded="it is published, and wrong",
)
def PublishedSlashBound(s: State) -> Bool:
    """As the seed has it: what was slashed is at most the present stake."""
    return forall(Validator, lambda v: s.sl[v] <= s.bal[v])


@economics.invariant(short="Eco-5", expected=_expected("NoHonestSlashed"))
def NoHonestSlashed(s: State) -> Bool:
    """No honest validator is slashed."""
    return forall(Validator, lambda v: implies(s.sl[v] > 0, s.byzantine.contains(v)))


@economics.invariant(short="Eco-6")
def IssuanceBounded(s: State) -> Bool:
    """No more is minted in the epoch than may be."""
    return s.minted <= Issuance


@economics.invariant(short="Eco-6a")
def EpochIssuanceBounded(s: State) -> Bool:
    """No more is minted in any epoch than may be."""
    return s.inEpoch <= Issuance


@economics.invariant(short="Eco-6b")
def AllIssuanceBounded(s: State) -> Bool:
    """No more is minted in all epochs than may be in each."""
    return s.minted <= s.epoch * Issuance


@economics.invariant(short="Eco-9")
def OneTicketForEachEpoch(s: State) -> Bool:
    """No validator pays for more than one ticket in an epoch."""
    return forall(Validator, lambda v: s.tickets[v] <= s.epoch * Ticket)


@economics.law(short="Eco-7")
def RewardMonotone(issuance: Amount, less: Amount, more: Amount, total: Amount) -> Bool:
    """Whoever has more stake and votes alike is rewarded no less, in whole numbers too: stake R earns half R of the issuance."""
    return implies((total > 0) & (less <= more), (less * issuance) // (2 * total) <= (more * issuance) // (2 * total))


@economics.law(short="Eco-8")
def SlotPaysIssuance(stake: Fn[Validator, Amount], voted: Set[Validator], issuance: Amount) -> Bool:
    """Voters and the leader who collects their votes, who earns as much as they do, are paid the issuance at most."""
    voters = sum_of(Validator, lambda v: ite(voted.contains(v), stake[v], 0))
    return 2 * voters * issuance <= 2 * sum_of(Validator, lambda v: stake[v]) * issuance


economics.finding(
    "The published conservation of stake is wrong",
    "It says that rewards and collected fees are what was slashed. One reward, or one fee, breaks it: nobody pays them there. "
    "With an account on the other side of each step, all accounts together are what there was at first and what was minted.",
    command="verify prove economics --property PublishedConservation --property StakeConservation",
)
economics.finding(
    "The amount slashed may exceed the stake that is left",
    "The seed bounds it by the present stake, which slashing has made smaller. The total stake that a validator ever had "
    "is the bound.",
    command="verify prove economics --property PublishedSlashBound --property SlashBounded",
)


@economics.lemma("nobody but a Byzantine validator offends")
def OffendersAreByzantine(s: State) -> Bool:
    return s.offended <= s.byzantine


@economics.lemma("earlier epochs have minted no more than they may, and sold a ticket at most")
def EarlierEpochsAreBounded(s: State) -> Bool:
    def paid(v: Validator) -> Bool:
        return s.tickets[v] <= (s.epoch - ite(s.admitted.contains(v), Int(0), Int(1))) * Ticket

    return (s.minted - s.inEpoch <= (s.epoch - 1) * Issuance) & forall(Validator, paid)


# A variant is checked when it is declared. IssuanceBounded is about a single epoch.
economics.variant(
    "epochs",
    without=["MintReward", "Admission", "IssuanceBounded"],
    settings={"MaxAmount": 4},
    doc="several epochs: issuance is bounded in each, and a validator buys one ticket for it",
)
