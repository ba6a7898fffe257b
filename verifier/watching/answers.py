"""Answers to the requests of a walk, as the wire carries them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verifier.catalog.digest import digest
from verifier.evidence.itf import to_itf
from verifier.evidence.values import encode
from verifier.kernel.errors import UsageError, nearest
from verifier.kernel.properties import DEFINED
from verifier.semantics.concrete.explain import undefined_line
from verifier.semantics.concrete.goal import Goal
from verifier.semantics.concrete.guards import Guards
from verifier.semantics.concrete.machine import Machine, State, Step
from verifier.semantics.concrete.outside import outside
from verifier.semantics.concrete.printing import value_changes, value_text
from verifier.semantics.concrete.simulate import violated
from verifier.semantics.concrete.trace import INITIAL, TraceStep, build_trace, check_trace, instance_text
from verifier.watching.course import MOST_STATES, SHOWN_STATES, Course

if TYPE_CHECKING:
    from verifier.wire.walks import (
        GivenArgument,
        WalkAnswer,
        WalkGuard,
        WalkInstance,
        WalkRequest,
        WalkState,
        WalkWhy,
    )

Told = Callable[[int], None]


class Answers:
    """Answers the requests of one walk through the model of a machine."""

    def __init__(self, machine: Machine, told: Told | None = None) -> None:
        self.machine = machine
        self.course = Course(machine)
        self._guards = Guards(machine)
        self._told = told
        self._numbers = {_key(action, arguments): n for n, (action, arguments) in enumerate(machine.instances(), 1)}

    def answer(self, request: WalkRequest) -> WalkAnswer:
        """The answer to a request. UsageError if it asks for something that does not exist; the walk then stays where it was.
        """
        course = self.course
        match request["ask"]:
            case "starts":
                steps = [TraceStep(INITIAL, {}, state) for state in course.starts]
                return {"states": [self.shown([step], 0) for step in steps], "more": course.more}
            case "init":
                course.start(request.get("number", 1))
            case "undo":
                course.undo()
            case "redo":
                course.redo()
            case "goto":
                course.goto(request.get("number", 0))
            case "step":
                self._step(request)
            case "enabled":
                return {"instances": self._instances(request.get("disabled", False))}
            case "why":
                return {"why": self.why(*self._named(request))}
            case "holds":
                return {"holds": Goal(self.machine, request.get("formula", "")).holds(course.state)}
            case "find":
                return self._find(request)
            case "path":
                return {"states": [self.shown(course.steps, place) for place in range(len(course.path))]}
            case "save":
                return {"trace": self.trace()}
            case "graph":
                from verifier.watching.graph import graph

                return {"graph": graph(self.machine, self._guards, request.get("max_states", SHOWN_STATES), self._told)}
            case "state":
                pass
        return {"state": self.shown(course.steps, course.place), "length": len(course.steps) - 1}

    def shown(self, steps: Sequence[TraceStep], place: int) -> WalkState:
        """A state of a walk."""
        machine, step = self.machine, steps[place]
        scope, state = machine.scope, step.state
        sorts = {declared.name: declared.sort for declared in machine.model.variables}
        before = steps[place - 1].state if place else None
        changes = [] if before is None else [
            change for name, sort in sorts.items() for change in value_changes(name, before[name], state[name], sort, scope)
        ]  # fmt: skip
        return {
            "number": place,
            "action": step.action,
            "arguments": _argument_texts(machine, step.action, step.arguments),
            "values": {name: encode(state[name], sort, scope) for name, sort in sorts.items()},
            "texts": {name: value_text(state[name], sort, scope) for name, sort in sorts.items()},
            "changes": [{"place": where, "old": old, "new": new} for where, old, new in changes],
            "violated": self.violated(steps[: place + 1]),
            "constraint": machine.violated_constraint(state) if not machine.range_violations(state) else None,
            "leaves": list(machine.range_violations(state)),
        }

    def violated(self, path: Sequence[TraceStep]) -> list[str]:
        """The names of the properties that the last state of a path, its last step or an attempted step violates."""
        machine, end = self.machine, path[-1].state
        names = [prop.name for prop in violated(machine, machine.model.properties, path)]
        if DEFINED in names or self.course.stopped(end) is not None:
            return names
        undefined = any(step.outcome == "undefined" for step in machine.steps(end))
        return [*names, DEFINED] if undefined else names

    def instance(self, step: Step) -> WalkInstance:
        """An action instance, with its effect where it was attempted."""
        return {
            "number": self._numbers[_key(step.action, step.arguments)],
            "action": step.action,
            "arguments": _argument_texts(self.machine, step.action, step.arguments),
            "text": instance_text(self.machine.scope, step.action, step.arguments),
            "outcome": step.outcome,
            "guard": step.guard,
        }

    def _instances(self, disabled: bool) -> list[WalkInstance]:
        """The instances that can happen in the current state, or all instances."""
        course = self.course
        if course.stopped(course.state) is not None and not disabled:
            return []
        steps = (course.attempt(*instance) for instance in self.machine.instances())
        return [self.instance(step) for step in steps if disabled or step.state is not None]

    def why(self, action: str, arguments: Mapping[str, Any], state: State | None = None) -> WalkWhy:
        """The reasons why an instance can happen in a state or cannot; by default in the current state."""
        machine = self.machine
        at = self.course.state if state is None else state
        step = machine.attempt(at, action, arguments)
        stopped = self.course.stopped(at)
        lines = [] if stopped is None else [stopped]
        if step.outcome == "undefined":
            use = machine.undefined_in_attempt(at, action, arguments)
            lines += [] if use is None else [undefined_line(machine, action, *use)]
        if step.outcome == "out of range" and step.state is not None:
            sorts = {name: machine.model.variable(name).sort for name in step.variables}
            lines += [line for name, sort in sorts.items() for line in outside(name, step.state[name], sort, machine.scope)]
        guards: list[WalkGuard] = [
            {
                "name": report.name,
                "text": report.text,
                "holds": report.holds,
                "lines": list(report.lines),
                "file": report.position.file if report.position else None,
                "line": report.position.line if report.position else None,
            }
            for report in self._guards.reports(at, action, arguments)
        ]
        return {"instance": self.instance(step), "guards": guards, "lines": lines}

    def trace(self) -> Any:
        """The walk up to the current state, as a document that claims only to be a run. It is re-executed first."""
        course = self.course
        called = digest(self.machine.model.protocol)
        trace = build_trace(self.machine, None, course.path, digest=called, shortest=False)
        replay = check_trace(self.machine, trace)
        if not replay.valid:
            raise RuntimeError(f"the walk does not replay: {replay.failure}")
        return to_itf(trace, self.machine)

    def _step(self, request: WalkRequest) -> None:
        course = self.course
        action, arguments = self._named(request)
        stopped = course.stopped(course.state)
        if stopped is not None:
            raise UsageError(stopped, hint="undo, or goto N")
        step = course.attempt(action, arguments)
        if step.state is None:
            called = instance_text(self.machine.scope, action, arguments)
            reason = f"is stopped by {step.guard}" if step.guard is not None else "uses a value that is undefined"
            raise UsageError(f"{called} cannot happen here: it {reason}", hint=f"why {called}")
        course.take(step)

    def _find(self, request: WalkRequest) -> WalkAnswer:
        course = self.course
        goal = Goal(self.machine, request.get("formula", ""))
        found = course.find(goal, request.get("max_states", MOST_STATES), self._told)
        if found.steps is not None:
            course.follow(found.steps)
        return {
            "found": found.steps is not None,
            "complete": found.complete,
            "looked_at": found.looked_at,
            "without_value": found.without_value,
            "state": self.shown(course.steps, course.place),
            "length": len(course.steps) - 1,
        }

    def _named(self, request: WalkRequest) -> tuple[str, dict[str, Any]]:
        """The instance that a request names, by its number or by its action and arguments."""
        instances = self.machine.instances()
        if "number" in request:
            number = request["number"]
            if not 1 <= number <= len(instances):
                raise UsageError(f"there is no action instance {number}", hint=f"they are numbered from 1 to {len(instances)}")
            return instances[number - 1]
        name, model = request.get("action", ""), self.machine.model
        known = {action.name: action for action in model.actions}
        lowered = {known_name.lower(): known_name for known_name in known}
        if name.lower() not in lowered:
            raise UsageError(f"{model.name} has no action {name}", hint=nearest(name, known, "actions"))
        action = known[lowered[name.lower()]]
        return action.name, self._arguments(action, request.get("arguments", []))

    def _arguments(self, action: Any, given: Sequence[GivenArgument]) -> dict[str, Any]:
        wanted = {argument.name: argument.sort for argument in action.arguments}
        called = f"{action.name}{' ' * bool(wanted)}{' '.join(f'{name}=...' for name in wanted)}"
        left = list(wanted)
        result: dict[str, Any] = {}
        for item in given:
            name = item["name"]
            if name is None:
                if not left:
                    raise UsageError(f"{action.name} takes no further argument {item['text']}", hint=f"write {called}")
                name = left[0]
            elif name not in wanted:
                raise UsageError(f"{action.name} has no argument {name}", hint=nearest(name, wanted, "arguments"))
            if name not in left:
                raise UsageError(f"{action.name} is given {name} twice", hint=f"write {called}")
            left.remove(name)
            result[name] = self._value(action.name, name, item["text"], wanted[name])
        if left:
            raise UsageError(f"{action.name} needs a value for {left[0]}", hint=f"write {called}")
        return {name: result[name] for name in wanted}

    def _value(self, action: str, name: str, text: str, sort: Any) -> Any:
        """The value of a sort that a text stands for, as values are printed."""
        scope = self.machine.scope
        texts = {value_text(value, sort, scope): value for value in scope.domain(sort)}
        plain = {_plain(shown): value for shown, value in texts.items()}
        if _plain(text) in plain:
            return plain[_plain(text)]
        raise UsageError(f"{action}: {name} = {text} is not a {sort}", hint=nearest(text, texts, "values"))


def _plain(text: str) -> str:
    """A value's text without insignificant differences: blanks, and the case of truth values."""
    squeezed = re.sub(r"\s+", "", text)
    return squeezed.upper() if squeezed.upper() in ("TRUE", "FALSE") else squeezed


def _key(action: str, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    return (action, *arguments.items())


def _argument_texts(machine: Machine, action: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    if not arguments:
        return {}
    sorts = {argument.name: argument.sort for argument in machine.model.action(action).arguments}
    return {name: value_text(value, sorts[name], machine.scope) for name, value in arguments.items()}

