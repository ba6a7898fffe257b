"""The parent's side of an interactive job: one request, one answer, until the worker is closed.

Time and memory are limited for each request. When a limit is reached, or the user interrupts, the worker is killed whatever it
is doing, and the conversation ends.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from verifier.jobs.meters import Meter
from verifier.jobs.session import CutOff, InternalError, Interrupted, rebuilt
from verifier.jobs.supervisor import MEBIBYTE, event_of

if TYPE_CHECKING:
    from verifier.jobs.launch import Worker
    from verifier.wire.events import Event
    from verifier.wire.jobs import StepJob
    from verifier.wire.walks import WalkAnswer, WalkOpened, WalkRequest

_LOOK = 0.25  # seconds between two checks of the limits
_CHUNK = 1 << 16
_ERRORS_KEPT = 1 << 16  # bytes of the model's output that a report may show


class Conversation:
    """A worker that answers the requests of a walk.

    Args:
        worker: the process that waits for the job.
        job: the job of the walk.
        timeout: seconds for each answer, and for the loading of the model.
        memory: MiB of resident memory of the worker.
        on_event: called with the events of a long search.
        on_tick: called about four times a second while waiting for an answer, with the seconds so far.
    """

    def __init__(
        self,
        worker: Worker,
        job: StepJob,
        *,
        timeout: float | None = None,
        memory: int | None = None,
        on_event: Callable[[Event], None] | None = None,
        on_tick: Callable[[float], None] | None = None,
    ) -> None:
        self._worker = worker
        self._timeout, self._memory = timeout, memory
        self._meter = None if memory is None else Meter(worker.pid)
        self._on_event, self._on_tick = on_event, on_tick
        self._text = bytearray()
        self._errors = b""
        self._loading: str | None = None
        self._poll = select.poll()
        for descriptor in (worker.output, worker.errors):
            self._poll.register(descriptor, select.POLLIN)
        self.closed = False
        event = self._told({**job, "memory": memory})
        assert event["event"] == "opened"
        self.opened: WalkOpened = event["opened"]

    @property
    def output(self) -> str:
        """The output of the model or of a library."""
        return self._errors.decode(errors="replace")

    def ask(self, request: WalkRequest) -> WalkAnswer:
        """The answer to a request.

        Raises:
            UsageError: it asks for something that does not exist; the walk goes on.
            CutOff: a limit was reached; Interrupted: by the user; InternalError: the tool failed. The walk is over then.
        """
        event = self._told(request)
        if event["event"] == "refused":
            raise rebuilt(event)
        assert event["event"] == "answer"
        return event["answer"]

    def close(self) -> None:
        """End the worker. Idempotent."""
        self.closed = True
        self._worker.kill()

    def _told(self, value: object) -> Event:
        """The worker's answer to a line. Any exception here ends the worker."""
        if self.closed:
            raise CutOff("the walk is closed", "closed")
        try:
            return self._waited(json.dumps(value).encode() + b"\n")
        except KeyboardInterrupt:
            self.close()
            raise Interrupted(None) from None
        except BaseException:
            self.close()
            raise

    def _waited(self, line: bytes) -> Event:
        began = time.monotonic()
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._worker.input, rest) :]
        except BrokenPipeError:
            pass  # the end of its output shows it
        while True:
            event = self._next()
            if event is None:
                self._look(time.monotonic() - began)
                for descriptor, _ in self._poll.poll(_LOOK * 1000):
                    self._read(descriptor)
                continue
            match event["event"]:
                case "opened" | "answer" | "refused":
                    return event
                case "loading":
                    self._loading = event["reference"]
                case "failure":
                    if event["kind"] in ("model", "usage"):
                        raise rebuilt(event)
                    raise InternalError(event["message"], details=(event["traceback"] or "") + self.output)
                case _:
                    if self._on_event is not None:
                        self._on_event(event)

    def _next(self) -> Event | None:
        """The next whole event that has arrived."""
        end = self._text.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._text[:end])
        del self._text[: end + 1]
        return event_of(line)

    def _read(self, descriptor: int) -> None:
        data = os.read(descriptor, _CHUNK)
        if descriptor == self._worker.errors:
            if not data:
                self._poll.unregister(descriptor)
            self._errors = (self._errors + data)[-_ERRORS_KEPT:]
        elif data:
            self._text += data
        elif self._loading is not None:
            from verifier.kernel.errors import ModelError

            raise ModelError(f"{self._loading}: the process ended while it was being loaded")
        else:
            raise InternalError("the worker process ended unexpectedly", details=self.output)

    def _look(self, seconds: float) -> None:
        """Raises CutOff if a limit is reached."""
        if self._on_tick is not None and seconds >= _LOOK:
            self._on_tick(seconds)
        if self._timeout is not None and seconds > self._timeout:
            raise CutOff(f"the time limit ran out ({self._timeout:g} s)", "timeout")
        if self._meter is None or self._memory is None:
            return
        self._meter.look()
        if self._meter.bytes > self._memory * MEBIBYTE:
            raise CutOff(f"the memory limit was reached ({self._memory} MB)", "memory")
