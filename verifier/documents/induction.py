"""What is known of a lemma or invariant, and counterexamples to induction: parts of several documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Part
from verifier.documents.places import Place
from verifier.documents.trace import Trace
from verifier.wire.documents import LemmaStatus, StepStatus


class FirstState(Part):
    """What is known of the first state of a counterexample to induction.

    `reachable` is false if no run reaches it at all, null if no run of at most `steps` steps does: at the sizes of `parameters`.
    """

    reachable: bool | None = None
    steps: int | None = None
    parameters: dict[str, JsonValue] | None = None


class InductionCounterexample(Part):
    """A step from a state that satisfies all lemmas and invariants to one that falsifies `property`.

    `parameters` are the sizes of the instance that it is of. `fewest`: of all that the instance has, none begins nearer to an
    initial state.
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
    """What the steps of one action do to a lemma or invariant; `with` names what its preservation assumes."""

    action: str
    status: StepStatus
    with_: tuple[str, ...] | None = Field(default=None, alias="with")
    cti: InductionCounterexample | None = None
    reason: str | None = None


class LemmaEntry(Part):
    """What is known of one lemma or invariant. Absent facts are null.

    `doc`: why the model says that it holds, or what it means. `status`: `inductive` (initiation and consecution are shown, the
    latter assuming the others that `with` names), `false` (in the last state of `trace`), `not preserved` (by a step of `action`
    from a state that satisfies all lemmas and invariants as they are written, see `cti`), `unknown` (see `reason`); `initial` and
    `preserved` where only that was asked. `part` is the conjunct that the status is about. `rests_on`: what it assumes, directly
    or not, and is not inductive itself.
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
        """Whether nothing that was asked is missing."""
        return self.status in ("inductive", "initial", "preserved")
