"""Standard output and standard error: closed ones, full ones and those that do not know every character change no exit code.

A reader that goes away has seen enough. Any other failure to write to standard output is a mistake in the call. A failure to
write to standard error is ignored, since there is nowhere left to report it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from verifier.files.writing import to_json
from verifier.kernel.characters import without_commands

_CANNOT_BE_WRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


class Forgiving:
    """A text stream that drops what it cannot write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write if possible."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if possible."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def prepare() -> None:
    """Make the streams of this process usable in every case; the descriptors 1 and 2 are always open."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", closefd=False))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr = Forgiving(sys.stderr)


def out(text: str) -> None:
    """Write to standard output, at once. A CI runner takes no line of the text for a command.

    Raises:
        UsageError: it cannot be written. A reader that has gone is not an error.
    """
    _write(without_commands(text))


def commands(text: str, *, to_stdout: bool) -> None:
    """Write lines that are commands to the CI runner, to standard output or to standard error."""
    if to_stdout:
        _write(text)
    else:
        _note(text)


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        raise _fault(error) from None


def out_json(document: Any) -> None:
    """Write a JSON value to standard output, in pure ASCII where the terminal supports nothing else."""
    text = to_json(document)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = to_json(document, ascii_only=True)
    out(text)


def note(text: str) -> None:
    """Write lines to standard error, as far as possible. A CI runner takes none of them for a command."""
    _note(without_commands(text))


def _note(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def silence() -> None:
    """Discard the rest of standard output."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        sys.stdout.flush()


def refused(error: OSError) -> Exception | None:
    """The usage error for an operating-system error, if a library could not write to standard output."""
    if error.filename is not None or error.errno not in _CANNOT_BE_WRITTEN:
        return None
    silence()
    return _fault(error)


def _fault(error: OSError) -> Exception:
    from verifier.jobs.arguments import usage

    return usage(f"standard output cannot be written: {error.strerror or error}")
