"""Clauses of IC3 as lemmas: a clause with its copies, a family, or a clause alone; found again from its literals."""

from __future__ import annotations

from verifier.kernel.printing import text
from verifier.kernel.terms import Term
from verifier.proof.engines.candidate import lemma
from verifier.proof.engines.families import Families
from verifier.proof.engines.wording import Wording
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.renaming import Copies, Cube
from verifier.semantics.obligations.proof import Clause, Support


class Sayings:
    """The lemmas of clauses over one ground."""

    def __init__(self, clausal: Clausal) -> None:
        self._clausal = clausal
        self._families = Families(clausal)
        self._wording = Wording(clausal)
        self._copies: Copies | None = None
        self._known: dict[Clause, Support | None] = {}

    def of(self, clause: Clause) -> Support | None:
        """The lemma that a clause stands for; None if it is not a clause of this model."""
        if clause not in self._known:
            self._known[clause] = self._said(clause) if self._exists(clause) else None
        return self._known[clause]

    def family(self, clause: Clause) -> Term | None:
        """The formula of a family; None if there are no words for it."""
        pattern = self._families.family(clause.literals, rigid=clause.form == "neighbours")
        return None if pattern is None else self._wording.family(pattern)

    def _exists(self, clause: Clause) -> bool:
        return all(abs(literal) in self._clausal.current for literal in clause.literals)

    def _said(self, clause: Clause) -> Support | None:
        ground = self._clausal.ground
        if clause.form in ("family", "neighbours"):
            term = self.family(clause)
            return None if term is None else self._of_term(term, clause)
        if clause.form == "copies":
            term = self._wording.formula(clause.literals)
            if term is not None:
                return self._of_term(term, clause)
        circuit, cubes = ground.circuit, [clause.literals]
        if clause.form == "copies":
            cubes = list(self._copied(clause.literals))
        node = circuit.and_([circuit.not_(circuit.and_([self._clausal.node(x) for x in copy])) for copy in cubes])
        said = self._wording.text(clause.literals) + (", and so renamed" if len(cubes) > 1 else "")
        return Support(said, node, clause=clause)

    def _copied(self, literals: Cube) -> tuple[Cube, ...]:
        if self._copies is None:
            self._copies = Copies(self._clausal)
        return self._copies(literals)

    def _of_term(self, term: Term, clause: Clause) -> Support:
        ground = self._clausal.ground
        return Support(text(term, ground.scope.model.vocabulary, outer=False), lemma(ground, term), clause=clause, term=term)
