"""The parent's side of a job: send it, read its events, and hold the clock, the memory limit and the signals.

Whatever the solver is doing, the child's process group is killed when time or memory runs out or the user
interrupts.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from verifier.jobs.launch import Worker
from verifier.jobs.meters import Meter

if TYPE_CHECKING:
    from verifier.wire.events import Event, Failed
    from verifier.wire.jobs import Job

MEBIBYTE = 1 << 20
_METER_POLL = 0.1  # seconds between two measurements of the child
_TICK = 0.25  # seconds between two calls of `on_tick`
_CHUNK = 1 << 16
_DRAINED = 256  # chunks that are still read from a child that is about to be killed
_ERRORS_KEPT = 1 << 16  # bytes of the child's standard error that a report may show

# The endings that the parent decides on, while events from the child may still be unread.
_CUT_OFF = ("timeout", "processor", "memory", "interrupted")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    `ended` is complete, timeout, processor (the budget of processor time is used up), memory, interrupted, killed (by the
    system, from outside), failed (the child reported a failure; `failure` is its event) or crashed (the child ended without
    reporting anything). `processor` is the processor time of the child and its children, if a limit required measuring it.
    """

    ended: str
    seconds: float
    processor: float | None = None
    failure: Failed | None = None
    status: int | None = None
    errors: str = ""


def supervise(
    worker: Worker,
    job: Job,
    *,
    on_event: Callable[[Event], None],
    on_tick: Callable[[float], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
    timeout: float | None = None,
    processor: float | None = None,
    memory: int | None = None,
) -> Outcome:
    """Send `job` to a started worker and follow it to its end; the worker has ended when this returns.

    Args:
        worker: the process that waits for the job.
        job: the job, a JSON object.
        on_event: called with each progress, property, plan and document event as it arrives.
        on_tick: called about four times a second with the seconds since the start.
        meanwhile: called once after the job is sent, to use the time while the child works.
        timeout: seconds after `worker.started` at which the child is killed.
        processor: seconds of processor time of the child and its children at which it is killed.
        memory: MiB of resident memory of the child and its children at which it is killed.
    """
    session = _Session(worker, job, on_event, on_tick, timeout, processor, memory)
    try:
        try:
            ended = session.run(meanwhile)
        except KeyboardInterrupt:
            ended = "interrupted"
        if ended in _CUT_OFF:
            last = session.drain()
            ended = last if last is not None and ended != "interrupted" else ended
        if session.meter is not None:
            session.meter.look()
    finally:
        status = worker.kill()
    if ended == "crashed" and status == -9:
        ended = "killed"
    seconds = time.monotonic() - worker.started
    used = None if session.meter is None else session.meter.seconds
    return Outcome(ended, seconds, used, session.failure, status, session.error_text())


class _Session:
    """The state of one supervised job."""

    def __init__(
        self,
        worker: Worker,
        job: Job,
        on_event: Callable[[Event], None],
        on_tick: Callable[[float], None] | None,
        timeout: float | None,
        processor: float | None,
        memory: int | None,
    ) -> None:
        self.worker = worker
        self.deadline = None if timeout is None else worker.started + timeout
        # A view: the rest after a partial write is not copied, and the job may be a hundred megabytes of certificates.
        sent = {**job, "memory": memory, "deadline": self.deadline, "processor": processor}
        self.unsent = memoryview(json.dumps(sent, separators=(",", ":")).encode() + b"\n")
        self.on_event = on_event
        self.on_tick = on_tick
        self.processor = processor
        self.limit = None if memory is None else memory * MEBIBYTE
        self.meter = None if memory is None and processor is None else Meter(worker.pid)
        self.failure: Failed | None = None
        self.text = bytearray()
        self.errors = b""
        self.poll = select.poll()

    def run(self, meanwhile: Callable[[], None] | None) -> str:
        worker = self.worker
        os.set_blocking(worker.input, False)
        self._send()
        if meanwhile is not None:
            meanwhile()
        self.poll.register(worker.output, select.POLLIN)
        self.poll.register(worker.errors, select.POLLIN)
        if self.unsent:
            self.poll.register(worker.input, select.POLLOUT)
        ticked, looked = time.monotonic(), float("-inf")
        while True:
            now = time.monotonic()
            if self.deadline is not None and now >= self.deadline:
                return "timeout"
            # A worker may send hundreds of events a second.
            if self.meter is not None and now - looked >= _METER_POLL:
                looked = now
                self.meter.look()
                if self.limit is not None and self.meter.bytes > self.limit:
                    return "memory"
                if self.processor is not None and self.meter.seconds >= self.processor:
                    return "processor"
            if self.on_tick is not None and now - ticked >= _TICK:
                ticked = now
                self.on_tick(now - worker.started)
            for descriptor, _ in self.poll.poll(self._patience(now) * 1000):
                ended = self._serve(descriptor)
                if ended is not None:
                    return ended

    def _patience(self, now: float) -> float:
        """The longest time to wait for the child before checking the limits again."""
        wait = _TICK if self.meter is None else _METER_POLL
        return wait if self.deadline is None else max(0.0, min(wait, self.deadline - now))

    def _serve(self, descriptor: int) -> str | None:
        """Read from or write to the child; the way the job ended, if it did."""
        worker = self.worker
        if descriptor == worker.input:
            self._send()
            if not self.unsent:
                self.poll.unregister(worker.input)
            return None
        data = os.read(descriptor, _CHUNK)
        if descriptor == worker.errors:
            if not data:
                self.poll.unregister(worker.errors)
            self.errors = (self.errors + data)[-_ERRORS_KEPT:]
            return None
        ended = self._take(data) if data else "crashed"
        if ended is not None:
            self._drain_errors()
        return ended

    def _take(self, data: bytes) -> str | None:
        """Handle the events that these bytes complete; the way the job ended, if one of them ends it."""
        searched = len(self.text)  # a document may be a hundred megabytes, in small pieces
        self.text += data
        while (end := self.text.find(b"\n", searched)) >= 0:
            event = event_of(bytes(self.text[:end]))
            del self.text[: end + 1]
            searched = 0
            if event["event"] == "done":
                return "complete"
            if event["event"] == "failure":
                self.failure = event
                return "memory" if event["kind"] == "memory" else "failed"
            self.on_event(event)
        return None

    def drain(self) -> str | None:
        """Handle the events that were sent but not read; the way the job ended, if one of them ends it."""
        ended: str | None = None
        for data in self._unread(self.worker.output):
            ended = ended or self._take(data)
        self._drain_errors()
        return ended

    @staticmethod
    def _unread(descriptor: int) -> Iterator[bytes]:
        """The data that can be read from a pipe without waiting, up to a limit: the child may go on writing."""
        os.set_blocking(descriptor, False)
        try:
            for _ in range(_DRAINED):
                data = os.read(descriptor, _CHUNK)
                if not data:
                    return
                yield data
        except BlockingIOError:
            return

    def _send(self) -> None:
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.worker.input, self.unsent) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.unsent = memoryview(b"")  # the child is gone; the end of its output will show it

    def _drain_errors(self) -> None:
        for data in self._unread(self.worker.errors):
            self.errors = (self.errors + data)[-_ERRORS_KEPT:]

    def error_text(self) -> str:
        return self.errors.decode(errors="replace")


def event_of(line: bytes) -> Event:
    """An event of the worker; for any other line, a failure event."""
    try:
        event = json.loads(line)
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            return cast("Event", event)
    except (ValueError, RecursionError):
        pass
    message = "the worker process sent something other than an event; the model may write to files that it did not open"
    return {
        "event": "failure",
        "kind": "internal",
        "code": None,
        "message": message,
        "hint": None,
        "file": None,
        "line": None,
        "source": None,
        "traceback": repr(line[:1000]),
    }
