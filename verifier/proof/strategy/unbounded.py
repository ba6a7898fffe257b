"""The strategy at unbounded scope: induction with inferred lemmas for any size, and refutation at a finite one.

Candidates are filtered at the published scope first, where a question costs a millisecond, and then shown inductive for any
size by z3. Whatever is proved is re-checked: initiation and consecution action by action, in fresh solvers, with the lemmas
of its own proof and no others. What is not proved is searched for a violation at the published scope; a violation there is
one of the unbounded model, and is replayed. Everything else is UNKNOWN, with what stopped it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from verifier.kernel.actions import Action
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.properties import DEFINED, Property, is_called
from verifier.kernel.terms import TRUE, Term
from verifier.proof.engines.induction import LockStep, starts
from verifier.proof.engines.outcomes import Open, Violated
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.lemmas.candidates import candidates
from verifier.proof.lemmas.houdini import Candidate, Houdini, candidate
from verifier.proof.lemmas.unbounded import EFFORTS, Dropped, Invariants
from verifier.proof.strategy.discharge import Discharge
from verifier.proof.strategy.entries import Clock, Emit, Report, select, versions
from verifier.proof.strategy.errors import InternalError
from verifier.proof.strategy.exhaustive import PROBE_STATES, decide, samples
from verifier.proof.strategy.instances import check_actions_fire, check_actions_still_fire
from verifier.proof.strategy.release import PROVED, Standing, needed
from verifier.proof.strategy.requests import ProveRequest, head
from verifier.proof.strategy.traces import Replayer
from verifier.proof.strategy.unbounded_verdicts import Evidence, UnboundedVerdicts
from verifier.proof.strategy.vacuity import UnboundedVacuity, Vacuity
from verifier.proof.strategy.vacuity_solver import VacuitySolver
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import PathStep
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.violations import Violations
from verifier.semantics.quantified import Obligation, Quantified, smoke, undefined_start
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.unbounded import unbounded

if TYPE_CHECKING:
    from verifier.wire.documents import NotStatedEntry, ResultDocument, ResultFacts, Statistics

_REFUTATION_STEPS = 50_000_000
"""Budget of a base case at published scope before the dear efforts at unbounded scope, in z3's steps; a few seconds."""


def prove_unbounded(request: ProveRequest, emit: Emit) -> ResultDocument:
    """Decides the properties for any number of everything; see `verifier.proof.strategy.prove`."""
    request.validate()
    clock = Clock()
    model = request.protocol.model(request.variant, request.drops)
    for name in request.properties:
        model.find_property(name)
    with clock.phase("encode"):
        scope = unbounded(model)
        quantified = Quantified(scope)
        undefined = undefined_start(quantified)
        smoke(quantified, started=undefined is None)
        finite = finite_scope(model)
    stated = {found.name for found in scope.model.properties}
    available = list(scope.model.properties)
    missing = [entry for entry in scope.not_stated if entry.published_name not in stated]
    refuse_not_stated(request, missing)
    selected = select(scope.model, request.properties, available)
    facts: ResultFacts = {
        "schema": "verify.result/1",
        **head(model),
        "label": request.label,
        "scope": "unbounded",
        "parameters": {},
        "k": request.k,
        "versions": versions("z3"),
    }
    report = Report(facts, selected, emit, clock)
    dead: list[str] = []
    if undefined is None:
        with clock.phase("instance"):
            dead, unfired = check_actions_fire(model, finite)
            check_actions_still_fire(quantified, unfired)
    run = _Run(request, quantified, Instance(finite, quantified), selected, report, undefined)
    with clock.phase("solve"):
        run.prove()
    with clock.phase("refute"):
        run.refute()
    with clock.phase("vacuity"):
        run.find_vacuous()
    run.finish()
    statistics = run.statistics()
    statistics["dropped"] = list(scope.dropped)
    if dead:
        statistics["warnings"] = [f"{name} cannot fire: {model.protocol.dead[name]}" for name in dead]
    chosen = {found.name for found in selected}
    skipped = [e for e in missing if not request.properties or e.published_name in chosen]
    entries: list[NotStatedEntry] = [{"name": e.name, "published_name": e.published_name, "reason": e.reason} for e in skipped]
    run.verdicts.certify(partial(report.document, statistics, entries))
    document = report.document(statistics, entries)
    if not request.blame:
        return document
    report.emit({"event": "document", "document": document})
    with clock.phase("blame"):
        run.blame(model)
    return report.document(statistics, entries)


def refuse_not_stated(request: ProveRequest, missing: list[Any]) -> None:
    """UsageError if a property was named that does not exist at this scope."""
    from verifier.kernel.errors import UsageError

    for name in request.properties:
        for entry in missing:
            names = (entry.name, entry.published_name)
            if is_called(name, *names, *(f"{DEFINED}@{one}" for one in names if one)):
                raise UsageError(f"{name} is not stated at unbounded scope: {entry.reason}")


class _Run:
    """One call at unbounded scope: what is to be proved as formulas, and what became of each.

    `undefined` says why initial values and predicates are not known to have values, if they are not.
    """

    def __init__(
        self,
        request: ProveRequest,
        quantified: Quantified,
        ground: Ground,
        selected: list[Property],
        report: Report,
        undefined: str | None,
    ) -> None:
        self.request = request
        self.quantified = quantified
        self.ground = ground
        self.report = report
        self._undefined = undefined
        self.selected = selected
        self.invariants = Invariants(quantified)
        self.proved: dict[str, Evidence] = {}
        self.failed: dict[str, str] = {}
        self.violated: dict[str, int] = {}
        self.derived: set[Term] = set()
        """Formulas of properties that follow from the invariants without being inductive themselves."""
        self.encoding = Encoding(ground)
        self.replayer = Replayer(ground)
        sizes = ", ".join(f"{name}={value}" for name, value in ground.scope.parameters.items())
        self.sizes = sizes or "the published scope"
        self.discharge = Discharge(quantified, self.invariants.ask)
        self.verdicts = UnboundedVerdicts(request, quantified.scope, ground.scope, selected, report)
        model = quantified.model
        names = {found.name for found in selected}
        companions = {other.name for found in selected for other in needed(found, model.properties)} - names
        self.watched = [*selected, *(found for found in model.properties if found.name in companions)]
        self.formulas = {found.name: self._formulas(found) for found in self.watched}
        self.steps = {found.name: self._steps(found) for found in self.watched}
        self.uses = {found.name: self._uses(found) for found in self.watched}

    def find_vacuous(self) -> None:
        """Lets the report say which properties are vacuous, once all verdicts are known."""
        root = Unrolling(self.encoding, rooted=True)
        start = self.encoding.codes(root.model, 0) if root.check() is Answer.SAT else None
        chosen = {found.name for found in self.selected} - self.violated.keys()
        published = [found for found in self.ground.scope.model.properties if found.name in chosen]
        finite = Vacuity(self.ground, published, start, VacuitySolver(self.encoding), sizes=False)
        self.report.vacuity = UnboundedVacuity(finite, published, self.quantified, self.invariants).of

    def _formulas(self, found: Property) -> list[Term]:
        """The state formulas that are to be invariants for a property, without those that hold by their form."""
        formulas: list[Term] = []
        if found.kind == "state":
            formulas = [found.formula]
        elif found.kind == "range":
            formulas = [self.quantified.range_formula([name]) for name in found.variables]
        return [formula for formula in formulas if formula is not TRUE and formula.data is not True]

    def _steps(self, found: Property) -> list[Term]:
        """The formulas over both states of a step that make a property."""
        if found.kind == "action":
            return [found.judged]
        return [use.formula for use in self.quantified.defined_steps(found)] if found.kind == "defined" else []

    def _uses(self, found: Property) -> list[Term]:
        """What must hold wherever the invariants do, for a `defined` property or one of ranges."""
        if found.kind == "range":
            return [use.formula for use in self.quantified.stored_uses(found)]
        return [use.formula for use in self.quantified.defined_uses(found)] if found.kind == "defined" else []

    # -- proving -----------------------------------------------------------------------------------------------------

    def prove(self) -> None:
        """Proves what it can, with hand-written lemmas and one family of inferred ones after the other."""
        if not self._starts_well():
            return
        hints = self.request.hints and self.request.lemmas
        written = [lemma.formula for lemma in self.quantified.model.lemmas] if hints else []
        families = self._families() if self.request.lemmas else iter([[]])
        self._strengthen(written or next(families))
        if self._doubtful():
            # What is false at a small size is found there long before it is given up on here.
            self._refute_by_search()
        for family in families:
            if not self._open():
                break
            self._strengthen(family)
        last = len(EFFORTS) - 1
        for effort in range(1, len(EFFORTS)):
            if effort == last:
                # What resists the cheaper efforts is more often false than hard to prove.
                self._refute_by_unrolling(self._doubtful(), _REFUTATION_STEPS)
            if self._open():
                self.invariants.effort = effort
                self._strengthen(written)
        self.invariants.effort = last
        self.invariants.keep_defined()
        for found in self.watched:
            if found.name not in self.violated:
                self._check(found)

    def _open(self) -> list[Property]:
        """The properties that some formula of is not an invariant yet; steps are asked at the end."""
        known = {*self.invariants.kept, *self.derived}
        return [f for f in self.watched if not set(self.formulas[f.name]) <= known and f.name not in self.violated]

    def _doubtful(self) -> list[Property]:
        """The properties that are open, and those whose steps are not shown at once."""
        open_ = self._open()
        known = {found.name for found in open_} | self.violated.keys()
        for found in self.watched:
            if found.name not in known and not all(self._steps_shown(formula) for formula in self.steps[found.name]):
                open_.append(found)
        return open_

    def _steps_shown(self, formula: Term) -> bool:
        """Whether it is easily shown that every step satisfies the formula."""
        kept = self.invariants.kept
        asked = (self._step(action, formula, kept) for action in self.quantified.model.actions)
        return all(self.invariants.ask(obligation, effort=0).answer is Answer.UNSAT for obligation in asked)

    def _strengthen(self, lemmas: list[Term]) -> None:
        open_ = self._open()
        self.report.progress(", ".join(found.short or found.name for found in open_[:3]), "lemma inference", 1)
        wanted = [formula for found in open_ for formula in self.formulas[found.name]]
        for formula in wanted:
            self.invariants.dropped.pop(formula, None)
        for formula in lemmas:
            self.invariants.dropped.pop(formula, None)
        self.invariants.add([*lemmas, *wanted])
        for formula in wanted:
            if formula not in self.invariants.kept:
                outcome = self.invariants.ask(self.quantified.safety(self.invariants.kept, [formula]))
                if outcome.answer is Answer.UNSAT:
                    self.derived.add(formula)

    def _families(self) -> Iterator[list[Term]]:
        """The families of candidates that are inductive at the published scope."""
        engine = LockStep(self.encoding)
        houdini = Houdini(self.encoding, engine.base, engine.step)
        kept: list[Candidate] = []
        seen = None
        for number, family in enumerate(candidates(self.quantified.model)):
            found = [candidate(self.encoding, term) for term in family]
            if number and seen is None:
                seen = samples(self.ground)
            if seen is not None:
                found = [entry for entry in found if bool(seen.value(entry.node).all())]
            kept = houdini.inductive([*kept, *houdini.initiated(found)])
            yield [entry.term for entry in kept]

    def _told(self, formula: Term) -> str:
        return text(formula, self.quantified.model.vocabulary, outer=False)

    def _check(self, found: Property) -> None:
        """Re-checks the proof of a property from its own lemmas, in fresh solvers, and records it."""
        kept, ask, quantified = self.invariants.kept, self.invariants.ask, self.quantified
        own = [formula for formula in self.formulas[found.name] if formula in kept]
        derived = [formula for formula in self.formulas[found.name] if formula not in kept]
        lost = [formula for formula in derived if formula not in self.derived]
        if lost:
            self.failed[found.name] = self._reason(self.invariants.dropped.get(lost[0]))
            return
        used: list[Term] = []
        uses = [*derived, *self.uses[found.name]]
        for formula in uses:
            outcome = ask(quantified.safety(kept, [formula]))
            if outcome.answer is not Answer.UNSAT:
                self.failed[found.name] = f"it is not shown that {self._told(formula)}"
                return
            used += self.invariants.minimal(outcome, partial(self._safety, formula))
        for formula in self.steps[found.name]:
            for action in quantified.model.actions:
                outcome = ask(quantified.step(action, kept, [formula]))
                if outcome.answer is not Answer.UNSAT:
                    self.failed[found.name] = f"{action.name} is not shown to satisfy it"
                    return
                used += self.invariants.minimal(outcome, partial(self._step, action, formula))
        support = self.invariants.closure([*own, *used])
        starts = [use.formula for use in quantified.defined_starts(found)]
        problem = self.discharge.problem(support, self.steps[found.name], uses, starts)
        if problem:
            self.failed[found.name] = problem
            return
        lemmas = [self._told(formula) for formula in support if formula not in own]
        obligations = [*own, *uses, *starts, *self.steps[found.name]]
        method = "lemmas" if lemmas else ("k-induction" if obligations else "trivial")
        self.proved[found.name] = Evidence(method, lemmas, support, self.steps[found.name], uses, starts)

    def _safety(self, formula: Term, assumed: list[Term]) -> Obligation:
        return self.quantified.safety(assumed, [formula])

    def _step(self, action: Action, formula: Term, assumed: list[Term]) -> Obligation:
        return self.quantified.step(action, assumed, [formula])

    @staticmethod
    def _reason(dropped: Dropped | None) -> str:
        if dropped is None:
            return "it is not inductive with the lemmas found"
        if dropped.answer is Answer.UNKNOWN:
            return f"z3 gave up on {dropped.obligation}: {dropped.reason}"
        return f"not inductive with the lemmas found: {dropped.obligation} has a counterexample to induction"

    def _starts_well(self) -> bool:
        """Whether initial values and predicates are all right; where they are not, everything fails."""
        watched = {f.name: Violations(self.encoding, monitor(self.ground, f)) for f in self._published(self.watched)}
        for name, outcome in starts(self.encoding, watched).items():
            if isinstance(outcome, Violated):
                self._violated(name, outcome.path, None)
        if self._undefined is None and not self.violated:
            return True
        ranges = [found.name for found in self.watched if found.kind == "range" and found.name in self.violated]
        reason = f"{', '.join(ranges)} is violated in 0 steps" if ranges else self._undefined
        self.failed.update({f.name: str(reason) for f in self.watched if f.name not in self.violated})
        return False

    # -- refuting ----------------------------------------------------------------------------------------------------

    def _published(self, wanted: list[Property]) -> list[Property]:
        """The properties as the published scope has them; of ranges, the variables that are left."""
        published = {found.name: found for found in self.ground.scope.model.properties}
        return [
            replace(published[found.name], variables=found.variables) if found.kind == "range" else published[found.name]
            for found in wanted
        ]

    def _refute_by_search(self) -> None:
        """Looks for violations of what is open by a short explicit search at the published scope."""
        watched = self._published(self._doubtful())
        if watched:
            self.report.progress("refutation", "explicit search", 0)
            found = decide(self.ground, watched, PROBE_STATES, self.report)
            for name, (path, attempt) in found.violations.items():
                self._violated(name, path, attempt)

    def refute(self) -> None:
        """Looks for violations of what is not proved by bounded unrolling at the published scope."""
        failed = [found for found in self.watched if found.name in self.failed]
        for name, depth in self._refute_by_unrolling(failed).items():
            if depth >= 0:
                self.failed[name] += f"; no violation within {depth} steps at {self.sizes}"
        if any(found.kind == "range" and found.name in self.violated for found in self.watched):
            # A proof that rests on a range says nothing of what is behind a step that leaves it.
            proved = [f for f in self.watched if f.name in self.proved and f.kind in ("state", "action")]
            self._refute_by_unrolling(proved)

    def _refute_by_unrolling(self, wanted: list[Property], steps: int | None = None) -> dict[str, int]:
        """The depth to which no violation was found, for each property without one; `steps` limits each base case."""
        watched = self._published(wanted)
        if not watched:
            return {}
        engine = LockStep(
            self.encoding,
            induction=False,
            steps=steps,
            report=lambda engine, k: self.report.progress("refutation", engine, k),
        )
        violations = {f.name: Violations(self.encoding, monitor(self.ground, f)) for f in watched}
        cleared: dict[str, int] = {}
        for name, outcome in engine.run(violations, self.request.k).items():
            if isinstance(outcome, Violated):
                self._violated(name, outcome.path, outcome.attempt)
            else:
                cleared[name] = outcome.k if isinstance(outcome, Open) else self.request.k
        return cleared

    def _violated(self, name: str, path: Sequence[PathStep], attempt: int | None) -> None:
        """Replays a violation of the published scope, which is one of the unbounded scope, and reports it."""
        found = {found.name: found for found in self.ground.scope.model.properties}[name]
        trace = self.replayer.trace(found, path, attempt, shortest=False, scope="unbounded")
        if trace is None:
            raise InternalError(f"the counterexample to {name} does not replay: {self.replayer.failure}")
        self.failed.pop(name, None)
        self.proved.pop(name, None)
        self.violated[name] = trace.steps
        self.report.finish(
            found,
            "violated",
            steps=trace.steps,
            shortest=False,
            trace=trace.document,
            explanation=trace.explanation,
            reason=f"rebuilt at {self.sizes}",
        )

    # -- reporting ---------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Reports what is proved or unknown."""
        self.verdicts.finish(self.watched, {found.name: self._standing(found) for found in self.watched}, self.proved)

    def _standing(self, found: Property) -> Standing:
        """What is known of a property by itself."""
        if found.name in self.violated:
            return Standing("violated", self.violated[found.name])
        if found.name in self.failed:
            return Standing("unknown", None, self.failed[found.name])
        return PROVED

    def blame(self, model: Model) -> None:
        """Adds to the proofs by induction that are reported what they used; `model` still has its search bounds."""
        from verifier.proof.strategy.blame_unbounded import UnboundedBlame

        blame = UnboundedBlame(model, self.invariants)
        for name, entry in self.report.entries.items():
            if entry["verdict"] == "proved" and entry["method"] != "trivial":
                self.report.progress(entry["name"], "blame", 1)
                proof = self.proved[name]
                entry["blame"] = blame.of(self.formulas[name], proof.support, proof.steps)

    def statistics(self) -> Statistics:
        """What the run took."""
        return {
            "phases": self.report.clock.phases,
            "queries": self.invariants.queries,
            "lemmas": self.verdicts.served,
        }
