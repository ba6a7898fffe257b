"""The answers to the ledger at unbounded scope: fresh solvers, a net of small instances, certificates, replay at a finite size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from verifier.kernel.properties import Property
from verifier.kernel.terms import Term
from verifier.proof.engines.engine import Open, Violated
from verifier.proof.lemmas.any_size import AnySize, AnySizeTask
from verifier.proof.lemmas.unbounded import EFFORTS
from verifier.proof.strategy.discharge import Discharge
from verifier.proof.strategy.ledger import Contradiction, Replayed
from verifier.proof.strategy.published_judge import replayed
from verifier.proof.strategy.release import Standing, needed, steps
from verifier.proof.strategy.traces import Replayer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.proof import Failure
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.scope.finite import FiniteScope

if TYPE_CHECKING:
    from verifier.proof.strategy.net_unbounded import UnboundedNet
    from verifier.proof.strategy.unbounded_certificates import AnySizeCertificates
    from verifier.wire.certificates import CertificateDocument
    from verifier.wire.results import VerdictFacts


class UnboundedJudge:
    """The judge of one run. `head` describes the model in its documents; `thorough`: see `net`.

    `task` is set once the ledger has its properties.
    """

    task: AnySizeTask

    def __init__(self, quantified: Quantified, published: FiniteScope, head: Mapping[str, Any], thorough: int) -> None:
        self.model = quantified.model
        self._quantified = quantified
        self._published = published
        self._head = head
        self._thorough = thorough
        self._replayers: dict[int, Replayer] = {}
        self._supports: dict[Term, None] = {}
        """The formulas of all proofs."""

    def needs(self, prop: Property) -> list[Property]:
        """The properties that must be proved before a property is."""
        return needed(prop, self.model.properties, self._ranges)

    @cached_property
    def _ranges(self) -> list[str]:
        """The variables on whose ranges every proof rests; the other ranges that a proof uses are part of its invariant."""
        return Definedness(self._quantified.scope).checked_variables()

    # -- proofs ------------------------------------------------------------------------------------------------------

    @cached_property
    def _discharge(self) -> Discharge:
        # Without the earlier questions, a question may be harder than it was for the engine.
        invariants = self.task.induction.invariants
        guess = None if invariants.nearest is None else invariants.nearest.to_states
        ask, ask_easy = partial(invariants.ask, effort=len(EFFORTS) - 1), partial(invariants.ask, effort=1)
        return Discharge(self._quantified, ask, guess, invariants.used, ask_easy)

    def how(self, evidence: AnySize) -> str:
        """For which sizes something is proved, for people."""
        return "for any size"

    def recheck(self, prop: Property, evidence: AnySize) -> Failure | None:
        """The first obligation that is not discharged in a fresh solver."""
        proof = evidence
        failure = self._discharge.failure(proof.support, proof.steps, proof.uses, proof.starts, proof.implied)
        if failure is None:
            self._supports.update(dict.fromkeys(evidence.support))
        return failure

    def rests_on_ranges(self, prop: Property, evidence: AnySize) -> bool:
        """Whether a proof says nothing about states after a step that leaves a range."""
        return prop.kind in ("state", "action")

    @cached_property
    def _net(self) -> UnboundedNet:
        from verifier.proof.strategy.net_unbounded import UnboundedNet

        return UnboundedNet(self._quantified.scope, self._published, self._thorough)

    def contradicted(self, prop: Property) -> Contradiction | None:
        """A run of some instance that violates a property which is about to be called proved.

        An instance has bounds that keep fair actions from happening: it says nothing about a liveness property.
        """
        if prop.kind == "liveness":
            return None
        caught = self._net.caught(prop)
        if caught is None:
            return None
        run, sizes = caught
        return Contradiction(f"a run of {steps(run.steps)} at {sized(sizes)}", run.trace)

    def certificate(self, prop: Property, evidence: AnySize, rests_on: list[str]) -> CertificateDocument:
        """The certificate of a proof."""
        how, proof = (evidence.method, evidence.k), evidence
        parts = proof.support, proof.steps, proof.uses, proof.starts, proof.implied
        return self._certificates.certificate(prop, how, parts, rests_on)

    @cached_property
    def _certificates(self) -> AnySizeCertificates:
        from verifier.proof.strategy.fired import fired_in
        from verifier.proof.strategy.unbounded_certificates import AnySizeCertificates

        induction = self.task.induction
        return AnySizeCertificates(
            self._quantified.scope,
            self._head,
            induction.invariants.known,
            list(self._supports),
            induction.origins,
            partial(fired_in, self.task.instance.ground),
        )

    def beside(self, evidence: AnySize) -> list[CertificateDocument]:
        """Nothing more is to be certified."""
        return []

    def reason(self, evidence: AnySize) -> str | None:
        """There is no remark beside PROVED."""
        return None

    # -- violations --------------------------------------------------------------------------------------------------

    def replayed(self, prop: Property, violated: Violated) -> Replayed:
        """A violation at a finite size, which is one of the unbounded model, re-executed."""
        ground = self.task.instance.ground if violated.ground is None else violated.ground
        published = {other.name: other for other in ground.scope.model.properties}
        trace = replayed(
            self._replayer(ground), published[prop.name], violated.path, shortest=False, scope="unbounded"
        )
        sizes = sized(ground.scope.parameters)
        facts: VerdictFacts = {
            "shortest": False,
            "trace": trace.document,
            "explanation": trace.explanation,
            "undefined_at": trace.undefined,
            "reason": f"rebuilt at {sizes}" if prop.goal is None else f"at {sizes}; nothing is said about other sizes",
        }
        return Replayed(trace.steps, facts)

    def _replayer(self, ground: Ground) -> Replayer:
        if id(ground) not in self._replayers:
            self._replayers[id(ground)] = Replayer(ground)
        return self._replayers[id(ground)]

    # -- neither -----------------------------------------------------------------------------------------------------

    def verdict(self, standing: Standing) -> Standing:
        """The reported standing of a property whose account is closed: a number of steps says nothing about all sizes."""
        return Standing("unknown", None, standing.reason) if standing.verdict in ("bounded", "unknown") else standing

    def standing(self, notes: Sequence[Open]) -> Standing:
        """UNKNOWN, with what stopped the proof, and how far instances were searched: a depth says nothing about all sizes."""
        reasons = list(dict.fromkeys(note.reason for note in notes if note.reason))
        return Standing("unknown", None, "; ".join(reasons) or "no engine was left to try")


def sized(parameters: Mapping[str, int]) -> str:
    """The sizes of an instance, for people."""
    return ", ".join(f"{name}={value}" for name, value in parameters.items()) or "the published scope"
