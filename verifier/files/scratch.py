"""Scratch folders: removed when the work is done or, if the process died, by the next run of any process of the same user.

A living process holds a lock on a file in its folder. The lock ends with the process, however that ends, so a process that gets
it knows that the folder is abandoned.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "verify-scratch-"
_LOCK = ".alive"
_YOUNG = 3600.0  # seconds for which a folder without a mark is left alone: its process may be about to set it


@contextmanager
def scratch() -> Iterator[Path]:
    """A new folder below the system's folder for temporary files, for as long as the context lasts; abandoned ones go first.

    Raises:
        OSError: there is no room for it.
    """
    remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("xb", buffering=0) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(b"1")
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned() -> None:
    """Remove the scratch folders of this user whose processes are dead. A folder that cannot be removed stays."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX):
                with suppress(OSError):
                    _remove_if_abandoned(Path(entry.path))


def _remove_if_abandoned(folder: Path) -> None:
    result = folder.lstat()
    if not stat.S_ISDIR(result.st_mode) or result.st_uid != os.geteuid():
        return
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        abandoned = time.time() - result.st_mtime > _YOUNG
    else:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            abandoned = os.fstat(lock).st_size > 0 or time.time() - result.st_mtime > _YOUNG
        except BlockingIOError:
            abandoned = False
        finally:
            os.close(lock)
    if abandoned:
        shutil.rmtree(folder, ignore_errors=True)
