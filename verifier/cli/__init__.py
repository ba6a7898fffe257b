"""The command line. This module is the entry point, and it starts the worker before anything slow is
imported.
"""

from __future__ import annotations

import gc
import os
import sys
import time

TYPE_CHECKING = False  # type checkers know the name; `typing` is not needed before the worker is started
if TYPE_CHECKING:
    from verifier.jobs.launch import Worker

# The commands whose work is done by a worker process.
_WORKING = frozenset({"prove", "check", "explore", "gaps", "run", "simulate", "step", "replay", "list", "show"})


def main() -> None:
    """Run `verify` with the arguments of the process, and exit with the code of the contract."""
    if sys.platform == "win32":
        from verifier.jobs.launch import UNSUPPORTED

        sys.stderr.write("verify: {}\nhint: {}\n".format(*UNSUPPORTED))
        sys.exit(2)
    started = time.monotonic()
    gc.set_threshold(50_000, 20, 20)  # most objects of this process belong to imported modules, which stay
    arguments = sys.argv[1:]
    worker = None
    code = 130
    try:
        _occupy_standard_streams()
        worker = _start_ahead(arguments, started)
        from verifier.cli import streams

        streams.prepare()
        from verifier.cli.entry import run

        code = run(arguments, worker)
    except KeyboardInterrupt:
        pass
    finally:
        if worker is not None:
            worker.kill()
    # Unwinding every imported module takes longer than parsing the arguments.
    os._exit(code)


def _occupy_standard_streams() -> None:
    """Open the null device in place of each closed standard stream: the next pipe or file would get its number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _start_ahead(arguments: list[str], started: float) -> Worker | None:
    """Start the worker if the arguments look as if they will need one; it is discarded if they turn out not
    to.
    """
    words = [word for word in arguments if not word.startswith("-")]
    if not words or words[0] not in _WORKING or words[0] != arguments[0]:
        return None
    if "--help" in arguments or "_VERIFY_COMPLETE" in os.environ:
        return None
    from verifier.jobs.launch import start

    return start(words[0], *words[1:], started=started)
