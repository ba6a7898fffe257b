"""A small model whose names are long, and whose texts are not all of one column a character."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Record,
    Scalarset,
    Set,
    exists,
    forall,
    guard,
    implies,
    labels,
    none,
    some,
    var,
    violated,
)

p = Protocol("a-protocol-of-long-names", "Zwei-Phasen-Übergabe: 二相コミット of everything, everywhere or nowhere")


class Participant(Scalarset, parameter="NumberOfParticipants", size=2, prefix="participant"):
    """Whoever takes part: ein Teilnehmer, 参加者."""


class Stage(Enumeration):
    """How far a participant has come."""

    WaitingForTheCoordinator, HasHandedOver, HasGivenUpForGood = labels(3)


class Envelope(Record):
    """What is sent."""

    sender: Participant
    announces: Stage


@p.state
class State:
    stageOfEachParticipant: Fn[Participant, Fn[Participant, Stage]] = var(
        Stage.WaitingForTheCoordinator, "what each participant believes of each — 各参加者の状態"
    )
    everythingThatWasEverSent: Set[Envelope] = var(set(), "messages, which are never lost")
    lastWhoAnnounced: Option[Participant] = var(none, "the last that sent something")


@p.action
def AnnounceThatItHasHandedOver(s: State, whoAnnounces: Participant) -> None:
    """A participant hands over, and says so to everybody at once — sagt es allen, 全員に通知する."""
    guard("has-not-given-up-before", s.stageOfEachParticipant[whoAnnounces][whoAnnounces] != Stage.HasGivenUpForGood)
    guard("nobody-hands-over-twice", s.stageOfEachParticipant[whoAnnounces][whoAnnounces] != Stage.HasHandedOver)
    s.stageOfEachParticipant[whoAnnounces][whoAnnounces] = Stage.HasHandedOver
    s.everythingThatWasEverSent |= {Envelope(sender=whoAnnounces, announces=Stage.HasHandedOver)}
    s.lastWhoAnnounced = some(whoAnnounces)


@p.action
def GiveUpForGood(s: State, whoGivesUp: Participant) -> None:
    """A participant gives up."""
    guard("is-still-waiting", s.stageOfEachParticipant[whoGivesUp][whoGivesUp] == Stage.WaitingForTheCoordinator)
    s.stageOfEachParticipant[whoGivesUp][whoGivesUp] = Stage.HasGivenUpForGood
    s.everythingThatWasEverSent |= {Envelope(sender=whoGivesUp, announces=Stage.HasGivenUpForGood)}


p.variant("does-not-look-before-it-announces", drops=["AnnounceThatItHasHandedOver.has-not-given-up-before"], doc="hasty")


@p.invariant(short="Never-Before", expected={"safe": violated(2), "does-not-look-before-it-announces": violated(2)})
def NobodyHandsOverBesideOneWhoHasGivenUp(s: State) -> Bool:
    """Nobody has handed over beside one that has given up."""
    return ~exists(
        Participant,
        Participant,
        lambda one, other: (s.stageOfEachParticipant[one][one] == Stage.HasHandedOver)
        & (s.stageOfEachParticipant[other][other] == Stage.HasGivenUpForGood),
    )


@p.invariant()
def WhoeverHandedOverHasSentThat(s: State) -> Bool:
    """Whoever has handed over has sent a message that says so — hat es gesagt, 送信済み."""
    return forall(
        Participant,
        lambda one: implies(
            s.stageOfEachParticipant[one][one] == Stage.HasHandedOver,
            s.everythingThatWasEverSent.contains(Envelope(sender=one, announces=Stage.HasHandedOver)),
        ),
    )


@p.lemma("the last that announced something has sent what it announced — 送信済み")
def TheLastHasSentSomething(s: State) -> Bool:
    return forall(
        Participant,
        lambda one: implies(
            s.lastWhoAnnounced == some(one),
            s.everythingThatWasEverSent.contains(Envelope(sender=one, announces=Stage.HasHandedOver)),
        ),
    )
