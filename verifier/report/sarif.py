"""Problems as SARIF 2.1.0, which GitHub's code scanning and editors show at the lines of a model.

Properties are rules, problems are results. A trace is a code flow: each step at the line of its action, with the guards of that
action nested below it, and the property at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from verifier.documents import sarif
from verifier.documents.trace import ACTION, PICKS
from verifier.kernel.characters import clean
from verifier.report.problems import Problem, problems, problems_of_night
from verifier.report.values import arguments, changes, text

if TYPE_CHECKING:
    from verifier.documents.nightly import Nightly
    from verifier.documents.places import ListedAction, Place
    from verifier.documents.result import Result, Results
    from verifier.documents.trace import Trace

ROOT = "%SRCROOT%"
"""The base of relative paths: the root of the sources, where the command is meant to run."""

_LEVELS = {"violated": "error", "failed": "error", "open": "none"}


def sarif_of_results(result: Result | Results) -> str:
    """The violated and the undecided properties of results, as a SARIF file."""
    notes = [
        sarif.Notification(level="warning", message=_message(f"{one.called}: {warning}"))
        for one in result.results
        for warning in (one.statistics or {}).get("warnings", [])
    ]
    ended = {one.ended for one in result.results} - {"complete"}
    found = [problem for one in result.results for problem in problems(one)]
    version = next((one.versions["verify"] for one in result.results if one.versions.get("verify")), None)
    return _log(found, notes, sorted(ended), version)


def sarif_of_night(nightly: Nightly) -> str:
    """The differences of a night from its expectations, as a SARIF file."""
    notes = [sarif.Notification(level="warning", message=_message(message)) for message in nightly.messages]
    ended = [nightly.ended] if nightly.ended != "complete" else []
    return _log(list(problems_of_night(nightly)), notes, ended, nightly.versions.get("verify"))


def _log(found: list[Problem], notes: list[sarif.Notification], ended: Sequence[str], version: str | None) -> str:
    rules = {_rule_id(one): _rule(one) for one in reversed(found)}
    rules = dict(sorted(rules.items()))
    places = {name: number for number, name in enumerate(rules)}
    driver = sarif.ToolComponent(name="verify", semantic_version=version, rules=tuple(rules.values()))
    stopped = [sarif.Notification(level="error", message=_message(f"the run did not end: {word}")) for word in ended]
    run = sarif.Run(
        tool=sarif.Tool(driver=driver),
        invocations=(
            sarif.Invocation(execution_successful=not ended, tool_execution_notifications=(*stopped, *notes)),
        ),
        results=tuple(_result(one, places[_rule_id(one)]) for one in found),
    )
    return sarif.SarifLog(runs=(run,)).to_json()


def _rule_id(found: Problem) -> str:
    return clean(f"{found.protocol}/{found.published}")


def _rule(found: Problem) -> sarif.ReportingDescriptor:
    return sarif.ReportingDescriptor(
        id=_rule_id(found),
        name=clean(found.name),
        short_description=_message(found.sentence or f"{found.name} of {found.protocol}"),
        full_description=_message(found.doc) if found.doc.strip() else None,
        help=None if found.formula is None else _message(found.formula),
    )


def _result(found: Problem, rule: int) -> sarif.FoundResult:
    # Independent of the line and the steps, which change while the problem stays the same.
    identity = "\0".join((found.about, found.where, found.published, found.kind))
    return sarif.FoundResult.model_validate(
        {
            "rule_id": _rule_id(found),
            "rule_index": rule,
            "kind": "open" if found.kind == "open" else "fail",
            "level": _LEVELS[found.kind],
            "message": _message(found.message),
            "locations": (_location(found.at, found.published, "property"),),
            "code_flows": None if found.trace is None else _flows(found, found.trace),
            "partial_fingerprints": {"verify/1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()},
            "properties": {"protocol": clean(found.about), "sizes": clean(found.where)},
        }
    )


def _flows(found: Problem, trace: Trace) -> tuple[sarif.CodeFlow, ...]:
    steps = (*_steps(found, trace), _end(found))
    return (sarif.CodeFlow(thread_flows=(sarif.ThreadFlow(locations=steps),)),)


def _steps(found: Problem, trace: Trace) -> Iterator[sarif.ThreadFlowLocation]:
    """The steps of a trace, each with its changes, and the guards of its action nested below it."""
    known = {action.name: action for action in found.actions}
    variables = [name for name in trace.variables if not name.startswith("mbt::")]
    before: dict[str, Any] | None = None
    for number, state in enumerate(trace.states):
        if before is None:
            first = "the initial state" if ACTION in state else "these values"
            values = {name: text(state[name]) for name in variables}
            yield _step(_location(found.at, found.published, "property", f"{number}: {first}"), values)
        else:
            name = str(state.get(ACTION, "?"))
            changed = {place: new for word in variables for place, _, new in changes(word, before[word], state[word])}
            called = _called(number, name, arguments(state.get(PICKS)))
            yield from _action(known.get(name), name, called, changed)
        before = state
    if trace.meta.attempt is not None:
        name, picks = trace.meta.attempt.action, trace.meta.attempt.arguments
        called = _called(len(trace.states), name, {key: text(value) for key, value in picks.items()})
        yield from _action(known.get(name), name, f"{called} has no value", {})
    if trace.loop is not None:
        stays = trace.loop == len(trace.states) - 1
        said = f"{'stays in' if stays else 'back to'} state {trace.loop}, forever"
        yield _step(_location(found.at, found.published, "property", said), {})


def _action(
    action: ListedAction | None, name: str, called: str, changed: dict[str, str]
) -> Iterator[sarif.ThreadFlowLocation]:
    yield _step(_location(None if action is None else action.at, name, "function", called), changed)
    for guard in () if action is None else action.guards:
        where = _location(guard.at, f"{name}.{guard.name}", guard.kind, f"{guard.kind} {guard.name}")
        yield sarif.ThreadFlowLocation(location=where, nesting_level=1, importance="unimportant")


def _called(number: int, name: str, picks: dict[str, str]) -> str:
    given = f"({', '.join(f'{key} = {value}' for key, value in picks.items())})" if picks else ""
    return f"{number}: {name}{given}"


def _step(location: sarif.Location, values: dict[str, str]) -> sarif.ThreadFlowLocation:
    state = {clean(name): _message(value) for name, value in values.items()}
    return sarif.ThreadFlowLocation(location=location, importance="essential", state=state or None)


def _end(found: Problem) -> sarif.ThreadFlowLocation:
    said = "\n".join(found.explanation) or f"{found.name} {found.headline}"
    where = _location(found.at, found.published, "property", said)
    return sarif.ThreadFlowLocation(location=where, importance="essential")


def _location(at: Place | None, name: str, kind: str, said: str | None = None) -> sarif.Location:
    return sarif.Location(
        physical_location=None if at is None else _physical(at),
        logical_locations=(sarif.LogicalLocation(name=clean(name), kind=clean(kind)),),
        message=None if said is None else _message(said),
    )


def _physical(at: Place) -> sarif.PhysicalLocation:
    absolute = at.file.startswith("/")
    path = quote(clean(at.file), safe="/")
    place = sarif.ArtifactLocation(uri=f"file://{path}" if absolute else path, uri_base_id=None if absolute else ROOT)
    return sarif.PhysicalLocation(artifact_location=place, region=sarif.Region(start_line=max(1, at.line)))


def _message(said: str) -> sarif.Message:
    return sarif.Message(text=clean(said))


__all__ = ["ROOT", "sarif_of_night", "sarif_of_results"]
