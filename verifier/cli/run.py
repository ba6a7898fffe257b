"""`verify run`: sample runs for a person to read, and a path to a state; `verify simulate`, its old name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verifier import api
from verifier.cli import exitcodes, options
from verifier.cli.front import Front
from verifier.cli.messages import say
from verifier.files.writing import file_name, prepare_folder, to_json, write

if TYPE_CHECKING:
    from verifier.documents import Run
    from verifier.report.layout import Item

Runs = Annotated[int, typer.Option("--runs", metavar="N", help="How many runs.")]
Depth = Annotated[int, typer.Option("--depth", metavar="D", help="The most steps in a run.")]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="The seed of the random choices.")]


def run(
    context: typer.Context,
    protocol: options.Protocol,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="FORMULA", help="Look for a run to a state in which this is true."),
    ] = None,
    runs: Runs = 100,
    depth: Depth = 50,
    seed: Seed = 0,
    settings: options.Set = None,
    variant: options.Variant = None,
    drop: options.Drop = None,
    traces: Annotated[
        str | None, typer.Option("--traces", metavar="DIR", help="Write each run that is shown as a trace file.")
    ] = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Run a protocol: sample runs that show each action and label, violations replayed and shortened."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    folder = None if traces is None else prepare_folder(traces, "--traces")
    return front.run(
        lambda session: api.run(
            protocol,
            until=until,
            variant=variant,
            drop=drop or (),
            settings=settings or (),
            runs=runs,
            depth=depth,
            seed=seed,
            timeout=timeout,
            memory=memory,
            session=session,
        ),
        code=of_run,
        text=lambda result: _text(result, samples=True),
        brief=lambda result: _text(result, samples=False),
        also=() if folder is None else (lambda result: _write_traces(result, folder),),
    )


def simulate(
    context: typer.Context,
    protocol: options.Protocol,
    runs: Runs = 1000,
    depth: Depth = 50,
    seed: Seed = 0,
    settings: options.Set = None,
    variant: options.Variant = None,
    drop: options.Drop = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """The old name of `verify run`."""
    say("simulate is called run now, and goes with the next release")
    return run(
        context, protocol, None, runs, depth, seed, settings, variant, drop, None, timeout, memory, json_file, quiet, no_color,
        log_level,
    )  # fmt: skip


def of_run(result: Run) -> int:
    """The exit code of runs: 1 if something is violated, 3 if the requested state was not found."""
    missed = result.until is not None and not result.found
    codes = [exitcodes.VIOLATED if result.violations else exitcodes.SUCCESS, exitcodes.OPEN if missed else exitcodes.SUCCESS]
    return exitcodes.strongest(*codes, exitcodes.of_end(result.ended))


def _text(result: Run, *, samples: bool) -> Iterator[Item]:
    from verifier.report.run import run_text

    return run_text(result, samples=samples)


def _write_traces(result: Run, folder: Path) -> None:
    """One file for each run that is shown: a violation has the name of its property, other runs have the name of their kind."""
    shown = {violation.published_name or violation.property: violation.trace for violation in result.violations}
    shown |= {f"sample-{number}": sample.trace for number, sample in enumerate(result.samples, 1)}
    if result.trace is not None:
        shown["until"] = result.trace
    for name, trace in shown.items():
        path = folder / file_name(result.protocol, result.variant or "default", name, suffix=".itf.json")
        write(path, to_json(trace.to_document()))
