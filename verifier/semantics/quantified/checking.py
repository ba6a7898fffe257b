"""Answers obligations with z3: a fresh solver each time, a few settings in a fixed order, the first that
answers wins.

No single setting of z3 answers every obligation with quantifiers. Each setting gets a budget in z3's own steps (`rlimit`), first
a small one, then a larger, so that the same questions in the same order always have the same answers; the clock only ends a run.
Earlier questions in the same context can change how z3 proceeds with a question, and so what it uses for a refutation.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from z3 import Z3Exception

from verifier.kernel.errors import ModelError
from verifier.kernel.terms import Term
from verifier.semantics.answers import Answer
from verifier.semantics.quantified.instantiating import instantiated
from verifier.semantics.quantified.nearby import near, without_totals
from verifier.semantics.quantified.obligations import Obligation, Quantified
from verifier.semantics.quantified.ordering import ordered
from verifier.semantics.quantified.premises import Premise
from verifier.semantics.quantified.splitting import split
from verifier.semantics.solving import SEED


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to ask z3: with these parameters; over ordered sorts; case by case; with a narrowed goal and instances of premises;
    with the assumptions near the goal alone; without those that read totals, where the goal reads none.

    `proves_only`: that it finds no proof means nothing.
    """

    name: str
    parameters: Mapping[str, bool | int] = field(default_factory=dict)
    proves_only: bool = False
    ordered: bool = False
    split: bool = False
    instances: bool = False
    near: bool = False
    without_totals: bool = False

    @property
    def is_form(self) -> bool:
        """Whether it asks the usual question about one script: with z3's own parameters, about all premises, without cases."""
        return not (self.parameters or self.split or self.near or self.without_totals)


PORTFOLIO = (
    Setting("default"),
    Setting("without totals", proves_only=True, without_totals=True),
    Setting("ordered sorts", proves_only=True, ordered=True),
    Setting("with instances", proves_only=True, instances=True),
    Setting("another seed", {"random_seed": SEED}),
    Setting("case by case", split=True),
    Setting("no automatic configuration", {"auto_config": False}),
    Setting("ordered sorts, another seed", {"random_seed": SEED}, proves_only=True, ordered=True),
    Setting("ordered sorts, case by case", proves_only=True, ordered=True, split=True),
    Setting("near assumptions", proves_only=True, near=True),
)
"""Each of these answers obligations of published protocols that those before it do not, or later."""
ROUNDS = (250_000, 8_000_000)
"""The budgets that every setting gets in turn, in z3's steps; a million is a fraction of a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The answer to an obligation.

    After UNSAT: `used` are the caller's assumptions that the refutation needed, `names` the guards and
    other premises. After SAT: `falsified` are goals that the model falsifies, at least one, and `model` its
    text. After UNKNOWN: `reason`. `setting` names the member of the portfolio that answered, `effort`
    counts all of z3's steps, `alone` those of that member in the round in which it answered. `least`: it is
    known that none of the `used` can be left out.
    """

    answer: Answer
    setting: str
    used: tuple[Term, ...] = ()
    names: tuple[str, ...] = ()
    falsified: tuple[Term, ...] = ()
    reason: str = ""
    effort: int = 0
    alone: int = 0
    seconds: float = 0.0
    model: str = ""
    least: bool = False


def check(
    obligation: Obligation,
    *,
    seconds: float | None = None,
    rounds: Sequence[int] = ROUNDS,
    portfolio: Sequence[Setting] = PORTFOLIO,
) -> Outcome:
    """Asks the settings in order until one answers; `seconds` bounds the whole.

    Several goals are asked together with the first setting and budget, then one by one.
    """
    started = time.monotonic()
    if not obligation.goals and obligation.kind != "sanity":
        return Outcome(Answer.UNSAT, "nothing to show")
    clock = _Clock(started, seconds)
    if len(obligation.goals) < 2:
        return _portfolio(obligation, clock, rounds, portfolio)
    together = _portfolio(obligation, clock, rounds[:1], portfolio[:1])
    if together.answer is not Answer.UNKNOWN:
        return together
    apart = [_portfolio(replace(obligation, goals=(goal,)), clock, rounds, portfolio) for goal in obligation.goals]
    return _joined([together, *apart], obligation, clock)


@dataclass(frozen=True, slots=True)
class _Clock:
    """When a question was asked, and how many seconds it has."""

    started: float
    seconds: float | None

    @property
    def spent(self) -> float:
        return time.monotonic() - self.started

    @property
    def left(self) -> float | None:
        return None if self.seconds is None else self.seconds - self.spent


def _portfolio(obligation: Obligation, clock: _Clock, rounds: Sequence[int], portfolio: Sequence[Setting]) -> Outcome:
    """Asks the settings with each budget in turn."""
    effort, reason = 0, "no setting was asked"
    versions: dict[tuple[bool, ...], list[Obligation]] = {}
    for budget in rounds:
        for setting in portfolio:
            if clock.left is not None and clock.left <= 0:
                return Outcome(Answer.UNKNOWN, setting.name, reason="time ran out", effort=effort, seconds=clock.spent)
            version = setting.ordered, setting.split, setting.instances, setting.near, setting.without_totals
            if version not in versions:
                versions[version] = _version(obligation, setting)
            if not versions[version]:
                continue
            outcome = _cases(versions[version], setting, budget, clock)
            effort += outcome.effort
            if outcome.answer is Answer.UNSAT or (outcome.answer is Answer.SAT and not setting.proves_only):
                return replace(outcome, effort=effort, seconds=clock.spent)
            reason = outcome.reason or reason
    return Outcome(Answer.UNKNOWN, portfolio[-1].name, reason=reason, effort=effort, seconds=clock.spent)


def _version(obligation: Obligation, setting: Setting) -> list[Obligation]:
    """The obligation as the setting asks it, in cases; empty if it cannot."""
    asked = near(obligation) if setting.near else obligation
    asked = without_totals(asked) if asked is not None and setting.without_totals else asked
    asked = instantiated(asked) if asked is not None and setting.instances else asked
    asked = ordered(asked) if asked is not None and setting.ordered else asked
    if asked is None:
        return []
    if not setting.split:
        return [asked]
    try:
        return split(asked)
    except Z3Exception:
        # A case mentions integers that the classes of the whole have not seen.
        if setting.ordered:
            return []
        raise


def _cases(cases: Sequence[Obligation], setting: Setting, budget: int, clock: _Clock) -> Outcome:
    """The answer to all cases: unsatisfiable if each is, else that of the first that is not."""
    outcomes = []
    for case in cases:
        outcomes.append(_ask(case, setting, budget, clock.left))
        if outcomes[-1].answer is not Answer.UNSAT:
            break
    effort = sum(outcome.effort for outcome in outcomes)
    used = tuple(dict.fromkeys(term for outcome in outcomes for term in outcome.used))
    names = tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.names))
    return replace(outcomes[-1], used=used, names=names, effort=effort, alone=effort)


def _joined(outcomes: Sequence[Outcome], obligation: Obligation, clock: _Clock) -> Outcome:
    """The answer to all goals from a first question, which had none, and the answers to each goal."""
    effort = sum(outcome.effort for outcome in outcomes)
    apart = outcomes[1:]
    worst = next((o for answer in (Answer.SAT, Answer.UNKNOWN) for o in apart if o.answer is answer), None)
    if worst is not None:
        falsified = tuple(term for outcome in apart for term in outcome.falsified)
        return replace(worst, falsified=falsified, effort=effort, seconds=clock.spent)
    needed = {term for outcome in apart for term in outcome.used}
    used = tuple(p.term for p in obligation.premises if p.term is not None and p.term in needed)
    names = tuple(dict.fromkeys(name for outcome in apart for name in outcome.names))
    settings = ", ".join(dict.fromkeys(outcome.setting for outcome in apart))
    alone = sum(outcome.alone for outcome in apart)
    return Outcome(Answer.UNSAT, settings, used, names, effort=effort, alone=alone, seconds=clock.spent)


def _ask(obligation: Obligation, setting: Setting, budget: int, seconds: float | None) -> Outcome:
    smt = obligation.lowering.smt
    parameters: dict[str, bool | int] = {**setting.parameters, "rlimit": budget}
    if seconds is not None:
        parameters["timeout"] = max(1, int(seconds * 1000))
    solver = smt.solver(parameters)
    for formula in obligation.given:
        solver.add(formula)
    marks = smt.marks(len(obligation.premises) + len(obligation.goals))
    literals, failing = marks[: len(obligation.premises)], marks[len(obligation.premises) :]
    for literal, premise in zip(literals, obligation.premises, strict=True):
        solver.add(smt.implication(literal, premise.formula))
    for literal, goal in zip(failing, obligation.goals, strict=True):
        solver.add(smt.implication(literal, smt.negate(goal.formula)))
    if obligation.goals:
        solver.add(smt.disjunction(failing))
    answer = solver.check(literals)
    effort = solver.effort()
    if answer is Answer.UNSAT:
        cited = set(solver.core(literals))
        compares = obligation.lowering.compares_totals
        core = [p for i, p in enumerate(obligation.premises) if i in cited or compares(p.stated)]
        return Outcome(answer, setting.name, _terms(core), _names(core), effort=effort)
    if answer is Answer.SAT:
        falsified = tuple(obligation.goals[i].term for i in solver.true_in_model(failing))
        return Outcome(answer, setting.name, falsified=falsified, effort=effort, model=solver.model_text())
    return Outcome(answer, setting.name, reason=_reason(solver.reason), effort=effort)


def _reason(text: str) -> str:
    """z3's reason for an unknown answer, for people."""
    if text in ("canceled", "timeout") or "resource limit" in text:
        return "the solver's budget ran out"
    return f"the solver gave up: {text.strip('()')}"


def _terms(premises: Sequence[Premise]) -> tuple[Term, ...]:
    return tuple(premise.term for premise in premises if premise.term is not None)


def _names(premises: Sequence[Premise]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(premise.name for premise in premises if premise.term is None))


def undefined_start(quantified: Quantified, *, seconds: float | None = None) -> str | None:
    """Why it is not shown that all initial values are defined, and every initial predicate on every candidate it is evaluated on;
    None if it is.
    """
    values = quantified.defined_initially()
    for number, use in enumerate([*values, *quantified.defined_predicates()]):
        outcome = check(quantified.starting([use.formula]), seconds=seconds)
        if outcome.answer is not Answer.UNSAT:
            what, some = ("value", "size of the sorts") if number < len(values) else ("predicate", "candidate")
            where = f" ({use.position.name})" if use.position else ""
            why = f"undefined for some {some}" if outcome.answer is Answer.SAT else outcome.reason
            return f"an initial {what}{where} is not shown to have a value: {why}"
    return None


def smoke(quantified: Quantified, *, started: bool = True, seconds: float | None = None) -> Outcome:
    """Checks that axioms, assumptions and initial states are satisfiable together.

    Raises ModelError where they contradict each other (everything would be proved). The answer UNKNOWN says that z3 could not
    tell. `started`: initial values and predicates are known to have values; where they have none there may be no initial state,
    and nothing is proved anyway.
    """
    model = quantified.model
    outcome = check(quantified.smoke(), seconds=seconds)
    if outcome.answer is Answer.UNSAT and started:
        named = {named.name: named for named in (*model.assumptions, *model.initial)}
        guilty = [named[name] for name in outcome.names if name in named]
        message = f"the assumptions of {model.name} contradict each other, or it has no initial state"
        hint = "these exclude each other: " + ", ".join(outcome.names)
        raise ModelError(message, hint=hint, position=guilty[0].position if guilty else model.protocol.position)
    return outcome
