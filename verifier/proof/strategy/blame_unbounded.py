"""Blame for any number of everything: the guards and choices that the obligations of a proof need.

The refutations of the proof name the guards that they used: no other guard is needed. Where they used none, and the action has
no choices, nothing more is asked. Elsewhere, as at a finite scope, the obligations are checked on the model whose guards can be
switched off (see `toggles`); that one of these guards, or a choice, is in place is one more assumption, which the core contains
or not. Where z3 gives up on an obligation, which it does more easily with the switches in it, or all questions together have
used their budget, these guards and all choices of the action are blamed. A choice whose alternative has no meaning in
first-order logic or in the variant cannot be switched; it is blamed wherever a formula reads what the choice decides.
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
from verifier.proof.lemmas.unbounded import Invariants
from verifier.proof.strategy.toggles import Firm, switchable
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, Quantified, check
from verifier.semantics.quantified.checking import PORTFOLIO, ROUNDS, Setting
from verifier.semantics.scope.expressible import unsupported
from verifier.semantics.scope.unbounded import unbounded

if TYPE_CHECKING:
    from verifier.wire.results import BlameEntry

Ask = Callable[[Sequence[Term]], Obligation]

ALL_STEPS = 5_000_000
"""The budget of all questions of a run together, in z3's steps; a few seconds."""

_LEAST, _TIMES = 50_000, 4
"""A question that is like one with an answer is asked for at most this number of steps, or this many times those of the other."""


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that one obligation used: guards and choices by name, and formulas that are proved."""

    guards: frozenset[str]
    formulas: tuple[Term, ...]
    setting: Setting = PORTFOLIO[0]
    effort: int = 0


class UnboundedBlame:
    """The blame of proofs about one model, as it was before its search bounds were dropped.

    `invariants` are the formulas that are proved, jointly; those that state the ranges of variables may be used in addition to
    a proof's own lemmas, which spares it guards that only keep undefined uses away.
    """

    def __init__(self, model: Model, invariants: Invariants) -> None:
        self._firm = Firm(model, lambda terms: unsupported(*terms) is not None)
        switched, names = switchable(model, self._firm.reached)
        self._names = (*names, *self._firm.reached)
        self.quantified = Quantified(unbounded(switched))
        self.queries = 0
        self._left = ALL_STEPS
        self._invariants = invariants
        kept = set(invariants.kept)
        self._ranges = [fact for fact in invariants.quantified.typing_facts() if fact in kept]
        # The guards that only enforce a search bound are gone at this scope, and their variables with them.
        known = {variable.name for variable in self.quantified.model.variables}
        self._in_place = {name: negation(state(name, BOOL)) for name in self._names if name in known}
        self._guards = {f"{action.name}.{guard.name}" for action in model.actions for guard in action.guards}
        self._cores: dict[tuple[str, Term], Core] = {}

    def of(self, own: Sequence[Term], support: Sequence[Term], steps: Sequence[Term]) -> BlameEntry:
        """The guards, choices and lemmas that show that every step preserves the support, and satisfies the steps' formulas.

        The support contains the property's `own` formulas, which are not listed.
        """
        used: set[str] = set()
        formulas = list(support)
        for action in self.quantified.model.actions:
            for formula in steps:
                proof = self._invariants.satisfying(action, formula)
                core = self._core(action, partial(self._step, action, formula), support, proof)
                used |= core.guards | self._firm.deciding(state_names(formula), action.name)
                formulas += [other for other in core.formulas if other not in formulas]
        for formula in formulas:
            for action in self.quantified.model.actions:
                if state_names(formula) & {update.variable for update in action.updates}:
                    core = self._preserving(action, formula)
                    used |= core.guards | self._firm.deciding(state_names(formula), action.name)
                    formulas += [other for other in core.formulas if other not in formulas]
        lemmas = [
            text(formula, self.quantified.model.vocabulary, outer=False) for formula in formulas if formula not in own
        ]
        return {"guards": [name for name in self._names if name in used], "lemmas": list(dict.fromkeys(lemmas))}

    def _preserving(self, action: Action, formula: Term) -> Core:
        key = (action.name, formula)
        if key not in self._cores:
            proof = self._invariants.preserving(formula, action)
            self._cores[key] = self._core(action, partial(self._consecution, action, formula), (), proof)
        return self._cores[key]

    def _consecution(self, action: Action, formula: Term, assumed: Sequence[Term]) -> Obligation:
        return self.quantified.consecution(action, assumed, [formula])

    def _step(self, action: Action, formula: Term, assumed: Sequence[Term]) -> Obligation:
        return self.quantified.step(action, assumed, [formula])

    def _core(self, action: Action, obligation: Ask, support: Sequence[Term], proof: Outcome | None) -> Core:
        """A minimal set of the action's guards and choices with which the obligation is discharged.

        `proof` is the refutation that is known: it used no other guards. Where there is none, the `support` is what it may use.
        """
        own = {name: term for name, term in self._in_place.items() if name.startswith(f"{action.name}.")}
        known = list(support)
        if proof is not None:
            known = list(proof.used)
            own = {name: term for name, term in own.items() if name in proof.names or name not in self._guards}
        if proof is not None and not own:
            return Core(frozenset(), tuple(known))
        formulas = list(dict.fromkeys([*known, *self._ranges]))
        first = [setting for setting in PORTFOLIO if proof is not None and setting.name == proof.setting]
        usual = [setting for setting in PORTFOLIO[:3] if setting not in first]
        steps = ROUNDS[0] if proof is None else min(ROUNDS[0], max(_LEAST, _TIMES * proof.alone))
        kept = self._used(obligation, own, formulas, [*first, *usual], steps)
        if kept is None:
            return Core(frozenset(own), tuple(known))
        fewer = partial(self._used, obligation, portfolio=[kept.setting], steps=max(_LEAST, _TIMES * kept.effort))
        for name in own:
            if name in kept.guards:
                rest = {other: term for other, term in own.items() if other in kept.guards and other != name}
                kept = fewer(rest, kept.formulas) or kept
        given = {name: term for name, term in own.items() if name in kept.guards}
        ranges = [formula for formula in kept.formulas if formula in self._ranges]
        for left_out in ([ranges] if ranges else []) + [[formula] for formula in ranges if len(ranges) > 1]:
            rest_of = [formula for formula in kept.formulas if formula not in left_out]
            if len(rest_of) < len(kept.formulas):
                kept = fewer(given, rest_of) or kept
        return kept

    def _used(
        self,
        obligation: Ask,
        given: dict[str, Term],
        formulas: Sequence[Term],
        portfolio: Sequence[Setting],
        steps: int,
    ) -> Core | None:
        """The parts that the refutation used; None if there is no refutation, or no budget left."""
        if self._left <= 0:
            return None
        self.queries += 1
        outcome = check(obligation([*formulas, *given.values()]), rounds=(steps,), portfolio=portfolio)
        self._left -= outcome.effort
        if outcome.answer is not Answer.UNSAT:
            return None
        guards = frozenset(name for name, term in given.items() if term in outcome.used)
        used = tuple(formula for formula in formulas if formula in outcome.used)
        setting = next(known for known in portfolio if known.name == outcome.setting)
        return Core(guards, used, setting, outcome.alone)
