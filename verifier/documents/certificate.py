"""`verify.certificate/1`: the evidence for one proof, and `verify.check/1`: the results of re-checking certificates."""

from __future__ import annotations

import builtins
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator

from verifier.documents.base import Document, Part
from verifier.wire.parts import Ended

Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Method = Literal["k-induction", "lemmas", "pdr", "horizon", "trivial", "exhaustive", "ranking"]
Answer = Literal["sat", "unsat"]


_EXACTLY = ConfigDict(extra="forbid", strict=True)
"""Unknown keys would be covered by the digest, but read by nobody."""


class Stated(Part):
    """A part of a certificate; unknown keys are not allowed."""

    model_config = _EXACTLY


class CertifiedField(Stated):
    """A constant of a state: its name, and Bool or a bit-vector sort."""

    name: str
    sort: str


class CertifiedAction(Stated):
    """An action. At published scope `width` is the number of bits that encode its instances."""

    name: str
    width: int


class Definition(Stated):
    """A definition that the obligations use, as one SMT-LIB command."""

    name: str
    smtlib: str


class CertifiedObligation(Stated):
    """A query that must be unsatisfiable: an assertion over declarations and definitions, or at unbounded scope a script.

    `assumed` are the numbers of the formulas that a script assumes: those of the invariant, then the `uses` before its own; all
    of them where it is null.
    """

    name: str
    kind: str
    action: str | None
    smtlib: str
    assumed: list[int] | None = None


class Witness(Stated):
    """A query that must be satisfiable, at published scope by the given values, in the order of the fields.

    With `expected` unsat it states that an action cannot fire (or that nothing well-typed violates the property), and is an
    obligation.
    """

    name: str
    kind: Literal["witness"]
    action: str | None
    expected: Answer
    smtlib: str
    state: tuple[str, ...] | None = None
    next: tuple[str, ...] | None = None
    pick: str | None = None


class Exhausted(Stated):
    """The result of an exhaustive search: the number of states, the digest of their set, and the diameter as TLC counts it.

    `form`: the certificate has an invariant, which is the set of the states or another one, or the states are only counted.
    `left_out` are the variables that were left out because the property does not depend on them: the states are those of the
    other variables.
    """

    form: Literal["set", "invariant", "count"]

    states: int = Field(ge=0)
    digest: Digest
    diameter: int = Field(ge=1)
    left_out: list[str]


class Reduction(Stated):
    """The reduction of liveness to safety that the definitions encode; `rounds` are those that k-liveness counts."""

    name: Literal["liveness to safety", "k-liveness"]
    rounds: int | None = Field(ge=0)


class CertifiedClause(Document):
    """The clause of a lemma that IC3 found: its literals, as the model numbers them; `form` says what else it excludes.

    `reading`: it is one of the published sizes, which the lemma reads for any size.
    """

    model_config = _EXACTLY

    form: Literal["copies", "family", "neighbours", "single", "reading"]
    literals: list[int]


class Certificate(Document):
    """`verify.certificate/1`: the evidence for one proved property, which `verify check` checks from its text alone.

    `invariant`: the property and its lemmas as readable formulas. `clauses`: for each lemma that IC3 found, the clause from
    which `--rederive` reads it. `rests_on`: the companion properties, with their own certificates, without which steps may have
    no meaning. `fair_run`: a lasso, as a trace, that meets every condition of fairness, if one is known. `content_digest`:
    SHA-256 of the canonical JSON of everything else.
    """

    model_config = _EXACTLY

    schema_: Literal["verify.certificate/1"] = Field(alias="schema")
    protocol: str
    variant: str | None
    dropped: list[str]
    scope: Literal["published", "unbounded"]
    parameters: dict[str, JsonValue]
    model_digest: Digest
    versions: dict[str, str | None]
    property: str
    published_name: str
    property_kind: Literal["state", "action", "range", "defined", "law", "liveness", "reachable"]
    protocol_text: str
    method: Method
    k: int = Field(ge=0)
    formula: str
    invariant: list[str]
    clauses: list[CertifiedClause] = Field(default_factory=list)
    rests_on: list[str]
    fairness: list[str] = Field(default_factory=list)
    reduction: Reduction | None = None
    fair_run: dict[str, JsonValue] | None = None
    logic: str | None
    fields: list[CertifiedField]
    actions: list[CertifiedAction]
    declarations: list[str]
    definitions: list[Definition]
    steps: list[str]
    uses: list[str]
    obligations: list[CertifiedObligation]
    witnesses: list[Witness]
    exhaustive: Exhausted | None
    warnings: list[str]
    content_digest: str

    @model_validator(mode="after")
    def _evidence(self) -> Self:
        if (self.method == "exhaustive") != (self.exhaustive is not None):
            raise ValueError("exhaustive: the figures of a search belong to the method exhaustive, and to no other")
        live = self.property_kind == "liveness" and self.scope == "published" and self.method != "exhaustive"
        if live != (self.reduction is not None):
            raise ValueError("reduction: it belongs to liveness properties at published scope, if no search decides them")
        if self.fair_run is not None and self.reduction is None:
            raise ValueError("fair_run: it belongs to a reduction")
        if self.method == "exhaustive" and self.scope != "published":
            raise ValueError("method: an exhaustive search is of a finite scope")
        if not self.obligations and not (self.exhaustive is not None and self.exhaustive.form == "count"):
            raise ValueError("obligations: there are none")
        return self


class Checked(Part):
    """One check: `kind` is form, initiation, consecution, safety, base, step, horizon, trivial, witness,
    derivation, runs or search. `answers` has the answer of each solver.
    """

    name: str
    kind: str
    expected: str
    answers: dict[str, str] = Field(default_factory=dict)
    passed: bool
    reason: str | None = None


class CertificateCheck(Part):
    """A certificate and everything that was checked of it; valid if all passed.

    `missing` are the properties that it rests on, directly or through others, for which no valid certificate was given.
    """

    certificate: str
    protocol: str
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    scope: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    property: str
    published_name: str | None = None
    method: str
    k: int
    valid: bool
    rests_on: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    checks: tuple[Checked, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float | None = None

    @builtins.property
    def failures(self) -> tuple[Checked, ...]:
        """The checks that did not pass."""
        return tuple(entry for entry in self.checks if not entry.passed)


class Check(Document):
    """`verify.check/1`: the certificates of a call, in its order. `solvers` are those that received a query.

    `unchecked` are the names of those that an interrupted run did not reach; `reason` says why.
    """

    schema_: Literal["verify.check/1"] = Field(default="verify.check/1", alias="schema")
    solvers: tuple[str, ...] = ()
    rederived: bool = False
    versions: dict[str, str | None] = Field(default_factory=dict)
    certificates: tuple[CertificateCheck, ...] = ()
    unchecked: tuple[str, ...] = ()
    reason: str | None = None
    seconds: float | None = None
    ended: Ended = "complete"

    @property
    def valid(self) -> bool:
        """Whether the run was completed and every certificate passed."""
        return self.ended == "complete" and all(entry.valid for entry in self.certificates)

    @property
    def complete(self) -> bool:
        """Whether all certificates are valid, and those that they rest on were given too."""
        return self.valid and not any(entry.missing for entry in self.certificates)


def read_certificate(document: Any) -> Certificate:
    """A certificate from a JSON value. Raises pydantic.ValidationError if it is not one."""
    if isinstance(document, (str, bytes)):
        return Certificate.model_validate_json(document)
    return Certificate.from_document(document)
