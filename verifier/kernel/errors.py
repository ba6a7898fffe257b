"""Errors for people: what is wrong, where in their file, and the nearest right thing."""

from __future__ import annotations

import linecache
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType
from typing import ClassVar

from verifier.kernel import codes

_KERNEL = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.join(os.path.dirname(os.path.dirname(_KERNEL)), "lib") + os.sep


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a model's source file. `line` counts from 1."""

    file: str
    line: int

    @property
    def name(self) -> str:
        """The file's own name and the line, as messages print it: `routes.py:12`."""
        return f"{os.path.basename(self.file)}:{self.line}"

    @property
    def source(self) -> str | None:
        """The text of the line, without its indentation; None if the file cannot be read."""
        return linecache.getline(self.file, self.line).strip() or None


class Error(Exception):
    """The root of the exceptions that the Python interface raises, except for an interrupt by the user."""


class VerifyError(Error):
    """A mistake in the user's input. `message` says what is wrong, `hint` what to do instead.

    `code` is the stable code of its kind; `docs/errors/` has a page for each. `partial` holds the results for the other
    protocols of the same call, or None.
    """

    _codes: ClassVar[dict[str, str]] = {}

    def __init__(
        self, message: str, *, hint: str | None = None, position: Position | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code or codes.of_caller(sys._getframe(1), self._codes)
        self.message = message
        self.hint = hint
        self.position = position
        self.partial: object = None

    @property
    def source(self) -> str | None:
        """The line of the model that the error is about, if there is one."""
        return self.position.source if self.position else None

    def __str__(self) -> str:
        where = f"{self.position.file}:{self.position.line}: " if self.position else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.message}{hint}"


class UsageError(VerifyError):
    """A name, value or document given from outside is not usable; the hint names the nearest match."""

    _codes = codes.USAGE


class ModelError(VerifyError):
    """A model is ill formed. Raised while the model is built, with the position of the model's line."""

    _codes = codes.MODEL


def nearest(name: str, known: Iterable[str], what: str = "known") -> str:
    """A hint for an unknown `name`: the nearest of the `known` names, or the list of them."""
    import difflib  # only when something is wrong

    names = sorted(set(known))
    lowered = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    if close:
        return f"did you mean {lowered[close[0]]}?"
    if not names:
        return f"there are no {what} here"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"{what}: {shown}"


_NAME = re.compile(r"\w[\w-]*\Z")


def check_name(name: object, what: str) -> None:
    """Rejects a name that could not stand on a command line, in `ACTION.NAME`, or in the name of a file."""
    if not isinstance(name, str) or not _NAME.match(name):
        hint = "use letters, digits, _ and -, as in two-phase-commit"
        raise ModelError(f"{what} cannot be called {name!r}", hint=hint, position=here())


def model_frame(*, library: bool = True) -> FrameType | None:
    """The innermost frame that runs the user's model, i.e. is outside the kernel; without the `library`, outside that, too."""
    ours = _KERNEL if library else (_KERNEL, _LIBRARY)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(ours):
        frame = frame.f_back
    return frame


def at_hand(kind: type) -> str:
    """The name of a sort of this kind in the model that is being built, for hints; `Sort` if it has none."""
    frame = model_frame()
    while frame is not None:
        for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
            own = isinstance(value, type) and issubclass(value, kind) and not value.__module__.startswith(__package__)
            if own and name[:1] != "_":
                return name
        frame = frame.f_back
    return "Sort"


def here() -> Position | None:
    """The line of the user's model that is being executed."""
    frame = model_frame(library=False)
    return Position(frame.f_code.co_filename, frame.f_lineno) if frame is not None else None
