"""The states of a trace as Python values: sets, maps, records, sequences, options. For reading; a replay does not use it."""

from __future__ import annotations

import keyword
from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.files.notation import fields_of, is_option


@dataclass(frozen=True, slots=True)
class Some:
    """An option of an option that has a value: `some(none)` is not `none`."""

    value: Any


@dataclass(frozen=True, slots=True)
class State:
    """A state of a run, and the step that led to it.

    Attributes:
        index: the number of the state; 0 is the initial one.
        action: the action of the step; `init` in an initial state, None if the trace does not give it.
        arguments: the arguments of the action, by name.
        values: the variables, by name.
    """

    index: int
    action: str | None
    arguments: Mapping[str, Any]
    values: Mapping[str, Any]


def states(written: Sequence[Mapping[str, Any]], variables: Sequence[str], *, action: str, picks: str) -> tuple[State, ...]:
    """The states of a trace document, with values as `python_value` makes them.

    Args:
        written: the states of the document.
        variables: the variables of the model, without those of the format.
        action, picks: the names under which a state has its action and the action's arguments.
    """
    found = []
    for index, state in enumerate(written):
        values = {name: python_value(state[name]) for name in variables}
        taken = state.get(action)
        found.append(State(index, None if taken is None else str(taken), _arguments(state.get(picks)), values))
    return tuple(found)


def _arguments(picks: Any) -> dict[str, Any]:
    """The arguments of the step; the record of a state has every argument name of any action."""
    if not isinstance(picks, Mapping):
        return {}
    given = {name: value for name, value in fields_of(picks).items() if isinstance(value, Mapping) and is_option(value)}
    return {name: python_value(value["value"]) for name, value in given.items() if not _is_none(value)}


def python_value(value: Any) -> Any:
    """An ITF value as a Python value that does not change and can be a key or an element.

    Labels and names of scalars are strings; numbers and truth values are Python's; a set is a frozenset, a map a dictionary, a
    sequence a list, and a record a named tuple; tuples stay tuples. An option `none` is None and `some(x)` is x, or `Some(x)`
    if x is itself None or such an option.
    """
    from itf_py import value_from_json

    return value_from_json(_readable(value))


def _readable(value: Any) -> Any:
    """The value as itf-py reads it, with options and records already converted.

    It cannot read an option that holds a set or a number, and takes a record of `tag` and `value` for an option.
    """
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    for mark in ("#set", "#tup"):
        if mark in value:
            return {mark: [_readable(item) for item in value[mark]]}
    if "#map" in value:
        return {"#map": [[_readable(key), _readable(image)] for key, image in value["#map"]]}
    if "#bigint" in value or "#unserializable" in value:
        return value
    if is_option(value):
        if _is_none(value):
            return None
        inner = python_value(value["value"])
        return Some(inner) if inner is None or isinstance(inner, Some) else inner
    fields = {name: python_value(item) for name, item in fields_of(value).items()}
    if all(name.isidentifier() and not keyword.iskeyword(name) and name[0] != "_" for name in fields):
        return namedtuple("Record", fields)(**fields)
    return {"#map": [[name, item] for name, item in fields.items()]}


def _is_none(option: Mapping[str, Any]) -> bool:
    return str(option["tag"]).lower() == "none"
