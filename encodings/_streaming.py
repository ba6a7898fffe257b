"""Accepted deltas, segments in an object store and a manifest that lists them: the common part of the models of streaming.

Deltas are their numbers, in the order in which they were accepted.
"""

from __future__ import annotations

from typing import Protocol

from verifier.kernel import Bool, Fn, Range, Set, budget, empty, guard, ite, max_of
from verifier.lib.parameters import parameter_called

MaxPush = parameter_called("MaxPush")
MaxIds = parameter_called("MaxIds")


class Number(Range, low=1, high=MaxPush):
    """A delta: the how manieth that was accepted."""


class Count(Range, low=0, high=MaxPush):
    """How many deltas were accepted."""


class Id(Range, low=1, high=MaxIds):
    """The identifier of a segment, which is the key of its object in the store."""


class Last(Range, low=0, high=MaxIds):
    """The identifier of a segment, or 0 for none."""


class Streaming(Protocol):
    """The variables that each model declares, among its own."""

    buffer: Set[Number]
    store: Fn[Id, Set[Number]]
    manifest: Set[Id]
    pushed: Count
    crashlost: Set[Number]
    crashed: Bool


def last_listed(s: Streaming) -> Last:
    """The largest identifier in the manifest; 0 if there is none."""
    return ite(s.manifest.is_empty(), Last(0), Last(max_of(s.manifest)))


def may_push(s: Streaming) -> None:
    """A delta is accepted while the process is up."""
    guard("up", ~s.crashed)
    budget("push-budget", s.pushed < MaxPush)


def push(s: Streaming) -> None:
    """A delta is accepted into the buffer."""
    s.buffer |= {Number(s.pushed + 1)}
    s.pushed += 1


def crash(s: Streaming, taken: Set[Number]) -> None:
    """The process stops: the buffer and what was taken from it are gone; the rest of the memory is the model's."""
    guard("up", ~s.crashed)
    s.crashed = Bool(True)
    s.crashlost = s.crashlost | s.buffer | taken
    s.buffer = empty


def recover(s: Streaming) -> None:
    """The process starts again."""
    guard("down", s.crashed)
    s.crashed = Bool(False)
