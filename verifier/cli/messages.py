"""Messages on standard error: one line for the error, one for the user's own line, one for the hint."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from verifier.cli import screen, streams
from verifier.kernel import codes
from verifier.kernel.characters import one_line

if TYPE_CHECKING:
    from verifier.jobs.session import NotWritten
    from verifier.kernel.errors import Error, VerifyError


def say(first: str, *more: str) -> None:
    """Write lines, the first with the name of the command. On a terminal, long lines are broken between words."""
    lines = [one_line(line) for line in (f"verify: {first}", *more)]
    width = screen.columns(sys.stderr) if sys.stderr.isatty() else None
    if width is not None and any(len(line) > width for line in lines):
        from verifier.report.layout import laid_out

        lines = [line.plain for line in laid_out(lines, width)]
    streams.note("".join(f"{line}\n" for line in lines))


def lines_of(error: VerifyError | NotWritten) -> list[str]:
    """The lines for a mistake in the input."""
    position, source, hint = (getattr(error, name, None) for name in ("position", "source", "hint"))
    where = f"{position.file}:{position.line}: " if position is not None else ""
    code = getattr(error, "code", None)
    lines = [where + " ".join(error.message.split()) + (f" [{code}]" if code else "")]
    if source:
        lines.append(f"    {source}")
    if hint:
        lines.append("hint: " + " ".join(hint.split()))
    return lines


def error_text(error: Error) -> str:
    """The lines for any error of the Python interface, for front ends other than the command."""
    from verifier.kernel.errors import VerifyError

    return "\n".join(lines_of(error)) if isinstance(error, VerifyError) else str(getattr(error, "message", error))


def parser_lines(error: Any) -> list[str]:
    """The lines for a mistake that typer's parser found."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "verify"
    close = getattr(error, "possibilities", None)
    message = " ".join(str(error.message if close else error.format_message()).split()).rstrip(".")
    hint = f"did you mean {' or '.join(sorted(close))}?" if close else f"see {command} --help"
    return [f"{message[:1].lower()}{message[1:]} [{codes.USAGE['']}]", f"hint: {hint}"]
