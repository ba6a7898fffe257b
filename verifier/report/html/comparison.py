"""Two traces of one property side by side: how far they agree, and where they diverge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verifier.documents.trace import ACTION, PICKS, Trace
from verifier.report.html.explorer import Change
from verifier.report.nights import count
from verifier.report.values import arguments, changes

_MOST = 12  # places of a state that are named


@dataclass(frozen=True)
class Pair:
    """The two states with the same number: the step that led to each, and the places in which they differ, as far as both
    exist.
    """

    number: int
    ours: str
    theirs: str
    same: bool
    differing: tuple[Change, ...]
    more: int


@dataclass(frozen=True)
class Comparison:
    """A trace compared with another one: a sentence, and the states number by number from the last that they share."""

    about: str
    said: str
    pairs: tuple[Pair, ...]


def comparison(trace: Trace, other: Trace, about: str) -> Comparison:
    """Compare a trace with another one, which need not be of the same model.

    Args:
        trace: the trace of the page.
        other: the other trace.
        about: the name of the other trace, such as `the run of 2026-03-13`.
    """
    names = [name for name in trace.variables if name in other.variables and not name.startswith("mbt::")]
    pairs = [_pair(number, trace, other, names) for number in range(max(len(trace.states), len(other.states)))]
    shared = next((pair.number for pair in pairs if not pair.same), len(pairs))
    return Comparison(about, _said(trace, other, shared), tuple(pairs[max(0, shared - 1) :]) if shared < len(pairs) else ())


def _said(trace: Trace, other: Trace, shared: int) -> str:
    ours, theirs = len(trace.states) - 1, len(other.states) - 1
    if shared > max(ours, theirs):
        if set(trace.variables) != set(other.variables):
            return "They agree in all variables that both have."
        return "Both are the same run."
    lengths = "Both have" if ours == theirs else f"This one has {count(ours, 'step')}, the other"
    begin = f"{lengths} {count(theirs, 'step')}. "
    if shared == 0:
        return f"{begin}They differ from the first state on."
    return f"{begin}They agree up to state {shared - 1}, and part in step {shared}."


def _pair(number: int, trace: Trace, other: Trace, names: list[str]) -> Pair:
    ours, theirs = _state(trace, number), _state(other, number)
    differing: list[Change] = []
    if ours is not None and theirs is not None:
        differing = [Change(*item, name) for name in names for item in changes(name, theirs[name], ours[name])]
    same = ours is not None and theirs is not None and not differing and _led(ours, number) == _led(theirs, number)
    return Pair(
        number, _led(ours, number), _led(theirs, number), same, tuple(differing[:_MOST]), max(0, len(differing) - _MOST)
    )


def _state(trace: Trace, number: int) -> Mapping[str, Any] | None:
    return trace.states[number] if number < len(trace.states) else None


def _led(state: Mapping[str, Any] | None, number: int) -> str:
    """The action that led to a state, with its arguments; empty past the end of a trace."""
    if state is None:
        return ""
    given = ", ".join(f"{name} = {value}" for name, value in arguments(state.get(PICKS)).items()) if number else ""
    action = str(state.get(ACTION, "?" if number else "values"))
    return f"{action}({given})" if given else action
