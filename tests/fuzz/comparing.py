"""Compares the product with the brute-force checker on one random protocol."""

from __future__ import annotations

import linecache
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.fuzz.brute import Brute, Deed, Report, TooLarge, Undefined, Unordered
from tests.fuzz.rendering import rendered
from tests.fuzz.spec import Sort, Spec, Variant
from verifier import check, explore, prove, replay
from verifier.documents import Result
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.protocol import Protocol
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import FrozenMap, finite_scope
from verifier.semantics.scope.values import Some

DEPTH = 6
"""Steps that bounded unrolling looks ahead."""
MOST = 400
"""States of a protocol that is gone through."""


class Disagreement(AssertionError):
    """The product says something else than brute force."""


@dataclass(frozen=True)
class Case:
    """A random protocol with what brute force says of it, and the product's model of it."""

    spec: Spec
    variant: Variant | None
    brute: Brute
    report: Report
    protocol: Protocol

    @property
    def name(self) -> str | None:
        return self.variant.name if self.variant else None


def built(spec: Spec) -> Protocol:
    """The protocol that the text of a spec declares."""
    module = ModuleType("chance")
    text = rendered(spec)
    # Where several points of a function are assigned, the text is looked at.
    linecache.cache["chance.py"] = (len(text), None, text.splitlines(keepends=True), "chance.py")
    exec(compile(text, "chance.py", "exec"), module.__dict__)
    protocol: Protocol = module.__dict__["p"]
    protocol.check()
    asking = protocol.with_deadlock()
    try:
        for variant in protocol.variants:
            asking.model(variant)
    except ModelError as error:
        # Whether a fold over a set has a value is not a formula, so that nobody can ask for what is enabled.
        _require("cannot state when this fold has a value" in str(error), str(error))
        return protocol
    return asking


def case(spec: Spec, variant: Variant | None = None) -> Case:
    """What brute force says of a protocol under a variant. TooLarge where it has too many states."""
    written = spec if variant is None else spec.under(variant)
    brute = Brute(written, dict(variant.settings) if variant else None)
    found = Case(spec, variant, brute, brute.search(MOST), built(spec))
    if not found.protocol.deadlock:
        found.report.violations.pop("Deadlock", None)
    return found


def cheap(spec: Spec) -> None:
    """Successors and properties by the machine, explicit search, bounded unrolling. Disagreement where one differs."""
    for found in _cases(spec):
        if not _has_states(found):
            continue
        _machine(found)
        _explicit(found)
        _proved(found, "bmc", k=DEPTH)


def thorough(spec: Spec) -> None:
    """Every engine with its options, traces, certificates, and the unbounded scope against several sizes."""
    for found in _cases(spec):
        if not _has_states(found):
            continue
        for engine in ("explicit", "kinduction", "auto"):
            _proved(found, engine, k=DEPTH)
        _proved(found, "pdr", k=0, hints=False, lemmas=False)
        _proved(found, "kinduction", k=2, lemmas=False)
        _proved(found, "auto", k=DEPTH, hints=False)
        for prop in found.spec.properties[:1]:
            if prop.kind != "lemma":
                _proved(found, "auto", k=DEPTH, properties=[prop.name])
        _certificates(found)
        _unbounded(found)


def _cases(spec: Spec) -> Iterator[Case]:
    for variant in (None, *spec.variants):
        try:
            yield case(spec, variant)
        except (TooLarge, Unordered):
            continue
        except ModelError as error:
            _require("cannot state when this fold has a value" in str(error), str(error))


def _require(right: bool, what: str) -> None:
    if not right:
        raise Disagreement(what)


def _has_states(found: Case) -> bool:
    """Whether there is anything to compare; a model without an initial state is refused."""
    if found.report.distinct or found.report.violations or found.report.started:
        return True
    for call in (prove, explore):
        try:
            call(found.protocol, variant=found.name, in_process=True)
        except ModelError as error:
            _require("no initial state" in str(error), f"refused for another reason: {error}")
        else:
            raise Disagreement(f"{call.__name__} accepts a model without an initial state")
    return False


# -- the concrete machine ---------------------------------------------------------------------------------------------


def converted(value: Any, sort: Sort) -> Any:
    """A value of the checker as the product has it."""
    match sort.kind:
        case "fn":
            index, of = sort.parts
            return FrozenMap({converted(key, index): converted(v, of) for key, v in value})
        case "record":
            return FrozenMap({n: converted(v, of) for (n, v), of in zip(value, sort.parts, strict=True)})
        case "option":
            return None if value is None else Some(converted(value[1], sort.parts[0]))
        case "set" | "keyed":
            return frozenset(converted(item, sort.parts[0]) for item in value)
        case "seq":
            return tuple(converted(item, sort.parts[0]) for item in value)
    return value


def _state(found: Case, state: dict[str, Any]) -> FrozenMap:
    sorts = {name: sort for name, sort, _ in found.spec.variables}
    return FrozenMap({name: converted(value, sorts[name]) for name, value in state.items()})


def _machine(found: Case) -> None:
    settings = dict(found.variant.settings) if found.variant else {}
    del settings  # the model has those of its variant already
    machine = Machine(finite_scope(found.protocol.model(found.name)))
    for state in found.report.states[:12]:
        there = _state(found, state)
        for action, arguments in found.brute.instances():
            sorts = dict(action.arguments)
            given = {name: converted(value, sorts[name]) for name, value in arguments.items()}
            deed = found.brute.attempt(action, arguments, state)
            step = machine.attempt(there, action.name, given)
            _require(_outcome(found, deed) == _seen(step), f"{action.name} {arguments} in {state}: {deed} or {step}")
        for prop in machine.model.properties:
            if prop.kind == "state":
                _require(
                    machine.holds(prop, there) == _holds(found, prop.name, state), f"{prop.name} in {state}"
                )


def _outcome(found: Case, deed: Deed) -> tuple[Any, ...]:
    if deed.outcome == "range":
        return "out of range", frozenset(deed.variables)
    return (deed.outcome, _state(found, deed.after)) if deed.after is not None else (deed.outcome,)


def _seen(step: Any) -> tuple[Any, ...]:
    if step.outcome == "out of range":
        return step.outcome, frozenset(step.variables)
    return (step.outcome, step.state) if step.outcome == "fired" else (step.outcome,)


def _holds(found: Case, name: str, state: dict[str, Any]) -> bool:
    if name == "Deadlock":
        return not found.brute.stuck(state, [found.brute.attempt(*one, state) for one in found.brute.instances()])
    formula = next(prop.formula for prop in found.spec.properties if prop.name == name)
    try:
        return bool(found.brute.value(formula, {}, state))
    except Undefined:
        return True


# -- verdicts ---------------------------------------------------------------------------------------------------------


def _explicit(found: Case) -> None:
    result = explore(found.protocol, variant=found.name, in_process=True)
    report = found.report
    figures = (result.distinct, result.diameter if result.distinct else 0)
    _require(figures == (report.distinct, report.levels), f"explore counts {figures}, not {report.distinct, report.levels}")
    violations = {violation.property: violation.steps for violation in result.violations}
    _require(violations == report.violations, f"explore finds {violations}, not {report.violations}")


def _proved(found: Case, engine: str, **options: Any) -> None:
    result = prove(found.protocol, variant=found.name, engine=engine, in_process=True, **options)
    for entry in result.properties:
        _judge(found, entry, engine, options)
    told = {entry.published_name for entry in result.properties}
    for name in found.report.violations:
        asked = not options.get("properties") or name in _companions(options["properties"])
        # What the text of a lemma lacks is a matter of the lemma, which then helps no proof.
        asked = asked and name not in {f"Defined@{p.name}" for p in found.spec.properties if p.kind == "lemma"}
        late = engine in ("bmc", "kinduction") and found.report.violations[name] > options["k"]
        _require(name in told or late or not asked, f"{engine} {options} does not mention {name}, which is violated")


def _companions(properties: Sequence[str]) -> set[str]:
    return {*properties, "Defined", *(f"Defined@{name}" for name in properties)}


def _judge(found: Case, entry: Any, engine: str, options: dict[str, Any]) -> None:
    name, verdict = entry.published_name, entry.verdict
    steps = found.report.violations.get(name)
    what = f"{engine} {options}: {name} is {verdict} (k {entry.k}, {entry.steps} steps, {entry.reason})"
    truth = f"; in truth {'it holds' if steps is None else f'violated in {steps} steps'}: {found.report.violations}"
    bounded = engine in ("bmc", "kinduction")
    if verdict == "violated":
        _require(steps == entry.steps and bool(entry.shortest), what + truth)
        outcome = replay(entry.trace, protocol=found.protocol, in_process=True)
        _require(outcome.valid and outcome.violated, f"{what}: the trace does not replay")
    elif verdict == "proved":
        _require(steps is None, what + truth)
        blocked = [n for n in found.report.violations if n == "Defined" or n.startswith("Range@") or n == f"Defined@{name}"]
        _require(not blocked, f"{what}, although {blocked}" + truth)
    elif verdict == "bounded":
        _require(steps is None or (bounded and steps > entry.k), what + truth)
    elif steps is not None:
        _require(bounded and steps > options["k"], what + truth)
    settled = steps is not None or _open(found, name)
    if verdict in ("bounded", "unknown") and not bounded:
        _require(settled, what + truth)


def _open(found: Case, name: str) -> bool:
    """Whether something else keeps a property that holds from being proved."""
    return any(n.startswith(("Range@", "Defined")) for n in found.report.violations if n != name)


def _certificates(found: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        prove(found.protocol, variant=found.name, k=DEPTH, certificates=folder, in_process=True)
        paths = sorted(str(path) for path in Path(folder).glob("*.json"))
        if not paths:
            return
        result = check(paths, protocol=found.protocol, rederive=True, in_process=True)
        for one in result.certificates:
            _require(one.valid, f"a certificate is not valid: {one.model_dump_json()[:2500]}")


def _unbounded(found: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        protocol, result = _any_size(found, folder)
        if result is None:
            return
        paths = sorted(str(path) for path in Path(folder).glob("*.json"))
        for one in check(paths, protocol=protocol, in_process=True).certificates if paths else []:
            _require(one.valid, f"unbounded scope: a certificate is not valid: {one.model_dump_json()[:2500]}")
    for entry in result.properties:
        name = entry.published_name
        if entry.verdict == "violated":
            outcome = replay(entry.trace, protocol=protocol, in_process=True)
            _require(outcome.valid and outcome.violated, f"unbounded scope: the trace of {name} does not replay")
            _instance(found, entry)
        if entry.verdict != "proved":
            continue
        for sizes in _sizes(found):
            report = _at(found, sizes)
            # What leaves a range only because the instance ends somewhere is not a violation at unbounded scope.
            counts = report is not None and (not name.startswith("Range@") or name in report.at_fixed_ends)
            steps = report.violations.get(name) if report and counts else None
            _require(steps is None, f"unbounded scope: {name} is proved, and violated in {steps} steps at {sizes}")


def _any_size(found: Case, folder: str) -> tuple[Protocol, Result | None]:
    """What is proved at unbounded scope, if the model has one; actions that cannot fire are declared."""
    protocol, options = built(found.spec), {"scope": "unbounded", "certificates": folder, "timeout": None}
    while True:
        try:
            return protocol, prove(protocol, variant=found.name, in_process=True, **options)
        except UsageError:
            return protocol, None
        except ModelError as error:
            dead = re.search(r"(\w+) never fires", str(error))
            if dead is None:
                return protocol, None
            _require(dead[1] not in found.report.fired, f"unbounded scope: {dead[1]} fires, but {error}")
            declared = protocol.declarations()
            protocol = Protocol.of(replace(declared, dead={**declared.dead, dead[1]: "by chance"}))


def _instance(found: Case, entry: Any) -> None:
    """What is violated in an instance without search bounds is so in the protocol at its sizes."""
    guards = [guard for action in found.spec.actions for guard in action.guards]
    if any(bound for _, _, bound in found.spec.parameters) or any(guard.budget for guard in guards):
        return
    sizes = {**found.brute.sizes, **entry.trace.meta.parameters}
    report = _at(found, sizes)
    if report is not None:
        steps = report.violations.get(entry.published_name)
        what = f"unbounded scope: {entry.published_name} is violated in {entry.steps} steps at {sizes}"
        _require(steps is not None and steps <= entry.steps, f"{what}; in truth {steps}")


def _at(found: Case, sizes: dict[str, int]) -> Report | None:
    """What brute force says of the protocol at other sizes; None if it has too many states."""
    try:
        return Brute(found.brute.spec, sizes).search(MOST)
    except (TooLarge, Unordered):
        return None


def _sizes(found: Case) -> Iterator[dict[str, int]]:
    published = dict(found.brute.sizes)
    yield published
    for name in published:
        for value in (1, 2, 3, 4):
            if value != published[name]:
                yield {**published, name: value}
    yield {name: value + 1 for name, value in published.items()}
