"""The proof that IC3 hands over: of the clauses that last, those that a property needs, found by unsat cores."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from verifier.proof.engines.frames import Cube
from verifier.semantics.answers import Answer
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.cnf import Clauses
from verifier.semantics.ground.sat import Sat

Name = Hashable
"""The name of a group of cubes."""


class Invariants:
    """Finds subsets of groups of cubes, excluded together, that are inductive and exclude a violation. One solver serves all.

    `clauses` are those of a step; everything else asked about is defined in a list of its own.
    """

    def __init__(self, clausal: Clausal, clauses: Clauses) -> None:
        self._clausal = clausal
        self._own = Clauses(clausal.gates)
        self._solver = Sat(clauses.all, hard=True)
        self._told = 0
        self._groups: dict[Name, tuple[int, int]] = {}
        """For each group the variable that excludes all its cubes, and the variable that says that a step enters some of them."""

    def add(self, name: Name, cubes: Iterable[Cube], entered: Iterable[Cube]) -> None:
        """Adds a group under a name. That a step enters one of those `entered` stands for all: they are copies."""
        if name in self._groups:
            return
        switch = self._clausal.gates.new()
        for cube in cubes:
            self._own.add([-switch, *(-literal for literal in cube)])
        enters, some = [], self._clausal.gates.new()
        for cube in entered:
            enters.append(self._clausal.gates.new())
            for literal in cube:
                self._own.add([-enters[-1], self._clausal.following(literal)])
        self._own.add([-some, *enters])
        self._groups[name] = switch, some

    def needed(self, holds: int, broken: int, groups: Sequence[Name]) -> dict[Name, list[Name]] | None:
        """Groups that are inductive together and exclude `broken` after a state in which `holds`, each with those that its own
        consecution needs; None if all of them are not enough.
        """
        self._own.define(holds)
        self._own.define(broken)
        go = self._clausal.go
        first = self._needed([go, holds, broken], groups, [])
        if first is None:
            return None
        needs: dict[Name, list[Name]] = {}
        waiting = list(first)
        while waiting:
            name = waiting.pop(0)
            if name in needs:
                continue
            switch, entered = self._groups[name]
            found = self._needed([go, holds, switch, entered], [other for other in groups if other != name], [*needs, *waiting])
            if found is None:
                return None
            needs[name] = found
            waiting += found
        return needs

    def inductive(self, groups: Sequence[Name]) -> list[Name]:
        """The largest part of the groups that is inductive (Houdini: C. Flanagan, K. R. M. Leino, FME 2001)."""
        kept = list(groups)
        again = True
        while again:
            again = False
            for name in list(kept):
                switches = [self._groups[other][0] for other in kept]
                if not self._excluded([self._clausal.go, *switches, self._groups[name][1]]):
                    kept.remove(name)
                    again = True
        return kept

    def spared(self, holds: int, broken: int, groups: Sequence[Name]) -> list[Name]:
        """The groups except those without which the others are inductive and exclude the violation; the first are tried first."""
        kept = list(groups)
        for name in groups:
            rest = [other for other in kept if other != name]
            switches = [self._groups[other][0] for other in rest]
            questions = [broken, *(self._groups[other][1] for other in rest)]
            if all(self._excluded([self._clausal.go, holds, *switches, question]) for question in questions):
                kept = rest
        return kept

    def free(self) -> None:
        """Frees the memory of the solver."""
        self._solver.free()

    @property
    def queries(self) -> int:
        """Solver calls so far."""
        return self._solver.queries

    def _needed(self, question: Sequence[int], among: Sequence[Name], first: Sequence[Name]) -> list[Name] | None:
        """A minimal part of the groups that excludes the question, if they do; of the `first` ones if those are enough.

        Of the others those that come later are kept rather.
        """
        core = self._core(question, [name for name in dict.fromkeys(first) if name in among])
        if core is None:
            core = self._core(question, among)
        if core is None:
            return None
        for name in list(core):
            if name in core:
                fewer = self._core(question, [other for other in core if other != name])
                core = core if fewer is None else fewer
        return core

    def _core(self, question: Sequence[int], among: Sequence[Name]) -> list[Name] | None:
        switches = {self._groups[name][0]: name for name in among}
        if not self._excluded([*question, *switches]):
            return None
        core = self._solver.core()
        return [name for switch, name in switches.items() if switch in core]

    def _excluded(self, assumptions: Sequence[int]) -> bool:
        for clause in self._own.all[self._told :]:
            self._solver.add(clause)
        self._told = len(self._own.all)
        return self._solver.check(assumptions) is Answer.UNSAT
