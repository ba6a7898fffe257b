"""Asks the questions of a scenario, those of one instance in one call, and compares independent decisions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from verifier import api
from verifier.scenario.deciding import Decision, by_shares, decide, same_length
from verifier.scenario.plan import Question
from verifier.scenario.reading import Decider, Model
from verifier.scenario.replaying import Replay, replays
from verifier.scenario.workers import Crew, Found

if TYPE_CHECKING:
    from verifier.documents import Property, Result

BY_TIME = "timeout"
CONCLUSIVE = ("proved", "violated")

_LOADING = 5.0  # seconds until a worker has started and lowered a model; no part of the time of a property
_LEAST = 0.1  # seconds of a call whose worker has started: no limit is less than nothing


@dataclass
class Limits:
    """The time that a run, and each property, may take; `depth` is the greatest depth of unrolling.

    Time that a property does not use is left to the later ones.
    """

    total: float
    each: float | None
    depth: int
    started: float = field(default_factory=time.monotonic)
    granted: float = 0.0

    def left(self) -> float:
        """The seconds that are left of the run."""
        return self.total - (time.monotonic() - self.started)

    def of(self, properties: int) -> float:
        """The seconds for some properties of one model, which has to be loaded for them."""
        if self.each is None:
            return self.left()
        self.granted += _LOADING + self.each * properties
        return min(self.left(), self.granted - (time.monotonic() - self.started))


@dataclass
class Answer:
    """The answer to a question. `error` says why there is no verdict.

    `decisions` are those of other deciders, `replayed` is the counterexample in another model, `same_length` compares the
    shortest ones of two engines, and `differs` says what contradicts the verdict.
    """

    question: Question
    verdict: str = "unknown"
    error: str | None = None
    entry: Property | None = None
    states: int = 0
    milliseconds: int = 0
    decisions: tuple[Decision, ...] = ()
    replayed: Replay | None = None
    same_length: bool | None = None
    differs: str = ""

    @property
    def conclusive(self) -> bool:
        """Whether there is a verdict."""
        return self.verdict in CONCLUSIVE

    @property
    def passed(self) -> bool:
        """Whether it is the expected one, and no other decision differs."""
        return self.verdict == self.question.expected and not self.differs


def ask(
    questions: list[Question],
    limits: Limits,
    crew: Crew,
    *,
    compare: bool = False,
    log: Callable[[str], None] = lambda line: None,
) -> list[Answer]:
    """The answers, in the order of the questions.

    Args:
        questions: those of one instance stand together.
        limits: a question without a verdict when the time is up stays without one, for that reason.
        crew: starts the workers. A question that several scenarios of its run ask is decided once.
        compare: decide once more, by independent models or by explicit search, and execute counterexamples in other models.
        log: called with a line about the work in progress.
    """
    answers: list[Answer] = []
    for model, group in groupby(questions, key=lambda question: question.model):
        some = list(group)
        log(f"{model.protocol}: {', '.join(question.name for question in some)}")
        answers += _decide(model, some, limits, crew)
    for answer in answers:
        _conditional(answer, answers)
    if compare:
        _compare(answers, limits, crew, log)
    return answers


def _decide(model: Model, questions: list[Question], limits: Limits, crew: Crew) -> list[Answer]:
    found = _prove(Decider(model), [question.says for question in questions], limits, crew)
    answers: dict[str, Answer] = {}
    before = 0.0
    for question in sorted(questions, key=lambda question: found[question.says].seconds):
        said = found[question.says]
        answer = Answer(question, error=said.error, entry=said.entry, states=said.states)
        if said.entry is not None:
            answer.verdict = said.entry.verdict
            now = max(before, said.seconds)
            answer.milliseconds, before = round(1000 * (now - before)), now
        answers[question.name] = answer
    return [answers[question.name] for question in questions]


def _prove(decider: Decider, names: list[str], limits: Limits, crew: Crew) -> dict[str, Found]:
    """The answers of a decider about properties; it is only asked about those that it has not yet decided in this run."""
    known = crew.common.known(decider, limits.depth)
    with known.lock:
        found = {name: known.found[name] for name in names if name in known.found}
        asked = [name for name in names if name not in found]
        if asked:
            found |= _asked(decider, asked, limits, crew)
        known.found |= {name: replace(said, seconds=0.0) for name, said in found.items() if said.error is None}
    return found


def _asked(decider: Decider, names: list[str], limits: Limits, crew: Crew) -> dict[str, Found]:
    from verifier.kernel.errors import VerifyError

    if limits.left() <= 0:
        return dict.fromkeys(names, Found(None, error=BY_TIME))
    model, session = decider.model, crew.session("prove")
    # The clock of a worker does not count the time in which its server was loading, but that of the run does.
    seconds = max(_LEAST, limits.of(len(names)))
    try:
        result = api.prove(
            model.protocol,
            settings=model.settings,
            scope=model.scope,
            properties=names,
            k=limits.depth,
            engine=decider.engine,
            timeout=seconds,
            session=session,
        )
    except VerifyError as error:
        return dict.fromkeys(names, Found(None, error=(str(error).splitlines() or ["refused"])[0]))
    return {name: _found(result[name], model, result) for name in names}


def _found(entry: Property, model: Model, result: Result) -> Found:
    searched = None if result.statistics is None else result.statistics.get("exhaustive")
    states, error = 0, None
    if entry.method == "exhaustive" and searched is not None:
        states = searched["states"]
    elif model.scope == "published" and entry.method != "trivial" and entry.kind != "law":
        states = 0 if entry.k is None else entry.k + 1
    if entry.verdict not in CONCLUSIVE:
        error = BY_TIME if result.ended == "timeout" else entry.reason or entry.verdict
    return Found(entry, states, entry.seconds or 0.0, error)


def _conditional(answer: Answer, answers: list[Answer]) -> None:
    """A proof that rests on other entries counts only if all of these exist and are proved."""
    needed = answer.question.rests_on
    if answer.verdict != "proved" or not needed:
        return
    said = {other.question.name: other.verdict for other in answers}
    open_ = [f"{name} is {said.get(name, 'not asked')}" for name in needed if said.get(name) != "proved"]
    if open_:
        answer.verdict = "unknown"
        missing = ", ".join(open_)
        answer.error = f"not decided: the proof rests on what holds in each slot, and {missing}"


def _compare(answers: list[Answer], limits: Limits, crew: Crew, log: Callable[[str], None]) -> None:
    """Decide every question with a verdict once more, and execute every counterexample in another model."""

    def prove(decider: Decider, names: list[str]) -> dict[str, Property]:
        log(f"{decider.model.protocol}, once more: {', '.join(names)}")
        found = _prove(decider, names, limits, crew)
        return {name: said.entry for name, said in found.items() if said.entry is not None}

    asked = [answer for answer in answers if answer.conclusive]
    found = decide([(answer.question, answer.entry) for answer in asked], prove)
    shares = by_shares([answer.question for answer in asked], limits.of(len(asked)), crew.session)
    violated = {answer.question.name: answer.entry for answer in asked if answer.verdict == "violated" and answer.entry}
    log(f"counterexamples, step by step: {', '.join(violated) or 'none'}")
    replayed = replays(violated, limits.left, crew.session)
    for answer in asked:
        name = answer.question.name
        others = found.get(name, [])
        answer.decisions = (*(decision for decision, _ in others), *([shares[name]] if name in shares else []))
        answer.replayed = replayed.get(name)
        lengths = [same_length(answer.entry, entry) for _, entry in others]
        answer.same_length = None if {*lengths} <= {None} else False not in lengths
        contradictions = {
            "Local/External Stateright mismatch; ": any(one.verdict != answer.verdict for one in answer.decisions),
            "Trace mismatch; ": answer.replayed is not None and answer.replayed.failure is not None,
            "Counterexample length mismatch; ": answer.same_length is False,
        }
        answer.differs = "".join(text for text, holds in contradictions.items() if holds)
