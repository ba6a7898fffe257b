"""The proof that IC3 hands over: of the clauses that last, those that a property needs, as lemmas like any others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verifier.proof.engines.frames import Cube, Frames
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node, with_fields
from verifier.semantics.ground.cnf import Clauses
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.sat import Sat
from verifier.semantics.obligations.proof import Proof, Support


@dataclass(frozen=True, slots=True, eq=False)
class Lemma:
    """A clause with its copies, as a lemma: the `cubes` that it excludes, its text and its node."""

    cubes: tuple[Cube, ...]
    text: str
    node: Node


def at_next(ground: Ground, node: Node) -> Node:
    """A node over the current state, over the next."""
    return with_fields(ground.circuit, node, lambda field: ground.field_node(field.value, 1))


class Invariant:
    """Finds among lemmas that are inductive together those that a property needs, by unsat cores in one solver."""

    def __init__(self, frames: Frames, lemmas: Sequence[Lemma]) -> None:
        clausal = frames.clausal
        self._clausal = clausal
        self._lemmas = list(lemmas)
        self._clauses = Clauses(clausal.gates)
        for clause in clausal.transition().all:
            self._clauses.add(clause)
        self._clauses.add([clausal.axioms])
        self._switches = [clausal.gates.new() for _ in lemmas]
        for switch, lemma in zip(self._switches, lemmas, strict=True):
            for cube in lemma.cubes:
                self._clauses.add([-switch, *(-literal for literal in cube)])
        self._entered = [clausal.gates.new() for _ in lemmas]
        for entered, lemma in zip(self._entered, lemmas, strict=True):
            # One of the copies stands for all.
            for literal in lemma.cubes[0]:
                self._clauses.add([-entered, clausal.following(literal)])
        self._solver = Sat()
        self._told = 0

    def proof(self, monitor_proof: Callable[[tuple[Support, ...]], Proof], holds: int, broken: int) -> Proof:
        """The proof of a property: `holds` is the literal that the current state does not violate it, `broken` the literal that
        the next state or the step does; both are defined in the clauses of the frames.
        """
        self._clauses.define(holds)
        self._clauses.define(broken)
        go = self._clausal.go
        needs: dict[int, list[int]] = {}
        waiting = list(self._needed([go, holds, broken], list(range(len(self._lemmas)))))
        while waiting:
            place = waiting.pop(0)
            if place in needs:
                continue
            own = [go, holds, self._switches[place], self._entered[place]]
            # What is needed already comes first: a core is taken from there if it can be.
            others = [other for other in range(len(self._lemmas)) if other != place]
            among = [other for other in others if other in needs or other in waiting]
            found = self._core(own, among)
            needs[place] = self._needed(own, others) if found is None else self._minimal(own, found)
            waiting += needs[place]
        order = sorted(needs)
        supports = tuple(
            Support(self._lemmas[n].text, self._lemmas[n].node, None) for n in order
        )
        self._solver.free()
        return monitor_proof(supports)

    def _needed(self, question: Sequence[int], places: Sequence[int]) -> list[int]:
        found = self._core(question, places)
        assert found is not None, "the clauses that last are not inductive"
        return self._minimal(question, found)

    def _minimal(self, question: Sequence[int], places: Sequence[int]) -> list[int]:
        kept = list(places)
        for place in list(kept):
            if place in kept:
                fewer = self._core(question, [other for other in kept if other != place])
                kept = kept if fewer is None else fewer
        return kept

    def _core(self, question: Sequence[int], places: Sequence[int]) -> list[int] | None:
        for clause in self._clauses.all[self._told :]:
            self._solver.add(clause)
        self._told = len(self._clauses.all)
        switches = {self._switches[place]: place for place in places}
        if self._solver.check([*question, *switches]) is Answer.SAT:
            return None
        core = self._solver.core()
        return [place for switch, place in switches.items() if switch in core]
