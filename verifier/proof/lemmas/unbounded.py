"""Houdini at unbounded scope: the largest set of formulas that z3 shows inductive for any number of nodes and values.

Each formula is a goal of its own, asked action by action with the whole set assumed; the assumptions that a proof used are
remembered, so that a goal is only asked again when one of them is gone. A formula that z3 cannot decide is dropped like one that
it refutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from verifier.kernel.actions import Action
from verifier.kernel.terms import Term, conjuncts, may_be_undefined, state_names, walk
from verifier.proof.lemmas.nearest import Nearest
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, Quantified, check
from verifier.semantics.quantified.checking import PORTFOLIO, ROUNDS, Setting

Guess = Callable[[list[Term]], list[Term] | None]
"""Which of the assumptions are needed; None: no telling."""

Effort = tuple[Sequence[int], Sequence[Setting]]

EFFORTS: tuple[Effort, ...] = (
    (ROUNDS[:1], PORTFOLIO[:3]),
    (ROUNDS[:1], PORTFOLIO),
    (ROUNDS, PORTFOLIO[:3]),
    (ROUNDS, PORTFOLIO[:5]),
    (ROUNDS, PORTFOLIO),
)
"""Budgets and settings for a first try of many candidates, a second of those that matter, and a last one.

Hard questions are asked with each of them only after all others, so they take no budget from easy ones.
"""

_LEAST, _TIMES = 50_000, 4
"""A proof is made shorter if that takes at most this number of steps, or this many times its own steps."""

_FURTHER: Effort = (ROUNDS[:1], PORTFOLIO[3:4])
"""For a question that small sizes answer and the settings of the lowest effort do not: with instances."""

QUICK: Effort = ((_LEAST,), PORTFOLIO[:2])
"""For a question that may have an easy answer, before anything else is tried."""


@dataclass(slots=True)
class Dropped:
    """Why a formula is not part of the inductive set: the obligation, and SAT or UNKNOWN with the reason."""

    obligation: str
    answer: Answer
    reason: str


@dataclass(slots=True)
class Invariants:
    """The growing and shrinking set of formulas. `kept` are inductive together once `settle` has returned.

    `effort` is an index into `EFFORTS`: how hard z3 is tried before a formula is dropped. `nearest` guesses what obligations
    need. A formula of `claims` need only follow from the others: at the lowest effort, one that easily does is dropped where its
    own consecution is hard.
    """

    quantified: Quantified
    nearest: Nearest | None = None
    effort: int = 0
    claims: set[Term] = field(default_factory=set)
    kept: list[Term] = field(default_factory=list)
    dropped: dict[Term, Dropped] = field(default_factory=dict)
    queries: int = 0
    answered: dict[tuple[str, tuple[Term, ...]], Outcome] = field(default_factory=dict)
    """The last answer to each obligation, by its name and its goals, with the seconds that all answers to it took."""
    _proofs: dict[tuple[Term, str], Outcome] = field(default_factory=dict)
    _minimal: set[tuple[Term, str]] = field(default_factory=set)
    _guesses_first: bool = False
    _resisting: set[tuple[str, tuple[Term, ...], tuple[Term, ...]]] = field(default_factory=set)
    """The questions with the assumptions of a guess that were asked in one more way."""

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Undoes changes to the kept and dropped formulas at the end; the proofs found on the way stay."""
        kept, dropped = list(self.kept), dict(self.dropped)
        try:
            yield
        finally:
            self.kept, self.dropped = kept, dropped

    def ask(self, obligation: Obligation, effort: int | Effort | None = None) -> Outcome:
        """Asks z3 with this effort, or the present one, and counts."""
        effort = self.effort if effort is None else effort
        outcome = self._ask(obligation, EFFORTS[effort] if isinstance(effort, int) else effort)
        key = obligation.name, tuple(goal.term for goal in obligation.goals)
        before = self.answered.get(key)
        self.answered[key] = replace(outcome, seconds=outcome.seconds + (before.seconds if before else 0.0))
        return outcome

    def _ask(self, obligation: Obligation, effort: Effort) -> Outcome:
        self.queries += 1
        rounds, portfolio = effort
        return check(obligation, rounds=rounds, portfolio=portfolio)

    def add(self, formulas: Sequence[Term]) -> None:
        """Adds the formulas that hold in every initial state, and shrinks the set until it is inductive."""
        for formula in formulas:
            if formula in self.kept or formula in self.dropped:
                continue
            outcome = self.ask(self.quantified.initiation([formula]))
            if outcome.answer is Answer.UNSAT:
                self.kept.append(formula)
            else:
                self.dropped[formula] = Dropped("initiation", outcome.answer, outcome.reason)
        self.settle()

    def settle(self) -> None:
        """Drops formulas until every step of every action preserves all of them, all of them assumed."""
        changed = True
        while changed:
            changed = False
            for formula in list(self.kept):
                lost = self._lost(formula)
                if lost is not None:
                    self.kept.remove(formula)
                    self.dropped[formula] = lost
                    changed = True

    def _lost(self, formula: Term) -> Dropped | None:
        for action in self.quantified.model.actions:
            proof = self._proofs.get((formula, action.name))
            if proof is not None and all(term in self.kept for term in proof.used):
                continue
            outcome = self.prove(formula, action)
            if outcome.answer is not Answer.UNSAT:
                return Dropped(f"consecution of {action.name}", outcome.answer, outcome.reason)
            self._proofs[formula, action.name] = outcome
            self._minimal.discard((formula, action.name))
        return None

    def keep_defined(self) -> None:
        """Drops the formulas whose text is not shown to have a value in every reachable state: they serve no proof."""
        changed = True
        while changed:
            changed = False
            for formula in [kept for kept in self.kept if may_be_undefined(kept)]:
                unshown = self.undefined(formula)
                if unshown is not None:
                    self.kept.remove(formula)
                    self.dropped[formula] = Dropped("the definedness of its text", unshown.answer, unshown.reason)
                    changed = True
            self.settle()

    def undefined(self, formula: Term) -> Outcome | None:
        """The answer to whether some use in a formula is defined where the kept ones hold, if that is not yes."""
        for use in self.quantified.definedness.uses(formula):
            if not _evident(use.formula):
                outcome = self.follows(use.formula)
                if outcome.answer is not Answer.UNSAT:
                    return outcome
        return None

    def prove(self, formula: Term, action: Action) -> Outcome:
        """Whether a step of the action preserves a kept formula, all kept formulas assumed."""
        if not state_names(formula) & {update.variable for update in action.updates}:
            return Outcome(Answer.UNSAT, "untouched", used=(formula,))
        guess = None if self.nearest is None else partial(self.nearest.to_steps, formula)
        spared = partial(self._follows_easily, formula) if self.effort == 0 and formula in self.claims else None
        return self._proved(lambda assumed: self.quantified.consecution(action, assumed, [formula]), guess, spared)

    def follows(self, formula: Term, given: Sequence[Term] = ()) -> Outcome:
        """Whether a formula holds in every state in which the kept ones, and those given, do."""
        guess = None if self.nearest is None else partial(self.nearest.to_states, formula, given=given)
        outcome = self._proved(lambda assumed: self.quantified.safety([*assumed, *given], [formula]), guess)
        return replace(outcome, least=outcome.least and not given)

    def _follows_easily(self, formula: Term) -> bool:
        """Whether the other kept formulas imply a kept one, as far as that is shown easily."""
        others = [kept for kept in self.kept if kept is not formula]
        return self._ask(self.quantified.safety(others, [formula]), QUICK).answer is Answer.UNSAT

    def _proved(
        self,
        obligation: Callable[[list[Term]], Obligation],
        guess: Guess | None,
        spared: Callable[[], bool] | None = None,
    ) -> Outcome:
        """The answer with all kept formulas or, where z3 gives up on these, a proof with those of the guess.

        Easy questions are answered first; a hard one is given up if its answer can be `spared`. Where a guess has helped once,
        the next questions are asked with guesses before anything else: easy answers about many formulas make long proofs.
        """
        whole = obligation(self.kept)
        if not self._guesses_first:
            outcome = self.ask(whole, QUICK)
            if outcome.answer is not Answer.UNKNOWN or (spared is not None and spared()):
                return outcome
        if self._guesses_first and (proof := self._guessed(obligation, guess)) is not None:
            return proof
        outcome = self.ask(whole)
        if outcome.answer is Answer.UNKNOWN and not self._guesses_first:
            proof = self._guessed(obligation, guess)
            self._guesses_first = proof is not None
            return outcome if proof is None else proof
        return outcome

    def _guessed(self, obligation: Callable[[list[Term]], Obligation], guess: Guess | None) -> Outcome | None:
        few = None if guess is None else guess(self.kept)
        if few is None:
            return None
        asked = obligation(few)
        outcome = self.ask(asked)
        if outcome.answer is Answer.UNKNOWN and self.effort < 1:
            # No lemma is missing at the published sizes, so it is worth asking in one more way, once.
            key = asked.name, tuple(goal.term for goal in asked.goals), tuple(few)
            if key not in self._resisting:
                outcome = self.ask(asked, _FURTHER)
                self._resisting.add(key)
        return replace(outcome, least=True) if outcome.answer is Answer.UNSAT else None

    def closure(self, goals: Sequence[Term]) -> list[Term]:
        """The kept formulas that proofs of the goals need, and that proofs of those need, and so on, goals included.

        The needs of each proof that adds to them are minimised, goal by goal and action by action.
        """
        needed = [goal for goal in goals if goal in self.kept]
        for formula in needed:
            for action in self.quantified.model.actions:
                if any(term not in needed for term in self.used(formula, action)):
                    used = self._minimised(formula, action)
                    needed += [term for term in used if term not in needed]
        return [formula for formula in self.kept if formula in needed]

    def used(self, formula: Term, action: Action) -> tuple[Term, ...]:
        """The assumptions of the proof that a step of the action preserves a kept formula; empty if there is no proof."""
        proof = self.preserving(formula, action)
        return () if proof is None else proof.used

    def preserving(self, formula: Term, action: Action) -> Outcome | None:
        """The proof that a step of the action preserves a formula; None if there is none."""
        return self._proofs.get((formula, action.name))

    def known(self, obligation: Obligation) -> Outcome | None:
        """The proof of a consecution of one formula, or the last answer to an obligation with these goals, whatever was assumed.

        None if there is none.
        """
        goals = tuple(goal.term for goal in obligation.goals)
        if obligation.kind == "consecution" and len(goals) == 1:
            proof = self._proofs.get((goals[0], str(obligation.action)))
            if proof is not None:
                return proof
        return self.answered.get((obligation.name, goals))

    def satisfying(self, action: Action, formula: Term) -> Outcome | None:
        """The last proof that every step of the action satisfies a formula over both states; None if there is none."""
        proof = self.answered.get((f"step of {action.name}", (formula,)))
        return proof if proof is not None and proof.answer is Answer.UNSAT else None

    def _minimised(self, formula: Term, action: Action) -> tuple[Term, ...]:
        key = (formula, action.name)
        proof = self._proofs.get(key)
        if proof is None:
            return ()
        if key not in self._minimal:
            self._minimal.add(key)
            self._proofs[key] = self.minimal(
                proof, lambda rest: self.quantified.consecution(action, rest, [formula]), formula
            )
        return self._proofs[key].used

    def minimal(
        self, proof: Outcome, obligation: Callable[[list[Term]], Obligation], own: Term | None = None
    ) -> Outcome:
        """A proof with a minimal part of the assumptions, as far as it is easily shown that these discharge the obligation.

        The assumptions that a guess named are minimal at the published sizes, except for ranges, and therefore at any size.

        `own` is kept as long as possible.
        """
        if proof.least:
            return proof
        kept = list(proof.used)
        budget = min(ROUNDS[0], max(_LEAST, _TIMES * proof.alone))
        portfolio = [setting for setting in PORTFOLIO if setting.name == proof.setting] or PORTFOLIO[:3]
        for term in sorted(proof.used, key=lambda term: (term is own, -self._rank(term))):
            if term not in kept or (term is own and len(kept) == 1):
                continue
            rest = [other for other in kept if other is not term]
            outcome = self._ask(obligation(rest), ((budget,), portfolio))
            if outcome.answer is Answer.UNSAT:
                kept = [other for other in rest if other in outcome.used]
                proof = replace(outcome, alone=proof.alone)
        return replace(proof, used=tuple(kept))

    def _rank(self, term: Term) -> int:
        """Longer formulas are left out of a proof first."""
        return sum(1 for _ in walk(term))


def _evident(use: Term) -> bool:
    """Whether a use is evaluated only under the very condition that it needs."""
    premises: list[Term] = []
    while use.op in ("forall", "implies"):
        premises += [] if use.op == "forall" else conjuncts(use.args[0])
        use = use.args[-1]
    return any(known.op == use.op and list(map(id, known.args)) == list(map(id, use.args)) for known in premises)
