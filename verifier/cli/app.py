"""The commands of `verify`: each gathers its options, calls the API once, and hands the result to the
report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verifier import api
from verifier.cli import completion, exitcodes, options, outlets, streams
from verifier.cli.check import check
from verifier.cli.front import Front
from verifier.cli.help import example
from verifier.cli.lemmas import lemmas
from verifier.cli.litmus import litmus
from verifier.cli.mcp import mcp
from verifier.cli.nightly import nightly
from verifier.cli.pages import report, show
from verifier.cli.run import run, simulate
from verifier.cli.scenario import scenario
from verifier.cli.step import step
from verifier.cli.threshold import threshold
from verifier.files.writing import file_name, prepare_folder, to_json, withdraw, write
from verifier.jobs.arguments import ALL_VARIANTS, usage

if TYPE_CHECKING:
    from verifier.documents import Result, Results
    from verifier.report.layout import Item


def _version(wanted: bool) -> None:
    if wanted:
        from verifier.cli.help import versions

        streams.out("".join(f"{name} {version}\n" for name, version in versions().items()))
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print versions and exit.")
    ] = False,
) -> None:
    """Prove safety properties of distributed protocols, or find the shortest counterexample."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise usage("no command is given", "try: verify list, or verify prove composed")


def prove(
    context: typer.Context,
    protocols: options.Protocols,
    k: options.Depth = 8,
    properties: options.Selected = None,
    variant: options.Variant = None,
    drop: options.Drop = None,
    scope: options.Scope = "published",
    settings: options.Set = None,
    engine: options.Engine = "auto",
    no_hints: Annotated[bool, typer.Option("--no-hints", help="Ignore the hand-written lemmas.")] = False,
    hints: Annotated[
        str | None,
        typer.Option("--hints", metavar="FILE", help="Use the lemmas of this module too, which is read and not executed."),
    ] = None,
    write_hints: Annotated[
        str | None,
        typer.Option("--write-hints", metavar="FILE", help="Write the lemmas that were found as a module of lemmas."),
    ] = None,
    no_lemmas: Annotated[bool, typer.Option("--no-lemmas", help="Use no lemmas, inferred or hand-written.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show how each verdict was reached.")] = False,
    show_cti: Annotated[
        bool, typer.Option("--show-cti", help="Show the counterexample to induction, where induction failed.")
    ] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first violation.")] = False,
    deadlock: options.Deadlock = False,
    liveness: Annotated[bool, typer.Option("--liveness", help="Decide the liveness properties too.")] = False,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    traces: Annotated[
        str | None,
        typer.Option("--traces", metavar="DIR", help="Write one trace file for each violated property."),
    ] = None,
    certificates: Annotated[
        str | None,
        typer.Option("--certificates", metavar="DIR", help="Write one certificate for each proved property."),
    ] = None,
    junit: outlets.Junit = None,
    sarif: outlets.Sarif = None,
    problems: outlets.Problems = False,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Prove the properties of protocols, or refute them with replayed traces."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    folder = None if traces is None else prepare_folder(traces, "--traces")
    also = outlets.of_results(junit, sarif, hints=write_hints)
    if hints is not None and (no_hints or no_lemmas):
        raise api.UsageError("--hints FILE gives lemmas, which the other option ignores", hint="give one of them")
    if write_hints is not None and (len(protocols) > 1 or protocols[0].endswith(ALL_VARIANTS)):
        raise api.UsageError("--write-hints takes one protocol", hint="write a file for each")
    if folder is not None:
        also.append(lambda result: _write_traces(result, folder))

    def text(result: Result | Results) -> Iterator[Item]:
        if problems:
            return outlets.problem_lines(result)
        return front.report.result_text(result, explain=explain, show_cti=show_cti)  # type: ignore[no-any-return]

    def call(session: api.Session) -> Result | Results:
        return api.prove(
            protocols[0] if len(protocols) == 1 and not protocols[0].endswith(ALL_VARIANTS) else list(protocols),
            k=k,
            properties=properties or (),
            variant=variant,
            drop=drop or (),
            scope=scope,
            settings=settings or (),
            engine=engine,
            hints=hints if hints is not None else not no_hints,
            found=write_hints is not None,
            lemmas=not no_lemmas,
            explain=explain,
            show_cti=show_cti,
            certificates=certificates,
            blame=json_file is not None,
            fail_fast=fail_fast,
            deadlock=deadlock,
            liveness=liveness,
            timeout=timeout,
            memory=memory,
            session=session,
        )

    return front.run(
        call,
        code=exitcodes.of_result,
        text=text,
        brief=lambda result: map(front.report.summary, result.results),
        also=also,
    )


def _write_traces(result: Result | Results, folder: Path) -> None:
    """One file for each property that is violated, and each that is reached, under the contract's name.

    A trace that an earlier run left for a property that is no longer violated is removed: it would contradict the verdict.
    """
    for one in result.results:
        for entry in one.properties:
            path = folder / file_name(one.called, one.variant or "default", entry.name, suffix=".itf.json")
            if entry.trace is not None:
                write(path, to_json(entry.trace.to_document()))
            elif entry.verdict in ("proved", "bounded") or entry.kind == "reachable":
                withdraw(path, lambda document: "#meta" in document and "states" in document)


def explore(
    context: typer.Context,
    protocol: options.Protocol,
    settings: options.Set = None,
    variant: options.Variant = None,
    drop: options.Drop = None,
    symmetry: Annotated[bool, typer.Option("--symmetry", help="Count the orbits of states too.")] = False,
    max_states: Annotated[
        int | None, typer.Option("--max-states", metavar="N", help="Stop at this many distinct states.")
    ] = None,
    dot: Annotated[
        Path | None,
        typer.Option("--dot", metavar="FILE", help="Write the graph of the first 1,000 states there, for Graphviz."),
    ] = None,
    deadlock: options.Deadlock = False,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Visit every reachable state, breadth first, and count them as TLC does."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda session: api.explore(
            protocol,
            variant=variant,
            drop=drop or (),
            settings=settings or (),
            symmetry=symmetry,
            max_states=max_states,
            dot=dot is not None,
            deadlock=deadlock,
            timeout=timeout,
            memory=memory,
            session=session,
        ),
        code=exitcodes.of_search,
        text=lambda result: front.report.exploration_text(result),
        also=[] if dot is None else [lambda result: write(dot, result.dot or "")],
    )


def gaps(
    context: typer.Context,
    protocol: options.Protocol,
    k: Annotated[
        int, typer.Option("--k", metavar="N", help="Depth of unrolling, where not all states can be searched.")
    ] = 8,
    include_bounds: Annotated[
        bool, typer.Option("--include-bounds", help="Leave out guards too that only enforce a search bound.")
    ] = False,
    settings: options.Set = None,
    variant: options.Variant = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Leave out each guard and choice alone, and show what breaks."""
    from verifier.report.gaps import gaps_summary, gaps_text

    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda session: api.gaps(
            protocol,
            k=k,
            include_bounds=include_bounds,
            variant=variant,
            settings=settings or (),
            timeout=timeout,
            memory=memory,
            session=session,
        ),
        code=exitcodes.of_gaps,
        text=gaps_text,
        brief=lambda result: iter([gaps_summary(result)]),
    )


def replay(
    context: typer.Context,
    trace: Annotated[str, typer.Argument(metavar="TRACE.json", help="A trace document.")],
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
    """Re-execute a trace step by step, without any solver."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda session: api.replay(trace, protocol=protocol, timeout=timeout, memory=memory, session=session),
        code=exitcodes.of_replay,
        text=lambda result: front.report.replay_text(result),
        brief=lambda result: front.report.replay_text(result, steps=False),
    )


def list_(
    context: typer.Context,
    protocol: Annotated[
        str | None,
        typer.Argument(metavar="[PROTOCOL]", help="One protocol, in detail.", autocompletion=completion.protocols),
    ] = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """List protocols with their variants, parameters, actions, guards and properties."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda session: api.list_protocols(protocol, timeout=timeout, memory=memory, session=session),
        code=lambda _: exitcodes.SUCCESS,
        text=lambda result: front.listing_text(result, details=protocol is not None),
    )


def schema(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(
            metavar="NAME",
            help="result, results, explore, gaps, lemmas, list, litmus, replay, run, threshold, trace.",
            autocompletion=completion.documents,
        ),
    ],
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Print the JSON Schema of a document."""
    Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    result = api.schema(name)
    if json_file is None or json_file == "-":
        streams.out_json(result)
    else:
        write(json_file, to_json(result))
    return exitcodes.SUCCESS


def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the protocol and of its file.")],
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Write NAME.py, a commented starting model that proves."""
    Front(context.obj, quiet=quiet, no_color=no_color, log_level=log_level)
    path = api.new_protocol(name)
    if not quiet:
        streams.out(f"wrote {path}; next: verify prove ./{path}\n")
    return exitcodes.SUCCESS


# Each command with its examples, in the order of the help.
COMMANDS: dict[str, tuple[Callable[..., int], tuple[str, ...]]] = {
    "prove": (prove, ("verify prove composed --k 8", "verify prove ./my_protocol.py:broken --json result.json")),
    "explore": (explore, ("verify explore composed --symmetry", "verify explore composed --set Keys=3 --json -")),
    "gaps": (gaps, ("verify gaps composed", "verify gaps ./my_protocol.py --include-bounds --json -")),
    "lemmas": (lemmas, ("verify lemmas hlc", "verify lemmas ./my_protocol.py --scope unbounded --preserved Grant --watch")),
    "litmus": (litmus, ("verify litmus mp.litmus", "verify litmus tests/*.litmus --model rc11 --json -")),
    "threshold": (threshold, ("verify threshold votor-classes", "verify threshold votor-classes --stakes stakes.json")),
    "scenario": (
        scenario,
        ("verify scenario safety --config c.json --output out.json", "verify scenario run --config boundary"),
    ),
    "run": (run, ("verify run composed:gap --seed 7", "verify run composed --until 'catalogVersion == 2' --traces traces")),
    "simulate": (simulate, ("verify run composed:gap --runs 1000 --seed 7",)),
    "step": (step, ("verify step composed", "verify step composed:gap --script commands.txt")),
    "replay": (replay, ("verify replay composed.gap.Composed-1.itf.json",)),
    "check": (check, ("verify check certificates/*.cert.json", "verify check --rederive --solver cvc5 c.cert.json")),
    "list": (list_, ("verify list", "verify list composed")),
    "show": (
        show,
        (
            "verify show composed:gap",
            "verify show composed --format tla --output Composed.tla",
            "verify show composed --format aiger --property Composed-1 --output composed.aig",
            "verify show composed.gap.Composed-1.itf.json --html trace.html",
        ),
    ),
    "nightly": (nightly, ("verify nightly", "verify nightly --suite my_suite.toml --jobs 4 --keep 30")),
    "report": (report, ("verify report reports/2026-03-14",)),
    "mcp": (mcp, ("verify mcp --root protocols --timeout 60",)),
    "schema": (schema, ("verify schema result",)),
    "new": (new, ("verify new my_protocol && verify prove ./my_protocol.py",)),
}


def application(command: str | None = None) -> typer.Typer:
    """The command line; with the name of a command only that one is built, which every start then saves."""
    app = typer.Typer(
        name="verify",
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    )
    app.callback(invoke_without_command=True, epilog=example("verify prove composed --k 8"))(_root)
    for name, (function, examples) in COMMANDS.items():
        if command not in COMMANDS or command == name:
            # Without a short help, a command's help is cut where it does not fit into a line.
            short = (function.__doc__ or "").partition("\n")[0]
            app.command(name=name, short_help=short, epilog=example(*examples))(function)
    return app
