"""The options that several commands share, with their help texts."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.api import ENGINES, SCOPES
from verifier.cli import completion

SHOWN = ("text", "json", "tla", "smt2", "aiger", "btor2")
LOG_LEVELS = ("debug", "info", "warning", "error")

Protocol = Annotated[
    str,
    typer.Argument(
        metavar="PROTOCOL",
        help="A name, or the path of a Python file, with an optional :VARIANT.",
        autocompletion=completion.protocols,
    ),
]
Protocols = Annotated[
    list[str],
    typer.Argument(
        metavar="PROTOCOL",
        help="Names, or paths of Python files, each with an optional :VARIANT, or :* for all variants.",
        autocompletion=completion.several_protocols,
    ),
]
Variant = Annotated[
    str | None,
    typer.Option(
        "--variant",
        metavar="NAME",
        help="The variant, for protocols given without one.",
        autocompletion=completion.variants,
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        "--drop",
        metavar="ACTION.NAME",
        help="Leave out one named guard, choice or condition of fairness. Repeatable.",
        autocompletion=completion.drops,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set a parameter: Keys=3, or Keys={a,b}. Repeatable.",
        autocompletion=completion.settings,
    ),
]
Scope = Annotated[
    str,
    typer.Option(
        "--scope",
        metavar="|".join(SCOPES),
        help="The sizes of the model, or any sizes.",
        autocompletion=completion.one_of(SCOPES),
    ),
]
Engine = Annotated[
    str,
    typer.Option("--engine", metavar="|".join(ENGINES), help="Which engine decides.", autocompletion=completion.one_of(ENGINES)),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="|".join(SHOWN),
        help="Text, JSON, or the format of another model checker.",
        autocompletion=completion.one_of(SHOWN),
    ),
]
Depth = Annotated[int, typer.Option("--k", metavar="N", help="Bound for unrolling and k-induction.")]
Selected = Annotated[
    list[str] | None,
    typer.Option(
        "--property",
        metavar="NAME",
        help="A property, by its short or its full name. Repeatable.",
        autocompletion=completion.properties,
    ),
]
Deadlock = Annotated[
    bool, typer.Option("--deadlock", help="Also check whether every state has a step, or may stop.")
]
Timeout = Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", help="Time limit for the whole call.")]
Memory = Annotated[int | None, typer.Option("--memory", metavar="MB", help="Memory limit for the whole call.")]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the machine-readable document; - is stdout."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print summaries and errors only.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print plain text (as with NO_COLOR set).")]
LogLevel = Annotated[
    str,
    typer.Option(
        "--log-level",
        metavar="|".join(LOG_LEVELS),
        help="How much to print on stderr.",
        autocompletion=completion.one_of(LOG_LEVELS),
    ),
]
