"""Stake, fees, rewards and slashing of Alpenglow (SIMD-0326), in one epoch or in several.

Accounts, and steps that debit what they credit; what is minted or burned has an account, too. Issuance is bounded in each
epoch, and a validator buys one ticket for it.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Ordered,
    Protocol,
    Range,
    Set,
    all_of,
    anything,
    budget,
    choice,
    empty,
    forall,
    guard,
    implies,
    maximum,
    sum_of,
    var,
)

economics = Protocol("economics", "who pays for fees, rewards, slashing and tickets", source="SIMD-0326")

STAKES = economics.parameter("stake", [1, 0], "the first stake of each validator")
BYZANTINE = economics.parameter("byzantine", [1, 0], "of each validator, 1: it is Byzantine, 0: it is not, 2: either")
Users = economics.parameter("Users", 1, "the users' initial balance")
Ticket = economics.parameter("Ticket", 1, "the price of an admission ticket, which is burned")
Issuance = economics.parameter("Issuance", 1, "the most that may be minted: the slots, times the issuance of a slot")
Epochs = economics.search_bound("Epochs", 2, "last epoch")
MaxAmount = economics.search_bound("MaxAmount", 3, "largest amount")
MaxTotal = economics.search_bound("MaxTotal", 4, "largest total, for variants that create amounts out of nothing")


class Validator(Ordered, parameter="Validators", size=2, first=1):
    """A validator."""


class Amount(Range, low=0, high=MaxAmount):
    """An amount."""


class Epoch(Range, low=1, high=Epochs):
    """An epoch."""


@economics.state
class State:
    first: Fn[Validator, Amount] = var(anything, "the first stake of each validator", rigid=True)
    byzantine: Set[Validator] = var(anything, "validators that do as they please", rigid=True)
    bal: Fn[Validator, Amount] = var(anything, "stake of each validator")
    user: Amount = var(Users, "the users' balance")
    fee: Amount = var(0, "collected fees")
    treasury: Amount = var(0, "the proceeds of slashing")
    burned: Amount = var(0, "the amount burned so far")
    minted: Amount = var(0, "the amount minted so far")
    rw: Fn[Validator, Amount] = var(0, "rewards of each validator so far")
    sl: Fn[Validator, Amount] = var(0, "the amount slashed from each validator so far")
    tickets: Fn[Validator, Amount] = var(0, "the amount that each validator has paid for tickets so far")
    epoch: Epoch = var(1, "the epoch")
    inEpoch: Amount = var(0, "the amount minted in this epoch")
    admitted: Set[Validator] = var(set(), "validators that have a ticket for this epoch")
    offended: Set[Validator] = var(set(), "validators of which two conflicting votes are known")


@economics.axiom
def StakesAsListed(s: State) -> Bool:
    def listed(v: Validator) -> Bool:
        pairs = enumerate(zip(STAKES, BYZANTINE, strict=True), 1)
        return all_of(*(
            implies(v == at, (s.first[v] == stake) & implies(flag <= 1, s.byzantine.contains(v) == (flag == 1)))
            for at, (stake, flag) in pairs
        ))  # fmt: skip

    return forall(Validator, listed)


@economics.initially
def FirstStakes(s: State) -> Bool:
    return forall(Validator, lambda v: s.bal[v] == s.first[v])


@economics.action
def CollectFees(s: State, a: Amount) -> None:
    """Users pay fees."""
    guard("some", a > 0)
    guard("has", a <= s.user)
    s.user = choice("payer", s.user - a, s.user)
    s.fee += a


def reward(s: State, v: Validator, a: Amount) -> None:
    """A validator is rewarded."""
    s.bal[v] = choice("once", s.bal[v] + a, s.bal[v] + 2 * a)
    s.rw[v] += a


@economics.action
def RewardFromFees(s: State, v: Validator, a: Amount) -> None:
    """A validator is rewarded out of the fees."""
    guard("some", a > 0)
    guard("has", a <= s.fee)
    s.fee = choice("payer", s.fee - a, s.fee)
    reward(s, v, a)


@economics.action
def MintReward(s: State, v: Validator, a: Amount) -> None:
    """A validator is rewarded by issuance."""
    guard("some", a > 0)
    guard("issuance", s.minted + a <= Issuance)
    s.minted = choice("issuer", s.minted + a, s.minted)
    reward(s, v, a)


@economics.action
def Offend(s: State, v: Validator) -> None:
    """A Byzantine validator signs two votes that exclude each other; honest ones never do (NoHonestOffence of votor)."""
    guard("byzantine", s.byzantine.contains(v))
    s.offended |= {v}


@economics.action
def Slash(s: State, v: Validator, a: Amount, q: Amount) -> None:
    """A part of a validator's stake is taken, of which some is burned."""
    guard("some", a > 0)
    guard("has", a <= s.bal[v], had=a <= s.first[v] + s.rw[v])
    guard("part", q <= a)
    guard("evidence", s.offended.contains(v))
    s.bal[v] = choice("debit", s.bal[v] - a, maximum(s.bal[v] - a, 0))
    s.sl[v] += a
    s.burned += q
    s.treasury += a - q


@economics.action
def Admission(s: State, v: Validator) -> None:
    """A validator buys its ticket for an epoch, which is burned."""
    guard("has", s.bal[v] >= Ticket)
    s.bal[v] -= Ticket
    s.tickets[v] += Ticket
    s.burned += Ticket


@economics.action
def MintInEpoch(s: State, v: Validator, a: Amount) -> None:
    """A validator is rewarded by the issuance of the epoch."""
    guard("some", a > 0)
    guard("issuance", s.inEpoch + a <= Issuance)
    s.minted += a
    s.inEpoch += a
    reward(s, v, a)


@economics.action
def AdmitForEpoch(s: State, v: Validator) -> None:
    """A validator buys its ticket for this epoch, which is burned."""
    guard("has", s.bal[v] >= Ticket)
    guard("once", ~s.admitted.contains(v))
    s.bal[v] -= Ticket
    s.tickets[v] += Ticket
    s.burned += Ticket
    s.admitted |= {v}


@economics.action
def NextEpoch(s: State) -> None:
    """An epoch ends; tickets and issuance begin again."""
    budget("epochs", s.epoch < Epochs)
    s.epoch += 1
    s.inEpoch = Amount(0)
    s.admitted = empty


def total(s: State) -> Int:
    """All that somebody has, and what is gone."""
    return sum_of(Validator, lambda v: s.bal[v]) + s.user + s.fee + s.treasury + s.burned


@economics.constraint
def FewAmounts(s: State) -> Bool:
    return total(s) <= MaxTotal


SEVERAL = ["MintInEpoch", "AdmitForEpoch", "NextEpoch", "epoch", "inEpoch", "admitted"]
economics.variant("safe", without=SEVERAL, doc="one epoch, with any number of tickets")
for _name, _drops, _doc in (
    ("free-reward", ["RewardFromFees.payer", "MintReward.issuer"], "nobody pays for rewards"),
    ("free-fee", ["CollectFees.payer"], "nobody pays the fees that are collected"),
    ("overslash", ["Slash.debit"], "as much as a validator ever had may be taken again, and what it lacks is not debited"),
    ("slash-without-evidence", ["Slash.evidence"], "stake is taken from anybody"),
    ("double-credit", ["RewardFromFees.once", "MintReward.once"], "a reward is credited twice"),
):
    economics.variant(
        _name,
        without=SEVERAL,
        drops=_drops,
        replaces={"Slash.has": "had"} if _name == "overslash" else {},
        settings={"MaxAmount": 8},
        bounded="it is there to be refuted, at one size",
        doc=_doc,
    )
