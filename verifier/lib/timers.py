"""Timers in discrete time: a function to options of a range, `none` where a timer is off, and the action that lets time pass.

A timer is started by assigning `some(Time(3))`, and stopped by assigning `none`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from verifier.kernel.actions import guard
from verifier.kernel.expressions import Bool
from verifier.kernel.formulas import exists, fn, forall, ite
from verifier.kernel.protocol import Protocol
from verifier.kernel.structures import Option, some
from verifier.lib.actions import declare


def running(timer: Option[Any]) -> Bool:
    """Whether a timer is on and has time left."""
    return cast(Bool, timer.is_some & (timer.value > 0))


def expired(timer: Option[Any]) -> Bool:
    """Whether a timer is on and has no time left."""
    return cast(Bool, timer.is_some & (timer.value == 0))


def ticking(
    protocol: Protocol, timers: str, index: type, *, urgent: bool = True, name: str = "Tick"
) -> Callable[..., None]:
    """Declares the action that takes one unit from each running timer; the result stands for the action.

    `timers` is the state variable that has them, a function of `index`. `urgent`: no time passes while one is expired, so the
    action that it triggers happens first (and has to turn it off).
    """

    def tick(s: Any) -> None:
        result = getattr(s, timers)
        guard("running", exists(index, lambda i: running(result[i])))
        if urgent:
            guard("none-expired", forall(index, lambda i: ~expired(result[i])))
        setattr(s, timers, fn(index, lambda i: ite(running(result[i]), some(result[i].value - 1), result[i])))

    return declare(protocol, name, {}, "Time passes.", tick)
