"""Clauses that IC3 finds in a small instance, read for any size, as candidates.

IC3 proves a property of an instance by clauses about single members and numbers; `generalizing` reads them as formulas about all.
Of these the largest part that is inductive in the instance is tried for any size. The instance only chooses candidates: each one
is proved like any other, and a reading that says too much is dropped where it is not inductive.

Sources: A. Goel, K. Sakallah, On symmetry and quantification: a new approach to verify distributed protocols, NFM 2021 (clauses
of a finite instance, quantified, as an invariant for any size); A. Karbyshev, N. Bjorner, S. Itzhaky, N. Rinetzky, S. Shoham,
Property-directed inference of universal invariants or proving their absence, CAV 2015, for the same search in first-order logic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.sorts import FunctionSort, RangeSort, SetSort, inner_sorts
from verifier.kernel.terms import Term, walk
from verifier.proof.engines.candidate import candidate, lemma
from verifier.proof.engines.engine import Budget, Event, Progress
from verifier.proof.engines.families import Cube
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.search import samples
from verifier.proof.lemmas.any_size import AnySizeTask
from verifier.proof.lemmas.houdini import Houdini
from verifier.proof.lemmas.refuting import instance_task
from verifier.semantics.concrete.order import instances
from verifier.semantics.scope.expressible import unsupported
from verifier.semantics.scope.finite import FiniteScope

QUICK, PATIENT = 1_500_000, 20_000_000
"""The budgets of all questions to z3 about the instance, in its steps: before other sources of clauses, and after them."""

MOST_ROWS = 1_000
"""For how many values of its variables a reading may be evaluated in an instance."""


class LiftedClauses:
    """Proves with clauses of IC3 that are read for any size; see the module. `budget.steps` limits the questions of IC3.

    `numbered`: only where numbers are indices, and only if the readings suffice in the instance. There IC3 is often quick, and
    few other sources have the words.
    """

    def __init__(self, *, numbered: bool = False) -> None:
        self._numbered = numbered

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that it can; see `Engine`."""
        yield Progress("lemma inference", 1)
        if self._numbered and not _has_numbered_places(task.quantified.model):
            return
        finite, induction = instance_task(task), task.induction
        found = clauses(finite, budget)
        read = list(_new(found.values(), task.quantified.model))
        budgeted = QUICK if self._numbered else PATIENT
        kept, enough = inductive(finite, [term for terms in read for term in terms], budgeted)
        if not kept or (self._numbered and not enough):
            return
        induction.origins.update((term, cube) for cube, terms in found.items() for term in terms if term in kept)
        # Where several readings of a clause hold, the first one says most.
        strongest = [next(term for term in terms if term in kept) for terms in read if kept.intersection(terms)]
        rest = [term for terms in read for term in terms if term in kept]
        for effort, selected in ((0, strongest), (1, strongest), (1, rest)):
            induction.invariants.effort = effort
            yield from induction.strengthen(selected)
            if not task.asked():
                return


def clauses(finite: FiniteTask, budget: Budget) -> dict[Cube, list[Term]]:
    """The clauses that prove the properties that are asked for in an instance, each with its readings."""
    from verifier.proof.engines.directed import Run
    from verifier.proof.engines.generalizing import Generalizing

    run = Run(finite, budget)
    try:
        cubes = [] if run.refused else run.clauses()
        finite.statistics.queries += run.queries
    finally:
        run.free()
    generalizing = Generalizing(run.clausal)
    scope = finite.ground.scope
    return {cube: [term for term in generalizing.readings(cube) if _is_small(scope, term)] for cube in cubes}


def _is_small(scope: FiniteScope, term: Term) -> bool:
    """Whether a reading is a formula of first-order logic whose circuit is small in the instance: one with a variable for each of
    many numbers is long, and of no use for other sizes.
    """
    return unsupported(term) is None and all(instances(scope, part) <= MOST_ROWS for part in walk(term))


def inductive(finite: FiniteTask, terms: Sequence[Term], steps: int) -> tuple[set[Term], bool]:
    """The largest part of some formulas that is inductive in an instance, together with the properties that are asked for, and
    whether it is enough for all of these; none if z3 takes more steps.
    """
    solvers = finite.kept(LockStep, lambda: LockStep(finite.encoding))
    houdini = Houdini(finite.encoding, solvers.base, solvers.step)
    seen = samples(finite.ground)
    true = [term for term in terms if bool(seen.value(lemma(finite.ground, term)).all())]
    members = [member for name in finite.asked() if (member := finite.member(name)) is not None]
    houdini.limit(steps, steps)
    try:
        kept = houdini.inductive([*members, *houdini.initiated([candidate(finite.encoding, term) for term in true])])
    finally:
        houdini.limit(None)
    return {entry.term for entry in kept if entry not in members}, set(members) <= set(kept)


def _new(found: Iterable[Sequence[Term]], model: Model) -> Iterator[list[Term]]:
    """The readings of each clause that no clause before has."""
    known = set[str]()
    for terms in found:
        named = {text(term, model.vocabulary): term for term in terms}
        yield [term for name, term in named.items() if name not in known]
        known |= named.keys()


def _has_numbered_places(model: Model) -> bool:
    """Whether a variable is indexed by numbers, or is a set of them."""
    indices = [
        sort.index if isinstance(sort, FunctionSort) else sort.element
        for variable in model.variables
        for sort in inner_sorts(variable.sort)
        if isinstance(sort, FunctionSort | SetSort)
    ]
    return any(isinstance(sort, RangeSort) for index in indices for sort in inner_sorts(index))
