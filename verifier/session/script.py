"""The commands of `verify step`, one per line: for scripts, and for the line at the foot of the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.jobs.arguments import usage
from verifier.session.values import Instance, State, Why, why_of

if TYPE_CHECKING:
    from verifier.session.walk import Walk
    from verifier.wire.walks import GivenArgument

_OPENING, _CLOSING = "([{<", ")]}>"
_SHOWN = 50  # initial states that are listed


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its arguments, and its effect."""

    arguments: str
    text: str


COMMANDS: dict[str, Command] = {
    "starts": Command("", "list the initial states"),
    "init": Command("[N]", "begin again, in initial state N (the first if left out)"),
    "state": Command("", "show the state, and which properties it violates"),
    "enabled": Command("", "list what can happen now, with the numbers that `step` takes"),
    "disabled": Command("", "list what cannot happen now, and the guard that stops it"),
    "why": Command("ACTION ARGUMENTS", "why an instance can happen or cannot, guard by guard: why Grant c=c2"),
    "step": Command("ACTION ARGUMENTS | N", "take a step: step Grant c=c1, step Grant c1, step Grant(c = c1) or step 3"),
    "undo": Command("[N]", "go back by one step, or N"),
    "redo": Command("", "take back an undo"),
    "goto": Command("N", "go to state N of the walk"),
    "path": Command("", "list the steps so far"),
    "holds": Command("FORMULA", "whether a formula is true now"),
    "until": Command("FORMULA", "go by the shortest path to a state in which a formula is true, if there is one"),
    "save": Command("FILE", "write the walk as a trace (ITF), which `verify replay` accepts"),
    "help": Command("[COMMAND]", "list the commands, or explain one"),
    "quit": Command("", "end"),
}


class Commands:
    """Carries out commands on a walk. `missed`: an `until` has found nothing. `done`: there was a `quit`."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.missed = False
        self.done = False

    def run(self, line: str) -> list[str]:
        """Carries out a line, and returns the lines to show. UsageError if it is wrong; the walk then stays where it was."""
        text = line.strip()
        if not text or text.startswith("#"):
            return []
        name, _, rest = text.partition(" ")
        if name not in COMMANDS:
            from verifier.kernel.errors import nearest

            raise usage(f"there is no command {name}", nearest(name, COMMANDS, "commands"))
        work: Callable[[str], Iterator[str]] = getattr(self, f"_{name}")
        return list(work(rest.strip()))

    def _starts(self, rest: str) -> Iterator[str]:
        _nothing("starts", rest)
        states = self.walk.starts()
        for number, state in enumerate(states[:_SHOWN], 1):
            yield f"{number:>4}  " + ", ".join(f"{name} = {value}" for name, value in state.text.items())
        if len(states) > _SHOWN:
            yield f"      and {len(states) - _SHOWN} more"

    def _init(self, rest: str) -> Iterator[str]:
        yield from state_lines(self.walk.init(_number("init", rest) if rest else 1))

    def _state(self, rest: str) -> Iterator[str]:
        _nothing("state", rest)
        yield from state_lines(self.walk.state)

    def _enabled(self, rest: str) -> Iterator[str]:
        _nothing("enabled", rest)
        instances = self.walk.enabled()
        yield from map(instance_line, instances)
        if not instances:
            state = self.walk.state
            yield f"nothing can happen here{_stopped(state)}"

    def _disabled(self, rest: str) -> Iterator[str]:
        _nothing("disabled", rest)
        yield from (instance_line(one) for one in self.walk.enabled(disabled=True) if not one.enabled)

    def _why(self, rest: str) -> Iterator[str]:
        yield from why_lines(why_of(self.walk.ask_named("why", *_instance("why", rest))["why"]))

    def _step(self, rest: str) -> Iterator[str]:
        yield from step_lines(self.walk.step_named(*_instance("step", rest)))

    def _undo(self, rest: str) -> Iterator[str]:
        count = _number("undo", rest) if rest else 1
        if count != 1:
            yield from state_lines(self.walk.goto(self.walk.state.number - count))
        else:
            yield from state_lines(self.walk.undo())

    def _redo(self, rest: str) -> Iterator[str]:
        _nothing("redo", rest)
        yield from step_lines(self.walk.redo())

    def _goto(self, rest: str) -> Iterator[str]:
        yield from state_lines(self.walk.goto(_number("goto", rest)))

    def _path(self, rest: str) -> Iterator[str]:
        _nothing("path", rest)
        for state in self.walk.path():
            yield from step_lines(state)

    def _holds(self, rest: str) -> Iterator[str]:
        holds = self.walk.holds(_formula("holds", rest))
        yield "it has no value here" if holds is None else "TRUE" if holds else "FALSE"

    def _until(self, rest: str) -> Iterator[str]:
        search = self.walk.find(_formula("until", rest))
        if search.found:
            yield from state_lines(search.state)
            return
        self.missed = True
        states = f"{search.looked_at:,} state{'s' * (search.looked_at != 1)}"
        reason = "that can be reached from here" if search.complete else "that were searched; there are more"
        yield f"not found: it is true in none of the {states} {reason}"
        if search.without_value:
            yield "in some of them it has no value"

    def _save(self, rest: str) -> Iterator[str]:
        if not rest:
            raise usage("save needs a file", "save run.itf.json")
        yield f"wrote {self.walk.save(rest)}"

    def _help(self, rest: str) -> Iterator[str]:
        if rest and rest not in COMMANDS:
            from verifier.kernel.errors import nearest

            raise usage(f"there is no command {rest}", nearest(rest, COMMANDS, "commands"))
        shown = [rest] if rest else list(COMMANDS)
        width = max(len(f"{name} {COMMANDS[name].arguments}") for name in shown)
        for name in shown:
            yield f"{f'{name} {COMMANDS[name].arguments}'.ljust(width)}  {COMMANDS[name].text}"

    def _quit(self, rest: str) -> Iterator[str]:
        _nothing("quit", rest)
        self.done = True
        return iter(())


def state_lines(state: State) -> Iterator[str]:
    """A state: its number, the step that led to it, the variables, and its violations."""
    yield f"state {state.number}{f', after {state.step}' if state.number else ''}"
    width = max(map(len, state.text), default=0)
    for name, value in state.text.items():
        yield f"  {name.ljust(width)} = {value}"
    yield from _wrong(state)


def step_lines(state: State) -> Iterator[str]:
    """A step: its number, its action and its changes."""
    yield f"{state.number:>4}  {state.step}"
    width = max((len(change.place) for change in state.changes), default=0)
    for change in state.changes:
        yield f"      {change.place.ljust(width)} : {change.old} -> {change.new}"
    if state.number and not state.changes:
        yield "      nothing changes"
    yield from _wrong(state)


def _wrong(state: State) -> Iterator[str]:
    for name in state.violated:
        yield f"  {name} is VIOLATED"
    if state.constraint is not None or state.leaves:
        yield f"  nothing can happen here{_stopped(state)}"


def _stopped(state: State) -> str:
    if state.leaves:
        return f": {', '.join(state.leaves)} is out of range" if len(state.leaves) == 1 else ": variables are out of range"
    return "" if state.constraint is None else f": the state is outside the constraint {state.constraint}"


def instance_line(instance: Instance) -> str:
    """An instance with its number, and the reason why it cannot happen."""
    reason = {
        "refused": f"  (stopped by {instance.guard})",
        "undefined": "  (a value is undefined)",
        "out of range": "  (leaves a range)",
    }.get(instance.outcome, "")
    return f"{instance.number:>4}  {instance}{reason}"


def why_lines(why: Why) -> Iterator[str]:
    """The reasons why an instance can happen or cannot, guard by guard."""
    yield f"{why.instance} {'can happen' if why.enabled else 'leaves a range' if why.instance.enabled else 'cannot happen'}"
    width = max((len(guard.name) for guard in why.guards), default=0)
    for guard in why.guards:
        mark = "holds" if guard.holds else "has no value" if guard.holds is None else "is FALSE"
        yield f"  {guard.name.ljust(width)} {mark}: {guard.text}"
        yield from (f"      {line}" for line in guard.lines)
    yield from (f"  {line}" for line in why.lines)


def _nothing(name: str, rest: str) -> None:
    if rest:
        raise usage(f"{name} takes no arguments, not {rest!r}")


def _number(name: str, rest: str) -> int:
    if not re.fullmatch(r"\d{1,9}", rest):
        raise usage(f"{name} takes a number, not {rest!r}" if rest else f"{name} needs a number", f"{name} 3")
    return int(rest)


def _formula(name: str, rest: str) -> str:
    if not rest:
        raise usage(f"{name} needs a formula", f"{name} x == 1")
    return rest


def _instance(command: str, rest: str) -> tuple[str | int, list[GivenArgument]]:
    """The action and arguments in a line, or the number of an instance."""
    if not rest:
        raise usage(f"{command} needs an action", f"{command} ACTION name=value ..., or {command} N")
    if re.fullmatch(r"\d{1,9}", rest):
        return int(rest), []
    match = re.fullmatch(r"(\w+)\s*(?:\((.*)\)|\s(.*))?", rest, re.DOTALL)
    if match is None:
        raise usage(f"{rest!r} is not an action instance", f"{command} ACTION name=value ...")
    name, inner, plain = match.groups()
    parts = _parts(inner, ",") if inner is not None else _parts(re.sub(r"\s*(?<![=<>])=(?!=)\s*", "=", plain or ""), " ")
    return name, [_argument(part) for part in parts]


def _argument(part: str) -> GivenArgument:
    match = re.fullmatch(r"([A-Za-z_]\w*)\s*=(?!=)\s*(.*)", part, re.DOTALL)
    return {"name": match[1], "text": match[2]} if match else {"name": None, "text": part}


def _parts(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that are outside all brackets."""
    parts, depth, part = [], 0, ""
    for place, letter in enumerate(text):
        arrow = letter in "<>" and "-" in text[max(0, place - 1) : place] + text[place + 1 : place + 2]
        if letter in _OPENING and not arrow:
            depth += 1
        elif letter in _CLOSING and not arrow:
            depth -= 1
        if letter == separator and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    return [part for part in (*parts, part.strip()) if part]
