"""Blame for any number of everything: the guards and choices that the obligations of a proof need.

As at a finite scope, the obligations are checked on the model whose guards can be switched off (see `toggles`); that a guard is
in place is one more assumption, which the core contains or not. Where z3 gives up on an obligation, which it does more easily
with the switches in it, all guards and choices of its action are blamed: the proof needed no others. A choice whose alternative
has no meaning in first-order logic cannot be switched; it is blamed wherever a formula reads what the choice decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from verifier.kernel.actions import Action
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.sorts import BOOL
from verifier.kernel.terms import Term, negation, state, state_names
from verifier.proof.lemmas.unbounded import EFFORTS, Invariants
from verifier.proof.strategy.toggles import alternatives, switchable
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Quantified, check
from verifier.semantics.scope.expressible import unsupported
from verifier.semantics.scope.unbounded import unbounded

if TYPE_CHECKING:
    from verifier.wire.documents import BlameEntry

Ask = Callable[[Sequence[Term]], Obligation]


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that one obligation used: guards and choices by name, and formulas that are proved."""

    guards: frozenset[str]
    formulas: tuple[Term, ...]


class UnboundedBlame:
    """The blame of proofs about one model, as it was before its search bounds were dropped.

    `invariants` are the formulas that are proved, jointly; those that state the ranges of variables may be used in addition to a
    proof's own lemmas, which spares it guards that only keep undefined uses away.
    """

    def __init__(self, model: Model, invariants: Invariants) -> None:
        declared = (model.protocol.actions[action.name] for action in model.actions)
        found = {name: each for action in declared for name, each in alternatives(action).items()}
        dropped = {*model.variant.drops, *model.drops}
        self._firm = {
            name: reached
            for name, (terms, reached) in found.items()
            if name not in dropped and unsupported(*terms) is not None
        }
        switched, names = switchable(model, self._firm)
        self._names = (*names, *self._firm)
        self.quantified = Quantified(unbounded(switched))
        self.queries = 0
        self._invariants = invariants
        kept = set(invariants.kept)
        self._ranges = [fact for fact in invariants.quantified.typing_facts() if fact in kept]
        # The guards that only enforce a search bound are gone at this scope, and their variables with them.
        known = {variable.name for variable in self.quantified.model.variables}
        self._in_place = {name: negation(state(name, BOOL)) for name in self._names if name in known}
        self._cores: dict[tuple[str, Term], Core] = {}

    def of(self, own: Sequence[Term], support: Sequence[Term], steps: Sequence[Term]) -> BlameEntry:
        """The guards, choices and lemmas that show that every step preserves the support, and satisfies the steps' formulas.

        The support contains the property's `own` formulas, which are not listed.
        """
        used: set[str] = set()
        formulas = list(support)
        for action in self.quantified.model.actions:
            for formula in steps:
                core = self._core(action, partial(self._step, action, formula), [*support, *self._ranges])
                used |= core.guards | self._decided(action, formula)
                formulas += [other for other in core.formulas if other not in formulas]
        for formula in formulas:
            for action in self.quantified.model.actions:
                if state_names(formula) & {update.variable for update in action.updates}:
                    core = self._preserving(action, formula)
                    used |= core.guards | self._decided(action, formula)
                    formulas += [other for other in core.formulas if other not in formulas]
        lemmas = [
            text(formula, self.quantified.model.vocabulary, outer=False) for formula in formulas if formula not in own
        ]
        return {"guards": [name for name in self._names if name in used], "lemmas": list(dict.fromkeys(lemmas))}

    def _decided(self, action: Action, formula: Term) -> frozenset[str]:
        """The choices that cannot be switched and decide something that the formula reads after a step of the action."""
        read = state_names(formula)
        firm = {name: reached for name, reached in self._firm.items() if name.startswith(f"{action.name}.")}
        return frozenset(name for name, reached in firm.items() if reached is None or reached & read)

    def _preserving(self, action: Action, formula: Term) -> Core:
        key = (action.name, formula)
        if key not in self._cores:
            known = list(dict.fromkeys([*self._invariants.used(formula, action), *self._ranges]))
            self._cores[key] = self._core(action, partial(self._consecution, action, formula), known)
        return self._cores[key]

    def _consecution(self, action: Action, formula: Term, assumed: Sequence[Term]) -> Obligation:
        return self.quantified.consecution(action, assumed, [formula])

    def _step(self, action: Action, formula: Term, assumed: Sequence[Term]) -> Obligation:
        return self.quantified.step(action, assumed, [formula])

    def _core(self, action: Action, obligation: Ask, formulas: list[Term]) -> Core:
        """A minimal set of the action's guards and choices with which the obligation is discharged."""
        own = {name: term for name, term in self._in_place.items() if name.startswith(f"{action.name}.")}
        kept = self._used(obligation, own, formulas, effort=1)
        if kept is None:
            return Core(frozenset(own), tuple(formula for formula in formulas if formula not in self._ranges))
        for name in own:
            if name in kept.guards:
                rest = {other: term for other, term in own.items() if other in kept.guards and other != name}
                kept = self._used(obligation, rest, formulas, effort=0) or kept
        given = {name: term for name, term in own.items() if name in kept.guards}
        ranges = [formula for formula in kept.formulas if formula in self._ranges]
        for left_out in ([ranges] if ranges else []) + [[formula] for formula in ranges if len(ranges) > 1]:
            rest_of = [formula for formula in kept.formulas if formula not in left_out]
            if len(rest_of) < len(kept.formulas):
                kept = self._used(obligation, given, rest_of, effort=0) or kept
        return kept

    def _used(self, obligation: Ask, given: dict[str, Term], formulas: list[Term], effort: int) -> Core | None:
        """The parts that the refutation used; None if there is no refutation."""
        self.queries += 1
        rounds, portfolio = EFFORTS[effort]
        outcome = check(obligation([*formulas, *given.values()]), rounds=rounds, portfolio=portfolio)
        if outcome.answer is not Answer.UNSAT:
            return None
        guards = frozenset(name for name, term in given.items() if term in outcome.used)
        return Core(guards, tuple(formula for formula in formulas if formula in outcome.used))
