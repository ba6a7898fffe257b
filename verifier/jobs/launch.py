"""Start a worker process as early and as cheaply as possible: only `os`, `sys` and `time` are needed here.

The command line starts the worker before it parses its arguments, so that the worker loads the solver in the
meantime.
"""

from __future__ import annotations

import os
import signal
import sys
import time

# -P keeps the working directory off the module path. The package's own directory goes on it only when the
# interpreter would not find the package otherwise (a checkout that is run without being installed).
_BOOTSTRAP = (
    "import sys; root = sys.argv.pop(1); root in sys.path or sys.path.insert(0, root); "
    "from verifier.jobs.worker import main; main()"
)
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Worker:
    """A child process in a process group of its own, and the parent's ends of its three pipes."""

    __slots__ = ("_status", "errors", "input", "output", "pid", "started")

    def __init__(self, pid: int, input_: int, output: int, errors: int, started: float) -> None:
        self.pid = pid
        self.input = input_
        self.output = output
        self.errors = errors
        self.started = started
        self._status: int | None = None

    def kill(self) -> int:
        """Kill the whole process group, close the pipes, wait for the end. Idempotent.

        Returns:
            The exit status of the child, negative for a signal, as it was before the kill if it had ended
            already.
        """
        if self._status is not None:
            return self._status
        for descriptor in (self.input, self.output, self.errors):
            if descriptor >= 0:
                os.close(descriptor)
        self.input = self.output = self.errors = -1
        try:  # noqa: SIM105 - contextlib takes longer to import than this module
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            _, status = os.waitpid(self.pid, 0)
            self._status = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            self._status = 0
        return self._status

    def close_input(self) -> None:
        """Close the child's standard input; the child takes that as the end of its parent and stops."""
        if self.input >= 0:
            os.close(self.input)
            self.input = -1


def start(command: str, *hints: str, started: float | None = None) -> Worker:
    """Start a worker that gets ready for `command` and waits for its job.

    Args:
        command: the job's command, such as `prove`; it decides what the worker loads while it waits.
        hints: the other words of the command line, among them the protocols that the job is about.
        started: when the call's clock began, on `time.monotonic`; now if not given.
    """
    return spawn([sys.executable, "-P", "-c", _BOOTSTRAP, _ROOT, command, *hints], started=started)


def spawn(arguments: list[str], *, started: float | None = None) -> Worker:
    """Start a program that speaks the worker's protocol, in a process group of its own."""
    began = time.monotonic() if started is None else started
    child_input, input_ = os.pipe()
    output, child_output = os.pipe()
    errors, child_errors = os.pipe()
    try:
        pid = os.posix_spawn(
            arguments[0],
            arguments,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, child_input, 0),
                (os.POSIX_SPAWN_DUP2, child_output, 1),
                (os.POSIX_SPAWN_DUP2, child_errors, 2),
            ],
            setpgroup=0,
            setsigmask=[],
        )
    finally:
        for descriptor in (child_input, child_output, child_errors):
            os.close(descriptor)
    return Worker(pid, input_, output, errors, began)
