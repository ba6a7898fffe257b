"""`verify litmus`: tests in herd's format, under memory models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from verifier import api
from verifier.cli import exitcodes, options
from verifier.cli.front import Front

if TYPE_CHECKING:
    from verifier.documents.litmus import Litmus
    from verifier.report.layout import Item


def litmus(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Litmus tests in herd's format, C dialect.")],
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="sc|tso|rc11|armv8", help="The memory model; by default all of them. Repeatable."),
    ] = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Decide litmus tests: whether memory models allow the outcome, and which axioms forbid it."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda session: api.litmus(list(files), models=model or (), timeout=timeout, memory=memory, session=session),
        code=of_litmus,
        text=lambda result: _text(result, brief=False),
        brief=lambda result: _text(result, brief=True),
    )


def _text(result: Litmus, *, brief: bool) -> Iterator[Item]:
    from verifier.report.litmus import litmus_summary, litmus_text

    return litmus_summary(result) if brief else litmus_text(result)


def of_litmus(result: Litmus) -> int:
    """The exit code of litmus tests: 1 if one differs from what its file expects, 3 if that is not known."""
    entries = [entry for test in result.tests for entry in test.models]
    codes = [exitcodes.VIOLATED] if any(entry.met is False for entry in entries) else []
    if any(entry.outcome is None for entry in entries):
        codes.append(exitcodes.OPEN)
    return exitcodes.strongest(*codes)
