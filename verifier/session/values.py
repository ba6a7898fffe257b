"""The results of a walk as frozen values: states, action instances, guards, searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.wire.walks import WalkAnswer, WalkGuard, WalkInstance, WalkState, WalkWhy


@dataclass(frozen=True, slots=True)
class Change:
    """A place of the state that a step changed (`phase[c1]`), with the old and the new value as text."""

    place: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class State:
    """A state of a walk, and the step that led to it.

    Attributes:
        number: its place in the walk, 0 for the initial state.
        action: the action of the step; `init` in the initial state.
        arguments: its arguments, as text.
        text: the variables as text, as TLA+ would write them.
        itf: the variables as ITF writes them.
        changes: the places that the step changed.
        violated: the properties that the state violates, or the step to it.
        constraint: the constraint that the state is outside of; no step is taken there then.
        leaves: the variables that are outside their ranges; no step is taken there then.
    """

    number: int
    action: str
    arguments: Mapping[str, str]
    text: Mapping[str, str]
    itf: Mapping[str, Any]
    changes: tuple[Change, ...]
    violated: tuple[str, ...]
    constraint: str | None
    leaves: tuple[str, ...]

    @property
    def values(self) -> Mapping[str, Any]:
        """The variables as Python values, as `verifier.documents.values.python_value` makes them."""
        from verifier.documents.values import python_value

        return {name: python_value(value) for name, value in self.itf.items()}

    def __getitem__(self, name: str) -> Any:
        """The value of a variable: `state["phase"]["c1"]`."""
        from verifier.documents.values import python_value

        return python_value(self.itf[name])

    @property
    def step(self) -> str:
        """The step that led here, as text: `Grant(c = c1)`."""
        return called(self.action, self.arguments)


@dataclass(frozen=True, slots=True)
class Instance:
    """An action with its arguments, as text. `number` is its place among all instances of the model.

    `outcome` is its effect in the state in question: `fired`; `out of range` (it leaves a range, and nothing comes after it);
    `refused` by a `guard`; or `undefined`.
    """

    number: int
    action: str
    arguments: Mapping[str, str]
    outcome: str
    guard: str | None

    @property
    def enabled(self) -> bool:
        """Whether it can happen."""
        return self.outcome in ("fired", "out of range")

    def __str__(self) -> str:
        return called(self.action, self.arguments)


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard of an instance: `text` is its formula, `holds` whether it is true (None: it has no value), `lines` why not.

    `file` and `line` are where the model states it.
    """

    name: str
    text: str
    holds: bool | None
    lines: tuple[str, ...]
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons why an instance can happen or cannot: its guards, and any other obstacle."""

    instance: Instance
    guards: tuple[Guard, ...]
    lines: tuple[str, ...]

    @property
    def enabled(self) -> bool:
        """Whether it can happen."""
        return self.instance.enabled and not self.lines

    @property
    def refusing(self) -> tuple[Guard, ...]:
        """The guards that are not true."""
        return tuple(guard for guard in self.guards if not guard.holds)


@dataclass(frozen=True, slots=True)
class Search:
    """The end of the search for a state: `state` is the current state of the walk.

    `complete`: all states that can be reached from there were searched, and none matched. `without_value`: in some state the
    formula has no value; that state did not match either.
    """

    found: bool
    complete: bool
    looked_at: int
    without_value: bool
    state: State


def called(action: str, arguments: Mapping[str, str]) -> str:
    """An action instance as text."""
    inner = ", ".join(f"{name} = {value}" for name, value in arguments.items())
    return f"{action}({inner})" if inner else action


def state_of(entry: WalkState) -> State:
    """A state from the wire."""
    return State(
        entry["number"],
        entry["action"],
        dict(entry["arguments"]),
        dict(entry["texts"]),
        dict(entry["values"]),
        tuple(Change(**change) for change in entry["changes"]),
        tuple(entry["violated"]),
        entry["constraint"],
        tuple(entry["leaves"]),
    )


def instance_of(entry: WalkInstance) -> Instance:
    """An instance from the wire."""
    return Instance(entry["number"], entry["action"], dict(entry["arguments"]), entry["outcome"], entry["guard"])


def why_of(entry: WalkWhy) -> Why:
    """The reasons from the wire."""
    return Why(instance_of(entry["instance"]), tuple(map(_guard_of, entry["guards"])), tuple(entry["lines"]))


def _guard_of(entry: WalkGuard) -> Guard:
    return Guard(entry["name"], entry["text"], entry["holds"], tuple(entry["lines"]), entry["file"], entry["line"])


def search_of(answer: WalkAnswer) -> Search:
    """The end of a search from the wire."""
    return Search(
        answer["found"], answer["complete"], answer["looked_at"], answer["without_value"], state_of(answer["state"])
    )
