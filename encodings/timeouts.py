"""Timeouts of Alpenglow: timers for the slots of a window, and a base that grows while nothing is finalized.

One node; nodes do not coordinate their timeouts. Times are milliseconds. After a standstill the timeout grows by a twentieth,
rounded up, in each further window without finalization; the first finalization restores it.
"""

from __future__ import annotations

from typing import cast

from verifier.kernel import Bool, Fn, Int, Protocol, Range, budget, choice, fn, ite, minimum, var, weak

timeouts = Protocol("timeouts", "timers of a window, and a timeout that grows in a standstill", source="Alpenglow v1.1")

Delta = timeouts.parameter("Delta", 400, "how long a message takes at most")
T0 = timeouts.parameter("T0", 1_200, "the timeout that a node begins with")
Tcap = timeouts.parameter("Tcap", 8_000, "the longest timeout")
Block = timeouts.parameter("Block", 400, "time for one slot")
Win = timeouts.parameter("Win", 4, "slots of a window")
Standstill = timeouts.parameter("Standstill", 10_000, "time without finalization after which the timeout grows")
Delay = timeouts.parameter("Delay", 2_600, "how long messages take in fact")
MaxIdle = timeouts.search_bound("MaxIdle", 80_000, "longest time without finalization")
MaxClock = timeouts.search_bound("MaxClock", 1, "latest time at which a window begins")

timeouts.assume("ATimeout", (T0 >= 1) & (Tcap >= T0))
timeouts.assume("AWindow", (Win >= 1) & (Block >= 1))


class Timeout(Range, low=0, high=Tcap):
    """A timeout."""


class Idle(Range, low=0, high=MaxIdle):
    """A time without finalization."""


class Clock(Range, low=0, high=MaxClock):
    """A time at which a window begins."""


class Place(Range, low=1, high=Win):
    """A slot of a window."""


class Time(Range, low=0, high=MaxClock + Tcap + (Win + 1) * Block):
    """A time at which a timer runs out."""


@timeouts.state
class State:
    timeout: Timeout = var(T0, "the timeout")
    idle: Idle = var(0, "time without finalization")
    scheduled: Bool = var(False, "timers have been set")
    since: Clock = var(0, "ghost: when the timers were set")
    timer: Fn[Place, Time] = var(0, "when the timer of each slot runs out")


def grown(timeout: Int) -> Int:
    """The timeout a twentieth longer."""
    return minimum(Tcap, choice("rounded-up", (21 * timeout + 19) // 20, 21 * timeout // 20))


@timeouts.action
def WindowNoFinal(s: State) -> None:
    """A window ends without finalization."""
    idle = s.idle + Win * Block
    budget("idle", idle <= MaxIdle)
    s.idle = idle
    s.timeout = cast(Timeout, ite(choice("alarm", idle >= Standstill, idle >= 0), grown(s.timeout), s.timeout))


@timeouts.action
def Finalized(s: State) -> None:
    """A block is finalized."""
    s.timeout = cast(Timeout, choice("reset", T0, s.timeout))
    s.idle = Idle(0)


@timeouts.action
def Schedule(s: State, now: Clock) -> None:
    """The parent of a window's first slot is ready: timers are set."""
    s.scheduled = Bool(True)
    s.since = now
    s.timer = fn(Place, lambda i: cast(Time, now + s.timeout + choice("forward", i, Win + 1 - i) * Block))


timeouts.fairness(weak(WindowNoFinal))
timeouts.variant("safe", doc="the published constants")
REFUTED = "it is there to be refuted, at one size"
timeouts.variant(
    "cap-too-low", settings={"Delay": 2_700}, bounded=REFUTED, doc="messages take more than a third of the longest timeout"
)
timeouts.variant("no-reset", drops=["Finalized.reset"], bounded=REFUTED, doc="a finalization leaves the timeout as it is")
timeouts.variant("negative-step", drops=["Schedule.forward"], bounded=REFUTED, doc="the timer of a later slot runs out earlier")
timeouts.variant(
    "floor-growth",
    drops=["WindowNoFinal.rounded-up"],
    settings={"Delta": 3, "T0": 10, "Tcap": 40, "Delay": 10},
    doc="the timeout is rounded down when it grows",
)
