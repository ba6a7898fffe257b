"""How much memory a search may still take, and arrays that go to disk where there is too little of it."""

from __future__ import annotations

import mmap
import os
import resource
import shutil
import tempfile
from pathlib import Path

import numpy as np

from verifier.semantics.ground.states import States, Words

_MEBIBYTE = 1 << 20

# The memory taken without asking, at most and as a part of a limit of the process.
SMALL, _SMALL_PART = 32 * _MEBIBYTE, 0.02

# The part of a limit left free for the rest of the process, at least and as a part of it.
_SPARE, _PART = 64 * _MEBIBYTE, 0.1

# The space that stays free on disk.
_DISK = 512 * _MEBIBYTE

_GROUP = Path("/sys/fs/cgroup")


class Room:
    """The memory that is left: of the process (`ulimit -m`, which `--memory` sets), of its control group, of the machine.

    `folder`: the place for arrays that do not fit, by default that of temporary files. `spilled`: the bytes that went there.
    `limit`: the bytes that the process may take, if that was said.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self.spilled = 0
        limit = resource.getrlimit(resource.RLIMIT_RSS)[0]
        self.limit = None if limit == resource.RLIM_INFINITY else limit
        self._small = SMALL if self.limit is None else min(SMALL, int(_SMALL_PART * self.limit))

    def left(self) -> int:
        """How many bytes more may be taken."""
        import psutil

        machine = psutil.virtual_memory()
        left = [machine.available - _spare(machine.total)]
        if self.limit is not None:
            left.append(self.limit - psutil.Process().memory_info().rss - _spare(self.limit))
        group = _number(_GROUP / "memory.max")
        if group is not None:
            left.append(group - (_number(_GROUP / "memory.current") or 0) - _spare(group))
        return max(0, min(left))

    def has(self, size: int, working: int = 0) -> bool:
        """Whether this many more bytes may be taken: few always, many if `working` bytes are left then."""
        return size <= self._small or size + working <= self.left()

    def empty(self, count: int, working: int = 0) -> Words:
        """An array of words: in memory, or, if it is large and less than `working` bytes would be left besides it, in a file.

        Nobody else sees the file, and it is gone with the array. Raises MemoryError if there is no room on disk either.
        """
        if count == 0 or self.has(8 * count, working):
            return np.empty(count, np.uint64)
        try:
            folder = Path(tempfile.gettempdir()) if self._folder is None else self._folder
        except FileNotFoundError:
            raise MemoryError from None  # A process that checks certificates may write nowhere.
        if shutil.disk_usage(folder).free < 8 * count + _DISK:
            raise MemoryError
        with tempfile.TemporaryFile(dir=folder) as file:
            try:
                # Room that is only promised would end the process where it turns out to be missing.
                os.posix_fallocate(file.fileno(), 0, 8 * count)
                pages = mmap.mmap(file.fileno(), 8 * count)
            except OSError:
                raise MemoryError from None
        self.spilled += 8 * count
        return np.frombuffer(pages, np.uint64)

    def check(self) -> None:
        """Raises MemoryError if nothing is left."""
        if not self.left():
            raise MemoryError

    def kept(self, states: States, working: int = 0) -> States:
        """The states, moved to disk if there is too little memory for them to stay."""
        if states.nbytes <= self._small or self.has(working):
            return states
        words = []
        for word in states.words:
            stored = self.empty(len(word), working)
            stored[:] = word
            words.append(stored)
        released(*words)
        return States(tuple(words))


def released(*arrays: Words) -> None:
    """Lets the system reclaim the memory that caches arrays stored on disk."""
    for array in arrays:
        if isinstance(array.base, memoryview) and isinstance(array.base.obj, mmap.mmap):
            array.base.obj.madvise(mmap.MADV_DONTNEED)


def _spare(limit: int) -> int:
    """The part of a limit that stays free."""
    return max(_SPARE, int(_PART * limit))


def _number(path: Path) -> int | None:
    """The number in a file of the system, if there is one."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
