"""The obligations of a run for `--explain`: which solver answered each of them, in how long, and which ones block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from verifier.kernel.printing import text
from verifier.kernel.terms import Term
from verifier.proof.lemmas.any_size import AnySizeTask
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Checker
from verifier.semantics.obligations.statements import statements
from verifier.semantics.quantified.checking import Outcome
from verifier.semantics.quantified.fragment import outside

if TYPE_CHECKING:
    from verifier.wire.results import AnsweredEntry


def checked(checker: Checker) -> list[AnsweredEntry]:
    """The obligations that the re-check of proofs at a finite scope has discharged."""
    return [
        {"obligation": name, "about": "", "answer": "proved", "by": "z3, finite domains", "seconds": round(seconds, 3)}
        for name, seconds in checker.seconds.items()
    ]


def answered(task: AnySizeTask) -> list[AnsweredEntry]:
    """The answers to the obligations of the model's statements, and of the inferred formulas that serve its proofs."""
    induction = task.induction
    names = _names(task)
    kept = {*induction.invariants.kept, *names}
    result = []
    for (name, goals), outcome in induction.invariants.answered.items():
        if goals and all(goal in kept for goal in goals):
            about = ", ".join(names.get(goal) or text(goal, task.quantified.model.vocabulary, outer=False) for goal in goals)
            result.append(_entry(name, about, outcome))
    return [*result, *_left(task)]


def _names(task: AnySizeTask) -> Mapping[Term, str]:
    """The names of the formulas of the model."""
    induction, names = task.induction, dict[Term, str]()
    for one in statements(task.quantified.model):
        known = induction.parts(one.formula)
        for number, part in enumerate(known, 1):
            names[part] = one.name if len(known) == 1 else f"{one.name}.{number}"
    for prop in task.quantified.model.properties:
        for formula in (*induction.formulas[prop.name], *induction.steps[prop.name], *induction.uses[prop.name]):
            names.setdefault(formula, prop.short or prop.name)
    for prop in task.quantified.model.liveness:
        for formula in induction.ranked.get(prop.name, ()):
            names.setdefault(formula, prop.short or prop.name)
    return names


def _entry(name: str, about: str, outcome: Outcome) -> AnsweredEntry:
    answers = {
        Answer.UNSAT: "proved",
        Answer.SAT: "blocked by a counterexample, found",
        Answer.UNKNOWN: f"blocked: {outcome.reason}; last asked",
    }
    seconds = round(outcome.seconds, 3)
    return {"obligation": name, "about": about, "answer": answers[outcome.answer], "by": outcome.setting, "seconds": seconds}


def _left(task: AnySizeTask) -> list[AnsweredEntry]:
    """Why the consecution of some action is not in a fragment that z3 decides, where it gave up on it."""
    quantified, invariants = task.quantified, task.induction.invariants
    blocked = {
        name.removeprefix("consecution of "): goals
        for (name, goals), outcome in invariants.answered.items()
        if outcome.answer is Answer.UNKNOWN and name.startswith("consecution of ")
    }
    result: list[AnsweredEntry] = []
    for action in quantified.model.actions:
        if action.name in blocked:
            for reason in outside([quantified.consecution(action, invariants.kept, list(blocked[action.name]))]):
                name, answer = f"consecution of {action.name}", f"outside the decidable fragment: {reason}"
                result.append({"obligation": name, "about": "", "answer": answer, "by": "", "seconds": 0.0})
    return result
