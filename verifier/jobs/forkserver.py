"""A process with the modules and built-in protocols of jobs loaded, which forks a worker for each: many jobs then load the
solvers and the protocols once, not each time.

The server does no job itself. For each worker it receives the ends of three pipes and of a socket. Through the socket it sends
the worker's process id and, on request, the worker's exit status and what it used. Until then it does not wait for the worker,
so no other process can get the same process id.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from verifier.jobs.launch import Pipes, Worker, ended, program, start
from verifier.jobs.references import warm

if TYPE_CHECKING:
    from verifier.jobs.launch import Ended

_LOADED = (
    "numpy",
    "z3",
    "cvc5",
    "verifier.jobs.certified",
    "verifier.jobs.confinement",
    "verifier.jobs.handlers",
    "verifier.evidence.check",
    "verifier.proof.strategy.published",
    "verifier.proof.strategy.published_stages",
    "verifier.proof.strategy.unbounded",
    "verifier.proof.strategy.certificates",
    "verifier.proof.strategy.net",
    "verifier.proof.strategy.net_unbounded",
    "verifier.proof.strategy.unbounded_certificates",
    "verifier.proof.strategy.blame",
    "verifier.proof.strategy.blame_unbounded",
    "verifier.proof.strategy.workbench.any_size",
    "verifier.proof.strategy.workbench.published",
    "verifier.proof.strategy.workbench.run",
)
_ANSWER = 128  # bytes that hold a process id, or an exit status and what a worker used


class ForkServer:
    """The parent's side of a fork server. It may be used from several threads, and is closed after the last worker's end."""

    def __init__(self, references: Iterable[str] = (), *, patient: bool = False) -> None:
        """Starts the server, which loads the built-in protocols among these references, too.

        With `patient` all modules are loaded before the first worker is forked. It begins later, but does not load any again.
        """
        self._lock = threading.Lock()
        self._server, theirs = socket.socketpair()
        # Threads do not survive a fork, so numpy must not start any.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                program("verifier.jobs.forkserver", str(int(patient)), *dict.fromkeys(references)),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment,
                process_group=0,
            )

    def start(self, command: str, *hints: str) -> Worker:
        """A worker that waits for its job; started with `launch.start` if the server is gone.

        Its clock begins when it exists: the server's loading before its first worker does not count.
        """
        with self._lock:
            worker = self._fork()
        return worker or start(command, *hints)

    def _fork(self) -> Worker | None:
        pipes = Pipes()
        ours, theirs = socket.socketpair()
        try:
            # If the server is gone, the socket below shows it.
            with theirs, suppress(OSError):
                socket.send_fds(self._server, [b"."], [*pipes.theirs, theirs.fileno()])
        finally:
            pipes.close_theirs()
        data = ours.recv(_ANSWER)
        if data:
            return Worker(int(data), pipes, time.monotonic(), lambda: _ended(ours))
        ours.close()
        pipes.close_ours()
        return None

    def close(self) -> None:
        """End the server. Idempotent."""
        self._server.close()
        self._process.kill()
        self._process.wait()


def _ended(worker: socket.socket) -> Ended:
    """The exit status of a worker and what it used, from the server; zeros if the server is gone."""
    with worker, suppress(OSError):
        worker.send(b"?")
        if answer := worker.recv(_ANSWER).split():
            return int(answer[0]), float(answer[1]), int(answer[2])
    return 0, 0.0, 0


def main() -> None:
    """Run as a separate process, whose standard input is a socket to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    patient, *references = sys.argv[1:]
    load(references)
    modules = list(_LOADED)
    while int(patient) and modules:
        _import(modules.pop(0))
    _serve(socket.socket(fileno=0), modules)


def load(references: Iterable[str]) -> None:
    """Load the built-in protocols among the references, and take the digests that all documents about them repeat.

    A failure will recur in the job.
    """
    from verifier.catalog.digest import digest, evidence_digest

    for reference in references:
        with suppress(Exception):
            for protocol in warm((reference,)):
                digest(protocol)
                evidence_digest(protocol)
    gc.freeze()


def _import(module: str) -> None:
    with suppress(Exception):
        importlib.import_module(module)
    gc.freeze()


def _serve(parent: socket.socket, modules: list[str]) -> None:
    """Fork, and report how the workers ended, until the parent hangs up; while it asks for nothing, load modules."""
    import select

    poll = select.poll()
    poll.register(parent, select.POLLIN)
    workers: dict[int, tuple[socket.socket, int]] = {}
    while True:
        asked = poll.poll(0 if modules else None)
        if not asked:
            _import(modules.pop(0))
        for descriptor, _ in asked:
            if descriptor in workers:
                poll.unregister(descriptor)
                _tell(*workers.pop(descriptor))
                continue
            said, ends, _, _ = socket.recv_fds(parent, 1, 4)
            if not said:
                return
            worker = socket.socket(fileno=ends.pop())
            pid = os.fork()
            if pid == 0:
                _work(ends, [worker, *(other for other, _ in workers.values())])
            with suppress(OSError):
                os.setpgid(pid, pid)  # in both processes, whichever is first: the parent may kill the group at once
            for end in ends:
                os.close(end)
            workers[worker.fileno()] = worker, pid
            poll.register(worker, select.POLLIN)
            worker.send(str(pid).encode())


def _tell(worker: socket.socket, pid: int) -> None:
    """Wait for a worker that was killed, and send its exit status and what it used."""
    answer = " ".join(map(str, ended(pid)))
    with worker, suppress(OSError):
        worker.send(answer.encode())


def _work(ends: list[int], sockets: list[socket.socket]) -> NoReturn:
    """Become a worker with these ends as its standard input, output and error, and nothing else of the server's."""
    try:
        os.setpgid(0, 0)
        for descriptor, end in enumerate(ends):
            os.dup2(end, descriptor)
            os.close(end)
        for other in sockets:
            other.close()
        from verifier.jobs import worker

        worker.work()
    finally:
        os._exit(1)
