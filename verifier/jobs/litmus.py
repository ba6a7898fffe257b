"""Decide litmus tests: each is a protocol of the library, and each memory model a variant of it that is proved or refuted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from verifier.litmus.herd import parse
from verifier.litmus.picture import forbidding, pictured, race_of
from verifier.litmus.questions import LANGUAGE, Question, chosen

if TYPE_CHECKING:
    from verifier.litmus.questions import Execution
    from verifier.wire.events import Emit
    from verifier.wire.jobs import LitmusJob
    from verifier.wire.litmus import LitmusDocument, LitmusModelEntry, LitmusTestEntry, Outcome
    from verifier.wire.results import PropertyEntry

_OUTCOMES: dict[str, Outcome] = {"violated": "allowed", "proved": "forbidden"}


def decided(job: LitmusJob, emit: Emit) -> LitmusDocument:
    """The document of the tests of a job.

    Raises:
        UsageError: a file is not a litmus test that can be read, or there is no such memory model.
    """
    from verifier.proof.strategy.entries import versions

    models = chosen(job["models"])
    tests = [(source["name"], parse(source["name"], source["text"])) for source in job["sources"]]
    entries: list[LitmusTestEntry] = []
    for file, test in tests:
        question = Question(test, models)
        found = [_Answer(question, name, emit) for name in models]
        executions = _shown(question, found)
        entries.append(
            {
                "name": test.name,
                "file": file,
                "quantifier": test.quantifier,
                "condition": test.condition,
                "models": [_entry(answer, x, bool(job["models"])) for answer, x in zip(found, executions, strict=True)],
            }
        )
    return {"schema": "verify.litmus/1", "tests": entries, "versions": versions("z3")}


class _Answer:
    """The answer for a memory model."""

    def __init__(self, question: Question, name: str, emit: Emit) -> None:
        began = time.monotonic()
        self.question, self.name, self.memory = question, name, question.memory(name)
        emit({"event": "progress", "text": f"{question.test.name} under {self.memory.name}", "engine": None, "k": None})
        self.entry = _prove(question, question.variant(name), "Forbidden")
        self.outcome = _OUTCOMES.get(self.entry["verdict"])
        self.axioms: list[str] = []
        if self.outcome == "forbidden":
            self.axioms = next(list(some) for some in question.axioms(name) if _forbid(question, name, some))
        self.reason = self.entry["reason"]
        self.race: list[str] = []
        if question.races and name == LANGUAGE:
            races = _prove(question, question.variant(name), "NoRace")
            racing = _execution(question, races)
            self.race = [] if racing is None else race_of(racing)
            if races["verdict"] not in _OUTCOMES and self.outcome == "forbidden":
                # If accesses race, nothing is forbidden.
                self.outcome, self.axioms = None, []
                self.reason = f"whether accesses race is not known: {races['reason']}"
        self.seconds = round(time.monotonic() - began, 3)


def _shown(question: Question, found: list[_Answer]) -> list[Execution | None]:
    """An execution with the outcome for each model; several models share one where possible.

    An execution that some model allows also shows what another one forbids; if all forbid it, any candidate will do.
    """
    known: list[Execution] = []
    for answer in found:
        if answer.outcome == "allowed" and not any(not forbidding(answer.memory, x) for x in known):
            x = _execution(question, answer.entry)
            known += [] if x is None else [x]
    if not known:
        x = _execution(question, _prove(question, question.candidates, "Forbidden"))
        known += [] if x is None else [x]
    return [
        next((x for x in known if not forbidding(answer.memory, x) or answer.outcome != "allowed"), None) for answer in found
    ]


def _entry(answer: _Answer, x: Execution | None, asked: bool) -> LitmusModelEntry:
    question, outcome = answer.question, answer.outcome
    expected = question.expected(answer.name, asked)
    wanted: Outcome = "allowed" if question.test.quantifier == "exists" else "forbidden"

    def right(of: Outcome) -> bool | None:
        # A program with a race has no meaning, so nothing is forbidden.
        return None if outcome is None else outcome == of and not (answer.race and of == "forbidden")

    return {
        "model": answer.memory.name,
        "title": answer.memory.title,
        "source": answer.memory.source,
        "outcome": outcome,
        "axioms": answer.axioms,
        "execution": None if x is None else pictured(answer.memory, x),
        "race": answer.race,
        "holds": right(wanted),
        "expected": expected,
        "met": None if expected is None else right(expected),
        "reason": answer.reason if outcome is None else None,
        "seconds": answer.seconds,
    }


def _forbid(question: Question, model: str, axioms: tuple[str, ...]) -> bool:
    """Whether some axioms forbid the outcome; all of them are known to."""
    variant = question.variant(model, axioms)
    return variant == question.variant(model) or _prove(question, variant, "Forbidden")["verdict"] == "proved"


def _prove(question: Question, variant: str, name: str) -> PropertyEntry:
    from verifier.proof.strategy import ProveRequest, prove

    request = ProveRequest(protocol=question.protocol, variant=variant, properties=(name,))
    document = prove(request, lambda event: None)
    return next(entry for entry in document["properties"] if entry["name"] == name)


def _execution(question: Question, entry: PropertyEntry) -> Execution | None:
    """The execution that violates a property; None if none does."""
    trace = entry["trace"]
    return None if trace is None else question.execution(trace["states"][0])
