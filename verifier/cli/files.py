"""The files that commands write: checked before the work is done, replaced as a whole after it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from verifier.jobs.arguments import usage


def check_writable(name: str, option: str = "--json") -> None:
    """Refuse the file of an option that could not be written at the end, before any work is done.

    Raises:
        UsageError: its directory does not exist or cannot be written to, or it is a directory itself.
    """
    path = Path(name)
    folder = path.parent
    if not folder.is_dir():
        raise usage(f"{option} {name}: there is no directory {folder}", "create it first; nothing was done")
    if path.is_dir():
        raise usage(f"{option} {name}: is a directory", "give the name of a file, or - for standard output")
    if not os.access(folder, os.W_OK):
        raise usage(f"{option} {name}: the directory {folder} cannot be written to")


def prepare_directory(name: str, option: str) -> Path:
    """The directory of an option, created if only its last part is missing.

    Raises:
        UsageError: it cannot be created or is something else.
    """
    path = Path(name)
    try:
        path.mkdir(exist_ok=True)
    except FileExistsError:
        raise usage(f"{option} {name}: is not a directory") from None
    except FileNotFoundError:
        raise usage(f"{option} {name}: there is no directory {path.parent}", "create it first") from None
    except OSError as error:
        raise usage(f"{option} {name}: {error.strerror}") from None
    return path


def write_atomically(path: Path, content: str) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        UsageError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(content, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise usage(f"{path} cannot be written: {error.strerror}") from None


def to_json(value: object) -> str:
    """JSON text as the documents are written."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
