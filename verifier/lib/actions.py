"""Declares actions whose arguments depend on their subject."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from verifier.kernel.protocol import Protocol


def declare(
    protocol: Protocol, name: str, arguments: Mapping[str, Any], doc: str, body: Callable[..., None]
) -> Callable[..., None]:
    """Declares the action `name` with these arguments and their sorts; `body` is given the state and the arguments.

    The result stands for the action, as in `enabled(...)`.
    """

    def action(*given: Any) -> None:
        body(*given)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(word, kind) for word in ("s", *arguments)]
    action.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    action.__annotations__ = dict(arguments)
    action.__doc__ = doc
    return protocol.action(name=name)(action)
