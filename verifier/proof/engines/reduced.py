"""Properties of liveness as properties of safety: any engine at a finite scope, on a reduction of the ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.kernel.properties import Property
from verifier.proof.engines.candidate import Candidate
from verifier.proof.engines.engine import Budget, Decided, Engine, Event, Open, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.semantics.ground.liveness import liveness
from verifier.semantics.ground.reduction import Reduction
from verifier.semantics.ground.rounds import Rounds
from verifier.semantics.ground.saving import Saving


class InTurn:
    """Several engines, one after the other, on one task."""

    def __init__(self, *engines: Engine[FiniteTask]) -> None:
        self._engines = engines

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for; only the last engine reports those that are left open."""
        for engine in self._engines:
            for event in engine.run(task, budget):
                if engine is self._engines[-1] or not (isinstance(event, Decided) and isinstance(event.outcome, Open)):
                    yield event
            if not task.asked():
                return


class LivenessToSafety:
    """An engine on the reduction in which a lasso is a path to a state that was saved; it proves, and finds some lasso."""

    def __init__(self, engine: Engine[FiniteTask]) -> None:
        self._engine = engine

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for; see `Engine`."""
        for prop in list(task.asked().values()):
            reduction = Saving(task.ground, liveness(task.ground, prop))
            for event in _events(self._engine, task, budget, prop, reduction):
                match event:
                    case Progress(engine, depth, about):
                        yield Progress(f"{reduction.name}, {engine}", depth, about)
                    case Decided(name, Proved(proof)):
                        yield Decided(name, Proved(replace(proof, reduction=reduction)))
                    case Decided(name, Violated(path)):
                        yield Decided(name, Violated(reduction.lasso(path), shortest=False))
                    case Decided(name, Open(depth, reason)):
                        # Saving the state, and beginning to pursue a case, are steps of their own.
                        yield Decided(name, Open(max(-1, depth - 2), reason))


class KLiveness:
    """An engine on the reductions that count rounds, for 0, 1, 2 rounds and so on; it only proves. `most` is the last."""

    def __init__(self, engine: Engine[FiniteTask], most: int) -> None:
        self._engine = engine
        self._most = most

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Proves the properties that it can; see `Engine`."""
        for prop in list(task.asked().values()):
            for rounds in range(self._most + 1):
                reduction = Rounds(task.ground, liveness(task.ground, prop), rounds)
                for event in _events(self._engine, task, budget, prop, reduction):
                    match event:
                        case Progress(engine, depth, about):
                            yield Progress(f"{reduction.name} with k = {rounds}, {engine}", depth, about)
                        case Decided(name, Proved(proof)):
                            yield Decided(name, Proved(replace(proof, reduction=reduction)))
                if prop.name not in task.asked():
                    break
            else:
                yield Decided(prop.name, Open(-1, f"no run is known to see at most {self._most} rounds"))


def _events(
    engine: Engine[FiniteTask], task: FiniteTask, budget: Budget, prop: Property, reduction: Reduction
) -> Iterator[Event]:
    """The outcomes of an engine for the reduction. It may assume the lemmas of the safety properties: those stay inductive."""
    waiting = {prop.name: prop}

    def asked() -> dict[str, Property]:
        return {name: prop for name in waiting if name in task.asked()}

    inner = FiniteTask(reduction, waiting, asked, learning=False)
    inner.lemmas = [Candidate(lemma.term, lemma.node, inner.encoding.formula(lemma.node)) for lemma in task.lemmas]
    for event in engine.run(inner, budget):
        yield event
        if isinstance(event, Decided):
            waiting.pop(event.name, None)
    task.statistics.queries += inner.statistics.queries
