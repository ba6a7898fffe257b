"""Lemmas for any size, guided by counterexamples to induction of small instances.

At an instance, a counterexample to induction is a state that is not reachable, if it is one. The simplest clause that excludes
it, and holds in all sampled states of this and other sizes, becomes a lemma; then it has to be inductive, too. A lemma that
cannot be protected is dropped for good. Lemmas that are inductive at an instance are tried for any size; if that fails, the next
instance is larger. Samples and instances only choose candidates; each one is proved like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from verifier.kernel.errors import VerifyError
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.sorts import QuorumSort
from verifier.kernel.terms import Term
from verifier.proof.engines.candidate import Candidate, candidate
from verifier.proof.engines.engine import Budget, Event, Progress
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import LockStep
from verifier.proof.lemmas.any_size import AnySizeTask
from verifier.proof.lemmas.clauses import Search, Sight
from verifier.proof.lemmas.refuting import fits, instance_task
from verifier.proof.lemmas.unbounded import Dropped
from verifier.proof.lemmas.vocabulary import Vocabulary
from verifier.proof.lemmas.wording import Clause
from verifier.semantics.answers import Answer
from verifier.semantics.ground.columns import Array, type_of
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.smt import Formula
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.scope.finite import finite_scope

if TYPE_CHECKING:
    from verifier.proof.engines.statesets import Reached

ALL = 10
"""More than there are instances."""

ROUNDS = ((1, 0), (ALL, 0), (ALL, 1))
"""Of how many instances samples are taken, and which one's counterexamples to induction are excluded, round by round; where there
are search bounds, without the first: too much is true within them."""

STATES = 20_000
"""States of the published instance that are searched for samples."""

WALKED = 4_000
"""States that random walks find of an instance."""

EXCLUDED = 60
"""Counterexamples to induction of one instance that are excluded, at most."""

STEPS = 5_000_000
"""The budget of each question, in z3's steps."""

TRIES = 300_000
"""Codes that are tried for initial states of an instance."""

EFFORT = 1
"""The greatest effort, of `EFFORTS`, with which clauses are asked for any size."""


class GuidedClauses:
    """Proves with clauses that exclude counterexamples to induction of small instances; see the module."""

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that it can; see `Engine`."""
        yield Progress("lemma inference", 1)
        words = Vocabulary(task.quantified.model)
        instances = _Instances(task)
        tried = {frozenset[str]()}
        searches: dict[bool, Search] = {}
        hopeless: set[bool] = set()
        for rich, sampled, guiding in _rounds(task.quantified.model, bounded=instances.bounded):
            if rich in hopeless or guiding >= len(instances):
                continue
            search = searches[rich] = searches.get(rich) or Search(words, rich=rich)
            for place in range(len(search.samples), min(sampled, len(instances))):
                search.add(instances.sight(place, search).look(instances.states(place)))
            guide = _Guide(task, instances.task(guiding), search, instances.sight(guiding, search))
            selected = guide.selected()
            if not guide.hopeful:
                hopeless.add(rich)
                continue
            names = frozenset(text(term, task.quantified.model.vocabulary) for term in selected)
            if names not in tried:
                tried.add(names)
                yield from self._strengthened(task, selected)
            if not task.asked():
                return

    @staticmethod
    def _strengthened(task: AnySizeTask, selected: list[Term]) -> Iterator[Event]:
        """Proves the properties that the selected formulas prove; those that z3 gives up on are tried with more effort."""
        induction = task.induction
        for effort in range(EFFORT + 1):
            induction.invariants.effort = effort
            yield from induction.strengthen(selected)
            if not task.asked() or not any(_given_up(induction.invariants.dropped.get(term)) for term in selected):
                break


def _rounds(model: Model, *, bounded: bool) -> list[tuple[bool, int, int]]:
    """The rounds, each with whether quantifiers stand inside atoms.

    Those where they do are last; but clauses about quorums take such atoms, so that a model with quorums has one of them early.
    """
    plain, rich = ([(inside, *each) for each in ROUNDS[bounded:]] for inside in (False, True))
    if any(isinstance(sort, QuorumSort) for sort in model.sorts):
        return [plain[0], rich[0], *plain[1:], *rich[1:]]
    return [*plain, *rich]


def _given_up(dropped: Dropped | None) -> bool:
    return dropped is not None and dropped.answer is Answer.UNKNOWN


class _Instances:
    """The instances to examine, smallest first: the published one, then larger ones; the states seen there are kept."""

    def __init__(self, task: AnySizeTask) -> None:
        self._tasks = [instance_task(task), *_larger(task)]
        self._states: dict[int, Sequence[Array]] = {}
        self._sights: dict[tuple[int, int], Sight] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def bounded(self) -> bool:
        """Whether the model has search bounds."""
        parameters = self._tasks[0].ground.scope.model.parameters
        return any(declared.kind == "search bound" for declared in parameters.values())

    def task(self, place: int) -> FiniteTask:
        """The task of an instance."""
        return self._tasks[place]

    def states(self, place: int) -> Sequence[Array]:
        """Reachable states of an instance, as columns."""
        if place not in self._states:
            found = _reached(self._tasks[place].ground, STATES if place == 0 else 0)
            self._states[place] = found.packing.columns(found.states)
        return self._states[place]

    def sight(self, place: int, search: Search) -> Sight:
        """The truth of the atoms of a search in states of an instance."""
        key = place, len(search.atoms)
        if key not in self._sights:
            self._sights[key] = Sight(self._tasks[place].ground, search.variables, search.atoms)
        return self._sights[key]


def _larger(task: AnySizeTask) -> list[FiniteTask]:
    """The tasks of larger instances: one value more of everything that has no end for any size, of all search bounds, of one sort
    after the other.

    For models without sizes and bounds the parameters are used.
    """
    published = task.instance.ground.scope
    model = published.model
    sizes, bounds = (
        [name for name, p in model.parameters.items() if p.kind == kind] for kind in ("size", "search bound")
    )
    everything = [*sizes, *bounds] or [name for name, declared in model.parameters.items() if not declared.fixed]
    result = []
    for grown in dict.fromkeys((tuple(everything), tuple(bounds), *((name,) for name in sizes))):
        try:
            scope = finite_scope(
                model, {**published.parameters, **{name: published.parameters[name] + 1 for name in grown}}
            )
        except VerifyError:
            continue  # There is no such instance.
        if grown and fits(scope):
            result.append(instance_task(task, Instance(scope, task.quantified)))
    return result


def _reached(ground: Ground, searched: int) -> Reached:
    """States of an instance, from a search of this many: none where no initial one is found easily, or there is none."""
    from verifier.proof.engines.explicit import Search as Explicit
    from verifier.proof.engines.sampling import sample
    from verifier.proof.engines.solutions import TooManyCodes
    from verifier.proof.engines.statesets import Reached, StateSet
    from verifier.semantics.ground.states import joined

    try:
        walked = sample(ground, WALKED, tries=TRIES)
    except TooManyCodes:
        return Reached(StateSet(Packing(ground.layout)))
    if not len(walked) or not searched:
        return walked
    search = Explicit(ground, [], searched)
    for _ in search.run(stop=True):
        pass
    found = search.result().reached
    return Reached(StateSet.holding(found.packing, joined([found.states, walked.states])))


class _Guide:
    """The selection of lemmas at one instance.

    No step must lead to a violation of a goal, or break a lemma that a goal needs, or that such a lemma needs. A lemma that
    nothing needs is not protected: the lemmas that this would take might be many, and would be of no use either.
    """

    def __init__(self, task: AnySizeTask, finite: FiniteTask, search: Search, sight: Sight) -> None:
        self._search, self._sight = search, sight
        self._finite = finite
        solvers = finite.kept(LockStep, lambda: LockStep(finite.encoding))
        self._solvers = solvers
        self._step = solvers.step
        self._step.extend(1)
        self._step.limit(STEPS)
        self._banned: set[Clause] = set()
        encoding = finite.encoding
        goals = {name: finite.violations(prop) for name, prop in finite.asked().items()}
        self._goals = {name: self._step.literal(goal.at(1)) for name, goal in goals.items() if not goal.never}
        known = [candidate(encoding, term).formula for term in task.induction.invariants.kept]
        self._given = self._step.literal(
            [*known, *(encoding.not_(goal.at(0)) for goal in goals.values() if not goal.never)]
        )
        self._lemmas: dict[Clause, _Lemma] = {}
        self._needs: dict[str | Clause, list[Clause]] = {}
        """Of the goals and lemmas that are protected: the lemmas that protect them."""

    @property
    def hopeful(self) -> bool:
        """Whether something that is asked for was not given up."""
        return bool(self._goals)

    def selected(self) -> list[Term]:
        """The lemmas found. Those that the goals need are inductive together with them at this instance, as far as the vocabulary
        goes; others may be needed at another size.
        """
        turns: dict[str | Clause, int] = {}
        while sum(turns.values()) < EXCLUDED:
            # One that is hard to protect must not keep the others from being protected.
            open_ = sorted((one for one in self._needed() if one not in self._needs), key=lambda one: turns.get(one, 0))
            if not open_:
                break
            if not self._protected(open_[0]):
                turns[open_[0]] = turns.get(open_[0], 0) + 1
        return [lemma.entry.term for lemma in self._lemmas.values()]

    def _needed(self) -> Iterator[str | Clause]:
        """The goals, and then the lemmas that they need, as far as that is known."""
        needed: dict[str | Clause, None] = dict.fromkeys(self._goals)
        waiting: list[str | Clause] = list(needed)
        for target in waiting:
            yield target
            more = [clause for clause in self._needs.get(target, ()) if clause not in needed]
            needed.update(dict.fromkeys(more))
            waiting += more

    def _protected(self, target: str | Clause) -> bool:
        """Whether no step leads to the violation of a goal, or breaks a lemma. If one does, excludes the state before it, or else
        gives the goal or the lemma up.
        """
        lemmas, encoding = self._lemmas, self._finite.encoding
        bad = self._goals[target] if isinstance(target, str) else lemmas[target].broken
        answer = self._step.check(bad, self._given, *(lemma.before for lemma in lemmas.values()))
        if answer is Answer.UNSAT or answer is Answer.UNKNOWN:
            # Where nothing is known, all of them may be needed.
            core = self._step.core() if answer is Answer.UNSAT else {lemma.before.get_id() for lemma in lemmas.values()}
            self._needs[target] = [clause for clause, lemma in lemmas.items() if lemma.before.get_id() in core]
            return True
        codes, fields = encoding.codes(self._step.model, 0), self._finite.ground.layout.fields
        state = self._sight.look([np.array([code], type_of(field)) for code, field in zip(codes, fields, strict=True)])
        for clause in self._search.clauses(state):
            if clause not in self._banned and self._begins(clause):
                return False
        if isinstance(target, str):
            del self._goals[target]
        else:
            self._banned.add(target)
            del lemmas[target]
            self._needs = {one: needs for one, needs in self._needs.items() if target not in needs}
        return False

    def _begins(self, clause: Clause) -> bool:
        """Adds a clause to the lemmas, if it holds initially."""
        encoding = self._finite.encoding
        entry = candidate(encoding, clause.formula(self._search.atoms))
        base = self._solvers.base
        if base.check(base.literal(encoding.not_(entry.formula))) is not Answer.UNSAT:
            self._banned.add(clause)
            return False
        broken = self._step.literal(encoding.not_(encoding.next_state(entry.formula)))
        self._lemmas[clause] = _Lemma(entry, self._step.literal(entry.formula), broken)
        return True


@dataclass(frozen=True, slots=True)
class _Lemma:
    """A clause as a candidate, and literals that stand for it before a step, and for its opposite after the step."""

    entry: Candidate
    before: Formula
    broken: Formula
