"""The verdicts of one run at unbounded scope: proofs wait for what they need and are tried; certificates follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from verifier.kernel.properties import Property
from verifier.kernel.terms import Term
from verifier.proof.strategy.entries import Document, Report
from verifier.proof.strategy.errors import InternalError
from verifier.proof.strategy.release import Release, Standing, needed, steps
from verifier.proof.strategy.requests import ProveRequest
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.unbounded import Unbounded

if TYPE_CHECKING:
    from verifier.proof.strategy.net_unbounded import UnboundedNet


@dataclass(frozen=True, slots=True)
class Evidence:
    """A proof for any size: what is inductive together, what every step satisfies, what holds wherever the support does, and of
    candidates for initial states.

    `lemmas` are the formulas of the support that are not the property's own, for people.
    """

    method: str
    lemmas: list[str]
    support: list[Term]
    steps: list[Term]
    uses: list[Term]
    starts: list[Term]

    @property
    def depth(self) -> int:
        """The induction depth."""
        return 0 if self.method == "trivial" else 1


class UnboundedVerdicts:
    """Reports what a run has found of the properties that it watched; `served` says which properties each lemma served."""

    def __init__(
        self,
        request: ProveRequest,
        unbounded: Unbounded,
        published: FiniteScope,
        selected: Sequence[Property],
        report: Report,
    ) -> None:
        self.served: dict[str, list[str]] = {}
        self._reported: list[tuple[Property, Evidence]] = []
        self._request = request
        self._unbounded = unbounded
        self._published = published
        self._selected = {found.name for found in selected}
        self._report = report

    def finish(
        self, watched: Iterable[Property], standings: Mapping[str, Standing], proofs: Mapping[str, Evidence]
    ) -> None:
        """Reports what is proved or unknown, once everything that a property needs is decided."""
        release = Release({found.name: self._needed(found) for found in self._unbounded.model.properties})
        for found in watched:
            for ready, verdict in release.settle(found, standings[found.name]):
                if verdict.verdict == "proved":
                    self._proved(ready, proofs[ready.name])
                elif verdict.verdict != "violated" and (ready.name in self._selected or ready.kind == "defined"):
                    # A number of steps says nothing of all sizes.
                    self._report.finish(ready, "unknown", reason=verdict.reason)

    def _needed(self, found: Property) -> list[Property]:
        return needed(found, self._unbounded.model.properties, self._ranges)

    @cached_property
    def _ranges(self) -> list[str]:
        """The variables on whose ranges every proof rests; the other ranges that a proof uses are part of its invariant."""
        return Definedness(self._unbounded).checked_variables()

    def _proved(self, found: Property, proof: Evidence) -> None:
        self._try(found, proof)
        self._reported.append((found, proof))
        if found.name in self._selected:
            for lemma in proof.lemmas:
                self.served.setdefault(lemma, []).append(found.short or found.name)
            self._report.finish(found, "proved", method=proof.method, k=proof.depth, lemmas=proof.lemmas)

    @cached_property
    def _net(self) -> UnboundedNet:
        from verifier.proof.strategy.net_unbounded import UnboundedNet

        return UnboundedNet(self._unbounded, self._published, self._request.thorough)

    def _try(self, found: Property, proof: Evidence) -> None:
        """Raises InternalError, with the evidence on both sides, if a run of some instance violates what is proved."""
        with self._report.clock.phase("net"):
            caught = self._net.caught(found)
        if caught is not None:
            run, sizes = caught
            at = ", ".join(f"{name}={value}" for name, value in sizes.items())
            message = f"the proof of {found.name} for any size is contradicted by a run of {steps(run.steps)}"
            raise InternalError(f"{message} at {at}", {"the proof": self._document(found, proof), "the run": run.trace})

    def _document(self, found: Property, proof: Evidence) -> dict[str, Any]:
        """The certificate of a proved property."""
        from verifier.proof.strategy.unbounded_certificates import certificate

        how, evidence = (proof.method, proof.depth), (proof.support, proof.steps, proof.uses, proof.starts)
        rests_on = [other.name for other in self._needed(found)]
        return certificate(self._unbounded, found, self._report.head, how, evidence, rests_on)

    def certify(self, document: Document) -> None:
        """Writes the certificates of what was reported as proved, and of its companions, where they are wanted."""
        if self._request.certificates is not None:
            self._report.certify([(found, partial(self._written, found, proof)) for found, proof in self._reported], document)

    def _written(self, found: Property, proof: Evidence) -> str | None:
        return self._request.write(self._document(found, proof))
