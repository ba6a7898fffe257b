"""The verdicts of one run at published scope: proofs wait for what they need and are tried, violations are replayed."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.proof.engines.outcomes import Violated
from verifier.proof.strategy.entries import Document, Report
from verifier.proof.strategy.errors import InternalError, Unanswered
from verifier.proof.strategy.release import PROVED, Release, Standing, needed, steps
from verifier.proof.strategy.requests import ProveRequest
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.proof import Proof

if TYPE_CHECKING:
    from verifier.proof.strategy.certificates import Certificates
    from verifier.proof.strategy.net import Net
    from verifier.proof.strategy.traces import Replayer
    from verifier.semantics.ground.smt import Encoding
    from verifier.wire.documents import ExhaustedEntry


class Verdicts:
    """What became of each property that is watched: those selected, and all that they need.

    `proofs` are those of the properties that are reported as PROVED; `served` says which properties each lemma served;
    `warnings` are for people. The request says whether certificates are written, and how much of what is proved is tried.
    Where everything is decided by searching there is no `encoding`.
    """

    def __init__(
        self,
        ground: Ground,
        selected: list[Property],
        report: Report,
        request: ProveRequest,
        encoding: Encoding | None = None,
    ) -> None:
        model: Model = ground.scope.model
        self.report = report
        self.proofs: dict[str, Proof] = {}
        self.served: dict[str, list[str]] = {}
        self.warnings: list[str] = []
        self.exhaustive: ExhaustedEntry | None = None
        self._model = model
        self._ground = ground
        self._encoding = encoding
        self._request = request
        self._selected = {found.name for found in selected}
        self._certificates: Certificates | None = None
        self._held: dict[str, Proof] = {}
        self._reported: list[Proof] = []
        needs = {found.name: needed(found, model.properties) for found in model.properties}
        companions = {other.name for found in selected for other in needs[found.name]} - self._selected
        self.watched = [*selected, *(found for found in model.properties if found.name in companions)]
        self._release = Release(needs)
        self._ranges = {found.name for found in self.watched if found.kind == "range"}
        self.left = False
        """Whether a range is violated."""
        self.resting: dict[str, Proof] = {}
        """Proofs that are not settled as long as a range may be left: what is proved may be violated behind such a step."""

    @cached_property
    def replayer(self) -> Replayer:
        """Re-executes what is found violated; most runs need none, so it is loaded when it is needed."""
        from verifier.proof.strategy.traces import Replayer

        return Replayer(self._ground)

    # -- what is found -----------------------------------------------------------------------------------------------

    def proved(self, proof: Proof) -> None:
        """Takes a proof that was re-checked; it is reported once everything that it needs is proved."""
        found = proof.monitor.property
        self._ranges.discard(found.name)
        if self._ranges and found.kind in ("state", "action") and proof.method != "exhaustive":
            self.resting[found.name] = proof
        else:
            self._hold(proof)
        if not self._ranges:
            self.settle_resting()

    def settle_resting(self) -> None:
        """Settles the proofs that were held back: no range is left, or it is known what is violated behind."""
        resting, self.resting = self.resting, {}
        for proof in resting.values():
            self._hold(proof)

    def _hold(self, proof: Proof) -> None:
        self._held[proof.monitor.property.name] = proof
        self._settle(proof.monitor.property, PROVED)

    def violated(self, found: Property, outcome: Violated) -> None:
        """Replays a violation and reports it."""
        self.left = self.left or found.kind == "range"
        self.resting.pop(found.name, None)
        with self.report.clock.phase("replay"):
            trace = self.replayer.trace(found, outcome.path, outcome.attempt)
        if trace is None:
            raise InternalError(f"the counterexample to {found.name} does not replay: {self.replayer.failure}")
        document, explanation = trace.document, trace.explanation
        self.report.finish(found, "violated", steps=trace.steps, shortest=True, trace=document, explanation=explanation)
        self._settle(found, Standing("violated", trace.steps))

    def open(self, found: Property, k: int, reason: str | None, *, bounded: bool) -> None:
        """Takes what is neither proved nor violated: no violation within `k` steps (-1: not even initially)."""
        if bounded and k >= 0:
            self._settle(found, Standing("bounded", k, reason))
        else:
            self._settle(found, Standing("unknown", k if k >= 0 else None, reason or "no engine was left to try"))

    def cannot_fire(self, action: str) -> None:
        """Warns of an action that no well-typed state enables, with the model's own reason if there is one."""
        declared = self._model.protocol.dead.get(action)
        self.warnings.append(f"{action} cannot fire at this scope" + (f": {declared}" if declared else ""))

    # -- what is reported --------------------------------------------------------------------------------------------

    def _settle(self, found: Property, standing: Standing) -> None:
        for ready, verdict in self._release.settle(found, standing):
            if verdict.verdict == "proved":
                self._report_proof(ready, self._held.pop(ready.name))
            elif verdict.verdict != "violated" and (ready.name in self._selected or ready.kind == "defined"):
                self.report.finish(ready, verdict.verdict, k=verdict.depth, reason=verdict.reason)

    @cached_property
    def _net(self) -> Net:
        from verifier.proof.strategy.net import ATTEMPTS, Net

        return Net(self._ground.scope, self.watched, attempts=self._request.thorough * ATTEMPTS)

    def _try(self, found: Property, proof: Proof) -> None:
        """Raises InternalError, with the evidence on both sides, if a run of the model violates what is proved."""
        with self.report.clock.phase("net"):
            caught = self._net.caught(found)
        if caught is not None:
            message = f"the proof of {found.name} by {proof.method} is contradicted by a run of {steps(caught.steps)}"
            raise InternalError(message, {"the proof": self._document(proof), "the run": caught.trace})

    def _document(self, proof: Proof) -> dict[str, Any]:
        """The certificate of a proof."""
        from verifier.proof.strategy.certificates import Certificates

        if self._certificates is None:
            self._certificates = Certificates(self._ground, self.report.head, self._encoding)
        rests_on = [other.name for other in needed(proof.monitor.property, self._model.properties)]
        return self._certificates.certificate(proof, rests_on, self.exhaustive)

    def _report_proof(self, found: Property, proof: Proof) -> None:
        self._try(found, proof)
        lemmas = [support.text for support in proof.supports]
        for lemma in lemmas:
            self.served.setdefault(lemma, []).append(found.short or found.name)
        self._reported.append(proof)
        if found.name in self._selected:
            self.proofs[found.name] = proof
            self.report.finish(found, "proved", method=proof.method, k=proof.k, lemmas=lemmas)

    def certify(self, document: Document) -> None:
        """Writes the certificates of what was reported as proved, and of its companions: others rest on them."""
        if self._request.certificates is not None:
            wanted = [(proof.monitor.property, partial(self._written, proof)) for proof in self._reported]
            self.report.certify(wanted, document)

    def _written(self, proof: Proof) -> str | None:
        found = proof.monitor.property
        try:
            return self._request.write(self._document(proof))
        except Unanswered as error:
            self.warnings.append(f"no certificate for {found.short or found.name}: {error}")
            return None
