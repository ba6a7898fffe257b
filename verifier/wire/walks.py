"""The requests to a walk through a model, and its answers: one request, one answer, until its input ends."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from verifier.wire.parts import Json, ModelFacts
from verifier.wire.traces import TraceDocument

Asked = Literal[
    "starts", "init", "state", "enabled", "why", "step", "undo", "redo", "goto", "holds", "find", "path", "save", "graph"
]


class GivenArgument(TypedDict):
    """An argument as people write it; without a name, the next one."""

    name: str | None
    text: str


class WalkRequest(TypedDict):
    """A request. `number`: of an initial state, an instance or a place in the walk. `disabled`: including instances that cannot
    happen.
    """

    ask: Asked
    number: NotRequired[int]
    action: NotRequired[str]
    arguments: NotRequired[list[GivenArgument]]
    formula: NotRequired[str]
    max_states: NotRequired[int]
    disabled: NotRequired[bool]


class WalkChange(TypedDict):
    """A place of the state that a step changed, as text."""

    place: str
    old: str
    new: str


class WalkState(TypedDict):
    """A state of a walk, and the step that led to it.

    `number`: its place in the walk. `values` are ITF. `violated` are the properties that it, or the step to it, violates.
    `constraint` is the one that it is outside of, `leaves` the variables that are outside their ranges: no step is taken there.
    """

    number: int
    action: str
    arguments: dict[str, str]
    values: dict[str, Json]
    texts: dict[str, str]
    changes: list[WalkChange]
    violated: list[str]
    constraint: str | None
    leaves: list[str]


class WalkInstance(TypedDict):
    """An action instance; `number` is its place among all. `outcome` is that of a step: fired, out of range, refused,
    undefined.

    `guard`: the first that refuses it.
    """

    number: int
    action: str
    arguments: dict[str, str]
    text: str
    outcome: Literal["fired", "out of range", "refused", "undefined"]
    guard: str | None


class WalkGuard(TypedDict):
    """A guard of an instance: its formula, whether it holds (null: it has no value), and why not."""

    name: str
    text: str
    holds: bool | None
    lines: list[str]
    file: str | None
    line: int | None


class WalkWhy(TypedDict):
    """The reasons why an instance can happen or cannot; `lines` name the obstacles other than its guards."""

    instance: WalkInstance
    guards: list[WalkGuard]
    lines: list[str]


class WalkAnswer(TypedDict, total=False):
    """The answer to a request: the fields that the request asks for."""

    state: WalkState
    states: list[WalkState]
    more: bool
    length: int
    instances: list[WalkInstance]
    why: WalkWhy
    holds: bool | None
    found: bool
    complete: bool
    looked_at: int
    without_value: bool
    trace: TraceDocument
    graph: "GraphDocument"


class WalkOpened(TypedDict):
    """The facts about the model of a walk: its actions with the names of their arguments."""

    about: ModelFacts
    parameters: dict[str, Json]
    actions: dict[str, list[str]]
    properties: list[str]
    starts: int


class GraphDocument(TypedDict):
    """The reachable states of a model as a page shows them; a repeated entry is given by its place in a list.

    `texts` are the values of variables. `states` have the text of each of the `variables`, in the order in which a search
    breadth first finds them, the `starts` first. `instances` are all action instances. `steps` has for each state the instances
    that can happen, each with the state that it leads to: -1 if it leaves a range, -2 if that state is not shown. `stopped` has
    for each state the others, each with its place in `reasons`, a list of lines.

    `violated` are the properties that a state violates, `broken` those that a step violates, by its state and instance;
    `outside` is the constraint that a state is outside of. `complete`: all reachable states are there.
    """

    protocol: str
    variant: str | None
    dropped: list[str]
    parameters: dict[str, Json]
    variables: list[str]
    texts: list[str]
    states: list[list[int]]
    starts: list[int]
    instances: list[str]
    steps: list[list[tuple[int, int]]]
    stopped: list[list[tuple[int, int]]]
    reasons: list[list[str]]
    violated: list[tuple[int, list[str]]]
    broken: list[tuple[int, int, list[str]]]
    outside: list[tuple[int, str]]
    complete: bool
