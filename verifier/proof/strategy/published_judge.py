"""The answers to the ledger at published scope: the fresh solver, the net, certificates, replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Open, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.strategy.errors import Inconsistency
from verifier.proof.strategy.every_size import REASON, EverySize
from verifier.proof.strategy.ledger import Contradiction, Replayed
from verifier.proof.strategy.release import Standing, needed, steps
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import Path
from verifier.semantics.obligations.proof import Checker, Failure, Proof

if TYPE_CHECKING:
    from verifier.proof.strategy.certificates import Certificates
    from verifier.proof.strategy.net import Net
    from verifier.proof.strategy.net_live import LiveNet
    from verifier.proof.strategy.traces import Counterexample, Replayer
    from verifier.semantics.ground.smt import Encoding
    from verifier.wire.certificates import CertificateDocument
    from verifier.wire.results import ExhaustedEntry, VerdictFacts


def replayed(replayer: Replayer, prop: Property, path: Path, **options: Any) -> Counterexample:
    """The counterexample that a path describes; `options` are those of `Replayer.trace`. Inconsistency if there is none."""
    trace = replayer.trace(prop, path, **options)
    if trace is None:
        raise Inconsistency(f"the counterexample to {prop.name} does not replay: {replayer.failure}")
    return trace


class PublishedJudge:
    """The judge of one run. `head` describes the model in its documents; `thorough`: see `net`.

    `task` and `watched` are set once the ledger has its properties. A search that decides everything asks for no encoding.
    """

    task: FiniteTask
    watched: Sequence[Property]

    def __init__(self, ground: Ground, head: Mapping[str, Any], thorough: int) -> None:
        self.model = ground.scope.model
        self._ground = ground
        self._head = head
        self._thorough = thorough
        self._counted: ExhaustedEntry | None = None

    def needs(self, prop: Property) -> list[Property]:
        """The properties that must be proved before a property is."""
        return needed(prop, self.model.properties)

    # -- proofs ------------------------------------------------------------------------------------------------------

    @cached_property
    def checker(self) -> Checker:
        """Re-checks proofs by induction."""
        return Checker(self.task.encoding)

    def how(self, evidence: Proof | EverySize) -> str:
        """By which method something is proved, for people."""
        return f"by {evidence.method}"

    def recheck(self, prop: Property, evidence: Proof | EverySize) -> Failure | None:
        """The first obligation that is not discharged; a search is repeated by `verify check` alone."""
        if isinstance(evidence, EverySize):
            return evidence.failure()
        if evidence.method == "exhaustive":
            return None if _complete(evidence) else Failure("search", Answer.SAT, "no complete search has evaluated it")
        if evidence.method == "trivial" and evidence.monitor.is_never_bad():
            return None
        return self._checker(evidence).check(evidence)

    def _checker(self, evidence: Proof) -> Checker:
        """The checker for a proof; one about a reduction gets an encoding of its own."""
        from verifier.semantics.ground.smt import Encoding

        return self.checker if evidence.reduction is None else Checker(Encoding(evidence.reduction))

    def rests_on_ranges(self, prop: Property, evidence: Proof | EverySize) -> bool:
        """Whether a proof says nothing about states after a step that leaves a range; a search of the whole model examines them.
        """
        if isinstance(evidence, EverySize):
            return True
        whole = evidence.search is not None and not evidence.search.left_out
        return prop.kind in ("state", "action") and not whole

    @cached_property
    def _net(self) -> Net:
        from verifier.proof.strategy.net import ATTEMPTS, Net

        return Net(self._ground.scope, self.watched, attempts=self._thorough * ATTEMPTS)

    @cached_property
    def _live_net(self) -> LiveNet:
        from verifier.proof.strategy.net_live import ATTEMPTS, LiveNet

        return LiveNet(self._ground.scope, attempts=self._thorough * ATTEMPTS)

    def contradicted(self, prop: Property) -> Contradiction | None:
        """A run that violates a property which is about to be called proved."""
        if prop.kind == "liveness":
            lasso = self._live_net.caught(prop)
            return None if lasso is None else Contradiction(f"a lasso of stem {lasso.stem}, loop {lasso.loop}", lasso.trace)
        caught = self._net.caught(prop)
        return None if caught is None else Contradiction(f"a run of {steps(caught.steps)}", caught.trace)

    @cached_property
    def _certificates(self) -> Certificates:
        from verifier.proof.strategy.certificates import Certificates

        return Certificates(self._ground, self._head, self._encoding, self._net.firings)

    def certificate(self, prop: Property, evidence: Proof | EverySize, rests_on: list[str]) -> CertificateDocument:
        """The certificate of a proof; of one for any size, its own."""
        if isinstance(evidence, EverySize):
            return evidence.certificates(self._head)[0]
        return self._certificates.certificate(evidence, rests_on)

    def beside(self, evidence: Proof | EverySize) -> list[CertificateDocument]:
        """The certificates of everything that a proof for any size needs there."""
        return evidence.certificates(self._head)[1:] if isinstance(evidence, EverySize) else []

    def reason(self, evidence: Proof | EverySize) -> str | None:
        """The remark beside PROVED."""
        return REASON if isinstance(evidence, EverySize) else None

    def _encoding(self) -> Encoding:
        return self.task.encoding

    @property
    def exhaustive(self) -> ExhaustedEntry | None:
        """The number of states that a complete search has reached, and the digest of their set; None if there was none."""
        explored = self.task.explored
        if explored is None or not explored.complete:
            return None
        if self._counted is None:
            self._counted = {"states": explored.distinct, "digest": explored.reached.digest()}
        return self._counted

    # -- violations --------------------------------------------------------------------------------------------------

    @cached_property
    def replayer(self) -> Replayer:
        """Re-executes violations; most runs have none, so it is loaded when it is needed."""
        from verifier.proof.strategy.traces import Replayer

        return Replayer(self._ground)

    def replayed(self, prop: Property, violated: Violated) -> Replayed:
        """A violation, re-executed."""
        trace = replayed(self.replayer, prop, violated.path, shortest=violated.shortest)
        explanation = trace.explanation
        if prop.kind == "liveness":
            from verifier.proof.strategy.wanting import want_of_fairness

            wanting = want_of_fairness(self._ground, prop)
            explanation = [*explanation, *([] if wanting is None else [wanting])]
        facts: VerdictFacts = {
            "loop": trace.loop,
            "shortest": violated.shortest,
            "trace": trace.document,
            "explanation": explanation,
            "undefined_at": trace.undefined,
        }
        return Replayed(trace.steps, facts)

    # -- neither -----------------------------------------------------------------------------------------------------

    def verdict(self, standing: Standing) -> Standing:
        """The reported standing of a property whose account is closed."""
        return standing

    def standing(self, notes: Sequence[Open]) -> Standing:
        """BOUNDED by the greatest depth, if some engine has reached its own; UNKNOWN if all that tried were cut short."""
        depth = max((note.depth for note in notes), default=-1)
        reasons = list(dict.fromkeys(note.reason for note in notes if note.reason))
        reason = "; ".join(reasons) or None
        if depth >= 0 and any(note.reason is None for note in notes):
            return Standing("bounded", depth, reason)
        return Standing("unknown", depth if depth >= 0 else None, reason or "no engine was left to try")


def _complete(proof: Proof) -> bool:
    """Whether a search has seen all states, has evaluated the property in each, and has not found it violated."""
    name = proof.monitor.property.name
    if proof.search is None or not proof.search.exploration.complete or name not in proof.search.exploration.depths:
        return False
    return all(violation.property.name != name for violation in proof.search.exploration.violations)
