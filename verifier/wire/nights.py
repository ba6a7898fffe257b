"""Obligations of a night as they are sent to the machine that runs them, and the results that come back."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from verifier.wire.jobs import ProveJob
from verifier.wire.parts import Json
from verifier.wire.results import ResultDocument


class Order(TypedDict):
    """An obligation to be run: the worker's job, its budgets, and whether to make certificates.

    `timeout` is seconds of processor time, `wall` the seconds after which it is always stopped, `memory` MiB.
    """

    id: str
    job: ProveJob
    timeout: float
    wall: float
    memory: int
    certificates: bool


class Failure(TypedDict):
    """The reason why there is no result, or not all of it: `lost` has no verdict yet, and may have one tomorrow."""

    kind: Literal["input", "internal", "lost"]
    message: str


class CertificateOutcome(TypedDict):
    """The result of another solver's check of a certificate; `outcome` is null until it is known."""

    property: str
    file: str
    outcome: Literal["agreed", "disagreed", "open", "unchecked"] | None
    solver: str | None
    reason: str | None
    seconds: float | None


class Ran(TypedDict):
    """The result of an obligation. `certificates` maps the names of files to their texts.

    `seconds` is wall time, `processor` the processor time of its processes, `stopped` why they were stopped before their end.
    """

    started: str | None
    seconds: float | None
    processor: float | None
    stopped: str | None
    document: ResultDocument | None
    failure: Failure | None
    certificates: dict[str, str]
    checks: list[CertificateOutcome]
    sources: str
    versions: dict[str, str | None]


class Inputs(TypedDict):
    """The inputs that the verdicts of an obligation depend on, each as a digest; `suite` covers the questions of the suite,
    with its budgets.
    """

    model: str
    suite: str
    verifier: str
    solvers: str


class Remembered(TypedDict):
    """An obligation in the last run of its suite: its status, and by published name of a property its verdict, method, name.

    It also has its inputs, the commit, and the origin of each difference from the expectation (`documents.nightly.Origin`).
    """

    status: str
    properties: dict[str, list[str | None]]
    inputs: NotRequired[Inputs]
    commit: NotRequired[str | None]
    origins: NotRequired[dict[str, Json]]


class Outcome(Ran):
    """An obligation and its result."""

    id: str
