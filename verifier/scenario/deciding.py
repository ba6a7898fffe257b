"""Independent decisions of what a scenario has decided: by another model, by steps, or whatever the number of validators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from verifier import api
from verifier.kernel.errors import VerifyError
from verifier.scenario.plan import Question
from verifier.scenario.reading import Decider, Stakes

if TYPE_CHECKING:
    from verifier.documents import Property, Threshold
    from verifier.jobs.session import Session

SHARES = "votor-classes"


@dataclass(frozen=True)
class Decision:
    """The verdict of one decider, and the command that shows it."""

    command: str
    verdict: str


Prove = Callable[[Decider, list[str]], "dict[str, Property]"]
"""Asks a decider about properties, within the limits of the run; those that it says nothing about are left out."""


def decide(questions: list[tuple[Question, Property | None]], prove: Prove) -> dict[str, list[tuple[Decision, Property]]]:
    """The decisions of other models on each question, by its name; those without a verdict are left out.

    A question without another model is decided by explicit search of its own, where it was decided otherwise.
    """
    asked: dict[Decider, list[Question]] = {}
    for question, entry in questions:
        searchable = entry is not None and entry.kind in ("state", "action") and entry.method != "exhaustive"
        own = (Decider(question.model, "explicit"),) if searchable and question.model.scope == "published" else ()
        for decider in question.others or own:
            asked.setdefault(decider, []).append(question)
    found: dict[str, list[tuple[Decision, Property]]] = {}
    for decider, some in asked.items():
        entries = prove(decider, [question.says for question in some])
        for question in some:
            entry = entries.get(question.says)
            if entry is not None and entry.verdict in ("proved", "violated"):
                command = decider.model.command(question.says, decider.engine)
                found.setdefault(question.name, []).append((Decision(command, entry.verdict), entry))
    return found


def by_shares(questions: list[Question], seconds: float, session: Callable[[str], Session]) -> dict[str, Decision]:
    """The decisions by the smallest coalition of stakes that can violate each property, for any number of validators.

    `session` gives one for each call of a command.
    """
    asked: dict[Stakes, list[Question]] = {}
    for question in questions:
        if question.stakes is not None:
            asked.setdefault(question.stakes, []).append(question)
    found: dict[str, Decision] = {}
    for stakes, some in asked.items() if seconds > 0 else ():
        holders = {str(place): stake for place, stake in enumerate(stakes.each)}
        try:
            names = [one.says for one in some]
            result = api.threshold(
                SHARES, properties=names, settings=stakes.settings, stakes=holders, timeout=seconds, session=session("threshold")
            )
        except (VerifyError, api.CutOff):
            continue
        least = {entry.property: entry for entry in result.thresholds}  # those that the time sufficed for
        for question in some:
            verdict = of_threshold(least[question.says], stakes) if question.says in least else None
            if verdict is not None:
                given = "".join(f" --set {one}" for one in stakes.settings)
                command = f"verify threshold {SHARES}{given} --stakes FILE --property {question.says}"
                found[question.name] = Decision(command, verdict)
    return found


def of_threshold(least: Threshold, stakes: Stakes) -> str | None:
    """The verdict on a property for the Byzantine validators of a configuration; None where the threshold does not give one.

    No coalition with less stake than the smallest one violates it. Where all stakes are equal, any that is as large does, as
    Byzantine validators can do what honest ones do.
    """
    if not least.known:
        return None
    if least.share is None or Fraction(stakes.byzantine, sum(stakes.each)) < least.share:
        return "proved"
    return "violated" if stakes.equal and least.reason is None else None


def same_length(one: Property | None, other: Property) -> bool | None:
    """Whether two counterexamples in one model, both the shortest, have the same length; None where that is not comparable."""
    if one is None or one.kind != other.kind or not (one.shortest and other.shortest):
        return None
    return one.steps == other.steps
