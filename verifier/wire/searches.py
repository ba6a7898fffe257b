"""The results of explicit search and of sample runs."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

from verifier.wire.parts import Ended, Json, ModelFacts, StatedFacts, Versions
from verifier.wire.traces import TraceDocument


class FoundEntry(StatedFacts):
    """A property that a search found violated, the fewest steps to a violation, and the command that shows it."""

    property: str
    published_name: str | None
    steps: int
    command: NotRequired[str | None]


class ViolationEntry(FoundEntry):
    """A violation with its replayed trace; without a guard, or met by a random run."""

    trace: TraceDocument
    explanation: NotRequired[list[str] | None]


class SearchFacts(ModelFacts):
    """The common part of the documents of searches. One that was cut off knows less about the model."""

    parameters: dict[str, Json]
    versions: Versions
    seconds: float
    ended: NotRequired[Ended]


class ActionFigures(TypedDict):
    """The number of times that an action fired, and of states that one of its steps found first."""

    action: str
    fired: int
    new: int


class ExplorationDocument(SearchFacts):
    """`verify.explore/1`."""

    schema: Literal["verify.explore/1"]
    distinct: NotRequired[int | None]
    generated: NotRequired[int | None]
    diameter: NotRequired[int | None]
    orbits: NotRequired[int | None]
    orbits_reason: NotRequired[str | None]
    complete: bool
    stopped: NotRequired[Literal["states", "memory"] | None]
    peak_bytes: NotRequired[int | None]
    violations: list[FoundEntry]
    actions: NotRequired[list[ActionFigures]]
    never_false: NotRequired[list[str]]
    dot: NotRequired[str | None]


class RunActionEntry(TypedDict):
    """The number of states of the runs in which an action could happen, and of times that it did."""

    action: str
    enabled: int
    fired: int


class SampleEntry(TypedDict):
    """A run worth seeing: the events that it shows and no sample before it does, its steps, and its trace."""

    shows: list[str]
    steps: int
    trace: TraceDocument


class RunDocument(SearchFacts):
    """`verify.run/1`."""

    schema: Literal["verify.run/1"]
    runs: NotRequired[int | None]
    until: str | None
    found: bool | None
    complete: bool | None
    steps: int | None
    shortest: bool | None
    trace: TraceDocument | None
    states: int | None
    actions: list[RunActionEntry]
    samples: list[SampleEntry]
    sights: list[str]
    missing: list[str]
    depth: int | None
    seed: int | None
    violations: list[ViolationEntry]
