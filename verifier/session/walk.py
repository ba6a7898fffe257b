"""A walk through a model: open it, look at the state, take a step, go back, look for a state, save the run."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from verifier.jobs.arguments import check_limits, check_number, usage
from verifier.session.values import Instance, Search, State, Why, instance_of, search_of, state_of, why_of

if TYPE_CHECKING:
    from verifier.documents import Trace
    from verifier.jobs.session import Session
    from verifier.wire.jobs import StepJob
    from verifier.wire.walks import GivenArgument, WalkAnswer, WalkOpened, WalkRequest


class _Other(Protocol):
    """The other side, which answers: a worker, or this process."""

    opened: WalkOpened

    @property
    def output(self) -> str: ...

    def ask(self, request: WalkRequest) -> WalkAnswer: ...

    def close(self) -> None: ...


class Walk:
    """A walk through a model. It begins in the first initial state; close it, or use it in a `with` statement.

    A wrong call raises a UsageError, after which the walk is where it was. After CutOff or Interrupted it is closed.
    """

    def __init__(self, other: _Other) -> None:
        self._other = other
        about = other.opened["about"]
        self.protocol = about["protocol"]
        self.variant = about["variant"]
        self.dropped = tuple(about["dropped"])
        self.parameters = dict(other.opened["parameters"])
        self.actions = {name: tuple(arguments) for name, arguments in other.opened["actions"].items()}
        self.properties = tuple(other.opened["properties"])
        self.length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Walk through {self.protocol}:{self.variant}>"

    @property
    def output(self) -> str:
        """The output of the model or a library, where another process answers."""
        return self._other.output

    def close(self) -> None:
        """Ends the process that answers. Idempotent."""
        self._other.close()

    def starts(self) -> tuple[State, ...]:
        """The initial states, the first thousand of them at most; `init` takes their place in this list, from 1."""
        return tuple(map(state_of, self._other.ask({"ask": "starts"})["states"]))

    @property
    def state(self) -> State:
        """The current state."""
        return self._moved({"ask": "state"})

    def init(self, number: int = 1) -> State:
        """Begins again, in the initial state of this number."""
        return self._moved({"ask": "init", "number": number})

    def enabled(self, *, disabled: bool = False) -> tuple[Instance, ...]:
        """The instances that can happen now, in a fixed order; with `disabled`, all action instances, each with its outcome."""
        answer = self._other.ask({"ask": "enabled", "disabled": disabled})
        return tuple(map(instance_of, answer["instances"]))

    def why(self, action: str | Instance, *arguments: Any, **named: Any) -> Why:
        """The reasons why an action instance can happen now or cannot: `walk.why("Grant", "c2")`, `walk.why("Grant", c="c2")`.

        Arguments are texts as values are printed, numbers or truth values; or give an instance of `enabled(disabled=True)`.
        """
        return why_of(self.ask_named("why", *_named(action, arguments, named))["why"])

    def step(self, action: str | Instance, *arguments: Any, **named: Any) -> State:
        """Takes a step; arguments as for `why`."""
        return self.step_named(*_named(action, arguments, named))

    def undo(self) -> State:
        """Goes back by one step."""
        return self._moved({"ask": "undo"})

    def redo(self) -> State:
        """Goes forward by one step that was undone."""
        return self._moved({"ask": "redo"})

    def goto(self, number: int) -> State:
        """Goes to a state of the walk by its number, back or, after an undo, forward."""
        return self._moved({"ask": "goto", "number": number})

    def holds(self, formula: str) -> bool | None:
        """Whether a formula is true in the current state; None if it has no value there."""
        return self._other.ask({"ask": "holds", "formula": formula})["holds"]

    def find(self, formula: str, *, max_states: int = 100_000) -> Search:
        """Goes by the shortest path from here to a state in which a formula is true: `walk.find("phase[c1] == Phase.Waiting")`.

        The search is breadth first, over at most `max_states` states; where none is found, the walk stays where it is.
        """
        check_number("max_states", max_states, 1)
        answer = self._other.ask({"ask": "find", "formula": formula, "max_states": max_states})
        self.length = answer["length"]
        return search_of(answer)

    def path(self) -> tuple[State, ...]:
        """The path to the current state, from the initial state on."""
        return tuple(map(state_of, self._other.ask({"ask": "path"})["states"]))

    def trace(self) -> Trace:
        """The walk up to the current state, as an ITF document that claims only to be a run; `replay` accepts it."""
        from verifier.documents import Trace

        return Trace.from_document(self._other.ask({"ask": "save"})["trace"])

    def page(self, *, max_states: int = 3_000) -> str:
        """The reachable states as an HTML page for walking through them: the first `max_states`, breadth first.

        The page is self-contained: a browser shows it from a file.
        """
        from verifier.report.html.graph import graph_page

        check_number("max_states", max_states, 1)
        return graph_page(self._other.ask({"ask": "graph", "max_states": max_states})["graph"])

    def save(self, file: str | Path) -> Path:
        """Writes `trace()` to a file."""
        from verifier.files.writing import write

        write(file, self.trace().to_json())
        return Path(file)

    def _moved(self, request: WalkRequest) -> State:
        answer = self._other.ask(request)
        self.length = answer["length"]
        return state_of(answer["state"])

    def ask_named(self, ask: Literal["why", "step"], action: str | int, given: list[GivenArgument]) -> WalkAnswer:
        """A request about an action with arguments as a user wrote them, or about the instance of a number."""
        if isinstance(action, int):
            return self._other.ask({"ask": ask, "number": action})
        return self._other.ask({"ask": ask, "action": action, "arguments": given})

    def step_named(self, action: str | int, given: list[GivenArgument]) -> State:
        """Takes the step of an action with arguments as a user wrote them, or of the instance of a number."""
        answer = self.ask_named("step", action, given)
        self.length = answer["length"]
        return state_of(answer["state"])


def open_walk(
    job: StepJob, session: Session, *, timeout: float | None = None, memory: int | None = None, in_process: bool = False
) -> Walk:
    """A walk through the model of a job."""
    check_limits(timeout, memory, in_process)
    if in_process:
        from verifier.session.inside import Inside

        return Walk(Inside(job))
    from verifier.jobs.conversation import Conversation

    worker = session.take_worker("step")
    return Walk(
        Conversation(
            worker, job, timeout=timeout, memory=memory, on_event=session.on_event, on_tick=session.on_tick
        )
    )


def _named(
    action: str | Instance, arguments: tuple[Any, ...], named: dict[str, Any]
) -> tuple[str | int, list[GivenArgument]]:
    """The instance that is meant, by its number, or by its action and arguments."""
    if isinstance(action, Instance):
        return action.number, []
    given: list[GivenArgument] = [{"name": None, "text": _text(value)} for value in arguments]
    given += [{"name": name, "text": _text(value)} for name, value in named.items()]
    return action, given


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str | int):
        return str(value)
    hint = 'write it as it is printed, "{k1, k2}", or give an instance of enabled()'
    raise usage(f"{value!r} is not an argument as text", hint)
