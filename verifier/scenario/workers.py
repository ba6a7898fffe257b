"""The scenarios of a run share a server that forks their workers, and the answers that they have got."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from verifier.jobs.forkserver import ForkServer
from verifier.jobs.launch import start
from verifier.jobs.session import Session

if TYPE_CHECKING:
    from verifier.documents import Property
    from verifier.jobs.launch import Worker
    from verifier.scenario.reading import Decider, Model


@dataclass(frozen=True)
class Found:
    """An answer about a property: its entry, or in `error` why there is no verdict.

    `states` is what was explored for it (see `ScenarioProperty.states_explored`), `seconds` the time from the start of the call.
    """

    entry: Property | None
    states: int = 0
    seconds: float = 0.0
    error: str | None = None


@dataclass
class Known:
    """The properties that a decider has decided, by name. Whoever asks it about others holds the lock until they are known."""

    found: dict[str, Found] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Common:
    """The server and the answers that scenarios share, each in a thread of its own. It is closed after the last of them."""

    def __init__(self, instances: Iterable[Model] = ()) -> None:
        """Begins with nothing decided. The server starts with the first worker, if workers are about several instances."""
        self._protocols = tuple(model.protocol for model in instances)
        self._server: ForkServer | None = None
        self._known: dict[tuple[Decider, int], Known] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._server is not None:
            self._server.close()

    def stop(self) -> None:
        """Interrupt the calls that are running, and any later one."""
        self._stopped.set()

    def start(self, command: str) -> Session:
        """A session for a call of the interface, with its worker."""
        with self._lock:
            if self._server is None and len(self._protocols) > 1:
                self._server = ForkServer(self._protocols, patient=True)
        started = start(command, *self._protocols) if self._server is None else self._server.start(command)
        return Session(started, on_tick=self._tick)

    def known(self, decider: Decider, depth: int) -> Known:
        """The properties that a decider has decided up to a depth: one object for all who ask."""
        with self._lock:
            return self._known.setdefault((decider, depth), Known())

    def _tick(self, seconds: float) -> None:
        if self._stopped.is_set():
            raise KeyboardInterrupt


@dataclass
class Crew:
    """The workers of one scenario; `common` is shared with others."""

    common: Common
    workers: list[Worker] = field(default_factory=list)

    def session(self, command: str) -> Session:
        """A session for one call of the interface."""
        session = self.common.start(command)
        if session.worker is not None:
            self.workers.append(session.worker)
        return session
