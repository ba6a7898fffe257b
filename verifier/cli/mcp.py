"""`verify mcp`: serve the tools to a client of the Model Context Protocol, over standard input and output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, cast

import typer

from verifier.cli import exitcodes, options
from verifier.cli.front import Front
from verifier.cli.messages import say
from verifier.jobs.arguments import check_limits, check_number, usage

if TYPE_CHECKING:
    from verifier.cli.serving import Level


def mcp(
    context: typer.Context,
    root: Annotated[
        str, typer.Option("--root", metavar="DIR", help="The folder whose files may be read; models in it are executed.")
    ] = ".",
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="Time limit for each call.")] = 120,
    memory: Annotated[int, typer.Option("--memory", metavar="MB", help="Memory limit for each call.")] = 4096,
    max_output: Annotated[int, typer.Option("--max-output", metavar="N", help="The most characters of a report.")] = 40_000,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Serve tools over MCP: list, prove, explore, gaps, lemmas, step, replay."""
    Front(context.obj, quiet=quiet, no_color=no_color, log_level=log_level)
    check_limits(timeout, memory, in_process=False)
    check_number("max_output", max_output, 1000)
    try:
        from verifier.cli.reach import Reach
        from verifier.cli.serving import Limits, server
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        hint = "pip install 'protocol-verify[mcp]', or in a checkout pip install '.[mcp]'"
        raise usage("the MCP SDK, version 2, is not installed", hint) from None
    serving = server(Reach.of(root), Limits(timeout, memory, max_output), log_level=cast("Level", log_level.upper()))
    if sys.stdin.isatty() and not quiet:
        say("waiting for a client of MCP on standard input; Ctrl-C ends")
    serving.run("stdio")
    return exitcodes.SUCCESS
