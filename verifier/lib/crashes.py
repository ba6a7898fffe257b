"""Crash and recovery: a set of processes that are up, and the actions that change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verifier.kernel.actions import guard
from verifier.kernel.expressions import Int
from verifier.kernel.protocol import Protocol
from verifier.lib.actions import declare


def crashes(
    protocol: Protocol,
    process: type,
    *,
    up: str,
    forgets: Mapping[str, Any] | None = None,
    at_most: Int | int | None = None,
    recovers: bool = True,
    names: tuple[str, str] = ("Crash", "Recover"),
) -> tuple[Callable[..., None], ...]:
    """Declares that processes crash, and recover unless they stop for good; the results stand for the two actions.

    `up` is the state variable that has the set of processes that are up; the model's own actions guard with it. `forgets` maps
    volatile state variables, functions of the process, to their values after a crash. Any other variable is stored durably.
    `at_most`: the number of processes that may be down at a time.
    """

    def crash(s: Any, n: Any) -> None:
        running = getattr(s, up)
        guard("up", running.contains(n))
        if at_most is not None:
            guard("few-down", process.size - running.size() < at_most)  # type: ignore[attr-defined]
        setattr(s, up, running - {n})
        for variable, value in (forgets or {}).items():
            getattr(s, variable)[n] = value

    def recover(s: Any, n: Any) -> None:
        running = getattr(s, up)
        guard("down", ~running.contains(n))
        setattr(s, up, running | {n})

    result = declare(protocol, names[0], {"n": process}, "A process crashes, and loses its volatile state.", crash)
    if not recovers:
        return (result,)
    return result, declare(protocol, names[1], {"n": process}, "A process is up again.", recover)
