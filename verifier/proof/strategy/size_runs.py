"""Proofs at unbounded scope for the sake of a finite one: the same stages and checks as there, but nothing is refuted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from verifier.kernel.errors import ModelError
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term
from verifier.proof.engines.engine import Budget, Decided, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.lemmas.any_size import AnySize, AnySizeTask, Strengthen
from verifier.proof.lemmas.unbounded import EFFORTS
from verifier.proof.strategy.discharge import Discharge
from verifier.proof.strategy.instances import Firing, check_actions_still_fire
from verifier.proof.strategy.release import needed
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.obligations.proof import Failure
from verifier.semantics.quantified import Quantified, smoke, undefined_start
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.fixed import fixed_values
from verifier.semantics.scope.unbounded import unbounded

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateDocument
    from verifier.wire.results import BlameEntry


def started(scope: FiniteScope, hints: bool) -> AnySizeRun | None:
    """The run at unbounded scope of the model of a finite one; None if that has no meaning there, or nothing is sure of it."""
    model = scope.model
    try:
        quantified = Quantified(unbounded(model))
        if undefined_start(quantified) is not None:
            return None
        smoke(quantified)
        instance = FiniteTask(Instance(finite_scope(model), quantified), {}, dict, learning=False)
        starts = instance.ground.starts
        if starts.undefined_values or starts.outside:
            return None
        firing = Firing(instance)
        check_actions_still_fire(quantified, {*firing.unfired, *firing.unseen, *firing.dead})
    except ModelError:
        return None
    return AnySizeRun(quantified, instance, hints)


@dataclass
class AnySizeRun:
    """Proofs at unbounded scope for the sake of a finite one. `proofs` are those that were found; `failure` re-checks them."""

    quantified: Quantified
    instance: FiniteTask
    hints: bool
    proofs: dict[str, AnySize] = field(default_factory=dict)
    _failures: dict[str, Failure | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._properties = {prop.name: prop for prop in self.quantified.model.properties}
        self._open = dict(self._properties)
        self._wanted: set[str] = set()
        self._ranges = Definedness(self.quantified.scope).checked_variables()
        self._task = AnySizeTask(self.quantified, self.instance, self._open, self._asked, hints=self.hints)
        ask = partial(self._task.induction.invariants.ask, effort=len(EFFORTS) - 1)
        self._discharge = Discharge(self.quantified, ask)

    def _asked(self) -> Mapping[str, Property]:
        return {name: prop for name, prop in self._open.items() if name in self._wanted}

    def needs(self, name: str) -> list[str]:
        """The properties that must be proved for any size besides a property."""
        return [other.name for other in needed(self._properties[name], self._properties.values(), self._ranges)]

    def prove(self, wanted: list[str]) -> None:
        """Tries to prove those of the properties that are stated here, and what they need."""
        known = [name for name in wanted if name in self._properties]
        self._wanted |= {*known, *(other for name in known for other in self.needs(name))}
        for strengthen in (Strengthen(0), Strengthen(0, families=True), Strengthen(1)):
            if not self._asked():
                return
            for event in strengthen.run(self._task, Budget(depth=1)):
                match event:
                    case Decided(name, Proved(AnySize() as proof)):
                        self.proofs[name] = proof
                        self._open.pop(name, None)

    def is_proved(self, name: str) -> bool:
        """Whether a property is proved, and all that it needs."""
        return name in self.proofs and all(other in self.proofs for other in self.needs(name))

    def failure(self, name: str) -> Failure | None:
        """The first obligation, of a property or of one that it needs, that is not discharged in a fresh solver."""
        for each in (name, *self.needs(name)):
            if each not in self._failures:
                proof = self.proofs[each]
                parts = proof.support, proof.steps, proof.uses, proof.starts, proof.implied
                self._failures[each] = self._discharge.failure(*parts)
            if self._failures[each] is not None:
                return self._failures[each]
        return None

    def certificates(self, name: str, head: Mapping[str, Any]) -> list[CertificateDocument]:
        """The certificates for any size of a property and of those that it needs; `head` is that of the finite run."""
        from verifier.proof.strategy.fired import fired_in
        from verifier.proof.strategy.unbounded_certificates import AnySizeCertificates

        own = {**head, "scope": "unbounded", "parameters": fixed_values(self.quantified.scope.original)}
        together = dict.fromkeys(formula for proof in self.proofs.values() for formula in proof.support)
        induction = self._task.induction
        made = AnySizeCertificates(
            self.quantified.scope,
            own,
            induction.invariants.known,
            list(together),
            induction.origins,
            partial(fired_in, self.instance.ground),
        )
        result = []
        for each in (name, *self.needs(name)):
            proof = self.proofs[each]
            parts = proof.support, proof.steps, proof.uses, proof.starts, proof.implied
            how = proof.method, proof.k
            prop = self._properties[each]
            result.append(made.certificate(prop, how, parts, self.needs(each)))
        return result

    def blame(self, name: str, model: Any) -> BlameEntry:
        """The parts that the proof of a property used."""
        from verifier.proof.strategy.blame_unbounded import UnboundedBlame

        induction, proof = self._task.induction, self.proofs[name]
        steps = [step for step in proof.steps if isinstance(step, Term)]
        return UnboundedBlame(model, induction.invariants).of(induction.formulas[name], proof.support, steps)
