"""`verify show` and `verify report`: a model as text, a trace as a page, and the pages of a night written again."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from verifier import api
from verifier.cli import completion, exitcodes, options, screen, streams
from verifier.cli.front import Front
from verifier.files.writing import check_writable, write
from verifier.jobs.arguments import check_choice, usage
from verifier.kernel.characters import clean_lines

if TYPE_CHECKING:
    from verifier.api.models import ShowOptions
    from verifier.documents import Nightly
    from verifier.report.layout import Item


def show(
    context: typer.Context,
    protocol: Annotated[
        str,
        typer.Argument(
            metavar="PROTOCOL|TRACE.json",
            help="A name, or the path of a Python file, with an optional :VARIANT; with --html a trace document.",
            autocompletion=completion.protocols,
        ),
    ],
    variant: options.Variant = None,
    form: options.Format = "text",
    drop: options.Drop = None,
    settings: options.Set = None,
    properties: options.Selected = None,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="FILE", help="Write the export: M.tla with M.cfg, or a circuit (.aig: binary AIGER)."),
    ] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write the page of a trace; - is stdout.")
    ] = None,
    expressions: Annotated[
        list[str] | None,
        typer.Option("--expression", metavar="FORMULA", help="With --html: evaluate it in every state; repeatable."),
    ] = None,
    compare: Annotated[
        str | None, typer.Option("--compare", metavar="OTHER.json", help="With --html: where the traces part.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--protocol", metavar="FILE", help="With --expression: the model, if not built in or registered."),
    ] = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Print a protocol as text, or in the format of another model checker (TLA+, circuits); or write the page of a trace."""
    front = Front(context.obj, quiet=quiet, no_color=no_color, log_level=log_level)
    is_trace = protocol.lower().endswith(".json")
    if html is not None:
        if not is_trace:
            raise usage(
                f"--html {html}: {protocol} is not a trace document",
                "its name ends in .json, as of verify prove --traces DIR",
            )
        if html != "-":
            check_writable(html, "--html")
        page = api.show_trace(
            protocol,
            expressions=expressions or (),
            compare=compare,
            protocol=model,
            timeout=timeout,
            memory=memory,
            session=front.session,
        )
        return _hand_out(page, html, quiet=quiet)
    for given, name in ((expressions, "--expression"), (compare, "--compare"), (model, "--protocol")):
        if given:
            raise usage(f"{name} goes with the page of a trace", "try: verify show TRACE.json --html trace.html")
    if is_trace:
        raise usage(
            f"{protocol}: a trace is shown as a page",
            f"try: verify show {protocol} --html trace.html, or verify replay",
        )
    check_choice("format", form, options.SHOWN)
    if output is not None and form == "text":
        raise usage("--output goes with an export", "such as --format tla or --format btor2")
    if output not in (None, "-"):
        check_writable(str(output), "--output")
    asked: ShowOptions = {
        "variant": variant,
        "drop": drop or (),
        "settings": settings or (),
        "properties": properties or (),
        "timeout": timeout,
        "memory": memory,
        "session": front.session,
    }
    if form == "tla" and output is not None and output != "-":
        if not re.fullmatch(r"[A-Za-z]\w*\.tla", Path(output).name, re.ASCII):
            raise usage(f"--output {output} cannot hold a module", "its name is that of the module, such as Composed.tla")
        asked["module"] = Path(output).stem
        text = api.show(protocol, format="tla", **asked)
        front.forward_output()
        return _hand_out_module(text, Path(output), quiet=quiet)
    if form == "aiger" and output is not None and output.lower().endswith(".aig"):
        binary = api.show(protocol, format="aig", **asked)
        front.forward_output()
        return _hand_out(binary, output, quiet=quiet)
    text = api.show(protocol, format=cast("Literal['text', 'aiger', 'btor2', 'json', 'smt2', 'tla']", form), **asked)
    front.forward_output()
    if form != "text":
        return _hand_out(text, output or "-", quiet=quiet)
    shown = clean_lines(text.rstrip("\n"))
    if sys.stdout.isatty():
        from verifier.report.model import ModelText

        shown = screen.written([ModelText(shown)], sys.stdout, no_color=no_color)
    streams.out(shown)
    return exitcodes.SUCCESS


def _hand_out(content: str | bytes, path: str, *, quiet: bool) -> int:
    if path == "-" and isinstance(content, str):
        streams.out(content)
        return exitcodes.SUCCESS
    write(path, content)
    if not quiet:
        streams.out(f"wrote {path}\n")
    return exitcodes.SUCCESS


def _hand_out_module(text: str, path: Path, *, quiet: bool) -> int:
    """Write a module and its configuration to two files; neither holds the line that separates them."""
    *module, configuration = text.split("=" * 80 + "\n")
    _hand_out("".join(module) + "=" * 80 + "\n", str(path), quiet=quiet)
    return _hand_out(configuration, str(path.with_suffix(".cfg")), quiet=quiet)


def report(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder of a night's report.json.")],
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Write the pages of a night's run again, from its report.json alone."""
    front = Front(context.obj, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
    return front.run(
        lambda _: api.report(folder),
        code=lambda _: exitcodes.SUCCESS,
        text=lambda document: _written(document, Path(folder)),
        brief=lambda document: _written(document, None),
    )


def _written(document: Nightly, folder: Path | None) -> Iterator[Item]:
    from verifier.report.nights import headline

    yield headline(document)
    if folder is not None:
        yield from (f"wrote {folder / name}" for name in ("index.html", "junit.xml", "summary.md"))
