"""The ledger: the one place where a property becomes proved, violated or open.

Whatever an engine says passes through it. A proof is re-checked, waits until everything that it needs is proved (see `release`),
is tried by the net, and only then reported. A violation is replayed first. What neither proves nor violates is noted, and stays
open for the engines to come. What depends on the scope, the ledger asks a `Judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Decided, Evidence, Open, Proved, Violated
from verifier.proof.strategy.entries import Document, Report
from verifier.proof.strategy.errors import Inconsistency, Unanswered
from verifier.proof.strategy.release import PROVED, Release, Standing
from verifier.proof.strategy.requests import ProveRequest
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Failure

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateDocument
    from verifier.wire.documents import VerdictFacts


@dataclass(frozen=True, slots=True)
class Replayed:
    """A violation that the concrete semantics has re-executed: its steps, and what a document says of it."""

    steps: int
    facts: VerdictFacts


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A run that violates what is proved: which one, for people, and its trace."""

    run: str
    trace: Mapping[str, Any]


class Judge(Protocol):
    """What the ledger asks of a scope."""

    model: Model

    def needs(self, found: Property) -> list[Property]:
        """What must be proved before a property is."""

    def how(self, evidence: Any) -> str:
        """How something is proved, for people: by which method, or for any size."""

    def recheck(self, found: Property, evidence: Any) -> Failure | None:
        """The first obligation of a proof that is not discharged in fresh solvers; None if all are."""

    def contradicted(self, found: Property) -> Contradiction | None:
        """A run that violates a property which is about to be called proved; None if none is met."""

    def certificate(self, found: Property, evidence: Any, rests_on: list[str]) -> CertificateDocument:
        """The certificate of a proof. Raises Unanswered where a solver gives up on a witness."""

    def replayed(self, found: Property, violated: Violated) -> Replayed:
        """A violation, re-executed. Raises Inconsistency where it does not replay."""

    def rests_on_ranges(self, found: Property, evidence: Any) -> bool:
        """Whether a proof says nothing of states behind a step that leaves a range."""

    def verdict(self, standing: Standing) -> Standing:
        """What is said of a property whose account is closed: beyond one size a number of steps says nothing."""

    def standing(self, notes: Sequence[Open]) -> Standing:
        """What is known of a property that no engine decided, from what each of them said."""


class Ledger:
    """What became of each property that is watched: those selected, all that they need, and what may help to prove them.

    `open` are the properties without a verdict, `accepted` the evidence of those that are proved by themselves. `proofs` are
    the evidence of what is reported as PROVED; `served` says which properties each lemma served; `warnings` are for people.
    """

    def __init__(self, judge: Judge, selected: Sequence[Property], report: Report, request: ProveRequest) -> None:
        self.judge = judge
        self.report = report
        self.warnings: list[str] = []
        self.served: dict[str, list[str]] = {}
        self.proofs: dict[str, Any] = {}
        self.accepted: dict[str, Any] = {}
        self.failed: set[str] = set()
        """The properties of which some engine has said that they are neither proved nor violated."""
        properties = judge.model.properties
        needs = {found.name: judge.needs(found) for found in properties}
        self._request = request
        self._selected = {found.name for found in selected}
        companions = {other.name for found in selected for other in needs[found.name]} - self._selected
        self.watched = [*selected, *(found for found in properties if found.name in companions)]
        self._wanted = self._selected | companions
        self.open = {found.name: found for found in self._ordered()}
        self._notes: dict[str, list[Open]] = {name: [] for name in self.open}
        self._release = Release(needs)
        self._held: dict[str, Any] = {}
        self._reported: list[tuple[Property, Any]] = []
        self._ranges = {found.name: frozenset(n.name for n in needs[found.name] if n.kind == "range") for found in properties}
        self.violated = False
        """Whether a property is."""
        self.left = False
        """Whether a range is violated."""
        self.resting: dict[str, tuple[Property, Any]] = {}
        """Proofs that are not settled as long as a range that they need may be left: what is proved may be violated behind."""

    def _ordered(self) -> list[Property]:
        """All properties, those that are wanted first; a selection changes nothing of what the others may contribute."""
        return [*self.watched, *(found for found in self.judge.model.properties if found.name not in self._wanted)]

    def asked(self) -> dict[str, Property]:
        """The open properties whose verdicts are wanted."""
        return {name: found for name, found in self.open.items() if name in self._wanted}

    # -- what is found -----------------------------------------------------------------------------------------------

    def take(self, said: Decided) -> None:
        """Takes in what an engine says of a property; of one that has its verdict already nothing is heard."""
        found = self.open.get(said.name)
        if found is None:
            return
        match said.outcome:
            case Proved(evidence):
                self._take_proof(found, evidence)
            case Violated():
                self._take_violation(found, said.outcome)
            case Open():
                self.failed.add(found.name)
                self._notes[found.name].append(said.outcome)

    def _take_proof(self, found: Property, evidence: Evidence) -> None:
        with self.report.clock.phase("re-check"):
            failure = self.judge.recheck(found, evidence)
        if failure is not None:
            if failure.answer is Answer.SAT:
                message = f"the proof of {found.name} does not re-check: {failure.obligation}: {failure.reason}"
                raise Inconsistency(message)
            reason = f"the re-check gave up on {failure.obligation}: {failure.reason}"
            self._notes[found.name].append(Open(evidence.k - 1, reason))
            self.give_up(found.name)
            return
        del self.open[found.name]
        self.accepted[found.name] = evidence
        if found.name not in self._wanted:
            return
        if self.judge.rests_on_ranges(found, evidence) and not self._within(found):
            self.resting[found.name] = found, evidence
        else:
            self._hold(found, evidence)
        if found.kind == "range":
            for name, (waiting, held) in list(self.resting.items()):
                if self._within(waiting):
                    del self.resting[name]
                    self._hold(waiting, held)

    def _within(self, found: Property) -> bool:
        """Whether every range that a property needs is proved."""
        return self.accepted.keys() >= self._ranges[found.name]

    def settle_resting(self) -> None:
        """Settles the proofs that were held back: it is known what is violated behind."""
        resting, self.resting = self.resting, {}
        for found, evidence in resting.values():
            self._hold(found, evidence)

    def _hold(self, found: Property, evidence: Evidence) -> None:
        self._held[found.name] = evidence
        self._settle(found, PROVED)

    def _take_violation(self, found: Property, violated: Violated) -> None:
        if found.name not in self._wanted:
            del self.open[found.name]
            return
        with self.report.clock.phase("replay"):
            replayed = self.judge.replayed(found, violated)
        del self.open[found.name]
        self._violated(found, replayed)

    def _violated(self, found: Property, replayed: Replayed) -> None:
        self.violated = True
        self.left = self.left or found.kind == "range"
        facts: VerdictFacts = {**replayed.facts, "steps": replayed.steps}
        if self.judge.model.law is not None:
            facts["values"] = facts["trace"]
        self.report.finish(found, "violated", **facts)
        self._settle(found, Standing("violated", replayed.steps))

    def take_behind(self, said: Decided) -> None:
        """Takes in a violation, behind a step that leaves a range, of what is proved of all states within their ranges."""
        if isinstance(said.outcome, Violated) and said.name in self.resting:
            found, _ = self.resting.pop(said.name)
            with self.report.clock.phase("replay"):
                replayed = self.judge.replayed(found, said.outcome)
            self._violated(found, replayed)

    def give_up(self, name: str) -> None:
        """Closes the account of a property that is neither proved nor violated, with what the engines said of it."""
        found = self.open.pop(name)
        if name in self._wanted:
            self._settle(found, self.judge.standing(self._notes[name]))

    def give_up_all(self, standing: Standing) -> None:
        """Closes all accounts that are open, for one reason."""
        for name, found in list(self.open.items()):
            del self.open[name]
            if name in self._wanted:
                self._settle(found, standing)

    # -- what is reported --------------------------------------------------------------------------------------------

    def _settle(self, found: Property, standing: Standing) -> None:
        for ready, settled in self._release.settle(found, standing):
            verdict = self.judge.verdict(settled)
            if verdict.verdict == "proved":
                self._report_proof(ready, self._held.pop(ready.name))
            elif verdict.verdict != "violated" and (ready.name in self._selected or ready.kind == "defined"):
                self.report.finish(ready, verdict.verdict, k=verdict.depth, reason=verdict.reason)

    def _report_proof(self, found: Property, evidence: Evidence) -> None:
        self._try(found, evidence)
        lemmas = evidence.lemmas
        for lemma in lemmas:
            self.served.setdefault(lemma, []).append(found.short or found.name)
        self._reported.append((found, evidence))
        if found.name in self._selected:
            self.proofs[found.name] = evidence
            self.report.finish(found, "proved", method=evidence.method, k=evidence.k, lemmas=lemmas)

    def _try(self, found: Property, evidence: Evidence) -> None:
        """Raises Inconsistency, with the evidence on both sides, if a run of the model violates what is proved."""
        with self.report.clock.phase("net"):
            caught = self.judge.contradicted(found)
        if caught is not None:
            message = f"the proof of {found.name} {self.judge.how(evidence)} is contradicted by {caught.run}"
            raise Inconsistency(message, {"the proof": self._document(found, evidence), "the run": caught.trace})

    # -- certificates ------------------------------------------------------------------------------------------------

    def _document(self, found: Property, evidence: Evidence) -> CertificateDocument:
        return self.judge.certificate(found, evidence, [other.name for other in self.judge.needs(found)])

    def certify(self, document: Document) -> None:
        """Writes the certificates of what was reported as proved, and of its companions: others rest on them."""
        if self._request.certificates is not None:
            wanted = [(found, partial(self._written, found, evidence)) for found, evidence in self._reported]
            self.report.certify(wanted, document)

    def _written(self, found: Property, evidence: Evidence) -> str | None:
        try:
            return self._request.write(self._document(found, evidence))
        except Unanswered as error:
            self.warnings.append(f"no certificate for {found.short or found.name}: {error}")
            return None


def named(properties: Iterable[Property]) -> str:
    """Some properties, for people: the first three, and how many more there are."""
    names = [found.short or found.name for found in properties]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
