"""`verify step`: walk through a protocol in the terminal, or by a script."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verifier import api
from verifier.cli import exitcodes, options, streams
from verifier.cli.front import Front
from verifier.files.writing import check_writable, write
from verifier.jobs.arguments import usage
from verifier.kernel.characters import one_line

if TYPE_CHECKING:
    from verifier.session.walk import Walk


def step(
    context: typer.Context,
    protocol: options.Protocol,
    script: Annotated[
        str | None,
        typer.Option("--script", metavar="FILE", help="Execute the commands of a file, one per line; - is standard input."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page for walking through the reachable states.")
    ] = None,
    max_states: Annotated[
        int, typer.Option("--max-states", metavar="N", help="The most states on that page.")
    ] = 3_000,
    settings: options.Set = None,
    variant: options.Variant = None,
    drop: options.Drop = None,
    timeout: Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", help="Time limit for each answer.")] = None,
    memory: options.Memory = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Walk through a protocol: enabled steps, why others are disabled, undo, a path to a state."""
    front = Front(context.obj, quiet=quiet, no_color=no_color, log_level=log_level)
    lines = None if script is None else _lines(script)
    if html is not None:
        check_writable(str(html), "--html")
    elif script is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise usage("verify step needs a terminal", "give it commands with --script FILE, or --script -")
    if script is None and html is None:
        front.session.on_tick = front.session.on_event = None  # the progress line would write over the screen
    with api.walk(
        protocol,
        variant=variant,
        drop=drop or (),
        settings=settings or (),
        timeout=timeout,
        memory=memory,
        session=front.session,
    ) as walk:
        try:
            if html is not None:
                write(html, walk.page(max_states=max_states))
            if lines is not None:
                return _carry_out(walk, script or "", lines, quiet)
            if html is not None:
                return exitcodes.SUCCESS
            from verifier.cli.stepping import Stepping

            app = Stepping(walk)
            app.run()
            if app.failure is not None:
                raise app.failure
        finally:
            front.session.output = walk.output
            front.forward_output()
    return exitcodes.SUCCESS


def _lines(script: str) -> Iterator[str]:
    """The lines of a script; UsageError if it cannot be read."""
    if script == "-":
        return iter(sys.stdin.readline, "")
    from verifier.files.reading import MEBIBYTE, read_bytes

    try:
        return iter(read_bytes(script, largest=MEBIBYTE).decode("utf-8").splitlines())
    except UnicodeDecodeError:
        raise usage(f"{script} is not text in UTF-8") from None


def _carry_out(walk: Walk, script: str, lines: Iterator[str], quiet: bool) -> int:
    """Executes a script up to its end, or to the first line with an error."""
    from verifier.kernel.errors import UsageError
    from verifier.session.script import Commands

    commands = Commands(walk)
    for number, line in enumerate(lines, 1):
        try:
            shown = commands.run(line)
        except UsageError as error:
            where = "standard input" if script == "-" else script
            raise UsageError(f"{where}:{number}: {error.message}", hint=error.hint) from None
        if shown and not quiet:
            streams.out("".join(f"{one_line(text)}\n" for text in (f"> {line.strip()}", *shown)))
        if commands.done:
            break
    return exitcodes.OPEN if commands.missed else exitcodes.SUCCESS
