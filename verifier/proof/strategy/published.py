"""The strategy at published scope: what is cheap first, each proof re-checked, each violation replayed.

Order: what the circuit already decides; base case 0 and induction of depth 1; hand-written lemmas and the cheapest family of
inferred ones; a short explicit search, which decides small scopes outright; the other families of lemmas, filtered on samples
first; bounded unrolling and k-induction in lock-step, strengthened by the lemmas; a long explicit search for what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.kernel.printing import text
from verifier.kernel.properties import DEFINED, Property
from verifier.kernel.terms import Term
from verifier.proof.engines.induction import LockStep, starts
from verifier.proof.engines.outcomes import Closed, Open, Outcome, Violated
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.lemmas.candidates import candidates
from verifier.proof.lemmas.houdini import Candidate, Houdini, candidate
from verifier.proof.strategy.begun import Begun, begin
from verifier.proof.strategy.entries import Emit
from verifier.proof.strategy.errors import InternalError, Unanswered
from verifier.proof.strategy.exhaustive import EXPLICIT_STATES, PROBE_STATES, decide, samples
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.vacuity import SEARCHED_STATES, Vacuity
from verifier.proof.strategy.vacuity_solver import STEPS, VacuitySolver
from verifier.proof.strategy.verdicts import Verdicts
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.proof import Checker, Proof, Support
from verifier.semantics.obligations.violations import Violations

if TYPE_CHECKING:
    from verifier.semantics.ground.columns import Batch
    from verifier.wire.documents import InductionCounterexample, ResultDocument, Statistics


FIRST_STEPS = 5_000_000
"""The budget of the first induction step of each property, in z3's steps, before the states are searched; about a second."""


def prove_published(request: ProveRequest, emit: Emit) -> ResultDocument:
    """Decides the properties at the published scope; see `verifier.proof.strategy.prove`."""
    return _Run(begin(request, emit, "z3")).document()


class _Run:
    """One call: what is open, what is known, and what it took."""

    def __init__(self, run: Begun) -> None:
        self.request = run.request
        self.model = run.model
        self.report = run.report
        self.clock = run.report.clock
        self.selected = run.selected
        with self.clock.phase("encode"):
            self.ground = Ground(run.scope)
            self.encoding = Encoding(self.ground)
        self.checker = Checker(self.encoding)
        self.queries = 0
        self.engines: dict[str, list[str]] = {}
        self.ctis: list[InductionCounterexample] = []
        self._probed = False
        self._start: tuple[int, ...] | None = None
        self._bounds: dict[str, int] = {}
        self._lemmas: list[Candidate] = []
        self.verdicts = Verdicts(self.ground, run.selected, run.report, run.request, self.encoding)
        self.open: dict[str, Violations] = {
            found.name: Violations(self.encoding, monitor(self.ground, found)) for found in self.verdicts.watched
        }
        self._members: dict[str, Candidate] = {}
        self._closed: dict[str, Proof] = {}

    # -- the order of things -----------------------------------------------------------------------------------------

    def document(self) -> ResultDocument:
        """Runs the strategy and returns the result document."""
        with self.clock.phase("solve"):
            undecided = self._initial()
            with self.clock.phase("vacuity"):
                vacuity = self._vacuity()
                self.report.vacuity, self.report.remark = vacuity.of, vacuity.remark
            self._warn_of_dead_actions()
            if undecided is None:
                self._trivial()
                self._inductive()
        if self.request.engine == "auto" and self.open:
            self._explicit(EXPLICIT_STATES)
        for violations in list(self.open.values()):
            self._unproved(violations.monitor.property, Open(-1, undecided or "no engine was left to try"))
        self._look_behind()
        self.verdicts.certify(lambda: self.report.document(self._statistics()))
        document = self.report.document(self._statistics())
        if not (self.request.blame and self.verdicts.proofs):
            return document
        self.report.emit({"event": "document", "document": document})
        with self.clock.phase("blame"):
            self._blame()
        return self.report.document(self._statistics())

    def _blame(self) -> None:
        """Adds to the proofs by induction that are reported what they used."""
        from verifier.proof.strategy.blame import Blame

        blame = Blame(self.ground.scope)
        for name, proof in self.verdicts.proofs.items():
            found = proof.monitor.property
            self.report.progress(found.short or name, "blame", proof.k)
            self.report.entries[name]["blame"] = blame.of(proof)
        self.queries += blame.queries

    def _statistics(self) -> Statistics:
        queries = self.queries + self.checker.queries
        result: Statistics = {
            "phases": self.clock.phases,
            "queries": queries,
            "fields": len(self.ground.layout.fields),
            "instances": len(self.ground.instances),
            "nodes": len(self.ground.circuit),
            "engines": self.engines,
            "lemmas": self.verdicts.served,
            "exhaustive": self.verdicts.exhaustive,
        }
        if self.verdicts.warnings:
            result["warnings"] = self.verdicts.warnings
        if self.request.show_cti:
            result["cti"] = self.ctis
        return result

    def _initial(self) -> str | None:
        """Initial states must exist: a model without any would prove everything. Why that is not known, if it is not."""
        begun = starts(self.encoding, self.open)
        for name, outcome in begun.items():
            if isinstance(outcome, Violated):
                self._violated(name, outcome)
        outside = self.ground.starts.outside
        if outside:
            if not begun:
                raise self.model.no_initial_state()
            reason = f"an initial value is out of range: {', '.join(sorted(outside))}"
            for name in list(self.open):
                self.verdicts.open(self.open.pop(name).monitor.property, 0, reason, bounded=True)
            return None
        root = Unrolling(self.encoding, rooted=True)
        answer = root.check()
        if answer is Answer.UNKNOWN:
            return f"the solver gave up on whether there is an initial state: {root.reason}"
        if answer is Answer.UNSAT:
            if DEFINED not in begun:
                raise self.model.no_initial_state()
            for name in list(self.open):
                found = self.open.pop(name).monitor.property
                self.verdicts.open(found, -1, self.ground.starts.nothing, bounded=False)
            return None
        self._start = self.encoding.codes(root.model, 0)
        return None

    def _vacuity(self) -> Vacuity:
        return Vacuity(
            self.ground,
            self.selected,
            self._start,
            VacuitySolver(self.encoding, lambda: self._lemmas),
            lambda: SEARCHED_STATES if self.verdicts.exhaustive is None else EXPLICIT_STATES,
        )

    def _warn_of_dead_actions(self) -> None:
        """Warns of actions that cannot fire in any well-typed state at this scope."""
        solver = Unrolling(self.encoding, rooted=False, steps=STEPS)
        circuit = self.ground.circuit
        for action in self.model.actions:
            enabled = circuit.or_(i.enabled for i in self.ground.instances if i.action is action)
            if solver.check(solver.literal(self.encoding.formula(enabled))) is Answer.UNSAT:
                self.verdicts.cannot_fire(action.name)
        self.queries += solver.queries

    def _trivial(self) -> None:
        for name, violations in list(self.open.items()):
            if violations.never and violations.monitor.property.kind != "range":
                self._proved(name, Proof(violations.monitor, "trivial", 0))

    def _inductive(self) -> None:
        request = self.request
        first = self._lock_step([])
        for name, outcome in first.base_case(self.open, 0).items():
            self._settle(name, outcome)
        if request.engine != "bmc" and request.k >= 1 and self.open:
            if request.lemmas:
                self._members = self._candidates_of_properties()
            # What is hard for a solver may be a matter of few states: the first attempt is limited, if there is another engine.
            first.step.limit(FIRST_STEPS if request.engine == "auto" else None)
            for name in first.induction_step(self.open, 1):
                self._settle(name, Closed("k-induction", 1))
            first.step.limit(None)
            if first.given_up and request.engine == "auto":
                self._probe()
            if request.lemmas and self.open:
                self._infer(Houdini(self.encoding, first.base, first.step))
        self.queries += first.queries
        if self.open:
            engine = self._lock_step(self._lemmas)
            engine.run(dict(self.open), request.k)
            self.queries += engine.queries

    def _candidates_of_properties(self) -> dict[str, Candidate]:
        """Open properties that a state decides; once proved by induction of depth 1 they are lemmas for the others."""
        return {
            name: Candidate(found.formula, violations.holds, self.encoding.formula(violations.holds))
            for name, violations in self.open.items()
            for found in [violations.monitor.property]
            if found.kind == "state" or (found.about is not None and not found.of_steps)
        }

    def _shared(self, name: str) -> bool:
        """Whether a property may serve the proofs of others: only if its text is known to have a value everywhere."""
        return name in self._members and not any(v.monitor.property.about == name for v in self.open.values())

    def _lock_step(self, lemmas: list[Candidate]) -> LockStep:
        return LockStep(
            self.encoding,
            invariants=[entry.formula for entry in lemmas],
            induction=self.request.engine != "bmc",
            report=self._progress,
            close=self._settle,
        )

    def _progress(self, engine: str, k: int) -> None:
        self._try(engine)
        self.report.progress(self._what(), engine, k)

    def _what(self) -> str:
        names = [self._name(violations) for violations in self.open.values()]
        return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

    @staticmethod
    def _name(violations: Violations) -> str:
        found = violations.monitor.property
        return found.short or found.name

    # -- lemmas ------------------------------------------------------------------------------------------------------

    def _infer(self, houdini: Houdini) -> None:
        """Infers lemmas until everything open is inductive with them; leaves the inductive set that was found."""
        families = candidates(self.model)
        if self.model.lemmas and self.request.hints:
            self._strengthen(houdini, [lemma.formula for lemma in self.model.lemmas], None)
        if self.open:
            self._strengthen(houdini, next(families), None)
        if self.open and self.request.engine == "auto":
            self._probe()
        if self.open:
            with self.clock.phase("sample"):
                seen = samples(self.ground)
            for family in families:
                self._strengthen(houdini, family, seen)
                if not self.open:
                    break

    def _strengthen(self, houdini: Houdini, terms: list[Term], seen: Batch | None) -> None:
        """Adds what is inductive of a family of candidates to the lemmas, and proves what has become inductive."""
        self._progress("lemma inference", 1)
        found = [candidate(self.encoding, term) for term in terms]
        if seen is not None:
            found = [entry for entry in found if bool(seen.value(entry.node).all())]
        self._lemmas = houdini.inductive([*self._lemmas, *houdini.initiated(found)])
        for name in list(self.open):
            self._close_with(houdini, name, self._lemmas)
        wanted = [self._members[name] for name in self.open if self._shared(name)]
        if len(wanted) > 1:
            joint = houdini.inductive([*wanted, *self._lemmas])
            alive = {id(entry) for entry in joint}
            for name in [name for name in self.open if id(self._members.get(name)) in alive]:
                self._close_with(houdini, name, joint)

    def _learn(self) -> None:
        """Adds to the lemmas what is proved by induction of depth 1, together with nothing but lemmas and each other."""
        known = {entry.node.index for entry in self._lemmas}
        new = {n: p for n, p in self._closed.items() if self._shared(n) and self._members[n].node.index not in known}
        while True:
            found = known | {self._members[name].node.index for name in new}
            kept = {n: p for n, p in new.items() if all(support.node.index in found for support in p.supports)}
            if len(kept) == len(new):
                break
            new = kept
        self._lemmas[:0] = [self._members[name] for name in new]

    def _close_with(self, houdini: Houdini, name: str, assumed: list[Candidate]) -> None:
        """Proves an open property that is inductive with the assumed candidates, from those that it needs."""
        violations = self.open[name]
        closure = houdini.closure(violations.at(1), self._members.get(name), assumed)
        if closure is not None:
            supports = tuple(self._support(entry, houdini) for entry in closure)
            self._proved(name, Proof(violations.monitor, "lemmas" if supports else "k-induction", 1, supports))

    def _support(self, entry: Candidate, houdini: Houdini | None = None) -> Support:
        known = houdini.supports.get(entry) if houdini else None
        needs = None if known is None else tuple(other.node for other in known)
        for name, member in self._members.items():
            if member is entry:
                return Support(self.model.find_property(name).short or name, entry.node, needs)
        return Support(text(entry.term, self.model.vocabulary, outer=False), entry.node, needs)

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def _try(self, engine: str) -> None:
        for violations in self.open.values():
            tried = self.engines.setdefault(self._name(violations), [])
            if engine not in tried:
                tried.append(engine)

    def _settle(self, name: str, outcome: Outcome) -> None:
        violations, lemmas = self.open[name], self._lemmas
        match outcome:
            case Closed(method=method, k=k):
                plain = Proof(violations.monitor, method, k)
                if lemmas and method == "k-induction" and self.checker.check(plain) is not None:
                    supports = tuple(self._support(entry) for entry in lemmas)
                    plain = Proof(violations.monitor, "lemmas", k, supports)
                self._proved(name, plain)
            case Violated():
                self._violated(name, outcome)
            case Open():
                if self.request.show_cti and self.request.engine != "bmc":
                    self._show_cti(violations, lemmas)
                if self.request.engine in ("bmc", "kinduction") or outcome.reason:
                    self._unproved(violations.monitor.property, outcome)
                else:
                    self._bounds[name] = outcome.k

    def _show_cti(self, violations: Violations, lemmas: list[Candidate]) -> None:
        from verifier.proof.strategy.cti import counterexample_to_induction

        try:
            entry = counterexample_to_induction(self.encoding, violations, lemmas, self.verdicts.replayer)
        except Unanswered as error:
            self.verdicts.warnings.append(str(error))
        else:
            self.ctis += [entry] if entry else []

    def _proved(self, name: str, proof: Proof) -> None:
        """Takes a proof of an open property and re-checks it."""
        found = proof.monitor.property
        with self.clock.phase("re-check"):
            failure = self.checker.check(proof)
        if failure is not None:
            if failure.answer is Answer.SAT:
                raise InternalError(f"the proof of {name} does not re-check: {failure.obligation}: {failure.reason}")
            self._unproved(found, Open(proof.k - 1, f"the re-check gave up on {failure.obligation}: {failure.reason}"))
            return
        del self.open[name]
        if proof.k == 1 and name in self._members:
            self._closed[name] = proof
        self._learn()
        self.verdicts.proved(proof)

    def _violated(self, name: str, outcome: Violated) -> None:
        self.verdicts.violated(self.open.pop(name).monitor.property, outcome)

    def _look_behind(self) -> None:
        """Where a range is left, looks for violations behind such steps of what is proved of all other states."""
        resting = list(self.verdicts.resting.values())
        if self.verdicts.left and resting:
            from verifier.proof.strategy.behind import violated_behind

            with self.clock.phase("search"):
                request = self.request
                found = violated_behind(self.encoding, resting, request.engine, request.k, self.report)
            for proof in resting:
                if proof.monitor.property.name in found:
                    self.verdicts.violated(proof.monitor.property, found[proof.monitor.property.name])
        self.verdicts.settle_resting()

    def _unproved(self, found: Property, outcome: Open) -> None:
        self.open.pop(found.name, None)
        k = max(outcome.k, self._bounds.get(found.name, -1))
        bounded = outcome.reason is None or found.name in self._bounds
        self.verdicts.open(found, k, outcome.reason, bounded=bounded)

    # -- explicit search ---------------------------------------------------------------------------------------------

    def _probe(self) -> None:
        """Decides what a short search decides, the first time it is asked."""
        if not self._probed:
            self._probed = True
            self._explicit(PROBE_STATES)

    def _explicit(self, limit: int | None) -> None:
        """Decides what is open by searching all states, if there are no more than `limit`.

        The first search of two only settles what it can; the last one gives up on what it cannot.
        """
        self._try("explicit search")
        with self.clock.phase("search"):
            wanted = [violations.monitor.property for violations in self.open.values()]
            outcome = decide(self.ground, wanted, limit, self.report)
        if outcome.complete:
            self.verdicts.exhaustive = {"states": outcome.distinct, "digest": outcome.reached.digest()}
        for name, violations in list(self.open.items()):
            found = violations.monitor.property
            if name in outcome.violations:
                self._violated(name, Violated(*outcome.violations[name]))
            elif outcome.complete:
                del self.open[name]
                self.verdicts.proved(Proof(violations.monitor, "exhaustive", outcome.depths[name]))
            elif limit != PROBE_STATES:
                reason = f"explicit search stopped at {outcome.distinct:,} states"
                self._unproved(found, Open(outcome.depths[name], reason))


__all__ = ["InternalError", "prove_published"]
