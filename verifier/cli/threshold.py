"""`verify threshold`: the share of a whole at which each property begins to fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from verifier import api
from verifier.cli import exitcodes, options
from verifier.cli.front import Front

if TYPE_CHECKING:
    from verifier.documents import Thresholds
    from verifier.report.layout import Item


def threshold(
    context: typer.Context,
    protocol: options.Protocol,
    properties: options.Selected = None,
    settings: options.Set = None,
    stakes: Annotated[
        str | None, typer.Option("--stakes", metavar="FILE", help="Stakes of given holders, as JSON: the smallest coalitions.")
    ] = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Find the share of a whole, such as Byzantine stake, at which each property begins to fail, for any sizes."""
    from verifier.files.stakes import read_stakes

    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda session: api.threshold(
            protocol,
            properties=properties or (),
            settings=settings or (),
            stakes=None if stakes is None else read_stakes(stakes),
            timeout=timeout,
            memory=memory,
            session=session,
        ),
        code=exitcodes.of_thresholds,
        text=_text,
        brief=_brief,
    )


def _text(result: Thresholds) -> Iterator[Item]:
    from verifier.report.thresholds import thresholds_text

    return thresholds_text(result)


def _brief(result: Thresholds) -> Iterator[Item]:
    from verifier.report.thresholds import thresholds_summary

    return iter([thresholds_summary(result)])
