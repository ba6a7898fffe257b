"""The Python interface: the verbs of the command line with keyword-only options and typed, frozen results.

Each call does its work in a child process, which a time or memory limit can stop whatever a solver is doing;
with `in_process=True` it does the work in the caller's process. Nothing is printed. The command line calls
nothing else. A module of this package is imported when the first of its functions is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from verifier.jobs.arguments import CHECKERS, ENGINES, SCOPES
from verifier.jobs.session import CutOff, InternalError, Interrupted, NotWritten, Session
from verifier.kernel.errors import Error, ModelError, UsageError, VerifyError

if TYPE_CHECKING:
    from verifier.api.documents import check, litmus, replay, schema, show_trace
    from verifier.api.models import list_protocols, load, new_protocol, show
    from verifier.api.nights import nightly, report
    from verifier.api.proving import prove
    from verifier.api.questions import explore, gaps, lemmas, threshold
    from verifier.api.watching import run, simulate, walk
    from verifier.jobs.progress import Checked, Decided, Dropped, Working

__all__ = [
    "CHECKERS",
    "ENGINES",
    "SCOPES",
    "Checked",
    "CutOff",
    "Decided",
    "Dropped",
    "Error",
    "InternalError",
    "Interrupted",
    "ModelError",
    "NotWritten",
    "Session",
    "UsageError",
    "VerifyError",
    "Working",
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

_PLACES = {
    "api.documents": ("check", "litmus", "replay", "schema", "show_trace"),
    "api.models": ("list_protocols", "load", "new_protocol", "show"),
    "api.nights": ("nightly", "report"),
    "api.proving": ("prove",),
    "api.questions": ("explore", "gaps", "lemmas", "threshold"),
    "api.watching": ("run", "simulate", "walk"),
    "jobs.progress": ("Checked", "Decided", "Dropped", "Working"),
}


def __getattr__(name: str) -> Any:
    """A name of the interface (PEP 562). Raises AttributeError if it has no such name."""
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"verifier.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
