"""The re-check of proofs at unbounded scope: every obligation again, in fresh solvers, with the support of the proof alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verifier.kernel.actions import Action
from verifier.kernel.terms import Term, state_names
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Failure
from verifier.semantics.quantified import Obligation, Outcome, Quantified
from verifier.semantics.quantified.obligations import OfSteps

Guess = Callable[[Term, Sequence[Term], Sequence[Term]], Sequence[Term] | None]

Used = Callable[[Term, Action], Sequence[Term]]


class Discharge:
    """Re-checks proofs about one model; `ask` answers an obligation in a fresh solver.

    A formula that is once shown to hold initially is not asked about again; that does not depend on the other formulas. Nor is a
    formula that the steps of an action were shown to preserve with a part of the support: more assumptions prove no less.
    """

    def __init__(
        self,
        quantified: Quantified,
        ask: Callable[[Obligation], Outcome],
        guess: Guess | None = None,
        used: Used | None = None,
        ask_easy: Callable[[Obligation], Outcome] | None = None,
    ) -> None:
        """`guess`: from which assumptions a formula may follow; `used`: those with which the steps of an action preserve it.

        These are tried first, by `ask_easy`: more prove no less. Neither is trusted to name only formulas of the support.
        """
        self._quantified = quantified
        self._ask = ask
        self._guess = guess
        self._used = used
        self._ask_easy = ask_easy or ask
        self._initiated: set[Term] = set()
        self._preserved: dict[tuple[str, Term], list[frozenset[Term]]] = {}

    def failure(
        self,
        support: Sequence[Term],
        steps: Sequence[Term | OfSteps],
        uses: Sequence[Term],
        starts: Sequence[Term] = (),
        implied: Sequence[Term] = (),
    ) -> Failure | None:
        """The first obligation of a proof that is not discharged; None if all are.

        The `support` holds initially and is preserved by every step, as one conjunction; with it every step satisfies `steps`,
        and every state `uses`; candidates for initial states satisfy `starts`. Every state in which the support is true satisfies
        the `implied` formulas, each where those before it are true, and the uses need only hold where all of these are.
        """
        for formula in starts:
            failure = self._undischarged(self._quantified.starting([formula]))
            if failure is not None:
                return failure
        for formula in support:
            if formula not in self._initiated:
                failure = self._undischarged(self._quantified.initiation([formula]))
                if failure is not None:
                    return failure
                self._initiated.add(formula)
        for action in self._quantified.model.actions:
            failure = self._unpreserved(action, support)
            if failure is not None:
                return failure
        for action in self._quantified.model.actions:
            for step in steps:
                failure = self._undischarged(self._quantified.step(action, support, [step]))
                if failure is not None:
                    return failure
        for place, formula in enumerate(implied):
            failure = self._unimplied(formula, support, implied[:place])
            if failure is not None:
                return failure
        failures = (self._unimplied(formula, support, implied) for formula in uses)
        return next((failure for failure in failures if failure is not None), None)

    def _unpreserved(self, action: Action, support: Sequence[Term]) -> Failure | None:
        """The obligation that a step of the action preserves the support, except for what was shown, if it is not discharged."""
        written, assumed = {update.variable for update in action.updates}, frozenset(support)
        asked = [
            formula
            for formula in support
            if state_names(formula) & written
            and not any(known <= assumed for known in self._preserved.get((action.name, formula), ()))
            and not self._preserved_easily(action, formula, support)
        ]
        failure = self._undischarged(self._quantified.consecution(action, support, asked)) if asked else None
        if failure is None:
            for formula in asked:
                self._preserved.setdefault((action.name, formula), []).append(assumed)
        return failure

    def _preserved_easily(self, action: Action, formula: Term, support: Sequence[Term]) -> bool:
        """Whether the part of the support that a proof used shows that the steps of the action preserve a formula."""
        named = () if self._used is None else self._used(formula, action)
        few = [term for term in named if term in support]
        if not few or self._ask_easy(self._quantified.consecution(action, few, [formula])).answer is not Answer.UNSAT:
            return False
        self._preserved.setdefault((action.name, formula), []).append(frozenset(few))
        return True

    def _unimplied(self, formula: Term, support: Sequence[Term], given: Sequence[Term]) -> Failure | None:
        """The obligation that a formula holds where the support and what is given do, if it is not discharged."""
        few = None if self._guess is None else self._guess(formula, support, given)
        if few is not None:
            assumed = [term for term in few if term in support]
            if self._ask_easy(self._quantified.safety([*assumed, *given], [formula])).answer is Answer.UNSAT:
                return None
        return self._undischarged(self._quantified.safety([*support, *given], [formula]))

    def _undischarged(self, obligation: Obligation) -> Failure | None:
        outcome = self._ask(obligation)
        match outcome.answer:
            case Answer.UNSAT:
                return None
            case Answer.SAT:
                return Failure(obligation.name, outcome.answer, "the obligation has a counterexample")
            case Answer.UNKNOWN:
                return Failure(obligation.name, outcome.answer, outcome.reason)
