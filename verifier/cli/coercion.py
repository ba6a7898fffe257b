"""Plain options are read without typer's adapters, which load pydantic: that can wait until the worker has its job.

A value that is read here is the value that the adapters would give. Everything else is left to them, so errors have their
messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")


def read_plainly(command: Any) -> None:
    """Makes a command, and the commands in it, read plain options here.

    Where typer (or click, in its older versions) reads options in another way, nothing changes.
    """
    parameters_of = command.get_params

    def get_params(context: Any) -> list[Any]:
        """The parameters, including that of the help, which is created on demand."""
        result: list[Any] = parameters_of(context)
        for parameter in result:
            make = getattr(parameter, "get_runtime_param", None)
            if make is not None and not isinstance(make, _Plain):
                parameter.get_runtime_param = _Plain(parameter.type_descriptor.annotation, make)
        return result

    command.get_params = get_params
    for inner in getattr(command, "commands", {}).values():
        read_plainly(inner)


class _Plain:
    """Reads the values of one option; replaces typer's function that creates the adapter."""

    def __init__(self, kind: object, original: Callable[[], Any]) -> None:
        self._kind = kind
        self._original = original

    def __call__(self) -> _Plain:
        return self

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value that the command gets."""
        if self._kind is str and isinstance(value, str):
            return value
        if self._kind == list[str] and isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
            return list(value)
        if self._kind is int and (type(value) is int or (isinstance(value, str) and _INTEGER.fullmatch(value))):
            return int(value)
        if self._kind is float and isinstance(value, str) and _NUMBER.fullmatch(value):
            return float(value)
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        return self._original().coerce(value, param=param, ctx=ctx)
