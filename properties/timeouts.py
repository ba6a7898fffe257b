"""Properties of timeouts."""

from __future__ import annotations

from verifier.encodings.timeouts import T0, Block, Delay, Delta, Place, Standstill, State, Tcap, timeouts
from verifier.kernel import Bool, Ranks, Temporal, always, eventually, forall, implies, maximum, ranks, violated

timeouts.type_ok(variables=["timeout", "idle", "scheduled", "since", "timer"])


@timeouts.invariant(short="Time-1")
def TimeoutBounds(s: State) -> Bool:
    """The timeout is within its bounds."""
    return (s.timeout >= T0) & (s.timeout <= Tcap)


@timeouts.action_property(short="Time-2")
def MonotoneBetweenFinals(s: State, after: State) -> Bool:
    """The timeout falls at a finalization alone."""
    return implies(after.timeout < s.timeout, after.idle == 0)


@timeouts.action_property(short="Time-3", expected={"floor-growth": violated(7)})
def StrictGrowth(s: State, after: State) -> Bool:
    """In a standstill each further window makes a timeout longer that can be longer."""
    window = (after.idle > s.idle) & (after.idle >= Standstill)
    return implies(window & (s.timeout < Tcap), after.timeout > s.timeout)


@timeouts.action_property(short="Time-4", expected={"no-reset": violated(8)})
def ResetOnFinal(s: State, after: State) -> Bool:
    """A finalization restores the first timeout."""
    return implies((after.idle == 0) & (s.idle > 0), after.timeout == T0)


@timeouts.action_property(short="Time-5")
def NoGrowthWithoutAlarm(s: State, after: State) -> Bool:
    """The timeout grows in a standstill alone."""
    return implies(after.timeout > s.timeout, after.idle >= Standstill)


@timeouts.invariant(short="Time-6", expected={"negative-step": violated(1)})
def ScheduleIncreasing(s: State) -> Bool:
    """Timers run out one slot after the other."""
    return implies(s.scheduled, forall(Place, Place, lambda i, j: implies(
        j == i + 1, s.timer[j] - s.timer[i] == Block
    )))  # fmt: skip


@timeouts.invariant(short="Time-7")
def NeverInPast(s: State) -> Bool:
    """No timer has run out when it is set."""
    return implies(s.scheduled, forall(Place, lambda i: s.timer[i] > s.since))


def in_time(s: State) -> Bool:
    """Whether block k, sent k slots after certificates took Delta, arrives within 2 Delta before its timer runs out."""
    return forall(Place, lambda k: Delta + k * Block + 2 * Delta <= s.timeout + k * Block)


@timeouts.invariant(short="Time-8", bounded="it is not a theorem where the first timeout is shorter than 3 Delta")
def TimeoutSufficient(s: State) -> Bool:
    """Whatever the timeout, the blocks of a correct leader arrive in time (Theorem 2)."""
    return in_time(s)


@timeouts.invariant(
    short="Time-8a", vacuous="it compares a number with itself: block by block the times of sending cancel"
)
def ThreeDeltasSuffice(s: State) -> Bool:
    """They do so exactly if the timeout is at least 3 Delta."""
    return in_time(s) == (s.timeout >= 3 * Delta)


_STAYS = {"floor-growth": violated(50, loop=0)}


@timeouts.liveness(
    "Time-9",
    expected=_STAYS | {"cap-too-low": violated(50, loop=0)},
    bounded="it is not a theorem where the longest timeout is shorter than 3 times the delay",
)
def EventuallyLongEnough(s: State) -> Temporal:
    """Without finalization the timeout comes to be long enough for whatever delay there is."""
    return always(eventually((s.timeout >= 3 * Delay) | (s.idle == 0)))


@timeouts.liveness("Time-9a", expected=_STAYS)
def EventuallyLongest(s: State) -> Temporal:
    """Without finalization the timeout comes to be the longest, which is long enough where any is."""
    return always(eventually((s.timeout == Tcap) | (s.idle == 0)))


@timeouts.ranking("Time-9a")
def WindowsLeft(s: State) -> Ranks:
    return ranks(maximum(Standstill - s.idle, 0), Tcap - s.timeout)


timeouts.finding(
    "A timeout that is rounded down when it grows may never grow",
    "A twentieth of a timeout below 20 is nothing. In milliseconds no node begins there; in longer units one may.",
    command="verify prove timeouts:floor-growth --property StrictGrowth --property EventuallyLongest",
)
timeouts.finding(
    "Three times the delay has to be below the longest timeout",
    "Otherwise the timeout stays too short forever, however long nothing is finalized.",
    command="verify prove timeouts:cap-too-low --property EventuallyLongEnough",
)
