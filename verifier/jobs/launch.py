"""Start a worker process as early and as cheaply as possible: only `os`, `sys` and `time` are needed here.

The command line starts the worker before it parses its arguments, so the worker loads the solver in the meantime.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False  # type checkers know the name; `typing` takes longer to import than this module
if TYPE_CHECKING:
    from collections.abc import Callable

    Ended = tuple[int, float, int]
    """The exit status of a process, its processor time in seconds, and its largest resident memory in bytes."""

# -P keeps the working directory off the module path. The package's own directory is added only when the
# interpreter would not otherwise find the package (a checkout that is run without being installed).
_BOOTSTRAP = (
    "import sys, importlib; root = sys.argv.pop(1); root in sys.path or sys.path.insert(0, root); "
    "importlib.import_module(sys.argv.pop(1)).main()"
)
UNSUPPORTED = ("Windows is not supported", "use WSL 2, or in a container (docs/python.md)")
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Pipes:
    """The three pipes of a child: both ends of each, until those of one side are closed."""

    __slots__ = ("ours", "theirs")

    def __init__(self) -> None:
        child_input, input_ = os.pipe()
        output, child_output = os.pipe()
        errors, child_errors = os.pipe()
        self.ours = [input_, output, errors]
        self.theirs = [child_input, child_output, child_errors]

    def close_theirs(self) -> None:
        """Close the child's ends; the child has copies of them."""
        for descriptor in self.theirs:
            os.close(descriptor)

    def close_ours(self) -> None:
        """Close the parent's ends."""
        for descriptor in self.ours:
            os.close(descriptor)


class Worker:
    """A child process in its own process group, and the parent's ends of its three pipes.

    `wait` returns what `ended` makes of the process once it has ended, if it is not a child of this one. After its end,
    `processor` is the processor time in seconds of the process and of those that it waited for, and `peak` the largest resident
    memory of one of them in bytes; both are 0 before.
    """

    __slots__ = ("_status", "_wait", "errors", "input", "output", "peak", "pid", "processor", "started")

    def __init__(self, pid: int, pipes: Pipes, started: float, wait: Callable[[], Ended] | None = None) -> None:
        self.pid = pid
        self.input, self.output, self.errors = pipes.ours
        self.started = started
        self.processor, self.peak = 0.0, 0
        self._wait = wait or self._reap
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
        from signal import SIGKILL  # not above: it takes longer to import than this module

        try:  # noqa: SIM105 - contextlib takes longer to import than this module
            os.killpg(self.pid, SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self._status, self.processor, self.peak = self._wait()
        return self._status

    def _reap(self) -> Ended:
        try:
            return ended(self.pid)
        except ChildProcessError:
            return 0, 0.0, 0


def ended(pid: int) -> Ended:
    """Wait for a child of this process to end. Raises ChildProcessError if there is none with this process id."""
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, 1024 * usage.ru_maxrss


def start(command: str, *hints: str, started: float | None = None) -> Worker:
    """Start a worker that gets ready for `command` and waits for its job.

    Args:
        command: the job's command, such as `prove`; it decides what the worker loads while it waits.
        hints: the other words of the command line, among them the protocols that the job is about.
        started: when the call's clock began, on `time.monotonic`; now if not given.
    """
    return spawn(program("verifier.jobs.worker", command, *hints), started=started)


def program(module: str, *arguments: str) -> list[str]:
    """The command that runs `main` of a module of this package in this interpreter."""
    return [sys.executable, "-P", "-c", _BOOTSTRAP, _ROOT, module, *arguments]


def spawn(arguments: list[str], *, started: float | None = None) -> Worker:
    """Start a program that speaks the worker's protocol, in its own process group. Raises UsageError on Windows."""
    if not hasattr(os, "posix_spawn"):
        from verifier.kernel.errors import UsageError

        raise UsageError(UNSUPPORTED[0], hint=UNSUPPORTED[1])
    began = time.monotonic() if started is None else started
    pipes = Pipes()
    try:
        pid = os.posix_spawn(
            arguments[0],
            arguments,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate(pipes.theirs)],
            setpgroup=0,
            setsigmask=[],
        )
    finally:
        pipes.close_theirs()
    return Worker(pid, pipes, began)
