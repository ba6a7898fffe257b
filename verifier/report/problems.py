"""Problems for other programs: the common source of JUnit files, SARIF files and lines for editors.

A problem is a property that is violated or not decided, or an obligation of a night with an unexpected outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from verifier.kernel.characters import clean, one_line
from verifier.report.nights import described
from verifier.report.phrases import named, scope, steps

if TYPE_CHECKING:
    from verifier.documents.nightly import Nightly
    from verifier.documents.places import ListedAction, Place
    from verifier.documents.result import Property, Result
    from verifier.documents.trace import Trace

Kind = Literal["violated", "open", "failed"]


@dataclass(frozen=True)
class Problem:
    """One problem: `about` is the protocol with its variant, `where` its sizes, `headline` the outcome."""

    kind: Kind
    protocol: str
    about: str
    where: str
    name: str
    published: str
    headline: str
    doc: str = ""
    formula: str | None = None
    at: Place | None = None
    explanation: tuple[str, ...] = ()
    reason: str | None = None
    command: str | None = None
    trace: Trace | None = None
    actions: tuple[ListedAction, ...] = ()

    @property
    def sentence(self) -> str:
        """The docstring of the property, in one line."""
        return " ".join(self.doc.split())

    @property
    def message(self) -> str:
        """The whole problem in a few lines: the verdict, the docstring, the explanation, the reason and the command."""
        first = " ".join(filter(None, [f"{self.name} of {self.about}", self.where, self.headline]))
        reason = [f"Reason: {self.reason}"] if self.reason else []
        again = [f"To see it: {self.command}"] if self.command else []
        lines = [first, *filter(None, [self.sentence]), *self.explanation, *reason, *again]
        return "\n".join(one_line(line) for line in lines)

    @property
    def line(self) -> str:
        """The problem as a compiler writes it: `FILE:LINE: error: message`."""
        where = "" if self.at is None else f"{self.at.text}: "
        said = "; ".join(filter(None, [self.sentence.rstrip("."), *self.explanation[:1], self.reason]))
        level = "warning" if self.kind == "open" else "error"
        return clean(one_line(f"{where}{level}: {self.name} of {self.about} {self.headline}{f': {said}' if said else ''}"))


def problems(result: Result) -> Iterator[Problem]:
    """The properties of a result that are not proved, in its order."""
    for entry in result.properties:
        if entry.verdict != "proved":
            yield _of_property(result, entry)


def _of_property(result: Result, entry: Property) -> Problem:
    return Problem(
        kind="violated" if entry.violated else "open",
        protocol=result.protocol,
        about=about(result),
        where=scope(result.scope, result.parameters),
        name=entry.name,
        published=entry.published_name or entry.name,
        headline=found(entry),
        doc=entry.doc,
        formula=entry.formula,
        at=entry.undefined_at or _undefined_action(result, entry) or entry.at or result.at,
        explanation=entry.explanation or (),
        reason=entry.reason,
        command=entry.command,
        trace=entry.trace,
        actions=result.actions,
    )


def _undefined_action(result: Result, entry: Property) -> Place | None:
    """The place of the action that is undefined in the last state of a trace: the part at fault, rather than the whole
    protocol.
    """
    attempt = None if entry.trace is None else entry.trace.meta.attempt
    return None if attempt is None else next((one.at for one in result.actions if one.name == attempt.action), None)


def problems_of_night(nightly: Nightly) -> Iterator[Problem]:
    """The differences from the expectations of a suite, in the order of the run."""
    for entry in nightly.obligations:
        known = {prop.name: prop for prop in (entry.result.properties if entry.result is not None else ())}
        for difference in entry.differences:
            prop = known.get(difference.property or "")
            since = "" if difference.origin is None else f", since {difference.origin.since[:10]}"
            kind: Kind = "failed" if difference.kind == "failure" else "open" if difference.kind == "open" else "violated"
            yield Problem(
                kind=kind,
                protocol=entry.protocol,
                about=named(entry.protocol, entry.variant),
                where=scope(entry.scope, entry.parameters if entry.result is None else entry.result.parameters),
                name=difference.property or entry.id,
                published=(prop.published_name if prop is not None else None) or difference.property or entry.id,
                headline=f"is not as expected: {described(difference.model_copy(update={'reason': None}))}{since}",
                doc=difference.doc,
                formula=difference.formula,
                at=difference.at or entry.at,
                explanation=difference.explanation or (),
                reason=difference.reason,
                command=difference.command,
                trace=prop.trace if prop is not None and difference.kind == "contradiction" else None,
                actions=() if entry.result is None else entry.result.actions,
            )


def about(result: Result) -> str:
    """The protocol with its variant, as the command line takes them, and the guards and choices left out."""
    return named(result.called, result.variant) + "".join(f" without {name}" for name in result.dropped)


def found(entry: Property) -> str:
    """A verdict in words, after the name of the property."""
    match entry.verdict:
        case "proved":
            return "is proved"
        case "bounded" if entry.kind == "reachable":
            return f"is not decided: not reached within {steps(entry.k or 0)}"
        case "bounded":
            return f"is not proved: no violation within {steps(entry.k or 0)}"
        case "unknown":
            return "is not decided"
    if entry.kind == "reachable":
        return "is violated: no run comes to such a state"
    if entry.values is not None:
        return "is violated by some values"
    if entry.loop is not None:
        return f"is violated by a lasso of stem {entry.steps}, loop {entry.loop}"
    return f"is violated in {steps(entry.steps or 0)}"
