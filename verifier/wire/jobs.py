"""The jobs of a worker: the options of a command under their names, with underscores. `command` distinguishes the jobs."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from verifier.wire.certificates import CertificateDocument
from verifier.wire.lemmas import Question
from verifier.wire.parts import Json

Reference = object
"""A protocol: a name or a path, each with an optional variant; within one process also the protocol itself."""


class Source(TypedDict):
    """A document that has not been read yet: its `name` for messages, its `text`, or its `value` if it had no file."""

    name: str
    text: NotRequired[str]
    value: NotRequired[Json]


class _Job(TypedDict):
    """`own_process`: the process does nothing else, so nothing interrupts it.

    It is killed at `memory` MiB, at the `deadline` on the monotonic clock, and after `processor` seconds of processor time.
    """

    own_process: NotRequired[bool]
    memory: NotRequired[int | None]
    deadline: NotRequired[float | None]
    processor: NotRequired[float | None]


class Hint(TypedDict):
    """A lemma from a file: its name, the reason, the text of its formula, and where it stands."""

    name: str
    reason: str
    formula: str
    file: str
    line: int


class ProveJob(_Job):
    """Prove the properties of protocols.

    `certificates` is the folder that gets them; `thorough` and `verdicts_only` are as of the request. `given` are the lemmas of
    the file `given_by`; `found`: whether the lemmas that were found are wanted as Python.
    """

    command: Literal["prove"]
    protocols: list[Reference]
    variant: str | None
    drops: list[str]
    scope: str
    settings: list[str]
    k: int
    properties: list[str]
    engine: str
    hints: bool
    lemmas: bool
    explain: bool
    show_cti: bool
    certificates: NotRequired[str | None]
    blame: NotRequired[bool]
    thorough: NotRequired[int]
    verdicts_only: NotRequired[bool]
    given: NotRequired[list[Hint]]
    given_by: NotRequired[str | None]
    found: NotRequired[bool]
    fail_fast: NotRequired[bool]
    deadlock: NotRequired[bool]
    liveness: NotRequired[bool]


class ExploreJob(_Job):
    """Count the reachable states."""

    command: Literal["explore"]
    protocol: Reference
    variant: str | None
    drops: list[str]
    settings: list[str]
    symmetry: bool
    max_states: int | None
    dot: NotRequired[bool]
    deadlock: NotRequired[bool]


class GapsJob(_Job):
    """Leave out each guard and choice."""

    command: Literal["gaps"]
    protocol: Reference
    variant: str | None
    settings: list[str]
    k: int
    include_bounds: bool


class LemmasJob(_Job):
    """Check the lemmas and invariants; `action` is the one whose steps are checked, null for all."""

    command: Literal["lemmas"]
    protocol: Reference
    variant: str | None
    drops: list[str]
    scope: str
    settings: list[str]
    k: int
    question: Question
    action: str | None


class ThresholdJob(_Job):
    """Find the share at which properties begin to fail, for given stakes if there are any; `settings` are of fixed parameters."""

    command: Literal["threshold"]
    protocol: Reference
    properties: list[str]
    settings: NotRequired[list[str]]
    stakes: NotRequired[dict[str, int] | None]


class RunJob(_Job):
    """Run a protocol at random; `until` is the formula of a state to search for."""

    command: Literal["run"]
    protocol: Reference
    variant: str | None
    drops: list[str]
    settings: list[str]
    runs: int
    depth: int
    seed: int
    until: NotRequired[str | None]


class StepJob(_Job):
    """Walk through a protocol step by step: requests follow on the worker's input."""

    command: Literal["step"]
    protocol: Reference
    variant: str | None
    drops: list[str]
    settings: list[str]


class LitmusJob(_Job):
    """Decide litmus tests under memory models, all of them if none is named."""

    command: Literal["litmus"]
    sources: list[Source]
    models: list[str]


class ReadJob(_Job):
    """Show a trace of any origin, and evaluate expressions along it; only these need its model, as in `replay`."""

    command: Literal["read"]
    source: Source
    protocol: NotRequired[Reference | None]
    expressions: NotRequired[list[str]]


class ReplayJob(_Job):
    """Re-execute a trace; `protocol` is its model if it is not built in or registered."""

    command: Literal["replay"]
    source: Source
    protocol: Reference | None


class GivenCertificate(TypedDict):
    """A certificate to be checked: as it was given, the path of a file that a worker wrote, or, in the worker, read."""

    name: str
    source: NotRequired[Source]
    path: NotRequired[str]
    document: NotRequired[CertificateDocument]


class CheckJob(_Job):
    """Check certificates; `solver` is z3, cvc5, both, or second (cvc5, and z3 where cvc5 answers unknown).

    `answered` are answers that solvers gave to the same texts before (see `evidence.remembered`); those to others come back.
    With `form_of_counts`, a certificate that only counts states is checked for its form, and nothing is searched.
    """

    command: Literal["check"]
    form_of_counts: NotRequired[bool]
    answered: NotRequired[dict[str, str]]
    certificates: list[GivenCertificate]
    solver: str
    rederive: bool
    protocol: Reference | None


class ListJob(_Job):
    """Describe the available protocols, or one."""

    command: Literal["list"]
    protocol: Reference | None


ShownFormat = Literal["text", "aiger", "aig", "btor2", "json", "smt2", "tla"]
"""The form in which a protocol is shown: as text, as a circuit in AIGER (ASCII or binary) or BTOR2, as SMT-LIB 2, or as a
module of TLA+.
"""


class ShowJob(_Job):
    """Print a protocol or, with `format`, some of its properties in the input format of another model checker.

    `module` is the name of a TLA+ module.
    """

    command: Literal["show"]
    protocol: Reference
    variant: str | None
    format: NotRequired[ShownFormat]
    drops: NotRequired[list[str]]
    settings: NotRequired[list[str]]
    properties: NotRequired[list[str]]
    module: NotRequired[str | None]


class SurveyedSetting(TypedDict):
    """Settings of a variant of a protocol, to be checked."""

    reference: str
    variant: str
    settings: list[str]


class SurveyJob(_Job):
    """Describe protocols and check settings for a plan."""

    command: Literal["survey"]
    references: list[str]
    settings: list[SurveyedSetting]


Job = (
    ProveJob
    | ExploreJob
    | GapsJob
    | LemmasJob
    | ThresholdJob
    | RunJob
    | StepJob
    | LitmusJob
    | ReadJob
    | ReplayJob
    | CheckJob
    | ListJob
    | ShowJob
    | SurveyJob
)
