"""Files that a user has: replay or show a trace, check certificates, decide litmus tests; and the schemas of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verifier.api.calls import ask, one, only, source_of
from verifier.jobs.arguments import CHECKERS, check_choice, check_limits, model_reference, usage
from verifier.jobs.session import Session

if TYPE_CHECKING:
    from verifier.documents import Check, Litmus, Replayed, Trace
    from verifier.jobs.arguments import Model
    from verifier.wire.jobs import CheckJob, LitmusJob, ReadJob, Reference, ReplayJob


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
    job: ReplayJob = {"command": "replay", "source": source_of(trace, "trace document", session, timeout), "protocol": given}
    answer = ask(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Replayed

    return one(Replayed, answer)


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
    source = source_of(trace, "trace document", session, timeout)
    job: ReadJob = {"command": "read", "source": source, "protocol": protocol, "expressions": expressions}
    return Trace.from_document(only(ask(job, session, timeout=timeout, memory=memory)))


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
            {"name": name, "source": source_of(source, "certificate", session, timeout)} for source, name in named
        ],
        "solver": solver,
        "rederive": rederive,
        "protocol": None if protocol is None else model_reference(protocol, in_process),
    }
    answer = ask(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Check

    return one(Check, answer)


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
    sources = [source_of(file, "litmus test", session, timeout) for file in files]
    job: LitmusJob = {"command": "litmus", "sources": sources, "models": list(models)}
    answer = ask(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Litmus

    return one(Litmus, answer)


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
