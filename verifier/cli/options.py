"""The options that several commands share, with their help texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from verifier.api import ENGINES, SCOPES

SHOWN = ("text", "tla", "aiger", "btor2")
LOG_LEVELS = ("debug", "info", "warning", "error")


def known_protocols(incomplete: str) -> list[str]:
    """For shell completion: the protocols at hand."""
    from verifier.catalog import names

    return [name for name in names() if name.startswith(incomplete)]


def _one_of(values: tuple[str, ...]) -> Callable[[str], list[str]]:
    """For shell completion: some of these values."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


Protocol = Annotated[
    str,
    typer.Argument(
        metavar="PROTOCOL",
        help="A name, or the path of a Python file, with an optional :VARIANT.",
        autocompletion=known_protocols,
    ),
]
Protocols = Annotated[
    list[str],
    typer.Argument(
        metavar="PROTOCOL",
        help="Names, or paths of Python files, each with an optional :VARIANT.",
        autocompletion=known_protocols,
    ),
]
Variant = Annotated[
    str | None,
    typer.Option("--variant", metavar="NAME", help="The variant, for protocols given without one."),
]
Drop = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="ACTION.NAME", help="Leave out one named guard, choice or condition of fairness. Repeatable."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter: Keys=3, or Keys={a,b}. Repeatable."),
]
Scope = Annotated[
    str,
    typer.Option(
        "--scope", metavar="|".join(SCOPES), help="Published constants, or any size.", autocompletion=_one_of(SCOPES)
    ),
]
Engine = Annotated[
    str,
    typer.Option("--engine", metavar="|".join(ENGINES), help="Which engine decides.", autocompletion=_one_of(ENGINES)),
]
Format = Annotated[
    str,
    typer.Option(
        "--format", metavar="|".join(SHOWN), help="Text, or what another model checker reads.", autocompletion=_one_of(SHOWN)
    ),
]
Depth = Annotated[int, typer.Option("--k", metavar="N", help="Bound for unrolling and k-induction.")]
Selected = Annotated[
    list[str] | None,
    typer.Option("--property", metavar="NAME", help="A property, by short or published name. Repeatable."),
]
Deadlock = Annotated[
    bool, typer.Option("--deadlock", help="Ask, too, whether every state has a step, or may stop.")
]
Timeout = Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", help="Time limit for the whole call.")]
Memory = Annotated[int | None, typer.Option("--memory", metavar="MB", help="Memory limit for the whole call.")]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the machine-readable document; - is stdout."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print summaries and errors only.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print without colours (as with NO_COLOR set).")]
LogLevel = Annotated[
    str,
    typer.Option(
        "--log-level",
        metavar="|".join(LOG_LEVELS),
        help="How much to tell on stderr.",
        autocompletion=_one_of(LOG_LEVELS),
    ),
]
