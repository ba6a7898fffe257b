"""The status of a lemma or invariant, and counterexamples to induction: parts of several documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Part
from verifier.documents.places import Place
from verifier.documents.trace import Trace
from verifier.wire.induction import LemmaStatus, StepStatus


class FirstState(Part):
    """The known facts about the first state of a counterexample to induction.

    At the sizes of `parameters`, `reachable` is false if no run reaches it at all, and null if no run of at most `steps` steps
    does.
    """

    reachable: bool | None = None
    steps: int | None = None
    parameters: dict[str, JsonValue] | None = None


class InductionCounterexample(Part):
    """A step from a state that satisfies all lemmas and invariants to one that falsifies `property`.

    `parameters` are the sizes of its instance. `fewest`: of all such steps in the instance, none begins nearer to an initial
    state.
    """

    property: str
    action: str | None = None
    parameters: dict[str, JsonValue] | None = None
    fewest: bool | None = None
    first_state: FirstState | None = None
    trace: Trace
    explanation: tuple[str, ...] = ()



class LemmaPart(Part):
    """One conjunct of a lemma or invariant, by its number."""

    number: int
    formula: str
    status: LemmaStatus
    action: str | None = None
    with_: tuple[str, ...] | None = Field(default=None, alias="with")


class LemmaStep(Part):
    """The effect of the steps of one action on a lemma or invariant; `with` names what its preservation assumes."""

    action: str
    status: StepStatus
    with_: tuple[str, ...] | None = Field(default=None, alias="with")
    cti: InductionCounterexample | None = None
    reason: str | None = None


class LemmaEntry(Part):
    """The status of one lemma or invariant. Absent facts are null.

    `doc`: the model's reason why it holds, or its meaning. `status`: `inductive` (initiation and consecution are shown, the
    latter assuming the others that `with` names), `false` (in the last state of `trace`), `not preserved` (by a step of
    `action` from a state that satisfies all lemmas and invariants as written, see `cti`), `unknown` (see `reason`); `initial`
    and `preserved` if only that was checked. `part` is the conjunct that the status refers to. `rests_on`: those that it
    assumes, directly or not, and that are not inductive themselves.
    """

    name: str
    published_name: str | None = None
    kind: Literal["lemma", "invariant"]
    doc: str = ""
    formula: str | None = None
    status: LemmaStatus
    part: int | None = None
    action: str | None = None
    with_: tuple[str, ...] | None = Field(default=None, alias="with")
    rests_on: tuple[str, ...] = ()
    parameters: dict[str, JsonValue] | None = None
    steps: int | None = None
    trace: Trace | None = None
    explanation: tuple[str, ...] | None = None
    cti: InductionCounterexample | None = None
    reason: str | None = None
    seconds: float | None = None
    parts: tuple[LemmaPart, ...] = ()
    by_action: tuple[LemmaStep, ...] = ()
    at: Place | None = None

    @property
    def good(self) -> bool:
        """Whether everything requested was shown."""
        return self.status in ("inductive", "initial", "preserved")
