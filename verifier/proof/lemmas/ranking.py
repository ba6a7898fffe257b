"""Proofs of progress for any size: an argument is found among those that the model gives and a library of shapes.

Each argument is a `Ranking`, whose premises `semantics.quantified.progress` states. They are shown with the invariants that the
induction keeps, like any other formula that is to follow from them. Of the library, the simplest come first: no measure at all,
since one fair step does it, then one number or set that the state holds, then two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

from verifier.kernel.actions import Action
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.ranking import Ranking
from verifier.kernel.terms import Term
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Proved
from verifier.proof.lemmas.any_size import AnySize, AnySizeTask, Induction
from verifier.proof.lemmas.comparable import comparable
from verifier.proof.lemmas.shapes import library, shapes
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome
from verifier.semantics.quantified import progress as rule
from verifier.semantics.quantified.obligations import OfSteps

PAIRS = 6
"""Parts of a measure that are tried as the more significant of two: those that no step makes larger."""


class Rank:
    """A stage: the written rankings of each open liveness property, then the library's."""

    def __init__(self, effort: int) -> None:
        self._effort = effort

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties for which some ranking is an argument; see `Engine`."""
        for name, prop in list(task.asked().items()):
            yield Progress("ranking", 1)
            search = Search(task.induction, prop, self._effort, hints=task.hints)
            proofs = search.proofs()
            yield Decided(name, Open(-1, search.reason) if proofs is None else Proved(together(proofs)))


def together(proofs: Sequence[AnySize]) -> AnySize:
    """The proofs of all cases as one."""
    support = list(dict.fromkeys(formula for proof in proofs for formula in proof.support))
    lemmas = list(dict.fromkeys(lemma for proof in proofs for lemma in proof.lemmas))
    steps = [step for proof in proofs for step in proof.steps]
    return AnySize("ranking", lemmas, support, steps, [use for proof in proofs for use in proof.uses], [])


class Search:
    """The search for an argument against each case of one property. `reason` says why there is none.

    `hints`: whether the rankings of the model are tried before those of the library.
    """

    def __init__(self, induction: Induction, prop: Property, effort: int, *, hints: bool = True) -> None:
        self._hints = hints
        self._induction = induction
        self._prop = prop
        self._effort = effort
        self._progress = rule.Progress(induction.quantified.scope)
        self.reason = ""

    def proofs(self) -> list[AnySize] | None:
        """Proofs that none of the cases happens; None if one is not found."""
        found = []
        for number in range(len(self._prop.cases)):
            proof = self.proof(number)
            if proof is None:
                return None
            found.append(proof)
        return found

    def proof(self, number: int) -> AnySize | None:
        """A proof that a case does not happen; None if none is found."""
        model = self._induction.quantified.model
        rankings = model.rankings if self._hints else ()
        written = [one for one in rankings if one.property == self._prop.name and one.number == number]
        with self._induction.invariants.trial():
            self._induction.invariants.keep_defined()
            for ranking in written:
                proof = self._follows(ranking, self._effort)
                if proof is not None:
                    return proof
            reason = self.reason
            for ranking in self._inferred(number):
                proof = self._follows(ranking, 0)
                if proof is not None:
                    return proof
        self.reason = reason if written else self._wanting(number)
        return None

    def _wanting(self, number: int) -> str:
        """Why no argument of the library holds."""
        if not self._prop.fair:
            return "it is stated under no condition of fairness"
        refused = [self._progress.refused(self._prop, shape) for shape in shapes(self._prop, number)]
        if refused and None not in refused:
            return str(refused[0])
        return f'no ranking of the library is an argument; write one: @p.ranking("{self._prop.short or self._prop.name}")'

    def _inferred(self, number: int) -> Iterator[Ranking]:
        """The library's arguments with a measure of at most two parts."""
        for shape in shapes(self._prop, number):
            if self._progress.refused(self._prop, shape) is not None:
                continue
            measured = (
                replace(shape, measure=(part,)) for part in library(self._progress.model, self._prop.cases[number])
            )
            known = [one for one in measured if self._progress.refused(self._prop, one) is None]
            yield from [shape, *known]
            first = [one for one in known if self._never_larger(one)][:PAIRS]
            for one, other in product(first, known):
                if one is not other:
                    yield replace(shape, measure=(*one.measure, *other.measure))

    def _never_larger(self, ranking: Ranking) -> bool:
        """Whether no step makes a measure larger while nothing has been reached."""
        quantified, invariants = self._induction.quantified, self._induction.invariants
        step = self._progress.never_larger(self._prop, ranking)
        asked = (quantified.step(action, invariants.kept, [step]) for action in quantified.model.actions)
        return all(invariants.ask(obligation, 0).answer is Answer.UNSAT for obligation in asked)

    def _follows(self, ranking: Ranking, effort: int) -> AnySize | None:
        """The proof of the premises from the invariants; None, and why, if one does not follow."""
        refused = self._progress.refused(self._prop, ranking)
        if refused is not None:
            self.reason = refused
            return None
        invariants, quantified = self._induction.invariants, self._induction.quantified
        used = list[Term]()
        premises = self._progress.premises(self._prop, ranking)
        for formula in premises.states:
            outcome = self._asked(partial(self._safety, formula), [formula], effort)
            if outcome.answer is not Answer.UNSAT:
                self.reason = f"it is not shown that {self._said(formula)}"
                return None
            used += invariants.minimal(outcome, partial(self._safety, formula)).used
        for step in premises.steps:
            for action in quantified.model.actions:
                outcome = self._asked(partial(self._step, action, step), [step.formulas[action.name]], effort)
                if outcome.answer is not Answer.UNSAT:
                    self.reason = f"it is not shown of {action.name} that {step.said}"
                    return None
                used += invariants.minimal(outcome, partial(self._step, action, step)).used
        named = self._induction.ranked.setdefault(self._prop.name, [])
        named += [*premises.states, *(formula for step in premises.steps for formula in step.formulas.values())]
        support = invariants.closure(list(dict.fromkeys(used)))
        lemmas = [self._said(formula) for formula in support]
        return AnySize("ranking", lemmas, support, list(premises.steps), list(premises.states), [])

    def _asked(self, stated: Callable[[list[Term]], Obligation], goals: Sequence[Term], effort: int) -> Outcome:
        """The answer with the formulas whose totals the goals read; if that is not a proof, with all of them."""
        invariants = self._induction.invariants
        few = comparable(invariants.kept, goals)
        outcome = invariants.ask(stated(few), effort)
        if outcome.answer is Answer.UNSAT or len(few) == len(invariants.kept):
            return outcome
        return invariants.ask(stated(invariants.kept), effort)

    def _safety(self, formula: Term, assumed: list[Term]) -> Obligation:
        return self._induction.quantified.safety(assumed, [formula])

    def _step(self, action: Action, step: OfSteps, assumed: list[Term]) -> Obligation:
        return self._induction.quantified.step(action, assumed, [step])

    def _said(self, formula: Term) -> str:
        return text(formula, self._induction.quantified.model.vocabulary, outer=False)
