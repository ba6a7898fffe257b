"""Decides properties by the circuit alone: nothing in it can violate them."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.proof.engines.engine import Budget, Decided, Event, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.semantics.obligations.proof import Proof


class Circuit:
    """Proves properties that nothing can violate according to the circuit alone; no solver is asked."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Proves those of the properties asked for, and of those that may become lemmas; see `Engine`."""
        for name, prop in list(task.considered().items()):
            watched = task.monitor(prop)
            if watched.is_never_bad() and prop.kind != "range":
                yield Decided(name, Proved(Proof(watched, "trivial", 0)))
