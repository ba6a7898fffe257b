"""Read a file of unknown origin, up to a size: whatever a path leads to, reading takes neither unlimited memory nor unlimited
time.
"""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path

from verifier.files.writing import reason

MEBIBYTE = 1 << 20

_CHUNK = MEBIBYTE
_TICK = 0.25  # seconds; a silent pipe is polled, so signals and the deadline are noticed


class TooSlow(Exception):
    """A pipe had not ended when its time was up."""


def read_bytes(path: str | Path, *, largest: int, deadline: float | None = None) -> bytes:
    """The content of a file; a pipe is read to its end.

    Args:
        path: of a regular file, a pipe or a device.
        largest: the number of bytes that it may have.
        deadline: on `time.monotonic`, the time until which a pipe or a device may keep the reader waiting.

    Raises:
        UsageError: it cannot be read, is a folder, or is too large.
        TooSlow: the deadline has passed.
    """
    from verifier.kernel.errors import UsageError

    try:
        # A FIFO without a writer is opened at once, and waited for below.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            result = os.fstat(descriptor)
            if stat.S_ISDIR(result.st_mode):
                raise UsageError(f"{path} is a folder")
            content = None
            if not stat.S_ISREG(result.st_mode) or result.st_size <= largest:
                content = _content(descriptor, largest, deadline)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {reason(error)}") from None
    if content is None:
        raise UsageError(f"{path} is larger than {size_text(largest)}, the limit for such a file")
    return content


def size_text(size: int) -> str:
    """A size for people."""
    return f"{size // MEBIBYTE} MiB" if size >= MEBIBYTE else f"{size // 1024} KiB"


def _content(descriptor: int, largest: int, deadline: float | None) -> bytes | None:
    """Everything there is to read; None if it is too much."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    chunks: list[bytes] = []
    size = 0
    while size <= largest:
        _wait(poll, deadline)
        try:
            chunk = os.read(descriptor, min(_CHUNK, largest + 1 - size))
        except BlockingIOError:
            continue
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
    return None


def _wait(poll: select.poll, deadline: float | None) -> None:
    """Wait until there is something to read, or the end; a FIFO has none before somebody writes to it."""
    while True:
        left = _TICK if deadline is None else min(_TICK, deadline - time.monotonic())
        if left <= 0:
            raise TooSlow
        if poll.poll(left * 1000):
            return
