"""Proves safety properties of distributed protocols, or returns the shortest counterexample.

The names below are those of `verifier.api`, which is imported when the first of them is used: `import
verifier` itself does no work, and the parent process of a command pays only for what the command needs.
"""

from __future__ import annotations

from verifier._version import __version__

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes longer than everything before a worker starts
if TYPE_CHECKING:
    from typing import Any

    from verifier.api import (
        Checked,
        CutOff,
        Decided,
        Dropped,
        Error,
        InternalError,
        Interrupted,
        ModelError,
        NotWritten,
        UsageError,
        VerifyError,
        Working,
        check,
        explore,
        gaps,
        lemmas,
        list_protocols,
        litmus,
        load,
        new_protocol,
        nightly,
        prove,
        replay,
        report,
        run,
        schema,
        show,
        show_trace,
        simulate,
        threshold,
        walk,
    )

__all__ = [
    "Checked",
    "CutOff",
    "Decided",
    "Dropped",
    "Error",
    "InternalError",
    "Interrupted",
    "ModelError",
    "NotWritten",
    "UsageError",
    "VerifyError",
    "Working",
    "__version__",
    "check",
    "explore",
    "gaps",
    "lemmas",
    "list_protocols",
    "litmus",
    "load",
    "new_protocol",
    "nightly",
    "prove",
    "replay",
    "report",
    "run",
    "schema",
    "show",
    "show_trace",
    "simulate",
    "threshold",
    "walk",
]


def __getattr__(name: str) -> Any:
    """Return the function or exception of the API that has that name (PEP 562).

    Raises:
        AttributeError: the API has no such name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from verifier import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
