"""Prove the properties of a protocol, or refute them: `prove` and its options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

from verifier.api.calls import ask, finish, typed
from verifier.files.writing import prepare_folder
from verifier.jobs.arguments import (
    ALL_VARIANTS,
    ENGINES,
    SCOPES,
    Settings,
    check_choice,
    check_limits,
    check_number,
    drop_names,
    model_reference,
    setting_lines,
    usage,
)
from verifier.jobs.progress import Progress, following
from verifier.jobs.session import Session

if TYPE_CHECKING:
    from verifier.documents import Result, Results
    from verifier.jobs.arguments import Model
    from verifier.wire.jobs import ProveJob

    class ProveOptions(TypedDict, total=False):
        """The options of `prove`, which documents them."""

        k: int
        properties: Sequence[str]
        variant: str | None
        drop: Sequence[str]
        scope: str
        settings: Settings
        engine: str
        hints: bool | str | Path
        lemmas: bool
        explain: bool
        show_cti: bool
        certificates: str | Path | None
        blame: bool
        found: bool
        fail_fast: bool
        deadlock: bool
        liveness: bool
        timeout: float | None
        memory: int | None
        in_process: bool
        progress: Progress | None
        session: Session | None


@overload
def prove(protocols: Model, **options: Unpack[ProveOptions]) -> Result: ...


@overload
def prove(
    protocols: list[str] | list[Model] | tuple[Model, ...], **options: Unpack[ProveOptions]
) -> Results: ...


def prove(
    protocols: Model | list[Model] | tuple[Model, ...] | list[str],
    *,
    k: int = 8,
    properties: Sequence[str] = (),
    variant: str | None = None,
    drop: Sequence[str] = (),
    scope: str = "published",
    settings: Settings = (),
    engine: str = "auto",
    hints: bool | str | Path = True,
    lemmas: bool = True,
    explain: bool = False,
    show_cti: bool = False,
    certificates: str | Path | None = None,
    blame: bool = False,
    found: bool = False,
    fail_fast: bool = False,
    deadlock: bool = False,
    liveness: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Result | Results:
    """Prove the properties of a protocol, or refute them with replayed traces.

    Args:
        protocols: a name or path, each with an optional `:VARIANT`, or several of them in one call; in a list `:*` stands for
            all variants. A `Protocol` object needs `in_process=True`.
        k: bound for unrolling and k-induction, at least 0; explicit search has no depth bound.
        properties: short or published names, case-insensitive; all safety properties if empty.
        variant: the variant, for references that name none.
        drop: named guards and choices to leave out, as `ACTION.NAME`.
        scope: `published` (the constants of the published model) or `unbounded`.
        settings: parameters of the published scope, as a mapping or as `NAME=VALUE` strings.
        engine: `auto`, `bmc`, `kinduction`, `pdr` or `explicit`.
        hints: use the hand-written lemmas that come with the properties; a path: those of this module too, which is read and not
            executed.
        lemmas: use lemmas at all, inferred or hand-written.
        explain: record in `statistics` how each verdict was reached.
        found: write the lemmas that were found as Python, into `statistics.hints`.
        blame: report the guards, choices and lemmas that each proof by induction used; included in `explain`.
        show_cti: if induction failed, show why: the counterexample to induction of each property.
        fail_fast: stop at the first violation; properties without a verdict by then are UNKNOWN.
        deadlock: check the property `Deadlock` too: every reachable state has a step, or may stop.
        liveness: decide all liveness properties too; without it only those that are named.
        certificates: a folder for a certificate of each proved property, and of the properties that these rest on; created if
            only its last part is missing.
        timeout: seconds for the whole call; properties without a verdict by then are UNKNOWN.
        memory: MiB of resident memory of the worker; properties without a verdict when it is used up are UNKNOWN.
        in_process: do the work in this process, without limits.
        progress: called with events (`Working`, `Decided`, ...) while the call works, in the thread of the call.
        session: for front ends: callbacks, and a worker started ahead of the call.

    Returns:
        The result, or for a list or tuple of protocols all results in order.

    Raises:
        UsageError: a name or a value is wrong; the hint says what is allowed.
        ModelError: a model is ill formed; the position is the model's line. With several protocols, `partial` of either
            holds the results of the others.
        Interrupted: the user interrupted the call; `partial` holds what was finished.
        InternalError: the tool itself failed; one reason is a violation that does not replay.
    """
    several = isinstance(protocols, (list, tuple))
    references: list[Any] = list(protocols) if isinstance(protocols, (list, tuple)) else [protocols]
    if not references:
        raise usage("no protocol is named", "see `verify list`")
    if not several and str(protocols).endswith(ALL_VARIANTS):
        raise usage(f"{protocols} names several variants", f'for a result of each give a list: prove(["{protocols}"])')
    check_choice("engine", engine, ENGINES)
    check_choice("scope", scope, SCOPES)
    check_number("k", k, 0)
    check_limits(timeout, memory, in_process)
    folder = None if certificates is None else str(prepare_folder(certificates, "--certificates"))
    job: ProveJob = {
        "command": "prove",
        "protocols": [model_reference(reference, in_process) for reference in references],
        "variant": variant,
        "drops": drop_names(drop),
        "scope": scope,
        "settings": setting_lines(settings),
        "k": k,
        "properties": list(properties),
        "engine": engine,
        "hints": bool(hints),
        "lemmas": lemmas,
        "explain": explain,
        "show_cti": show_cti,
        "certificates": folder,
        "blame": blame,
        "found": found,
        "fail_fast": fail_fast,
        "deadlock": deadlock,
        "liveness": liveness,
    }
    if not isinstance(hints, bool):
        from verifier.files.hints import read_hints

        job["given"], job["given_by"] = read_hints(str(hints)), str(hints)
    answer = ask(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents.result import Result, Results

    results = tuple(typed(Result, document) for document in answer.documents)
    if answer.refused is not None:
        if results:
            answer.refused.partial = Results(results=results)
        raise answer.refused
    return finish(answer, Results(results=results) if several else results[0])
