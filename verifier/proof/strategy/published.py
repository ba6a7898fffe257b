"""A run at published scope: the stages of `stages`, one ledger, and the remarks beside the verdicts.

Each law is decided in a model of its own, by stages of its own and with a ledger of its own, and so are the states to be reached,
by the same stages as invariants; all is in one report.

Explicit search alone asks no solver, neither for verdicts nor for remarks on them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from verifier.kernel.properties import DEFINED, Property
from verifier.proof.engines.engine import Decided
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import EXPLICIT_STATES, never_enabled, some_initial_state
from verifier.proof.strategy.begun import Begun, begin
from verifier.proof.strategy.entries import Document, together
from verifier.proof.strategy.every_size import EverySize
from verifier.proof.strategy.ledger import Ledger
from verifier.proof.strategy.published_judge import PublishedJudge
from verifier.proof.strategy.release import STOPPED, Standing
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.stages import SEARCHED, SEARCHED_LAW, Stage, run
from verifier.proof.strategy.vacuity import SEARCHED_STATES, Vacuity, idle
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground

if TYPE_CHECKING:
    from verifier.proof.strategy.vacuity_solver import VacuitySolver
    from verifier.wire.events import Emit
    from verifier.wire.induction import InductionCounterexample
    from verifier.wire.results import ResultDocument, Statistics, VacuityEntry


def prove_published(request: ProveRequest, emit: Emit) -> ResultDocument:
    """Decides the properties at the published scope; see `verifier.proof.strategy.prove`."""
    kind = _Searched if request.engine == "explicit" else _Solved
    begun = begin(request, emit, kind.tool)
    runs: list[_Finite] = []

    def document() -> ResultDocument:
        return begun.report.document(together([one.statistics() for one in runs]))

    for part in begun.parts():
        runs.append(kind(part))
        if request.fail_fast and any(one.ledger.violated for one in runs):
            runs[-1].ledger.give_up_all(STOPPED)
        runs[-1].decide(document)
    for one in runs:
        one.ledger.certify(document)
    if not (request.blame and any(one.ledger.proofs for one in runs)):
        return document()
    begun.report.emit({"event": "document", "document": document()})
    with begun.report.clock.phase("blame"):
        for one in runs:
            if one.model.law is None:
                one.blame()
    return document()


class _Finite:
    """One call, or the part of it that is about one law: its task and its ledger."""

    tool = "z3"

    def __init__(self, begun: Begun) -> None:
        self.request = request = begun.request
        self.model = begun.model
        self.report = begun.report
        self.clock = begun.report.clock
        self.selected = begun.selected
        with self.clock.phase("encode"):
            self.ground = Ground(begun.scope)
        self.judge = PublishedJudge(self.ground, self.report.head, request.thorough)
        self.ledger = Ledger(self.judge, self.selected, self.report, request)
        self.judge.watched = self.ledger.watched
        self.stopped: list[str] = []
        learning = request.lemmas and request.engine != "bmc"
        self.task = self.judge.task = FiniteTask(
            self.ground,
            self.ledger.open,
            self.ledger.asked,
            learning=learning,
            hints=request.hints,
            closed=self.ledger.accepted,
        )

    def decide(self, document: Document) -> None:
        """Runs the stages, and reports what they decide. `document` gives the known facts about the call."""
        with self.clock.phase("solve"):
            self.begin()
            with self.clock.phase("vacuity"):
                vacuity = Vacuity(self.ground, self.selected, self.task.start, self.vacuity_solver(), self._searched)
                self.report.vacuity, self.report.remark = partial(self._vacuous, vacuity), vacuity.remark
                solver = self.vacuity_solver()
                if self.model.law is not None and solver is not None:
                    self.report.remark = partial(idle, self.ground, solver)
            self.before()
            run(self.stages(), self.task, self.ledger, self.request, self.task.statistics)
            self._decide_liveness()
        self.after()
        if self.request.fail_fast and self.ledger.violated:
            self.ledger.give_up_all(STOPPED)
        for name in [*self.ledger.open, *self.ledger.live]:
            self.ledger.give_up(name)
        self._look_behind()
        if self.model.law is None and not self.model.seeking:
            self.conclude(document)

    def _vacuous(self, vacuity: Vacuity, prop: Property) -> VacuityEntry | None:
        """Why a proved property is vacuous, if it is."""
        if prop.kind != "liveness":
            return vacuity.of(prop)
        from verifier.proof.strategy.wanting import idle_progress

        return idle_progress(self.ground, prop, self.ledger.accepted[prop.name].search)

    def _decide_liveness(self) -> None:
        """Runs the stages of liveness, if any such property is wanted."""
        asked = list(self.ledger.live.values())
        if asked:
            task = self.task.beside(self.ledger.live)
            run(self.live_stages(), task, self.ledger, self.request, self.task.statistics)
            if self.request.explain:
                from verifier.proof.strategy.wanting import stopped_by_budgets

                self.stopped = stopped_by_budgets(self.ground, asked)

    def stages(self) -> list[Stage[FiniteTask]]:
        """The stages of this kind of run."""
        raise NotImplementedError

    def live_stages(self) -> list[Stage[FiniteTask]]:
        """Those of liveness."""
        raise NotImplementedError

    def begin(self) -> None:
        """Finds an initial state, or says why there is none: a model without any would prove everything."""
        raise NotImplementedError

    def before(self) -> None:
        """Questions about the model before any engine runs."""

    def after(self) -> None:
        """Questions once the engines have ended."""

    def conclude(self, document: Document) -> None:
        """Reports the known facts about lemmas and invariants, and what to do next."""

    def blame(self) -> None:
        """Adds to the reported proofs the parts that they used."""

    def vacuity_solver(self) -> VacuitySolver | None:
        """The solver for questions of vacuity that walks do not answer, if there is one."""
        return None

    def statistics(self) -> Statistics:
        """The statistics of the run."""
        result: Statistics = {
            "phases": self.clock.phases,
            "queries": self.task.statistics.queries,
            "fields": len(self.ground.layout.fields),
            "instances": len(self.ground.instances),
            "nodes": len(self.ground.circuit),
            "engines": self.task.statistics.engines,
            "lemmas": self.ledger.served,
            "exhaustive": self.judge.exhaustive,
        }
        if self.stopped:
            result["stopped"] = self.stopped
        if self.request.found:
            result["hints"] = self.ledger.hints()
        if self.ledger.warnings:
            result["warnings"] = self.ledger.warnings
        return result

    def _searched(self) -> int:
        return SEARCHED_STATES if self.judge.exhaustive is None else EXPLICIT_STATES

    def _look_behind(self) -> None:
        """Where a range is left, searches for violations, after such steps, of properties proved for all other states."""
        if self.ledger.left and self.ledger.resting:
            from verifier.proof.strategy.behind import violated_behind

            with self.clock.phase("search"):
                for said in violated_behind(self.task, self.ledger, self.request):
                    self.ledger.take_behind(said)
        self.ledger.settle_resting()

    def outside(self) -> Standing:
        """The standing of properties where no initial state can be stored."""
        names = ", ".join(sorted(self.ground.starts.outside))
        return Standing("bounded", 0, f"an initial value is out of range: {names}")

    def cannot_fire(self, action: str) -> None:
        """Warns of an action that cannot fire, with the model's own reason if there is one."""
        declared = self.model.protocol.dead.get(action)
        self.ledger.warnings.append(f"{action} cannot fire at this scope" + (f": {declared}" if declared else ""))


class _Solved(_Finite):
    """A run whose engines ask a solver."""

    def __init__(self, begun: Begun) -> None:
        super().__init__(begun)
        self.ctis: list[InductionCounterexample] = []
        with self.clock.phase("encode"):
            self.task.encode()

    def stages(self) -> list[Stage[FiniteTask]]:
        """All of them."""
        from verifier.proof.strategy.published_stages import LAW, PUBLISHED

        return PUBLISHED if self.model.law is None else LAW

    def live_stages(self) -> list[Stage[FiniteTask]]:
        """All of them."""
        from verifier.proof.strategy.live_stages import LIVENESS

        return LIVENESS

    def begin(self) -> None:
        """Asks for an initial state; examines the candidates, which only initial values and predicates can make wrong."""
        from verifier.proof.engines.induction import starts
        from verifier.proof.engines.unrolling import Unrolling

        never = self.ground.circuit.false
        waiting = {
            name: self.task.violations(result)
            for name, result in self.ledger.open.items()
            if self.ground.starts.violation(result) is not never
        }
        begun = starts(self.task.encoding, waiting)
        for name, outcome in begun.items():
            self.ledger.take(Decided(name, outcome))
        if self.ground.starts.outside:
            if not begun:
                raise self.model.no_initial_state()
            self.ledger.give_up_all(self.outside())
            return
        root = Unrolling(self.task.encoding, rooted=True)
        match root.check():
            case Answer.SAT:
                self.task.start = self.task.encoding.codes(root.model, 0)
            case Answer.UNSAT:
                if DEFINED not in begun:
                    raise self.model.no_initial_state()
                self.ledger.give_up_all(Standing("unknown", None, self.ground.starts.nothing))
            case Answer.UNKNOWN:
                reason = f"the solver gave up on whether there is an initial state: {root.reason}"
                self.ledger.give_up_all(Standing("unknown", None, reason))

    def before(self) -> None:
        """Warns of actions that cannot fire in any well-typed state at this scope."""
        from verifier.proof.engines.unrolling import Unrolling
        from verifier.proof.strategy.vacuity_solver import STEPS

        encoding, circuit = self.task.encoding, self.ground.circuit
        solver = Unrolling(encoding, rooted=False, steps=STEPS)
        for action in self.model.actions:
            enabled = circuit.or_(i.enabled for i in self.ground.instances if i.action is action)
            if solver.check(solver.literal(encoding.formula(enabled))) is Answer.UNSAT:
                self.cannot_fire(action.name)
        self.task.statistics.queries += solver.queries

    def vacuity_solver(self) -> VacuitySolver | None:
        """The solver, within a budget."""
        from verifier.proof.strategy.vacuity_solver import VacuitySolver

        return VacuitySolver(self.task.encoding, lambda: self.task.lemmas)

    def statistics(self) -> Statistics:
        """The statistics of the run, and the counterexamples to induction that were asked for."""
        result = super().statistics()
        result["queries"] += self.judge.checker.queries
        if self.request.show_cti:
            result["cti"] = self.ctis
        if self.request.explain:
            from verifier.proof.strategy.workbench.obligations import checked

            result["obligations"] = checked(self.judge.checker)
        return result

    def conclude(self, document: Document) -> None:
        """Asks a solver about the lemmas and invariants that the run has left open."""
        from verifier.proof.strategy.workbench.published import PublishedConclusion

        conclusion = PublishedConclusion(self.report, self.request, self.task)
        conclusion.draw(document)
        self.ledger.warnings += conclusion.warnings
        self.ctis = conclusion.ctis

    def blame(self) -> None:
        """Adds to the reported proofs by induction the parts that they used."""
        from verifier.proof.strategy.blame import Blame

        blame = Blame(self.ground.scope)
        for name, proof in self.ledger.proofs.items():
            if isinstance(proof, EverySize):
                self.report.blame(name, proof.run.blame(name, self.model))
                continue
            result = self.model.find_property(name)
            if result.kind == "liveness":
                continue
            self.report.progress(result.short or name, "blame", proof.k)
            self.report.blame(name, blame.of(proof))
        self.task.statistics.queries += blame.queries


class _Searched(_Finite):
    """A run that searches all states, and asks no solver."""

    tool = "numpy"

    def stages(self) -> list[Stage[FiniteTask]]:
        """Those that ask no solver."""
        return SEARCHED if self.model.law is None else SEARCHED_LAW

    def live_stages(self) -> list[Stage[FiniteTask]]:
        """Those that ask no solver."""
        from verifier.proof.strategy.live_stages import SEARCHED_LIVENESS

        return SEARCHED_LIVENESS

    def begin(self) -> None:
        """Finds an initial state, if that does not take too many tries; the search itself says where there is none."""
        self.task.start = some_initial_state(self.ground)

    def conclude(self, document: Document) -> None:
        """Says which lemmas a short search finds false, and what to do next."""
        from verifier.proof.strategy.workbench.searched import SearchedConclusion

        conclusion = SearchedConclusion(self.report, self.request, self.ground)
        conclusion.draw(document)
        self.ledger.warnings += conclusion.warnings

    def after(self) -> None:
        """Reports the properties that no search can decide, and warns of actions that no state enables."""
        explored = self.task.explored
        if self.ground.starts.outside:
            self.ledger.give_up_all(self.outside())
        elif explored is not None and not explored.generated and DEFINED not in self.ledger.open:
            self.ledger.give_up_all(Standing("unknown", None, self.ground.starts.nothing))
        if explored is not None and explored.complete:
            for action in never_enabled(self.ground, explored.reached):
                self.cannot_fire(action)
