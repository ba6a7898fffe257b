"""The workbench at unbounded scope: z3 is asked only what small instances do not show at once.

That a statement is false, or not preserved, is shown by an instance, the smallest that has a counterexample. That it is
preserved is an answer of z3, for any number of everything, to each action, with all statements and the ranges assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from verifier.kernel.actions import Action
from verifier.kernel.properties import Property
from verifier.kernel.terms import TRUE, Term, state_names
from verifier.proof.lemmas.unbounded import Invariants
from verifier.proof.strategy.workbench.asked import Asked
from verifier.proof.strategy.workbench.bench import Bench, Cti
from verifier.proof.strategy.workbench.checking import Checking
from verifier.proof.strategy.workbench.extent import Extent
from verifier.proof.strategy.workbench.falsify import Falsified, Tell
from verifier.proof.strategy.workbench.findings import Found, Step
from verifier.proof.strategy.workbench.growing import Growing
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.obligations.statements import Statement
from verifier.semantics.quantified import Obligation, Outcome, Quantified
from verifier.semantics.quantified.fragment import outside
from verifier.semantics.scope.finite import FiniteScope

EFFORT = 1
"""How much z3 is asked before a statement is UNKNOWN: every setting with the small budget."""


class UnboundedChecking(Checking):
    """Checks the statements of an unbounded model; `published` is the scope, with `watched` as its model, that instances are
    made from.
    """

    def __init__(
        self,
        quantified: Quantified,
        published: FiniteScope,
        stated: Sequence[Statement],
        asked: Asked,
        progress: Tell,
        invariants: Invariants | None = None,
    ) -> None:
        self.quantified = quantified
        self._assumed = [part for one in stated for part in one.parts]
        self._growing = Growing(published, self._made, larger=asked.k > 0)
        bench = self._growing.bench(published.parameters)
        if bench is None:
            raise ValueError("the published scope has no instance")
        super().__init__(bench, stated, asked, bench.sizes, progress)
        self._extent = Extent(quantified.scope, self._assumed)
        self._invariants = invariants or Invariants(quantified)
        ranges = [prop for prop in quantified.model.properties if prop.kind == "range"]
        covered = {name: prop.short or prop.name for prop in ranges for name in prop.variables}
        facts = {v.name: quantified.range_formula([v.name]) for v in quantified.model.variables}
        self._ranges = {fact: covered.get(name, name) for name, fact in facts.items() if fact is not TRUE}

    @property
    def queries(self) -> int:
        """The calls of solvers so far."""
        return self._growing.queries + self._invariants.queries

    @property
    def scope(self) -> str:
        """The scope that traces are of."""
        return "unbounded"

    def _made(self, scope: FiniteScope) -> Bench:
        return Bench(Instance(scope, self.quantified), self._assumed)

    def _looked(self) -> Falsified:
        """The statements that are false at the published sizes, as far as that makes them false for any size."""
        falsified = super()._looked()
        counted = {one.whole.name for one in self.stated if self._extent.falsifies(one.whole)}
        counted |= {text.name for text in self._texts.values()}
        return Falsified({n: v for n, v in falsified.violations.items() if n in counted}, falsified.depths, falsified.complete)

    def initially(self, one: Statement, part: Property) -> Found:
        """Whether a part holds in every initial state, of any size."""
        outcome = self._invariants.ask(self.quantified.initiation([part.formula]), EFFORT)
        if outcome.answer is Answer.UNSAT:
            return Found(part, "initial")
        return Found(part, "unknown", reason=f"it is not shown to hold initially: {self._reason(outcome)}")

    def established(self, one: Statement, finding: Found) -> Found:
        """A part that every step preserves, if it holds initially."""
        if self.asked.question == "inductive":
            begins = self.initially(one, finding.part)
            if begins.status == "unknown":
                return Found(finding.part, "unknown", reason=begins.reason, steps=finding.steps)
        return finding

    # -- steps -------------------------------------------------------------------------------------------------------

    def step(self, part: Property, action: str | None = None) -> Iterator[Step]:
        """The effect of a step of an action on a part; without an action the first that does not preserve it, or all effects."""
        if action is None:
            # Most parts that are not preserved fail at the published sizes already, which answer at once.
            broken = self._broken_by_some(part)
            if broken is not None:
                yield broken
                return
        for name in self.actions if action is None else [action]:
            yield self._step(part, self.quantified.model.action(name), asked=action is None)

    def _broken_by_some(self, part: Property) -> Step | None:
        if self.bench.breaks(part) is Answer.UNSAT:
            return None
        return next((step for name in self.actions if (step := self._broken(part, name)) is not None), None)

    def _broken(self, part: Property, action: str) -> Step | None:
        """The smallest counterexample to induction by an action, if the published sizes have one."""
        if self.bench.breaks(part, action) is Answer.UNSAT:
            return None
        return self._smallest(part, action)

    def smallest(self, prop: Property, action: str) -> Step | None:
        """The counterexample to induction of the smallest instance that has one."""
        return self._smallest(prop, action) if prop.kind in ("state", "action") else None

    def _smallest(self, part: Property, action: str) -> Step | None:
        result = self._growing.smallest(part, action, self._counts(part))
        if result is None:
            return None
        bench, cti = result
        return self.broken_by(action, bench, part, cti, bench.sizes)

    def _counts(self, part: Property) -> Callable[[Bench, Cti], bool]:
        return lambda bench, cti: self._extent.counts(bench.ground.scope, part, cti)

    def roomy(self, bench: Bench) -> Bench:
        """The instance with the ends of ranges as they are published: with the lowest ones little can happen at all."""
        return self._growing.roomy(bench)

    def _step(self, part: Property, action: Action, *, asked: bool) -> Step:
        """z3's answer for a step of an action; `asked`: instances were asked about all actions before."""
        if not state_names(part.formula) & {update.variable for update in action.updates}:
            return Step(action.name, "preserved")
        broken = None if asked else self._broken(part, action.name)
        if broken is not None:
            return broken
        obligation = self._consecution(action, part, self._premises)
        outcome = self._asked(action, part, obligation)
        if outcome.answer is Answer.UNSAT:
            least = self._invariants.minimal(outcome, lambda rest: self._consecution(action, part, rest), part.formula)
            return Step(action.name, "preserved", self._told(least.used, part))
        broken = self._smallest(part, action.name)
        if broken is not None:
            return broken
        reason = f"consecution of {action.name} is not shown: {self._reason(outcome)}"
        left = outside([obligation])
        if left:
            reason += f"; outside the decidable fragment: {left[0]}"
        return Step(action.name, "unknown", reason=reason)

    def _asked(self, action: Action, part: Property, obligation: Obligation) -> Outcome:
        """The answer to the consecution of a part; a false statement is only assumed if there is no other way."""
        false = {other.formula for other in self._assumed if other.name in self.false}
        if false:
            sound = [premise for premise in self._premises if premise not in false]
            outcome = self._invariants.ask(self._consecution(action, part, sound), EFFORT)
            if outcome.answer is Answer.UNSAT:
                return outcome
        return self._invariants.ask(obligation, EFFORT)

    @staticmethod
    def _reason(outcome: Any) -> str:
        if outcome.answer is Answer.SAT:
            return "z3 has a counterexample, and no small instance has one"
        return str(outcome.reason)

    def _consecution(self, action: Action, part: Property, assumed: Sequence[Term]) -> Obligation:
        return self.quantified.consecution(action, assumed, [part.formula])

    @cached_property
    def _premises(self) -> list[Term]:
        return [*(part.formula for part in self._assumed), *self._ranges]

    def needed(self, part: Property, steps: Sequence[Step]) -> tuple[str, ...]:
        """The names of the statements and ranges on which the preservation of a part rests."""
        return self.named([name for step in steps for name in step.needs])

    def _told(self, used: Sequence[Term], part: Property) -> tuple[str, ...]:
        terms: dict[Term, str] = {other.formula: other.name for other in self._assumed}
        names = [terms.get(term) or self._ranges[term] for term in used if term is not part.formula]
        return self.named(names)
