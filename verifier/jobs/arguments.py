"""The arguments of the Python interface, checked and converted to the form of a job."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.kernel.protocol import Protocol
    from verifier.wire.jobs import Reference

    Model = str | Path | Protocol

ENGINES = ("auto", "bmc", "kinduction", "pdr", "explicit")
CHECKERS = ("z3", "cvc5", "both")
FORMATS = ("text", "aiger", "aig", "btor2", "json", "smt2", "tla")
SCOPES = ("published", "unbounded")

ALL_VARIANTS = ":*"  # after a protocol: each of its variants

Settings = Mapping[str, object] | Sequence[str]


def model_reference(protocol: object, in_process: bool) -> Reference:
    """The reference to a protocol in a job; an object can only be passed within one process."""
    if isinstance(protocol, (str, Path)):
        return str(protocol)
    if not in_process:
        raise usage("a Protocol object cannot be sent to a worker", "pass in_process=True, or the path of its file")
    return protocol


def setting_lines(settings: Settings) -> list[str]:
    """Settings as `NAME=VALUE` strings."""
    if isinstance(settings, Mapping):
        return [f"{name}={_value(value)}" for name, value in settings.items()]
    for setting in settings:
        if not re.match(r"\w+=.", setting):
            raise usage(f"--set {setting}: not of the form NAME=VALUE", "such as --set NAME=3 or --set 'NAME={a,b}'")
    return list(settings)


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "{" + ",".join(str(label) for label in value) + "}"
    return str(value)


def drop_names(drops: Sequence[str]) -> list[str]:
    """The drops as a list; UsageError if one is not of the form `ACTION.NAME`."""
    for name in drops:
        if not re.fullmatch(r"[^.\s]+\.[^.\s]+", name):
            raise usage(f"--drop {name}: not of the form ACTION.NAME", "see verify list PROTOCOL")
    return list(drops)


def check_choice(option: str, value: str, allowed: tuple[str, ...]) -> None:
    """Reject a value that is not among the allowed ones; UsageError names them and the nearest."""
    if value not in allowed:
        from verifier.kernel.errors import nearest

        known = f"allowed: {', '.join(allowed)}"
        hint = nearest(value, allowed, "allowed")
        raise usage(
            f"--{option} {value}: there is no such {option}",
            hint if hint.startswith("allowed") else f"{hint} {known}",
        )


def check_number(option: str, value: int | None, least: int) -> None:
    """Reject a number below `least`; UsageError names the option."""
    if value is not None and value < least:
        raise usage(f"--{option.replace('_', '-')} {value}: must be at least {least}")


def check_limits(timeout: float | None, memory: int | None, in_process: bool) -> None:
    """Reject limits that are meaningless, or that only a worker process could enforce."""
    if timeout is not None and not timeout > 0:
        raise usage(f"--timeout {timeout:g}: must be more than 0 seconds")
    if memory is not None and memory < 1:
        raise usage(f"--memory {memory}: must be at least 1 MB")
    if in_process and (timeout is not None or memory is not None):
        raise usage("timeout and memory need a worker process", "leave in_process out")


def usage(message: str, hint: str | None = None) -> Exception:
    """The exception for a mistake in the arguments."""
    from verifier.kernel.errors import UsageError

    return UsageError(message, hint=hint)
