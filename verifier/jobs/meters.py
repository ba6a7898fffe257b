"""Resources used by a worker: the resident memory and the processor time of its process and of that process's descendants."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

_FAMILY_POLL = 0.4  # seconds between two searches for children of the child, each of which reads every process of the system


class Meter:
    """Measures a process and its descendants; `bytes` and `seconds` are those of the last measurement.

    As in the system's own accounts, `seconds` includes a descendant that has ended if its parent waited for it. It never falls.
    """

    def __init__(self, pid: int) -> None:
        import psutil

        self.bytes = 0
        self.seconds = 0.0
        self._process: psutil.Process | None = None
        self._family: list[psutil.Process] = []
        self._looked = float("-inf")
        try:
            self._process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            return

    def look(self) -> None:
        """Measure again. A process that has ended no longer counts towards the bytes; its measured seconds stay."""
        import psutil

        if self._process is None:
            return
        try:
            if time.monotonic() - self._looked >= _FAMILY_POLL:
                self._family, self._looked = self._process.children(recursive=True), time.monotonic()
        except psutil.Error:
            self._family = []
        resident, seconds = 0, 0.0
        for member in (self._process, *self._family):
            try:
                with member.oneshot():
                    times = member.cpu_times()
                    resident += member.memory_info().rss
            except psutil.Error:
                self._looked = float("-inf")  # one of them has ended
                continue
            # A running descendant has its own seconds; its parent's include them once it has been waited for.
            seconds += times.user + times.system + times.children_user + times.children_system
        self.bytes, self.seconds = resident, max(self.seconds, seconds)
