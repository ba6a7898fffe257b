"""Lemma inference at a finite scope: one family of candidates after the other, filtered down to its inductive formulas.

Each family is its own engine, so that expensive families run late. Their results stay with the task: the lemmas, and the two
solvers that the first induction step has warmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from verifier.kernel.terms import Term
from verifier.proof.engines.candidate import Candidate, candidate
from verifier.proof.engines.engine import Budget, Decided, Event, Progress, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.search import samples
from verifier.proof.lemmas.affine import affine
from verifier.proof.lemmas.candidates import candidates
from verifier.proof.lemmas.houdini import Houdini
from verifier.semantics.obligations.proof import Method, Proof

if TYPE_CHECKING:
    from verifier.semantics.ground.columns import Batch


TOGETHER = 2
"""How many times as many steps as one question all questions about a family may take, where there is a limit."""


class WrittenLemmas:
    """The lemmas of the model, as far as they are inductive."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that are inductive with them; see `Engine`."""
        written = [lemma.formula for lemma in task.ground.scope.model.lemmas]
        if written:
            yield from _Inference.of(task).strengthen(written, None, budget.steps)


class CheapLemmas:
    """The first family of candidates, which a solver filters in milliseconds."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that are inductive with them; see `Engine`."""
        inference = _Inference.of(task)
        for family in inference.first():
            yield from inference.strengthen(family, None, budget.steps)


class HarderLemmas:
    """The lemmas of the model, if a smaller budget has put them off, then the first family of candidates, unless it is done."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that are inductive with them; see `Engine`."""
        inference = _Inference.of(task)
        for family in chain(inference.postponed(), inference.first()):
            yield from inference.strengthen(family, None, budget.steps)
            if not task.asked():
                return


class SampledLemmas:
    """The other families, filtered on reachable states before a solver sees them, after those that a budget has put off."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that are inductive with them, until nothing more is asked for; see `Engine`."""
        inference = _Inference.of(task)
        seen = samples(task.ground)
        for family in chain(inference.postponed(), inference.families):
            yield from inference.strengthen(family, seen)
            if not task.asked():
                return
        yield from inference.strengthen(list(affine(task.ground, seen)), seen)


def are_put_off(task: FiniteTask) -> bool:
    """Whether a budget has put off the lemmas of the model; a larger family is then unlikely to be filtered within it."""
    return _Inference.of(task).put_off


class _Inference:
    """The inference of one task: its Houdini, and the families that are left."""

    def __init__(self, task: FiniteTask) -> None:
        self._task = task
        first = task.kept(LockStep, lambda: LockStep(task.encoding))
        self._solvers = first
        self._houdini = Houdini(task.encoding, first.base, first.step)
        self.families = candidates(task.ground.scope.model)
        self._begun_families = False
        self._postponed: list[list[Term]] = []

    @staticmethod
    def of(task: FiniteTask) -> _Inference:
        return task.kept(_Inference, lambda: _Inference(task))

    def first(self) -> Iterator[list[Term]]:
        """The first family, unless it has been returned before."""
        if not self._begun_families:
            self._begun_families = True
            yield next(self.families)

    @property
    def put_off(self) -> bool:
        """Whether a budget has put off some family."""
        return bool(self._postponed)

    def postponed(self) -> list[list[Term]]:
        """The families for which a limited solver did not decide which formulas are inductive; each is returned once."""
        waiting, self._postponed = self._postponed, []
        return waiting

    def strengthen(self, terms: list[Term], seen: Batch | None, steps: int | None = None) -> Iterator[Event]:
        """Adds the inductive formulas of a family of candidates to the lemmas, and proves properties that have become inductive.

        `steps` limits each question, and `TOGETHER` times as many all of them, in the solver's own steps. A family with a
        question that is not answered by then is put off.
        """
        self._houdini.limit(steps, None if steps is None else TOGETHER * steps)
        try:
            yield from self._strengthen(terms, seen)
            if self._houdini.gave_up and steps is not None:
                self._postponed.append(terms)
        finally:
            # Others use the solvers too.
            self._houdini.limit(None)

    def _strengthen(self, terms: list[Term], seen: Batch | None) -> Iterator[Event]:
        yield Progress("lemma inference", 1)
        task, houdini, before = self._task, self._houdini, self._solvers.queries
        task.learn()
        result = [candidate(task.encoding, term) for term in terms]
        if seen is not None:
            result = [entry for entry in result if bool(seen.value(entry.node).all())]
        found = houdini.inductive([*task.lemmas, *houdini.initiated(result)])
        if houdini.gave_up:
            task.statistics.queries += self._solvers.queries - before
            return
        task.lemmas = found
        for name in self._begun():
            yield from self._closed(name, task.lemmas)
        members = {name: task.shared(name) for name in self._begun()}
        wanted = {name: member for name, member in members.items() if member is not None}
        if len(wanted) > 1:
            joint = houdini.inductive([*wanted.values(), *task.lemmas])
            alive = {id(entry) for entry in joint}
            for name in [name for name, member in wanted.items() if id(member) in alive and name in task.open]:
                yield from self._closed(name, joint)
        task.statistics.queries += self._solvers.queries - before

    def _begun(self) -> list[str]:
        """The open properties that hold initially."""
        return [name for name in self._task.open if name not in self._task.uncleared]

    def _closed(self, name: str, assumed: Sequence[Candidate]) -> Iterator[Event]:
        """Proves an open property that is inductive with the assumed candidates, from those that it needs."""
        task = self._task
        violations = task.violations(task.open[name])
        # The first induction has shown that it is not inductive by itself, or has given up.
        closure = self._houdini.closure(violations.at(1), task.member(name), assumed, alone=False)
        if closure is not None:
            supports = tuple(task.support(entry, self._houdini.supports.get(entry)) for entry in closure)
            method: Method = "lemmas" if supports else "k-induction"
            yield Decided(name, Proved(Proof(violations.monitor, method, 1, supports)))
