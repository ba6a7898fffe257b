"""Places as reports name them: a path that means something to the reader, and a line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from verifier.kernel.characters import one_line
from verifier.kernel.errors import Position

if TYPE_CHECKING:
    from verifier.wire.parts import PlaceEntry

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CHECKOUT = os.path.dirname(_PACKAGE)
_BUILT_IN = ("encodings", "properties")
_INSTALLED = ("site-packages", "dist-packages")


def place(position: Position | None) -> PlaceEntry | None:
    """A place as documents have it; None for a declaration outside any file, such as a line typed into a prompt."""
    if position is None or position.file.startswith("<"):
        return None
    return {"file": one_line(shown(position.file)), "line": position.line}


def shown(file: str) -> str:
    """The path of a file for people and for other programs.

    A built-in protocol, and one of an installed distribution, has its path inside the package; a file below the working
    directory the one from there; any other the one that it was given by.
    """
    if not os.path.isabs(file):
        return "/".join(part for part in file.split("/") if part not in ("", ".")) or file
    for root in (_PACKAGE, _CHECKOUT):
        inside = _below(file, root)
        if inside is not None and inside.split("/")[0] in _BUILT_IN:
            return inside
    folders = file.split("/")
    installed = max((number for number, name in enumerate(folders) if name in _INSTALLED), default=None)
    if installed is not None:
        return "/".join(folders[installed + 1 :])
    try:
        return _below(file, os.getcwd()) or file
    except OSError:
        return file


def _below(file: str, folder: str) -> str | None:
    """The path from a folder to a file inside it."""
    root = folder.rstrip("/") + "/"
    return file[len(root) :] if file.startswith(root) else None
