"""Events that a call of the Python interface passes to its caller while it works, in the thread of the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.jobs.session import Session

if TYPE_CHECKING:
    from verifier.documents.gaps import Drop
    from verifier.documents.induction import LemmaEntry
    from verifier.documents.result import Property
    from verifier.wire.events import Event


@dataclass(frozen=True, slots=True)
class Working:
    """The current work.

    Attributes:
        model: the protocol and its variant, as `composed:gap`; None before it is known.
        text: its subject, in words.
        engine: the engine; None if the work is not that of an engine.
        k: the depth, if the engine has one.
        distinct: the states found so far, if the work is a search.
    """

    model: str | None
    text: str
    engine: str | None = None
    k: int | None = None
    distinct: int | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A property has its verdict."""

    model: str | None
    property: Property


@dataclass(frozen=True, slots=True)
class Dropped:
    """A guard or a choice has been left out, with a result (`gaps`)."""

    model: str | None
    drop: Drop


@dataclass(frozen=True, slots=True)
class Checked:
    """A lemma or invariant has been checked (`lemmas`)."""

    model: str | None
    lemma: LemmaEntry


Happened = Working | Decided | Dropped | Checked
Progress = Callable[[Happened], object]
"""Called in the thread of the call, between two reads of the worker's answer; an exception ends the call and the worker."""


def following(session: Session | None, progress: Progress | None) -> Session:
    """The session of a call, which also passes its events to `progress`."""
    session = session or Session()
    if progress is None:
        return session
    models: dict[int, str] = {}
    before = session.on_event

    def on_event(event: Event) -> None:
        if before is not None:
            before(event)
        happened = _happened(event, models)
        if happened is not None:
            progress(happened)

    session.on_event = on_event
    return session


def _happened(event: Event, models: dict[int, str]) -> Happened | None:
    """The event for the caller; None if it is of no interest to it. `models` are those known so far."""
    index = event.get("index", 0)
    model = models.get(index)
    if event["event"] == "plan":
        plan = event["document"]
        called = plan.get("label") or plan["protocol"]
        variant = plan.get("variant")
        models[index] = f"{called}:{variant}" if variant else str(called)
    elif event["event"] == "progress":
        return Working(model, event["text"], event["engine"], event["k"], event.get("distinct"))
    elif event["event"] == "property":
        from verifier.documents.result import Property

        return Decided(model, Property.model_validate(event["property"]))
    elif event["event"] == "drop":
        from verifier.documents.gaps import Drop

        return Dropped(model, Drop.model_validate(event["drop"]))
    elif event["event"] == "lemma":
        from verifier.documents.induction import LemmaEntry

        return Checked(model, LemmaEntry.model_validate(event["lemma"]))
    return None
