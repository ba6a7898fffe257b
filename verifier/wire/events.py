"""The answers of a worker, one JSON object per line. `event` distinguishes the events; `done` or `failure` is the last of a
job.
"""

from collections.abc import Callable
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from verifier.wire.certificates import CertificateCheckEntry, CheckDocument
from verifier.wire.gaps import DropEntry, GapsDocument, GapsPlan
from verifier.wire.induction import LemmaReportEntry
from verifier.wire.jobs import Reference
from verifier.wire.lemmas import LemmasDocument, LemmasPlan
from verifier.wire.listings import ListingDocument, ShownText, Survey
from verifier.wire.litmus import LitmusDocument
from verifier.wire.results import PropertyEntry, ResultDocument, ResultPlan
from verifier.wire.searches import ExplorationDocument, RunDocument
from verifier.wire.thresholds import ThresholdDocument
from verifier.wire.traces import ReplayedDocument, TraceDocument
from verifier.wire.walks import WalkAnswer, WalkOpened

AnyDocument = (
    ResultDocument
    | ExplorationDocument
    | RunDocument
    | GapsDocument
    | LemmasDocument
    | ThresholdDocument
    | CheckDocument
    | LitmusDocument
    | ReplayedDocument
    | TraceDocument
    | ListingDocument
    | ShownText
    | Survey
)


class _Event(TypedDict):
    """`index` is the place of the protocol or certificate in the call; 0 if it is left out."""

    index: NotRequired[int]


class Planned(_Event):
    """The subject of a run, as a document without answers."""

    event: Literal["plan"]
    document: ResultPlan | GapsPlan | LemmasPlan


class Progress(_Event):
    """The work in progress: `text` names its subject, `k` the depth. Searches add their figures."""

    event: Literal["progress"]
    text: str
    engine: str | None
    k: int | None
    distinct: NotRequired[int]
    runs: NotRequired[int]


class PropertyDecided(_Event):
    """The verdict on a property, as soon as it stands."""

    event: Literal["property"]
    property: PropertyEntry


class Dropped(_Event):
    """The properties that break without a guard or choice."""

    event: Literal["drop"]
    drop: DropEntry


class LemmaChecked(_Event):
    """The results for a lemma or invariant."""

    event: Literal["lemma"]
    lemma: LemmaReportEntry


class CertificateChecked(_Event):
    """The checks of a certificate."""

    event: Literal["certificate"]
    certificate: CertificateCheckEntry


class SolversAnswered(_Event):
    """The answers of solvers to texts of the last certificate (see `evidence.remembered`), for checks of others."""

    event: Literal["answered"]
    answered: dict[str, str]


class Answered(_Event):
    """A whole document; a later one of the same index takes its place."""

    event: Literal["document"]
    document: AnyDocument


class Loading(_Event):
    """Foreign code is running, that of `reference`; null when that is over."""

    event: Literal["loading"]
    reference: str | None


class Unwritten(_Event):
    """A file that could not be written; no verdict is lost."""

    event: Literal["unwritten"]
    message: str


class Mistake(_Event):
    """The reason for a failure: `kind` is model, usage, memory or internal; `source` is the line of the model."""

    kind: str
    code: str | None
    message: str
    hint: str | None
    file: str | None
    line: int | None
    source: str | None
    traceback: str | None


class Failed(Mistake):
    """The reason why the job failed; nothing comes after it."""

    event: Literal["failure"]


class Refused(Mistake):
    """The reason why one protocol of several, or one request of a walk, was refused; the others are not affected."""

    event: Literal["refused"]


class Opened(_Event):
    """A walk through a model can begin."""

    event: Literal["opened"]
    opened: WalkOpened


class Told(_Event):
    """The answer to a request of a walk; a request for something that does not exist is refused instead."""

    event: Literal["answer"]
    answer: WalkAnswer


class Referenced(_Event):
    """The protocols that a call stands for, where it names all variants of one."""

    event: Literal["references"]
    references: list[Reference]


class Done(_Event):
    """The job is done; nothing comes after it."""

    event: Literal["done"]


Event = (
    Planned
    | Progress
    | PropertyDecided
    | Dropped
    | LemmaChecked
    | CertificateChecked
    | SolversAnswered
    | Answered
    | Loading
    | Referenced
    | Unwritten
    | Failed
    | Refused
    | Opened
    | Told
    | Done
)
Emit = Callable[[Event], None]
