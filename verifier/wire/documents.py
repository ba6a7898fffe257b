"""The documents as a worker builds them. A field that may be left out is null, or its default, in the document that is written.

The models of `verifier.documents` have the same fields, or use a type of this module directly.
"""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

Json: TypeAlias = Any
"""A JSON value about which nothing more is known here: a value of a model, a parameter."""

Verdict = Literal["proved", "bounded", "violated", "unknown"]
Ended = Literal["complete", "timeout", "memory", "interrupted", "killed"]
ScopeName = Literal["published", "unbounded"]
Versions = Mapping[str, str | None]

# -- places --------------------------------------------------------------------------------------------------------------------


class PlaceEntry(TypedDict):
    """A place in a file of a model; lines count from 1."""

    file: str
    line: int


class GuardEntry(TypedDict):
    """A named guard or choice of an action; `kind` is guard, choice or bound."""

    name: str
    kind: str
    at: PlaceEntry | None


class ActionEntry(TypedDict):
    """An action, its arguments with their sorts, and what can be dropped from it."""

    name: str
    doc: str
    arguments: dict[str, str]
    guards: list[GuardEntry]
    at: PlaceEntry | None


class StatedFacts(TypedDict):
    """The statement of a property, in words and as a formula, and its place; known before it has a verdict."""

    doc: str
    formula: str | None
    at: PlaceEntry | None


# -- traces --------------------------------------------------------------------------------------------------------------------


class Attempt(TypedDict):
    """The action instance that is undefined in the last state of a trace; its arguments are ITF values."""

    action: str
    arguments: dict[str, Json]


class EvaluatedEntry(TypedDict):
    """An expression and its ITF value in each state of a trace; `#unserializable` where it has none."""

    expression: str
    values: list[Json]


TraceMetaEntry = TypedDict(
    "TraceMetaEntry",
    {
        "format": str,
        "format-description": NotRequired[str],
        "protocol": str,
        "variant": str | None,
        "dropped": list[str],
        "scope": str | None,
        "parameters": dict[str, Json],
        "property": str | None,
        "verdict": str | None,
        "shortest": NotRequired[bool],
        "model_digest": str | None,
        "versions": NotRequired[Versions],
        "attempt": NotRequired[Attempt],
        "doc": NotRequired[str | None],
        "formula": NotRequired[str | None],
        "at": NotRequired[PlaceEntry | None],
        "actions": NotRequired[list[ActionEntry] | None],
        "explanation": NotRequired[list[str] | None],
        "command": NotRequired[str | None],
        "evaluated": NotRequired[list[EvaluatedEntry]],
    },
)
TraceMetaEntry.__doc__ = "Where a trace comes from: enough to find the model again and to refuse another one."

TraceDocument = TypedDict(
    "TraceDocument",
    {
        "#meta": TraceMetaEntry,
        "params": list[str],
        "vars": list[str],
        "states": list[dict[str, Json]],
        "loop": NotRequired[int],
    },
)
TraceDocument.__doc__ = "A run in ITF: its states, each with the action that led to it and that action's arguments."

# -- results -------------------------------------------------------------------------------------------------------------------


class ModelFacts(TypedDict):
    """The facts about its model that every document has."""

    protocol: str
    variant: str | None
    dropped: list[str]
    model_digest: str | None
    evidence_digest: str | None


class VacuityEntry(TypedDict):
    """The reason why a property cannot fail: `kind` is constant, premise-unreachable, well-typed, or declared (by the model
    alone).
    """

    kind: str
    reason: str


class NotStatedEntry(TypedDict):
    """A property that does not exist at the chosen scope."""

    name: str
    published_name: str | None
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


class FirstStateEntry(TypedDict):
    """The known facts about the first state of a counterexample to induction.

    `reachable` is false if no run reaches it, null if no run of at most `steps` steps does; at the sizes of `parameters`.
    """

    reachable: bool | None
    steps: int | None
    parameters: dict[str, Json] | None


class InductionCounterexample(TypedDict):
    """A step from a state that satisfies the property and the lemmas, and need not be reachable, to a violation.

    `fewest`: no other one starts nearer to an initial state. `parameters`: the sizes of its instance.
    """

    property: str
    trace: TraceDocument
    explanation: list[str]
    fewest: NotRequired[bool]
    action: NotRequired[str | None]
    parameters: NotRequired[dict[str, Json] | None]
    first_state: NotRequired[FirstStateEntry | None]


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


LemmaStatus = Literal["inductive", "initial", "preserved", "not preserved", "unknown", "false"]
StepStatus = Literal["preserved", "not preserved", "unknown"]


class LemmaNames(TypedDict):
    """The facts about a lemma or invariant that are known before any check. `doc` says why it holds, or what it means."""

    name: str
    published_name: str | None
    kind: Literal["lemma", "invariant"]
    doc: str
    formula: str | None
    at: NotRequired[PlaceEntry | None]


LemmaPartEntry = TypedDict(
    "LemmaPartEntry",
    {"number": int, "formula": str, "status": LemmaStatus, "action": str | None, "with": list[str] | None},
)
LemmaPartEntry.__doc__ = "One conjunct of a lemma or invariant, by its number."

LemmaStepEntry = TypedDict(
    "LemmaStepEntry",
    {
        "action": str,
        "status": StepStatus,
        "with": list[str] | None,
        "cti": InductionCounterexample | None,
        "reason": str | None,
    },
)
LemmaStepEntry.__doc__ = "The effect of the steps of one action on a lemma or invariant."

_LemmaFacts = TypedDict(
    "_LemmaFacts",
    {
        "status": LemmaStatus,
        "part": int | None,
        "action": str | None,
        "with": list[str] | None,
        "rests_on": list[str],
        "parameters": dict[str, Json] | None,
        "steps": int | None,
        "trace": TraceDocument | None,
        "explanation": list[str] | None,
        "cti": InductionCounterexample | None,
        "reason": str | None,
        "seconds": float | None,
        "parts": list[LemmaPartEntry],
        "by_action": list[LemmaStepEntry],
    },
)


class LemmaReportEntry(LemmaNames, _LemmaFacts):
    """The results for one lemma or invariant."""


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


# -- searches ------------------------------------------------------------------------------------------------------------------


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


class ReplayedStep(TypedDict):
    """One step of a re-executed trace: `changes` maps a place to its old and new value, as text."""

    index: int
    action: str
    arguments: dict[str, Json]
    changes: dict[str, tuple[str | None, str]]


class ReplayedDocument(TypedDict):
    """`verify.replay/1`."""

    schema: Literal["verify.replay/1"]
    protocol: str
    variant: str | None
    property: str | None
    verdict: str | None
    valid: bool
    violated: bool
    failure: str | None
    steps: list[ReplayedStep]
    explanation: list[str]


# -- gaps ----------------------------------------------------------------------------------------------------------------------


class DropNames(TypedDict):
    """A guard, choice or condition of fairness that is left out; `kind` is guard, choice, bound or fairness."""

    action: str
    name: str
    kind: str
    at: NotRequired[PlaceEntry | None]


class DropEntry(DropNames):
    """A guard, choice or condition, and the properties that break without it."""

    breaks: NotRequired[list[ViolationEntry]]
    inert: NotRequired[bool | None]
    complete: NotRequired[bool]
    same_states: NotRequired[bool | None]
    method: NotRequired[str | None]
    k: NotRequired[int | None]
    distinct: NotRequired[int | None]
    reason: NotRequired[str | None]
    seconds: NotRequired[float | None]


class BaselineEntry(TypedDict):
    """The protocol with nothing left out."""

    complete: bool
    distinct: int | None
    violated: list[str]


class GapsFacts(ModelFacts):
    """The part of the document that is known before anything was left out."""

    schema: Literal["verify.gaps/1"]
    parameters: dict[str, Json]
    k: int
    versions: Versions
    description: NotRequired[str | None]
    at: NotRequired[PlaceEntry | None]


class GapsPlan(GapsFacts):
    """The guards, choices and conditions that will be left out."""

    drops: list[DropNames]


class GapsDocument(GapsFacts):
    """`verify.gaps/1`, whole or as far as a run came."""

    seconds: float
    baseline: NotRequired[BaselineEntry]
    drops: list[DropEntry]
    ended: NotRequired[Ended]
