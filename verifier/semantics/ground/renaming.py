"""Atoms under renamings of scalarset members: the copies of a cube that are reachable only where it is.

`orbits` moves the fields of packed states by the same renamings.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.facts import Fact
from verifier.semantics.scope.renamed import Renaming, movable, renamed

Cube = tuple[int, ...]


class Copies:
    """The copies of cubes under all renamings of scalarset members, but named constants; of one cube they are found once."""

    def __init__(self, clausal: Clausal) -> None:
        self._clausal = clausal
        self._facts = {(fact.path, tuple(index.value for index in fact.indices)): fact for fact in clausal.facts.all}
        self._generators = list(self._transpositions())
        self._known: dict[Cube, tuple[Cube, ...]] = {}

    def _transpositions(self) -> Iterator[dict[int, int]]:
        """Exchanges of neighbours; every renaming is composed of these."""
        for name, members in movable(self._clausal.ground.scope).items():
            for one, other in itertools.pairwise(members):
                yield self.moved({name: {one: other, other: one}})

    def moved(self, renaming: Renaming) -> dict[int, int]:
        """For the variable of each atom that of its copy."""
        clausal = self._clausal
        result = {}
        for variable in clausal.current:
            atom = clausal.atom(variable)
            fact = self.fact(atom.fact, renaming)
            code = atom.code
            if not atom.wide and atom.fact.kind == "nominal":
                code = clausal.facts.code(fact, renamed(clausal.facts.value(atom.fact, code), atom.fact.sort, renaming))
            result[variable] = clausal.variable(fact, code)
        return result

    def fact(self, fact: Fact, renaming: Renaming) -> Fact:
        """The copy of a fact."""
        values = tuple(renamed(index.value, index.sort, renaming) for index in fact.indices)
        return self._facts[fact.path, values]

    def __call__(self, cube: Cube) -> tuple[Cube, ...]:
        """The copies of a cube, itself first."""
        known = self._known.get(cube)
        if known is None:
            found = {cube: None}
            waiting = [cube]
            while waiting:
                literals = waiting.pop()
                for move in self._generators:
                    copy = tuple(sorted((move[x] if x > 0 else -move[-x] for x in literals), key=abs))
                    if copy not in found:
                        found[copy] = None
                        waiting.append(copy)
            known = tuple(found)
            for copy in known:
                self._known[copy] = known
        return known
