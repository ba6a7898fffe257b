"""Work handed to other threads, whose results come back in order: the result of a search does not depend on which thread is
faster.

numpy leaves the interpreter to others while it sorts, so that threads take two cores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Part = TypeVar("Part")
Whole = TypeVar("Whole")
Result = TypeVar("Result")

THREADS = 2

# Work on fewer rows than these is done at once: handing it over would take longer.
WORTHWHILE = 20_000


class Pipeline(Generic[Part, Whole]):
    """Parts are worked on side by side; now and then all that there are by then are joined, one after the other.

    `waiting`: the rows of the parts that nobody has joined yet. Exceptions come where a result is asked for, or at once.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._pool: ThreadPoolExecutor | None = None
        self._parts: list[Callable[[], Part]] = []
        self._joining: Callable[[], Whole] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def put(self, size: int, make: Callable[[], Part]) -> None:
        """Starts making a part of this many rows."""
        self.waiting += size
        self._parts.append(self._run(size, make))

    def join(self, whole: Callable[[Sequence[Part]], Whole]) -> list[Whole]:
        """Starts joining all parts. Returns the whole that was joined before, if it has not been returned yet: at most one."""
        before = self.rest()
        parts, self._parts = self._parts, []
        size, self.waiting = self.waiting, 0
        if parts:
            self._joining = self._run(size, lambda: whole([part() for part in parts]))
        return before

    def rest(self) -> list[Whole]:
        """Waits for the whole that is being joined."""
        joining, self._joining = self._joining, None
        return [] if joining is None else [joining()]

    def _run(self, size: int, make: Callable[[], Result]) -> Callable[[], Result]:
        if size >= WORTHWHILE:
            if self._pool is None:
                from concurrent.futures import ThreadPoolExecutor

                self._pool = ThreadPoolExecutor(THREADS)
            return self._pool.submit(make).result
        done = make()
        return lambda: done
