"""The child process: read one job from standard input, do it, stream the findings as JSON lines.

Everything printed by the model or by a library goes to standard error, and its standard input is empty; the job and the events
have their own channels. The worker stops when its parent is gone. Rich and typer are not imported here, and pydantic only for a
job that reads a document.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, BinaryIO, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.kernel.errors import VerifyError
    from verifier.wire.events import Emit, Event, Mistake
    from verifier.wire.jobs import Job

# The modules that each command needs, loaded while the parent still parses its arguments.
_NEEDS: dict[str, tuple[str, ...]] = {
    "prove": ("z3", "verifier.proof.strategy.published", "verifier.proof.strategy.published_stages"),
    "check": ("z3", "verifier.documents.certificates", "verifier.evidence.check"),
    "explore": ("numpy", "verifier.proof.strategy.search"),
    "gaps": ("numpy", "verifier.proof.strategy.gaps"),
    "lemmas": ("z3", "numpy", "verifier.proof.strategy.workbench.run"),
    "litmus": ("z3", "verifier.jobs.litmus", "verifier.proof.strategy.published"),
    "threshold": ("z3", "numpy", "verifier.proof.strategy.thresholds"),
    "run": ("verifier.proof.strategy.sampling",),
    "simulate": ("verifier.proof.strategy.sampling",),
    "step": ("verifier.jobs.walking", "verifier.watching.answers", "verifier.proof.strategy.requests"),
    "replay": ("verifier.documents.reading", "verifier.evidence.replay"),
    "read": ("verifier.documents.reading",),
    "list": ("verifier.kernel.printing",),
    "show": ("verifier.kernel.printing",),
}
_UNBOUNDED = ("z3", "verifier.proof.strategy.unbounded")

# Terms and circuits are trees that live as long as the job; searching them for cycles again and again only costs time.
_GC_THRESHOLDS = (50_000, 20, 20)


def mistake(error: BaseException) -> Mistake:
    """The message to the parent about an exception."""
    import traceback

    from verifier.kernel.errors import ModelError

    result = mistake_of(error)
    if result is not None:
        position = result.position
        return {
            "kind": "model" if isinstance(result, ModelError) else "usage",
            "code": result.code,
            "message": result.message,
            "hint": result.hint,
            "file": position.file if position else None,
            "line": position.line if position else None,
            "source": result.source,
            "traceback": None,
        }
    return {
        "kind": "memory" if isinstance(error, MemoryError) else "internal",
        "code": None,
        "message": _told(error),
        "hint": None,
        "file": None,
        "line": None,
        "source": None,
        "traceback": "".join(traceback.format_exception(error)),
    }


def mistake_of(error: BaseException) -> VerifyError | None:
    """The mistake in the input that an exception stands for; None for a fault of the tool.

    Nobody interrupts a worker: an exception that would end a process was raised by a model.
    """
    from verifier.kernel.errors import ModelError, VerifyError

    if isinstance(error, VerifyError):
        return error
    if isinstance(error, RecursionError):
        hint = "all_of(...) and any_of(...) take as many formulas as there are, without nesting"
        return ModelError("an expression of the model is nested too deeply", hint=hint)
    if isinstance(error, Exception):
        return None
    from verifier.catalog.execute import user_error

    return user_error(error, _is_of_a_user)


def _is_of_a_user(file: str) -> bool:
    """Whether a file belongs neither to this package, nor to Python, nor to an installed distribution."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    ours = (package + os.sep, os.path.dirname(os.__file__) + os.sep)
    return os.path.isfile(file) and not file.startswith(ours) and "site-packages" not in file


def _told(error: BaseException) -> str:
    """An unexpected exception in one line; one that the tool raised against itself needs no class name."""
    name = type(error).__name__
    if name == "Inconsistency":
        return str(error)
    return f"{name}: {error}" if str(error) else name


def prepare(command: str, hints: tuple[str, ...]) -> None:
    """Load the modules that the command will need, judging by its name and its other words.

    A failure here is not reported: it will recur in the job itself.
    """
    try:
        needs = _UNBOUNDED if command == "prove" and "unbounded" in hints else _NEEDS.get(command, ())
        if command == "check" and "cvc5" in hints:
            needs = ("cvc5", "verifier.documents.certificates", "verifier.evidence.check")
        for module in ("verifier.jobs.handlers", *needs):
            importlib.import_module(module)
        from verifier.jobs.references import warm

        warm(hints)
    except Exception:
        return


def serve(source: BinaryIO, emit: Emit) -> None:
    """Do the one job that `source` carries, and emit its events, `done` or `failure` last."""
    try:
        job: Job = json.loads(source.readline())
        requests = _watch_parent(source)
        job["own_process"] = True
        _limit(job.get("memory"))
        if job["command"] == "step":
            from verifier.jobs import walking

            walking.serve(job, emit, map(json.loads, requests))
        else:
            from verifier.jobs import handlers

            handlers.handle(job, emit)
    except BaseException as error:
        emit({"event": "failure", **mistake(error)})
    else:
        emit({"event": "done"})


def _limit(memory: int | None) -> None:
    """Records the memory limit in MiB where any code can query it: the parent enforces it, not the system."""
    import resource

    if memory is not None:
        hard = resource.getrlimit(resource.RLIMIT_RSS)[1]
        soft = memory << 20
        resource.setrlimit(resource.RLIMIT_RSS, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _watch_parent(source: BinaryIO) -> Iterator[bytes]:
    """Stop the whole process group when standard input ends, which happens when the parent is gone. Yields its lines."""
    import threading
    from queue import SimpleQueue

    lines: SimpleQueue[bytes] = SimpleQueue()

    def wait() -> None:
        while line := source.readline():
            lines.put(line)
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    return iter(lines.get, b"")


def main() -> None:
    """Run as a separate process, with the words COMMAND and PROTOCOL... of the coming job, and the job on standard input."""
    work(*sys.argv[1:])


def work(*words: str) -> NoReturn:
    """Do the job on standard input, and end the process. `words` are its expected subject, if known."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*_GC_THRESHOLDS)
    _no_core_file()
    source, channel = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if words:
        prepare(words[0], words[1:])

    def emit(event: Event) -> None:
        line = memoryview(json.dumps(event, separators=(",", ":")).encode() + b"\n")
        while line:
            line = line[os.write(channel, line) :]

    serve(os.fdopen(source, "rb"), emit)
    sys.stdout.flush()
    sys.stderr.flush()
    # The system takes the solver's memory back; unwinding it here would only cost time.
    os._exit(0)


def _no_core_file() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
