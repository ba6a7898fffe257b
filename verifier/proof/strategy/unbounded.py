"""A run at unbounded scope: the stages of `stages`, one ledger, and the remarks beside the verdicts.

Induction with lemmas proves for any size; a violation of a finite instance is one of the unbounded model, and is replayed there.
Everything else is UNKNOWN, with what stopped it. Each law is decided in a model of its own, with a ledger of its own.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.laws import alone
from verifier.kernel.model import Model
from verifier.kernel.properties import DEFINED, Property
from verifier.kernel.reachable import seeking
from verifier.kernel.spelling import is_called
from verifier.proof.engines.engine import Decided, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import starts
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.lemmas.any_size import AnySizeTask
from verifier.proof.lemmas.refuting import instance_task
from verifier.proof.strategy.behind import violated_behind
from verifier.proof.strategy.entries import Clock, Document, Report, presented, select, together, versions
from verifier.proof.strategy.instances import Firing, check_actions_still_fire
from verifier.proof.strategy.ledger import Ledger
from verifier.proof.strategy.release import STOPPED, Standing
from verifier.proof.strategy.requests import ProveRequest, head
from verifier.proof.strategy.stages import run
from verifier.proof.strategy.unbounded_judge import UnboundedJudge, sized
from verifier.proof.strategy.unbounded_stages import RANKINGS, UNBOUNDED
from verifier.proof.strategy.vacuity import UnboundedVacuity, Vacuity
from verifier.proof.strategy.vacuity_solver import VacuitySolver
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.quantified import Quantified, smoke, undefined_start
from verifier.semantics.scope.boundless import NotStated, Unbounded
from verifier.semantics.scope.finite import finite_scope, parse_settings
from verifier.semantics.scope.fixed import fixed_values, with_fixed
from verifier.semantics.scope.unbounded import unbounded

if TYPE_CHECKING:
    from verifier.wire.events import Emit
    from verifier.wire.induction import InductionCounterexample
    from verifier.wire.parts import NotStatedEntry
    from verifier.wire.results import ResultDocument, ResultFacts, Statistics


def prove_unbounded(request: ProveRequest, emit: Emit) -> ResultDocument:
    """Decides the properties for any number of everything; see `verifier.proof.strategy.prove`."""
    request.validate()
    clock = Clock()
    model = with_fixed(request.protocol.model(request.variant, request.drops), parse_settings(request.settings))
    wanted = select(model, request.properties, model.stated, liveness=request.liveness)
    laws = {prop.about or prop.name: None for prop in wanted if prop in model.laws}
    sought = {prop.name for prop in wanted if prop in model.reachable}
    models = [*([seeking(model)] if sought else []), *(alone(model, law) for law in laws)]
    if not models or any(prop not in model.laws and prop.name not in sought for prop in wanted):
        models.insert(0, model)
    chosen = {prop.name for prop in wanted}
    runs, missing = [], []
    for part in models:
        try:
            with clock.phase("encode"):
                scope = unbounded(part)
        except ModelError as error:
            if part.law is None:
                raise
            [law] = [prop for prop in part.properties if prop.kind == "law"]
            missing.append(NotStated(law.short or law.name, law.name, error.message))
        else:
            runs.append(_AnySize(request, part, scope, sought if part.seeking else chosen - sought, clock))
            missing += runs[-1].missing
    refuse_not_stated(request, missing)
    facts: ResultFacts = {
        "schema": "verify.result/1",
        **head(model),
        **presented(model),
        "label": request.label,
        "scope": "unbounded",
        "parameters": fixed_values(model),
        "k": request.k,
        "versions": versions("z3"),
    }
    report = Report(facts, [prop for one in runs for prop in one.selected], emit, clock, request)
    skipped: list[NotStatedEntry] = [
        {"name": entry.name, "published_name": entry.published_name, "reason": entry.reason}
        for entry in missing
        if entry.published_name in chosen
    ]
    begun: list[_AnySize] = []

    def document() -> ResultDocument:
        return report.document(together([one.statistics() for one in begun]), skipped)

    for one in runs:
        one.begin(report)
        begun.append(one)
        if request.fail_fast and any(one.ledger.violated for one in begun):
            one.ledger.give_up_all(STOPPED)
        one.decide(document)
    for one in runs:
        one.ledger.certify(document)
    if not request.blame:
        return document()
    report.emit({"event": "document", "document": document()})
    with clock.phase("blame"):
        for one in runs:
            if one.model.law is None:
                one.blame()
    return document()


def refuse_not_stated(request: ProveRequest, missing: list[NotStated]) -> None:
    """UsageError if a property was named that does not exist at this scope."""
    for name in request.properties:
        for entry in missing:
            names = (entry.name, entry.published_name)
            if is_called(name, *names, *(f"{DEFINED}@{one}" for one in names if one)):
                raise UsageError(f"{name} is not stated at unbounded scope: {entry.reason}")


START_STEPS = 50_000_000
"""The budget of the search for an initial state of the published instance, in z3's steps; a few seconds."""


class _AnySize:
    """One call, or the part of it that is about one law: its task and its ledger."""

    def __init__(
        self, request: ProveRequest, model: Model, scope: Unbounded, chosen: Container[str], clock: Clock
    ) -> None:
        self.request = request
        self.model = model
        self.clock = clock
        self.scope = scope
        with clock.phase("encode"):
            self.quantified = Quantified(self.scope)
            self.undefined = undefined_start(self.quantified)
            smoke(self.quantified, started=self.undefined is None)
            self.published = finite_scope(model)
        properties = (*self.scope.model.properties, *self.scope.model.liveness)
        stated = {result.name for result in properties}
        self.missing = [
            entry
            for entry in self.scope.not_stated
            if entry.published_name not in stated and (not model.seeking or entry.published_name in chosen)
        ]
        self.selected = [result for result in properties if result.name in chosen]
        self.ctis: list[InductionCounterexample] = []

    def begin(self, report: Report) -> None:
        """Opens the accounts of the properties, in the report of the call."""
        request, self.report = self.request, report
        self.judge = UnboundedJudge(self.quantified, self.published, report.head, request.thorough)
        self.ledger = Ledger(self.judge, self.selected, report, request)
        with self.clock.phase("encode"):
            ground = Instance(self.published, self.quantified)
            self.instance = FiniteTask(ground, {}, dict, learning=False)
            self.instance.encode()
        self.task = self.judge.task = AnySizeTask(
            self.quantified,
            self.instance,
            self.ledger.open,
            self.ledger.asked,
            lemmas=request.lemmas,
            hints=request.hints,
        )

    def decide(self, document: Document) -> None:
        """Runs the stages, and reports what they decide. `document` gives the known facts about the call."""
        starts = self.instance.ground.starts
        self._check_starts()
        if self.undefined is None and not (starts.undefined_values or starts.outside):
            with self.clock.phase("instance"):
                self._check_actions()
        if self.model.law is None:
            with self.clock.phase("vacuity"):
                self._find_vacuous()
        with self.clock.phase("solve"):
            if self._starts_well():
                run(UNBOUNDED, self.task, self.ledger, self.request, self.task.statistics)
                run(RANKINGS, self.task.beside(self.ledger.live), self.ledger, self.request, self.task.statistics)
        if self.request.fail_fast and self.ledger.violated:
            self.ledger.give_up_all(STOPPED)
        for name in [*self.ledger.open, *self.ledger.live]:
            self.ledger.give_up(name)
        self._look_behind()
        if self.model.law is None and not self.model.seeking:
            self._conclude(document)

    # -- before the stages -------------------------------------------------------------------------------------------

    def _check_starts(self) -> None:
        """ModelError if the published instance has no initial state, although there is nothing wrong with the candidates."""
        starts = self.instance.ground.starts
        if self.undefined is not None or starts.undefined_values or starts.outside:
            return
        encoding = self.instance.encoding
        root = Unrolling(encoding, rooted=True, steps=START_STEPS)
        if root.check() is Answer.UNSAT:
            begins = Unrolling(encoding, rooted=False, candidates=True)
            if begins.check(begins.literal(encoding.formula(starts.begins))) is Answer.UNSAT:
                raise self.model.no_initial_state()

    def _check_actions(self) -> None:
        firing = Firing(self.instance)
        check_actions_still_fire(self.quantified, {*firing.unfired, *firing.unseen, *firing.dead})
        declared = self.model.protocol.dead
        self.ledger.warnings += [f"{name} cannot fire: {declared[name]}" for name in firing.dead]
        sizes = sized(self.instance.ground.scope.parameters)
        self.ledger.warnings += [f"no run was found at {sizes} in which {name} fires" for name in firing.unseen]

    def _find_vacuous(self) -> None:
        """Lets the report say which properties are vacuous."""
        ground, encoding = self.instance.ground, self.instance.encoding
        root = Unrolling(encoding, rooted=True)
        start = encoding.codes(root.model, 0) if root.check() is Answer.SAT else None
        chosen = {result.name for result in self.selected}
        published = [result for result in ground.scope.model.properties if result.name in chosen]
        finite = Vacuity(ground, published, start, VacuitySolver(encoding), sizes=False)
        self.report.remark = self._remark
        self.report.vacuity = UnboundedVacuity(finite, published, self.quantified, self.task.induction.invariants).of

    def _remark(self, prop: Property) -> str | None:
        """The limits of a proof of progress: a bound may keep fair actions from happening."""
        if prop.kind != "liveness" or not self.scope.bounds:
            return None
        return f"without {' and '.join(self.scope.bounds)}: it says nothing about a model that they bound"

    def _starts_well(self) -> bool:
        """Whether initial values and predicates are all right; where they are not, everything fails."""
        finite = instance_task(self.task)
        watched = {name: finite.violations(prop) for name, prop in finite.asked().items()}
        violated = []
        for name, outcome in starts(finite.encoding, watched).items():
            if isinstance(outcome, Violated):
                self.ledger.take(Decided(name, Violated(outcome.path, finite.ground)))
                violated.append(watched[name].monitor.property)
        if self.undefined is None and not violated:
            return True
        ranges = [prop.name for prop in violated if prop.kind == "range"]
        reason = f"{', '.join(ranges)} is violated in 0 steps" if ranges else self.undefined
        self.ledger.give_up_all(Standing("unknown", None, str(reason)))
        return False

    # -- after them --------------------------------------------------------------------------------------------------

    def _look_behind(self) -> None:
        """Where a range is left, searches for violations, after such steps, of properties proved for all other states."""
        if self.ledger.left and self.ledger.resting:
            with self.clock.phase("refute"):
                finite = instance_task(self.task)
                for said in violated_behind(finite, self.ledger, self.request):
                    self.ledger.take_behind(said)
        self.ledger.settle_resting()

    def _conclude(self, document: Document) -> None:
        """Reports the known facts about lemmas and invariants, and what to do next."""
        from verifier.proof.strategy.workbench.any_size import UnboundedConclusion

        conclusion = UnboundedConclusion(self.report, self.request, self.task)
        conclusion.draw(document)
        self.ledger.warnings += conclusion.warnings
        self.ctis = conclusion.ctis

    def blame(self) -> None:
        """Adds to the reported proofs by induction the parts that they used; the model still has its search bounds."""
        from verifier.proof.strategy.blame_unbounded import UnboundedBlame

        induction = self.task.induction
        blame = UnboundedBlame(self.model, induction.invariants)
        for name, proof in self.ledger.proofs.items():
            entry = self.report.entries[name]
            if proof.method not in ("trivial", "ranking"):
                self.report.progress(entry["name"], "blame", 1)
                self.report.blame(name, blame.of(induction.formulas[name], proof.support, proof.steps))

    def statistics(self) -> Statistics:
        """The statistics of the run."""
        result: Statistics = {
            "phases": self.clock.phases,
            "queries": self.task.induction.invariants.queries,
            "lemmas": self.ledger.served,
            "dropped": list(self.scope.dropped),
        }
        if self.request.show_cti:
            result["cti"] = self.ctis
        if self.request.explain:
            from verifier.proof.strategy.workbench.obligations import answered

            result["obligations"] = answered(self.task)
        if self.request.found:
            result["hints"] = self.ledger.hints()
        if self.ledger.warnings:
            result["warnings"] = self.ledger.warnings
        return result
