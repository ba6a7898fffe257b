"""`verify lemmas`: each lemma and invariant by itself, once, or again whenever the model's file is saved."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from verifier import api
from verifier.cli import completion, exitcodes, options, streams
from verifier.cli.front import Caller, Front
from verifier.cli.messages import lines_of, say
from verifier.jobs.arguments import usage

if TYPE_CHECKING:
    from verifier.documents import Lemmas
    from verifier.report.layout import Item

_LOOKED_AT = 0.1  # seconds between two checks of the file


def lemmas(
    context: typer.Context,
    protocol: options.Protocol,
    action: Annotated[
        str | None,
        typer.Argument(
            metavar="[ACTION]",
            help="With --preserved: check the steps of this action alone.",
            autocompletion=completion.actions,
        ),
    ] = None,
    scope: options.Scope = "published",
    initially: Annotated[bool, typer.Option("--initially", help="Check only whether they hold initially.")] = False,
    preserved: Annotated[
        bool, typer.Option("--preserved", help="Check only whether steps preserve them, action by action, or those of ACTION.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever the file of the model is saved.")] = False,
    k: Annotated[int, typer.Option("--k", metavar="N", help="Depth of the search, where not all states can be searched.")] = 8,
    variant: options.Variant = None,
    drop: options.Drop = None,
    settings: options.Set = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    log_level: options.LogLevel = "warning",
) -> int:
    """Check each lemma and invariant by itself: inductive, false, not preserved by an action, or unknown."""
    if action is not None and not preserved:
        hint = f"verify lemmas {protocol} --preserved {action}"
        raise usage(f"{action}: an action goes with --preserved", hint)

    def once(caller: Caller) -> int:
        front = Front(caller, json_file=json_file, quiet=quiet, no_color=no_color, log_level=log_level)
        return front.run(
            lambda session: api.lemmas(
                protocol,
                scope=scope,
                initially=initially,
                preserved=action or preserved,
                k=k,
                variant=variant,
                drop=drop or (),
                settings=settings or (),
                timeout=timeout,
                memory=memory,
                session=session,
            ),
            code=exitcodes.of_lemmas,
            text=_text,
            brief=_brief,
        )

    return _watched(protocol, context.obj, once) if watch else once(context.obj)


def _text(result: Lemmas) -> Iterator[Item]:
    from verifier.report.lemmas import lemmas_text

    return lemmas_text(result)


def _brief(result: Lemmas) -> Iterator[Item]:
    from verifier.report.lemmas import lemmas_summary

    return iter([lemmas_summary(result)])


def _watched(reference: str, caller: Caller, once: Callable[[Caller], int]) -> int:
    """Run `once`, and again after each change of the file, until the user interrupts it."""
    path = reference if os.path.exists(reference) else reference.rpartition(":")[0]
    if not os.path.isfile(path):
        raise usage(f"--watch: {reference} is not a file", "give the path of the model's file")
    from verifier.jobs.forkserver import ForkServer

    server = ForkServer()
    try:
        while True:
            seen = _state(path)
            _tried(caller, once)
            streams.note(f"waiting for {path} to be saved; Ctrl-C ends\n")
            while _state(path) == seen:
                caller.check()
                time.sleep(_LOOKED_AT)
            caller.worker = server.start("lemmas")
    finally:
        server.close()


def _tried(caller: Caller, once: Callable[[Caller], int]) -> None:
    """Run once; a mistake in the model is reported, and can be corrected."""
    from verifier.kernel.errors import VerifyError

    try:
        once(caller)
    except VerifyError as error:
        say(*lines_of(error))


def _state(path: str) -> tuple[int, int, int] | None:
    """Attributes that change when a file is saved; None while it is missing, as when an editor replaces it in two steps."""
    try:
        result = os.stat(path)
    except OSError:
        return None
    return result.st_mtime_ns, result.st_size, result.st_ino
