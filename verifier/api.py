"""The Python interface: the verbs of the command line with keyword-only options and typed, frozen results.

Each call does its work in a child process, which a time or memory limit can stop whatever a solver is doing;
with `in_process=True` it does the work in the caller's process. Nothing is printed. The command line calls
nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack, cast, overload

from verifier.files.writing import prepare_folder, write
from verifier.jobs.arguments import (
    ALL_VARIANTS,
    CHECKERS,
    ENGINES,
    FORMATS,
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
from verifier.jobs.progress import Checked, Decided, Dropped, Progress, Working, following
from verifier.jobs.session import Answer, CutOff, InternalError, Interrupted, NotWritten, Session
from verifier.jobs.session import run as run_job
from verifier.kernel.errors import Error, ModelError, UsageError, VerifyError

if TYPE_CHECKING:
    from verifier.documents import (
        Check,
        Document,
        Exploration,
        Gaps,
        Lemmas,
        Listing,
        Litmus,
        Nightly,
        Replayed,
        Result,
        Results,
        Run,
        Thresholds,
        Trace,
    )
    from verifier.jobs.nightly.run import Watch
    from verifier.kernel.protocol import Protocol
    from verifier.session.walk import Walk
    from verifier.wire.events import AnyDocument
    from verifier.wire.jobs import (
        CheckJob,
        ExploreJob,
        GapsJob,
        Job,
        LemmasJob,
        ListJob,
        LitmusJob,
        ProveJob,
        ReadJob,
        Reference,
        ReplayJob,
        RunJob,
        ShowJob,
        ShownFormat,
        Source,
        StepJob,
        ThresholdJob,
    )
    from verifier.wire.listings import ShownText

    Model = str | Path | Protocol

__all__ = [
    "CHECKERS",
    "ENGINES",
    "SCOPES",
    "Checked",
    "CutOff",
    "Decided",
    "Dropped",
    "Error",
    "InternalError",
    "Interrupted",
    "ModelError",
    "NotWritten",
    "Session",
    "UsageError",
    "VerifyError",
    "Working",
    "check",
    "explore",
    "gaps",
    "lemmas",
    "list_protocols",
    "litmus",
    "load",
    "new_protocol",
    "nightly",
    "prove",
    "replay",
    "report",
    "run",
    "schema",
    "show",
    "show_trace",
    "simulate",
    "threshold",
    "walk",
]

D = TypeVar("D", bound="Document")


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


class ShowOptions(TypedDict, total=False):
    """The options of `show`, which documents them."""

    variant: str | None
    drop: Sequence[str]
    settings: Settings
    properties: Sequence[str]
    module: str | None
    timeout: float | None
    memory: int | None
    in_process: bool
    session: Session | None


def load(reference: str | Path) -> Protocol:
    """Load a protocol into this process: the name of a built-in or registered one, or the path of a Python
    file.

    Raises:
        UsageError: there is no such protocol or file.
        ModelError: the file does not describe a well-formed protocol.
    """
    from verifier.catalog import load as load_protocol

    return load_protocol(str(reference))


def list_protocols(
    protocol: Model | None = None,
    *,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Listing:
    """The available protocols with their variants, parameters, actions and properties, or one of them.

    Args:
        timeout, memory, in_process, session: as for `prove`.

    Raises:
        UsageError: there is no such protocol.
        CutOff: a limit was reached.
    """
    check_limits(timeout, memory, in_process)
    job: ListJob = {"command": "list", "protocol": None if protocol is None else model_reference(protocol, in_process)}
    answer = _run(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Listing

    return _one(Listing, answer)


@overload
def show(
    protocol: Model, *, format: Literal["text", "aiger", "btor2", "json", "smt2", "tla"] = "text", **options: Unpack[ShowOptions]
) -> str: ...


@overload
def show(protocol: Model, *, format: Literal["aig"], **options: Unpack[ShowOptions]) -> bytes: ...


def show(
    protocol: Model,
    *,
    format: str = "text",
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    properties: Sequence[str] = (),
    module: str | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> str | bytes:
    """A protocol as text for people, or at the published scope in the format of another model checker.

    Args:
        format: `text`; `tla`, a module followed by its configuration; `aiger` (ASCII), `aig` (AIGER's binary form, as
            bytes) or `btor2`, a circuit; `smt2`, functions of SMT-LIB 2; `json`, the document `verify.model/1`.
        variant: the variant, for references that name none.
        drop, settings: as for `prove`; they go with an export.
        properties: the properties to export; all if empty (for a circuit, all except laws and liveness).
        module: the name of the module, by default that of the protocol.
        timeout, memory, in_process, session: as for `prove`.

    Raises:
        UsageError: a name or a value is wrong; the hint says what is allowed.
        CutOff: a limit was reached.
    """
    check_choice("format", format, FORMATS)
    check_limits(timeout, memory, in_process)
    job: ShowJob = {
        "command": "show",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "format": cast("ShownFormat", format),
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
        "properties": list(properties),
        "module": module,
    }
    for name, given in (("drop", job["drops"]), ("set", job["settings"]), ("property", job["properties"])):
        if given and format == "text":
            raise usage(f"--{name} goes with an export", "such as --format tla or --format btor2")
    answer = _run(job, session, timeout=timeout, memory=memory, in_process=in_process)
    text = cast("ShownText", _only(answer))["text"]
    return text.encode("latin-1") if format == "aig" else text


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
    answer = _run(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents.result import Result, Results

    results = tuple(_read(Result, document) for document in answer.documents)
    if answer.refused is not None:
        if results:
            answer.refused.partial = Results(results=results)
        raise answer.refused
    return _finish(answer, Results(results=results) if several else results[0])


def explore(
    protocol: Model,
    *,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    symmetry: bool = False,
    max_states: int | None = None,
    dot: bool = False,
    deadlock: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Exploration:
    """Visit every reachable state breadth first, with TLC's counts; violating states are counted and
    expanded.

    Args:
        symmetry: also count the classes of states under permutations of interchangeable names (`orbits`).
        max_states: stop when this many distinct states are found; the result is then not complete.
        dot: also return the graph of the first 1,000 states, as text for Graphviz.
        protocol, variant, drop, settings, deadlock, timeout, memory, in_process, progress, session: as for `prove`.

    Raises:
        The errors of `prove`.
    """
    check_number("max_states", max_states, 1)
    check_limits(timeout, memory, in_process)
    job: ExploreJob = {
        "command": "explore",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
        "symmetry": symmetry,
        "max_states": max_states,
        "dot": dot,
        "deadlock": deadlock,
    }
    answer = _run(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Exploration

    return _one(Exploration, answer)


def gaps(
    protocol: Model,
    *,
    k: int = 8,
    include_bounds: bool = False,
    variant: str | None = None,
    settings: Settings = (),
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Gaps:
    """Leave out each named guard and choice alone, and report what breaks and on which no property depends.

    Args:
        k: depth of unrolling if there are too many states to search, at least 0.
        include_bounds: also leave out guards that only enforce a search bound.
        protocol, variant, settings, timeout, memory, in_process, progress, session: as for `prove`.

    Returns:
        The properties that break, with replayed traces: exact if all states were searched, otherwise to depth `k`.

    Raises:
        The errors of `prove`.
    """
    check_number("k", k, 0)
    check_limits(timeout, memory, in_process)
    job: GapsJob = {
        "command": "gaps",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "settings": setting_lines(settings),
        "k": k,
        "include_bounds": include_bounds,
    }
    answer = _run(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Gaps

    return _one(Gaps, answer)


def lemmas(
    protocol: Model,
    *,
    scope: str = "published",
    initially: bool = False,
    preserved: bool | str = False,
    k: int = 8,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Lemmas:
    """Check each hand-written lemma and each invariant by itself, with all of them assumed as written.

    Args:
        scope: `published` or `unbounded`.
        initially: check only whether they hold in every initial state.
        preserved: check only whether the steps preserve them, action by action; the name of an action restricts this to its
            steps.
        k: depth of the search for reachable states that falsify one, if not all states can be searched; at least 0.
        protocol, variant, drop, settings, timeout, memory, in_process, progress, session: as for `prove`.

    Returns:
        For each, whether it is inductive, and with which others; false in a reachable state, with the trace; not preserved by
        an action, with the counterexample to induction; or unknown, and why.

    Raises:
        The errors of `prove`.
    """
    check_choice("scope", scope, SCOPES)
    check_number("k", k, 0)
    check_limits(timeout, memory, in_process)
    if initially and preserved is not False:
        raise usage("--initially and --preserved exclude each other", "leave out both: then both are asked")
    job: LemmasJob = {
        "command": "lemmas",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "scope": scope,
        "settings": setting_lines(settings),
        "k": k,
        "question": "initially" if initially else "inductive" if preserved is False else "preserved",
        "action": preserved if isinstance(preserved, str) else None,
    }
    answer = _run(job, following(session, progress), timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Lemmas

    return _one(Lemmas, answer)


def threshold(
    protocol: Model,
    *,
    properties: Sequence[str] = (),
    stakes: Mapping[str, int] | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Thresholds:
    """Find the share of a whole at which each property begins to fail, for any sizes: exactly, with a smallest example.

    The protocol declares the share (`p.share`). A threshold is not a verdict; each comes with the command that gives one.

    Args:
        properties: names of properties of states; by default all of them.
        stakes: the stake of each holder; the result is then the smallest coalition of holders, where each holder acts as a
            whole.
        protocol, timeout, memory, in_process, session: as for `prove`.

    Raises:
        The errors of `prove`, and UsageError if the protocol declares no share.
    """
    check_limits(timeout, memory, in_process)
    job: ThresholdJob = {
        "command": "threshold",
        "protocol": model_reference(protocol, in_process),
        "properties": list(properties),
        "stakes": None if stakes is None else dict(stakes),
    }
    answer = _run(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Thresholds

    return _one(Thresholds, answer)


def run(
    protocol: Model,
    *,
    until: str | None = None,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    runs: int = 100,
    depth: int = 50,
    seed: int = 0,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Run:
    """Sample runs of a protocol that together show each action and each label of an enumeration, as far as they reach.

    Violations are replayed and shortened. The same seed gives the same runs.

    Args:
        until: a formula (docs/watching.md); searches instead for a run to a state in which it is true, the shortest if the
            state is among the first 20,000.
        runs: the number of runs, at least 1.
        depth: the maximum number of steps in a run, at least 0.
        seed: the seed of the random choices.
        protocol, variant, drop, settings, timeout, memory, in_process, session: as for `prove`.

    Raises:
        The errors of `prove`.
    """
    check_number("runs", runs, 1)
    check_number("depth", depth, 0)
    check_limits(timeout, memory, in_process)
    job: RunJob = {
        "command": "run",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
        "runs": runs,
        "depth": depth,
        "seed": seed,
        "until": until,
    }
    answer = _run(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Run

    return _one(Run, answer)


def simulate(protocol: Model, *, runs: int = 1000, **options: Any) -> Run:
    """The old name of `run`."""
    import warnings

    warnings.warn("simulate is called run now, and goes with the next release", DeprecationWarning, stacklevel=2)
    return run(protocol, runs=runs, **options)


def walk(
    protocol: Model,
    *,
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Walk:
    """Walk through a protocol step by step: enabled steps, why others are disabled, undo, a path to a state.

    Args:
        timeout: seconds for each answer.
        protocol, variant, drop, settings, memory, in_process, session: as for `prove`.

    Raises:
        The errors of `prove`.
    """
    from verifier.session.walk import open_walk

    job: StepJob = {
        "command": "step",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
    }
    return open_walk(job, session or Session(), timeout=timeout, memory=memory, in_process=in_process)


def replay(
    trace: str | Path | Mapping[str, Any] | Trace,
    *,
    protocol: Model | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Replayed:
    """Re-execute a trace with the concrete semantics only.

    Args:
        trace: the path of a trace document, or the document itself. No path inside it is ever opened.
        protocol: the model of the trace, if it is neither built in nor registered.
        timeout, memory, in_process, session: as for `prove`.

    Raises:
        UsageError: not a trace document, or its model is not available.
        CutOff: a limit was reached.
    """
    check_limits(timeout, memory, in_process)
    given = None if protocol is None else model_reference(protocol, in_process)
    session = session or Session()
    job: ReplayJob = {"command": "replay", "source": _source(trace, "trace document", session, timeout), "protocol": given}
    answer = _run(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Replayed

    return _one(Replayed, answer)


def litmus(
    tests: str | Path | Sequence[str | Path],
    *,
    models: Sequence[str] = (),
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Litmus:
    """Decide litmus tests in herd's format, C dialect: whether memory models allow the outcome, and which axioms forbid it.

    Args:
        tests: the path of a file, or several.
        models: `sc`, `tso`, `rc11`, `armv8`, in upper or lower case; all of them if empty.
        timeout, memory, in_process, session: as for `prove`.

    Returns:
        For each test and model, the verdict, an execution that shows it, and whether the file expects it.

    Raises:
        UsageError: a file is in another dialect or has an unsupported construct (with the line), or a model does not exist.
        CutOff: a limit was reached.
    """
    check_limits(timeout, memory, in_process)
    files = [tests] if isinstance(tests, str | Path) else list(tests)
    if not files:
        raise usage("no litmus test is named", "try: verify litmus mp.litmus")
    session = session or Session()
    sources = [_source(file, "litmus test", session, timeout) for file in files]
    job: LitmusJob = {"command": "litmus", "sources": sources, "models": list(models)}
    answer = _run(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Litmus

    return _one(Litmus, answer)


def nightly(
    *,
    suite: str | Path | None = None,
    jobs: int | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    keep: int | None = None,
    scheduler: str | None = None,
    store: str | Path | None = None,
    timeout: float | None = None,
    watch: Watch | None = None,
) -> Nightly:
    """Run a suite of obligations, each in its own process, and compare the verdicts with the expectations.

    Args:
        suite: a TOML file (`verify.suite/1`); the shipped suite if left out.
        jobs: the number of obligations to run at a time; by default the number of available processors.
        out: the folder of the report; by default `reports/<date>`, for a suite of your own `reports/<date>-<name>`.
        fresh: run everything, whatever the store of verdicts holds.
        keep: remove all but this many of the newest dated report folders next to this one.
        scheduler: the address of a Dask scheduler, to run on its cluster.
        store: the file of the store; by default `reports/nightly.sqlite`.
        timeout: seconds for the whole run, in addition to the limits of each obligation in the suite; obligations not run by
            then are open.
        watch: for front ends, callbacks.

    Returns:
        The report, which is also in the folder as `report.json`, next to the pages made from it.

    Raises:
        UsageError: the suite or an option is wrong; nothing was run.
        CutOff: the time limit ran out before anything was run.
        Interrupted: the user interrupted the run; `partial` is the report on the finished obligations.
        NotWritten: a file of the report could not be written; `partial` is the report.
        InternalError: the tool itself failed. A failure within one obligation is in the report.
    """
    check_number("jobs", jobs, 1)
    check_number("keep", keep, 1)
    check_limits(timeout, None, in_process=False)
    from verifier.jobs.nightly.run import Options, Watch, run_suite

    chosen = Options(
        suite=None if suite is None else Path(suite),
        jobs=jobs,
        out=None if out is None else Path(out),
        fresh=fresh,
        keep=keep,
        scheduler=scheduler,
        store=None if store is None else Path(store),
        timeout=timeout,
    )
    watch = watch or Watch()
    result = run_suite(chosen, watch)
    if watch.folder is not None:
        from verifier.report.pages import write_pages

        try:
            write_pages(result, watch.folder)
        except UsageError as error:
            watch.unwritten.append(error.message)
    if result.ended == "interrupted":
        raise Interrupted(result)
    if watch.unwritten:
        raise NotWritten(watch.unwritten[0], result)
    return result


def report(folder: str | Path) -> Nightly:
    """Write a night's pages again (`index.html` and `pages/`, `junit.xml`, `summary.md`), from its `report.json` alone.

    Args:
        folder: the folder that holds `report.json` and receives the pages.

    Raises:
        UsageError: there is no such document, or a page cannot be written.
    """
    from verifier.report.pages import rebuild

    return rebuild(folder)


def show_trace(
    trace: str | Path | Mapping[str, Any] | Trace,
    *,
    expressions: Sequence[str] = (),
    compare: str | Path | Mapping[str, Any] | Trace | None = None,
    protocol: Model | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    session: Session | None = None,
) -> str:
    """A trace as a self-contained HTML page: its steps, their changes, and every state. The model is not needed for these.

    Args:
        trace: the path of a trace document, or the document itself. No path inside it is ever opened.
        expressions: expressions in the language of the model, evaluated in every state.
        compare: another trace, such as that of the same property a week ago; the page says where they part.
        protocol: the model, for expressions, if it is neither built in nor registered.
        timeout, memory, session: as for `prove`.

    Raises:
        UsageError: not a trace document, or an expression that is not one of its model.
        CutOff: a limit was reached.
    """
    check_limits(timeout, memory, in_process=False)
    given = None if protocol is None else model_reference(protocol, in_process=False)
    shown = _read_trace(trace, list(expressions), given, timeout, memory, session)
    other = None if compare is None else _read_trace(compare, [], None, timeout, memory, None)
    from verifier.report.html.page import trace_page

    return trace_page(shown, other=other)


def _read_trace(
    trace: str | Path | Mapping[str, Any] | Trace,
    expressions: list[str],
    protocol: Reference | None,
    timeout: float | None,
    memory: int | None,
    session: Session | None,
) -> Trace:
    """A trace from a file or a document, with expressions along it."""
    from verifier.documents import Trace

    if isinstance(trace, Trace):
        if not expressions:
            return trace
        trace = trace.to_document()
    session = session or Session()
    source = _source(trace, "trace document", session, timeout)
    job: ReadJob = {"command": "read", "source": source, "protocol": protocol, "expressions": expressions}
    return Trace.from_document(_only(_run(job, session, timeout=timeout, memory=memory)))


def check(
    certificates: str | Path | Mapping[str, Any] | Sequence[str | Path | Mapping[str, Any]],
    *,
    solver: str = "both",
    rederive: bool = False,
    protocol: Model | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Check:
    """Re-check certificates from their SMT-LIB text alone.

    Args:
        certificates: the path of a certificate, the document itself, or several of them.
        solver: `z3`, `cvc5`, or `both`: at published scope both must answer each question; at unbounded scope neither may
            contradict, and one must answer.
        rederive: derive the obligations again from the model, and compare.
        protocol: the model, if it is neither built in nor registered; used to rederive, and to repeat the exhaustive searches
            behind proofs. No path inside a certificate is ever opened.
        timeout, memory, session: as for `prove`.
        in_process: check in this process. The solvers are then not confined: the same code reads the text, but a malicious text
            could make them change files. Leave it out for third-party certificates.

    Raises:
        UsageError: not a certificate, or its model is needed and not available.
    """
    check_choice("solver", solver, CHECKERS)
    check_limits(timeout, memory, in_process)
    several = certificates if isinstance(certificates, Sequence) and not isinstance(certificates, str) else [certificates]
    if not several:
        raise usage("no certificate is named", "`verify prove --certificates DIR` writes them")
    session = session or Session()
    named = [(source, "the certificate" if isinstance(source, Mapping) else str(source)) for source in several]
    job: CheckJob = {
        "command": "check",
        "certificates": [
            {"name": name, "source": _source(source, "certificate", session, timeout)} for source, name in named
        ],
        "solver": solver,
        "rederive": rederive,
        "protocol": None if protocol is None else model_reference(protocol, in_process),
    }
    answer = _run(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Check

    return _one(Check, answer)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document: result, results, explore, gaps, lemmas, list, run, replay or trace.

    Raises:
        UsageError: there is no such document.
    """
    from verifier.documents import DOCUMENTS
    from verifier.documents import schema as schema_of

    try:
        return schema_of(name)
    except KeyError:
        from verifier.kernel.errors import nearest

        raise usage(f"there is no document {name!r}", nearest(name, DOCUMENTS, "documents")) from None


def new_protocol(name: str, *, directory: str | Path = ".") -> Path:
    """Write `NAME.py`, a commented starting model that proves.

    Returns:
        The path of the new file.

    Raises:
        UsageError: the name is not a Python identifier, the file exists already, or it cannot be written.
    """
    from importlib.resources import files
    from keyword import iskeyword

    stem = name.removesuffix(".py")
    if not stem.isidentifier() or iskeyword(stem):
        raise usage(
            f"{name!r} cannot name a protocol", "use letters, digits and underscores, such as my_protocol"
        )
    path = Path(directory) / f"{stem}.py"
    template = files("verifier").joinpath("templates", "protocol.py.txt").read_text(encoding="utf-8")
    try:
        # Claimed first, so an existing file is never replaced, even if another process has just created it.
        path.open("x").close()
    except FileExistsError:
        raise usage(f"{path} exists already", "choose another name, or remove the file first") from None
    except OSError as error:
        raise usage(f"{path} cannot be written: {error.strerror}") from None
    try:
        write(path, template.replace("{{name}}", stem))
    except UsageError:
        path.unlink(missing_ok=True)
        raise
    return path


def _run(
    job: Job,
    session: Session | None,
    *,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
) -> Answer:
    return run_job(job, session or Session(), timeout=timeout, memory=memory, in_process=in_process)


def _source(
    given: str | Path | Mapping[str, Any] | Trace, word: str, session: Session, timeout: float | None
) -> Source:
    """A document for a worker to read. Raises CutOff if the time runs out while it is being read."""
    from verifier.documents.reading import source
    from verifier.files.reading import TooSlow

    deadline = None
    if timeout is not None:
        began = time.monotonic() if session.worker is None else session.worker.started
        deadline = began + timeout
    try:
        return source(given, word, deadline=deadline)
    except TooSlow:
        raise CutOff(f"the time limit ran out ({timeout:g} s) while {given} was being read", "timeout") from None


def _finish(answer: Answer, result: D) -> D:
    """The result, or the exception that carries it if the run was interrupted, the tool failed, or a file was not written."""
    if answer.errors is not None:
        if isinstance(answer.errors, InternalError):
            answer.errors.partial = result
        raise answer.errors
    if answer.ended == "interrupted":
        raise Interrupted(result)
    if answer.unwritten:
        others = len(answer.unwritten) - 1
        raise NotWritten(answer.unwritten[0] + (f" ({others} more cannot, either)" if others else ""), result)
    return result


def _only(answer: Answer) -> AnyDocument:
    """The single document of an answer, which must have one."""
    if answer.errors is not None:
        raise answer.errors
    if answer.documents:
        return answer.documents[0]
    if answer.ended == "interrupted":
        raise Interrupted(None)
    raise CutOff(answer.reason, answer.ended)


def _one(kind: type[D], answer: Answer) -> D:
    """The single document of an answer, typed."""
    return _finish(answer, _read(kind, _only(answer)))


def _read(kind: type[D], document: AnyDocument) -> D:
    """A document of the worker, typed; one that does not fit its schema is a fault of the tool."""
    from pydantic import ValidationError

    try:
        return kind.from_document(document)
    except ValidationError as error:
        raise InternalError(
            "the worker sent a document that does not fit its schema", details=str(error)
        ) from error
