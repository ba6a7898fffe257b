"""The re-check of proofs at unbounded scope: every obligation again, in fresh solvers, with the support of the proof alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from verifier.kernel.terms import Term, state_names
from verifier.proof.strategy.errors import InternalError
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, Quantified


class Discharge:
    """Re-checks proofs about one model; `ask` answers an obligation in a fresh solver.

    A formula that is once shown to hold initially is not asked about again; that does not depend on the other formulas.
    """

    def __init__(self, quantified: Quantified, ask: Callable[[Obligation], Outcome]) -> None:
        self._quantified = quantified
        self._ask = ask
        self._initiated: set[Term] = set()

    def problem(
        self, support: Sequence[Term], steps: Sequence[Term], uses: Sequence[Term], starts: Sequence[Term] = ()
    ) -> str | None:
        """Why a proof is not confirmed; None if all its obligations are discharged.

        The `support` holds initially and is preserved by every step, as one conjunction; with it every step satisfies `steps`,
        and every state `uses`; candidates for initial states satisfy `starts`. Raises InternalError if one of them has a
        counterexample: the proof is wrong.
        """
        for formula in starts:
            problem = self._unproved(self._quantified.starting([formula]))
            if problem is not None:
                return problem
        for formula in support:
            if formula not in self._initiated:
                problem = self._unproved(self._quantified.initiation([formula]))
                if problem is not None:
                    return problem
                self._initiated.add(formula)
        problems = (self._unproved(obligation) for obligation in self._obligations(support, steps, uses))
        return next((problem for problem in problems if problem is not None), None)

    def _obligations(
        self, support: Sequence[Term], steps: Sequence[Term], uses: Sequence[Term]
    ) -> Iterator[Obligation]:
        quantified = self._quantified
        for action in quantified.model.actions:
            written = {update.variable for update in action.updates}
            touched = [formula for formula in support if state_names(formula) & written]
            if touched:
                yield quantified.consecution(action, support, touched)
            for formula in steps:
                yield quantified.step(action, support, [formula])
        for formula in uses:
            yield quantified.safety(support, [formula])

    def _unproved(self, obligation: Obligation) -> str | None:
        outcome = self._ask(obligation)
        if outcome.answer is Answer.SAT:
            raise InternalError(f"a proof at unbounded scope does not re-check: {obligation.name}")
        if outcome.answer is not Answer.UNSAT:
            return f"the re-check gave up on {obligation.name}: {outcome.reason}"
        return None
