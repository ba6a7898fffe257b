"""`verify.nightly/1`: the outcome of a night's run of a suite, obligation by obligation, against the expectations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import FailFast, Field, JsonValue

from verifier.documents.base import Document, Part
from verifier.documents.places import Place
from verifier.documents.result import Result
from verifier.documents.trace import Trace
from verifier.wire.parts import Verdict

Status = Literal["met", "contradicted", "open", "failed"]
WORST_FIRST: tuple[Status, ...] = ("failed", "contradicted", "open")
"""The statuses of an obligation that is not met, the most serious first."""
Seconds = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]


class Expectation(Part):
    """The expectation of a suite for a property: proved, violated (in `steps` steps), or no violation within `k` steps.

    A liveness property is violated by a lasso with a stem of `steps` steps and a loop of `loop`.
    """

    verdict: Literal["proved", "violated", "bounded"]
    steps: int | None = None
    loop: int | None = None
    k: int | None = None

    @property
    def text(self) -> str:
        """The expectation as a suite file spells it, such as `violated in 4 steps`."""
        if self.loop is not None:
            return f"violated by a lasso of stem {self.steps}, loop {self.loop}"
        if self.verdict == "violated" and self.steps is not None:
            return f"violated in {self.steps} steps"
        if self.verdict == "bounded" and self.k is not None:
            return f"bounded {self.k}"
        return self.verdict


class Origin(Part):
    """The origin of a difference: the start of the first run that found it, and the number of runs that have found it since.

    `before` is the outcome of the run before that one, null if it is unknown. `changed` lists the changes in that first run:
    the model, the suite, the verifier or the solvers; empty if nothing changed that a verdict depends on, null if that is
    unknown. Commits are those of the suite's folder, followed by `+` if files have changed since.
    """

    since: str
    nights: Annotated[int, Field(ge=1)] = 1
    before: str | None = None
    commit: str | None = None
    previous_commit: str | None = None
    changed: tuple[Literal["model", "suite", "verifier", "solvers"], ...] | None = None


class Difference(Part):
    """One property, or a whole obligation (`property` is null), that did not turn out as expected.

    `kind` is contradiction (another verdict), open (no verdict yet that could meet the expectation), disagreement (a second
    solver rejects a certificate) or failure (the tool or the model failed). `origin` says since when it exists. `doc`,
    `formula` and `explanation` are those of the property, `at` is its place, or else that of the protocol; `command` shows it
    again.
    """

    property: str | None = None
    kind: Literal["contradiction", "open", "disagreement", "failure"]
    expected: str | None = None
    found: str
    reason: str | None = None
    origin: Origin | None = None
    doc: str = ""
    formula: str | None = None
    explanation: tuple[str, ...] | None = None
    at: Place | None = None
    command: str | None = None


class CheckedCertificate(Part):
    """The certificate of one proof, and the outcome when another solver checked it in a fresh process.

    `path` is relative to the folder of the report. `outcome` is agreed, disagreed, open (no answer in time) or unchecked
    (nothing a solver could check, or no second solver).
    """

    property: str
    path: str
    outcome: Literal["agreed", "disagreed", "open", "unchecked"]
    solver: str | None = None
    reason: str | None = None
    seconds: Seconds | None = None


class Duration(Part):
    """The cost of an obligation in an earlier night that did not use the store's answer: `seconds` of processor time."""

    started: str
    seconds: Seconds


class EarlierTrace(Part):
    """The trace of a violated property from an earlier version of the model, where it differs from tonight's."""

    property: str
    recorded: str
    trace: Trace


class Obligation(Part):
    """One protocol in one variant, at one scope and size, with the expectations and verdicts of its properties.

    `reference` is the suite's name for the protocol: a name, or a file (two files may hold protocols of the same name).
    `properties` are the requested names (all stated ones if the suite names none). Budgets are `timeout`, seconds of processor
    time for the proof and the same again for the checks of its certificates, and `memory` in MiB; `wall` is the limit of either
    in seconds of wall time. `processor` is the processor time of the run that gave the verdicts, `seconds` its wall time, both
    including the checks; `cached` says that it was an earlier run, made at `recorded`. `history` holds the earlier runs that
    were actually made, oldest first. `failure` says whether a failure lies in the input (input) or in the tool (internal).
    `result` is the whole result document. `at` is the place of the protocol, `command` decides the obligation again. `earlier`
    are the traces of the last different version of the model, for violations that are new or not as expected.
    """

    id: str
    reference: str | None = None
    protocol: str
    variant: str
    scope: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    properties: tuple[str, ...] = ()
    engine: str = "auto"
    k: int = 8
    timeout: Annotated[float, Field(gt=0, le=1e15, allow_inf_nan=False)]
    wall: Annotated[float, Field(gt=0, le=1e15, allow_inf_nan=False)] | None = None
    memory: int
    expected: dict[str, Expectation] = Field(default_factory=dict)
    verdicts: dict[str, Verdict] = Field(default_factory=dict)
    status: Status
    met: bool
    cached: bool = False
    recorded: str | None = None
    seconds: Seconds | None = None
    processor: Seconds | None = None
    reason: str | None = None
    failure: Literal["input", "internal"] | None = None
    differences: tuple[Difference, ...] = ()
    certificates: tuple[CheckedCertificate, ...] = ()
    history: tuple[Duration, ...] = ()
    result: Result | None = None
    earlier: tuple[EarlierTrace, ...] = ()
    at: Place | None = None
    command: str | None = None


class Change(Part):
    """A change since the last run of this suite.

    `kind` is new or gone (an obligation), or verdict, steps, method, status (of a property or an obligation).
    """

    obligation: str
    property: str | None = None
    kind: Literal["new", "gone", "verdict", "steps", "method", "status"]
    before: str | None = None
    after: str | None = None


class Nightly(Document):
    """`verify.nightly/1`: a run of a suite. Times are ISO 8601 with their offset; `seconds` is the wall time of the run.

    `previous` is the start of the run that `changes` compares with; null if there was none. `commit` is that of the suite's
    folder.
    """

    schema_: Literal["verify.nightly/1"] = Field(default="verify.nightly/1", alias="schema")
    suite: str
    title: str | None = None
    started: str
    finished: str
    seconds: Seconds
    jobs: int = 1
    scheduler: str | None = None
    versions: dict[str, str | None] = Field(default_factory=dict)
    sources_digest: str | None = None
    commit: str | None = None
    ended: Literal["complete", "interrupted", "timeout"] = "complete"
    previous: str | None = None
    changes: tuple[Change, ...] = ()
    messages: tuple[str, ...] = ()
    obligations: Annotated[tuple[Obligation, ...], FailFast()] = ()

    def count(self, status: Status) -> int:
        """The number of obligations with this status."""
        return sum(entry.status == status for entry in self.obligations)

    @property
    def cached(self) -> int:
        """The number of obligations answered from the store."""
        return sum(entry.cached for entry in self.obligations)

    @property
    def standing(self) -> Status:
        """The status of the run, which every report and the exit code follow: the worst of its obligations.

        A run that was interrupted before anything worse happened is open.
        """
        result = {entry.status for entry in self.obligations}
        worst = next((status for status in WORST_FIRST if status in result), None)
        return worst if worst is not None else "met" if self.ended == "complete" else "open"

    @property
    def met(self) -> bool:
        """Whether the run was completed and every expectation is met."""
        return self.standing == "met"
