"""Shell completion of protocols and their variants, properties, guards, parameters and actions, and names of documents.

A worker process describes the model, as for `verify list`, within a short time. The completing process executes no model; if
anything goes wrong, it offers nothing and prints nothing.
"""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from verifier.documents.listing import ListedProtocol

SECONDS = 3.0  # that a model may take to describe itself

_BREAKS = (":", "=")  # at which bash breaks words, in addition to blanks


def protocols(incomplete: str) -> list[str]:
    """The available protocols; after a colon, the variants of one."""
    reference, colon, _ = incomplete.rpartition(":")
    if not colon:
        from verifier.catalog import names

        return _beginning(incomplete, names())
    described = _described(reference)
    return [] if described is None else _beginning(incomplete, (f"{reference}:{variant}" for variant in described.variants))


def several_protocols(incomplete: str) -> list[str]:
    """As `protocols`; also all variants of one, where there are several."""
    found = protocols(incomplete)
    reference, colon, _ = incomplete.rpartition(":")
    return [*found, *_beginning(incomplete, [f"{reference}:*"])] if colon and len(found) > 1 else found


def variants(context: typer.Context, incomplete: str) -> list[str]:
    """The variants of the protocol on the command line."""
    return _of_model(context, incomplete, lambda model: model.variants)


def properties(context: typer.Context, incomplete: str) -> list[str]:
    """Its properties, by their short names."""
    return _of_model(context, incomplete, lambda model: (entry.name for entry in model.properties))


def drops(context: typer.Context, incomplete: str) -> list[str]:
    """Its guards, choices and conditions of fairness, as `--drop` takes them."""
    return _of_model(context, incomplete, _dropped)


def settings(context: typer.Context, incomplete: str) -> list[str]:
    """Its parameters, each with an equals sign."""
    return _of_model(context, incomplete, lambda model: (f"{entry.name}=" for entry in model.parameters))


def actions(context: typer.Context, incomplete: str) -> list[str]:
    """Its actions."""
    return _of_model(context, incomplete, lambda model: (entry.name for entry in model.actions))


def documents(incomplete: str) -> list[str]:
    """The names of documents that have a schema."""
    from verifier.documents.schemas import DOCUMENTS

    return _beginning(incomplete, DOCUMENTS)


def one_of(values: tuple[str, ...]) -> Callable[[str], list[str]]:
    """A function that completes to these values."""

    def complete(incomplete: str) -> list[str]:
        return _beginning(incomplete, values)

    return complete


def _beginning(incomplete: str, values: Iterable[str]) -> list[str]:
    return [value for value in values if value.startswith(incomplete)]


def _dropped(model: ListedProtocol) -> Iterable[str]:
    for action in model.actions:
        yield from (f"{action.name}.{guard.name}" for guard in action.guards)
    for assumption in model.fairness:
        fair = [name for condition in assumption.conditions for name in re.findall(r"\b[WS]F\((\w+)", condition)]
        yield from (f"{assumption.name}.{name}" for name in dict.fromkeys(fair))


def _of_model(context: typer.Context, incomplete: str, names: Callable[[ListedProtocol], Iterable[str]]) -> list[str]:
    given = context.params.get("protocol") or context.params.get("protocols") or _named_before(context)
    reference = given if isinstance(given, str) else next(iter(given or ()), None)
    described = None if reference is None else _described(reference.removesuffix(":*"))
    return [] if described is None else _beginning(incomplete, names(described))


def _named_before(context: typer.Context) -> str | Sequence[str] | None:
    """The protocol among the words, where the parser gave up at an option that has no value yet."""
    words = _words()
    if context.info_name not in words:
        return None
    typed = words[words.index(context.info_name) + 1 :]
    while typed and typed[-1].startswith("-"):
        typed.pop()
    params = context.command.make_context(context.info_name, typed, resilient_parsing=True).params
    return params.get("protocol") or params.get("protocols")


def _words() -> list[str]:
    """The words of the line before the one that is being completed, as the shells hand them over."""
    if "COMP_WORDS" in os.environ:
        return shlex.split(os.environ["COMP_WORDS"])[: int(os.environ.get("COMP_CWORD", "0"))]
    line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = shlex.split(line)
    return words if line.endswith(" ") else words[:-1]


def _described(reference: str) -> ListedProtocol | None:
    """The description of one model, as for `verify list`; None if it cannot be loaded in time."""
    from verifier import api

    with suppress(Exception):
        return api.list_protocols(reference, timeout=SECONDS).protocols[0]
    return None


def answer(complete: Callable[[], object]) -> int:
    """Answer a shell's completion request, and return the exit code.

    bash breaks words at colons and equals signs too. They are joined again before `complete` reads them, and its output is
    shortened to the part after the last of them.
    """
    known = _joined() if os.environ.get("_VERIFY_COMPLETE") == "complete_bash" else ""
    printed, code = io.StringIO(), 0
    with redirect_stdout(printed), redirect_stderr(io.StringIO()):
        try:
            complete()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        except Exception:
            return 0
    from verifier.cli import streams

    streams.out("".join(f"{line.removeprefix(known)}\n" for line in printed.getvalue().splitlines()))
    return code


def _joined() -> str:
    """Join words that bash has broken, and return the part of the last one that bash takes for separate words."""
    try:
        words, current = shlex.split(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"])
    except (KeyError, ValueError):
        return ""
    whole: list[str] = []
    glued = False
    for word in words[: current + 1]:
        if whole and (word in _BREAKS or (glued and not word.startswith("-"))):
            whole[-1] += word
        else:
            whole.append(word)
        glued = word in _BREAKS
    if current >= len(words) and not glued:
        whole.append("")
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = shlex.join(whole), str(len(whole) - 1)
    last = whole[-1] if whole else ""
    return last[: max(map(last.rfind, _BREAKS)) + 1]
