"""Phrases that all reports share: the name of a protocol, the length of a run, and a scope by its sizes."""

from __future__ import annotations

from collections.abc import Mapping

from verifier.report.listing import value

_ANY = "for any sizes"


def named(protocol: str, variant: str | None) -> str:
    """The protocol with its variant, as the command line takes them."""
    return protocol if variant is None else f"{protocol}:{variant}"


def steps(count: int) -> str:
    """A number of steps: `1 step`, `3 steps`."""
    return "1 step" if count == 1 else f"{count:,} steps"


def sizes(parameters: Mapping[str, object] | None) -> str:
    """The parameters with their values: `Keys=3, Nodes={a,b}`."""
    return ", ".join(f"{name}={value(item)}" for name, item in (parameters or {}).items())


def scope(called: str | None, parameters: Mapping[str, object] | None) -> str:
    """The phrase for a scope: `for Keys=3, Nodes={a,b}`; `for any sizes`, with the values of parameters that are fixed there;
    empty for a model without parameters.
    """
    if called == "unbounded":
        return f"{_ANY} with {sizes(parameters)}" if parameters else _ANY
    return f"for {sizes(parameters)}" if parameters else ""


def not_stated(name: str, called: str | None, reason: str) -> str:
    """The statement that a scope leaves a property out, and why."""
    return f"{name}: not stated {_ANY if called == 'unbounded' else 'for these sizes'}: {reason}"
