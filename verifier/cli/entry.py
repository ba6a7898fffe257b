"""Run the application, and turn any failure into one line on standard error and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from verifier.cli import exitcodes, streams
from verifier.cli.messages import lines_of, parser_lines, say
from verifier.jobs.session import CutOff
from verifier.kernel import codes

if TYPE_CHECKING:
    from verifier.jobs.launch import Worker


def run(arguments: list[str], worker: Worker | None = None) -> int:
    """Run `verify` with `arguments`.

    Args:
        arguments: without the program's name.
        worker: a worker that was started ahead for the command in the arguments.

    Returns:
        The exit code of the contract.
    """
    try:
        return _invoke(arguments, worker)
    except KeyboardInterrupt:
        return exitcodes.INTERRUPTED
    except BrokenPipeError:
        streams.silence()
        return exitcodes.SUCCESS
    except CutOff as error:
        say(error.message)
        return exitcodes.of_end(error.ended)
    except Exception as error:
        return _failed(error, arguments)


def _invoke(arguments: list[str], worker: Worker | None) -> int:
    from verifier.cli.front import Caller

    caller = Caller(worker)
    for number in (signal.SIGINT, signal.SIGTERM):  # also for a background job, which starts with the first ignored
        signal.signal(number, caller.interrupt)

    import typer

    from verifier.cli.app import application
    from verifier.cli.coercion import read_plainly

    command = typer.main.get_command(application(arguments[0] if arguments else None))
    read_plainly(command)
    if "_VERIFY_COMPLETE" in os.environ:
        from verifier.cli.completion import answer

        return answer(lambda: command.main(arguments, prog_name="verify", obj=caller))
    try:
        # Not `main`, which turns a closed pipe and an interrupt into its own exit codes.
        with command.make_context("verify", list(arguments), obj=caller) as context:
            code = command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    return code if isinstance(code, int) else exitcodes.SUCCESS


def _failed(error: Exception, arguments: list[str]) -> int:
    """Say what went wrong, in at most three lines, and return the exit code."""
    from verifier.api import InternalError
    from verifier.kernel.errors import VerifyError

    mistake = streams.refused(error) if isinstance(error, OSError) else error
    if isinstance(mistake, VerifyError):
        say(*lines_of(mistake))
        return exitcodes.USAGE
    if hasattr(error, "format_message"):  # the exceptions of typer's parser, wherever this version keeps them
        say(*parser_lines(error))
        return exitcodes.USAGE
    details = error.details if isinstance(error, InternalError) else ""
    message = error.message if isinstance(error, InternalError) else f"{type(error).__name__}: {error}"
    first = (message.splitlines() or [""])[0]
    say(f"internal error: {first} [{codes.INTERNAL}]", f"report: {_write_report(error, details, arguments)}")
    return exitcodes.INTERNAL


def _write_report(error: Exception, details: str, arguments: list[str]) -> str:
    """Write the details that the maintainers need to a new file, and return its path."""
    import tempfile
    import traceback

    from verifier.cli.help import versions

    lines = [
        "Internal error of verify. Please send this file to its maintainers, with the model if you can.",
        "",
        f"arguments: {arguments}",
        *(f"{name}: {version}" for name, version in versions().items()),
        f"platform: {sys.platform}",
        "",
        details,
        "".join(traceback.format_exception(error)),
    ]
    try:
        descriptor, path = tempfile.mkstemp(prefix="verify-report-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines))
    except OSError as failed:
        return f"could not be written ({failed.strerror})"
    return path
