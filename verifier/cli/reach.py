"""Names that a client may use: those of protocols, and of files within one folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from verifier.jobs.arguments import usage


@dataclass(frozen=True, slots=True)
class Reach:
    """Files within `root`; links are followed before their target is checked."""

    root: Path

    @classmethod
    def of(cls, folder: str | Path) -> Reach:
        """Raises UsageError if there is no such folder."""
        path = Path(folder)
        if not path.is_dir():
            raise usage(f"--root {folder}: there is no such folder")
        return cls(path.resolve())

    def file(self, name: str) -> Path:
        """The file of that name, relative to the root.

        Raises:
            UsageError: it is not within the root, or not a file.
        """
        if "\0" in name:
            raise usage("a path cannot contain a null character")
        try:
            path = (self.root / name).resolve()
        except (OSError, RuntimeError):
            raise usage(f"{name} cannot be read") from None
        if not path.is_relative_to(self.root):
            hint = "files are relative to it; `verify mcp --root DIR` names another one"
            raise usage(f"{name} is outside the folder that this server reads", hint)
        if not path.is_file():
            raise usage(f"there is no file {name} in the folder that this server reads")
        return path

    def protocol(self, reference: str) -> tuple[str, str | None]:
        """The protocol and variant that `NAME:VARIANT` or `FILE:VARIANT` means, without the variant if none is given.

        Raises:
            UsageError: it is a file that is not within the root.
        """
        name, colon, last = reference.rpartition(":")
        variant = last if colon and name and re.fullmatch(r"[\w-]+", last) else None
        called = reference if variant is None else name
        # A file of this name where the server was started does not replace the built-in protocol.
        if re.fullmatch(r"[\w-]+", called) and not os.path.lexists(called):
            return called, variant
        return str(self.file(called)), variant
