"""Induction for any size as an engine: the largest inductive set of formulas, and its consequences.

The formulas of all open properties are put into one set with the lemmas, in stages of growing effort. Conjunctions are put into
it part by part, and follow from their parts. Whatever is proved at a stage is handed over at once, from the formulas that its own
proof needs; hard questions are asked again, with more effort, after all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from verifier.kernel.actions import Action
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.terms import TRUE, Term, alike, may_be_undefined, parts
from verifier.proof.engines.candidate import Candidate, candidate
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Proved, Statistics
from verifier.proof.engines.families import Cube
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.search import samples
from verifier.proof.lemmas.affine import for_any_size
from verifier.proof.lemmas.candidates import candidates, covers
from verifier.proof.lemmas.houdini import Houdini
from verifier.proof.lemmas.nearest import Nearest
from verifier.proof.lemmas.unbounded import EFFORTS, Dropped, Invariants
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, Quantified
from verifier.semantics.quantified.obligations import OfSteps


@dataclass(frozen=True, slots=True)
class AnySize:
    """A proof for any size: the formulas that are inductive together, those that every step satisfies, those that hold wherever
    the support does, and of candidates for initial states.

    `implied` follow from the support, each from it and those before; the uses follow from all of these. `lemmas` are the support
    and the implied formulas without the property's own, for people.
    """

    method: str
    lemmas: list[str]
    support: list[Term]
    steps: Sequence[Term | OfSteps]
    uses: list[Term]
    starts: list[Term]
    implied: Sequence[Term] = ()

    @property
    def k(self) -> int:
        """The induction depth."""
        return 0 if self.method == "trivial" else 1

    @property
    def formulas(self) -> list[Term]:
        """The formulas of the lemmas, and those of the property."""
        return self.support

    @property
    def unstated(self) -> list[str]:
        """None: a proof for any size consists of formulas of the kernel."""
        return []

    @property
    def left_out(self) -> list[str]:
        """None: a proof for any size covers the whole model."""
        return []


@dataclass
class AnySizeTask:
    """The state that the engines share in one run at unbounded scope.

    `open` and `asked` are as in a `FiniteTask`; `instance` is one of the published sizes, where candidates are filtered.
    `lemmas`: whether lemmas are inferred at all, `hints`: whether those of the model are used.
    """

    quantified: Quantified
    instance: FiniteTask
    open: Mapping[str, Property]
    asked: Callable[[], Mapping[str, Property]]
    lemmas: bool = True
    hints: bool = True
    statistics: Statistics = field(default_factory=Statistics)

    def beside(self, others: Mapping[str, Property]) -> AnySizeTask:
        """The task of other open properties, all of which are asked for: they share the inductive formulas."""
        task = replace(self, asked=lambda: others)
        task.induction = self.induction
        return task

    @cached_property
    def induction(self) -> Induction:
        """The inductive set of the run."""
        return Induction(self)


class Strengthen:
    """A stage of the induction: lemmas of the model, or inferred families one after the other, asked with an effort."""

    def __init__(self, effort: int, *, families: bool = False) -> None:
        self._effort = effort
        self._families = families

    def run(self, task: AnySizeTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that are inductive by now; see `Engine`."""
        induction = task.induction
        induction.invariants.effort = self._effort
        families = induction.families if self._families else iter([induction.written])
        for family in families:
            if self._effort == 0 and not self._families and task.asked().keys() < task.open.keys():
                # Properties that nobody asked about may help, and may be hard: first without them, except for the ranges, which
                # an instance always has, so that guesses rest on them.
                names = [name for name, prop in task.open.items() if prop.kind == "range" or name in task.asked()]
                yield from induction.strengthen(family, names)
                if not task.asked():
                    induction.narrowed = True
                    return
            yield from induction.strengthen(family)
            if not task.asked():
                return
        if self._effort == len(EFFORTS) - 1:
            for name, prop in list(task.asked().items()):
                yield Decided(name, Open(-1, induction.reason(prop)))


class Induction:
    """The inductive set of one task, and the proofs that it makes."""

    def __init__(self, task: AnySizeTask) -> None:
        self._task = task
        self.quantified = task.quantified
        self.invariants = Invariants(task.quantified, nearest=Nearest(task.instance, task.quantified.typing_facts()))
        self.derived: set[Term] = set()
        """Formulas of properties that follow from the invariants without being inductive themselves."""
        self.implied: dict[Term, Outcome] = {}
        """Written lemmas that follow from the invariants, and from those before them, without being inductive; their proofs."""
        self.failed: dict[str, str] = {}
        self.narrowed = False
        """Whether all that was asked for was proved without other properties, which some of the lemmas may need."""
        self.ranked: dict[str, list[Term]] = {}
        """The premises of the rankings that prove liveness properties."""
        self.origins: dict[Term, Cube] = {}
        """The clauses of IC3 of which formulas are readings."""
        self._offered: set[Term] = set()
        """The candidates of families that were tried."""
        self._texts: dict[Term, str] = {}
        self._alike: dict[str, list[Term]] = {}
        self._parts: dict[Term, tuple[Term, ...]] = {}
        self._tried: dict[str, tuple[int, frozenset[Term]]] = {}
        model = task.quantified.model
        self.formulas = {result.name: self._formulas(result) for result in model.properties}
        self.steps = {result.name: self._steps(result) for result in model.properties}
        self.uses = {result.name: self._uses(result) for result in model.properties}
        written = model.lemmas if task.hints and task.lemmas else ()
        self.written = [part for lemma in written for part in self.parts(lemma.formula)]
        self.families = self._inferred() if task.lemmas else iter([[]])

    # -- proof obligations -------------------------------------------------------------------------------------------

    def parts(self, formula: Term) -> tuple[Term, ...]:
        """The parts of a formula, always the same terms; parts that are alike are one, whatever formula they are of."""
        if formula not in self._parts:
            self._parts[formula] = tuple(map(self._one, parts(formula)))
        return self._parts[formula]

    def _one(self, part: Term) -> Term:
        """The first part that is like this one."""
        others = self._alike.setdefault(self._said(part), [])
        known = next((other for other in others if alike(other, part)), None)
        if known is None:
            others.append(part)
        return known or part

    def _formulas(self, prop: Property) -> list[Term]:
        """The state formulas that are to be invariants for a property, without those that hold by their form."""
        formulas: Sequence[Term] = ()
        if prop.kind == "state":
            formulas = self.parts(prop.formula)
        elif prop.kind == "range":
            formulas = [self.quantified.range_formula([name]) for name in prop.variables]
        return [formula for formula in formulas if formula is not TRUE and formula.data is not True]

    def _steps(self, prop: Property) -> list[Term]:
        """The formulas over both states of a step that make a property."""
        if prop.kind == "action":
            return [prop.judged]
        return [use.formula for use in self.quantified.defined_steps(prop)] if prop.kind == "defined" else []

    def _uses(self, prop: Property) -> list[Term]:
        """The formulas that must hold wherever the invariants do, for a `defined` property or one of ranges."""
        if prop.kind == "range":
            return [use.formula for use in self.quantified.stored_uses(prop)]
        return [use.formula for use in self.quantified.defined_uses(prop)] if prop.kind == "defined" else []

    def _inferred(self) -> Iterator[list[Term]]:
        """The families of candidates that are inductive at the published scope."""
        task = self._task.instance
        engine = task.kept(LockStep, lambda: LockStep(task.encoding))
        houdini = Houdini(task.encoding, engine.base, engine.step)
        kept: list[Candidate] = []
        seen = None
        model = self.quantified.model
        for number, family in enumerate((*candidates(model), None)):
            if number and seen is None:
                seen = samples(task.ground)
            if family is None:
                family = list(for_any_size(task.ground, seen, model)) if seen else []
            result = [candidate(task.encoding, term) for term in family]
            if seen is not None:
                result = [entry for entry in result if bool(seen.value(entry.node).all())]
            kept = houdini.inductive([*kept, *houdini.initiated(result)])
            yield from self._uncovered([entry.term for entry in kept])

    def _uncovered(self, terms: Sequence[Term]) -> Iterator[list[Term]]:
        """Some candidates without those that others cover; and then also those which nothing covers that was kept. Nothing is
        said twice, as the answers would be the same.
        """
        covering = {term: [other for other in terms if covers(other, term)] for term in terms}
        standing = {self._said(term) for term in terms}
        while True:
            selected = [term for term in terms if not any(self._said(other) in standing for other in covering[term])]
            if self._offered.issuperset(selected):
                return
            self._offered.update(selected)
            yield selected
            standing = {self._said(term) for term in self.invariants.kept}

    # -- strengthening -----------------------------------------------------------------------------------------------

    def strengthen(self, lemmas: Sequence[Term], names: Iterable[str] | None = None) -> Iterator[Event]:
        """Adds lemmas and the formulas of open properties to the set, shrinks it, and proves properties that have become
        inductive.

        `names` are those of the open properties to be added; all, if they are left out.
        """
        task, invariants = self._task, self.invariants
        yield Progress("lemma inference", 1)
        before = invariants.queries
        known = {*invariants.kept, *self.derived}
        named = task.open if names is None else names
        wanted = [formula for name in named for formula in self.formulas[name] if formula not in known]
        invariants.claims = {*wanted} - {*self.written}
        lemmas = self._others(lemmas, {*self.written, *invariants.kept, *wanted})
        for formula in (*lemmas, *wanted):
            invariants.dropped.pop(formula, None)
        invariants.add([*lemmas, *wanted])
        left = [formula for formula in wanted if formula not in invariants.kept]
        if left:
            self._imply()
        self.derived.update(formula for formula in left if self._follows(formula).answer is Answer.UNSAT)
        yield from self._close()
        task.statistics.queries += invariants.queries - before

    def _others(self, lemmas: Sequence[Term], known: set[Term]) -> Sequence[Term]:
        """The lemmas that are known ones, or read like none of these: no invariant says the same twice."""
        if known.issuperset(lemmas):
            return lemmas
        reads = {self._said(formula) for formula in known}
        return [lemma for lemma in lemmas if lemma in known or self._said(lemma) not in reads]

    def _imply(self) -> None:
        """Notes which written lemmas follow from the invariants, and from those noted before, if they have a value everywhere."""
        noted, self.implied = self.implied, {}
        for formula in self.written:
            if formula not in self.invariants.kept:
                known = {*self.invariants.kept, *self.implied}
                proof = noted.get(formula)
                if proof is None or not known.issuperset(proof.used):
                    proof = self._follows(formula)
                defined = not may_be_undefined(formula) or self.invariants.undefined(formula) is None
                if proof.answer is Answer.UNSAT and defined:
                    self.implied[formula] = proof

    def _follows(self, formula: Term) -> Outcome:
        return self.invariants.follows(formula, list(self.implied))

    def _close(self) -> Iterator[Event]:
        """Proves what is asked for and follows from the set, using only formulas that have a value in every reachable state."""
        proofs: dict[str, AnySize] = {}
        with self.invariants.trial():
            self.invariants.keep_defined()
            if self.implied:
                self._imply()
            state = self.invariants.effort, frozenset(self.invariants.kept)
            for name, prop in self._task.asked().items():
                if self._tried.get(name) != state:
                    self._tried[name] = state
                    proof = self._proof(prop)
                    if proof is not None:
                        proofs[name] = proof
        # A smaller support first: its re-check is part of that of a larger one.
        for name, proof in sorted(proofs.items(), key=lambda item: len(item[1].support)):
            yield Decided(name, Proved(proof))

    def _proof(self, prop: Property) -> AnySize | None:
        """A proof of a property from the formulas that it needs; None, and why, if it does not follow."""
        kept, ask, quantified = self.invariants.kept, self.invariants.ask, self.quantified
        own = [formula for formula in self.formulas[prop.name] if formula in kept]
        derived = [formula for formula in self.formulas[prop.name] if formula not in kept]
        lost = [formula for formula in derived if formula not in self.derived]
        if lost:
            self.failed[prop.name] = _reason(self.invariants.dropped.get(lost[0]))
            return None
        used: list[Term] = []
        uses = [*derived, *self.uses[prop.name]]
        for formula in uses:
            outcome = self._follows(formula)
            if outcome.answer is not Answer.UNSAT:
                self.failed[prop.name] = f"it is not shown that {self._said(formula)}"
                return None
            used += self.invariants.minimal(outcome, partial(self._safety, formula)).used
        for formula in self.steps[prop.name]:
            for action in quantified.model.actions:
                outcome = ask(quantified.step(action, kept, [formula]))
                if outcome.answer is not Answer.UNSAT:
                    self.failed[prop.name] = f"{action.name} is not shown to satisfy it"
                    return None
                used += self.invariants.minimal(outcome, partial(self._step, action, formula)).used
        starts = [use.formula for use in quantified.defined_starts(prop)]
        for formula in starts if quantified.model.law else ():
            if ask(quantified.starting([formula])).answer is not Answer.UNSAT:
                self.failed[prop.name] = f"it is not shown of all values that {self._said(formula)}"
                return None
        implied = self._behind(used)
        support = self.invariants.closure([*own, *used, *(term for each in implied for term in self.implied[each].used)])
        lemmas = [self._said(formula) for formula in (*support, *implied) if formula not in own]
        steps = self.steps[prop.name]
        inductive = own or uses or steps or (starts and not quantified.model.law)
        method = "lemmas" if lemmas else "k-induction" if inductive else "trivial"
        return AnySize(method, lemmas, support, steps, uses, starts, implied)

    def _behind(self, used: Sequence[Term]) -> list[Term]:
        """The implied lemmas among the formulas that a proof used, and those that they need, each after what it needs."""
        needed = set(used)
        for formula, proof in reversed(self.implied.items()):
            if formula in needed:
                needed.update(proof.used)
        return [formula for formula in self.implied if formula in needed]

    def _safety(self, formula: Term, assumed: list[Term]) -> Obligation:
        return self.quantified.safety(assumed, [formula])

    def _step(self, action: Action, formula: Term, assumed: list[Term]) -> Obligation:
        return self.quantified.step(action, assumed, [formula])

    def _said(self, formula: Term) -> str:
        if formula not in self._texts:
            self._texts[formula] = text(formula, self.quantified.model.vocabulary, outer=False)
        return self._texts[formula]

    def reason(self, prop: Property) -> str:
        """Why a property is not proved."""
        return self.failed.get(prop.name, "it is not inductive with the lemmas found")


def _reason(dropped: Dropped | None) -> str:
    if dropped is None:
        return "it is not inductive with the lemmas found"
    if dropped.answer is Answer.UNKNOWN:
        return f"z3 gave up on {dropped.obligation}: {dropped.reason}"
    return f"not inductive with the lemmas found: {dropped.obligation} has a counterexample to induction"
