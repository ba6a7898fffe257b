"""Places in the files of models, and actions with the places of their guards, in the form that documents use."""

from __future__ import annotations

from pydantic import Field

from verifier.documents.base import Part


class Place(Part):
    """A file and a line in it, counted from 1.

    The path is relative to the package for a built-in or installed protocol, relative to the working directory for a file below
    it, and otherwise as given.
    """

    file: str
    line: int

    @property
    def text(self) -> str:
        """The place as compilers write it: `locks/mutex.py:12`."""
        return f"{self.file}:{self.line}"


class ListedGuard(Part):
    """A named guard or choice of an action; `kind` is guard, choice or bound."""

    name: str
    kind: str = "guard"
    at: Place | None = None


class ListedAction(Part):
    """An action, its arguments with their sorts, its guards and choices that can be dropped, and its place."""

    name: str
    arguments: dict[str, str] = Field(default_factory=dict)
    guards: tuple[ListedGuard, ...] = ()
    doc: str = ""
    at: Place | None = None
