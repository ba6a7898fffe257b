"""The ledger: the one place where a property becomes proved, violated or open.

Every outcome of an engine passes through it. A proof is re-checked, waits until everything that it needs is proved (see
`release`), is tried by the net, and only then reported. A violation is replayed first. A property that is neither proved nor
violated is noted, and stays open for later engines. For anything that depends on the scope, the ledger asks a `Judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.term_text import text
from verifier.kernel.terms import Term, alike
from verifier.proof.engines.engine import Decided, Evidence, Open, Proved, Violated
from verifier.proof.strategy.entries import Document, Report
from verifier.proof.strategy.errors import Inconsistency, Unanswered
from verifier.proof.strategy.release import PROVED, Release, Standing
from verifier.proof.strategy.requests import ProveRequest
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Failure

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateDocument
    from verifier.wire.results import VerdictFacts


@dataclass(frozen=True, slots=True)
class Replayed:
    """A violation that the concrete semantics has re-executed: its steps, and the facts about it in a document."""

    steps: int
    facts: VerdictFacts


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A run that violates a proved property: which run, for people, and its trace."""

    run: str
    trace: Mapping[str, Any]


class Judge(Protocol):
    """The questions of the ledger that depend on the scope."""

    model: Model

    def needs(self, prop: Property) -> list[Property]:
        """The properties that must be proved before a property is."""

    def how(self, evidence: Any) -> str:
        """How something is proved, for people: by which method, or for any size."""

    def recheck(self, prop: Property, evidence: Any) -> Failure | None:
        """The first obligation of a proof that is not discharged in fresh solvers; None if all are."""

    def contradicted(self, prop: Property) -> Contradiction | None:
        """A run that violates a property which is about to be called proved; None if none is met."""

    def certificate(self, prop: Property, evidence: Any, rests_on: list[str]) -> CertificateDocument:
        """The certificate of a proof. Raises Unanswered where a solver gives up on a witness."""

    def beside(self, evidence: Any) -> list[CertificateDocument]:
        """The certificates of everything that a proof needs at another scope than that of the run."""

    def reason(self, evidence: Any) -> str | None:
        """The remark beside PROVED, if there is one."""

    def replayed(self, prop: Property, violated: Violated) -> Replayed:
        """A violation, re-executed. Raises Inconsistency where it does not replay."""

    def rests_on_ranges(self, prop: Property, evidence: Any) -> bool:
        """Whether a proof says nothing about states after a step that leaves a range."""

    def verdict(self, standing: Standing) -> Standing:
        """The reported standing of a property whose account is closed: beyond one size a number of steps says nothing."""

    def standing(self, notes: Sequence[Open]) -> Standing:
        """The standing of a property that no engine decided, from the notes of all of them."""


class Ledger:
    """The account of each property that is watched: those selected, all that they need, and what may help to prove them.

    `open` are the safety properties without a verdict, `live` the liveness properties; `accepted` the evidence of those that are
    proved by themselves. `proofs` are the evidence of properties reported as PROVED; `served` says which properties each lemma
    served; `found` are the formulas that the proofs needed, if they are wanted; `warnings` are for people.
    """

    def __init__(self, judge: Judge, selected: Sequence[Property], report: Report, request: ProveRequest) -> None:
        self.judge = judge
        self.report = report
        self.warnings: list[str] = []
        self.served: dict[str, list[str]] = {}
        self.found: list[Term] = []
        self._unstated: list[str] = []
        self.proofs: dict[str, Any] = {}
        self.accepted: dict[str, Any] = {}
        self.failed: set[str] = set()
        """The properties that some engine has reported as neither proved nor violated."""
        properties = judge.model.properties
        live = [result for result in selected if result.kind == "liveness"]
        needs = {result.name: judge.needs(result) for result in (*properties, *live)}
        self._request = request
        self._selected = {result.name for result in selected}
        companions = {other.name for result in selected for other in needs[result.name]} - self._selected
        chosen = [result for result in selected if result.kind != "liveness"]
        self.watched = [*chosen, *(result for result in properties if result.name in companions)]
        self._wanted = self._selected | companions
        self.open = {result.name: result for result in self._ordered()}
        self.live = {result.name: result for result in live}
        self._notes: dict[str, list[Open]] = {name: [] for name in (*self.open, *self.live)}
        self._release = Release(needs)
        self._held: dict[str, Any] = {}
        self._reported: list[tuple[Property, Any]] = []
        self._ranges = {result.name: frozenset(n.name for n in needs[result.name] if n.kind == "range") for result in properties}
        self.violated = False
        """Whether a property is."""
        self.left = False
        """Whether a range is violated."""
        self.resting: dict[str, tuple[Property, Any]] = {}
        """Proofs that are not settled as long as a range that they need may be left: the property may be violated after such a
        step.
        """

    def _ordered(self) -> list[Property]:
        """All properties, those that are wanted first; a selection does not change the contribution of the others."""
        return [*self.watched, *(result for result in self.judge.model.properties if result.name not in self._wanted)]

    def asked(self) -> dict[str, Property]:
        """The open properties whose verdicts are wanted: those selected, those that these wait for, those that may be listed
        beside them.
        """
        return {
            name: result
            for name, result in self.open.items()
            if name in self._selected or (name in self._wanted and (result.kind == "defined" or self._waited_for(result)))
        }

    def _waited_for(self, prop: Property) -> bool:
        """Whether the verdict on a selected property may depend on another: not if it is violated, as a trace assumes nothing."""
        return prop.name in self._release.waited(self._selected)

    def _close(self, name: str) -> Property:
        """Takes a property from those that are open."""
        return self.live.pop(name) if name in self.live else self.open.pop(name)

    # -- outcomes ----------------------------------------------------------------------------------------------------

    def take(self, said: Decided) -> None:
        """Takes in an engine's outcome for a property; it is ignored if the property already has its verdict."""
        prop = self.open.get(said.name) or self.live.get(said.name)
        if prop is None:
            return
        match said.outcome:
            case Proved(evidence):
                self._take_proof(prop, evidence)
            case Violated():
                self._take_violation(prop, said.outcome)
            case Open():
                self.failed.add(prop.name)
                self._notes[prop.name].append(said.outcome)

    def _take_proof(self, prop: Property, evidence: Evidence) -> None:
        with self.report.clock.phase("re-check"):
            failure = self.judge.recheck(prop, evidence)
        if failure is not None:
            if failure.answer is Answer.SAT:
                message = f"the proof of {prop.name} does not re-check: {failure.obligation}: {failure.reason}"
                raise Inconsistency(message)
            reason = f"the re-check gave up on {failure.obligation}: {failure.reason}"
            self._notes[prop.name].append(Open(evidence.k - 1, reason))
            self.give_up(prop.name)
            return
        self._close(prop.name)
        self.accepted[prop.name] = evidence
        if prop.kind == "liveness":
            self._hold(prop, evidence)
            return
        if prop.name not in self._wanted:
            return
        if self.judge.rests_on_ranges(prop, evidence) and not self._within(prop):
            self.resting[prop.name] = prop, evidence
        else:
            self._hold(prop, evidence)
        if prop.kind == "range":
            for name, (waiting, held) in list(self.resting.items()):
                if self._within(waiting):
                    del self.resting[name]
                    self._hold(waiting, held)

    def _within(self, prop: Property) -> bool:
        """Whether every range that a property needs is proved."""
        return self.accepted.keys() >= self._ranges[prop.name]

    def settle_resting(self) -> None:
        """Settles the proofs that were held back: the violations after steps that leave a range are known."""
        resting, self.resting = self.resting, {}
        for prop, evidence in resting.values():
            self._hold(prop, evidence)

    def _hold(self, prop: Property, evidence: Evidence) -> None:
        self._held[prop.name] = evidence
        self._settle(prop, PROVED)

    def _take_violation(self, prop: Property, violated: Violated) -> None:
        if prop.name not in self._wanted:
            del self.open[prop.name]
            return
        with self.report.clock.phase("replay"):
            replayed = self.judge.replayed(prop, violated)
        self._close(prop.name)
        self._violated(prop, replayed)

    def _violated(self, prop: Property, replayed: Replayed) -> None:
        self.violated = self.violated or prop.goal is None
        self.left = self.left or prop.kind == "range"
        facts: VerdictFacts = {**replayed.facts, "steps": replayed.steps}
        if self.judge.model.law is not None:
            facts["values"] = facts["trace"]
        self.report.finish(prop, "violated", **facts)
        self._settle(prop, Standing("violated", replayed.steps))

    def take_behind(self, said: Decided) -> None:
        """Takes in a violation, after a step that leaves a range, of a property proved for all states within their ranges."""
        if isinstance(said.outcome, Violated) and said.name in self.resting:
            prop, _ = self.resting.pop(said.name)
            with self.report.clock.phase("replay"):
                replayed = self.judge.replayed(prop, said.outcome)
            self._violated(prop, replayed)

    def give_up(self, name: str) -> None:
        """Closes the account of a property that is neither proved nor violated, with the notes of the engines."""
        prop = self._close(name)
        if name in self._wanted:
            self._settle(prop, self.judge.standing(self._notes[name]))

    def give_up_all(self, standing: Standing) -> None:
        """Closes all accounts that are open, for one reason."""
        for name in [*self.open, *self.live]:
            prop = self._close(name)
            if name in self._wanted:
                self._settle(prop, standing)

    # -- reports -----------------------------------------------------------------------------------------------------

    def _settle(self, prop: Property, standing: Standing) -> None:
        for ready, settled in self._release.settle(prop, standing):
            verdict = self.judge.verdict(settled)
            if verdict.verdict == "proved":
                self._report_proof(ready, self._held.pop(ready.name))
            elif verdict.verdict != "violated" and (
                ready.name in self._selected or (ready.kind == "defined" and self._waited_for(ready))
            ):
                self.report.finish(ready, verdict.verdict, k=verdict.depth, reason=verdict.reason)

    def _report_proof(self, prop: Property, evidence: Evidence) -> None:
        self._try(prop, evidence)
        lemmas = evidence.lemmas
        for lemma in lemmas:
            self.served.setdefault(lemma, []).append(prop.short or prop.name)
        if self._request.found:
            self.found += [term for term in evidence.formulas if term not in self.found]
            self._unstated += [lemma for lemma in evidence.unstated if lemma not in self._unstated]
        self._reported.append((prop, evidence))
        if prop.name in self._selected:
            self.proofs[prop.name] = evidence
            self.violated = self.violated or prop.goal is not None
            left_out, reason = evidence.left_out or None, self.judge.reason(evidence)
            how = evidence.method, evidence.k
            self.report.finish(prop, "proved", method=how[0], k=how[1], lemmas=lemmas, left_out=left_out, reason=reason)

    def hints(self) -> list[str]:
        """The formulas that the proofs needed and nobody has stated, as Python; as comments, where that has no form for them."""
        from verifier.kernel.source_text import source

        model = self.judge.model
        written = model.lemmas if self._request.hints else ()
        stated = [*(lemma.formula for lemma in written), *(prop.formula for prop in model.properties)]
        new = (term for term in self.found if not any(alike(term, other) for other in stated))
        python = [source(term, model) or f"# {text(term, model.vocabulary, outer=False)}" for term in new]
        return [*python, *(f"# {lemma}" for lemma in self._unstated)]

    def _try(self, prop: Property, evidence: Evidence) -> None:
        """Raises Inconsistency, with the evidence on both sides, if a run of the model violates a proved property."""
        with self.report.clock.phase("net"):
            caught = self.judge.contradicted(prop)
        if caught is not None:
            message = f"the proof of {prop.name} {self.judge.how(evidence)} is contradicted by {caught.run}"
            sides: dict[str, Mapping[str, Any]] = {}
            with suppress(Inconsistency, Unanswered):
                # A solver cannot prove a wrong statement either.
                sides["the proof"] = self._document(prop, evidence)
            raise Inconsistency(message, {**sides, "the run": caught.trace})

    # -- certificates ------------------------------------------------------------------------------------------------

    def _document(self, prop: Property, evidence: Evidence) -> CertificateDocument:
        return self.judge.certificate(prop, evidence, [other.name for other in self.judge.needs(prop)])

    def certify(self, document: Document) -> None:
        """Writes the certificates of properties reported as proved, and of their companions: others rest on them."""
        if self._request.certificates is not None:
            wanted = [(result, partial(self._written, result, evidence)) for result, evidence in self._reported]
            self.report.certify(wanted, document)

    def _written(self, prop: Property, evidence: Evidence) -> str | None:
        try:
            for document in self.judge.beside(evidence):
                self._request.write(document)
            return self._request.write(self._document(prop, evidence))
        except Unanswered as error:
            self.warnings.append(f"no certificate for {prop.short or prop.name}: {error}")
            return None


def named(properties: Iterable[Property]) -> str:
    """Some properties, for people: the first three, and how many more there are."""
    names = [prop.short or prop.name for prop in properties]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
