"""Traces for the explorer: each step with its action, its arguments, its changes, and the whole state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from verifier.documents.trace import ACTION, PICKS, Evaluated, Trace
from verifier.files.notation import fields_of, is_option
from verifier.report.html.names import Names
from verifier.report.listing import value as parameter_value
from verifier.report.values import MISSING, arguments, changes, text

LONG = 44  # characters; a longer function is written with one entry per line


@dataclass(frozen=True)
class Change:
    """A place of the state, such as `routes[1][k1]`, with its old and its new value; `of` is its variable."""

    place: str
    old: str
    new: str
    of: str


@dataclass(frozen=True)
class Variable:
    """A variable of a state, or an expression, with the changes of the step marked."""

    name: str
    value: Markup
    changed: bool
    asked: bool = False


@dataclass(frozen=True)
class Step:
    """One state of a trace and the action that led to it."""

    number: int
    place: str
    action: str
    arguments: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    variables: tuple[Variable, ...]


@dataclass(frozen=True)
class Explorer:
    """A whole trace; `place` is its name within the page, and `loop` the state to which a lasso returns.

    `names` are the expressions that were evaluated along it, and the variables; each state has a value for each.
    """

    place: str
    property: str
    model: str
    scope: str
    parameters: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...]
    steps: tuple[Step, ...]
    loop: int | None
    explanation: tuple[str, ...]
    names: tuple[str, ...]


def explorer(trace: Trace, explanation: Sequence[str], names: Names, *place: str) -> Explorer:
    """The explorer of a trace.

    Args:
        trace: the run.
        explanation: why the property fails in the last state.
        names: of the places of the page.
        place: parts of the name of the explorer's place; the name of a step's place appends its number.
    """
    meta = trace.meta
    home = names.new(*place)
    variables = [name for name in trace.variables if not name.startswith("mbt::")]
    asked = [one for one in meta.evaluated or () if len(one.values) == len(trace.states)]
    steps = []
    previous: Mapping[str, Any] | None = None
    unmarked: dict[str, Markup] = {}
    for number, state in enumerate(trace.states):
        before = previous or {}
        steps.append(
            Step(
                number,
                names.new(home, f"step-{number}"),
                str(state.get(ACTION, "?" if number else "values")),
                tuple(arguments(state.get(PICKS)).items()) if number else (),
                tuple(
                    Change(*item, name)
                    for name in variables
                    if previous is not None
                    for item in changes(name, previous[name], state[name])
                ),
                tuple(_evaluated(one, number) for one in asked)
                + tuple(_variable(name, state[name], before.get(name, MISSING), unmarked) for name in variables),
            )
        )
        previous = state
    return Explorer(
        home,
        meta.property or "",
        meta.protocol if meta.variant is None else f"{meta.protocol}:{meta.variant}",
        meta.scope or "",
        tuple((name, parameter_value(value)) for name, value in meta.parameters.items()),
        meta.dropped,
        tuple(steps),
        trace.loop,
        tuple(explanation),
        (*(one.expression for one in asked), *variables),
    )


def _variable(name: str, value: Any, old: Any, unmarked: dict[str, Markup]) -> Variable:
    """A variable in a state; `unmarked` keeps the texts of those that do not change, as few change in a step."""
    if old is not MISSING and old != value:
        unmarked.pop(name, None)
        return Variable(name, value_markup(value, old), True)
    if name not in unmarked:
        unmarked[name] = value_markup(value)
    return Variable(name, unmarked[name], False)


def _evaluated(one: Evaluated, number: int) -> Variable:
    """An expression in a state."""
    value, old = one.values[number], one.values[number - 1] if number else MISSING
    return Variable(one.expression, value_markup(value, old), number > 0 and value != old, asked=True)


def value_markup(value: Any, old: Any = MISSING) -> Markup:
    """A value as TLA+ would write it, with the parts that differ from `old` marked."""
    changed = old is not MISSING and old != value
    if isinstance(value, Mapping) and "#map" in value and len(value["#map"]) > 0:
        before = old["#map"] if changed and isinstance(old, Mapping) and "#map" in old else None
        if before is not None or not changed:
            return _function(value["#map"], before)
    if isinstance(value, Mapping) and changed and _same_fields(value, old):
        fields = (f"{escape(name)} ↦ {value_markup(item, old[name])}" for name, item in fields_of(value).items())
        return Markup(f"[{', '.join(fields)}]")
    written = _written(value)
    return Markup(f"<mark>{written}</mark>") if changed else written


def _written(value: Any) -> Markup:
    """A value without marks; arrows are one character, so no line ends within them."""
    return escape(text(value).replace(" |-> ", " ↦ ").replace(" -> ", " ↦ "))


def _function(pairs: list[Any], before: list[Any] | None) -> Markup:
    """A function, with one entry per line if it is long; a constant one is written with its value only."""
    images = [text(image) for _, image in pairs]
    if before is None and len(images) > 1 and len(set(images)) == 1:
        return Markup(f'<span class="key">all</span> ↦ {value_markup(pairs[0][1])}')
    known = None if before is None else {text(key): image for key, image in before}
    keys = [text(key) for key, _ in pairs]
    entries = []
    for key, (_, image) in zip(keys, pairs, strict=True):
        shown = value_markup(image, MISSING if known is None else known.get(key))
        entries.append(f'<span class="entry"><span class="key">{escape(key)}</span> ↦ {shown}</span>')
    length = sum(len(key) + len(image) + 5 for key, image in zip(keys, images, strict=True))
    nested = any(isinstance(image, Mapping) and "#map" in image for _, image in pairs)
    shape = "lines" if nested or length > LONG else "line"
    return Markup(f'<span class="{shape}">{" ".join(entries)}</span>')


def _same_fields(value: Mapping[str, Any], old: Any) -> bool:
    plain = not is_option(value) and not any(name.startswith("#") for name in value)
    return plain and isinstance(old, Mapping) and value.keys() == old.keys()
