"""Traces as ITF documents, the JSON format of Apalache and Quint; the additions of this tool are in `#meta`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verifier._version import __version__
from verifier.evidence.values import Json, Malformed, decode, decode_variable, encode, none, some
from verifier.files.notation import fields_of, record
from verifier.kernel.actions import Action
from verifier.kernel.describing import described_action, stated
from verifier.kernel.errors import UsageError, nearest
from verifier.kernel.laws import home
from verifier.kernel.model import Model
from verifier.kernel.properties import asks_for_deadlock
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import Sort
from verifier.kernel.spelling import is_called
from verifier.semantics.concrete.explain import Attempt
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.trace import INITIAL, RUN, Trace, TraceStep
from verifier.semantics.obligations.statements import statements, watched
from verifier.semantics.scope import FiniteScope, FrozenMap, finite_scope

if TYPE_CHECKING:
    from verifier.wire.parts import ActionEntry

ACTION = "mbt::actionTaken"
PICKS = "mbt::nondetPicks"
HINT = "a trace is an ITF file, as `verify prove --traces DIR` writes"


def to_itf(
    trace: Trace,
    machine: Machine,
    versions: Mapping[str, str | None] | None = None,
    explanation: Sequence[str] | None = None,
) -> Json:
    """The trace as an ITF document, the same for equal traces; `versions`: of the programs that found it, `explanation`: why
    the property fails at its end.

    The values that falsify a law are one state, which no action leads to.
    """
    scope, model = machine.scope, machine.model
    sorts = {declared.name: declared.sort for declared in model.variables}
    picks = list(dict.fromkeys(argument.name for action in model.actions for argument in action.arguments))
    meta: dict[str, Json] = {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "protocol": trace.protocol,
        "variant": trace.variant,
        "dropped": list(trace.drops),
        "scope": trace.scope,
        "parameters": {n: list(v) if isinstance(v, tuple) else v for n, v in trace.parameters.items()},
        "property": trace.property_name,
        "verdict": trace.verdict,
        "shortest": trace.shortest,
        "model_digest": trace.digest,
        "versions": dict(versions or {"verify": __version__}),
        **({} if trace.property_name is None else stated(model.find_property(trace.property_name), model.protocol)),
        "actions": _actions(trace, model),
    }
    if explanation is not None:
        meta["explanation"] = list(explanation)
    if trace.attempt is not None:
        action, arguments = trace.attempt
        meta["attempt"] = {"action": action, "arguments": encode_arguments(action, arguments, scope)}
    states = []
    for number, step in enumerate(trace.steps):
        state: dict[str, Json] = {"#meta": {"index": number}}
        state |= {name: encode(step.state[name], sort, scope) for name, sort in sorts.items()}
        picked = encode_arguments(step.action, step.arguments, scope) if number else {}
        if model.law is None:
            chosen = {name: some(value) for name, value in picked.items()}
            state |= {ACTION: step.action, PICKS: record({**chosen, **{n: none() for n in picks if n not in picked}})}
        states.append(state)
    variables = [*sorts] if model.law is not None else [*sorts, ACTION, PICKS]
    loop = {} if trace.loop is None else {"loop": trace.loop}
    return {"#meta": meta, "params": list(trace.parameters), "vars": variables, "states": states, **loop}


def _actions(trace: Trace, model: Model) -> list[ActionEntry]:
    """The actions of a trace, and one that is undefined at its end, in the order of the model."""
    taken = {step.action for step in trace.steps} | ({trace.attempt[0]} if trace.attempt is not None else set())
    return [described_action(action) for action in model.actions if action.name in taken]


def encode_arguments(action: str, arguments: Mapping[str, Any], scope: FiniteScope) -> dict[str, Json]:
    """The arguments of an action instance, each as ITF."""
    declared = scope.model.action(action).arguments
    return {argument.name: encode(arguments[argument.name], argument.sort, scope) for argument in declared}


def from_document(document: object, protocol: Protocol) -> tuple[Trace, FiniteScope]:
    """The trace that a document describes, and the finite scope that it runs at.

    Nothing that the document names is opened or imported. Raises UsageError where it is not a trace of this
    protocol; the message names the state and the variable.
    """
    top = _object(document, "the trace")
    meta = _object(top.get("#meta"), "#meta")
    if meta.get("protocol") != protocol.name:
        raise _error(f"the trace is of protocol {meta.get('protocol')!r}, not of {protocol.name}", None)
    loop = top.get("loop")
    if loop is not None and (isinstance(loop, bool) or not isinstance(loop, int)):
        raise _error("loop is not the number of a state")
    name = meta.get("property")
    if name is None and meta.get("verdict") == RUN:
        model = _model(meta, protocol)
    elif isinstance(name, str):
        if asks_for_deadlock([name]):
            protocol = protocol.with_deadlock()
        model = _with_statements(home(_model(meta, protocol), name), name)
    else:
        raise _error("#meta names no property")
    scope = finite_scope(model, _settings(meta))
    states = top.get("states")
    if not isinstance(states, list) or not states:
        raise _error("the trace has no list of states")
    steps = [_step(number, _object(state, f"state {number}"), scope) for number, state in enumerate(states)]
    trace = Trace(
        protocol=protocol.name,
        variant=model.variant.name,
        drops=model.drops,
        parameters={n: tuple(v) if isinstance(v, list) else v for n, v in meta.get("parameters", {}).items()},
        property_name=None if name is None else model.find_property(name).name,
        steps=tuple(steps),
        shortest=meta.get("shortest") is True,
        digest=str(meta.get("model_digest")),
        attempt=_attempt(meta, scope),
        scope=str(meta.get("scope")),
        verdict=str(meta.get("verdict")),
        loop=loop,
    )
    return trace, scope


def _error(message: str, hint: str | None = HINT) -> UsageError:
    return UsageError(message, hint=hint)


def _object(value: object, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise _error(f"{what} is not a JSON object")
    return value


def _model(meta: dict[str, Json], protocol: Protocol) -> Model:
    variant, dropped = meta.get("variant"), meta.get("dropped", [])
    if variant is not None and not isinstance(variant, str):
        raise _error("#meta: variant is not a name")
    if not isinstance(dropped, list) or not all(isinstance(name, str) for name in dropped):
        raise _error("#meta: dropped is not a list of names")
    return protocol.model(variant, dropped)


def _with_statements(model: Model, name: str) -> Model:
    """The model, with its lemmas and the parts of conjunctions as properties if the name is not one of a property."""
    if any(is_called(name, prop.name, prop.short) for prop in model.properties):
        return model
    stated = statements(model)
    if any(is_called(name, prop.name) for one in stated for prop in (one.whole, *one.parts)):
        return watched(model, stated)
    return model


def _settings(meta: dict[str, Json]) -> dict[str, str | int]:
    settings: dict[str, str | int] = {}
    for name, value in _object(meta.get("parameters", {}), "#meta: parameters").items():
        if isinstance(value, list) and all(isinstance(label, str) for label in value):
            settings[name] = f"{{{','.join(value)}}}"
        elif isinstance(value, int) and not isinstance(value, bool):
            settings[name] = value
        else:
            raise _error(f"#meta: parameter {name} is neither a number nor a list of labels")
    return settings


def _step(number: int, state: dict[str, Json], scope: FiniteScope) -> TraceStep:
    values = {}
    for declared in scope.model.variables:
        if declared.name not in state:
            raise _error(f"state {number} has no value for {declared.name}")
        place = f"state {number}: {declared.name}"
        values[declared.name] = _decoded(place, state[declared.name], declared.sort, scope, decode_variable)
    unknown = state.keys() - values.keys() - {"#meta", ACTION, PICKS}
    if unknown:
        name = min(unknown)
        raise _error(f"state {number} has an unknown variable {name}", nearest(name, values, "variables"))
    action = INITIAL if number == 0 and scope.model.law is not None else state.get(ACTION)
    if not isinstance(action, str):
        raise _error(f"state {number}: {ACTION} names no action")
    if number == 0:
        return TraceStep(action, {}, FrozenMap(values))
    picks = fields_of(_object(state.get(PICKS), f"state {number}: {PICKS}"))
    chosen = {name: value["value"] for name, value in picks.items() if _is_some(number, name, value)}
    arguments = _arguments(f"state {number}: {PICKS}", action, chosen, scope)
    return TraceStep(action, arguments, FrozenMap(values))


def _is_some(number: int, name: str, value: Json) -> bool:
    if isinstance(value, dict) and value.get("tag") == "Some" and "value" in value:
        return True
    if isinstance(value, dict) and value.get("tag") == "None":
        return False
    raise _error(f"state {number}: {PICKS}: {name} is neither Some nor None")


def _decoded(
    place: str, value: Json, sort: Sort, scope: FiniteScope, read: Callable[[Json, Sort, FiniteScope], Any] = decode
) -> Any:
    try:
        return read(value, sort, scope)
    except Malformed as error:
        raise _error(f"{place}: {error}", None) from None


def _find_action(place: str, name: str, model: Model) -> Action:
    known = {action.name: action for action in model.actions}
    if name not in known:
        raise _error(f"{place}: {model.name} has no action {name}", nearest(name, known, "actions"))
    return known[name]


def _arguments(place: str, name: str, given: dict[str, Json], scope: FiniteScope) -> dict[str, Any]:
    arguments = {}
    for argument in _find_action(place, name, scope.model).arguments:
        if argument.name not in given:
            raise _error(f"{place}: {name} needs a value for {argument.name}")
        arguments[argument.name] = _decoded(f"{place}: {argument.name}", given[argument.name], argument.sort, scope)
    unknown = given.keys() - arguments.keys()
    if unknown:
        raise _error(f"{place}: {name} has no argument {min(unknown)}", nearest(min(unknown), arguments, "arguments"))
    return arguments


def _attempt(meta: dict[str, Json], scope: FiniteScope) -> Attempt | None:
    if meta.get("attempt") is None:
        return None
    attempt = _object(meta["attempt"], "#meta: attempt")
    action, given = attempt.get("action"), _object(attempt.get("arguments"), "#meta: attempt: arguments")
    if not isinstance(action, str):
        raise _error("#meta: attempt names no action")
    return action, _arguments("#meta: attempt", action, given, scope)


__all__ = ["ACTION", "INITIAL", "PICKS", "encode_arguments", "from_document", "to_itf"]
