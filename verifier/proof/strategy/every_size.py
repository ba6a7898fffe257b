"""A proof for any size decides a finite size, too: state and action properties that are stated at both scopes.

Every run of an instance whose steps are all defined and within their ranges is one of the unbounded model: its names, quorums and
orders are of the kinds that the unbounded scope admits, its parameters satisfy the assumptions, and the dropped parts only kept
it from doing more. Where a quantifier ranges further without an end, a property only says more. So a property that is PROVED for
any size, with all that it needs there, holds at this size, once `Defined`, the definedness of its own text, and all ranges are
proved at this size: the ledger waits for these as for every proof. Properties that dropping changes in the other direction, such
as whether a step is possible (`Deadlock`), are not decided in this way, nor are ranges, definedness, laws and liveness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Budget, Decided, Event, Progress, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.semantics.obligations.proof import Failure
from verifier.semantics.scope.finite import finite_scope

if TYPE_CHECKING:
    from verifier.proof.lemmas.any_size import AnySize
    from verifier.proof.strategy.size_runs import AnySizeRun
    from verifier.wire.certificates import CertificateDocument

REASON = "a proof for any size"
"""The remark beside the verdict."""

LARGE = 800
"""Nodes of a circuit from which on a size counts as large."""


def is_large(task: FiniteTask) -> bool:
    """Whether a scope is larger than the published one, and so large that a proof for any size is likely to be cheaper."""
    scope = task.ground.scope
    published = finite_scope(scope.model)
    grown = any(_more(value, published.parameters[name]) for name, value in scope.parameters.items())
    return grown and len(task.ground.circuit) >= LARGE


def _more(value: Any, published: Any) -> bool:
    return isinstance(value, int) and isinstance(published, int) and value > published


@dataclass(frozen=True, slots=True)
class EverySize:
    """Evidence: the proof of a property for any size, and of all that it needs there, from one `run`."""

    proof: AnySize
    run: AnySizeRun
    name: str
    left_out: tuple[str, ...] = ()

    def failure(self) -> Failure | None:
        """The first obligation that is not discharged in a fresh solver."""
        return self.run.failure(self.name)

    def certificates(self, head: Mapping[str, Any]) -> list[CertificateDocument]:
        """The certificates for any size, that of the property first; `head` is that of the finite run."""
        return self.run.certificates(self.name, head)

    @property
    def method(self) -> str:
        """How it is proved."""
        return self.proof.method

    @property
    def k(self) -> int:
        """The induction depth."""
        return self.proof.k

    @property
    def lemmas(self) -> list[str]:
        """The lemmas of the proof, for people."""
        return self.proof.lemmas


class DecideByEverySize:
    """An engine of a finite scope that proves for any size."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that it can; see `Engine`."""
        from verifier.proof.strategy.size_runs import started

        yield Progress("proof for any size", 1)
        wanted = [prop.name for prop in task.asked().values() if is_decided(prop)]
        run = started(task.ground.scope, task.hints) if wanted else None
        if run is None:
            return
        run.prove(wanted)
        for name in wanted:
            if run.is_proved(name):
                yield Decided(name, Proved(EverySize(run.proofs[name], run, name)))


def is_decided(prop: Property) -> bool:
    """Whether a proof for any size says something of a finite one."""
    return prop.kind in ("state", "action") and not prop.expanded and not prop.moved
