"""Certificates, and the results of re-checking them."""

from typing import Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

from verifier.wire.parts import Ended, Json, ScopeName, Versions
from verifier.wire.results import ExhaustedEntry


class FieldEntry(TypedDict):
    """A constant of a state: its name, and Bool or a bit-vector sort."""

    name: str
    sort: str


class CertifiedActionEntry(TypedDict):
    """An action; `width` is the number of bits that number its instances."""

    name: str
    width: int


class DefinitionEntry(TypedDict):
    """A definition that the obligations use, as one SMT-LIB command."""

    name: str
    smtlib: str


class ObligationEntry(TypedDict):
    """A formula that must be unsatisfiable. `assumed` are the numbers of the formulas that a script assumes; without it, all."""

    name: str
    kind: str
    action: str | None
    smtlib: str
    assumed: NotRequired[list[int]]


class Values(TypedDict):
    """The values that satisfy a witness, in the order of the fields; none if `expected` is unsat, or if solvers are to find
    them.
    """

    expected: Literal["sat", "unsat"]
    state: NotRequired[list[str] | None]
    next: NotRequired[list[str] | None]
    pick: NotRequired[str | None]


class WitnessEntry(Values):
    """A formula that must be satisfiable, or, where `expected` is unsat, must not be."""

    name: str
    kind: Literal["witness"]
    action: str | None
    smtlib: str


SearchForm: TypeAlias = Literal["set", "invariant", "count"]


class CertifiedSearchEntry(ExhaustedEntry):
    """An exhaustive search that is the proof, with the diameter as TLC counts it, and the variables that were left out.

    `form`: the set of the states is the invariant of the certificate, or it has one that IC3 found, or they are only counted.
    """

    form: SearchForm
    diameter: int
    left_out: list[str]


class ClauseEntry(TypedDict):
    """The clause of a lemma that IC3 found: its literals, as the model numbers them, and the states that it excludes.

    `reading`: it is one of the published sizes, which the lemma reads for any size.
    """

    form: Literal["copies", "family", "neighbours", "single", "reading"]
    literals: list[int]


class ReductionEntry(TypedDict):
    """Which reduction of liveness to safety a certificate is about; `rounds` are those that k-liveness counts."""

    name: Literal["liveness to safety", "k-liveness"]
    rounds: int | None


class CertificateDocument(TypedDict):
    """`verify.certificate/1`."""

    schema: Literal["verify.certificate/1"]
    protocol: str
    variant: str | None
    dropped: list[str]
    scope: ScopeName
    parameters: dict[str, Json]
    model_digest: str
    versions: Versions
    property: str
    published_name: str
    property_kind: Literal["state", "action", "range", "defined", "law", "liveness", "reachable"]
    protocol_text: str
    method: Literal["k-induction", "lemmas", "pdr", "horizon", "trivial", "exhaustive", "ranking"]
    k: int
    formula: str
    invariant: list[str]
    clauses: list[ClauseEntry]
    rests_on: list[str]
    fairness: list[str]
    reduction: ReductionEntry | None
    fair_run: dict[str, Json] | None
    logic: str | None
    fields: list[FieldEntry]
    actions: list[CertifiedActionEntry]
    declarations: list[str]
    definitions: list[DefinitionEntry]
    steps: list[str]
    uses: list[str]
    obligations: list[ObligationEntry]
    witnesses: list[WitnessEntry]
    exhaustive: CertifiedSearchEntry | None
    warnings: list[str]
    content_digest: str


class CheckedEntry(TypedDict):
    """One check of a certificate. `answers` has the answer of each solver."""

    name: str
    kind: str
    expected: str
    answers: dict[str, str]
    passed: bool
    reason: str | None


class CertificateFacts(TypedDict):
    """The facts of the certificate that a check repeats."""

    protocol: str
    variant: str | None
    dropped: list[str]
    scope: str
    parameters: dict[str, Json]
    property: str
    published_name: str | None
    method: str
    k: int
    rests_on: list[str]


class CertificateVerdict(CertificateFacts):
    """The checks of a certificate by itself."""

    valid: bool
    checks: list[CheckedEntry]
    warnings: list[str]


class CertificateCheckEntry(CertificateVerdict):
    """A certificate among those of a call; `missing` is known when all are checked, and empty before."""

    certificate: str
    seconds: float
    missing: list[str]


class CheckDocument(TypedDict):
    """`verify.check/1`, whole or as far as a run came."""

    schema: Literal["verify.check/1"]
    solvers: NotRequired[list[str]]
    rederived: bool
    versions: NotRequired[Versions]
    certificates: list[CertificateCheckEntry]
    unchecked: NotRequired[list[str]]
    reason: NotRequired[str | None]
    seconds: float
    ended: NotRequired[Ended]
