"""`verify check`: re-check certificates in a fresh process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from verifier import api
from verifier.cli import exitcodes, options
from verifier.cli.front import Front

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.documents.certificate import Check
    from verifier.report.layout import Item


def check(
    context: typer.Context,
    certificates: Annotated[list[str], typer.Argument(metavar="CERTIFICATE...", help="Certificate files.")],
    solver: Annotated[
        str, typer.Option("--solver", metavar="|".join(api.CHECKERS), help="Which solvers must agree.")
    ] = "both",
    rederive: Annotated[
        bool, typer.Option("--rederive", help="Derive the obligations again from the model, and compare.")
    ] = False,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", metavar="FILE", help="The model, if it is not built in or registered."),
    ] = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Re-check certificates, from their SMT-LIB text alone."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda session: api.check(
            list(certificates),
            solver=solver,
            rederive=rederive,
            protocol=protocol,
            timeout=timeout,
            memory=memory,
            session=session,
        ),
        code=of_check,
        text=lambda result: _text(result, brief=False),
        brief=lambda result: _text(result, brief=True),
    )


def _text(result: Check, *, brief: bool) -> Iterator[Item]:
    from verifier.report.check import check_text

    return check_text(result, brief=brief)


def of_check(result: Check) -> int:
    """The exit code of checked certificates: 1 if one is not valid, 3 if one rests on others that were not given; 3, 124 or 130
    if some were not checked.
    """
    codes = [] if all(entry.valid for entry in result.certificates) else [exitcodes.VIOLATED]
    if any(entry.missing for entry in result.certificates):
        codes.append(exitcodes.OPEN)
    if result.ended != "complete":
        ended = {"timeout": exitcodes.TIMEOUT, "interrupted": exitcodes.INTERRUPTED}
        codes.append(ended.get(result.ended, exitcodes.OPEN))
    return exitcodes.strongest(*codes)
