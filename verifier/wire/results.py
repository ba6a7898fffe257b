"""The verdicts on the properties of a protocol, and the other facts about a run of `verify prove`."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

from verifier.wire.induction import InductionCounterexample, LemmaReportEntry
from verifier.wire.parts import ActionEntry, Ended, Json, ModelFacts, NotStatedEntry, PlaceEntry, Verdict, Versions
from verifier.wire.traces import TraceDocument


class VacuityEntry(TypedDict):
    """The reason why a property cannot fail: `kind` is constant, premise-unreachable, well-typed, or declared (by the model
    alone).
    """

    kind: str
    reason: str


class PropertyNames(TypedDict):
    """The names of a property, and its kind."""

    name: str
    published_name: str | None
    kind: str


class PlannedProperty(PropertyNames):
    """The facts about a property that are known before it has a verdict; without its statement if the protocol was not loaded.
    """

    doc: NotRequired[str]
    formula: NotRequired[str | None]
    at: NotRequired[PlaceEntry | None]


class BlameEntry(TypedDict):
    """The parts that a proof by induction used: guards and choices as `Action.name`, and lemmas."""

    guards: list[str]
    lemmas: list[str]


class VerdictFacts(TypedDict, total=False):
    """The facts that go with a verdict, as far as they apply."""

    method: str | None
    k: int | None
    lemmas: list[str] | None
    left_out: list[str] | None
    blame: list[str] | None
    blamed: BlameEntry | None
    steps: int | None
    loop: int | None
    shortest: bool | None
    trace: TraceDocument | None
    values: TraceDocument | None
    certificate: Json
    reason: str | None
    explanation: list[str] | None
    cti: InductionCounterexample | None
    next: str | None
    command: str | None
    undefined_at: PlaceEntry | None


class PropertyEntry(PlannedProperty, VerdictFacts):
    """The verdict on one property, with everything that must go with that verdict."""

    verdict: Verdict
    vacuous: NotRequired[VacuityEntry | None]
    seconds: NotRequired[float | None]


class ExhaustedEntry(TypedDict):
    """The result of an exhaustive search: the number of states, and the digest of their set."""

    states: int
    digest: str


class AnsweredEntry(TypedDict):
    """An obligation, its subject, the solver setting that answered it, and the time; `answer`: proved, or the obstacle."""

    obligation: str
    about: str
    answer: str
    by: str
    seconds: float


class Statistics(TypedDict, total=False):
    """The cost of a run, and the facts about it as a whole; `--explain` prints it.

    `phases` are seconds. `engines` are those that worked on each property, `lemmas` says which properties each lemma served.
    `hints` are the lemmas that were found, as Python, if they were asked for. `dropped` names the parts that the unbounded scope
    leaves out. `stopped` are the budgets that stop actions which are assumed fair.
    """

    phases: dict[str, float]
    queries: int
    fields: int
    instances: int
    nodes: int
    engines: dict[str, list[str]]
    lemmas: dict[str, list[str]]
    hints: list[str]
    exhaustive: ExhaustedEntry | None
    dropped: list[str]
    stopped: list[str]
    warnings: list[str]
    cti: list[InductionCounterexample]
    obligations: list[AnsweredEntry]


class Presented(TypedDict):
    """The description of the protocol itself in a result, if it was loaded."""

    description: NotRequired[str | None]
    at: NotRequired[PlaceEntry | None]
    actions: NotRequired[list[ActionEntry]]


class ResultFacts(ModelFacts, Presented):
    """The part of a result that is known before any verdict."""

    schema: Literal["verify.result/1"]
    label: str | None
    scope: str
    parameters: dict[str, Json]
    k: int
    versions: Versions


class ResultPlan(ResultFacts):
    """The properties that a run is about."""

    properties: list[PlannedProperty]


class ResultDocument(ResultFacts):
    """`verify.result/1`, whole or as far as a run came."""

    seconds: float
    statistics: NotRequired[Statistics | None]
    not_stated: NotRequired[list[NotStatedEntry]]
    properties: list[PropertyEntry]
    lemma_report: NotRequired[list[LemmaReportEntry]]
    next: NotRequired[str | None]
    ended: NotRequired[Ended]
