"""Certificates of proofs at unbounded scope: a script for each obligation and witness, goal by goal and action by action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from verifier.evidence import scripts
from verifier.evidence.certificate import complete, facts_of
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.terms import TRUE, Term
from verifier.proof.strategy.certificates import described, formula_of
from verifier.proof.strategy.unbounded_questions import questions
from verifier.proof.strategy.unbounded_scripts import Known, Scripts, nothing
from verifier.proof.strategy.unbounded_witnesses import Fired, UnboundedWitnesses
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified.obligations import OfSteps
from verifier.semantics.scope.boundless import Unbounded

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateDocument, ObligationEntry

Evidence = tuple[Sequence[Term], Sequence[Term | OfSteps], Sequence[Term], Sequence[Term], Sequence[Term]]

class AnySizeCertificates:
    """The certificates of one model."""

    def __init__(
        self,
        scope: Unbounded,
        head: Mapping[str, Any],
        known: Known = nothing,
        together: Sequence[Term] = (),
        origins: Mapping[Term, Sequence[int]] | None = None,
        fired: Fired | None = None,
    ) -> None:
        """Shares among certificates what depends on the model alone.

        Args:
            scope: the model.
            head: describes it in documents.
            known: the answers to the obligations of its proofs.
            together: the formulas of all invariants that are certified.
            origins: the clauses of IC3 of which formulas are readings.
            fired: tells where the actions of an instance fire.
        """
        self._scope = scope
        self._quantified = Quantified(scope)
        self._head = head
        self._scripts = Scripts(known)
        self._witnesses = UnboundedWitnesses(scope, together, fired)
        self._origins = origins or {}

    def certificate(
        self, prop: Property, proof: tuple[str, int], evidence: Evidence, rests_on: Sequence[str]
    ) -> CertificateDocument:
        """The certificate of a property that `proof`, a method and a depth, proves.

        `evidence` are the formulas that are inductive together, the property's own among them; what every step must satisfy; and
        what must hold wherever the inductive ones do; what must hold of candidates for initial states; and what follows from
        the inductive ones, one after the other, before the uses do. The latter two stand with the uses. `rests_on` names the
        properties that must be proved besides it.
        """
        support, steps, uses, starts, implied = evidence
        if not (support or steps or uses or starts):
            uses = [TRUE]
        model = self._scope.model
        known = partial(text, vocabulary=model.vocabulary, outer=False)
        return complete(
            {
                **facts_of(self._head),
                **described(model, prop),
                "method": proof[0],
                "k": proof[1],
                "formula": formula_of(model, prop),
                "invariant": [known(formula) for formula in support],
                "clauses": [
                    {"form": "reading", "literals": list(self._origins[formula])}
                    for formula in support
                    if formula in self._origins
                ],
                "rests_on": list(rests_on),
                "logic": "ALL",
                "actions": [{"name": action.name, "width": 0} for action in model.actions],
                "steps": [said(step, model) for step in steps],
                "uses": [known(formula) for formula in (*implied, *uses, *starts)],
                "obligations": self._obligations(support, steps, uses, starts, implied),
                "witnesses": self._witnesses.of(support),
            }
        )

    def _obligations(
        self,
        support: Sequence[Term],
        steps: Sequence[Term | OfSteps],
        uses: Sequence[Term],
        starts: Sequence[Term],
        implied: Sequence[Term],
    ) -> list[ObligationEntry]:
        """The scripts that must be unsatisfiable, in the order of `scripts.wanted`."""
        safe = len(implied) + len(uses) + len(starts)
        names = scripts.wanted(len(support), len(steps), safe, [a.name for a in self._scope.model.actions])
        asked = questions(self._quantified, support, steps, uses, starts, implied)
        result: list[ObligationEntry] = []
        for (name, kind, action), question in zip(names, asked, strict=True):
            script, assumed = self._scripts.of(question)
            entry: ObligationEntry = {"name": name, "kind": kind, "action": action, "smtlib": script}
            result.append(entry if assumed is None else {**entry, "assumed": assumed})
        return result


def said(step: Term | OfSteps, model: Model) -> str:
    """The statement about every step, for people."""
    return step.said if isinstance(step, OfSteps) else text(step, model.vocabulary, outer=False)
