"""Clauses read back from their text, so that a certificate's lemma can be compared with what it says."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.proof.engines.wording import Wording
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.renaming import Copies

AND = r" /\ "


class Reading:
    """The clauses of one ground that `Wording.text` writes: that no state satisfies some literals together."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._clausal = Clausal(ground)
        self._copies = Copies(self._clausal) if ground.symmetry.reason is None else None
        self._said: dict[str, tuple[int, ...] | None] = {}
        wording = Wording(self._clausal)
        for cube in self._parts():
            said = _inner(wording.text(cube))
            # What reads alike is not read.
            self._said[said] = None if said in self._said else cube

    def _parts(self) -> Iterator[tuple[int, ...]]:
        """What stands between two conjunctions: a literal, or that a number is at least something and not more."""
        clausal = self._clausal
        for variable in clausal.current:
            yield (variable,)
            yield (-variable,)
            following, atom = variable + 1, clausal.atom(variable)
            same = following in clausal.current and clausal.atom(following).fact is atom.fact
            if same and atom.fact.kind == "ordinal" and not atom.wide:
                yield (variable, -following)

    def node(self, text: str) -> Node | None:
        """What a clause says, of all its copies where names are interchangeable; None if it cannot be read."""
        parts = [self._said.get(part) for part in _inner(text).split(AND)] if text.startswith("~(") else [None]
        cube: tuple[int, ...] = ()
        for part in parts:
            if part is None:
                return None
            cube += part
        circuit = self._ground.circuit
        copies = (cube,) if self._copies is None else self._copies(tuple(sorted(cube, key=abs)))
        return circuit.and_(circuit.not_(circuit.and_(self._clausal.node(x) for x in copy)) for copy in copies)


def _inner(text: str) -> str:
    return text.removeprefix("~(").removesuffix(")")
