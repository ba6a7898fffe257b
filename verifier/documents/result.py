"""`verify.result/1` and `verify.results/1`: the verdicts on one protocol, and on several."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator, with_config

from verifier.documents.base import Document, Part, Readable
from verifier.documents.induction import InductionCounterexample, LemmaEntry
from verifier.documents.places import ListedAction, Place
from verifier.documents.trace import Trace
from verifier.kernel.spelling import is_called
from verifier.wire.induction import FirstStateEntry
from verifier.wire.induction import InductionCounterexample as RecordedCounterexample
from verifier.wire.parts import ActionEntry, Ended, GuardEntry, PlaceEntry, Verdict
from verifier.wire.results import AnsweredEntry, ExhaustedEntry, Statistics
from verifier.wire.traces import Attempt, TraceDocument, TraceMetaEntry

VERDICTS: tuple[Verdict, ...] = ("proved", "bounded", "violated", "unknown")

# Records that stay dictionaries when they are read. Fields of later versions are kept, as in any part.
_RECORDS = (
    AnsweredEntry,
    Statistics,
    ExhaustedEntry,
    FirstStateEntry,
    RecordedCounterexample,
    TraceDocument,
    TraceMetaEntry,
    Attempt,
    ActionEntry,
    GuardEntry,
    PlaceEntry,
)
for _record in _RECORDS:
    with_config(ConfigDict(extra="allow"))(_record)


class Vacuity(Part):
    """The reason why a property cannot fail: `kind` is constant, premise-unreachable, well-typed, or declared (by the model
    alone).
    """

    kind: str
    reason: str


class Blamed(Part):
    """The list of `blame` by kind, as used by a proof by induction: guards and choices as `Action.name`, and lemmas."""

    guards: tuple[str, ...] = ()
    lemmas: tuple[str, ...] = ()


class NotStated(Part):
    """A property that does not exist at the chosen scope."""

    name: str
    published_name: str | None = None
    reason: str


class Property(Readable):
    """The verdict on one property, with everything that verdict must carry; absent facts are null.

    `left_out` are the variables that the property does not depend on, if a search of all states left them out. A violated
    liveness property has `steps` that lead to its loop, and a `loop` of that many steps (0: stuttering forever). A property of
    kind `reachable` is proved by a witness, its `trace`; violated, it has a `method`, lemmas and certificate, and no trace.

    `doc` states it in words, `formula` as `verify show` prints it, and `at` is its place; `explanation` says why it fails at
    the end of its trace, and for which elements; `command` decides it again in the same way. `undefined_at` is the place of the
    use that has no value, if that is why it fails.
    """

    name: str
    published_name: str | None = None
    kind: str = "state"
    verdict: Verdict
    vacuous: Vacuity | None = None
    method: str | None = None
    k: int | None = None
    lemmas: tuple[str, ...] | None = None
    left_out: tuple[str, ...] | None = None
    blame: tuple[str, ...] | None = None
    blamed: Blamed | None = None
    steps: int | None = None
    loop: int | None = None
    shortest: bool | None = None
    trace: Trace | None = None
    values: Trace | None = None
    certificate: JsonValue = None
    reason: str | None = None
    seconds: float | None = None
    explanation: tuple[str, ...] | None = None
    cti: InductionCounterexample | None = None
    next: str | None = None
    doc: str = ""
    formula: str | None = None
    at: Place | None = None
    command: str | None = None
    undefined_at: Place | None = None

    @model_validator(mode="after")
    def _carries(self) -> Self:
        needed: dict[str, tuple[str, ...]] = {
            "proved": ("method",),
            "bounded": ("k",),
            "violated": ("trace", "steps", "shortest"),
            "unknown": ("reason",),
        }
        if self.kind == "reachable":
            needed |= {"proved": ("method", "trace", "steps"), "violated": ("method", "reason")}
        missing = [field for field in needed[self.verdict] if getattr(self, field) is None]
        if missing:
            raise ValueError(f"the verdict {self.verdict} on {self.name} lacks {', '.join(missing)}")
        return self

    @property
    def proved(self) -> bool:
        """Whether the property holds in every reachable state of the scope, or in some reachable state (kind `reachable`)."""
        return self.verdict == "proved"

    @property
    def violated(self) -> bool:
        """Whether there is a replayed counterexample, or the state to be reached (kind `reachable`) is proved to be
        unreachable.
        """
        return self.verdict == "violated"

    @property
    def said(self) -> str:
        """The verdict in one line: `TC is VIOLATED in 3 steps`."""
        if self.kind == "reachable" and self.verdict in ("proved", "violated"):
            if self.verdict == "violated":
                return f"{self.name} is UNREACHABLE, {self.method}"
            return f"{self.name} is reached in {self.steps} {'step' if self.steps == 1 else 'steps'}"
        if self.verdict == "violated":
            how = f" in {self.steps} {'step' if self.steps == 1 else 'steps'}"
            if self.values is not None:
                how = " by these values"
            elif self.loop is not None:
                how = f" by a lasso of stem {self.steps}, loop {self.loop}"
        elif self.verdict == "proved":
            how = f" by {self.method}"
        else:
            how = f" to depth {self.k}" if self.verdict == "bounded" else ""
            how += f": {self.reason}" if self.reason else ""
        return f"{self.name} is {self.verdict.upper()}{how}"

    def __repr__(self) -> str:
        return f"<{self.said}>"


class Result(Document):
    """`verify.result/1`: the verdicts on the properties of one protocol, in one variant, at one scope.

    `label` distinguishes the protocol from another one of the same name in the same call; null if there is none. `at` is the
    place of the protocol, and `actions` are all its actions, with their guards.
    """

    schema_: Literal["verify.result/1"] = Field(default="verify.result/1", alias="schema")
    protocol: str
    label: str | None = None
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    scope: str = "published"
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    k: int | None = None
    seconds: float | None = None
    versions: dict[str, str | None] = Field(default_factory=dict)
    model_digest: str | None = None
    evidence_digest: str | None = None
    statistics: Statistics | None = None
    not_stated: tuple[NotStated, ...] = ()
    properties: tuple[Property, ...] = ()
    lemma_report: tuple[LemmaEntry, ...] = ()
    next: str | None = None
    ended: Ended = "complete"
    description: str | None = None
    at: Place | None = None
    actions: tuple[ListedAction, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether the run was completed and every selected property is proved; there must be one."""
        return self.ended == "complete" and bool(self.properties) and all(entry.proved for entry in self.properties)

    @property
    def called(self) -> str:
        """The name of the protocol in texts and file names."""
        return self.label or self.protocol

    @property
    def violations(self) -> tuple[Property, ...]:
        """The violated properties, in the order of the document."""
        return tuple(entry for entry in self.properties if entry.violated)

    @property
    def results(self) -> tuple[Result, ...]:
        """This result alone, so one result and several can be read alike."""
        return (self,)

    def __repr__(self) -> str:
        counts = {verdict: sum(entry.verdict == verdict for entry in self.properties) for verdict in VERDICTS}
        known = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) or "no verdict"
        called = self.called if self.variant is None else f"{self.called}:{self.variant}"
        return f"<Result {called}, {self.scope} scope: {known}>"

    def __getitem__(self, name: str) -> Property:
        """The entry of a property, by short or published name, as `--property` reads it.

        Raises:
            KeyError: there is no such property in this result.
        """
        for entry in self.properties:
            if is_called(name, entry.name, entry.published_name):
                return entry
        raise KeyError(name)


class Results(Document):
    """`verify.results/1`: one result for each protocol of the call, in the order of the call."""

    schema_: Literal["verify.results/1"] = Field(default="verify.results/1", alias="schema")
    results: tuple[Result, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether every selected property of every protocol is proved."""
        return all(result.proved for result in self.results)

    def __repr__(self) -> str:
        return f"<Results: {', '.join(map(repr, self.results))}>"
